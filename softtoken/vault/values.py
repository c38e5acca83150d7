"""The values that go into the vault and come out of it."""

from dataclasses import dataclass, field

from softtoken.clock import ClockCorrection
from softtoken.engine.tokens import CredentialState, ProtectionType, Token
from softtoken.vault.pinwrap import WrappedKey
from softtoken.vault.slots import SlotKind


@dataclass(frozen=True, slots=True)
class VaultHeader:
    """What can be read without a key. slot_kinds: in the order of SlotKind; damaged ones are only counted.

    provider: the keyring that the key was given to, as it was called then; nobody vouches for it, so for people only.
    """

    vault_id: str
    slot_kinds: tuple[SlotKind, ...]
    damaged_slots: int = 0
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential to be stored; its id is the one that the key was wrapped with."""

    id: str
    protection: ProtectionType
    key: WrappedKey
    state: CredentialState


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored credential without the part that changes with use."""

    id: str
    token_id: str
    protection: ProtectionType
    key: WrappedKey


@dataclass(frozen=True, slots=True)
class PendingActivation:
    """The server has not confirmed this token yet.

    The first code, which the server is told, is not kept: beside a masked key it would tell right PINs from wrong.
    """

    registration_id: str


@dataclass(frozen=True, slots=True)
class TokenState:
    """What a token has beside what may be shown of it. last_login: epoch seconds of the latest accepted login here.

    approval_key: 32 bytes by which its server is asked for logins to approve; None where the server offers none.
    biometric_due: its server has not heard yet what this computer's sensor is worth.
    """

    logged_in_once: bool = False
    pending: PendingActivation | None = None
    last_login: int | None = None
    approval_key: bytes | None = field(default=None, repr=False)
    biometric_due: bool = False


@dataclass(frozen=True, slots=True)
class VaultOptions:
    """What a person chose for this device. device_name: for people only.

    block_capture: windows stay out of pictures of the screen. hide_codes: until somebody asks for one.
    lock_after: seconds without use after which a window locks; 0: never.
    """

    resynchronise_before_login: bool = True
    device_name: str = ""
    block_capture: bool = True
    hide_codes: bool = False
    lock_after: int = 300


@dataclass(frozen=True, slots=True)
class ServerChoices:
    """What a person chose about talking to servers. login_data: a word of theirs, None for the usual one.

    look_for_approvals: ask unasked for logins to approve.
    """

    login_data: str | None = None
    clock: ClockCorrection | None = None
    look_for_approvals: bool = True


@dataclass(frozen=True, slots=True)
class TokenList:
    """tokens: in the order of adding. damaged: ids of rows that cannot be read; they stay where they are."""

    tokens: tuple[Token, ...]
    damaged: tuple[str, ...]
