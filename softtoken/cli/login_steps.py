"""Going on with a login whose first answer wants more: what is asked for, as long as somebody can be asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from softtoken.cli.codes import code_document
from softtoken.cli.context import Context
from softtoken.cli.credentials import Chosen, chosen_of
from softtoken.cli.login_words import demand, login_fields, refused_step, to_go_on, waiting_for
from softtoken.cli.secrets import ask, has_terminal, read_standard_input
from softtoken.engine.tokens import ProtectionType
from softtoken.services.events import (
    AwaitLogin,
    CodeAnswer,
    ConnectionState,
    ContinueLogin,
    GenerateOtp,
    LoginResult,
    LoginStep,
    Notification,
    PasswordAnswer,
    PendingLogin,
    ServerConnection,
    Status,
)


@dataclass(slots=True)
class GoingOn:
    """Answers one step after the other. document: the JSON of the code that was made last.

    pin: was given for an earlier step. wait: is an approval waited for? typed: a code from another authenticator is
    read from standard input, once.
    """

    run: Context
    chosen: Chosen | None
    document: dict[str, Any]
    pin: str | None = field(default=None, repr=False)
    pin_fd: int | None = None
    password_fd: int | None = None
    wait: bool = False
    typed: bool = False

    def finish(self, result: LoginResult) -> LoginResult:
        """The result of the last step that could be made."""
        while (pending := result.pending) is not None and result.status is not Status.USER_CANCEL:
            if result.status is not Status.NEGATIVE:
                if not has_terminal():
                    return result
                self.run.answer.aside(refused_step(result))
                self.pin = None
            following = self._step(pending)
            if following is None:
                return result
            result = following
        return result

    def _step(self, pending: PendingLogin) -> LoginResult | None:
        """Make the next step; None if nobody is there who could be asked for it, or nobody can make it."""
        credential = usable_credential(pending, self.chosen)
        match pending.step:
            case LoginStep.PASSWORD if self.password_fd is not None or has_terminal():
                self._say_what_is_wanted(pending)
                password_fd, self.password_fd = self.password_fd, None
                return self._post(pending, PasswordAnswer(ask("Static password", "--password-fd", password_fd)))
            case LoginStep.APPROVAL if self.wait:
                return self._await(pending)
            case LoginStep.TOKEN_CODE if credential is not None and not self.typed:
                return self._token_code(pending, credential)
            case LoginStep.TOKEN_CODE | LoginStep.SENT_CODE if self.typed or has_terminal():
                self._say_what_is_wanted(pending)
                self.typed = False
                return self._post(pending, CodeAnswer("".join(read_standard_input("Code").split())))
            case _:
                return None

    def _token_code(self, pending: PendingLogin, credential: Chosen) -> LoginResult | None:
        with_pin = credential.protection is ProtectionType.PIN
        data = None if pending.challenge is None else pending.challenge.encode()
        self._say_what_is_wanted(pending)
        while True:
            if with_pin and self.pin is None:
                if self.pin_fd is None and not has_terminal():
                    return None
                pin_fd, self.pin_fd = self.pin_fd, None
                self.pin = ask("PIN", "--pin-fd", pin_fd)
            pin = self.pin if with_pin else None
            event = GenerateOtp(data, pin, credential.user, credential.protection, for_login=True)
            made = credential.post(self.run, event)
            self.document.update(code_document(credential.token, credential.protection, made))
            self.document.update(credential.sensor(made.biometric))
            if made.otp is not None:
                return self._post(pending, CodeAnswer(made.otp.code, made.resynchronisation))
            tries = (made.retry_counter, made.retry_delay)
            text = credential.refusal(made.status, *tries, for_login=True, biometric=made.biometric)
            by_pin = _by_pin(credential, pending) if has_terminal() else None
            if by_pin is not None:
                self.run.answer.aside(f"{text}\nThe PIN instead.")
                return self._token_code(pending, by_pin)
            if made.status is not Status.INVALID_PIN or not has_terminal():
                whole = {**self.document, **login_fields(LoginResult(made.status, pending=pending))}
                self.run.answer.end(made.status, whole, f"{text}\n{to_go_on(pending)}")
            self.run.answer.aside(text)
            self.pin = None

    def _say_what_is_wanted(self, pending: PendingLogin) -> None:
        if has_terminal():
            self.run.answer.aside(demand(pending, self.chosen))

    def _post(self, pending: PendingLogin, answer: CodeAnswer | PasswordAnswer) -> LoginResult:
        return self.run.controller.post(ContinueLogin(pending, answer))

    def _await(self, pending: PendingLogin) -> LoginResult:
        self.run.answer.aside(f"{demand(pending, self.chosen)}\n{waiting_for(pending)}")
        try:
            with self._telling(pending.origin):
                return self.run.controller.post(AwaitLogin(pending))
        except KeyboardInterrupt:
            return LoginResult(Status.USER_CANCEL, pending.risk_response_code, pending=pending)

    @contextmanager
    def _telling(self, origin: str) -> Iterator[None]:
        """Say once when the server is gone, and once when it is back."""
        gone = False

        def hear(told: Notification) -> None:
            nonlocal gone
            if isinstance(told, ServerConnection) and told.origin == origin:
                now = told.connection_state is ConnectionState.NOT_REACHABLE
                if now != gone:
                    gone = now
                    self.run.answer.aside(
                        "The server cannot be reached; asking on." if now else "The server answers again."
                    )

        unsubscribe = self.run.controller.subscribe(hear)
        try:
            yield
        finally:
            unsubscribe()


def usable_credential(pending: PendingLogin, chosen: Chosen | None) -> Chosen | None:
    """The token's credential that answers best; None for none."""
    if chosen is None:
        return None
    has = [one for one in pending.protections if one in chosen.token.protections]
    # a finger or a face is asked for only where somebody chose it, or nothing else is there
    asked = chosen.protection is ProtectionType.BIOMETRIC and chosen.protection in has
    rest = next((one for one in has if one is not ProtectionType.BIOMETRIC), next(iter(has), None))
    usable = chosen.protection if asked else rest
    return None if usable is None else Chosen(chosen.token, chosen.user, usable, chosen.word)


def _by_pin(credential: Chosen, pending: PendingLogin) -> Chosen | None:
    """The PIN, where it answers as well and a finger or a face did not."""
    if credential.protection is not ProtectionType.BIOMETRIC:
        return None
    both = ProtectionType.PIN in pending.protections and ProtectionType.PIN in credential.token.protections
    return Chosen(credential.token, credential.user, ProtectionType.PIN, credential.word) if both else None


def chosen_for(run: Context, pending: PendingLogin) -> Chosen | None:
    """The token of a pending login, from an open vault; None for a typed code's."""
    user = pending.user_identifier
    if user is None:
        return None
    run.open_vault()
    token = run.find_token(f"{user.tenant_id}/{user.user_id}")
    return chosen_of(run, token, None, pending.user, lacks="server to log in to")
