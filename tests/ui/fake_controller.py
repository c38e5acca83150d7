"""A scripted stand-in for MasterController: answers like it, remembers what was posted, waits when told to."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    Otp,
    OtpProfile,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
    UserIdentifier,
)
from softtoken.services import events as ev
from softtoken.services.events import Event, KeyringProblem, SdkState, Status, VaultCondition

R = TypeVar("R")

PIN = "274951"
RECOVERY_CODE = "0004-1061-050R-3GG2-8A1C-60T3-GF6"
PASSPHRASE = "correct horse battery"
ACTIVATION_CODE = "18DJ-RF8C-RP5F-4RG7-0"
SECRET_LINK = "otpauth://totp/Example:anna?secret=GEZDGNBVGY3TQOJQ&issuer=Example"


@dataclass
class FakeClock:
    """Both clocks stand still until a test moves them."""

    wall: int = 1_800_000_000
    up: int = 5_000

    def now(self) -> int:
        return self.wall

    def uptime(self) -> int:
        return self.up

    def pass_seconds(self, seconds: int) -> None:
        self.wall += seconds
        self.up += seconds


def managed_token(
    user: str = "anna.berg",
    protections: tuple[ProtectionType, ...] = (ProtectionType.NO_PIN, ProtectionType.PIN),
    *,
    allow: bool | None = True,
    issuer: str = "Northwind Bank",
) -> Token:
    return Token(
        id=f"managed-{user}",
        issuer=issuer,
        name=user,
        profile=OtpProfile(TokenType.MANAGED, Algorithm.SHA256, 6, 30),
        protections=protections,
        account=Account("https://login.northwind.example", "northwind", "northwind", user, "VDS1000001"),
        policy=TokenPolicy(allow, RetryPolicy(), AtcPolicy(), PinRules()),
    )


def totp_token(name: str = "anna@example.org", issuer: str = "Example Mail") -> Token:
    profile = OtpProfile(TokenType.TOTP, Algorithm.SHA1, 6, 30)
    return Token(f"totp-{name}", issuer, name, profile, (ProtectionType.NO_PIN,))


def hotp_token(name: str = "build-server", issuer: str = "Toolshed") -> Token:
    profile = OtpProfile(TokenType.HOTP, Algorithm.SHA1, 8, None)
    return Token(f"hotp-{name}", issuer, name, profile, (ProtectionType.NO_PIN,))


@dataclass
class FakeController:
    """Behaves like an honest controller over an in-memory vault.

    script: for an event type, results or exceptions to give instead, in order; the last one stays.
    gates: events of these types wait until the gate is opened.
    """

    clock: FakeClock
    tokens: list[Token] = field(default_factory=list)
    vault: VaultCondition = VaultCondition.ABSENT
    keyring: KeyringProblem = KeyringProblem.NONE
    recovery_pending: bool = False
    damaged: int = 0
    script: dict[type[Event[Any]], list[Any]] = field(default_factory=dict)
    gates: dict[type[Event[Any]], threading.Event] = field(default_factory=dict)
    posted: list[Event[Any]] = field(default_factory=list)
    threads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    closed: bool = False
    counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    logged_in: UserIdentifier | None = None
    current: UserIdentifier | None = None
    cached_pin: UserIdentifier | None = None
    tries_left: int = 5

    def gate(self, kind: type[Event[Any]]) -> threading.Event:
        return self.gates.setdefault(kind, threading.Event())

    def answer(self, kind: type[Event[Any]], *outcomes: Any) -> None:
        self.script[kind] = list(outcomes)

    def posts(self, kind: type[R]) -> list[R]:
        return [event for event in self.posted if isinstance(event, kind)]

    def close(self) -> None:
        self.closed = True

    def post(self, event: Event[R]) -> R:
        self.posted.append(event)
        self.threads[type(event).__name__].add(threading.current_thread().name.split("_")[0])
        gate = self.gates.get(type(event))
        if gate is not None:
            assert gate.wait(20), f"nobody opened the gate of {type(event).__name__}"
        outcomes = self.script.get(type(event))
        outcome = (outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]) if outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        if callable(outcome):
            outcome = outcome(event)
        result: R = outcome if outcome is not None else self._honest(event)
        return result

    def _honest(self, event: Event[Any]) -> Any:
        handlers: dict[type[Event[Any]], Callable[[Any], Any]] = {
            ev.Start: lambda _: self._started(Status.OK),
            ev.CreateVault: self._create,
            ev.OpenVault: self._open,
            ev.ProtectVault: self._protect,
            ev.ConfirmRecoveryCode: self._confirm,
            ev.NewRecoveryCode: lambda _: ev.CreateVaultResult(Status.OK, KeyringProblem.NONE, RECOVERY_CODE),
            ev.Activate: self._activate,
            ev.GenerateOtp: self._generate,
            ev.GenerateOathOtp: self._oath,
            ev.Login: self._login,
            ev.LoginWithTypedCode: lambda _: ACCEPTED,
            ev.Restart: self._restart,
            ev.DeleteUser: self._delete_user,
            ev.RemoveToken: lambda e: self._without(lambda token: token.id == e.token_id),
            ev.AddToken: self._add,
            ev.ListTokens: lambda _: self._list(),
            ev.Reset: self._reset,
            ev.GetInformation: lambda _: self._information(),
        }
        return handlers[type(event)](event)

    def _started(self, status: Status) -> ev.StartResult:
        is_open = self.vault is VaultCondition.OPEN
        tokens = tuple(self.tokens) if is_open else ()
        pending = self.recovery_pending and is_open
        return ev.StartResult(status, SdkState.LOGIN_REQUIRED, self.vault, self.keyring, tokens, pending)

    def _create(self, event: ev.CreateVault) -> ev.CreateVaultResult:
        if event.passphrase is None and self.keyring is not KeyringProblem.NONE:
            return ev.CreateVaultResult(Status.FAILED, self.keyring, None)
        if event.passphrase is not None and len(event.passphrase) < 8:
            return ev.CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
        self.vault, self.recovery_pending = VaultCondition.OPEN, True
        return ev.CreateVaultResult(Status.OK, KeyringProblem.NONE, RECOVERY_CODE)

    def _open(self, event: ev.OpenVault) -> ev.StartResult:
        given = event.recovery_code.replace("-", "").upper() if event.recovery_code else None
        if event.passphrase == PASSPHRASE or given == RECOVERY_CODE.replace("-", ""):
            self.vault = VaultCondition.OPEN
            return self._started(Status.OK)
        return self._started(Status.WRONG_CREDENTIALS)

    def _protect(self, event: ev.ProtectVault) -> ev.CreateVaultResult:
        if event.passphrase is None and self.keyring is not KeyringProblem.NONE:
            return ev.CreateVaultResult(Status.FAILED, self.keyring, None)
        self.recovery_pending = True
        return ev.CreateVaultResult(Status.OK, KeyringProblem.NONE, RECOVERY_CODE)

    def _confirm(self, _: ev.ConfirmRecoveryCode) -> ev.StatusResult:
        self.recovery_pending = False
        return ev.StatusResult(Status.OK)

    def _activate(self, event: ev.Activate) -> ev.ActivationResult:
        user = event.user.partition("@")[0]
        enabled = tuple(protection for protection in ProtectionType if protection in event.protections)
        token = managed_token(user, enabled)
        self.tokens.append(token)
        assert token.account is not None
        self.logged_in = token.account.identifier
        return ev.ActivationResult(Status.OK, token, ACCEPTED)

    def _generate(self, event: ev.GenerateOtp) -> ev.GenerateOtpResult:
        user = event.user_identifier or self.current
        token = next((t for t in self.tokens if t.account and t.account.identifier == user), None)
        if token is None or token.policy is None:
            return ev.GenerateOtpResult(Status.INVALID_USER_ID)
        self.current = user
        counter = None
        if event.protection is ProtectionType.PIN:
            allow = token.policy.allow_offline_pin_verification
            if event.pin is None and self.cached_pin != user:
                return ev.GenerateOtpResult(Status.INVALID_STATE)
            if allow and event.pin not in {None, PIN}:
                self.tries_left -= 1
                status = Status.INVALID_PIN if self.tries_left else Status.PIN_BLOCKED
                return ev.GenerateOtpResult(status, None, self.tries_left, 60 if self.tries_left < 3 else 0)
            if allow:
                self.cached_pin, self.tries_left, counter = user, 5, 5
        elif event.pin is not None:
            return ev.GenerateOtpResult(Status.INVALID_PARAMETER)
        self.counters[token.id] += 1
        code = f"{(self.counters[token.id] * 271_828 + 314_159) % 1_000_000:06}"
        now = self.clock.now()
        return ev.GenerateOtpResult(Status.OK, Otp(code, now, now + 30, self.counters[token.id]), counter, 0)

    def _oath(self, event: ev.GenerateOathOtp) -> ev.GenerateOtpResult:
        token = next((t for t in self.tokens if t.id == event.token_id), None)
        if token is None:
            return ev.GenerateOtpResult(Status.INVALID_USER_ID)
        if token.profile.type is TokenType.HOTP:
            counter = self.counters[token.id]
            self.counters[token.id] += 1
            return ev.GenerateOtpResult(Status.OK, Otp(f"{counter + 40_912_665:08}", self.clock.now(), None, counter))
        step = self.clock.now() // 30
        code = f"{step * 7_919 % 1_000_000:06}"
        return ev.GenerateOtpResult(Status.OK, Otp(code, step * 30, step * 30 + 30, None))

    def _login(self, event: ev.Login) -> ev.LoginResult:
        self.logged_in = event.user_identifier
        return ACCEPTED

    def _restart(self, _: ev.Restart) -> ev.StatusResult:
        self.logged_in = self.current = self.cached_pin = None
        return ev.StatusResult(Status.OK)

    def _delete_user(self, event: ev.DeleteUser) -> ev.DeleteUserResult:
        if self.logged_in == event.user_identifier:
            return ev.DeleteUserResult(Status.INVALID_STATE, SdkState.LOGGED_IN, tuple(self.tokens))
        return self._without(lambda token: bool(token.account and token.account.identifier == event.user_identifier))

    def _without(self, gone: Callable[[Token], bool]) -> ev.DeleteUserResult:
        kept = [token for token in self.tokens if not gone(token)]
        status = Status.OK if len(kept) < len(self.tokens) else Status.INVALID_USER_ID
        self.tokens = kept
        return ev.DeleteUserResult(status, SdkState.LOGIN_REQUIRED, tuple(kept))

    def _add(self, event: ev.AddToken) -> ev.AddTokenResult:
        if "secret=" not in event.link:
            return ev.AddTokenResult(Status.INVALID_PARAMETER, None, "NO_SECRET")
        token = hotp_token() if "//hotp/" in event.link else totp_token()
        self.tokens.append(token)
        return ev.AddTokenResult(Status.OK, token)

    def _list(self) -> ev.ListTokensResult:
        counted = (TokenType.HOTP, TokenType.MANAGED)
        counters = tuple(self.counters[t.id] if t.profile.type in counted else None for t in self.tokens)
        return ev.ListTokensResult(Status.OK, tuple(self.tokens), counters, self.damaged, self.logged_in)

    def _reset(self, _: ev.Reset) -> ev.StatusResult:
        self.tokens, self.vault, self.recovery_pending = [], VaultCondition.ABSENT, False
        return ev.StatusResult(Status.OK)

    def _information(self) -> ev.Information:
        return ev.Information(
            "0.1.0",
            "5e" * 64,
            "/home/anna/.local/share/softtoken",
            self.vault,
            ("keyring", "recovery"),
            "Secret Service",
        )


ACCEPTED = ev.LoginResult(Status.OK, 0, "Accept", "accepted", None, "7f3c9a52-0b1e-4c1d-9f0a-2d5b8f6e1c44")
REFUSED_CODE = replace(ACCEPTED, status=Status.WRONG_CREDENTIALS, session_status="failed")
