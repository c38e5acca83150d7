"""A login waits for somebody at a trusted device: who that is, how long is left, and what can be done here."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from softtoken.clock import Clock
from softtoken.services.events import LIFE
from softtoken.ui.sentence import Sentence
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import LoginWait
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.ring import CountdownRing
from softtoken.ui.widgets.time_left import TimeLeft
from softtoken.ui.widgets.words import breakable, words


class LoginWaitingView(Page):
    """Signals: approve_chosen (on this computer), stop_chosen. `left`: the waiting goes on elsewhere."""

    approve_chosen = Signal()
    stop_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._who, self._awaited, self._after = words("muted"), words("body"), words("muted")
        self.time = TimeLeft()
        self._ring = CountdownRing()
        self.time.counted.connect(lambda left: self._ring.show_left(left, LIFE))
        self.approve = button(self.tr("Approve here"), "primary")
        self.stop = button(self.tr("Stop waiting"))
        self.approve.clicked.connect(self.approve_chosen)
        self.stop.clicked.connect(self.stop_chosen)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self._awaited, 1)
        row.addWidget(self._ring, 0, Qt.AlignmentFlag.AlignTop)
        card = Card("plain")
        card.inside.addLayout(row)
        card.inside.addWidget(self.time)
        for part in (self._who, card, self._after, Actions(self.approve, self.stop)):
            self.column.addWidget(part)
        self.column.addStretch(1)

    def use_clock(self, clock: Clock) -> None:
        self.time.use_clock(clock)

    def first_focus(self) -> QWidget:
        return self.stop if self.approve.isHidden() else self.approve

    def show_state(self, state: LoginWait) -> None:
        self.set_title(self.tr("Waiting for approval"))
        login = state.login
        self._who.setText(breakable(login.pending.user))
        self._awaited.setText(self._sentences.logins.steps.awaited(login))
        self._after.setText(self.tr("You can go elsewhere meanwhile; the result will be shown wherever you are."))
        self.approve.setVisible(state.offer_approval)
        self.default = self.approve if state.offer_approval else self.stop
        self.time.show_until(login.pending.until)
        self.show_problem(self._unreachable() if state.unreachable else None)

    def _unreachable(self) -> Sentence:
        return Sentence(
            "warning",
            self.tr("The server cannot be reached at the moment."),
            self.tr("The login is not lost by that."),
            self.tr("It is asked again every second until the time is over."),
        )
