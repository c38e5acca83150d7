"""Signing a transaction: its data fields, one per line, and the eight digits that sign them."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.services.events import Status
from softtoken.ui.sentence import Sentence
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Refusal, SignPage
from softtoken.ui.views.intents import SignatureWanted
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.lines_edit import LinesField
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.pin_entry import PinEntry
from softtoken.ui.widgets.pin_field import worth_saying
from softtoken.ui.widgets.protection_picker import ProtectionPicker
from softtoken.ui.widgets.spelt_code import SpeltCode
from softtoken.ui.widgets.words import breakable, words

_NO_WAY = {
    Status.PIN_BLOCKED, Status.ATC_EXPIRED, Status.LOGIN_REQUIRED, Status.OFFLINE_NOT_ACTIVATED, Status.INVALID_USER_ID,
}  # fmt: skip


class SignView(Page):
    """Signals: protection_picked(ProtectionType), signature_wanted(SignatureWanted), fields_changed, code_copied(str);
    with the token's id: login_chosen(str), forgot_chosen(str).
    """

    protection_picked = Signal(object)
    signature_wanted = Signal(object)
    fields_changed = Signal()
    code_copied = Signal(str)
    login_chosen = Signal(str)
    forgot_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._state: SignPage | None = None
        self._token_id = ""
        self._who = words("muted")
        self.fields = LinesField(
            self.tr("Data fields, one per line"),
            self.tr("For example the amount, then the account. Every letter and their order count."),
        )
        self.picker, self.pin = ProtectionPicker(), PinEntry(self.tr("Sign"))
        self.signature, self._copied = SpeltCode(self.tr("Signature")), words("muted")
        self._copied.setText(self.tr("Copied. The clipboard is cleared after 30 seconds."))
        self.sign, self.copy = button(self.tr("Sign"), "primary"), CopyButton(self.tr("Copy"), "primary")
        self.log_in = button(self.tr("Log in…"), "primary")
        self.renew = button(self.tr("New activation code…"), "primary")
        self._wire()
        self.set_title(self.tr("Sign a transaction"))
        for part in (self._who, self.fields, self.picker, self.pin, self.signature, self._copied):
            self.column.addWidget(part)
        self._row = Actions(self.sign, self.copy, self.log_in, self.renew)
        self.column.addWidget(self._row)
        self.column.addStretch(1)

    def use_clock(self, clock: Clock) -> None:
        self.pin.use_clock(clock)

    def first_focus(self) -> QWidget:
        return self.fields.edit

    def show_state(self, state: SignPage) -> None:
        before, self._state = self._state, state
        self._token_id = state.token.id
        self._who.setText(breakable(self._names.account(state.token)))
        self.picker.show_choice(state.token.protections, state.protection)
        self.picker.setEnabled(not state.making)
        refused = state.problem.status if isinstance(state.problem, Refusal) else None
        self.show_problem(self._tell(state))
        most = state.token.policy.retry.max_tries if state.token.policy else 0
        tries = worth_saying(state.tries_left, most) if state.problem is None else None
        shown = state.signature is not None
        self.pin.setVisible(state.ask_pin and not shown)
        self.pin.show_wait(state.delay_until, busy=state.making, tries=tries)
        self.signature.show_code(state.signature or "", say=True)
        self.signature.setVisible(shown)
        self.copy.setVisible(shown)
        self._copied.hide()
        self.sign.setVisible(not state.ask_pin and not shown and refused not in _NO_WAY)
        self.log_in.setVisible(refused is Status.LOGIN_REQUIRED)
        self.renew.setVisible(refused in {Status.PIN_BLOCKED, Status.ATC_EXPIRED})
        self._row.tidy()
        self._choose_default(state)
        self._judge()
        if before is not None and before.making and not state.making and self.isVisible():
            (self.pin.edit if state.ask_pin else self.default or self.fields.edit).setFocus()

    def forget(self) -> None:
        self._state = None
        self.fields.forget()
        self.pin.forget()
        self.signature.show_code("")

    def _wire(self) -> None:
        self.fields.edit.textChanged.connect(self._edited)
        self.picker.picked.connect(self.protection_picked)
        self.pin.submitted.connect(self._submit)
        self.sign.clicked.connect(lambda: self._submit(None))
        self.copy.clicked.connect(self._copy)
        self.log_in.clicked.connect(lambda: self.login_chosen.emit(self._token_id))
        for ask in (self.renew.clicked, self.pin.forgotten):
            ask.connect(lambda: self.forgot_chosen.emit(self._token_id))

    def _tell(self, state: SignPage) -> Sentence | None:
        if state.problem is None and state.signature is not None and state.login_soon:
            return Sentence(
                "warning",
                self.tr("Log in soon."),
                self.tr("This signature is good."),
                self.tr("After a few more codes or signatures, one login is needed before the next."),
            )
        return self._sentences.tell(state.problem)

    def _choose_default(self, state: SignPage) -> None:
        if state.ask_pin and state.signature is None:
            self.default = self.pin.submit
        else:
            shown = (self.copy, self.log_in, self.renew, self.sign)
            self.default = next((one for one in shown if not one.isHidden()), None)

    def _edited(self) -> None:
        self._judge()
        if self._state is not None and self._state.signature is not None:
            self.fields_changed.emit()

    def _judge(self) -> None:
        filled = bool(self.fields.lines())
        making = self._state is not None and self._state.making
        self.sign.setEnabled(filled and not making)
        self.pin.allow(allowed=filled)

    def _submit(self, pin: str | None) -> None:
        self.signature_wanted.emit(SignatureWanted(self.fields.lines(), pin))

    def _copy(self) -> None:
        self.code_copied.emit(self.signature.code)
        self._copied.show()
