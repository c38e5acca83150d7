"""The JSON inside the cells, stated apart from the engine's values so that renaming one breaks loudly.

A field with a default came with format 2: it is always written, and may be missing in what format 1 wrote.
"""

from typing import Annotated, TypeVar

import msgspec

from softtoken.clock import ClockCorrection
from softtoken.engine.atc import AtcPolicy, AtcState
from softtoken.engine.pin import PinRules, RetryPolicy, RetryState
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    CredentialState,
    OtpProfile,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
)
from softtoken.vault.audit import AuditNote
from softtoken.vault.envelope import KdfParameters
from softtoken.vault.pinwrap import KeyForm, WrappedKey
from softtoken.vault.values import PendingActivation, ServerChoices, TokenState, VaultOptions

_BLOCK = 64
_T = TypeVar("_T")
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every field is written; none without a default may be missing, and none more be there, when read."""


class _AccountRow(_Row, frozen=True):
    origin: str
    tenant: str
    domain: str
    user_id: str
    serial: str


class _RetryPolicyRow(_Row, frozen=True):
    max_tries: _Count
    free_tries: _Count
    first_delay: _Count
    max_delay: _Count


class _AtcPolicyRow(_Row, frozen=True):
    warn: _Count
    limit: _Count


class _PinRulesRow(_Row, frozen=True):
    min_length: _Count
    max_length: _Count
    weak_allowed: bool = False


class _PolicyRow(_Row, frozen=True):
    allow_offline_pin_verification: bool | None
    retry: _RetryPolicyRow
    atc: _AtcPolicyRow
    pin: _PinRulesRow


class _TokenRow(_Row, frozen=True):
    issuer: str
    name: str
    type: TokenType
    algorithm: Algorithm
    digits: Annotated[int, msgspec.Meta(ge=1, le=10)]
    period: Annotated[int, msgspec.Meta(ge=1, le=2**31)] | None
    protections: tuple[ProtectionType, ...]
    account: _AccountRow | None
    policy: _PolicyRow | None


class _PendingRow(_Row, frozen=True):
    registration_id: str


class _TokenStateRow(_Row, frozen=True):
    logged_in_once: bool
    pending: _PendingRow | None
    last_login: _Count | None = None
    approval_key: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)] | None = None
    biometric_due: bool = False


class _KdfRow(_Row, frozen=True):
    memory_kib: int
    passes: int
    lanes: int


class _CredentialRow(_Row, frozen=True):
    protection: ProtectionType
    form: KeyForm
    blob: bytes
    salt: bytes
    pepper: bytes
    kdf: _KdfRow | None


class _StateRow(_Row, frozen=True):
    counter: _Count
    used: _Count
    failed: _Count
    delay: _Count
    delay_started_uptime: _Count
    resynchronise: bool = False
    told: _Count | None = None


class _OptionsRow(_Row, frozen=True):
    resynchronise_before_login: bool
    device_name: str
    block_capture: bool = True
    hide_codes: bool = False
    lock_after: _Count = 300


class _ClockRow(_Row, frozen=True):
    seconds: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    measured_at: _Count
    server: str


class _ServerChoicesRow(_Row, frozen=True):
    login_data: str | None
    clock: _ClockRow | None
    look_for_approvals: bool = True


class _AuditRow(_Row, frozen=True):
    kind: Annotated[str, msgspec.Meta(pattern="^[A-Z_]{1,40}$")]
    time: _Count
    uptime: _Count
    run: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}$")]
    token: str
    facts: dict[str, str | int | bool | None]
    late: bool
    restarted: bool
    previous: Annotated[bytes, msgspec.Meta(max_length=16)]


class _AuditHeadRow(_Row, frozen=True):
    first: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    last: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    tag: Annotated[bytes, msgspec.Meta(max_length=16)]
    policy: str


class _HeadRow(_Row, frozen=True):
    generation: _Count
    digest: bytes
    witnessed: bool


def encode_token(token: Token) -> bytes:
    """Everything but the id. ValueError if `decode_token` would refuse it; the same for the others."""
    profile = token.profile
    return _encoded(
        _TokenRow,
        {
            "issuer": token.issuer,
            "name": token.name,
            "type": profile.type,
            "algorithm": profile.algorithm,
            "digits": profile.digits,
            "period": profile.period,
            "protections": token.protections,
            "account": token.account,
            "policy": token.policy,
        },
    )


def decode_token(data: bytes, token_id: str) -> Token:
    """ValueError if it is not such a row; the same for the others."""
    row = msgspec.json.decode(data, type=_TokenRow)
    return Token(
        id=token_id,
        issuer=row.issuer,
        name=row.name,
        profile=OtpProfile(row.type, row.algorithm, row.digits, row.period),
        protections=row.protections,
        account=_converted(row.account, Account) if row.account else None,
        policy=_policy(row.policy) if row.policy else None,
    )


def encode_token_state(state: TokenState) -> bytes:
    return _encoded(_TokenStateRow, state)


def decode_token_state(data: bytes) -> TokenState:
    row = msgspec.json.decode(data, type=_TokenStateRow)
    pending = PendingActivation(row.pending.registration_id) if row.pending else None
    return TokenState(row.logged_in_once, pending, row.last_login, row.approval_key, row.biometric_due)


def encode_credential(protection: ProtectionType, key: WrappedKey) -> bytes:
    fields = {"form": key.form, "blob": key.blob, "salt": key.salt, "pepper": key.pepper, "kdf": key.kdf}
    return _encoded(_CredentialRow, {"protection": protection, **fields})


def decode_credential(data: bytes) -> tuple[ProtectionType, WrappedKey]:
    row = msgspec.json.decode(data, type=_CredentialRow)
    kdf = _converted(row.kdf, KdfParameters) if row.kdf else None
    return row.protection, WrappedKey(row.form, row.blob, row.salt, row.pepper, kdf)


def encode_state(state: CredentialState) -> bytes:
    tries = state.tries
    return _encoded(
        _StateRow,
        {
            "counter": state.counter,
            "used": state.atc.used,
            "failed": tries.failed,
            "delay": tries.delay,
            "delay_started_uptime": tries.delay_started_uptime,
            "resynchronise": state.resynchronise,
            "told": state.told,
        },
    )


def decode_state(data: bytes) -> CredentialState:
    row = msgspec.json.decode(data, type=_StateRow)
    tries = RetryState(row.failed, row.delay, row.delay_started_uptime)
    return CredentialState(row.counter, AtcState(row.used), tries, row.resynchronise, row.told)


def encode_flag(*, value: bool) -> bytes:
    return _padded(msgspec.json.encode(value))


def decode_flag(data: bytes) -> bool:
    return msgspec.json.decode(data, type=bool)


def encode_options(options: VaultOptions) -> bytes:
    return _encoded(_OptionsRow, options)


def decode_options(data: bytes) -> VaultOptions:
    return _converted(msgspec.json.decode(data, type=_OptionsRow), VaultOptions)


def encode_server_choices(choices: ServerChoices) -> bytes:
    return _encoded(_ServerChoicesRow, choices)


def decode_server_choices(data: bytes) -> ServerChoices:
    row = msgspec.json.decode(data, type=_ServerChoicesRow)
    clock = _converted(row.clock, ClockCorrection) if row.clock else None
    return ServerChoices(row.login_data, clock, row.look_for_approvals)


def encode_audit_entry(note: AuditNote, previous: bytes, *, restarted: bool) -> bytes:
    """previous: the tag of the cell before it, empty for the first one."""
    fields = {name: getattr(note, name) for name in ("kind", "time", "uptime", "run", "token", "late")}
    return _encoded(_AuditRow, {**fields, "facts": dict(note.facts), "restarted": restarted, "previous": previous})


def decode_audit_entry(data: bytes) -> tuple[AuditNote, bytes, bool]:
    row = msgspec.json.decode(data, type=_AuditRow)
    note = AuditNote(row.kind, row.time, row.uptime, row.run, row.token, row.facts, row.late)
    return note, row.previous, row.restarted


def encode_audit_head(first: int, last: int, tag: bytes, policy: str) -> bytes:
    return _encoded(_AuditHeadRow, {"first": first, "last": last, "tag": tag, "policy": policy})


def decode_audit_head(data: bytes) -> tuple[int, int, bytes, str]:
    row = msgspec.json.decode(data, type=_AuditHeadRow)
    return row.first, row.last, row.tag, row.policy


def encode_head(generation: int, digest: bytes, *, witnessed: bool) -> bytes:
    return _encoded(_HeadRow, {"generation": generation, "digest": digest, "witnessed": witnessed})


def decode_head(data: bytes) -> tuple[int, bytes, bool]:
    row = msgspec.json.decode(data, type=_HeadRow)
    return row.generation, row.digest, row.witnessed


def _policy(row: _PolicyRow) -> TokenPolicy:
    return TokenPolicy(
        row.allow_offline_pin_verification,
        _converted(row.retry, RetryPolicy),
        _converted(row.atc, AtcPolicy),
        _converted(row.pin, PinRules),
    )


def _converted(row: object, kind: type[_T]) -> _T:
    return msgspec.convert(row, kind, from_attributes=True)


def _encoded(kind: type[_Row], value: object) -> bytes:
    return _padded(msgspec.json.encode(msgspec.convert(value, kind, from_attributes=True)))


def _padded(data: bytes) -> bytes:
    """Spaces up to whole blocks, so that a ciphertext's length tells little of what is in it."""
    return data + b" " * (-len(data) % _BLOCK)
