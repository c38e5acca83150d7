"""The history of what happened here: what it is made of, and asking for it (docs/audit.md)."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.services.events.vocabulary import Event, Status, StatusResult
from softtoken.vault.audit import AuditEntry, FoundFault


class AuditKind(StrEnum):
    """What an entry tells of; the facts of each are in docs/audit.md. An entry of a later release has another word."""

    CREATED = "CREATED"
    OPENED = "OPENED"
    OPEN_FAILED = "OPEN_FAILED"
    LOCKED = "LOCKED"
    LOGGED_OUT = "LOGGED_OUT"
    PROTECTED_ANEW = "PROTECTED_ANEW"
    RECOVERY_CODE_RENEWED = "RECOVERY_CODE_RENEWED"
    RECOVERY_CODE_CONFIRMED = "RECOVERY_CODE_CONFIRMED"
    RESTORED_FILE = "RESTORED_FILE"
    POLICY = "POLICY"
    SETTING = "SETTING"
    RESET = "RESET"
    ACTIVATION = "ACTIVATION"
    REACTIVATION = "REACTIVATION"
    TOKEN_ADDED = "TOKEN_ADDED"  # noqa: S105 - a word, as the next ones
    TOKEN_RENAMED = "TOKEN_RENAMED"  # noqa: S105
    TOKEN_REMOVED = "TOKEN_REMOVED"  # noqa: S105
    CODE = "CODE"
    SEQUENCE = "SEQUENCE"
    SIGNATURE = "SIGNATURE"
    HELP_DESK_CODE = "HELP_DESK_CODE"
    RESYNCHRONISATION_CODES = "RESYNCHRONISATION_CODES"
    RESYNCHRONISATION = "RESYNCHRONISATION"
    OFFLINE_LOGIN = "OFFLINE_LOGIN"
    PIN_FAILED = "PIN_FAILED"
    PIN_BLOCKED = "PIN_BLOCKED"
    BIOMETRIC_FAILED = "BIOMETRIC_FAILED"
    BIOMETRIC_BLOCKED = "BIOMETRIC_BLOCKED"
    PIN_CHANGE = "PIN_CHANGE"
    LOGIN = "LOGIN"
    APPROVAL = "APPROVAL"
    BACKUP = "BACKUP"
    BACKUP_RESTORED = "BACKUP_RESTORED"
    COPY_RESTORED = "COPY_RESTORED"
    HISTORY_EXPORTED = "HISTORY_EXPORTED"
    HISTORY_GAP = "HISTORY_GAP"


@dataclass(frozen=True, slots=True)
class GetHistory(Event["HistoryResult"]):
    """Everything that is remembered. Reads the whole trail: a tenth of a second for a full one."""


@dataclass(frozen=True, slots=True)
class ExportHistory(Event["HistoryExport"]):
    """The same as JSON lines, to be written to a file or handed on. The trail remembers that it was exported.

    since: epoch seconds; nothing older. token: its id; nothing of others. to: a word for where it goes.
    """

    since: int | None = None
    token: str | None = None
    to: str = "FILE"


@dataclass(frozen=True, slots=True)
class SendHistory(Event["SendHistoryResult"]):
    """Tell the system's log of entries that are here already; which, as for ExportHistory."""

    since: int | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class SetSystemLog(Event[StatusResult]):
    """Tell the system's log of each entry from now on, or no longer. ACCESS_DENIED: mc_config.json decides it."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class GetSystemLog(Event["SystemLogResult"]):
    """Is the system's log told?"""


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """entries: oldest first. faults: where the trail is damaged or was edited. INVALID_STATE: the vault is not open."""

    status: Status
    entries: tuple[AuditEntry, ...] = ()
    faults: tuple[FoundFault, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryExport:
    """lines: without line feeds; the first says what the others are. Names are in it, no secret."""

    status: Status
    lines: tuple[str, ...] = ()
    faults: tuple[FoundFault, ...] = ()


@dataclass(frozen=True, slots=True)
class SendHistoryResult:
    """sent: how many entries the system's log took. FAILED: it did not take the next one; problem: a system's word."""

    status: Status
    sent: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SystemLogResult:
    """decided: the configuration decides it. problem: why the log did not take the last entry; empty if it did."""

    status: Status
    enabled: bool = False
    decided: bool = False
    problem: str = ""
