"""What views say to the flow, where one word is not enough."""

from dataclasses import dataclass, field

from softtoken.engine.tokens import ProtectionType


@dataclass(frozen=True, slots=True)
class ActivationDetails:
    server: str
    user: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TypedDetails:
    server: str
    user: str
    otp: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """protection: None means the one chosen already. data: the optional data, None without."""

    protection: ProtectionType | None = None
    pin: str | None = field(default=None, repr=False)
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProtectionsChosen:
    protections: frozenset[ProtectionType]


@dataclass(frozen=True, slots=True)
class PinChange:
    current: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignatureWanted:
    """pin: None where it is not asked for."""

    data_fields: tuple[str, ...] = field(repr=False)
    pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Names:
    issuer: str
    name: str
