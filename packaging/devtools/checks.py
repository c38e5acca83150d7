"""What has to hold before a change lands: style, types, layers, tests; the first failure ends it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from devtools import system
from devtools.console import run, step
from devtools.project import Project, under_ci, venv_program


def lint(project: Project, python: Path) -> None:
    """Ruff, mypy, import-linter and licences over the whole project. Raises DevError at the first that fails."""
    ruff = venv_program(python.parent.parent, "ruff")
    steps: list[tuple[str, list[str | Path]]] = [
        ("ruff check", [ruff, "check", "."]),
        ("ruff format", [ruff, "format", "--check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("import-linter", [venv_program(python.parent.parent, "lint-imports")]),
        (
            "licences",
            [
                python,
                project.packaging / "devtools" / "licences.py",
                project.packaging / "licences.toml",
                project.requirements,
            ],
        ),
    ]
    for name, command in steps:
        with step(name):
            run(command, cwd=project.root, what=name)


def test(project: Project, python: Path, arguments: Sequence[str], *, full: bool) -> None:
    """Everything: lint, then pytest with `arguments`. `full` also provides what the end-to-end tests start.

    Raises DevError with the exit status of what failed.
    """
    system.provide(system.QT + (system.FULL if full else ()), "the tests")
    lint(project, python)
    with step("pytest"):
        command: list[str | Path] = [python, "-m", "pytest", *pytest_options(arguments), *arguments]
        run(command, cwd=project.root, env=test_environment(os.environ), what="pytest")


def pytest_options(arguments: Sequence[str]) -> list[str]:
    """The whole suite uses every core, four at most; a part that somebody names runs in one process, as it is read.

    Under CI nobody can attach a debugger to a test that hangs, so its stacks are written to the log.
    """
    options = [] if arguments else ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "-q"]
    return [*options, *(["-o", "faulthandler_timeout=300"] if under_ci() else [])]


def test_environment(env: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """What the tests' process gets beside `env`: no window of theirs shows unless somebody asked for it."""
    added = {"PYTHONPATH": "", "PYTHONUNBUFFERED": "1"}
    if sys.platform.startswith("linux") and not env.get("QT_QPA_PLATFORM"):
        added["QT_QPA_PLATFORM"] = "offscreen"
    return added
