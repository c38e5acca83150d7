"""Logging in with a managed token: the protection type, and the PIN if it is needed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import LoginAsk
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.pin_entry import PinEntry
from softtoken.ui.widgets.protection_picker import ProtectionPicker
from softtoken.ui.widgets.words import breakable, words


class LoginAskView(Page):
    """Signals: protection_picked(ProtectionType), pin_given(str), login_wanted (no PIN is needed)."""

    protection_picked = Signal(object)
    pin_given = Signal(str)
    login_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._asked_before = False
        self._who = words("muted")
        self.picker, self.pin = ProtectionPicker(), PinEntry(self.tr("Log in"))
        self.log_in = button(self.tr("Log in"), "primary")
        self.picker.picked.connect(self.protection_picked)
        self.pin.submitted.connect(self.pin_given)
        self.log_in.clicked.connect(self.login_wanted)
        self.column.addWidget(self._who)
        self.column.addWidget(
            words(
                "body", self.tr("Soft Token makes a code and sends it to the server. The PIN stays on this computer.")
            )
        )
        for part in (self.picker, self.pin, Actions(self.log_in)):
            self.column.addWidget(part)
        self.column.addStretch(1)

    def use_clock(self, clock: Clock) -> None:
        self.pin.use_clock(clock)

    def first_focus(self) -> QWidget:
        return self.pin.edit if not self.pin.isHidden() else self.log_in

    def show_state(self, state: LoginAsk) -> None:
        self.set_title(self.tr("Log in"))
        origin = state.token.account.origin if state.token.account else ""
        self._who.setText(breakable(f"{self._names.account(state.token)}\n{origin}".strip()))
        self.picker.show_choice(state.token.protections, state.protection)
        self.picker.setEnabled(not state.making)
        self.show_problem(self._sentences.tell(state.problem))
        self.pin.setVisible(state.ask_pin)
        self.pin.show_wait(state.delay_until, busy=state.making)
        self.log_in.setVisible(not state.ask_pin)
        self.log_in.setEnabled(not state.making)
        self.default = self.pin.submit if state.ask_pin else self.log_in
        if self.isVisible() and not state.making:
            self.first_focus().setFocus()

    def forget(self) -> None:
        self.pin.forget()
