"""Logging in: a code from the token lane, then the server on the login lane; waiting can be left."""

from dataclasses import replace

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    CredentialInformation,
    GenerateOtp,
    GenerateOtpResult,
    GetCredentialInformation,
    Login,
    LoginResult,
    LoginWithTypedCode,
    Resynchronised,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.standing import drifted
from softtoken.ui.states import (
    Ask,
    Failure,
    LoginDone,
    LoginNews,
    Problem,
    Purpose,
    Refusal,
    Task,
    TypedLogin,
    Waiting,
)


class Logins:
    """One at a time: a code that has to queue behind something slow would outlive itself."""

    def __init__(self, stage: Stage, asking: Asking) -> None:
        self._stage = stage
        self._asking = asking
        self._typed = TypedLogin()

    def begin(self, token_id: str) -> None:
        token = self._stage.session.token(token_id)
        if self._stage.under_way is not None:
            self._stage.go(self._stage.under_way)
        elif token is None or token.account is None:
            self._stage.home()
        else:
            usual = self._asking.usual(token)
            page = Ask(token, usual, Purpose.LOGIN, self._asking.wants_pin(token, usual))
            self._stage.go(page)
            self._asking.look(page)

    def submit(self, pin: str | None) -> None:
        """Make the login's code and send it."""
        state = self._stage.state
        if not isinstance(state, Ask) or state.making or state.token.account is None:
            return
        account = state.token.account
        self._stage.update(replace(state, making=True, problem=None))
        given = pin if state.ask_pin else None
        event = GenerateOtp(None, given, account.identifier, state.protection, for_login=True)

        def done(result: GenerateOtpResult) -> None:
            if result.otp is None:
                self._stage.update(self._asking.refused(state, given, result, Task.MAKE_CODE))
                return
            self._asking.made(state.token, given, result)
            login = Login(account.identifier, result.otp.code, result.resynchronisation)
            self._post(state.token, state.protection, login)

        def failed(failure: Failure) -> None:
            self._stage.update(replace(state, problem=failure))

        self._stage.on_token(event, Task.MAKE_CODE, done, failed)

    def begin_typed(self) -> None:
        self._stage.go(self._stage.under_way or self._typed)

    def submit_typed(self, server: str, user: str, otp: str) -> None:
        if self._stage.under_way is not None:
            return
        self._typed = TypedLogin(server.strip(), user.strip())
        who = self._typed.user

        def done(answer: Answer[LoginResult]) -> None:
            result, here = answer.outcome, answer.here
            if result.status is Status.INVALID_PARAMETER and here:
                problem = Refusal(Task.TYPED_LOGIN, result.status, result.detail, result.log_correlation_id)
                self._stage.go(replace(self._typed, problem=problem))
            else:
                self._ended(LoginDone(who, None, result), here=here)

        def failed(answer: Answer[Failure]) -> None:
            failure, here = answer.outcome, answer.here
            self._ended(LoginDone(who, None, None, failure), here=here)

        event = LoginWithTypedCode(self._typed.server, self._typed.user, otp)
        self._stage.wait(event, Waiting(Task.TYPED_LOGIN, who), done, failed)

    def again(self) -> None:
        """After a result: ask once more."""
        state = self._stage.state
        if isinstance(state, LoginDone):
            if state.token is None:
                self.begin_typed()
            else:
                self.begin(state.token.id)

    def _post(self, token: Token, protection: ProtectionType, event: Login) -> None:
        who = event.user_identifier.user_id

        def done(answer: Answer[LoginResult]) -> None:
            result, here = answer.outcome, answer.here
            ended = LoginDone(who, token, result)
            self._ended(ended, here=here)
            refused = result.status is Status.WRONG_CREDENTIALS
            if here and refused and result.resynchronised is not Resynchronised.REFUSED:
                self._look_for_drift(ended, event, protection)

        def failed(answer: Answer[Failure]) -> None:
            failure, here = answer.outcome, answer.here
            self._ended(LoginDone(who, token, None, failure), here=here)

        self._stage.wait(event, Waiting(Task.LOGIN, who), done, failed)

    def _ended(self, ended: LoginDone, *, here: bool) -> None:
        if here:
            self._stage.go(ended)
        else:
            self._stage.tell(LoginNews(ended.who, ended.result, ended.problem))
        if ended.token is not None:
            self._stage.refresh()

    def _look_for_drift(self, ended: LoginDone, login: Login, protection: ProtectionType) -> None:
        """A refused code may be a wrong PIN, or a counter too far ahead: then a resynchronisation is offered."""

        def seen(information: CredentialInformation) -> None:
            if information.status is Status.OK and drifted(information) and self._stage.state is ended:
                self._stage.update(replace(ended, drifted=True))

        def unseen(_: Problem) -> None:
            """The verdict stands by itself."""

        event = GetCredentialInformation(login.user_identifier, protection)
        self._stage.on_token(event, Task.LOGIN, seen, unseen)
