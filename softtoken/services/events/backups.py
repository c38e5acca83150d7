"""Backups: what may leave this computer, encrypted with a passphrase, and what comes back from one."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from softtoken.services.events.vocabulary import Event, Status


class BackupFault(StrEnum):
    """EXISTS: there is a file of that name. WEAK_PASSPHRASE: under 8 characters. The others are about a file read."""

    EXISTS = "EXISTS"
    WEAK_PASSPHRASE = "WEAK_PASSPHRASE"  # noqa: S105 - a fault's name
    NOT_A_BACKUP = "NOT_A_BACKUP"
    TOO_NEW = "TOO_NEW"
    DAMAGED = "DAMAGED"
    WRONG_PASSPHRASE = "WRONG_PASSPHRASE"  # noqa: S105 - a fault's name


@dataclass(frozen=True, slots=True)
class WriteBackup(Event["WriteBackupResult"]):
    """Write the imported tokens and the options to a file, encrypted. Managed tokens are only named in it.

    replace: over a file of that name. Raises FileFailed.
    """

    path: Path
    passphrase: str = field(repr=False)
    replace: bool = False


@dataclass(frozen=True, slots=True)
class WriteBackupResult:
    """tokens: how many are in it. managed: names of those that a new activation code has to bring back.

    unreadable: stored tokens that could not be read and are not in it. INVALID_PARAMETER: nothing written, see fault.
    """

    status: Status
    tokens: int = 0
    managed: tuple[str, ...] = ()
    unreadable: int = 0
    fault: BackupFault | None = None


@dataclass(frozen=True, slots=True)
class RestoreBackup(Event["RestoreBackupResult"]):
    """Add what the vault lacks of a backup; nothing that is there is replaced. Raises FileFailed."""

    path: Path
    passphrase: str = field(repr=False)


class Restored(StrEnum):
    """What became of one token of a backup.

    COUNTER_RAISED: it was there, and has the backup's counter now, which is higher. UNREADABLE: nothing can be made of
    that entry.
    """

    ADDED = "ADDED"
    ALREADY_THERE = "ALREADY_THERE"
    COUNTER_RAISED = "COUNTER_RAISED"
    NEEDS_ACTIVATION = "NEEDS_ACTIVATION"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class RestoredToken:
    """counter: of an HOTP token, as it is now. One that was ADDED repeats codes that were made since the backup."""

    issuer: str
    name: str
    outcome: Restored
    counter: int | None = None


@dataclass(frozen=True, slots=True)
class RestoreBackupResult:
    """made_at: of the backup. options: were any taken over? WRONG_CREDENTIALS, INVALID_PARAMETER: nothing was added."""

    status: Status
    tokens: tuple[RestoredToken, ...] = ()
    made_at: int = 0
    options: bool = False
    fault: BackupFault | None = None
