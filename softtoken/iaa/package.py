"""The activation package: what a server issues to a device, checked field by field (docs/activation.md)."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec

from softtoken.engine.atc import ATC_END, AtcPolicy
from softtoken.engine.distrust import MARGIN
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.resync import RESYNCHRONISATION_WINDOW
from softtoken.engine.tokens import ProtectionType
from softtoken.errors import SoftTokenError


class MessageFault(StrEnum):
    """ENCODING: no base64url. NOT_OURS: not sealed for this device, user, server and code."""

    ENCODING = "ENCODING"
    NOT_OURS = "NOT_OURS"
    VERSION = "VERSION"
    CONTENT = "CONTENT"


class BadActivationMessage(SoftTokenError):  # noqa: N818 - the contract's name
    """activationMessage2 is not usable. field: which one is wrong (CONTENT), "" where the form is."""

    def __init__(self, fault: MessageFault, field: str = "") -> None:
        super().__init__(fault.value, field)
        self.fault = fault
        self.field = field


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """instance: the suffix of the serial, from 1. key: 32 bytes. counter: the first ATC, 0 to 65534."""

    protection: ProtectionType
    instance: int
    key: bytes = field(repr=False)
    counter: int


@dataclass(frozen=True, slots=True)
class ActivationPackage:
    """digits: 6 or 8. allow_offline_pin_verification may only tighten; None: the server has no opinion.

    approval_key: 32 bytes by which the device asks for logins to approve; None where the server offers none.
    """

    tenant: str
    domain: str
    user_id: str
    serial: str
    digits: int
    allow_offline_pin_verification: bool | None
    retry: RetryPolicy
    atc: AtcPolicy
    pin: PinRules
    credentials: tuple[IssuedCredential, ...]
    approval_key: bytes | None = field(default=None, repr=False)


def read_package(
    plaintext: bytes, user_id: str, domain: str, protections: AbstractSet[ProtectionType]
) -> ActivationPackage:
    """The package, if it is for this user and has one credential for each of these protections.

    Raises BadActivationMessage.
    """
    decoder = msgspec.json.Decoder(_Package)
    try:
        wire = decoder.decode(plaintext)
    except (ValueError, RecursionError):
        wire = None
    # raised outside the handler: a decoding error would hold on to the keys
    if wire is None:
        raise BadActivationMessage(_why_not(plaintext))
    _require(wire.user_id.lower() == user_id, "userID")
    _require(wire.domain.lower() == domain, "domain")
    return ActivationPackage(
        wire.tenant,
        domain,
        user_id,
        wire.serial,
        wire.policy.digits,
        wire.policy.allow_offline_pin_verification,
        _retry(wire.policy),
        _atc(wire.policy),
        _pin(wire.policy),
        _credentials(wire.credentials, protections),
        wire.approval_key,
    )


_PRINTABLE = r"\A[^\x00-\x1f\x7f-\x9f\u2028-\u202e]*\Z"
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_PRINTABLE)]
_Small = Annotated[int, msgspec.Meta(ge=0, le=1000)]
_DelaySeconds = Annotated[int, msgspec.Meta(ge=0, le=7 * 86400)]
_PinLength = Annotated[int, msgspec.Meta(ge=4, le=64)]


class _Credential(msgspec.Struct):
    protection: ProtectionType
    instance: Annotated[int, msgspec.Meta(ge=1, le=99)]
    key: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    counter: Annotated[int, msgspec.Meta(ge=0, lt=ATC_END)]


class _Policy(msgspec.Struct, rename="camel"):
    digits: int
    max_tries: _Small
    free_tries: _Small
    first_delay: _DelaySeconds
    max_delay: _DelaySeconds
    atc_warn: _Small
    atc_limit: _Small
    pin_min_length: _PinLength
    pin_max_length: _PinLength
    allow_offline_pin_verification: bool | None = None
    pin_weak_allowed: bool = False

    def __post_init__(self) -> None:
        if self.digits not in (6, 8):
            raise ValueError


class _Package(msgspec.Struct):
    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    tenant: _Text
    domain: _Text
    serial: _Text
    credentials: list[_Credential]
    policy: _Policy
    user_id: _Text = msgspec.field(name="userID")
    approval_key: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)] | None = msgspec.field(
        name="approvalKey", default=None
    )


class _Version(msgspec.Struct):
    version: int


def _why_not(plaintext: bytes) -> MessageFault:
    try:
        version = msgspec.json.decode(plaintext, type=_Version).version
    except (ValueError, RecursionError):
        return MessageFault.CONTENT
    return MessageFault.CONTENT if version == 1 else MessageFault.VERSION


def _retry(policy: _Policy) -> RetryPolicy:
    _require(policy.max_tries >= 1, "maxTries")
    _require(policy.first_delay <= policy.max_delay, "maxDelay")
    return RetryPolicy(policy.max_tries, policy.free_tries, policy.first_delay, policy.max_delay)


def _atc(policy: _Policy) -> AtcPolicy:
    # beyond this even two codes could lie outside what the server searches
    _require(1 <= policy.atc_limit <= RESYNCHRONISATION_WINDOW - MARGIN, "atcLimit")
    return AtcPolicy(policy.atc_warn, policy.atc_limit)


def _pin(policy: _Policy) -> PinRules:
    _require(policy.pin_min_length <= policy.pin_max_length, "pinMaxLength")
    return PinRules(policy.pin_min_length, policy.pin_max_length, policy.pin_weak_allowed)


def _credentials(issued: list[_Credential], protections: AbstractSet[ProtectionType]) -> tuple[IssuedCredential, ...]:
    asked = sorted(protections)
    _require(sorted(one.protection for one in issued) == asked, "protection")
    _require(_all_differ(one.instance for one in issued), "instance")
    # one key under two protections would make the weaker one open the stronger one
    _require(_all_differ(one.key for one in issued), "key")
    return tuple(IssuedCredential(one.protection, one.instance, one.key, one.counter) for one in issued)


def _all_differ(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) == len(listed)


def _require(holds: bool, field: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise BadActivationMessage(MessageFault.CONTENT, field)
