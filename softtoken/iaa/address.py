"""Server addresses and user names: from what a person types to what goes on the wire."""

import ipaddress
import re
import unicodedata
from enum import StrEnum
from urllib.parse import quote, urlsplit

MAX_NAME = 255
"""Characters in a user id or a domain (iaa-api 5.1)."""


class AddressReason(StrEnum):
    """What is wrong with an address or a user name."""

    EMPTY = "EMPTY"
    SCHEME = "SCHEME"
    NOT_SECURE = "NOT_SECURE"
    USER_INFO = "USER_INFO"
    HOST = "HOST"
    PORT = "PORT"
    PATH = "PATH"
    USER_EMPTY = "USER_EMPTY"
    USER_CHARACTERS = "USER_CHARACTERS"
    USER_TOO_LONG = "USER_TOO_LONG"
    TENANT = "TENANT"
    ENVIRONMENT = "ENVIRONMENT"


class BadAddress(ValueError):  # noqa: N818 - the contract's name
    """The text is no address or no user name; it is not repeated here."""

    def __init__(self, reason: AddressReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def parse_origin(text: str) -> str:
    """A typed server address as `scheme://host[:port]`: lower case, IDNA, default port left out.

    https is assumed; plain http is for this machine alone (127.0.0.0/8, [::1], localhost). A trailing `/` or
    `/v1` is dropped. Raises BadAddress.
    """
    text = text.strip()
    if not text:
        raise BadAddress(AddressReason.EMPTY)
    scheme, rest = _split_scheme(text)
    authority = _AUTHORITY_END.split(rest, maxsplit=1)[0]
    path = rest[len(authority) :]
    if "@" in authority:
        raise BadAddress(AddressReason.USER_INFO)
    if path.rstrip("/") not in ("", "/v1"):
        raise BadAddress(AddressReason.PATH)
    host, port = _split_port(authority)
    host = _normal_host(host)
    if scheme == "http" and not is_loopback(host):
        raise BadAddress(AddressReason.NOT_SECURE)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port in (None, _DEFAULT_PORT[scheme]) else f"{scheme}://{shown}:{port}"


def parse_user(text: str, default_domain: str) -> tuple[str, str]:
    """A typed `user` or `user@domain` as (user id, domain), both lower case; the last @ divides.

    The vendor lower-cases too: its transactions fail for mixed case (iaa-api 3). Raises BadAddress.
    """
    user_id, at, domain = text.strip().rpartition("@")
    if not at:
        user_id, domain = domain, default_domain
    return _name(user_id), _name(domain)


def usual_domain(origin: str) -> str:
    """The domain of a user id that names none: a sandbox's tenant name, elsewhere `master` (iaa-api 3)."""
    host = urlsplit(origin).hostname or ""
    if host.endswith(_VENDOR_SANDBOX):
        return host.removesuffix(_VENDOR_SANDBOX)
    return "sandbox" if is_loopback(host) else "master"


def user_path(user: str) -> str:
    """`user@domain` as one path segment: percent-encoded but for the dividing @. Raises BadAddress."""
    user_id, _, domain = user.rpartition("@")
    if not user_id or not domain:
        raise BadAddress(AddressReason.USER_EMPTY)
    return f"{_encoded(user_id)}@{_encoded(domain)}"


def path_segment(text: str) -> str:
    """An id that a server gave out, as one path segment that cannot climb. Raises BadAddress (PATH)."""
    if text in ("", ".", ".."):
        raise BadAddress(AddressReason.PATH)
    return _encoded(text)


def is_loopback(host: str) -> bool:
    """Is this host (as parse_origin writes it, without brackets) this machine by its very name?"""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # ::ffff:127.0.0.1 and other spellings reach the same place but are nothing that a person means to type
    return address.is_loopback and (address.version == 4 or address == ipaddress.IPv6Address("::1"))


_AUTHORITY_END = re.compile(r"[/?#\\]")
_VENDOR_SANDBOX = ".sdb.tid.onespan.cloud"
_DEFAULT_PORT = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, mark, rest = text.partition("://")
    if not mark:
        return "https", text.removeprefix("//")
    if scheme.lower() not in _DEFAULT_PORT:
        raise BadAddress(AddressReason.SCHEME)
    return scheme.lower(), rest


def _split_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        host, bracket, tail = authority[1:].partition("]")
        if not bracket or ":" not in host or (tail and not tail.startswith(":")):
            raise BadAddress(AddressReason.HOST)
        host, port = f"[{host}]", tail[1:]
    else:
        host, _, port = authority.partition(":")
    if not port:
        return host, None
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise BadAddress(AddressReason.PORT)
    return host, int(port)


def _normal_host(host: str) -> str:
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise BadAddress(AddressReason.HOST) from None
        if address.scope_id is not None:
            raise BadAddress(AddressReason.HOST)
        return str(address)
    name = _to_ascii(unicodedata.normalize("NFC", host.lower())).removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress(AddressReason.HOST)
    # 127.1, 0x7f000001 and the like are addresses to some programs and names to others: refuse the doubt
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise BadAddress(AddressReason.HOST) from None
    return name


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host
    import httpx  # only a name in another script needs httpx's IDNA

    try:
        return httpx.URL(scheme="https", host=host).raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise BadAddress(AddressReason.HOST) from None


def _name(text: str) -> str:
    name = text.strip().lower()
    if not name:
        raise BadAddress(AddressReason.USER_EMPTY)
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in name):
        raise BadAddress(AddressReason.USER_CHARACTERS)
    if len(name) > MAX_NAME:
        raise BadAddress(AddressReason.USER_TOO_LONG)
    return name


def _encoded(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise BadAddress(AddressReason.USER_CHARACTERS) from None
