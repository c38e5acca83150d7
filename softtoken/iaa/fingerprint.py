"""CDDC, the client device data of a request: what it says of this desktop, and its hash (iaa-api 11)."""

import hashlib
import json
import platform as machine_facts
import sys
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class BrowserCddc:
    """fingerprint_raw is an opaque text, never parsed again; fingerprint_hash is fingerprint_hash(raw)."""

    fingerprint_raw: str
    fingerprint_hash: str


@dataclass(frozen=True, slots=True)
class MobileCddc:
    """The other form, never sent with a BrowserCddc.

    That it exists and excludes the other is documented, its two fields are inferred from the register call; what a
    mobile SDK writes into the text is unknown, so ours has the browser's layout.
    """

    fingerprint_raw: str
    fingerprint_hash: str


Cddc = BrowserCddc | MobileCddc


class CddcExtent(StrEnum):
    """How much is told. MINIMAL: the program's version and the family of the system. NONE: no CDDC at all."""

    NONE = "none"
    MINIMAL = "minimal"
    FULL = "full"


class CddcForm(StrEnum):
    """Which of the two forms carries it."""

    BROWSER = "browser"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class Display:
    """Width and height of the screen and of the window on it, in pixels as a browser counts them (unscaled)."""

    screen: tuple[int, int]
    viewport: tuple[int, int]


def fingerprint_hash(raw: str) -> str:
    """Lower-case hex SHA-256 of the text as JSON-decoded: CRLF as LF, UTF-8."""
    return hashlib.sha256(raw.replace("\r\n", "\n").encode()).hexdigest()


def collect(
    app_version: str,
    display: Display | None,
    *,
    extent: CddcExtent = CddcExtent.FULL,
    platform: str = sys.platform,
    machine: str | None = None,
) -> BrowserCddc:
    """This desktop in the layout of the vendor's script. Nothing that names the machine or its user.

    display: None without a window. extent: anything but NONE, for which there is nothing to collect. platform: as
    sys.platform; machine: as platform.machine(), by default this one's.
    """
    raw = fingerprint_raw(app_version, display, extent=extent, platform=platform, machine=machine)
    return BrowserCddc(raw, fingerprint_hash(raw))


def collect_mobile(
    app_version: str,
    display: Display | None,
    *,
    extent: CddcExtent = CddcExtent.FULL,
    platform: str = sys.platform,
    machine: str | None = None,
) -> MobileCddc:
    """As `collect`, in the other form."""
    raw = fingerprint_raw(app_version, display, extent=extent, platform=platform, machine=machine)
    return MobileCddc(raw, fingerprint_hash(raw))


def fingerprint_raw(
    app_version: str, display: Display | None, *, extent: CddcExtent, platform: str, machine: str | None
) -> str:
    """The text itself, in the order of the vendor's script."""
    system, short = _SYSTEMS.get(platform.rstrip("0123456789"), _OTHER_SYSTEM)
    full = extent is CddcExtent.FULL
    seen = display if full else None
    width, height = seen.screen if seen else (None, None)
    layout: dict[str, Any] = {"browser": {"userAgent": f"SoftToken/{app_version}"}}
    if seen:
        layout["viewport"] = dict(zip(("width", "height"), seen.viewport, strict=True))
    layout |= {
        # the script's 17 browser features; like the script we write null for "not there"
        "support": dict.fromkeys(_SUPPORT),
        "computer": {
            "screenWidth": width,
            "screenHeight": height,
            "OS": system,
            "platform": short.format(machine or machine_facts.machine()).strip() if full else None,
        },
        "additional": {},
    }
    return json.dumps(layout, ensure_ascii=False, separators=(",", ":"))


def new_session_id() -> str:
    """A fresh application session id: the 36 ASCII characters of a UUID as 72 hexadecimal digits."""
    return str(uuid.uuid4()).encode("ascii").hex()


_SUPPORT = (
    "ajax", "boxModel", "changeBubbles", "checkClone", "checkOn", "cors", "cssFloat", "hrefNormalized",
    "htmlSerialize", "leadingWhitespace", "noCloneChecked", "noCloneEvent", "opacity", "optDisabled", "style",
    "submitBubbles", "tbody",
)  # fmt: skip

# the words of the vendor's script for the OS, and of a browser's navigator.platform, which on Windows and macOS says
# the same on every processor
_SYSTEMS = {
    "win": ("Microsoft Windows", "Win32"),
    "darwin": ("Apple MacOS", "MacIntel"),
    "linux": ("Linux", "Linux {0}"),
    "freebsd": ("UNIX", "FreeBSD {0}"),
    "openbsd": ("UNIX", "OpenBSD {0}"),
    "netbsd": ("UNIX", "NetBSD {0}"),
    "sunos": ("UNIX", "SunOS {0}"),
    "aix": ("UNIX", "AIX"),
}
_OTHER_SYSTEM = ("Unknown Operating System", "")
