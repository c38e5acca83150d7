"""The clipboard by way of the system's own programs, and a helper that takes a secret off it again.

The secret goes through pipes alone: never an argument, the environment or a file.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEEPER = "--clear-clipboard"
"""The first word of the helper's command line; then a program's name and seconds. The secret is its standard input."""

CLEAR_AFTER = 30
"""Seconds."""

_PATIENCE = 5.0
_LONGEST = 4096  # of what is compared


@dataclass(frozen=True, slots=True)
class Program:
    """One clipboard program. needs: the variable of the display that it talks to; None for none."""

    name: str
    needs: str | None
    copy: tuple[tuple[str, ...], ...]
    paste: tuple[str, ...]
    clear: tuple[str, ...]

    def copy_text(self, text: str) -> bool:
        """The first of its ways that works; older versions do not know the mark for secrets."""
        return any(_give(way, text.encode()) for way in self.copy)

    def read(self) -> str | None:
        """What is on the clipboard as text; None if that cannot be told. Line ends at the end are the program's."""
        told = _ask(self.paste)
        return None if told is None else told.decode(errors="replace").rstrip("\r\n")

    def clear_if(self, text: str) -> bool:
        """Take it off if it is still there. False: something else is, or nobody can tell."""
        return self.read() == text and _give(self.clear)


PROGRAMS = (
    Program(
        "wl-copy",
        "WAYLAND_DISPLAY",
        (("wl-copy", "--sensitive"), ("wl-copy",)),
        ("wl-paste", "--no-newline"),
        ("wl-copy", "--clear"),
    ),
    Program(
        "xclip",
        "DISPLAY",
        (("xclip", "-selection", "clipboard"),),
        ("xclip", "-selection", "clipboard", "-o"),
        ("xclip", "-selection", "clipboard"),
    ),
    Program(
        "xsel",
        "DISPLAY",
        (("xsel", "--clipboard", "--input"),),
        ("xsel", "--clipboard", "--output"),
        ("xsel", "--clipboard", "--clear"),
    ),
    Program("pbcopy", None, (("pbcopy",),), ("pbpaste",), ("pbcopy",)),
    Program(
        "clip.exe",
        None,
        (("clip.exe",),),
        ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Get-Clipboard -Raw"),
        ("clip.exe",),
    ),
)


def copy_text(text: str, environment: Mapping[str, str] = os.environ) -> Program | None:
    """Hand the text to the first program that takes it; which one that was."""
    for program in PROGRAMS:
        if program.needs is not None and not environment.get(program.needs):
            continue
        if shutil.which(program.name) is not None and program.copy_text(text):
            return program
    return None


def clear_later(name: str, text: str, seconds: int = CLEAR_AFTER) -> bool:
    """Start a helper of its own that outlives this process, waits, and clears if nothing else was copied since.

    name: of the program that it asks. False if it could not be started.
    """
    frozen = getattr(sys, "frozen", False)
    # -P: the folder that somebody happens to be in may have a softtoken of its own
    me = [sys.executable] if frozen else [sys.executable, "-P", "-m", "softtoken"]
    found = {} if frozen else {"PYTHONPATH": os.fspath(Path(__file__).parents[1])}
    try:
        helper = subprocess.Popen(
            [*me, KEEPER, name, str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **found},
        )
        assert helper.stdin is not None  # noqa: S101 - a pipe was asked for
        with helper.stdin:
            helper.stdin.write(text.encode())
    except OSError:
        return False
    helper.returncode = 0  # nobody waits for it: it is not this process's to end, and no zombie outlives its parent
    return True


def keep(arguments: Sequence[str], secret: bytes, uptime: Callable[[], int], sleep: Callable[[float], None]) -> int:
    """The helper itself. arguments: a program's name and seconds. Returns the exit status.

    uptime: seconds that count suspend, too, so that a computer that slept clears at once when it wakes.
    """
    if len(arguments) != 2 or not arguments[1].isdecimal():
        return 2
    program = next((one for one in PROGRAMS if one.name == arguments[0]), None)
    if program is None or len(secret) > _LONGEST:
        return 2
    due = uptime() + int(arguments[1])
    while uptime() < due:
        sleep(min(1.0, due - uptime()))
    program.clear_if(secret.decode())
    return 0


def _give(command: tuple[str, ...], data: bytes = b"") -> bool:
    """Run a program that takes something; it may go on serving it in the background, so it gets no output to hold."""
    path = shutil.which(command[0])
    if path is None:
        return False
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(
            [path, *command[1:]], input=data, stdout=nothing, stderr=nothing, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _ask(command: tuple[str, ...]) -> bytes | None:
    """What a program printed; None if it is not there, fails, or takes too long."""
    path = shutil.which(command[0])
    if path is None:
        return None
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(
            [path, *command[1:]], stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
