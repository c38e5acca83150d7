"""Asking for a protection type and its PIN: for a login or its next step, a resynchronisation, a code for support."""

from typing import assert_never

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.services.events import Status
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Ask, Purpose, Refusal
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.challenge import ChallengeText
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.pin_entry import PinEntry
from softtoken.ui.widgets.pin_field import worth_saying
from softtoken.ui.widgets.protection_picker import ProtectionPicker
from softtoken.ui.widgets.time_left import TimeLeft
from softtoken.ui.widgets.words import breakable, words

_NO_WAY = {Status.PIN_BLOCKED, Status.ATC_EXPIRED, Status.OFFLINE_NOT_ACTIVATED, Status.INVALID_USER_ID}


class AskView(Page):
    """Signals: protection_picked(ProtectionType), pin_given(str), wanted (no PIN is needed), forgot_chosen(str),
    time_over: of the login that the code is a step of.
    """

    protection_picked = Signal(object)
    pin_given = Signal(str)
    wanted = Signal()
    forgot_chosen = Signal(str)
    time_over = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._token_id = ""
        self._who, self._why = words("muted"), words("body")
        self._challenge = ChallengeText()
        self.picker, self.pin, self.time = ProtectionPicker(), PinEntry(), TimeLeft()
        self.time.over.connect(self.time_over)
        self.go_on, self.renew = button("", "primary"), button(self.tr("New activation code…"), "primary")
        self.picker.picked.connect(self.protection_picked)
        self.pin.submitted.connect(self.pin_given)
        self.go_on.clicked.connect(self.wanted)
        for ask in (self.renew.clicked, self.pin.forgotten):
            ask.connect(lambda: self.forgot_chosen.emit(self._token_id))
        self._row = Actions(self.go_on, self.renew)
        for part in (self._who, self._why, self._challenge, self.picker, self.pin, self._row, self.time):
            self.column.addWidget(part)
        self.column.addStretch(1)

    def use_clock(self, clock: Clock) -> None:
        self.pin.use_clock(clock)
        self.time.use_clock(clock)

    def first_focus(self) -> QWidget:
        if not self.pin.isHidden():
            return self.pin.edit
        return next((one for one in (self.renew, self.go_on) if not one.isHidden()), self.picker.first_button())

    def show_state(self, state: Ask) -> None:
        self._token_id = state.token.id
        title, why, action = self._said(state)
        self.set_title(title)
        self._why.setText(why)
        self.pin.set_action(action)
        self.go_on.setText(action)
        self._who.setText(breakable(f"{self._names.account(state.token)}\n{self._names.server(state.token)}".strip()))
        self._challenge.show_challenge(state.login.pending.challenge if state.login else None)
        self.time.show_until(state.login.pending.until if state.login and not state.making else None)
        self.picker.show_choice(state.choices, state.protection)
        self.picker.setEnabled(not state.making)
        self.show_problem(self._sentences.tell(state.problem))
        refused = state.problem.status if isinstance(state.problem, Refusal) else None
        most = state.token.policy.retry.max_tries if state.token.policy else 0
        tries = worth_saying(state.tries_left, most) if state.problem is None else None
        self.pin.setVisible(state.ask_pin)
        self.pin.show_wait(state.delay_until, busy=state.making, tries=tries)
        self.go_on.setVisible(not state.ask_pin and refused not in _NO_WAY)
        self.go_on.setEnabled(not state.making)
        self.renew.setVisible(refused in {Status.PIN_BLOCKED, Status.ATC_EXPIRED})
        self._row.tidy()
        visible = next((one for one in (self.renew, self.go_on) if not one.isHidden()), None)
        self.default = self.pin.submit if state.ask_pin else visible
        if self.isVisible() and not state.making:
            self.first_focus().setFocus()

    def forget(self) -> None:
        self.pin.forget()

    def _said(self, state: Ask) -> tuple[str, str, str]:
        """Title, explanation, and what the button says."""
        match state.purpose:
            case Purpose.STEP_UP:
                wanted = "" if state.login is None else self._sentences.logins.steps.wanted(state.login)
                return self.tr("One more step"), wanted, self.tr("Go on")
            case Purpose.LOGIN:
                return (
                    self.tr("Log in"),
                    self.tr("Soft Token makes a code and sends it to the server. The PIN stays on this computer."),
                    self.tr("Log in"),
                )
            case Purpose.RESYNCHRONISE:
                return (
                    self.tr("Resynchronise"),
                    self.tr(
                        "Token and server agree on the counter again, for when codes are refused or too many were "
                        "made. Two codes are used up and sent to the server; the PIN stays on this computer."
                    ),
                    self.tr("Resynchronise"),
                )
            case Purpose.SUPPORT:
                return (
                    self.tr("Code for support"),
                    self.tr(
                        "A code and its counter, to be read to the help desk, so that they can set the server right. "
                        "This uses up one code. Only make it if you called them yourself, and never tell your PIN."
                    ),
                    self.tr("Make the code"),
                )
            case _ as never:
                assert_never(never)
