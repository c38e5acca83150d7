"""What the environment did, as a sentence: what happened, whether anything was lost, what to do."""

import os
import shlex
import sys

from softtoken.cli.network_words import unreachable_words
from softtoken.demo import SandboxNotInstalled
from softtoken.errors import SoftTokenError
from softtoken.iaa.enrolment import BadActivationMessage
from softtoken.iaa.errors import BadAnswer, IaaError, NotFound, ServerFault, Unreachable
from softtoken.services.config import ConfigBroken
from softtoken.services.home import HomeUnusable
from softtoken.vault.errors import (
    Distrust,
    FileFailed,
    KeystoreError,
    NotStored,
    VaultBusy,
    VaultDamaged,
    VaultExists,
    VaultMissing,
    VaultTooNew,
    VaultUntrusted,
    VaultUnwritable,
)


def describe(error: SoftTokenError) -> str:
    """One or two sentences for a person. Never contains a secret: errors carry none."""
    match error:
        case Unreachable():
            return unreachable_words(error)
        case ServerFault():
            return f"The server has a fault of its own ({error.http_status}). Try again later.{_correlation(error)}"
        case BadAnswer() | BadActivationMessage() | NotFound():
            return f"The server's answer makes no sense. Is the address right?{_correlation(error)}"
        case IaaError():
            return f"The server refused: {error.message or error.http_status}.{_correlation(error)}"
        case HomeUnusable():
            return f"{error.name!r} names no folder. Nothing was changed."
        case SandboxNotInstalled():
            return "The sandbox's parts are not installed. Install them with: pip install 'softtoken[sandbox]'"
        case VaultDamaged(row_id=str()):
            return f"One entry of the vault cannot be read ({error.reason}). It was left as it is; the others work."
        case VaultMissing():
            return (
                f"The vault at {error.path} is gone, but copies of it are there. Nothing new was made in its place. "
                "Put the newest copy back with: softtoken restore --copy"
            )
        case VaultDamaged():
            return (
                f"The vault at {error.path} cannot be read ({error.reason}). It was left as it is. Put the newest copy "
                "back with: softtoken restore --copy (the damaged file is kept). Only if nothing helps: softtoken reset"
            )
        case VaultUntrusted():
            return untrusted_words(error)
        case FileFailed():
            return f"{error.path}: {file_words(error.reason)}. Nothing was changed."
        case VaultTooNew():
            return "The vault was written by a newer version of Soft Token. Update the program; nothing was changed."
        case VaultBusy():
            return "Another program holds the vault. No token is lost; try again. A PIN try may have been counted."
        case VaultUnwritable():
            return f"The vault cannot be written: {file_words(error.reason)}. Nothing was changed."
        case NotStored():
            return "Another program removed or replaced that token meanwhile. See: softtoken list"
        case VaultExists():
            return "There is a vault here already. Nothing was changed."
        case KeystoreError():
            return f"The system's keyring failed ({error.problem.value}). Nothing was changed."
        case ConfigBroken():
            return f"{error.path} cannot be used: at {error.place}: {error.reason}. Correct or remove that file."
        case _:
            return f"{type(error).__name__}: {error}"


_FILE_WORDS = {
    "ENOSPC": "the disk is full (ENOSPC); free some space and try again",
    "EDQUOT": "your share of the disk is used up (EDQUOT); free some space and try again",
    "EFBIG": "the file may not grow any more (EFBIG); free some space or lift the limit",
    "EROFS": "the disk is read-only (EROFS); make it writable and try again",
    "EACCES": "you are not allowed to (EACCES); correct the permissions and try again",
    "EPERM": "you are not allowed to (EPERM); correct the permissions and try again",
    "ENOENT": "there is no such file or folder (ENOENT); check the name",
    "ENOTDIR": "a part of that name is no folder (ENOTDIR); check the name",
    "EISDIR": "that is a folder (EISDIR); name a file",
    "EINVAL": "that is no plain file (EINVAL); name another",
    "EIO": "the disk reports a fault (EIO); check the disk",
}


_DISTRUST = {
    Distrust.LINK: "is a link, which is not followed",
    Distrust.NO_FILE: "is no plain file",
    Distrust.FILE_OWNER: "belongs to {0} and not to you",
    Distrust.FOLDER_OWNER: "belongs to {0} and not to you",
    Distrust.FILE_OPEN: "may be written by other users",
    Distrust.FOLDER_OPEN: "may be written by other users",
}
_DISTRUST_ADVICE = {
    Distrust.LINK: "Put the file itself there, or move the whole folder and link that.",
    Distrust.NO_FILE: "Put the vault's file there, or take away what is there now.",
    Distrust.FILE_OWNER: "If it is yours (restored by an administrator, say), give it back: chown {1} {2}",
    Distrust.FOLDER_OWNER: "If it is yours, give it back: chown {1} {2}; or choose another folder with --home.",
    Distrust.FILE_OPEN: "If nobody else wrote to it, close it to others: chmod 600 {2}",
    Distrust.FOLDER_OPEN: "If nobody else wrote to it, close it to others: chmod 700 {2}",
}


def untrusted_words(error: VaultUntrusted) -> str:
    """What is there instead of a file that only this user could have written, and how it should be."""
    path, mine = shlex.quote(str(error.path)), os.geteuid() if sys.platform != "win32" else 0
    found = _DISTRUST[error.reason].format(_user(error.owner))
    advice = _DISTRUST_ADVICE[error.reason].format("", _user(mine), path)
    return f"{error.path} {found}. The vault was not opened; nothing was changed, and nothing is lost by that. {advice}"


def _user(number: int) -> str:
    """A user's name, or the number of one that has none."""
    try:
        import pwd  # not on Windows, where nobody's number is told either
    except ImportError:
        return str(number)
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def file_words(reason: str) -> str:
    """What an errno's name means, and what to do."""
    return _FILE_WORDS.get(reason, f"the system refused it ({reason}); check the disk and the name")


def _correlation(error: SoftTokenError) -> str:
    correlation = getattr(error, "log_correlation_id", None)
    return f" (log-correlation-id {correlation})" if correlation else ""
