"""A strip above the page: something waits for approval. It never takes the focus, and no key answers it by chance."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.strip import Strip
from softtoken.ui.widgets.words import breakable_where_long


class ApprovalStrip(Strip):
    """Hidden until there is something to say. Signals: look_chosen."""

    look_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(12, parent)
        self.look = button(self.tr("Look at it…"))
        self.look.setAccessibleName(self.tr("Look at what waits for your approval"))
        self.look.clicked.connect(self.look_chosen)
        self._actions = Actions(self.look)
        self.lines.addSpacing(4)
        self.lines.addWidget(self._actions)

    def show_waiting(self, what: str, rest: str, *, may_look: bool, fresh: bool) -> None:
        """fresh: it was not seen before, so it is read out."""
        self._timer.stop()
        self._say(breakable_where_long(what), breakable_where_long(rest))
        self._actions.setVisible(True)
        self.look.setEnabled(may_look)
        self.look.setToolTip("" if may_look else self.tr("Finish what you are doing here first."))
        self.show()
        if fresh:
            announce(self, f"{what} {rest}")

    def show_word(self, what: str, rest: str) -> None:
        """Something ended: said for some seconds."""
        self._say(breakable_where_long(what), breakable_where_long(rest))
        self._actions.setVisible(False)
        self.show()
        self._timer.start()
        announce(self, f"{what} {rest}")

    def clear(self) -> None:
        """Nothing waits; a word that is being said is said to its end."""
        if not self._timer.isActive():
            self.hide()
