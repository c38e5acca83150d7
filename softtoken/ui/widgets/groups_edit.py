"""An input that groups an activation code while it is typed."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

_GROUP = 4


class GroupsEdit(QLineEdit):
    """Shows `ABCD-EFGH-...`, upper case, whatever way the code was typed or pasted.

    A pasted link is left as it is; the page takes it apart.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(600)
        self.setProperty("role", "groups")
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhUppercaseOnly
            | Qt.InputMethodHint.ImhPreferLatin
        )
        self.textEdited.connect(self._group)

    def symbols(self) -> str:
        """The code without separators."""
        return _bare(self.text())

    def set_code(self, code: str) -> None:
        self.setText(_grouped(_bare(code)))

    def _group(self, typed: str) -> None:
        if ":" in typed:
            return
        before = len(_bare(typed[: self.cursorPosition()]))
        grouped = _grouped(_bare(typed))
        if grouped == typed:
            return
        self.setText(grouped)
        self.setCursorPosition(_place(grouped, before))


def _bare(text: str) -> str:
    return "".join(character for character in text.upper() if not character.isspace() and character not in "-–—")


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP))


def _place(grouped: str, symbols: int) -> int:
    """The cursor position behind so many symbols."""
    passed = 0
    for position, character in enumerate(grouped):
        if passed == symbols:
            return position
        passed += character != "-"
    return len(grouped)
