"""The looks of the pages about backups and copies."""

from pathlib import Path

from softtoken.services.events import (
    BackupFault,
    CopyInformation,
    RestoreBackupResult,
    Restored,
    RestoredToken,
    Status,
    WriteBackupResult,
)
from softtoken.ui import states as st
from softtoken.vault.errors import FileFailed, VaultDamaged, VaultMissing

HOME = "/home/anna/.local/share/softtoken"
FILE = Path("/run/media/anna/STICK/softtoken.softtoken-backup")
MANAGED = ("Northwind: anna.berg@northwind", "it-operations@northwind")


def a_copy(now: int) -> CopyInformation:
    return CopyInformation(17, now - 40_000, ("KEYRING", "RECOVERY"), whole=True)


def backup_scenes(now: int, damaged: VaultDamaged) -> dict[str, st.State]:
    unusable = st.Unusable(st.Failure(st.Task.START, damaged), HOME)
    wrong = st.Refusal(st.Task.RESTORE_BACKUP, Status.WRONG_CREDENTIALS, fault=BackupFault.WRONG_PASSPHRASE.value)
    tokens = (
        RestoredToken("Example", "anna@example.org", Restored.ADDED),
        RestoredToken("Bank", "4711", Restored.ADDED, 6),
        RestoredToken("", "forge", Restored.ALREADY_THERE),
        RestoredToken("Door", "east wing", Restored.COUNTER_RAISED, 41),
        RestoredToken("Northwind", "anna.berg@northwind", Restored.NEEDS_ACTIVATION),
        RestoredToken("", "", Restored.UNREADABLE),
    )
    return {
        "unusable-copy": st.Unusable(unusable.problem, HOME, a_copy(now)),
        "unusable-missing": st.Unusable(
            st.Failure(st.Task.START, VaultMissing(Path(HOME, "vault.sqlite"))), HOME, a_copy(now)
        ),
        "unusable-refused": st.Unusable(
            unusable.problem, HOME, a_copy(now), refused=st.Refusal(st.Task.PUT_BACK, Status.INVALID_PARAMETER)
        ),
        "backup": st.BackupForm(),
        "backup-failed": st.BackupForm(problem=st.Failure(st.Task.BACKUP, FileFailed(FILE, "ENOSPC"))),
        "backup-made": st.BackupMade(FILE, WriteBackupResult(Status.OK, 3, MANAGED, 1)),
        "restore": st.RestoreForm(FILE),
        "restore-wrong": st.RestoreForm(FILE, problem=wrong),
        "restored-backup": st.BackupRestored(RestoreBackupResult(Status.OK, tokens, now - 86_400, options=True)),
        "restored-empty": st.BackupRestored(RestoreBackupResult(Status.OK, (), now - 86_400)),
    }
