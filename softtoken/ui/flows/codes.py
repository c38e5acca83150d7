"""A token's page: making codes, with a PIN or without, and what to do once they expire."""

from dataclasses import replace

from softtoken.engine.tokens import ProtectionType, Token, TokenType
from softtoken.services.events import GenerateOathOtp, GenerateOtp, GenerateOtpResult, Status
from softtoken.ui.stage import Stage
from softtoken.ui.states import Failure, ManagedPage, OathPage, Refusal, Task


class Codes:
    """Managed tokens and imported ones."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._pin_known: str | None = None

    def open(self, token_id: str) -> None:
        """Show a token's page. A time-based code is made at once, a counter is never spent unasked."""
        token = self._stage.session.token(token_id)
        if token is None:
            self._stage.home()
        elif token.profile.type is TokenType.MANAGED:
            only = token.protections[0] if len(token.protections) == 1 else None
            ask_pin = only is ProtectionType.PIN and not self.pin_known(token)
            self._stage.go(ManagedPage(token, only, ask_pin))
        else:
            self._stage.go(OathPage(token, self._stage.session.counter(token.id)))
            if token.profile.type is TokenType.TOTP:
                self.make_oath()

    def choose(self, protection: ProtectionType, data: bytes | None) -> None:
        """The seed's choice: no PIN means a code at once."""
        state = self._stage.state
        if not isinstance(state, ManagedPage) or state.making:
            return
        if protection is ProtectionType.PIN and not self.pin_known(state.token):
            self._stage.update(ManagedPage(state.token, protection, ask_pin=True, delay_until=state.delay_until))
        else:
            self._make(ManagedPage(state.token, protection), None, data)

    def enter_pin(self, pin: str, data: bytes | None) -> None:
        state = self._stage.state
        if isinstance(state, ManagedPage) and state.ask_pin and not state.making:
            self._make(replace(state, problem=None), pin, data)

    def new_code(self, data: bytes | None) -> None:
        """Another code with the same protection; the PIN is asked for again unless it may be remembered."""
        state = self._stage.state
        if isinstance(state, ManagedPage) and state.protection is not None:
            self.choose(state.protection, data)

    def expire(self) -> None:
        """The time of the code on the page is over."""
        match self._stage.state:
            case ManagedPage(otp=otp) as state if otp is not None:
                again = state.protection is ProtectionType.PIN and not self.pin_known(state.token)
                self._stage.update(replace(state, otp=None, expired=True, login_soon=state.login_soon, ask_pin=again))
            case OathPage(otp=otp) as state if otp is not None:
                self._stage.update(replace(state, otp=None))
                self.make_oath()
            case _:
                pass

    def make_oath(self) -> None:
        """The current TOTP code, or the next HOTP code."""
        state = self._stage.state
        if not isinstance(state, OathPage) or state.making:
            return
        waiting = replace(state, making=True, problem=None)
        self._stage.update(waiting)

        def done(result: GenerateOtpResult) -> None:
            if result.otp is None:
                problem = Refusal(Task.MAKE_CODE, result.status)
                self._stage.update(replace(waiting, making=False, otp=None, problem=problem))
                return
            used = result.otp.atc
            counter = waiting.counter if used is None else used + 1
            self._stage.update(replace(waiting, making=False, otp=result.otp, counter=counter))

        def failed(failure: Failure) -> None:
            self._stage.update(replace(waiting, making=False, problem=failure))

        self._stage.on_token(GenerateOathOtp(state.token.id), Task.MAKE_CODE, done, failed)

    def pin_known(self, token: Token) -> bool:
        """Was this token's PIN given in this run, and may it be remembered? The controller has the last word."""
        return self._pin_known == token.id

    def remember_pin(self, token: Token, result: GenerateOtpResult) -> None:
        """A PIN was given for this token. Where it is verified here, the result counts tries; else nobody knows yet."""
        right = result.otp is not None
        if right and result.retry_counter is not None:
            self._pin_known = token.id
        elif self._pin_known == token.id or right:
            self._pin_known = None

    def forget_pin(self) -> None:
        self._pin_known = None

    def _make(self, page: ManagedPage, pin: str | None, data: bytes | None) -> None:
        token = page.token
        if token.account is None:
            return
        self._stage.update(replace(page, making=True, otp=None, expired=False))
        event = GenerateOtp(data, pin, token.account.identifier, page.protection)

        def done(result: GenerateOtpResult) -> None:
            self._stage.update(self._judged(page, pin, result))

        def failed(failure: Failure) -> None:
            self._stage.update(replace(page, problem=failure))

        self._stage.on_token(event, Task.MAKE_CODE, done, failed)

    def _judged(self, page: ManagedPage, pin: str | None, result: GenerateOtpResult) -> ManagedPage:
        with_pin = page.protection is ProtectionType.PIN
        if result.otp is not None:
            if pin is not None:
                self.remember_pin(page.token, result)
            soon = result.status is Status.ATC_EXPIRES_SOON
            return replace(page, ask_pin=False, otp=result.otp, login_soon=soon, delay_until=None, problem=None)
        if with_pin and pin is None and result.status is Status.INVALID_STATE:
            self.forget_pin()  # it may not be remembered, or was forgotten meanwhile
            return replace(page, ask_pin=True)
        if result.status is Status.INVALID_PIN:
            self.remember_pin(page.token, result)
        delay = self._stage.clock.uptime() + result.retry_delay if result.retry_delay else None
        problem = Refusal(Task.MAKE_CODE, result.status, tries_left=result.retry_counter)
        may_try = result.status in {Status.INVALID_PIN, Status.TEMPORARY_LOCKED}
        return replace(page, ask_pin=with_pin and may_try, delay_until=delay, problem=problem)
