"""Logging in: a code from the token lane, then the server on the login lane; waiting can be left."""

from dataclasses import replace

from softtoken.services.events import (
    CodeAnswer,
    GenerateOtp,
    GenerateOtpResult,
    Login,
    LoginResult,
    LoginWithTypedCode,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.flows.login_steps import Attempt, LoginSteps
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.states import (
    Ask,
    Done,
    Failure,
    LoginDone,
    Purpose,
    Refusal,
    Task,
    TypedLogin,
    Waiting,
)


class Logins:
    """One at a time: a code that has to queue behind something slow would outlive itself. steps: what comes after."""

    def __init__(self, stage: Stage, asking: Asking) -> None:
        self._stage = stage
        self._asking = asking
        self._typed = TypedLogin()
        self.steps = LoginSteps(stage, asking)

    def begin(self, token_id: str) -> None:
        """Ask for a protection type, or go on with the login of this token that is open."""
        token = self._stage.session.token(token_id)
        if self._stage.under_way is not None:
            self._stage.go(self._stage.under_way)
        elif token is None or token.account is None:
            self._stage.home()
        elif not self.steps.resume(token_id):
            usual = token.usual_protection
            page = Ask(token, usual, Purpose.LOGIN, self._asking.wants_pin(token, usual))
            self._stage.go(page)
            self._asking.look(page)

    def submit(self, pin: str | None) -> None:
        """Make the code of a login or of its next step, and send it, unless the page was left meanwhile."""
        state = self._stage.state
        if not isinstance(state, Ask) or state.making or state.token.account is None:
            return
        account = state.token.account
        self._stage.update(replace(state, making=True, problem=None))
        given = pin if state.ask_pin else None
        challenge = state.login.pending.challenge if state.login else None
        data = None if challenge is None else challenge.encode()

        def waits() -> bool:
            now = self._stage.state
            return isinstance(now, Ask) and now.making and (now.token, now.login) == (state.token, state.login)

        def done(result: GenerateOtpResult) -> None:
            if result.otp is None:
                page = self._asking.refused(state, given, result, Task.LOGIN)
                if waits():
                    self._stage.update(page)
                return
            self._asking.made(state.token, given, result)
            if not waits():
                self._stage.tell(Done.CODE_NOT_SENT)
                self._stage.refresh()
            elif state.login is not None:
                answer = CodeAnswer(result.otp.code, result.resynchronisation)
                self.steps.post(state.login, answer, state.protection)
            else:
                login = Login(account.identifier, result.otp.code, result.resynchronisation)
                self._post(
                    login, Waiting(Task.LOGIN, account.user_id), Attempt(account.user_id, state.token, state.protection)
                )

        def failed(failure: Failure) -> None:
            if waits():
                self._stage.update(replace(state, problem=failure))
            else:
                self._stage.tell(failure)

        event = GenerateOtp(data, given, account.identifier, state.protection, for_login=True)
        self._stage.on_token(event, Task.MAKE_CODE, done, failed, wherever=True)

    def begin_typed(self) -> None:
        if self._stage.under_way is not None:
            self._stage.go(self._stage.under_way)
        elif not self.steps.resume(None):
            self._stage.go(self._typed)

    def submit_typed(self, server: str, user: str, otp: str) -> None:
        if self._stage.under_way is not None:
            return
        self._typed = TypedLogin(server.strip(), user.strip())
        event = LoginWithTypedCode(self._typed.server, self._typed.user, otp)
        who = self._typed.user
        self._post(event, Waiting(Task.TYPED_LOGIN, who), Attempt(who, None))

    def again(self) -> None:
        """After a result: ask once more, or go on with what is still open."""
        state = self._stage.state
        if isinstance(state, LoginDone):
            if state.token is None:
                self.begin_typed()
            else:
                self.begin(state.token.id)

    def _post(self, event: Login | LoginWithTypedCode, waiting: Waiting, attempt: Attempt) -> None:
        """The first call."""

        def done(answer: Answer[LoginResult]) -> None:
            result, here = answer.outcome, answer.here
            if attempt.token is None and result.status is Status.INVALID_PARAMETER and here:
                problem = Refusal(Task.TYPED_LOGIN, result.status, result.detail, result.log_correlation_id)
                self._stage.go(replace(self._typed, problem=problem))
            else:
                self.steps.landed(attempt, result, here=here)

        def failed(answer: Answer[Failure]) -> None:
            self.steps.lost(attempt, answer.outcome, here=answer.here)

        self._stage.wait(event, waiting, done, failed)
