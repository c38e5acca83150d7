"""Key slots: each wraps the vault's random key with one secret that opens it."""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec

from softtoken.secret import Key, Secret
from softtoken.vault.envelope import KEY_BYTES, KdfParameters, Tampered, derive, expand, joined, seal, unseal_secret
from softtoken.vault.errors import WrongSecret

FORMAT = "softtoken-slot-1"
MIN_PASSPHRASE = 8
LONGEST_PROVIDER = 100
_RECOVERY_BYTES = 16
_SALT_BYTES = 16


class SlotKind(StrEnum):
    """KEYRING and PASSPHRASE are for every day, RECOVERY for the day when they are lost."""

    KEYRING = "KEYRING"
    RECOVERY = "RECOVERY"
    PASSPHRASE = "PASSPHRASE"  # noqa: S105 - a name, not a passphrase


@dataclass(frozen=True, slots=True)
class KeyringSecret:
    """device_key: 32 random bytes that the OS keyring holds. provider: what that keyring is called, for people."""

    device_key: bytes = field(repr=False)
    provider: str | None = None

    def __post_init__(self) -> None:
        if len(self.device_key) != KEY_BYTES:
            raise ValueError("a device key has 32 bytes")


@dataclass(frozen=True, slots=True)
class RecoverySecret:
    """code: 16 random bytes that the person wrote down."""

    code: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.code) != _RECOVERY_BYTES:
            raise ValueError("a recovery code has 16 bytes")


@dataclass(frozen=True, slots=True)
class PassphraseSecret:
    """passphrase: as typed; it is normalised (NFKC) before use, so every keyboard gives the same bytes."""

    passphrase: str = field(repr=False)


SlotSecret: TypeAlias = KeyringSecret | RecoverySecret | PassphraseSecret


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot as stored. header: JSON, in the clear and authenticated. wrapped: the sealed vault key.

    digest: SHA-256 over both (see `slot_digest`), so that a damaged slot is not mistaken for a wrong secret.
    """

    kind: SlotKind
    header: bytes
    wrapped: bytes = field(repr=False)
    digest: bytes


class SlotKdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """KdfParameters as stored: none may be missing, and they are bounded by turning them into those."""

    memory_kib: int
    passes: int
    lanes: int

    def parameters(self) -> KdfParameters:
        return KdfParameters(self.memory_kib, self.passes, self.lanes)


class SlotHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a slot says about itself before it is opened. provider: only of KEYRING, and only where it was known."""

    version: int
    vault: str
    kind: SlotKind
    salt: bytes
    kdf: SlotKdf | None
    provider: Annotated[str, msgspec.Meta(max_length=LONGEST_PROVIDER)] | None = None


def new_recovery_secret() -> RecoverySecret:
    return RecoverySecret(secrets.token_bytes(_RECOVERY_BYTES))


def new_device_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def check_passphrase(passphrase: str) -> bool:
    """Is it long enough to be set: at least eight characters after normalisation?"""
    return len(_normalised(passphrase)) >= MIN_PASSPHRASE


def kind_of(secret: SlotSecret) -> SlotKind:
    match secret:
        case KeyringSecret():
            return SlotKind.KEYRING
        case RecoverySecret():
            return SlotKind.RECOVERY
        case PassphraseSecret():
            return SlotKind.PASSPHRASE


def make_slot(vault_key: Key, vault_id: str, secret: SlotSecret) -> Slot:
    """Wrap the vault key under a fresh salt. Slow for a passphrase; ValueError if that is too short."""
    kind = kind_of(secret)
    if isinstance(secret, PassphraseSecret) and not check_passphrase(secret.passphrase):
        raise ValueError("passphrase too short")
    cost = KdfParameters()
    kdf = SlotKdf(cost.memory_kib, cost.passes, cost.lanes) if kind is SlotKind.PASSPHRASE else None
    provider = secret.provider[:LONGEST_PROVIDER] if isinstance(secret, KeyringSecret) and secret.provider else None
    header = SlotHeader(1, vault_id, kind, secrets.token_bytes(_SALT_BYTES), kdf, provider)
    encoded = msgspec.json.encode(header)
    wrapped = seal(_slot_key(header, secret), vault_key, encoded)
    return Slot(kind, encoded, wrapped, slot_digest(encoded, wrapped))


def read_slot_header(slot: Slot) -> SlotHeader:
    """The header of an undamaged slot, else Tampered. Its KDF parameters are within bounds."""
    if slot_digest(slot.header, slot.wrapped) != slot.digest:
        raise Tampered
    try:
        header = msgspec.json.decode(slot.header, type=SlotHeader)
        if header.kdf is not None:
            header.kdf.parameters()
    except ValueError:
        raise Tampered from None
    has_kdf = header.kdf is not None
    if header.version != 1 or header.kind is not slot.kind or has_kdf != (slot.kind is SlotKind.PASSPHRASE):
        raise Tampered
    if len(header.salt) != _SALT_BYTES:
        raise Tampered
    return header


def open_slot(slot: Slot, secret: SlotSecret) -> Secret:
    """The vault key. Raises WrongSecret, or Tampered for a damaged slot. Slow for a passphrase."""
    header = read_slot_header(slot)
    if kind_of(secret) is not header.kind:
        raise WrongSecret
    try:
        return unseal_secret(_slot_key(header, secret), slot.wrapped, slot.header)
    except Tampered:
        raise WrongSecret from None


def slot_digest(header: bytes, wrapped: bytes) -> bytes:
    """No secret goes in, so it tells nobody anything about the key or the passphrase."""
    return hashlib.sha256(joined(header, wrapped)).digest()


def _slot_key(header: SlotHeader, secret: SlotSecret) -> Secret:
    strong: Key
    match secret:
        case KeyringSecret(device_key=device_key):
            strong = device_key
        case RecoverySecret(code):
            strong = code
        case PassphraseSecret(passphrase):
            if header.kdf is None:
                raise Tampered
            strong = derive(Secret(_normalised(passphrase).encode()), header.salt, header.kdf.parameters())
    return expand(strong, header.salt, joined(FORMAT, header.vault, header.kind.value))


def _normalised(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase)
