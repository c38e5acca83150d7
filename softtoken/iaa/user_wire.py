"""The JSON and the queries of an administrator's calls (iaa-api 4)."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from softtoken.iaa.exchange import RawAnswer
from softtoken.iaa.reading import Number, Word, read, read_part
from softtoken.iaa.users import (
    AuthenticatorPage,
    AuthenticatorQuery,
    AuthenticatorRecord,
    UserChanges,
    UserPage,
    UserRecord,
)
from softtoken.iaa.wire import present


def changes_body(changes: UserChanges) -> dict[str, Any]:
    """Of PATCH and PUT."""
    return present(
        staticPassword=changes.static_password,
        emailAddress=changes.email_address,
        mobilePhoneNumber=changes.mobile_phone_number,
        phoneNumber=changes.phone_number,
        enabled=changes.enabled,
        vdpDeliveryMethod=changes.vdp_delivery and changes.vdp_delivery.value,
    )


def users_query(domain: str | None, offset: int, limit: int) -> str:
    """With its question mark."""
    return f"?{urlencode(present(domain=domain, offset=offset, limit=limit))}"


def authenticators_query(query: AuthenticatorQuery) -> str:
    """In the order of the vendor's clients, with its question mark; any text is `%2A`."""
    assigned = None if query.assigned is None else str(query.assigned).lower()
    asked = present(
        serialNumber=query.serial_number,
        domain=query.domain,
        type=query.authenticator_type,
        assigned=assigned,
        offset=query.offset,
        limit=query.limit,
    )
    return f"?{urlencode(asked)}"


def read_user(raw: RawAnswer, correlation: str | None) -> UserRecord:
    """Raises BadAnswer, as all of these."""
    answer, extra = read(raw, correlation, _User)
    return _user(answer, extra, correlation)


def read_users(raw: RawAnswer, correlation: str | None) -> UserPage:
    answer, extra = read(raw, correlation, _Users)
    users = tuple(_user(*read_part(raw, correlation, user, _User), None) for user in answer.users)
    return UserPage(users=users, total=answer.total, log_correlation_id=correlation, extra=extra)


def read_authenticators(raw: RawAnswer, correlation: str | None) -> AuthenticatorPage:
    answer, extra = read(raw, correlation, _Authenticators)
    found = (read_part(raw, correlation, one, _Authenticator) for one in answer.authenticators)
    return AuthenticatorPage(
        authenticators=tuple(
            AuthenticatorRecord(
                serial_number=one.serial_number,
                authenticator_type=one.authenticator_type,
                applications=tuple((application.name, application.type) for application in one.applications),
                extra=more,
            )
            for one, more in found
        ),
        total=answer.total,
        log_correlation_id=correlation,
        extra=extra,
    )


def _user(answer: "_User", extra: dict[str, Any], correlation: str | None) -> UserRecord:
    return UserRecord(
        authenticators=tuple(answer.authenticators),
        user_id=answer.user_id,
        domain=answer.domain,
        log_correlation_id=correlation,
        extra=extra,
    )


class _User(msgspec.Struct, rename="camel"):
    authenticators: list[Word] = []
    user_id: Word | None = msgspec.field(name="userID", default=None)
    domain: Word | None = None


class _Users(msgspec.Struct):
    users: list[msgspec.Raw] = []
    total: Number | None = None


class _Application(msgspec.Struct):
    name: Word
    type: Word | None = None


class _Authenticator(msgspec.Struct, rename="camel"):
    serial_number: Word
    authenticator_type: Word | None = None
    applications: list[_Application] = []


class _Authenticators(msgspec.Struct):
    authenticators: list[msgspec.Raw]
    total: Number | None = None
