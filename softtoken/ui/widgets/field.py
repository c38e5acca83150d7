"""A labelled input with a hint below it and a place for what is wrong with it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from softtoken.ui.theme import restyle
from softtoken.ui.widgets.words import words


class Field(QWidget):
    """Label (the input's buddy, so its accessible name), input, hint, fault."""

    def __init__(self, label: str, edit: QLineEdit, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = edit
        self._hint_text = hint
        self._label = words("label", label)
        self._label.setBuddy(edit)
        self._note = words("small", hint)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(5)
        for part in (self._label, edit, self._note):
            lines.addWidget(part)
        self.setFocusProxy(edit)
        self.show_note(None)

    @property
    def note(self) -> str:
        """What stands below the input now."""
        return self._note.text()

    def show_note(self, fault: str | None, *, good: str | None = None) -> None:
        """What is wrong with the content, or what is right with it; without either, the hint."""
        text = fault or good or self._hint_text
        self._note.setText(text)
        self._note.setVisible(bool(text))
        restyle(self._note, "role", "fault" if fault else "good" if good else "small")
        restyle(self.edit, "invalid", "true" if fault else "false")
        self.edit.setAccessibleDescription(text)

    def set_label(self, text: str) -> None:
        self._label.setText(text)

    def set_hint(self, hint: str) -> None:
        self._hint_text = hint
        self.show_note(None)


def plain_edit(placeholder: str = "", *, max_length: int = 400) -> QLineEdit:
    """A line for addresses, names and links: left to right whatever the layout, no spell checking."""
    edit = QLineEdit()
    edit.setPlaceholderText(placeholder)
    edit.setMaxLength(max_length)
    edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    edit.setInputMethodHints(
        Qt.InputMethodHint.ImhNoPredictiveText
        | Qt.InputMethodHint.ImhNoAutoUppercase
        | Qt.InputMethodHint.ImhPreferLatin
    )
    return edit


def wipe(edit: QLineEdit) -> None:
    """Empty the input, its undo history too: clear() would keep the text there."""
    edit.setText("")
