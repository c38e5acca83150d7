"""What the environment did, as a sentence: what happened, whether anything was lost, what to do."""

from softtoken.cli.network_words import unreachable_words
from softtoken.demo import SandboxNotInstalled
from softtoken.errors import SoftTokenError
from softtoken.iaa.enrolment import BadActivationMessage
from softtoken.iaa.errors import BadAnswer, IaaError, NotFound, ServerFault, Unreachable
from softtoken.services.config import ConfigBroken
from softtoken.services.home import HomeUnusable
from softtoken.vault.errors import (
    KeystoreError,
    NotStored,
    VaultBusy,
    VaultDamaged,
    VaultExists,
    VaultTooNew,
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
        case VaultDamaged():
            return (
                f"The vault at {error.path} cannot be read ({error.reason}). It was left as it is. Restore a copy, "
                "or start again with: softtoken reset"
            )
        case VaultTooNew():
            return "The vault was written by a newer version of Soft Token. Update the program; nothing was changed."
        case VaultBusy():
            return "Another program holds the vault. No token is lost; try again. A PIN try may have been counted."
        case VaultUnwritable():
            return f"The vault cannot be written ({error.reason}). Nothing was changed. Free space or permissions help."
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


def _correlation(error: SoftTokenError) -> str:
    correlation = getattr(error, "log_correlation_id", None)
    return f" (log-correlation-id {correlation})" if correlation else ""
