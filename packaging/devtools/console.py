"""What the tools print: one line for each step, with its time, and how commands are run."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from devtools.project import DevError


def say(text: str) -> None:
    """One line for the person or the log, at once."""
    print(text, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, then say how long it took and how it ended."""
    say(f"== {name}")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"== {name}: FAILED after {time.monotonic() - started:.1f} s")
        raise
    say(f"== {name}: ok ({time.monotonic() - started:.1f} s)")


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    what: str = "",
) -> None:
    """Run a command with its output shown. `env` is added to this process's own; None takes a name away.

    Raises DevError with the command's exit status.
    """
    try:
        done = subprocess.run([str(word) for word in command], cwd=cwd, env=_merged(env), check=False)
    except OSError as fault:
        raise DevError(f"{command[0]} could not be started: {fault.strerror}.") from fault
    if done.returncode:
        name = what or Path(str(command[0])).name
        raise DevError(f"{name} {_ending(done.returncode)}.", _status(done.returncode))


def run_quietly(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    what: str,
    log: Path | None = None,
) -> None:
    """Run a command whose output matters only if it fails: then its last 40 lines are shown.

    The whole output goes to `log` if one is named. Raises DevError.
    """
    last: deque[str] = deque(maxlen=40)
    with (log or Path(os.devnull)).open("w", encoding="utf-8") as whole:
        for line in output_lines(command, cwd=cwd, env=env, what=what, last=last):
            whole.write(line + "\n")


def output_lines(
    command: Sequence[str | Path],
    *,
    what: str,
    last: deque[str],
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
) -> Iterator[str]:
    """The lines that a command prints, as they come. Raises DevError after the last one, showing `last`."""
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=_merged(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as fault:
        raise DevError(f"{command[0]} could not be started: {fault.strerror}.") from fault
    with process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            last.append(line.rstrip())
            yield line.rstrip()
    if process.returncode:
        for line in last:
            say(f"   | {line}")
        raise DevError(f"{what} {_ending(process.returncode)}; its last lines are above.", _status(process.returncode))


class Progress:
    """A count that a person sees move: one line rewritten on a terminal, every tenth line in a log."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._terminal = sys.stdout.isatty()

    def advance(self, name: str) -> None:
        self._done += 1
        text = f"   {min(self._done, self._total)} of {self._total}: {name}"
        if self._terminal:
            print(f"\r{text:<70}", end="", flush=True)
        elif self._done % 10 == 0:
            say(text)

    def end(self) -> None:
        if self._terminal and self._done:
            print("\r" + " " * 70 + "\r", end="", flush=True)


def _merged(env: Mapping[str, str | None] | None) -> dict[str, str]:
    merged = {**os.environ, **(env or {})}
    return {name: value for name, value in merged.items() if value is not None}


def _ending(returncode: int) -> str:
    if returncode > 0:
        return "failed"
    names = {number.value: number.name for number in signal.Signals}
    return f"was ended by signal {names.get(-returncode, -returncode)}"


def _status(returncode: int) -> int:
    # a signal is a negative return code; shells call it 128 + n
    return returncode if returncode > 0 else 128 - returncode
