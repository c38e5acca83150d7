"""Real displays without a screen: an X server, and a Wayland compositor; each with a clipboard that others can read."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from softtoken.clipboard import PROGRAMS, Program

Session = dict[str, str]
"""The variables of a display."""


def until(condition: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


@contextmanager
def x11() -> Iterator[Session]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with open(read) as told:
                yield {"DISPLAY": f":{told.readline().strip()}"}
        finally:
            server.terminate()


@contextmanager
def wayland() -> Iterator[Session]:
    """sway without a screen: a compositor that lets programs without a window use the clipboard, as KDE's does."""
    with tempfile.TemporaryDirectory(prefix="softtoken-sway-") as name:
        folder, as_user = Path(name), []
        config = folder / "config"
        config.write_text("")
        if os.geteuid() == 0:  # it refuses to be root
            as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            os.chown(folder, 65534, 65534)
        with _sway(folder, [*as_user, "sway", "-c", str(config)]) as variables:
            yield variables


@contextmanager
def _sway(folder: Path, command: list[str]) -> Iterator[Session]:
    env = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(folder),
        "WLR_BACKENDS": "headless",
        "WLR_LIBINPUT_NO_DEVICES": "1",
        "WLR_RENDERER": "pixman",
    }
    nothing = subprocess.DEVNULL
    with subprocess.Popen(command, env=env, stdout=nothing, stderr=nothing) as compositor:
        try:
            until(lambda: bool(list(folder.glob("wayland-?"))), "sway made no display")
            yield {"WAYLAND_DISPLAY": next(folder.glob("wayland-?")).name, "XDG_RUNTIME_DIR": str(folder)}
        finally:
            compositor.kill()  # sway forgets a request to end that comes before its loop runs


@pytest.fixture(params=["x11", "wayland"])
def session(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    for needed in ("Xvfb", "xclip", "sway", "wl-copy", "wtype"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    with x11() if request.param == "x11" else wayland() as variables:
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield variables


def another_program() -> Program:
    """Another client of the clipboard of this session."""
    name = "wl-copy" if "WAYLAND_DISPLAY" in os.environ else "xclip"
    return next(program for program in PROGRAMS if program.name == name)


def clipboard() -> str | None:
    """What another program reads there."""
    return another_program().read()


def copy_elsewhere(text: str) -> None:
    """As another program; returns once it is there."""
    assert another_program().copy_text(text)
    until(lambda: clipboard() == text, "nothing was copied")


def marks() -> dict[str, str]:
    """The forms in which it is offered, and the mark for secrets if there is one."""
    ask = ["wl-paste", "--list-types"] if "WAYLAND_DISPLAY" in os.environ else [*_XCLIP, "-t", "TARGETS"]
    mark = ["wl-paste", "--no-newline", "-t"] if "WAYLAND_DISPLAY" in os.environ else [*_XCLIP, "-t"]
    return {name: _output([*mark, name]) if name.startswith("x-kde") else "" for name in _output(ask).split()}


_XCLIP = ["xclip", "-selection", "clipboard", "-o"]


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
