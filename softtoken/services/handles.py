"""A pending login as a text, for a program that goes on with it in a later run."""

import base64
import binascii

import msgspec

from softtoken.errors import SoftTokenError
from softtoken.services.events import PendingLogin


class BadHandle(SoftTokenError):  # noqa: N818 - named after what happened
    """The text is not a whole handle."""


def format_handle(login: PendingLogin) -> str:
    """One word of letters, digits, `-` and `_`. Whoever has it still needs the answer; it is good for a minute."""
    return base64.urlsafe_b64encode(msgspec.json.encode(login)).decode().rstrip("=")


def parse_handle(text: str) -> PendingLogin:
    """Raises BadHandle. What it says of a token's server is checked when it is used."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=PendingLogin)
    except (binascii.Error, ValueError):
        fault = BadHandle()
    # outside the handler: a decoding error holds on to the text
    raise fault
