"""A login's next step that is typed: the static password, a code that was sent, a code of another device."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.services.events import LoginStep
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import StepPage
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.challenge import ChallengeText
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import CodeEdit, SecretEdit
from softtoken.ui.widgets.time_left import TimeLeft
from softtoken.ui.widgets.words import breakable, words


class LoginStepView(Page):
    """Signals: answered(str): a password or a code; time_over: of the login."""

    answered = Signal(str)
    time_over = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._who, self._why = words("muted"), words("body")
        self._challenge = ChallengeText()
        self.password, self.code, self.time = SecretEdit(), CodeEdit(), TimeLeft()
        self.password.setMaxLength(255)
        self._password_field = Field(self.tr("Static password"), self.password)
        self._code_field = Field(self.tr("Code"), self.code)
        self.go_on = button(self.tr("Go on"), "primary")
        cancel = button(self.tr("Cancel"))
        self.go_on.clicked.connect(self._submit)
        cancel.clicked.connect(self.left)
        self.time.over.connect(self.time_over)
        for part in (
            self._who,
            self._why,
            self._challenge,
            self._password_field,
            self._code_field,
            Actions(self.go_on, cancel),
            self.time,
        ):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.go_on
        for edit in (self.password, self.code):
            edit.textChanged.connect(self._judge)
        self._judge()

    def use_clock(self, clock: Clock) -> None:
        self.time.use_clock(clock)

    def first_focus(self) -> QWidget:
        return self.code if self._password_field.isHidden() else self.password

    def show_state(self, state: StepPage) -> None:
        login, by_password = state.login, state.login.pending.step is LoginStep.PASSWORD
        self.set_title(self.tr("One more step"))
        self._who.setText(breakable(login.pending.user))
        self._why.setText(self._sentences.logins.steps.wanted(login))
        self._challenge.show_challenge(login.pending.challenge)
        self._password_field.setVisible(by_password)
        self._code_field.setVisible(not by_password)
        self.time.show_until(login.pending.until)
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()
        if self.isVisible():
            self.first_focus().setFocus()

    def forget(self) -> None:
        for edit in (self.password, self.code):
            wipe(edit)

    def _answer(self) -> str:
        return self.code.code() if self._password_field.isHidden() else self.password.text()

    def _judge(self) -> None:
        self.go_on.setEnabled(bool(self._answer()))

    def _submit(self) -> None:
        answer = self._answer()
        self.forget()
        self.answered.emit(answer)
