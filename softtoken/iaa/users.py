"""Users and authenticators as an administrator sees and changes them (iaa-api 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from softtoken.iaa.checks import InvalidRequest, check_text
from softtoken.iaa.shown import Shown
from softtoken.iaa.words import VdpDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """What is set; None leaves a field as it is.

    enabled and phone_number are known from one public client alone, the others are documented.
    """

    static_password: str | None = field(default=None, repr=False)
    email_address: str | None = field(default=None, repr=False)
    mobile_phone_number: str | None = field(default=None, repr=False)
    phone_number: str | None = field(default=None, repr=False)
    enabled: bool | None = None
    vdp_delivery: VdpDelivery | None = None

    def __post_init__(self) -> None:
        check_text("static_password", self.static_password, 8, 255)
        check_text("email_address", self.email_address, 1, 64)
        check_text("mobile_phone_number", self.mobile_phone_number, 1, 64)
        check_text("phone_number", self.phone_number, 1, 20)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UserRecord(Shown):
    """authenticators: serial numbers. extra: everything else that the server tells, a user's personal data."""

    authenticators: tuple[str, ...]
    user_id: str | None = None
    domain: str | None = None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UserPage(Shown):
    """A part of the users. total: of all that fit the question, if the server says."""

    users: tuple[UserRecord, ...]
    total: int | None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AuthenticatorRecord(Shown):
    """applications: the name and type (RO, CR, SG, ...) of each crypto application."""

    serial_number: str
    authenticator_type: str | None
    applications: tuple[tuple[str, str | None], ...]
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AuthenticatorPage(Shown):
    """A part of the authenticators. total: of all that fit the question, if the server says."""

    authenticators: tuple[AuthenticatorRecord, ...]
    total: int | None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorQuery:
    """Which authenticators are asked for. serial_number: `*` stands for any text. offset, limit: a part of them."""

    serial_number: str | None = None
    domain: str | None = None
    authenticator_type: str | None = None
    assigned: bool | None = None
    offset: int = 0
    limit: int = 20

    def __post_init__(self) -> None:
        for name in ("serial_number", "domain", "authenticator_type"):
            check_text(name, getattr(self, name), 1, 255)
        check_part(self.offset, self.limit)


def check_part(offset: int, limit: int) -> None:
    """Raises InvalidRequest."""
    if not 0 <= offset < 2**31:
        raise InvalidRequest("offset")
    if not 1 <= limit <= _MOST:
        raise InvalidRequest("limit")


_MOST = 1000
"""Records in one answer: a bound of ours; the documents ask for 20."""
