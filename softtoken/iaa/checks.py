"""What the documents allow in a request: checked when it is made, so nothing wrong is ever sent."""

import ipaddress
import re

from softtoken.errors import SoftTokenError
from softtoken.iaa.fingerprint import Cddc

MAX_DEVICE_TEXT = 65536
"""Characters in a device code, a signature or a FIDO answer: a bound of ours, far above any real one."""

MAX_HOLD = 300
"""Seconds that a request may ask the server to hold the call: a bound of ours; the vendor's policy says 60."""


class InvalidRequest(SoftTokenError):  # noqa: N818 - named after what happened
    """A field that the documents do not allow; nothing was sent. field: its name here, in snake case."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def check_text(name: str, text: str | None, shortest: int, longest: int) -> None:
    """Raises InvalidRequest unless the text is absent, or of a fitting length and fit for UTF-8."""
    if text is None:
        return
    if not shortest <= len(text) <= longest or any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidRequest(name)


def check_adaptive(
    cddc: Cddc | None,
    relationship_ref: str | None,
    session_id: str | None,
    client_ip: str | None,
    application_ref: str | None,
) -> None:
    """What the risk engine is told. session_id: 2 to 100 hexadecimal digits. Raises InvalidRequest."""
    check_text("relationship_ref", relationship_ref, 1, 150)
    check_text("application_ref", application_ref, 1, 255)
    if session_id is not None and not re.fullmatch("[0-9a-fA-F]{2,100}", session_id):
        raise InvalidRequest("session_id")
    if cddc is not None:
        check_text("cddc", cddc.fingerprint_raw, 0, MAX_DEVICE_TEXT)
        check_text("cddc", cddc.fingerprint_hash, 0, 255)
    if client_ip is not None and not _is_ip(client_ip):
        raise InvalidRequest("client_ip")


def check_hold(timeout: int | None) -> None:
    """Raises InvalidRequest."""
    if timeout is not None and not 0 <= timeout <= MAX_HOLD:
        raise InvalidRequest("timeout")


def require(**given: object) -> None:
    """Raises InvalidRequest for the first field that is None."""
    for name, value in given.items():
        if value is None:
            raise InvalidRequest(name)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
