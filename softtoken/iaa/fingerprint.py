"""CDDC, the client device data of a request: what it says of this desktop, and its hash (iaa-api 11)."""

import hashlib
import json
import sys
import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BrowserCddc:
    """fingerprint_raw is an opaque text, never parsed again; fingerprint_hash is fingerprint_hash(raw)."""

    fingerprint_raw: str
    fingerprint_hash: str


def fingerprint_hash(raw: str) -> str:
    """Lower-case hex SHA-256 of the text as JSON-decoded: CRLF as LF, UTF-8."""
    return hashlib.sha256(raw.replace("\r\n", "\n").encode()).hexdigest()


def collect(app_version: str, screen: tuple[int, int] | None, *, platform: str = sys.platform) -> BrowserCddc:
    """This desktop in the layout of the vendor's script: program version, OS family and, if given, screen.

    Nothing that names the machine or its user. screen: width and height in pixels. platform: as sys.platform.
    """
    width, height = screen or (None, None)
    system, short = _SYSTEMS.get(platform.rstrip("0123456789"), _OTHER_SYSTEM)
    layout = {
        "browser": {"userAgent": f"SoftToken/{app_version}"},
        # the script's 17 browser features; like the script we write null for "not there"
        "support": dict.fromkeys(_SUPPORT),
        "computer": {"screenWidth": width, "screenHeight": height, "OS": system, "platform": short},
        "additional": {},
    }
    raw = json.dumps(layout, ensure_ascii=False, separators=(",", ":"))
    return BrowserCddc(raw, fingerprint_hash(raw))


def new_session_id() -> str:
    """A fresh application session id: the 36 ASCII characters of a UUID as 72 hexadecimal digits."""
    return str(uuid.uuid4()).encode("ascii").hex()


_SUPPORT = (
    "ajax", "boxModel", "changeBubbles", "checkClone", "checkOn", "cors", "cssFloat", "hrefNormalized",
    "htmlSerialize", "leadingWhitespace", "noCloneChecked", "noCloneEvent", "opacity", "optDisabled", "style",
    "submitBubbles", "tbody",
)  # fmt: skip

# the words of the vendor's script for the OS, and of a browser's navigator.platform
_SYSTEMS = {
    "win": ("Microsoft Windows", "Win32"),
    "darwin": ("Apple MacOS", "MacIntel"),
    "linux": ("Linux", "Linux x86_64"),
    "freebsd": ("UNIX", "FreeBSD"),
    "openbsd": ("UNIX", "OpenBSD"),
    "netbsd": ("UNIX", "NetBSD"),
    "sunos": ("UNIX", "SunOS"),
    "aix": ("UNIX", "AIX"),
}
_OTHER_SYSTEM = ("Unknown Operating System", "")
