"""softtoken://activate links: server, user and activation code in one piece (docs/activation.md)."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from softtoken.formats.link import BadLink, Fault, split_link

__all__ = ["ActivationLink", "BadLink", "Fault", "format_activation_link", "parse_activation_link"]


@dataclass(frozen=True, slots=True)
class ActivationLink:
    """What the activation screen asks for. server: an http or https URL. user: `user` or `user@domain`."""

    server: str
    user: str
    code: str = field(repr=False)


def parse_activation_link(text: str) -> ActivationLink:
    """Read `softtoken://activate?server=&user=&code=`. Raises BadLink and nothing else, whatever the text.

    The code is handed on as it is: activation says what is wrong with it, as with one that was typed.
    """
    link = split_link(text, "softtoken", Fault.NOT_ACTIVATION, plus_is_space=False)
    if link.kind != "activate" or link.path:
        raise BadLink(Fault.NOT_ACTIVATION)
    server = _given(link.one("server"), Fault.NO_SERVER)
    user = _given(link.one("user"), Fault.NO_USER)
    code = _given(link.one("code"), Fault.NO_CODE)
    if not _is_server(server):
        raise BadLink(Fault.BAD_SERVER)
    return ActivationLink(server, user, code)


def format_activation_link(link: ActivationLink) -> str:
    """The link, percent-encoded."""
    parts = (("server", link.server), ("user", link.user), ("code", link.code))
    return "softtoken://activate?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parts)


def _given(value: str | None, fault: Fault) -> str:
    if not value:
        raise BadLink(fault)
    return value


def _is_server(url: str) -> bool:
    """The form alone; which servers may be spoken to without TLS is the client's decision.

    A user name in a URL is how a link makes one host look like another.
    """
    if any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and "@" not in parts.netloc
