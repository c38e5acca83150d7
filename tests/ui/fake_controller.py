"""A scripted stand-in for MasterController: answers like it, remembers what was posted, waits when told to."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ui.fake_credentials import FakeCredentials
from ui.fake_history import FakeHistory
from ui.fake_lock import FakeLock
from ui.fake_servers import FakeServers
from ui.fake_values import (
    ACCEPTED,
    ACTIVATION_CODE,
    PASSPHRASE,
    PIN,
    RECOVERY_CODE,
    REFUSED_CODE,
    SECRET_LINK,
    FakeClock,
    hotp_token,
    managed_token,
    totp_token,
)

from softtoken.engine.tokens import Otp, ProtectionType, Token, TokenPolicy, TokenType
from softtoken.services import events as ev
from softtoken.services.events import Event, KeyringProblem, SdkState, Status, VaultCondition

__all__ = [
    "ACCEPTED",
    "ACTIVATION_CODE",
    "PASSPHRASE",
    "PIN",
    "RECOVERY_CODE",
    "REFUSED_CODE",
    "SECRET_LINK",
    "FakeClock",
    "FakeController",
    "hotp_token",
    "managed_token",
    "totp_token",
]

R = TypeVar("R")


@dataclass
class FakeController(FakeLock, FakeServers, FakeCredentials, FakeHistory):
    """Behaves like an honest controller over an in-memory vault.

    script: for an event type, results or exceptions to give instead, in order; the last one stays.
    gates: events of these types wait until the gate is opened.
    """

    vault: VaultCondition = VaultCondition.ABSENT
    keyring: KeyringProblem = KeyringProblem.NONE
    recovery_pending: bool = False
    damaged: tuple[str, ...] = ()
    script: dict[type[Event[Any]], list[Any]] = field(default_factory=dict)
    gates: dict[type[Event[Any]], threading.Event] = field(default_factory=dict)
    posted: list[Event[Any]] = field(default_factory=list)
    threads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    closed: bool = False
    receivers: list[Callable[[ev.Notification], None]] = field(default_factory=list)
    device_name: str = ""
    copies: tuple[ev.CopyInformation, ...] = ()
    look_for_approvals: bool = True
    reader: ev.BiometricInformation = field(
        default_factory=lambda: ev.BiometricInformation(
            Status.OK, "", ev.Binding.PROMPT, ev.BiometricProblem.NOT_SUPPORTED
        )
    )
    privacy: ev.ScreenPrivacy = field(default_factory=lambda: ev.ScreenPrivacy(Status.OK))

    def gate(self, kind: type[Event[Any]]) -> threading.Event:
        return self.gates.setdefault(kind, threading.Event())

    def answer(self, kind: type[Event[Any]], *outcomes: Any) -> None:
        self.script[kind] = list(outcomes)

    def posts(self, kind: type[R]) -> list[R]:
        return [event for event in self.posted if isinstance(event, kind)]

    def close(self) -> None:
        self.closed = True

    def subscribe(self, receiver: Callable[[ev.Notification], None]) -> Callable[[], None]:
        self.receivers.append(receiver)
        return lambda: self.receivers.remove(receiver) if receiver in self.receivers else None

    def notify(self, notification: ev.Notification) -> None:
        """As the real one does: on the thread that posts."""
        for receiver in tuple(self.receivers):
            receiver(notification)

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
            ev.GetBiometricInformation: lambda _: self.reader,
            ev.CancelBiometric: lambda _: ev.StatusResult(Status.OK),
            ev.GenerateOtp: self._generate,
            ev.GenerateOathOtp: self._oath,
            ev.Login: self._login,
            ev.LoginWithTypedCode: lambda _: ACCEPTED,
            ev.ContinueLogin: self._continue,
            ev.AwaitLogin: self._await,
            ev.GetCredentialInformation: self._stand,
            ev.OfflineLogin: self._offline_login,
            ev.SignTransaction: self._sign,
            ev.GetResynchronizationData: self._support,
            ev.PrepareResynchronization: self._prepare,
            ev.Resynchronize: self._resynchronise,
            ev.ChangePin: self._change_pin,
            ev.Reactivate: self._reactivate,
            ev.RenameToken: self._rename,
            ev.SetDeviceName: self._name_device,
            ev.GetDeviceInformation: lambda _: ev.DeviceInformation(Status.OK, "5f" * 16, self.device_name),
            ev.GetState: lambda _: self._state(),
            ev.SetAtcResynchronizationBeforeEveryLogin: self._set_every_login,
            ev.EnableAtcResynchronizationDuringNextLogin: self._set_next_login,
            **self.server_handlers(),
            **self.lock_handlers(),
            ev.Restart: self._restart,
            ev.DeleteUser: self._delete_user,
            ev.RemoveToken: self._remove_token,
            ev.AddToken: self._add,
            ev.ListTokens: lambda _: self._list(),
            ev.Reset: self._reset,
            ev.GetInformation: lambda _: self._information(),
            ev.ListApprovals: lambda _: ev.ListApprovalsResult(Status.NOT_SUPPORTED),
            ev.ApproveLogin: lambda _: ev.ApprovalResult(Status.OK),
            ev.DeclineLogin: lambda _: ev.ApprovalResult(Status.OK),
            ev.GetLookForApprovals: lambda _: ev.LookForApprovalsResult(Status.OK, self.look_for_approvals),
            ev.SetLookForApprovals: self._set_look,
            **self.history_handlers(),
            ev.ListCopies: lambda _: ev.ListCopiesResult(Status.OK, self.copies),
            ev.RestoreCopy: self._put_back,
            ev.WriteBackup: lambda _: ev.WriteBackupResult(Status.OK, 2, ("Northwind: anna.berg@northwind",)),
            ev.RestoreBackup: self._restore_backup,
            ev.GetScreenPrivacy: lambda _: self.privacy,
            ev.SetScreenPrivacy: self._set_privacy,
        }
        return handlers[type(event)](event)

    def _started(self, status: Status) -> ev.StartResult:
        is_open = self.vault is VaultCondition.OPEN
        tokens = tuple(self.tokens) if is_open else ()
        pending = self.recovery_pending and is_open
        restored = bool(self.restored) and is_open
        return ev.StartResult(status, SdkState.LOGIN_REQUIRED, self.vault, self.keyring, tokens, pending, restored)

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
            self.vault, self.locked_by = VaultCondition.OPEN, None
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

    def _set_privacy(self, event: ev.SetScreenPrivacy) -> ev.StatusResult:
        if event.block_capture is not None:
            self.privacy = replace(self.privacy, block_capture=event.block_capture)
        if event.hide_codes is not None:
            self.privacy = replace(self.privacy, hide_codes=event.hide_codes)
        return ev.StatusResult(Status.OK)

    def _set_look(self, event: ev.SetLookForApprovals) -> ev.StatusResult:
        self.look_for_approvals = event.enabled
        return ev.StatusResult(Status.OK)

    def _oath(self, event: ev.GenerateOathOtp) -> ev.GenerateOtpResult:
        token = next((t for t in self.tokens if t.id == event.token_id), None)
        if token is None:
            return ev.GenerateOtpResult(Status.INVALID_USER_ID)
        if token.profile.type is TokenType.HOTP:
            counter = self.counters[token.id]
            self.counters[token.id] += 1
            return ev.GenerateOtpResult(Status.OK, Otp(f"{counter + 40_912_665:08}", self.clock.now(), None, counter))
        step = (self.clock.now() + self.offset) // 30
        code = f"{step * 7_919 % 1_000_000:06}"
        return ev.GenerateOtpResult(Status.OK, self.corrected(Otp(code, step * 30, step * 30 + 30, None)))

    def _put_back(self, event: ev.RestoreCopy) -> ev.RestoreCopyResult:
        copy = next((one for one in self.copies if event.number in {None, one.number}), None)
        if copy is None:
            return ev.RestoreCopyResult(Status.INVALID_PARAMETER)
        for kind in (ev.Start, ev.Unlock, ev.OpenVault):
            self.script.pop(kind, None)
        return ev.RestoreCopyResult(Status.OK, copy, "vault.sqlite.damaged-20270115T080000Z")

    def _restore_backup(self, event: ev.RestoreBackup) -> ev.RestoreBackupResult:
        if event.passphrase != PASSPHRASE:
            wrong = ev.BackupFault.WRONG_PASSPHRASE
            return ev.RestoreBackupResult(Status.WRONG_CREDENTIALS, fault=wrong)
        added = totp_token()
        self.tokens.append(added)
        told = ev.RestoredToken(added.issuer, added.name, ev.Restored.ADDED)
        return ev.RestoreBackupResult(Status.OK, (told,), self.clock.now() - 86_400)

    def _restart(self, _: ev.Restart) -> ev.StartResult:
        self.logged_in = self.current = self.cached_pin = None
        return self._started(Status.OK)

    def _delete_user(self, event: ev.DeleteUser) -> ev.DeleteUserResult:
        if self.logged_in == event.user_identifier:
            return ev.DeleteUserResult(Status.INVALID_STATE, SdkState.LOGGED_IN, tuple(self.tokens))
        return self._without(lambda token: bool(token.account and token.account.identifier == event.user_identifier))

    def _without(self, gone: Callable[[Token], bool]) -> ev.DeleteUserResult:
        kept = [token for token in self.tokens if not gone(token)]
        status = Status.OK if len(kept) < len(self.tokens) else Status.INVALID_USER_ID
        self.tokens = kept
        return ev.DeleteUserResult(status, SdkState.LOGIN_REQUIRED, tuple(kept))

    def _remove_token(self, event: ev.RemoveToken) -> ev.DeleteUserResult:
        if event.token_id in self.damaged:
            self.damaged = tuple(one for one in self.damaged if one != event.token_id)
            return ev.DeleteUserResult(Status.OK, SdkState.LOGIN_REQUIRED, tuple(self.tokens))
        return self._without(lambda token: token.id == event.token_id)

    def _add(self, event: ev.AddToken) -> ev.AddTokenResult:
        if "secret=" not in event.link:
            return ev.AddTokenResult(Status.INVALID_PARAMETER, None, "NO_SECRET")
        token = hotp_token() if "//hotp/" in event.link else totp_token()
        self.tokens.append(token)
        return ev.AddTokenResult(Status.OK, token)

    def _list(self) -> ev.ListTokensResult:
        counted = (TokenType.HOTP, TokenType.MANAGED)
        counters = tuple(self.counters[t.id] if t.profile.type in counted else None for t in self.tokens)
        required = tuple(t.id for t in self.tokens if t.policy is not None and self._must_log_in(t, t.policy))
        return ev.ListTokensResult(
            Status.OK, tuple(self.tokens), counters, len(self.damaged), self.logged_in, self.damaged, required
        )

    def _must_log_in(self, token: Token, policy: TokenPolicy) -> bool:
        used_up = self.used[token.id, self._usual(token)] >= policy.atc.limit
        return used_up or token.id in self.restored or token.id in self.fresh

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

    def _rename(self, event: ev.RenameToken) -> ev.StatusResult:
        if not event.name.strip() or not (event.issuer + event.name).isprintable():
            return ev.StatusResult(Status.INVALID_PARAMETER)
        for place, token in enumerate(self.tokens):
            if token.id == event.token_id:
                self.tokens[place] = replace(token, issuer=event.issuer, name=event.name)
                return ev.StatusResult(Status.OK)
        return ev.StatusResult(Status.INVALID_USER_ID)

    def _name_device(self, event: ev.SetDeviceName) -> ev.StatusResult:
        if len(event.device_name) > 64 or not event.device_name.isprintable():
            return ev.StatusResult(Status.INVALID_PARAMETER)
        self.device_name = event.device_name
        return ev.StatusResult(Status.OK)

    def _state(self) -> ev.StateResult:
        return ev.StateResult(
            Status.OK, SdkState.LOGIN_REQUIRED, self.vault, self.current, self.logged_in, self.next_login,
            self.every_login,
        )  # fmt: skip

    def _set_every_login(self, event: ev.SetAtcResynchronizationBeforeEveryLogin) -> ev.StatusResult:
        self.every_login = event.enabled
        return ev.StatusResult(Status.OK)

    def _set_next_login(self, _: ev.EnableAtcResynchronizationDuringNextLogin) -> ev.StatusResult:
        self.next_login = True
        return ev.StatusResult(Status.OK)
