"""A line of news above whatever page is shown, until it is dismissed."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from softtoken.ui.sentence import Sentence
from softtoken.ui.theme import restyle
from softtoken.ui.widgets import icons
from softtoken.ui.widgets.actions import button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.cards import Card, Glyph
from softtoken.ui.widgets.problem import GLYPHS
from softtoken.ui.widgets.words import words

_GOOD_NEWS_MS = 6000


class Banner(QWidget):
    """Hidden until there is news; good news goes away by itself. Signals: dismissed."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = Card("info")
        self._card.inside.setContentsMargins(14, 10, 8, 10)
        self._glyph = Glyph("info", 20)
        self._what, self._rest = words("label"), words("body")
        self._close = button("", "quiet")
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.clicked.connect(self._dismiss)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addWidget(self._what)
        lines.addWidget(self._rest)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._card.inside.addLayout(row)
        around = QVBoxLayout(self)
        around.setContentsMargins(12, 12, 12, 0)
        around.addWidget(self._card)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_GOOD_NEWS_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What the banner says now."""
        return " ".join(part for part in (self._what.text(), self._rest.text()) if part)

    def show_news(self, sentence: Sentence) -> None:
        restyle(self._card, "card", sentence.kind)
        self._glyph.set_name(GLYPHS[sentence.kind])
        self._what.setText(sentence.what)
        self._rest.setText(" ".join(part for part in (sentence.kept, sentence.advice) if part))
        self._rest.setVisible(bool(self._rest.text()))
        self._close.setIcon(icons.icon("close", self.palette().color(QPalette.ColorRole.WindowText), side=18))
        self.show()
        self._timer.stop()
        if sentence.kind == "good":
            self._timer.start()
        announce(self, sentence.text)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()
