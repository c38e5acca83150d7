"""What each event leaves in the audit trail, derived from the event and its outcome alone; never a secret.

A new event gets a rule here, or a place among SILENT: a test asks for one of the two.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from softtoken.engine.tokens import UserIdentifier
from softtoken.services import audit_login_rules as asked
from softtoken.services import events as ev
from softtoken.services.audit_drafts import MADE, Case, Draft, Rule, cut, plain, setting
from softtoken.services.events import AuditKind, Event, Status

if TYPE_CHECKING:
    from softtoken.vault.audit import Fact


def _made(kind: AuditKind, counter: Callable[[Any], int | None]) -> Rule:
    """For what a credential makes: protection and counter if it was made, else what was wrong with the PIN."""

    def rule(case: Case) -> Iterable[Draft]:
        if case.status not in MADE:
            return case.wrong_pin(case.token, kind)
        facts: dict[str, Fact] = {**case.protection(case.token), "counter": counter(case.outcome)}
        if getattr(case.event, "for_login", False):
            facts["for_login"] = True
        if codes := getattr(case.outcome, "resynchronisation", None):
            facts["resynchronisation_counter"] = codes.atc
        return [Draft(kind, case.token, facts)]

    return rule


def _offline_login(case: Case) -> Iterable[Draft]:
    """Only a PIN that was looked at is worth an entry."""
    if case.status is not Status.OK:
        return case.wrong_pin(case.token, AuditKind.OFFLINE_LOGIN)
    return [] if case.event.pin is None else [Draft(AuditKind.OFFLINE_LOGIN, case.token)]


def _oath(case: Case) -> Iterable[Draft]:
    if case.status not in MADE:
        return []
    return [Draft(AuditKind.CODE, case.known.by_id(case.event.token_id), {"counter": case.outcome.otp.atc})]


def _added(case: Case) -> Iterable[Draft]:
    if case.status is not Status.OK:
        return []
    return [Draft(AuditKind.TOKEN_ADDED, case.outcome.token, {"type": case.outcome.token.profile.type.value})]


def _renamed(case: Case) -> Iterable[Draft]:
    if case.status is not Status.OK:
        return []
    names: dict[str, Fact] = {"new_issuer": cut(case.event.issuer), "new_name": cut(case.event.name)}
    return [Draft(AuditKind.TOKEN_RENAMED, case.known.by_id(case.event.token_id), names)]


def _removed(case: Case) -> Iterable[Draft]:
    if case.status is not Status.OK:
        return []
    if isinstance(case.event, ev.RemoveToken):
        return [Draft(AuditKind.TOKEN_REMOVED, case.known.by_id(case.event.token_id))]
    if case.event.user_identifier == UserIdentifier("", ""):
        return [Draft(AuditKind.TOKEN_REMOVED, token) for token in case.known.managed()]
    return [Draft(AuditKind.TOKEN_REMOVED, case.token)]


def _backup(case: Case) -> Iterable[Draft]:
    """Where it went is not said: a path may tell more than a name."""
    return [Draft(AuditKind.BACKUP, None, {"tokens": case.outcome.tokens})] if case.status is Status.OK else []


def _backup_restored(case: Case) -> Iterable[Draft]:
    if case.status is not Status.OK:
        return []
    added = sum(token.outcome is ev.Restored.ADDED for token in case.outcome.tokens)
    return [Draft(AuditKind.BACKUP_RESTORED, None, {"added": added, "made_at": case.outcome.made_at})]


def _copy_restored(case: Case) -> Iterable[Draft]:
    """Into the trail that the copy has; the newer one is in the file that was set aside."""
    if case.status is not Status.OK or case.outcome.copy is None:
        return []
    return [Draft(AuditKind.COPY_RESTORED, None, {"made_at": case.outcome.copy.made_at})]


def _screen_privacy(case: Case) -> Iterable[Draft]:
    """An entry for each of the two that was chosen."""
    if case.status is not Status.OK:
        return
    for name in ("block_capture", "hide_codes"):
        if (value := getattr(case.event, name)) is not None:
            yield Draft(AuditKind.SETTING, None, {"setting": name, "value": value})


def _open_failed(case: Case) -> Iterable[Draft]:
    """That it was opened is seen from the vault itself."""
    if case.status is not Status.WRONG_CREDENTIALS:
        return []
    return [Draft(AuditKind.OPEN_FAILED, None, {"by": _by_secret(case.event)})]


def _by_secret(event: Any) -> str:
    return "PASSPHRASE" if event.passphrase is not None else "RECOVERY_CODE"


RULES: Mapping[type[Event[Any]], Rule] = {
    ev.Activate: asked.activation,
    ev.AddUser: asked.activation,
    ev.Reactivate: asked.reactivation,
    ev.GenerateOtp: _made(AuditKind.CODE, lambda result: result.otp.atc),
    ev.GenerateOathOtp: _oath,
    ev.GenerateSecureSequence: _made(AuditKind.SEQUENCE, lambda result: result.atc),
    ev.SignTransaction: _made(AuditKind.SIGNATURE, lambda result: result.atc),
    ev.GetResynchronizationData: _made(AuditKind.HELP_DESK_CODE, lambda result: result.atc),
    ev.PrepareResynchronization: _made(AuditKind.RESYNCHRONISATION_CODES, lambda result: result.codes.atc),
    ev.OfflineLogin: _offline_login,
    ev.Resynchronize: asked.resynchronisation,
    ev.ChangePin: asked.pin_change,
    ev.Login: asked.login,
    ev.LoginWithTypedCode: asked.typed_login,
    ev.ContinueLogin: asked.further_login,
    ev.AwaitLogin: asked.further_login,
    ev.ApproveLogin: asked.approval,
    ev.DeclineLogin: asked.approval,
    ev.AddToken: _added,
    ev.RenameToken: _renamed,
    ev.RemoveToken: _removed,
    ev.DeleteUser: _removed,
    ev.OpenVault: _open_failed,
    ev.Restart: plain(AuditKind.LOGGED_OUT),
    ev.ProtectVault: plain(AuditKind.PROTECTED_ANEW, lambda e: {"by": "PASSPHRASE" if e.passphrase else "KEYRING"}),
    ev.NewRecoveryCode: plain(AuditKind.RECOVERY_CODE_RENEWED),
    ev.ConfirmRecoveryCode: plain(AuditKind.RECOVERY_CODE_CONFIRMED),
    ev.SetDeviceName: setting("device_name", lambda event: event.device_name.strip()),
    ev.SetAtcResynchronizationBeforeEveryLogin: setting("resynchronise_before_login", lambda event: event.enabled),
    ev.SetLockAfter: setting("lock_after", lambda event: event.seconds),
    ev.SetLoginData: setting("login_data", lambda event: event.extent.value),
    ev.SetLookForApprovals: setting("look_for_approvals", lambda event: event.enabled),
    ev.CorrectClock: setting("clock_correction", lambda event: event.skew.seconds),
    ev.RemoveClockCorrection: setting("clock_correction", lambda _: 0),
    ev.SetScreenPrivacy: _screen_privacy,
    ev.SetSystemLog: setting("system_log", lambda event: event.enabled),
    ev.WriteBackup: _backup,
    ev.RestoreBackup: _backup_restored,
    ev.RestoreCopy: _copy_restored,
    ev.ExportHistory: plain(AuditKind.HISTORY_EXPORTED, lambda event: {"to": event.to}),
    ev.SendHistory: plain(AuditKind.HISTORY_EXPORTED, lambda _: {"to": "SYSTEM_LOG"}),
}

BEFORE: Mapping[type[Event[Any]], Callable[[Any], Draft]] = {
    ev.Reset: lambda _: Draft(AuditKind.RESET),
    ev.Lock: lambda event: Draft(AuditKind.LOCKED, None, {"reason": event.reason.value}),
}
"""Events that take the vault away: their entry is stored before they are carried out."""


def opened_by(event: Event[Any]) -> str:
    """By what an event has opened the vault."""
    match event:
        case ev.OpenVault():
            return _by_secret(event)
        case _:
            return "KEYRING"


SILENT: frozenset[type[Event[Any]]] = frozenset(
    {
        ev.Start,
        ev.CreateVault,
        ev.GetState,
        ev.GetLockAfter,
        ev.Unlock,
        ev.GetInformation,
        ev.EnableAtcResynchronizationDuringNextLogin,
        ev.CheckServer,
        ev.GetLoginData,
        ev.GetBiometricInformation,
        ev.GetCredentialInformation,
        ev.ListApprovals,
        ev.GetLookForApprovals,
        ev.GetClockCorrection,
        ev.GetDeviceInformation,
        ev.ListTokens,
        ev.ListCopies,
        ev.CheckHealth,
        ev.GetScreenPrivacy,
        ev.GetHistory,
        ev.GetSystemLog,
    }
)
"""Leave nothing, since they only look; or, as Start and CreateVault, are seen from the vault that is open then."""

NEEDS_OLD_NAMES: frozenset[type[Event[Any]]] = frozenset({ev.RemoveToken, ev.DeleteUser, ev.RenameToken})
"""What they name is gone afterwards, so the tokens are read before."""
