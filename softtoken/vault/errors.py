"""What can go wrong with the vault and the keystore, as data."""
# ruff: noqa: N818 - each is named for what happened; that all are errors is said by their root

from enum import StrEnum
from pathlib import Path

from softtoken.errors import SoftTokenError


class VaultError(SoftTokenError):
    """The vault could not do what was asked. Nothing that it holds was lost by that."""


class VaultDamaged(VaultError):
    """It, or one row of it, cannot be read or may not be trusted. It is never replaced by an empty one.

    reason: a developer's short sentence. path: the vault file. row_id: the row, if only that one is damaged.
    """

    def __init__(self, reason: str, path: Path, row_id: str | None = None) -> None:
        super().__init__(reason, str(path), row_id)
        self.reason = reason
        self.path = path
        self.row_id = row_id


class VaultMissing(VaultDamaged):
    """There is no file where there was one: copies of it are still there. Nothing new is made in its place."""

    def __init__(self, path: Path) -> None:
        super().__init__("missing", path)


class VaultReplaced(VaultDamaged):
    """Another file has its name since it was opened, or none has. Nothing was written to either."""

    def __init__(self, path: Path) -> None:
        super().__init__("replaced or removed while open", path)


class Distrust(StrEnum):
    """Why the vault's file, one of its side files or its folder is not trusted.

    LINK, NO_FILE: a link, or something else that is no plain file, stands where a file belongs. FILE_OWNER,
    FOLDER_OWNER: it is somebody else's. FILE_OPEN, FOLDER_OPEN: others may write to it.
    """

    LINK = "LINK"
    NO_FILE = "NO_FILE"
    FILE_OWNER = "FILE_OWNER"
    FILE_OPEN = "FILE_OPEN"
    FOLDER_OWNER = "FOLDER_OWNER"
    FOLDER_OPEN = "FOLDER_OPEN"


class VaultUntrusted(VaultError):
    """Whose it is, or what it is, forbids to use it. Nothing is known of what is in it: it was not opened.

    path: what is not trusted, which may be a side file or the folder. owner: its user's number.
    """

    def __init__(self, reason: Distrust, path: Path, owner: int) -> None:
        super().__init__(reason, str(path), owner)
        self.reason = reason
        self.path = path
        self.owner = owner


class VaultTooNew(VaultError):
    """A later release wrote it. version: the format version found."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class VaultBusy(VaultError):
    """Another process kept it for more than five seconds. Trying again is safe."""


class VaultUnwritable(VaultError):
    """The disk does not take it. reason: the errno's name (ENOSPC, EROFS, EACCES, EFBIG, EIO, ...)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class VaultExists(VaultError):
    """There is a file already where a vault was to be made; it was left alone."""


class VaultClosed(VaultError):
    """The vault was closed (locked) before or while this was asked; its keys are gone."""


class NotStored(VaultError):
    """There is no such token or credential, for example because another process removed it meanwhile."""

    def __init__(self, table: str, row_id: str) -> None:
        super().__init__(table, row_id)
        self.table = table
        self.row_id = row_id


class WrongSecret(VaultError):
    """No slot of the vault opens with this secret."""


class Tampered(VaultError):
    """A ciphertext, or the parameters that came with it, are not what this product wrote."""


class FileFailed(SoftTokenError):
    """A file of the person's choosing could not be read or written. reason: the errno's name."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = path
        self.reason = reason


class KeystoreProblem(StrEnum):
    """Why the OS keyring did not help."""

    MISSING = "MISSING"
    LOCKED = "LOCKED"
    NO_ANSWER = "NO_ANSWER"
    FAILED = "FAILED"


class KeystoreError(SoftTokenError):
    """The OS keyring did not help."""

    def __init__(self, problem: KeystoreProblem) -> None:
        super().__init__(problem)
        self.problem = problem
