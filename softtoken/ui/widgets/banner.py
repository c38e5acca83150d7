"""A line of news above whatever page is shown, until it is dismissed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentence import Sentence
from softtoken.ui.theme import restyle
from softtoken.ui.widgets import icons
from softtoken.ui.widgets.actions import button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.problem import GLYPHS
from softtoken.ui.widgets.strip import Strip


class Banner(Strip):
    """Hidden until there is news; good news goes away by itself. Signals: dismissed."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(8, parent)
        self._close = button("", "quiet")
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.clicked.connect(self._dismiss)
        self.row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        # beside the button one line stands in the middle
        self.row.setAlignment(self._glyph, Qt.AlignmentFlag.AlignVCenter)

    def show_news(self, sentence: Sentence) -> None:
        restyle(self._card, "card", sentence.kind)
        self._glyph.set_name(GLYPHS[sentence.kind])
        self._say(sentence.what, " ".join(part for part in (sentence.kept, sentence.advice) if part))
        self._close.setIcon(icons.icon("close", self.palette().color(QPalette.ColorRole.WindowText), side=18))
        self.show()
        self._timer.stop()
        if sentence.kind == "good":
            self._timer.start()
        announce(self, sentence.text)

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()
