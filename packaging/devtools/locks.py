"""The locks: made from pyproject.toml for all systems at once, and proven to hold on each.

A lock names versions and hashes and no registry, so nothing of the machine that made it gets in.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from devtools.console import run_quietly, say, step
from devtools.environment import locked_names
from devtools.project import DevError, Project, venv_program

PYTHON = "3.11"
_SOURCE = re.compile("INDEX|FIND_LINKS|CONSTRAINT|OVERRIDE|PRERELEASE|EXCLUDE_NEWER|RESOLUTION")


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock: what goes in, and the lock whose versions it has to share."""

    name: str
    extras: tuple[str, ...]
    requirements: str | None
    constraint: str | None


LOCKS = (
    Lock("dev", ("sandbox", "dev"), "dev.in", None),
    Lock("runtime", ("sandbox",), None, "dev"),
    Lock("build", ("sandbox",), "build.in", "dev"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A system that a lock must install on from wheels alone; `environment` is what uv must know of it."""

    name: str
    platform: str
    environment: tuple[tuple[str, str], ...] = ()


# PySide6 sets the floor: glibc 2.34 and macOS 13 since 6.10, macOS 14 with 6.12; before, glibc 2.28. uv's plain
# x86_64-unknown-linux-gnu means glibc 2.28, so it cannot be asked for
TARGETS = (
    Target("Linux x86-64, glibc 2.34", "x86_64-manylinux_2_34"),
    Target("Linux x86-64, glibc 2.36 (Debian 12)", "x86_64-manylinux_2_36"),
    Target("Windows x86-64", "x86_64-pc-windows-msvc"),
    Target("macOS 14 on Apple silicon", "aarch64-apple-darwin", (("MACOSX_DEPLOYMENT_TARGET", "14.0"),)),
)


def lock(project: Project, *, upgrade: bool) -> None:
    """Write all locks anew (`upgrade`: to the newest versions), check them, and prove them for every target.

    Raises DevError if one cannot be made or does not hold.
    """
    uv = venv_program(project.venv, "uv")
    for each in LOCKS:
        path = project.requirements / f"{each.name}.txt"
        with step(f"lock {path.name}"):
            run_quietly(
                compile_command(uv, project, each, upgrade=upgrade),
                cwd=project.root,
                env=_clean_environment(),
                what=f"Locking {path.name}",
            )
            text = path.read_text("utf-8")
            faults = faults_of(text)
            if faults:
                raise DevError(f"{path.name} is not fit to commit: {'; '.join(faults)}.")
            say(f"   {len(locked_names(text))} packages")
    prove(project)


def prove(project: Project) -> None:
    """Resolve each lock for each target, wheels only, by hash, installing nothing. Raises DevError."""
    uv = venv_program(project.venv, "uv")
    for target in TARGETS:
        for each in LOCKS:
            with step(f"{each.name}.txt on {target.name}"):
                run_quietly(
                    prove_command(uv, project, each, target),
                    cwd=project.root,
                    env={**_clean_environment(), **dict(target.environment)},
                    what=f"{each.name}.txt on {target.name}",
                )


def compile_command(uv: Path, project: Project, lock: Lock, *, upgrade: bool) -> list[str | Path]:
    """The one command that makes a lock. Paths are relative, because uv repeats them in its comments."""
    folder = project.requirements.relative_to(project.root)
    command: list[str | Path] = [uv, "--no-config", "pip", "compile", "--universal", "--generate-hashes"]
    command += ["--python-version", PYTHON, "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    for extra in lock.extras:
        command += ["--extra", extra]
    if lock.constraint:
        command += ["--constraint", (folder / f"{lock.constraint}.txt").as_posix()]
    if upgrade:
        command.append("--upgrade")
    command.append("pyproject.toml")
    if lock.requirements:
        command.append((folder / lock.requirements).as_posix())
    return [*command, "--output-file", (folder / f"{lock.name}.txt").as_posix()]


def prove_command(uv: Path, project: Project, lock: Lock, target: Target) -> list[str | Path]:
    """A dry run of an installation on another system."""
    path = project.requirements / f"{lock.name}.txt"
    # a target folder, so that what this environment already has counts for nothing
    return [
        uv, "--no-config", "pip", "install", "--dry-run", "--python-platform", target.platform,
        "--python-version", PYTHON, "--require-hashes", "--only-binary", ":all:",
        "--target", project.work / "prove", "--requirement", path,
    ]  # fmt: skip


def faults_of(text: str) -> list[str]:
    """What is wrong with a lock: an address or path of this machine, a package without version or hash."""
    faults: list[str] = []
    stanzas = re.split(r"\n(?=[^\s#])", text.strip())
    for stanza in stanzas:
        first = stanza.splitlines()[0]
        if first.startswith("-") or "://" in stanza or re.search(r"(^|\s)/\w", stanza):
            faults.append(f"names an address, path or option: {first}")
        elif not re.match(r"[a-z0-9.\-]+==\S+", first):
            faults.append(f"pins no version: {first}")
        elif "--hash=sha256:" not in stanza:
            faults.append(f"has no hash: {first}")
    return faults


def _clean_environment() -> dict[str, str | None]:
    """This machine's settings of uv, taken away: an index or a find-links folder would change the lock."""
    return {name: None for name in os.environ if name.startswith("UV_") and _SOURCE.search(name)}
