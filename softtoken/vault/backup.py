"""The backup file (docs/backup.md): tokens that may exist twice, encrypted with a passphrase."""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec

from softtoken.engine.tokens import Algorithm, OtpProfile, TokenType
from softtoken.errors import SoftTokenError
from softtoken.secret import Secret
from softtoken.vault.envelope import KdfParameters, Tampered, derive, expand, joined, seal, unseal

VERSION = 1
MOST_BYTES = 16 * 1024 * 1024
_FORMAT = "softtoken-backup"
_INFO = "softtoken-backup-1"
_LONGEST_HEADER = 1024
_SALT_BYTES = 16
_DIGEST_BYTES = 32
_BLOCK = 4096
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=255)]


class Fault(StrEnum):
    """What is wrong with a file that was to be read."""

    NOT_A_BACKUP = "NOT_A_BACKUP"
    TOO_NEW = "TOO_NEW"
    DAMAGED = "DAMAGED"
    WRONG_PASSPHRASE = "WRONG_PASSPHRASE"  # noqa: S105 - a fault's name


class BadBackup(SoftTokenError):  # noqa: N818 - named after what happened
    """Nothing can be restored from it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class SavedToken:
    """An imported token. counter: the next one of HOTP, 0 for TOTP."""

    issuer: str
    name: str
    profile: OtpProfile
    key: bytes = field(repr=False)
    counter: int


@dataclass(frozen=True, slots=True)
class NamedToken:
    """A managed token, which a copy would make a clone of, so there is no key of it. user: `user@domain`."""

    issuer: str
    name: str
    server: str
    user: str


@dataclass(frozen=True, slots=True)
class SavedOptions:
    """What was chosen for the computer; see VaultOptions and ServerChoices."""

    resynchronise_before_login: bool = True
    device_name: str = ""
    login_data: str | None = None
    look_for_approvals: bool = True


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in a backup. unreadable: entries that nothing can be made of. made_at: epoch seconds."""

    made_at: int
    tokens: tuple[SavedToken, ...]
    managed: tuple[NamedToken, ...]
    options: SavedOptions
    unreadable: int = 0


def encode_backup(backup: Backup, passphrase: str, cost: KdfParameters | None = None) -> bytes:
    """The whole file. Slow on purpose."""
    cost = cost or KdfParameters()
    kdf = _Kdf(cost.memory_kib, cost.passes, cost.lanes)
    salt = secrets.token_bytes(_SALT_BYTES)
    header = msgspec.json.encode(_Header(_FORMAT, VERSION, salt, kdf)) + b"\n"
    sealed = seal(_key(passphrase, salt, cost), _padded(_plaintext(backup)), header)
    return header + sealed + _digest(header, sealed)


def decode_backup(data: bytes, passphrase: str) -> Backup:
    """Raises BadBackup. Slow, but for a file that no passphrase would open."""
    end = data.find(b"\n", 0, _LONGEST_HEADER) + 1
    header, sealed, digest = data[:end], data[end:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    salt, cost = _read_header(header)
    if _digest(header, sealed) != digest:
        raise BadBackup(Fault.DAMAGED)
    try:
        plaintext = unseal(_key(passphrase, salt, cost), sealed, header)
    except Tampered:
        raise BadBackup(Fault.WRONG_PASSPHRASE) from None
    try:
        return _backup(msgspec.json.decode(plaintext, type=_Content))
    except ValueError:
        raise BadBackup(Fault.DAMAGED) from None


class _Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    memory_kib: int
    passes: int
    lanes: int


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    salt: bytes
    kdf: _Kdf


class _AnyHeader(msgspec.Struct, frozen=True):
    """What every version begins with."""

    format: str
    version: int


class _Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: _Text
    name: _Text
    type: TokenType
    algorithm: Algorithm
    digits: Annotated[int, msgspec.Meta(ge=1, le=10)]
    period: Annotated[int, msgspec.Meta(ge=1, le=2**31)] | None
    counter: _Count
    key: Annotated[bytes, msgspec.Meta(min_length=1, max_length=1024)]


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """tokens: taken apart one by one, so that a bad one spoils no other."""

    made_at: _Count
    tokens: tuple[msgspec.Raw, ...]
    managed: tuple[NamedToken, ...]
    options: SavedOptions


def _read_header(header: bytes) -> tuple[bytes, KdfParameters]:
    try:
        known = msgspec.json.decode(header, type=_AnyHeader)
    except ValueError:
        raise BadBackup(Fault.NOT_A_BACKUP) from None
    if known.format != _FORMAT:
        raise BadBackup(Fault.NOT_A_BACKUP)
    if known.version > VERSION:
        raise BadBackup(Fault.TOO_NEW)
    try:
        read = msgspec.json.decode(header, type=_Header)
        cost = KdfParameters(read.kdf.memory_kib, read.kdf.passes, read.kdf.lanes)
    except ValueError:
        raise BadBackup(Fault.DAMAGED) from None
    if read.version != VERSION or len(read.salt) != _SALT_BYTES:
        raise BadBackup(Fault.DAMAGED)
    return read.salt, cost


def _plaintext(backup: Backup) -> bytes:
    return msgspec.json.encode(
        {
            "made_at": backup.made_at,
            "tokens": [
                {
                    "issuer": token.issuer,
                    "name": token.name,
                    "type": token.profile.type,
                    "algorithm": token.profile.algorithm,
                    "digits": token.profile.digits,
                    "period": token.profile.period,
                    "counter": token.counter,
                    "key": token.key,
                }
                for token in backup.tokens
            ],
            "managed": backup.managed,
            "options": backup.options,
        }
    )


def _backup(content: _Content) -> Backup:
    tokens = [_saved(raw) for raw in content.tokens]
    good = tuple(token for token in tokens if token is not None)
    return Backup(content.made_at, good, content.managed, content.options, _count_none(tokens))


def _saved(raw: msgspec.Raw) -> SavedToken | None:
    """None for an entry that is none of an imported token."""
    try:
        row = msgspec.json.decode(raw, type=_Token)
    except ValueError:
        return None
    periodic = {TokenType.TOTP: True, TokenType.HOTP: False}.get(row.type)
    if periodic is None or periodic != (row.period is not None):
        return None
    profile = OtpProfile(row.type, row.algorithm, row.digits, row.period)
    return SavedToken(row.issuer, row.name, profile, row.key, row.counter)


def _count_none(tokens: Sequence[object]) -> int:
    return sum(token is None for token in tokens)


def _key(passphrase: str, salt: bytes, cost: KdfParameters) -> Secret:
    strong = derive(unicodedata.normalize("NFKC", passphrase).encode(), salt, cost)
    return expand(strong, salt, joined(_INFO))


def _digest(header: bytes, sealed: bytes) -> bytes:
    """No key goes in: it tells a damaged file from a wrong passphrase."""
    return hashlib.sha256(joined(header, sealed)).digest()


def _padded(data: bytes) -> bytes:
    return data + b" " * (-len(data) % _BLOCK)
