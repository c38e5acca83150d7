"""Changing a PIN: the current one, the new one twice, and what became of it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.services.events import Status
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ChangePinPage, Refusal
from softtoken.ui.views.intents import PinChange
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.field import wipe
from softtoken.ui.widgets.new_pin import NewPin
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.pin_field import PinField, worth_saying
from softtoken.ui.widgets.words import breakable, words

_WRONG_CURRENT = {Status.INVALID_PIN, Status.WRONG_CREDENTIALS}
_NO_WAY = {Status.PIN_BLOCKED, Status.NOT_SUPPORTED, Status.INVALID_PARAMETER, Status.INVALID_USER_ID}


class ChangePinView(Page):
    """Signals: change_wanted(PinChange), forgot_chosen(str): the token's id."""

    change_wanted = Signal(object)
    forgot_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._state: ChangePinPage | None = None
        self._who, self._how = words("muted"), words("small")
        self.current, self.pins = PinField(self.tr("Current PIN")), NewPin()
        self.change, self.cancel = button(self.tr("Change the PIN"), "primary"), button(self.tr("Cancel"))
        self.forgot = button(self.tr("Forgot PIN?"), "quiet")
        self.pins.revealed.connect(self.current.reveal)
        self.current.edit.textChanged.connect(lambda: self.pins.replaces(self.current.edit.text()))
        self.current.changed.connect(self._judge)
        self.pins.judged.connect(self._judge)
        self.change.clicked.connect(self._submit)
        self.cancel.clicked.connect(self.left)
        self.forgot.clicked.connect(self._forgot)
        self.set_title(self.tr("Change the PIN"))
        for part in (self._who, self._how, self.current, self.pins):
            self.column.addWidget(part)
        self.column.addWidget(Actions(self.change, self.cancel, self.forgot))
        self.column.addStretch(1)
        self.default = self.change

    def use_clock(self, clock: Clock) -> None:
        self.current.use_clock(clock)

    def first_focus(self) -> QWidget:
        if self._state is not None and self._state.busy:
            return self.cancel
        if not self.current.isHidden():
            return self.pins.first if self.current.edit.text() else self.current.edit
        return self.forgot

    def show_state(self, state: ChangePinPage) -> None:
        before, self._state = self._state, state
        account = state.token.account
        self._who.setText(breakable(self._names.account(state.token)))
        self._how.setText(self._told(state))
        self._how.setVisible(bool(self._how.text()))
        self.pins.use_rules(state.rules, account.user_id if account else "")
        most = state.token.policy.retry.max_tries if state.token.policy else 0
        tries = worth_saying(state.tries_left, most) if state.problem is None else None
        self.current.show_wait(state.delay_until, busy=state.busy, tries=tries)
        self._wipe_what_was_wrong(before, state)
        self.show_problem(self._sentences.tell(state.problem))
        refused = state.problem.status if isinstance(state.problem, Refusal) else None
        possible = refused not in _NO_WAY and state.tries_left != 0
        for part in (self.current, self.pins, self.change):
            part.setVisible(possible)
        self.pins.setEnabled(not state.busy)
        self.forgot.setVisible(not state.busy)
        self.cancel.setText(self.tr("Do not wait") if state.busy and not state.verified_here else self.tr("Cancel"))
        self.default = self.change if possible else self.forgot
        self._judge()
        if self.isVisible() and before is not None and before.busy != state.busy:
            self.first_focus().setFocus()

    def forget(self) -> None:
        self._state = None
        self.current.forget()
        self.pins.forget()

    def _told(self, state: ChangePinPage) -> str:
        if state.busy and not state.verified_here:
            return self.tr("The server is asked. If you go elsewhere meanwhile, you will be told the result.")
        if state.verified_here is None:
            return ""
        if state.verified_here:
            return self.tr("This works without a network. The PIN never leaves this computer.")
        return self.tr(
            "For this token the server is asked whether the current PIN is right, so this needs the network, and a "
            "wrong one counts there as a wrong code. The PIN itself never leaves this computer."
        )

    def _wipe_what_was_wrong(self, before: ChangePinPage | None, state: ChangePinPage) -> None:
        if before is None or not before.busy or not isinstance(state.problem, Refusal):
            return
        if state.problem.status in _WRONG_CURRENT:
            wipe(self.current.edit)
        elif state.problem.status is Status.INVALID_NEW_PIN_FORMAT:
            wipe(self.pins.first)
            wipe(self.pins.second)

    def _judge(self) -> None:
        busy = self._state is not None and self._state.busy
        self.change.setEnabled(self.pins.good and self.current.ready and not busy)

    def _submit(self) -> None:
        self.change_wanted.emit(PinChange(self.current.edit.text(), self.pins.pin))

    def _forgot(self) -> None:
        if self._state is not None:
            self.forgot_chosen.emit(self._state.token.id)
