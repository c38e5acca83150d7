"""The virtual environment of a checkout: made once, filled from a lock, left alone while up to date."""

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections import deque
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devtools import system
from devtools.console import Progress, output_lines, say
from devtools.project import DevError, Project, venv_program

_STAMP = "softtoken-stamp.json"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an environment was made from: it is up to date while this is still true."""

    python: str
    root: str
    lock: str
    project: str

    def write(self, venv: Path) -> None:
        (venv / _STAMP).write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def stamp_of(project: Project, lock: Path) -> Stamp:
    """The stamp that an environment made now, by this Python, would carry."""
    recipe = [project.root / "pyproject.toml", project.packaging / "hatch_build.py"]
    return Stamp(sys.version, str(project.root), _digest([lock]), _digest(recipe))


def read_stamp(venv: Path) -> Stamp | None:
    """The stamp in `venv`; None if there is none that can be read, which means: make it anew."""
    try:
        return Stamp(**json.loads((venv / _STAMP).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def prepare(project: Project) -> Path:
    """Make `.venv` from the dev lock, with the project installed to be edited. Returns its Python.

    Raises DevError with what to do about it.
    """
    lock = project.requirements / "dev.txt"
    wanted = stamp_of(project, lock)
    have = read_stamp(project.venv)
    python = venv_program(project.venv, "python")
    if have == wanted and python.exists():
        return python
    # only the recipe of the project itself changed: what the lock put there stays
    keep = have is not None and replace(have, project=wanted.project) == wanted and python.exists()
    if not keep:
        create(project.venv, Path(sys.executable))
        install_locked(python, lock)
    say("Installing Soft Token itself, to be edited in place.")
    pip(
        python,
        ["--no-deps", "--no-build-isolation", "--editable", project.root],
        what="The installation of the project",
    )
    # last, so that an interrupted set-up starts again
    wanted.write(project.venv)
    return python


def create(venv: Path, python: Path) -> None:
    """A new environment in place of whatever is at `venv`."""
    if python == Path(sys.executable) and importlib.util.find_spec("ensurepip") is None:
        package = system.venv_package((sys.version_info[0], sys.version_info[1]))
        if not system.provide([package], "virtual environments"):
            raise DevError(f"This Python cannot make virtual environments. As root, run: apt-get install {package}", 3)
    say(f"Making the virtual environment {venv.name} with {python}.")
    make_way(venv)
    command = [str(python), "-m", "venv", str(venv)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        said = (done.stdout + done.stderr).strip()
        raise DevError(f"The virtual environment could not be made. Python said: {said}", 3)


def make_way(venv: Path) -> None:
    """Remove what is at `venv`. Of a symbolic link only the link goes; venv's own --clear would follow it."""
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    elif venv.exists():
        shutil.rmtree(venv)


def install_locked(python: Path, lock: Path) -> None:
    """Install exactly what `lock` names, wheels only, each checked against its hash."""
    names = locked_names(lock.read_text("utf-8"))
    say(f"Installing up to {len(names)} locked packages; the first time downloads about 200 MB.")
    pip(
        python,
        ["--require-hashes", "--only-binary", ":all:", "--requirement", lock],
        what=f"The installation of {lock.name}",
        total=len(names),
    )


def pip(
    python: Path,
    arguments: list[str | Path],
    *,
    what: str,
    total: int = 0,
    env: dict[str, str] | None = None,
) -> None:
    """`pip install` with a count of packages for output. Raises DevError, with pip's last lines shown."""
    progress = Progress(total)
    command: list[str | Path] = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", *arguments]
    quiet = {"PIP_REQUIRE_VIRTUALENV": "0", "PYTHONWARNINGS": "ignore", "PYTHONPATH": "", **(env or {})}
    last: deque[str] = deque(maxlen=25)
    try:
        for line in output_lines(command, env=quiet, what=what, last=last):
            if line.startswith("Collecting "):
                progress.advance(line.split()[1].split("==")[0])
            elif total and line.startswith("Installing collected packages"):
                progress.end()
                say("   unpacking")
    finally:
        progress.end()


def locked_names(lock: str) -> list[str]:
    """The package names of a lock, in order."""
    return [line.split("==")[0].strip() for line in lock.splitlines() if "==" in line and line[0].isalnum()]


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as fault:
            raise DevError(f"{file} cannot be read: {fault.strerror}.", 3) from fault
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()
