"""The clipboards of a real X11 and a real Wayland session: what the helper and the window's part leave there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.displays import Session, another_program, clipboard, copy_elsewhere, session, until

from softtoken.clipboard import KEEPER, clear_now, copy_for

__all__ = ["session"]

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland are Linux's")


def helper(name: str, secret: str, seconds: int) -> subprocess.CompletedProcess[bytes]:
    """The helper in the foreground."""
    command = [sys.executable, "-m", "softtoken", KEEPER, name, str(seconds)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, input=secret.encode(), env=env, timeout=60, check=False)


def test_the_helper_clears_what_is_still_there(session: Session) -> None:
    copy_elsewhere("482915")
    assert helper(another_program().name, "482915", 1).returncode == 0
    until(lambda: not clipboard(), "the helper cleared nothing")


def test_the_helper_leaves_what_was_copied_since(session: Session) -> None:
    copy_elsewhere("theirs")
    assert helper(another_program().name, "482915", 0).returncode == 0
    assert clipboard() == "theirs"


def test_the_helper_outlives_who_started_it_and_is_told_through_a_pipe(session: Session, tmp_path: Path) -> None:
    starter = f"""
import glob, time
from softtoken.clipboard import copy_for
copied = copy_for("4829" + "1536", 8)
assert copied is not None and copied.cleared
seen, give_up = False, time.monotonic() + 7
while not seen and time.monotonic() < give_up:  # on a busy computer it takes a moment to become itself
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = open(name, "rb").read()
            if b"{KEEPER}" in words.split(b"\\0"):
                assert b"48291536" not in words, words
                assert b"48291536" not in open(name.replace("cmdline", "environ"), "rb").read()
                seen = True
        except (FileNotFoundError, ProcessLookupError):
            pass
print("seen" if seen else "not seen")
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", starter]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "seen\n"
    until(lambda: not clipboard(), "the helper cleared nothing")


def test_a_package_in_the_folder_that_somebody_is_in_is_not_run(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = tmp_path / "softtoken"
    planted.mkdir()
    for name in ("__init__.py", "__main__.py"):
        (planted / name).write_text(f"open({str(tmp_path / 'run-it')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    copy_elsewhere("482915")
    assert clear_now(another_program().name, "482915")
    until(lambda: not clipboard(), "the helper cleared nothing")
    assert not (tmp_path / "run-it").exists()


WINDOW = """
import sys
from PySide6.QtWidgets import QApplication
from softtoken.clock import SystemClock
from softtoken.ui.clipboard import SecretClipboard
app = QApplication([])
secret = SecretClipboard(app.clipboard(), SystemClock())
def ordered():
    word = sys.stdin.readline().strip()
    if word == "copy":
        secret.copy_secret("482915")
    elif word == "clear":
        secret.clear()
    else:
        app.quit()
    print(word, flush=True)
from PySide6.QtCore import QSocketNotifier
listener = QSocketNotifier(0, QSocketNotifier.Type.Read)
listener.activated.connect(ordered)
print("ready", flush=True)
app.exec()
"""


@pytest.mark.parametrize("session", ["x11"], indirect=True)
def test_the_window_on_x11(session: Session) -> None:
    """Marked for clipboard managers; the selection that the middle button pastes is somebody else's."""

    def asked(*words: str) -> str:
        command = ["xclip", "-o", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout

    def give(selection: str, text: str) -> None:
        nothing = subprocess.DEVNULL
        command = ["xclip", "-i", "-selection", selection]
        subprocess.run(command, input=text, text=True, stdout=nothing, stderr=nothing, timeout=30, check=True)

    give("primary", "selected elsewhere")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "xcb"}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", WINDOW]
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True, bufsize=1) as window:
        assert window.stdin is not None
        assert window.stdout is not None

        def order(word: str) -> None:
            assert window.stdin is not None
            assert window.stdout is not None
            window.stdin.write(word + "\n")
            assert window.stdout.readline().strip() == word

        assert window.stdout.readline().strip() == "ready"
        order("copy")
        assert clipboard() == "482915"
        assert "x-kde-passwordManagerHint" in asked("-selection", "clipboard", "-t", "TARGETS").splitlines()
        assert asked("-selection", "clipboard", "-t", "x-kde-passwordManagerHint") == "secret"
        order("clear")
        assert not clipboard()
        order("copy")
        give("clipboard", "theirs")
        order("clear")
        assert clipboard() == "theirs"
        assert asked("-selection", "primary") == "selected elsewhere"
        order("end")
        assert window.wait(30) == 0


def test_no_display_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert copy_for("482915", environment={}) is None
    assert copy_for("482915", environment={"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}) is None


@pytest.mark.parametrize("words", ["", "xclip", "xclip soon", "xclip -1", "other 1", "xclip 1 2"])
def test_the_helper_refuses_what_it_does_not_know(words: str) -> None:
    command = [sys.executable, "-m", "softtoken", KEEPER, *words.split()]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, input=b"482915", env=env, timeout=60, check=False).returncode == 2
