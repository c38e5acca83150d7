"""A line for what people name things: any script, in its own direction."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget


class TextEdit(QLineEdit):
    """Unlike addresses and codes, a name is written from the side that its letters ask for."""

    def __init__(self, parent: QWidget | None = None, *, max_length: int) -> None:
        super().__init__(parent)
        self.setMaxLength(max_length)
        self.setInputMethodHints(Qt.InputMethodHint.ImhNoPredictiveText)
