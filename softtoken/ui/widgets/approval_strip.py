"""A strip above the page: something waits for approval. It never takes the focus, and no key answers it by chance."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.cards import Card, Glyph
from softtoken.ui.widgets.words import breakable_where_long, words

_WORD_MS = 6000


class ApprovalStrip(QWidget):
    """Hidden until there is something to say. Signals: look_chosen."""

    look_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = Card("info")
        self._card.inside.setContentsMargins(14, 10, 12, 10)
        self._what, self._rest = words("label"), words("body")
        self.look = button(self.tr("Look at it…"))
        self.look.setAccessibleName(self.tr("Look at what waits for your approval"))
        self.look.clicked.connect(self.look_chosen)
        self._actions = Actions(self.look)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        for part in (self._what, self._rest):
            lines.addWidget(part)
        lines.addSpacing(4)
        lines.addWidget(self._actions)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(Glyph("info", 20), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        self._card.inside.addLayout(row)
        around = QVBoxLayout(self)
        around.setContentsMargins(12, 12, 12, 0)
        around.addWidget(self._card)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WORD_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What the strip says now."""
        return " ".join(part for part in (self._what.text(), self._rest.text()) if part)

    def show_waiting(self, what: str, rest: str, *, may_look: bool, fresh: bool) -> None:
        """fresh: it was not seen before, so it is read out."""
        self._timer.stop()
        self._say(what, rest)
        self._actions.setVisible(True)
        self.look.setEnabled(may_look)
        self.look.setToolTip("" if may_look else self.tr("Finish what you are doing here first."))
        self.show()
        if fresh:
            announce(self, f"{what} {rest}")

    def show_word(self, what: str, rest: str) -> None:
        """Something ended: said for some seconds."""
        self._say(what, rest)
        self._actions.setVisible(False)
        self.show()
        self._timer.start()
        announce(self, f"{what} {rest}")

    def clear(self) -> None:
        """Nothing waits; a word that is being said is said to its end."""
        if not self._timer.isActive():
            self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _say(self, what: str, rest: str) -> None:
        self._what.setText(breakable_where_long(what))
        self._rest.setText(breakable_where_long(rest))
        self._rest.setVisible(bool(rest))
