"""Looking at what the tokens depend on, one thing after the other."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.services.events.copies import CopyInformation
from softtoken.services.events.keeping import KeyringProblem, VaultCondition
from softtoken.services.events.vocabulary import Event, Status
from softtoken.vault.errors import VaultUntrusted


class RoundTrip(StrEnum):
    """What became of a key that was given to the keyring, read back and deleted.

    READ_ONLY: the keyring can be read and takes nothing. NOT_TRIED: no keyring is needed.
    """

    GOOD = "GOOD"
    BAD = "BAD"
    READ_ONLY = "READ_ONLY"
    NOT_TRIED = "NOT_TRIED"


@dataclass(frozen=True, slots=True)
class CheckHealth(Event["Health"]):
    """Look at folder, vault, keyring and copies. Works in any state; opens nothing, and changes nothing that stays.

    The keyring may ask for its password, and is given up after `keyring_seconds`.
    """

    keyring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class Health:
    """vault_fault: why the vault cannot be read, a developer's words; None if it can, or there is none.

    untrusted: where it cannot be read because of whose or what it is; nobody knows then what is in it.

    obstacle: why the folder takes no writing, an errno's name. set_aside: names of damaged files that were kept.

    configuration: the digest of mc_config.json as it holds, as the history has it; None if it cannot be used, which
    stops every start. configuration_fault: then its path, place and reason, a developer's words.
    """

    status: Status
    data_folder: str
    vault: VaultCondition
    vault_fault: str | None
    obstacle: str | None
    slots: tuple[str, ...]
    keyring_recorded: str | None
    keyring_now: str | None
    round_trip: RoundTrip
    keyring_problem: KeyringProblem
    copies: tuple[CopyInformation, ...]
    set_aside: tuple[str, ...]
    configuration: str | None
    configuration_fault: str | None
    untrusted: VaultUntrusted | None = None
