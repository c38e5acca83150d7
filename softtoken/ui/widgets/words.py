"""Labels of one typographic role each."""

import re

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_LONG = 25
_BREAK = "\u200b"


class Words(QLabel):
    """A wrapping label. Its text begins where the layout begins, whatever script it is written in.

    Texts are shown as they are, never as mark-up: some come from servers and files.
    """

    def __init__(self, role: str = "body", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._align()

    def setText(self, text: str) -> None:
        super().setText(text)
        # a screen reader might spell the breaking places out
        self.setAccessibleName(text.replace(_BREAK, "") if _BREAK in text else "")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _align(self) -> None:
        """QLabel goes by the direction of its text, so a Latin name would stand on the wrong side."""
        if self.alignment() & Qt.AlignmentFlag.AlignHCenter:
            return
        right_to_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft
        self.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)


def words(role: str = "body", text: str = "", parent: QWidget | None = None) -> Words:
    """A label in the role of: display, title, heading, label, body, muted, small, fault, good, chip."""
    return Words(role, text, parent)


def unbroken(text: str) -> str:
    """The text without the places that `breakable` put into it."""
    return text.replace(_BREAK, "")


def signed(number: int) -> str:
    """+37, kept together where the text around it runs from right to left."""
    return f"\u2066{number:+d}\u2069"


def breakable(text: str) -> str:
    """The text with invisible places to break a line, for addresses, paths and ids.

    For showing only: what is copied is the text itself.
    """
    pieces = re.sub(r"(?<!^)(?<!\s)([/\\\-_.@:])", rf"\1{_BREAK}", text)
    return re.sub(rf"([^{_BREAK}\s]{{10}})(?=[^{_BREAK}\s])", rf"\1{_BREAK}", pieces)


def breakable_where_long(text: str) -> str:
    """The same for running text: only a word that may not fit on a line gets places to break it."""
    return re.sub(rf"\S{{{_LONG},}}", lambda found: breakable(found.group()), text)
