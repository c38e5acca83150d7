"""Taking links apart: what is wrong is said by name, and the link, which holds a secret, is never kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote_to_bytes

LONGEST_LINK = 4096
"""Bytes in UTF-8; longer ones are not links that a person was given."""


class Fault(StrEnum):
    """Everything that can be wrong with an otpauth or activation link.

    REPEATED: a parameter that counts, twice with different values. BAD_ENCODING: broken percent-encoding, or
    not UTF-8.
    """

    NOT_OTPAUTH = "NOT_OTPAUTH"
    NOT_ACTIVATION = "NOT_ACTIVATION"
    TOO_LONG = "TOO_LONG"
    BAD_ENCODING = "BAD_ENCODING"
    REPEATED = "REPEATED"
    UNSUPPORTED_TYPE = "UNSUPPORTED_TYPE"
    NO_SECRET = "NO_SECRET"  # noqa: S105 - a fault's name
    BAD_SECRET = "BAD_SECRET"  # noqa: S105 - a fault's name
    BAD_ALGORITHM = "BAD_ALGORITHM"
    BAD_DIGITS = "BAD_DIGITS"
    BAD_PERIOD = "BAD_PERIOD"
    BAD_COUNTER = "BAD_COUNTER"
    NO_SERVER = "NO_SERVER"
    BAD_SERVER = "BAD_SERVER"
    NO_USER = "NO_USER"
    NO_CODE = "NO_CODE"


class BadLink(ValueError):  # noqa: N818 - says what the link is
    """A link that cannot be used. fault says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class LinkParts:
    """scheme://kind/path?parameters. kind: lower case. path: still encoded, without its slash.

    parameters: decoded names, in lower case, and values.
    """

    kind: str
    path: str = field(repr=False)
    parameters: tuple[tuple[str, str], ...] = field(repr=False)

    def one(self, name: str) -> str | None:
        """The value of a parameter, or None without it. Raises BadLink(REPEATED) if it has several."""
        values = {value for found, value in self.parameters if found == name}
        if len(values) > 1:
            raise BadLink(Fault.REPEATED)
        return values.pop() if values else None


def split_link(text: str, scheme: str, wrong_scheme: Fault, *, plus_is_space: bool) -> LinkParts:
    """Take `scheme://kind/path?name=value&...` apart. Raises BadLink.

    By hand, because urllib drops line breaks from inside a link and has its own rules for what a host may be.
    `#` is a character like any other: these links have no fragments, and some issuers write it into names.
    """
    text = text.strip()
    if len(text) > LONGEST_LINK or len(text.encode(errors="surrogatepass")) > LONGEST_LINK:
        raise BadLink(Fault.TOO_LONG)
    found, separator, rest = text.partition("://")
    if not separator or found.lower() != scheme:
        raise BadLink(wrong_scheme)
    place, _, query = rest.partition("?")
    kind, _, path = place.partition("/")
    return LinkParts(kind.lower(), path, tuple(_parameters(query, plus_is_space=plus_is_space)))


def decode(text: str) -> str:
    """Percent-decoding that refuses what it cannot read. Raises BadLink(BAD_ENCODING)."""
    if _BROKEN_PERCENT.search(text) is not None:
        raise BadLink(Fault.BAD_ENCODING)
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeError:
        raise BadLink(Fault.BAD_ENCODING) from None
    # control characters move a terminal's cursor, direction overrides make one name read as another
    return _CONTROL.sub(" ", decoded)


_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _parameters(query: str, *, plus_is_space: bool) -> Iterator[tuple[str, str]]:
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        value = value.replace("+", " ") if plus_is_space else value
        # a link copied out of a page's source has &amp; for &, and what follows must not be lost
        yield decode(name).strip().lower().removeprefix("amp;"), decode(value).strip()
