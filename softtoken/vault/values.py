"""The values that go into the vault and come out of it."""

from dataclasses import dataclass

from softtoken.engine.tokens import CredentialState, ProtectionType, Token
from softtoken.vault.pinwrap import WrappedKey
from softtoken.vault.slots import SlotKind


@dataclass(frozen=True, slots=True)
class VaultHeader:
    """What can be read without a key. slot_kinds: in the order of SlotKind; damaged ones are only counted."""

    vault_id: str
    slot_kinds: tuple[SlotKind, ...]
    damaged_slots: int = 0


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
    """The part of a token that changes with use."""

    logged_in_once: bool = False
    pending: PendingActivation | None = None


@dataclass(frozen=True, slots=True)
class TokenList:
    """tokens: in the order of adding. damaged: ids of rows that cannot be read; they stay where they are."""

    tokens: tuple[Token, ...]
    damaged: tuple[str, ...]
