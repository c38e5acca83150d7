"""Inputs for PINs, passphrases and codes: masked, not learned by input methods, wiped on request."""

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QLineEdit, QWidget

_HINTS = (
    Qt.InputMethodHint.ImhSensitiveData
    | Qt.InputMethodHint.ImhNoPredictiveText
    | Qt.InputMethodHint.ImhNoAutoUppercase
    | Qt.InputMethodHint.ImhHiddenText
)


class SecretEdit(QLineEdit):
    """A masked line, for a passphrase or a recovery code."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(_HINTS)
        self.setMaxLength(1024)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def reveal(self, shown: bool) -> None:  # noqa: FBT001  a slot of QCheckBox.toggled
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self.setInputMethodHints(_HINTS)  # setEchoMode resets them


class PinEdit(SecretEdit):
    """A masked line for a PIN. What is not a digit gets in too, so that the page can say so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(64)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setInputMethodHints(_HINTS | Qt.InputMethodHint.ImhDigitsOnly)


class CodeEdit(QLineEdit):
    """A visible line for a short-lived code from another device: digits, spaces between them allowed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(24)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setInputMethodHints(_HINTS & ~Qt.InputMethodHint.ImhHiddenText)
        self.setValidator(QRegularExpressionValidator(QRegularExpression(r"[0-9A-Za-z \-]*"), self))

    def code(self) -> str:
        """What was typed without spaces and hyphens."""
        return "".join(self.text().replace("-", " ").split())
