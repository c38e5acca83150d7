"""A managed token: how it stands, choose the protection type, get a code, log in, and what else can be done."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.engine.tokens import ProtectionType
from softtoken.services.events import Status
from softtoken.ui.sentence import Sentence
from softtoken.ui.sentences import Sentences
from softtoken.ui.standing import Situation, situation, stops_codes
from softtoken.ui.states import ManagedPage, Refusal
from softtoken.ui.theme import restyle
from softtoken.ui.views.intents import CodeWanted
from softtoken.ui.views.managed_menus import TokenMenu, UserMenu
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.code_display import CodeDisplay
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.pin_entry import PinEntry
from softtoken.ui.widgets.pin_field import worth_saying
from softtoken.ui.widgets.protection_picker import ProtectionPicker
from softtoken.ui.widgets.words import breakable, words

_NEW_CODE_HELPS = {Status.PIN_BLOCKED, Status.ATC_EXPIRED}
_LOGIN_HELPS = {Situation.EXHAUSTED, Situation.RESTORED, Situation.FIRST_LOGIN}


class ManagedView(Page):
    """Signals: code_wanted(CodeWanted), code_copied(str), code_expired; with the token's id: login_chosen(str),
    resync_chosen(str), renew_chosen(str) (a new activation code); and those of `menu` and `users`.
    """

    code_wanted = Signal(object)
    code_copied = Signal(str)
    code_expired = Signal()
    login_chosen = Signal(str)
    resync_chosen = Signal(str)
    renew_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._state: ManagedPage | None = None
        self._token_id = ""
        self._account, self.counter = words("muted"), words("small")
        self._hint = words("muted", self.tr("Choose one to get a code."))
        self.menu, self.users = TokenMenu(), UserMenu()
        self.picker, self.pin, self.code = ProtectionPicker(), PinEntry(), CodeDisplay()
        self.copy, self.new = CopyButton(self.tr("Copy"), "primary"), button(self.tr("New code"))
        self.show_code = button(self.tr("Show a code"), "primary")
        self.renew = button(self.tr("New activation code…"), "primary")
        self.log_in, self.resync = button(self.tr("Log in…")), button(self.tr("Resynchronise"))
        self.unfold = button(self.tr("Add data to the code"), "quiet")
        self.data = plain_edit(max_length=4096)
        self._data_field = Field(
            self.tr("Additional data"),
            self.data,
            self.tr(
                "The code is then good for this text only, letter by letter. Leave it empty unless you were given one."
            ),
        )
        self._data_field.hide()
        self._wire()
        self.header.addWidget(self.menu, 0, Qt.AlignmentFlag.AlignTop)
        self._rows = (
            Actions(self.users),
            Actions(self.copy, self.show_code, self.new),
            Actions(self.renew),
            Actions(self.log_in, self.resync),
            Actions(self.unfold),
        )
        for part in (self._account, self._rows[0], self.picker, self._hint, self.pin, self.code, *self._rows[1:]):
            self.column.addWidget(part)
        self.column.addWidget(self._data_field)
        self.column.addStretch(1)
        self.column.addWidget(self.counter)

    def use_clock(self, clock: Clock) -> None:
        self.code.use_clock(clock)
        self.pin.use_clock(clock)

    def first_focus(self) -> QWidget:
        if not self.pin.isHidden():
            return self.pin.edit
        if self.default is not None:
            return self.default
        return self.picker.first_button()

    def show_state(self, state: ManagedPage) -> None:
        before, self._state = self._state, state
        self._token_id = state.token.id
        if before is None or before.token.id != state.token.id:
            self._fold()
            self.menu.show_token(state.token)
        self.users.show_users(state.token, state.others)
        self.set_title(breakable(self._names.heading(state.token)))
        self._account.setText(self._about(state))
        self.picker.show_choice(state.token.protections, state.protection)
        self.picker.setEnabled(not state.making)
        self._hint.setVisible(state.protection is None and not state.making)
        self.show_problem(self._tell(state))
        self._show_code(state)
        self._show_pin(state)
        self._show_buttons(state)
        self.counter.setText(self._sentences.standings.line(state.standing) if state.standing else "")
        self.counter.setVisible(bool(self.counter.text()))
        for row in self._rows:
            row.tidy()
        self._move_focus(before, state)

    def forget(self) -> None:
        self._state = None
        self.pin.forget()
        self.code.clear_code()
        self._fold()

    def _wire(self) -> None:
        self.picker.picked.connect(lambda protection: self._want(protection=protection))
        self.pin.submitted.connect(lambda pin: self._want(pin=pin))
        self.show_code.clicked.connect(lambda: self._want())
        self.new.clicked.connect(lambda: self._want())
        self.code.expired.connect(self.code_expired)
        self.copy.clicked.connect(self._copy)
        self.unfold.clicked.connect(self._unfold)
        self.log_in.clicked.connect(lambda: self.login_chosen.emit(self._token_id))
        self.resync.clicked.connect(lambda: self.resync_chosen.emit(self._token_id))
        for ask in (self.renew.clicked, self.pin.forgotten):
            ask.connect(lambda: self.renew_chosen.emit(self._token_id))

    def _want(self, *, protection: ProtectionType | None = None, pin: str | None = None) -> None:
        text = self.data.text() if not self._data_field.isHidden() else ""
        self.code_wanted.emit(CodeWanted(protection, pin, text.encode() or None))

    def _copy(self) -> None:
        code = self.code.shown_code()
        if code is not None:
            self.code_copied.emit(code)
            self.code.show_caption(self.tr("Copied. The clipboard is cleared after 30 seconds."))

    def _tell(self, state: ManagedPage) -> Sentence | None:
        """A state that stands says more than the try that met it."""
        if isinstance(state.problem, Refusal) and stops_codes(state.standing):
            return self._sentences.standing(state.standing)
        if state.problem is None and state.otp is not None and state.login_soon:
            return Sentence(
                "warning",
                self.tr("Log in soon."),
                self.tr("This code is good."),
                self.tr("After a few more codes, one login is needed before the next."),
            )
        if state.problem is None:
            return self._sentences.standing(state.standing)
        return self._sentences.tell(state.problem)

    def _about(self, state: ManagedPage) -> str:
        """User, server, and whether it answered the last call."""
        account, server = breakable(self._names.account(state.token)), breakable(self._names.server(state.token))
        if state.reachable is None or not server:
            return f"{account}\n{server}".strip()
        told = (
            self.tr("The server is reachable.")
            if state.reachable
            else self.tr("The server cannot be reached just now. Codes work without it.")
        )
        return f"{account}\n{server}\n{told}"

    def _show_code(self, state: ManagedPage) -> None:
        if state.otp is not None:
            self.code.show_code(state.otp, self.tr("Use it within 30 seconds, and once."))
        elif state.making:
            self.code.show_words(self.tr("One moment…"), "")
        elif state.expired:
            self.code.show_words(
                self.tr("Expired"), self.tr("The code can no longer be used. Make a new one."), say=True
            )
        else:
            self.code.clear_code()
        self.code.setVisible(state.otp is not None or state.making or (state.expired and state.problem is None))

    def _show_pin(self, state: ManagedPage) -> None:
        self.pin.setVisible(state.ask_pin)
        most = state.token.policy.retry.max_tries if state.token.policy else 0
        # the sentence above says it right after a wrong one
        tries = worth_saying(state.tries_left, most) if state.problem is None else None
        self.pin.show_wait(state.delay_until, busy=state.making, tries=tries)

    def _show_buttons(self, state: ManagedPage) -> None:
        shown, now = state.otp is not None, situation(state.standing) if state.standing else Situation.WELL
        refused = state.problem.status if isinstance(state.problem, Refusal) else None
        again = isinstance(state.problem, Refusal) and state.problem.may_ask_again
        stuck = (refused is not None and not state.ask_pin and not again) or stops_codes(state.standing)
        ready = state.protection is not None and not state.ask_pin and not state.making
        renewable = now in {Situation.PIN_BLOCKED, Situation.USED_UP} or refused in _NEW_CODE_HELPS
        resync_wanted = now is Situation.OUT_OF_REACH
        login_wanted = not resync_wanted and (now in _LOGIN_HELPS or refused is Status.LOGIN_REQUIRED)
        hopeless = renewable and (now is Situation.USED_UP or len(state.token.protections) == 1)
        self.copy.setVisible(shown)
        self.new.setVisible(ready and shown and not stuck)
        self.show_code.setVisible(ready and not shown and not stuck)
        self.show_code.setText(
            self.tr("Try again") if again else self.tr("New code") if state.expired else self.tr("Show a code")
        )
        self.renew.setVisible(renewable)
        for one in (self.log_in, self.resync):
            one.setVisible(not hopeless)
        self.unfold.setVisible(not stuck and self._data_field.isHidden())
        restyle(self.log_in, "kind", "primary" if login_wanted else "secondary")
        restyle(self.resync, "kind", "primary" if resync_wanted else "secondary")
        if state.ask_pin:
            self.default = self.pin.submit
        elif renewable and stuck:
            self.default = self.renew
        elif resync_wanted:
            self.default = self.resync
        elif login_wanted:
            self.default = self.log_in
        else:
            self.default = self.copy if shown else self.show_code if ready and not stuck else None

    def _move_focus(self, before: ManagedPage | None, state: ManagedPage) -> None:
        """Only when what has the focus went away or something new is asked for; never while a page is entered."""
        if before is None or not self.isVisible() or state.making:
            return
        if state.ask_pin and (before.making or not before.ask_pin):
            self.pin.edit.setFocus()
        elif (
            before.making
            or before.otp != state.otp
            or (stops_codes(state.standing) and not stops_codes(before.standing))
        ):
            self.first_focus().setFocus()

    def _unfold(self) -> None:
        self._data_field.show()
        self.unfold.hide()
        self._rows[-1].tidy()
        self.data.setFocus()

    def _fold(self) -> None:
        wipe(self.data)
        self._data_field.hide()
        self.unfold.show()
