"""The command line in this process, over a controller that answers what a test tells it to."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from softtoken.cli import context
from softtoken.cli.main import run
from softtoken.engine.activation_code import format_activation_code
from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    Otp,
    OtpProfile,
    ProtectionType,
    ResynchronisationCodes,
    Token,
    TokenPolicy,
    TokenType,
    UserIdentifier,
)
from softtoken.services import events as ev
from softtoken.services.controller import MasterController

BOTH = (ProtectionType.NO_PIN, ProtectionType.PIN)
ALICE = Token(
    "0a1b2c3d4e5f",
    "sandbox",
    "alice@sandbox",
    OtpProfile(TokenType.MANAGED, Algorithm.SHA256, 6, 30),
    BOTH,
    Account("https://tenant.example", "sandbox", "sandbox", "alice", "VDS1000000"),
    TokenPolicy(True, RetryPolicy(), AtcPolicy(), PinRules()),
)
OATH = Token(
    "feedbeef0000", "Example", "bob", OtpProfile(TokenType.TOTP, Algorithm.SHA1, 8, 30), (ProtectionType.NO_PIN,)
)
USER = UserIdentifier("sandbox", "alice")
PIN = {"--pin-fd": "284917"}
OTP = Otp("123456", 1_800_000_000, 1_800_000_030, 7)
CODES = ResynchronisationCodes("11112222", "33334444", 41, ProtectionType.PIN)
ACTIVATION_CODE = format_activation_code("0a1b2c3d", "3zE6RNH5")


class ScriptedController:
    """Answers each kind of event with what was given for it: a result, or an exception. Keeps what was posted."""

    def __init__(
        self,
        answers: Mapping[type[ev.Event[Any]], Any],
        tokens: tuple[Token, ...],
        *,
        restored: bool,
        keyring: ev.KeyringProblem = ev.KeyringProblem.NONE,
    ) -> None:
        started = ev.StartResult(
            ev.Status.OK,
            ev.SdkState.LOGIN_REQUIRED,
            ev.VaultCondition.OPEN,
            keyring,
            tokens,
            recovery_pending=False,
            restored=restored,
        )
        counters = tuple(None if token.account is None else 7 for token in tokens)
        self._answers: dict[type[ev.Event[Any]], Any] = {
            ev.Start: started,
            ev.ListTokens: ev.ListTokensResult(ev.Status.OK, tokens, counters),
            ev.GetCredentialInformation: ev.CredentialInformation(
                ev.Status.OK, ProtectionType.PIN, 7, 3, 15, 20, logged_in_once=True, retry_counter=5, retry_delay=0
            ),
            **answers,
        }
        self.posted: list[ev.Event[Any]] = []

    def post(self, event: ev.Event[Any]) -> Any:
        self.posted.append(event)
        answer = self._answers[type(event)]
        if isinstance(answer, list):  # one after the other; the last one stays
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        pass

    def subscribe(self, receiver: Callable[[ev.Notification], None]) -> Callable[[], None]:
        """Whoever listens hears that the server is gone, and that it is back."""
        for state in (ev.ConnectionState.NOT_REACHABLE, ev.ConnectionState.REACHABLE):
            receiver(ev.ServerConnection("https://tenant.example", state))
        return lambda: None

    def the(self, kind: type[Any]) -> Any:
        """The one event of this kind that was posted."""
        (event,) = [event for event in self.posted if type(event) is kind]
        return event


class Told:
    """What a command said: exit status, standard output, standard error."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        (line,) = self.out.splitlines()
        return json.loads(line)


class Terminal:
    """Runs commands over a scripted controller."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._capture = capture
        self.controller = ScriptedController({}, (), restored=False)

    def script(
        self,
        answers: Mapping[type[ev.Event[Any]], Any] | None = None,
        tokens: tuple[Token, ...] = (ALICE, OATH),
        *,
        restored: bool = False,
        keyring: ev.KeyringProblem = ev.KeyringProblem.NONE,
    ) -> None:
        self.controller = ScriptedController(answers or {}, tokens, restored=restored, keyring=keyring)
        self._patch.setattr(context, "build_controller", lambda _, **_reasons: self.controller)

    def over(self, make: Callable[[], MasterController]) -> None:
        """Real controllers from now on, a new one for each command."""
        self._patch.setattr(context, "build_controller", lambda _, **_reasons: make())

    def run(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> Told:
        """secrets: options that name a file descriptor, by their secret."""
        with _descriptors(secrets or {}) as options:
            status = run([*arguments, *options])
        out, err = self._capture.readouterr()
        return Told(status, out, err)


@contextmanager
def _descriptors(secrets: Mapping[str, str]) -> Iterator[list[str]]:
    readers, options = [], []
    for option, secret in secrets.items():
        reader, writer = os.pipe()
        os.write(writer, secret.encode() + b"\n")
        os.close(writer)
        readers.append(reader)
        options += [option, str(reader)]
    try:
        yield options
    finally:
        for reader in readers:
            os.close(reader)
