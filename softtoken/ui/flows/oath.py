"""An imported token's page: the current time-based code, or the next one of a counter."""

from dataclasses import replace

from softtoken.engine.tokens import Token, TokenType
from softtoken.services.events import GenerateOathOtp, GenerateOtpResult
from softtoken.ui.stage import Stage
from softtoken.ui.states import Failure, OathPage, Refusal, Task


class Oath:
    """A time-based code is made at once, a counter is never spent unasked."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def open(self, token: Token) -> None:
        self._stage.go(OathPage(token, self._stage.session.counter(token.id)))
        if token.profile.type is TokenType.TOTP:
            self.make()

    def make(self) -> None:
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
            # the code before this one is spent, and would pass for the one that was asked for
            self._stage.update(replace(waiting, making=False, otp=None, problem=failure))

        self._stage.on_token(GenerateOathOtp(state.token.id), Task.MAKE_CODE, done, failed)
