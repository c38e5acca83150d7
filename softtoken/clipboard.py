"""The clipboard by way of the system's own programs, and a helper that takes a secret off it again.

The secret goes through pipes alone: never an argument, the environment or a file.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

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


@dataclass(frozen=True, slots=True)
class Copied:
    """program: the one that took it. cleared: a helper takes it off again."""

    program: Program
    cleared: bool


def copy_for(text: str, seconds: int = CLEAR_AFTER, environment: Mapping[str, str] = os.environ) -> Copied | None:
    """Hand a secret to the first program that takes it, and have it taken off after so many seconds.

    None: none took it. The helper knows the secret before the clipboard does, so however this process ends, nothing
    stays there.
    """
    for program in _present(environment):
        helper = _start_helper(program.name, text, seconds)
        if program.copy_text(text):
            if helper is not None:
                _let_go(helper)
            return Copied(program, helper is not None)
        if helper is not None:
            helper.kill()  # it has nothing to wait for
            helper.communicate()
    return None


def clear_now(name: str, text: str) -> bool:
    """Have a helper of its own clear at once, if this is still there. name: of the program that it asks.

    False if it could not be started.
    """
    helper = _start_helper(name, text, 0)
    if helper is None:
        return False
    _let_go(helper)
    return True


def keep(arguments: Sequence[str], secret: bytes, uptime: Callable[[], int], sleep: Callable[[float], None]) -> int:
    """The helper itself. arguments: a program's name and seconds. Returns the exit status.

    uptime: seconds that count suspend, too, so that a computer that slept clears at once when it wakes. It also clears
    at once when it is asked to end.
    """
    if len(arguments) != 2 or not arguments[1].isdecimal():
        return 2
    program = next((one for one in PROGRAMS if one.name == arguments[0]), None)
    if program is None or not 0 < len(secret) <= _LONGEST:
        return 2
    due = uptime() + int(arguments[1])
    with suppress(_Ended), _ended_by_signals():
        while uptime() < due:
            sleep(min(1.0, due - uptime()))
    program.clear_if(secret.decode())
    return 0


class _Ended(BaseException):
    """Somebody wants this process to end: the system that shuts down, or a person."""


_ENDINGS = {signal.SIGINT, signal.SIGTERM} | ({signal.SIGHUP} if sys.platform != "win32" else set())


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """The first request to end raises; what follows has no effect, so that the work that is left can be done."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in _ENDINGS:
            signal.signal(number, _not_again)
        raise _Ended

    for number in _ENDINGS:
        signal.signal(number, end)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)
    yield
    for number in _ENDINGS:
        signal.signal(number, _not_again)


def _not_again(_number: int, _frame: FrameType | None) -> None:
    """A handler, since programs that are started would go on ignoring what is ignored."""


@contextmanager
def _held_back() -> Iterator[None]:
    """Who is started meanwhile hears of requests to end only when it lets them through."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _present(environment: Mapping[str, str]) -> Iterator[Program]:
    for program in PROGRAMS:
        if (program.needs is None or environment.get(program.needs)) and shutil.which(program.name) is not None:
            yield program


def _start_helper(name: str, secret: str, seconds: int) -> "subprocess.Popen[bytes] | None":
    """It knows the secret now, and its time begins once the pipe is closed, by us or by our end. None: not started."""
    frozen = getattr(sys, "frozen", False)
    # -P: the folder that somebody happens to be in may have a softtoken of its own
    me = [sys.executable] if frozen else [sys.executable, "-P", "-m", "softtoken"]
    found = {} if frozen else {"PYTHONPATH": os.fspath(Path(__file__).parents[1])}
    try:
        with _held_back():
            helper = subprocess.Popen(
                [*me, KEEPER, name, str(seconds)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **found},
            )
        assert helper.stdin is not None  # noqa: S101 - a pipe was asked for
        helper.stdin.write(secret.encode())
    except OSError:
        return None
    return helper


def _let_go(helper: "subprocess.Popen[bytes]") -> None:
    assert helper.stdin is not None  # noqa: S101 - a pipe was asked for
    helper.stdin.close()
    helper.returncode = 0  # nobody waits for it: it is not this process's to end, and no zombie outlives its parent


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
