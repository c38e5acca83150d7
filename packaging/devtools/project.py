"""Where things are in a checkout, and how a developer's tool fails."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path


class DevError(Exception):
    """A command cannot go on. `sentence` says why and what to do; `status` is the exit status to end with."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout and the folders that the tools make in it. All of those are ignored by git."""

    root: Path

    @property
    def packaging(self) -> Path:
        return self.root / "packaging"

    @property
    def requirements(self) -> Path:
        """The locks: runtime.txt, dev.txt, build.txt."""
        return self.packaging / "requirements"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def work(self) -> Path:
        """Scratch folder of a build."""
        return self.root / "build"

    @property
    def dist(self) -> Path:
        """What a build hands over."""
        return self.root / "dist"

    def version(self) -> str:
        """The product's version, read without importing it."""
        for line in (self.root / "softtoken" / "__init__.py").read_text("utf-8").splitlines():
            if line.startswith("__version__"):
                return line.split('"')[1]
        raise DevError("softtoken/__init__.py names no __version__.")


def this_project() -> Project:
    """The checkout that this file belongs to, whatever the current folder is."""
    return Project(Path(__file__).resolve().parents[2])


def venv_program(venv: Path, name: str) -> Path:
    """The path of a program of a virtual environment, on any system."""
    if sys.platform == "win32":
        return venv / "Scripts" / f"{name}.exe"
    return venv / "bin" / name


def under_ci() -> bool:
    """Whether a CI service runs this."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
