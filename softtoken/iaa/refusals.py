"""What a server's refusal means: from a status and a sentence to one class of error (iaa-api 8)."""

import json
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from softtoken.iaa.errors import (
    AnswerFault,
    AuthenticationFailed,
    BadAnswer,
    Conflict,
    DeliveryFailed,
    Forbidden,
    IaaError,
    NotFound,
    Refused,
    RegistrationExpired,
    RegistrationLocked,
    RegistrationUsed,
    RequestExpired,
    ServerFault,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)

if TYPE_CHECKING:  # an exchange tidies what it tells of with what is here
    from softtoken.iaa.exchange import RawAnswer

MAX_MESSAGE = 300
MAX_CORRELATION = 128


def refusal(raw: "RawAnswer", secrets: Iterable[str]) -> IaaError:
    """The error for an answer that is no success. secrets: the request's, for a server that repeats them."""
    secrets = tuple(secrets)
    message = clean(_sentence(raw), MAX_MESSAGE, secrets)
    correlation = correlation_id(raw, secrets)
    if 300 <= raw.status < 400:
        return BadAnswer(raw.status, message, correlation, fault=AnswerFault.REDIRECT)
    if raw.status >= 500:
        return ServerFault(raw.status, message, correlation)
    kind = _conflict(message) if raw.status == 409 else _BY_STATUS.get(raw.status)
    if kind is None:
        return BadAnswer(raw.status, message, correlation, fault=AnswerFault.STATUS)
    return kind(raw.status, message, correlation)


def correlation_id(raw: "RawAnswer", secrets: Iterable[str]) -> str | None:
    """The answer's log-correlation-id, fit to be shown."""
    return shown_correlation(raw.correlation, secrets)


def shown_correlation(correlation: str | None, secrets: Iterable[str]) -> str | None:
    """A log-correlation-id as it came, fit to be shown."""
    return clean(correlation or "", MAX_CORRELATION, secrets) or None


def clean(text: str, longest: int, secrets: Iterable[str]) -> str:
    """One line without control characters and without the secrets, however a server might spell them."""
    text = _one_line(text)
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "\N{HORIZONTAL ELLIPSIS}")
    return text[:longest]


_BY_STATUS: dict[int, type[IaaError]] = {400: ValidationFailed, 403: Forbidden, 404: NotFound}

# "error handling is highly dynamic": looked for anywhere in the sentence, in this order
_CONFLICTS: tuple[tuple[str, type[IaaError]], ...] = (
    ("registration has expired", RegistrationExpired),
    ("registration was already used", RegistrationUsed),
    ("registration is locked", RegistrationLocked),
    ("user is locked", UserLocked),
    ("user is disabled", UserDisabled),
    ("message not sent", DeliveryFailed),
    ("failed to send push notification", DeliveryFailed),
    ("gateway exited with error", DeliveryFailed),
    ("invalid request id", RequestExpired),
    ("request id is invalid", RequestExpired),
    ("timed out", RequestExpired),
    ("user refused", Refused),
    ("authentication failed", AuthenticationFailed),
)


def _conflict(message: str) -> type[IaaError]:
    said = message.casefold()
    return next((kind for phrase, kind in _CONFLICTS if phrase in said), Conflict)


def _sentence(raw: "RawAnswer") -> str:
    try:
        body = msgspec.json.decode(raw.body)
    except (ValueError, RecursionError):
        return raw.body[: MAX_MESSAGE * 4].decode("utf-8", "replace") if raw.plain_text else ""
    if not isinstance(body, dict):
        return ""
    faults = body.get("validationErrors")
    texts = [_text(fault, "message") for fault in faults] if isinstance(faults, list) else []
    return "; ".join(filter(None, texts)) or _text(body, "message") or _text(body, "error")


def _text(found: object, key: str) -> str:
    text = found.get(key) if isinstance(found, dict) else None
    return text if isinstance(text, str) else ""


def _one_line(text: str) -> str:
    kept = (" " if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in text)
    return " ".join("".join(kept).split())


def _forms(secret: str) -> Iterable[str]:
    escaped, readable = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    for form in (secret, escaped, readable, quote(secret, safe="")):
        yield form
        yield _one_line(form) or form
