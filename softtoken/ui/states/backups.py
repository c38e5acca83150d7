"""Pages about backups: making one, and bringing back what is in one."""

from dataclasses import dataclass
from pathlib import Path

from softtoken.services.events import RestoreBackupResult, WriteBackupResult
from softtoken.ui.states.problems import Problem


@dataclass(frozen=True, slots=True)
class BackupForm:
    """A passphrase is chosen, and then a file."""

    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class BackupMade:
    """What is in the file, and what is not."""

    path: Path
    result: WriteBackupResult


@dataclass(frozen=True, slots=True)
class RestoreForm:
    """The passphrase of a chosen file is asked for."""

    path: Path
    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class BackupRestored:
    """What became of each token of it."""

    result: RestoreBackupResult
