"""The command line of packaging/dev.py: which words mean what, and in which order a command gets ready."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools import build, checks, environment, locks, system
from devtools.console import say
from devtools.project import DevError, Project, this_project, under_ci

_COMMANDS = ("demo", "test", "lint", "lock", "build", "setup")
_HELP = """\
commands (each sets the checkout up first: .venv from the lock, system libraries where it may):
  demo [ARGS...]     the product with a sandbox and a demo user; ARGS go to `softtoken demo`
  test [ARGS...]     ruff, mypy, import-linter, licences, then pytest with ARGS (paths, -k ...); --full, or CI=true,
                     also installs what the end-to-end tests start (Xvfb, Chromium, gnome-keyring ...)
  lint               the first part of test
  lock [--upgrade]   write packaging/requirements/*.txt anew and prove them for Linux, Windows and macOS
  build              wheel, frozen program and .deb into dist/ (Debian family)
  setup              nothing but the set-up
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. `rest` goes to the program behind the command."""

    command: str
    rest: tuple[str, ...] = ()
    full: bool = False
    upgrade: bool = False


def parse(arguments: Sequence[str]) -> Request:
    """Read the command line. Ends the process as argparse does: 0 after --help, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="dev.py",
        usage="python3 packaging/dev.py COMMAND [ARGS...]",
        description="Set up, run, check, lock and build Soft Token from a checkout.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=_COMMANDS, help=argparse.SUPPRESS)
    # what follows the command's word may be another program's options, so only that word is argparse's
    command = str(parser.parse_args(arguments[:1]).command)
    rest = list(arguments[1:])
    if command == "demo":
        return Request(command, rest=tuple(rest))
    if command == "test":
        full = "--full" in rest
        return Request(command, rest=tuple(word for word in rest if word != "--full"), full=full)
    if command == "lock" and rest == ["--upgrade"]:
        return Request(command, upgrade=True)
    if rest:
        parser.error(f"{command} takes no {rest[0]}")
    return Request(command)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command. Returns the exit status; a failure is told in a sentence on stderr."""
    request = parse(arguments)
    project = this_project()
    try:
        return _carry_out(request, project)
    except DevError as fault:
        sys.stdout.flush()
        print(fault.sentence, file=sys.stderr, flush=True)
        return fault.status
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr, flush=True)
        return 130


def _carry_out(request: Request, project: Project) -> int:
    python = environment.prepare(project)
    match request.command:
        case "demo":
            system.provide(system.QT, "the window")
            return _demo(python, request.rest)
        case "test":
            checks.test(project, python, request.rest, full=request.full or under_ci())
        case "lint":
            checks.lint(project, python)
        case "lock":
            locks.lock(project, upgrade=request.upgrade)
        case "build":
            build.build(project, python)
        case _:
            say("Ready.")
    return 0


def _demo(python: Path, rest: Sequence[str]) -> int:
    if "--headless" not in rest and _no_screen(os.environ):
        raise DevError(
            "There is no display here to show a window on. To see the whole story in text: "
            "python3 packaging/dev.py demo --headless",
            3,
        )
    command = [str(python), "-m", "softtoken", "demo", *rest]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": ""}, check=False).returncode


def _no_screen(env: os._Environ[str] | dict[str, str]) -> bool:
    if not sys.platform.startswith("linux") or env.get("QT_QPA_PLATFORM", "xcb") not in {"xcb", "wayland"}:
        return False
    return not (env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"))
