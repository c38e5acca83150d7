"""A pending login as a text, for a program that goes on with it in a later run."""

import base64
import binascii
from dataclasses import replace

import msgspec

from softtoken.errors import SoftTokenError
from softtoken.formats.shown_text import shows_all
from softtoken.iaa.address import parse_origin, user_path
from softtoken.services.events import LIFE, PendingLogin
from softtoken.services.verdicts import usable_id


class BadHandle(SoftTokenError):  # noqa: N818 - named after what happened
    """The text is not a whole handle, or not of a login that this program began."""


def format_handle(login: PendingLogin) -> str:
    """One word of letters, digits, `-` and `_`. Whoever has it still needs the answer; it is good for a minute."""
    return base64.urlsafe_b64encode(msgspec.json.encode(login)).decode().rstrip("=")


def parse_handle(text: str, uptime: int) -> PendingLogin:
    """Raises BadHandle, also for what no login of ours has in it: whoever wrote the text may be anybody.

    Whether a token's server is its own is checked when it is used. uptime: now, in seconds; nothing waits for longer
    than a login that begins now.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        login = msgspec.json.decode(raw, type=PendingLogin)
        if _is_sound(login):
            return replace(login, until=min(login.until, uptime + LIFE))
    except (binascii.Error, ValueError):
        pass
    # outside the handler: a decoding error holds on to the text
    raise BadHandle


def _is_sound(login: PendingLogin) -> bool:
    """May it be shown and sent? Raises BadAddress."""
    user = login.user_identifier
    texts = (login.user, login.session_id, login.challenge or "", *((user.tenant_id, user.user_id) if user else ()))
    return (
        bool(user_path(login.user))
        and parse_origin(login.origin) == login.origin
        and usable_id(login.request_id) == login.request_id
        and all(shows_all(text) for text in texts)
    )
