"""What the operating system must have: which Debian packages are missing, and installing them where we may.

Nothing here is needed on Windows or macOS, whose wheels carry all of it; on Linux systems without dpkg the
names are only told.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from devtools.console import run_quietly, say
from devtools.project import DevError

# what Qt's libraries link to and its wheels do not carry; found by ldd over the platform and printer plug-ins
QT = (
    "libcups2",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0",
    "libx11-xcb1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-shm0",
    "libxcb-sync1",
    "libxcb-xfixes0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
)

# what the end-to-end tests start: screens of both kinds with their clipboards and a keyboard, a window manager, a
# browser, a keyring, a fingerprint service with what decides who may use it, a tracer, another TLS server, a logind
FULL = (
    "chromium",
    "chromium-driver",
    "dbus",
    "dpkg-dev",
    "fonts-dejavu-core",
    "fprintd",
    "gnome-keyring",
    "imagemagick",
    "openbox",
    "openssl",
    "polkitd",
    "python3-dbusmock",
    "strace",
    "sway",
    "wl-clipboard",
    "wtype",
    "xauth",
    "xclip",
    "xdotool",
    "xvfb",
)

# what makes the .deb: PyInstaller's own bootloader needs a compiler, debhelper works out the dependencies
BUILD = (
    "appstream",
    "binutils",
    "debhelper",
    "desktop-file-utils",
    "dpkg-dev",
    "fakeroot",
    "file",
    "gcc",
    "libc6-dev",
    "librsvg2-bin",
    "lintian",
    "zlib1g-dev",
)

# stdout of a command, or None if it could not be started or failed
Ask = Callable[[Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing, and what to type to change that."""

    packages: tuple[str, ...]

    @property
    def command(self) -> str:
        return "apt-get install --no-install-recommends " + " ".join(self.packages)


def ask(command: Sequence[str]) -> str | None:
    """Run a command that only answers a question."""
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def installed(listing: str) -> set[str]:
    """The names that a listing `package<TAB>status<TAB>provides` answers for.

    A name may be provided under another: Debian 13's libglib2.0-0t64 provides libglib2.0-0.
    """
    names: set[str] = set()
    for line in listing.splitlines():
        package, status, provides = [*line.split("\t"), "", ""][:3]
        if status != "installed":
            continue
        names.add(package)
        names.update(word.strip().split(" ")[0].split(":")[0] for word in provides.split(",") if word.strip())
    return names


def missing(packages: Iterable[str], asking: Ask = ask) -> Shortage | None:
    """What of `packages` this system lacks; None where dpkg cannot tell, because it is not a Debian."""
    listing = asking(["dpkg-query", "-W", "-f", "${Package}\\t${db:Status-Status}\\t${Provides}\\n"])
    if listing is None:
        return None
    have = installed(listing)
    return Shortage(tuple(sorted(set(packages) - have)))


def provide(packages: Iterable[str], purpose: str, asking: Ask = ask) -> bool:
    """Make sure that the system has `packages`, installing them as root or with a password-less sudo.

    Returns whether all of them are there. Never raises: what could not be had is said, with the command to
    type, and the caller goes on as far as it gets.
    """
    if not sys.platform.startswith("linux"):
        return True
    wanted = tuple(sorted(set(packages)))
    shortage = missing(wanted, asking)
    if shortage is None:
        say(f"No Debian, so libraries for {purpose} may be missing. Debian calls them: {' '.join(wanted)}")
        return False
    if not shortage.packages:
        return True
    prefix = _as_root(asking)
    if prefix is None:
        say(f"The system lacks packages for {purpose}. As root, run: {shortage.command}")
        return False
    say(f"Installing {len(shortage.packages)} system packages for {purpose}: {' '.join(shortage.packages)}")
    # the list of a fresh machine is empty or old, and a package that it names may be gone
    _apt(prefix, ["update", "-qq"])
    if not _apt(prefix, ["install", *shortage.packages]):
        # one name that this release does not know must not keep the others away
        for package in shortage.packages:
            _apt(prefix, ["install", package])
    left = missing(wanted, asking)
    if left is not None and left.packages:
        say(f"These could not be installed: {' '.join(left.packages)}. By hand: {left.command}")
        return False
    return True


def venv_package(version: tuple[int, int]) -> str:
    """Debian's package with the part of `venv` that it splits off."""
    return f"python{version[0]}.{version[1]}-venv"


def _as_root(asking: Ask) -> list[str] | None:
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if asking(["sudo", "-n", "true"]) is not None else None


def _apt(prefix: Sequence[str], arguments: Sequence[str]) -> bool:
    verb, *rest = arguments
    options = ["-y", "-qq", "--no-install-recommends"] if verb == "install" else []
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    try:
        run_quietly([*apt, verb, *options, *rest], what=f"apt-get {verb}")
    except DevError as fault:
        say(fault.sentence)
        return False
    return True
