"""A labelled input of several lines."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from softtoken.ui.widgets.words import words

_LINES_SHOWN = 4


class LinesField(QWidget):
    """Label (the input's buddy, so its accessible name), input, and below it a hint or how many lines there are.

    Tab leaves it.
    """

    def __init__(self, label: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self.edit = QPlainTextEdit()
        self.edit.setTabChangesFocus(True)
        self.edit.setInputMethodHints(Qt.InputMethodHint.ImhNoPredictiveText)
        self.edit.setAccessibleDescription(hint)
        self.edit.textChanged.connect(self._count)
        name = words("label", label)
        name.setBuddy(self.edit)
        self.edit.setAccessibleName(label)
        self.note = words("small", hint)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(5)
        for part in (name, self.edit, self.note):
            lines.addWidget(part)
        self.setFocusProxy(self.edit)
        self._fit()

    def lines(self) -> tuple[str, ...]:
        """What was typed, without empty lines and without spaces at the ends of one."""
        return tuple(line.strip() for line in self.edit.toPlainText().splitlines() if line.strip())

    def forget(self) -> None:
        """Empty it, its undo history too."""
        self.edit.setPlainText("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "note"):
            self._fit()

    def _count(self) -> None:
        count = len(self.lines())
        self.note.setText(self.tr("Data fields: {0}. {1}").format(count, self._hint) if count else self._hint)

    def _fit(self) -> None:
        self.edit.setFixedHeight(self.edit.fontMetrics().lineSpacing() * _LINES_SHOWN + 28)
