"""Logging in: a code from the token lane, then the server on the login lane; waiting can be left."""

from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    GenerateOtp,
    GenerateOtpResult,
    Login,
    LoginResult,
    LoginWithTypedCode,
    Status,
)
from softtoken.ui.flows.codes import Codes
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    Failure,
    LoginAsk,
    LoginDone,
    LoginNews,
    LoginWaiting,
    Problem,
    Refusal,
    Task,
    TypedLogin,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Logins:
    """One login at a time: a second one would outlive its code in the queue."""

    def __init__(self, stage: Stage, codes: Codes) -> None:
        self._stage = stage
        self._codes = codes
        self._running: str | None = None
        self._typed = TypedLogin()

    def begin(self, token_id: str) -> None:
        token = self._stage.session.token(token_id)
        if self._running is not None:
            self._stage.go(LoginWaiting(self._running))
        elif token is None or token.account is None:
            self._stage.home()
        else:
            usual = ProtectionType.PIN if ProtectionType.PIN in token.protections else token.protections[0]
            self._stage.go(LoginAsk(token, usual, self._wants_pin(token, usual)))

    def choose(self, protection: ProtectionType) -> None:
        state = self._stage.state
        if isinstance(state, LoginAsk) and not state.making:
            ask = self._wants_pin(state.token, protection)
            self._stage.update(replace(state, protection=protection, ask_pin=ask, problem=None))

    def submit(self, pin: str | None) -> None:
        """Make the login's code and send it."""
        state = self._stage.state
        if not isinstance(state, LoginAsk) or state.making or state.token.account is None:
            return
        token, account = state.token, state.token.account
        self._stage.update(replace(state, making=True, problem=None))
        with_pin = state.protection is ProtectionType.PIN
        given = pin if with_pin and state.ask_pin else None
        event = GenerateOtp(None, given, account.identifier, state.protection, for_login=True)

        def done(result: GenerateOtpResult) -> None:
            if result.otp is not None:
                if given is not None:
                    self._codes.remember_pin(token, result)
                self._post(token, Login(account.identifier, result.otp.code))
                return
            self._stage.update(self._refused(state, given, result))

        def failed(failure: Failure) -> None:
            self._stage.update(replace(state, problem=failure))

        self._stage.on_token(event, Task.MAKE_CODE, done, failed)

    def begin_typed(self) -> None:
        if self._running is not None:
            self._stage.go(LoginWaiting(self._running))
        else:
            self._stage.go(self._typed)

    def submit_typed(self, server: str, user: str, otp: str) -> None:
        if self._running is not None:
            return
        self._typed = TypedLogin(server.strip(), user.strip())
        event = LoginWithTypedCode(self._typed.server, self._typed.user, otp)

        def done(result: LoginResult) -> None:
            if result.status is Status.INVALID_PARAMETER and isinstance(self._stage.state, LoginWaiting):
                self._running = None
                problem = Refusal(Task.TYPED_LOGIN, result.status, result.detail, result.log_correlation_id)
                self._stage.go(replace(self._typed, problem=problem))
            else:
                self._ended(None, result)

        self._wait_for(self._typed.user)
        self._stage.on_login(event, Task.TYPED_LOGIN, done, lambda failure: self._ended(None, None, failure))

    def again(self) -> None:
        """After a result: ask once more."""
        state = self._stage.state
        if isinstance(state, LoginDone):
            if state.token is None:
                self.begin_typed()
            else:
                self.begin(state.token.id)

    def finish(self) -> None:
        """The result was read, or waiting was left."""
        match self._stage.state:
            case LoginDone(token=token) if token is not None:
                self._codes.open(token.id)
            case LoginAsk(token=token):
                self._codes.open(token.id)
            case _:
                self._stage.home()

    def _wants_pin(self, token: Token, protection: ProtectionType) -> bool:
        return protection is ProtectionType.PIN and not self._codes.pin_known(token)

    def _refused(self, state: LoginAsk, pin: str | None, result: GenerateOtpResult) -> LoginAsk:
        if state.protection is ProtectionType.PIN and pin is None and result.status is Status.INVALID_STATE:
            self._codes.forget_pin()
            return replace(state, ask_pin=True)
        if result.status is Status.INVALID_PIN:
            self._codes.remember_pin(state.token, result)
        delay = self._stage.clock.uptime() + result.retry_delay if result.retry_delay else None
        problem = Refusal(Task.MAKE_CODE, result.status, tries_left=result.retry_counter)
        ask = state.protection is ProtectionType.PIN
        return replace(state, ask_pin=ask, delay_until=delay, problem=problem)

    def _post(self, token: Token, event: Login) -> None:
        self._wait_for(event.user_identifier.user_id)
        done: Callable[[LoginResult], None] = lambda result: self._ended(token, result)  # noqa: E731
        self._stage.on_login(event, Task.LOGIN, done, lambda failure: self._ended(token, None, failure))

    def _wait_for(self, who: str) -> None:
        self._running = who
        self._stage.go(LoginWaiting(who))

    def _ended(self, token: Token | None, result: LoginResult | None, problem: Problem | None = None) -> None:
        who, self._running = self._running or "", None
        if isinstance(self._stage.state, LoginWaiting):
            self._stage.go(LoginDone(who, token, result, problem))
        else:
            self._stage.tell(LoginNews(who, result, problem))
        if token is not None:
            self._stage.refresh()
