"""A login that waits for this computer: what its server says of it, and the two ways to answer."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock, SystemClock
from softtoken.engine.tokens import ProtectionType
from softtoken.formats.shown_text import shown_text
from softtoken.services.events import PendingApproval, Status
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ApprovalPage, Decision, Refusal
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.pin_entry import PinEntry
from softtoken.ui.widgets.pin_field import worth_saying
from softtoken.ui.widgets.words import breakable, breakable_where_long, unbroken, words

_WAKE_MS = 250


class ApprovalView(Page):
    """Signals: approve_chosen, pin_chosen (in place of a finger or face), pin_given(str), decline_chosen, expired (its
    time is over), forgot_chosen(str).

    No button is the default and none has the focus until somebody chooses to approve: Enter decides nothing by chance.
    """

    approve_chosen = Signal()
    pin_chosen = Signal()
    pin_given = Signal(str)
    decline_chosen = Signal()
    expired = Signal()
    forgot_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._clock: Clock = SystemClock()
        self._state: ApprovalPage | None = None
        self._who = words("muted")
        self._message = Card("plain")
        self.headline, self.subject, self.challenge = words("heading"), words("label"), words("body")
        self._nothing = words("muted", self.tr("The server sent no message with it."))
        self.origin, self.time = words("body"), words("label")
        said = words("small", self.tr("Message from the server"))
        for label in (said, self.headline, self.subject, self.challenge, self._nothing):
            self._message.inside.addWidget(label)
        self._caution = words("body")
        self._demand = words("muted")
        self.pin = PinEntry(self.tr("Approve"))
        # both look the same: a request that somebody else began recommends nothing
        self.approve, self.decline = button(self.tr("Approve")), button(self.tr("Decline"))
        self.use_pin, self.done = button(self.tr("Use the PIN instead")), button(self.tr("Done"), "primary")
        self.pin.submitted.connect(self.pin_given)
        self.pin.forgotten.connect(self._forgotten)
        self.approve.clicked.connect(self.approve_chosen)
        self.decline.clicked.connect(self.decline_chosen)
        self.use_pin.clicked.connect(self.pin_chosen)
        self.done.clicked.connect(self.left)
        # where it comes from stands outside: the message could say anything
        for part in (self._who, self._message, self.origin, self.time, self._caution, self._demand, self.pin):
            self.column.addWidget(part)
        self.column.addWidget(Actions(self.approve, self.use_pin, self.decline, self.done))
        self.column.addStretch(1)
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._count_down)

    def use_clock(self, clock: Clock) -> None:
        self._clock = clock
        self.pin.use_clock(clock)

    def first_focus(self) -> QWidget:
        return self.done if not self.done.isHidden() else self.back

    def show_state(self, state: ApprovalPage) -> None:
        before, self._state = self._state, state
        # the whole of it: two servers may give out the same id
        if before is None or (before.token, before.approval) != (state.token, state.approval):
            self._show_request(state)
        problem = self._sentences.approvals.gone(state.gone) if state.gone else self._sentences.tell(state.problem)
        self.show_problem(problem)
        kind = state.approval.kind
        said = self._sentences.approvals
        self.set_title(said.question(kind) if state.gone is None else self.tr("A request that waited"))
        self._caution.setText(said.caution(kind))
        open_, busy = state.gone is None, state.deciding is not None
        blocked = isinstance(state.problem, Refusal) and state.problem.status in _NO_WAY
        asking = open_ and state.ask_pin
        self.approve.setVisible(open_ and not asking and state.protection is not None and not blocked)
        self.approve.setEnabled(not busy)
        self.use_pin.setVisible(open_ and state.pin_instead)
        self.use_pin.setEnabled(not busy)
        self.decline.setVisible(open_)
        self.decline.setEnabled(not busy)
        self.done.setVisible(not open_)
        self._caution.setVisible(open_)
        self._demand.setText(self._sentences.approvals.demand(state.protection))
        self._demand.setVisible(open_ and not asking)
        most = state.token.policy.retry.max_tries if state.token.policy else 0
        self.pin.setVisible(asking)
        self.pin.show_wait(
            state.delay_until, busy=busy, tries=worth_saying(state.tries_left, most) if not state.problem else None
        )
        self.default = self.pin.submit if asking else None
        self._count_down()
        began = asking and not (before is not None and before.ask_pin and before.deciding is None)
        if self.isVisible() and began and not busy:
            self.pin.edit.setFocus()
        if busy and (before is None or before.deciding is None):
            announce(self, self.time.text())

    def forget(self) -> None:
        self.pin.forget()
        self._state = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _show_request(self, state: ApprovalPage) -> None:
        names = f"{self._names.account(state.token)}\n{self._names.server(state.token)}"
        self._who.setText(breakable(names.strip()))
        self._show_message(state.approval)
        read = (self.headline, self.subject, self.challenge, self._nothing, self.origin)
        announce(self, " ".join(unbroken(one.text()) for one in read if not one.isHidden()))

    def _show_message(self, approval: PendingApproval) -> None:
        """Somebody else's texts: each in a label of its own, so that none flows into the next, and never as HTML."""
        for label, text in (
            (self.headline, shown_text(approval.title)),
            (self.subject, shown_text(approval.subject)),
            (self.challenge, shown_text(approval.challenge, lines=True)),
        ):
            label.setText(breakable_where_long(text))
            label.setVisible(bool(text))
        self._nothing.setVisible(not any((approval.title, approval.subject, approval.challenge)))
        address = shown_text(approval.client_ip)
        self.origin.setText(
            self.tr("Comes from: {0}").format(breakable(address))
            if address
            else self.tr("The server does not say where it comes from.")
        )

    def _count_down(self) -> None:
        state = self._state
        if state is None:
            return
        left = state.approval.left(self._clock.uptime())
        match state.deciding:
            case Decision.APPROVE if state.protection is ProtectionType.BIOMETRIC:
                self.time.setText(self.tr("Waiting for the reader, and then for the server…"))
            case Decision.APPROVE:
                self.time.setText(self.tr("The server is being told that you approve…"))
            case Decision.DECLINE:
                self.time.setText(self.tr("The server is being told that you decline…"))
            case None:
                self.time.setText(self._sentences.approvals.left(left))
        self.time.setVisible(state.gone is None)
        if not left and state.gone is None and state.deciding is None:
            self.expired.emit()

    def _forgotten(self) -> None:
        if self._state is not None:
            self.forgot_chosen.emit(self._state.token.id)


_NO_WAY = {Status.PIN_BLOCKED, Status.ATC_EXPIRED, Status.INVALID_USER_ID, Status.NOT_SUPPORTED}
