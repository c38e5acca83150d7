"""Finding and ringing the windows over a data folder from outside: they lock, and nothing else can be asked of them.

A window listens on a socket that only its user can reach (on Windows a named pipe); locking needs no secret.
"""

import hashlib
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from softtoken.services.home import Home

RING, LOCKED = b"lock\n", b"locked\n"
"""All that is ever said: the one into the window, the other back once its keys are gone."""

_PREFIX = "doorbell-"
_LONGEST = 90
"""Bytes of a socket's path that every system takes."""


@dataclass(frozen=True, slots=True)
class Rung:
    """How many windows said that they are locked, and how many are there and did not say so in time."""

    locked: int
    silent: int


def own_door(home: Home, pid: int) -> str | None:
    """Where the window of this process is to listen; None: the folder is not there, or its name is too long."""
    if sys.platform == "win32":
        return f"softtoken-{_digest(home)}-{pid}"
    path = home.folder / f"{_PREFIX}{pid}"
    return str(path) if home.folder.is_dir() and len(os.fsencode(path)) <= _LONGEST else None


def sweep(home: Home) -> None:
    """Remove what windows that were killed left behind."""
    if sys.platform != "win32":
        for path in _doors(home):
            if _ring_socket(path, 0) is None:
                with suppress(OSError):
                    Path(path).unlink()


def ring(home: Home, seconds: float) -> Rung:
    """Ask every window over this data folder to lock, and wait so long for each."""
    answers = [_ring_pipe(path) if sys.platform == "win32" else _ring_socket(path, seconds) for path in _doors(home)]
    there = [answer for answer in answers if answer is not None]
    return Rung(there.count(True), there.count(False))


def _doors(home: Home) -> list[str]:
    if sys.platform == "win32":
        prefix, folder = f"softtoken-{_digest(home)}-", "\\\\.\\pipe\\"
    else:
        prefix, folder = _PREFIX, os.fspath(home.folder)
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [os.path.join(folder, name) for name in sorted(names) if name.startswith(prefix)]


def _ring_socket(path: str, seconds: float) -> bool | None:
    """Did it say that it is locked? None: nobody is there. 0 seconds: only look whether somebody is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bell:
        try:
            bell.connect(path)
        except OSError:
            return None
        if not seconds:
            return False
        try:
            bell.settimeout(seconds)
            bell.sendall(RING)
            return bell.recv(len(LOCKED)) == LOCKED
        except OSError:
            return False


def _ring_pipe(path: str) -> bool | None:
    """As `_ring_socket`, but a pipe knows no time limit."""
    try:
        with open(path, "r+b", buffering=0) as bell:
            bell.write(RING)
            return bell.read(len(LOCKED)) == LOCKED
    except OSError:
        return None


def _digest(home: Home) -> str:
    return hashlib.sha256(os.fsencode(os.path.normcase(os.path.realpath(home.folder)))).hexdigest()[:16]
