"""The frame of what stands above a page: two lines on a card, some of it for a few seconds only."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from softtoken.ui.widgets.cards import Card, Glyph
from softtoken.ui.widgets.words import words

_SOME_SECONDS_MS = 6000


class Strip(QWidget):
    """Hidden at first. right: the card's inner margin there. lines, row: for what a kind of strip has besides."""

    def __init__(self, right: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = Card("info")
        self._card.inside.setContentsMargins(14, 10, right, 10)
        self._glyph = Glyph("info", 20)
        self._what, self._rest = words("label"), words("body")
        self.lines = QVBoxLayout()
        self.lines.setSpacing(2)
        self.lines.addWidget(self._what)
        self.lines.addWidget(self._rest)
        self.row = QHBoxLayout()
        self.row.setSpacing(10)
        self.row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        self.row.addLayout(self.lines, 1)
        self._card.inside.addLayout(self.row)
        around = QVBoxLayout(self)
        around.setContentsMargins(12, 12, 12, 0)
        around.addWidget(self._card)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SOME_SECONDS_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What it says now."""
        return " ".join(part for part in (self._what.text(), self._rest.text()) if part)

    def forget(self) -> None:
        """Hide, and keep no word of what it said."""
        self.hide()
        self._say("", "")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _say(self, what: str, rest: str) -> None:
        self._what.setText(what)
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))
