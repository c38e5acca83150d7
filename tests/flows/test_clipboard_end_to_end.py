"""The real window and the real command under a real X11 and a real Wayland, and what another program finds there."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.desktop import Desktop, running_desktop
from support.displays import Session, another_program, clipboard, copy_elsewhere, marks, session, until
from support.program import PASSPHRASE, Program

from softtoken.clipboard import CLEAR_AFTER, KEEPER

__all__ = ["session"]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland are Linux's")

# a code that lasts for the whole test, and that nothing else has by chance
LINK = "otpauth://totp/Northwind:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northwind&digits=8&period=86400"


@pytest.fixture
def program(own_home: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("QT_QPA_PLATFORM", "wayland" if "WAYLAND_DISPLAY" in session else "xcb")
    program = Program(own_home)
    added = program.run("add", "-", stdin=LINK + "\n")
    assert added.returncode == 0, added.stderr
    return program


@contextmanager
def copied_in_the_window(program: Program) -> Iterator[tuple[Desktop, str]]:
    """The window after its button was pressed, and the code that another program reads."""
    with running_desktop(program.home) as desktop:
        open_token(desktop)
        yield desktop, press_copy(desktop)


def open_token(desktop: Desktop) -> None:
    desktop.type("Passphrase", PASSPHRASE)
    desktop.click("Open")
    desktop.click("Northwind, anna")
    desktop.sees("Changes by itself.")


def press_copy(desktop: Desktop) -> str:
    if "WAYLAND_DISPLAY" not in os.environ:
        return desktop.copy()

    def pressed() -> bool:
        # the compositor wants to have seen a person do something, so its own keyboard is used
        desktop.focus("Copy")
        subprocess.run(["wtype", "-k", "space"], timeout=30, check=True)
        return bool(clipboard())

    until(pressed, "nothing was copied")
    return clipboard() or ""


def test_the_window_marks_a_code_and_takes_it_off_after_its_time(program: Program) -> None:
    with copied_in_the_window(program) as (desktop, code):
        assert (len(code), code.isdigit()) == (8, True)
        assert marks()["x-kde-passwordManagerHint"] == "secret"
        assert desktop.keeps_clipboard()
        desktop.pass_seconds(CLEAR_AFTER)
        until(lambda: not clipboard(), "the window cleared nothing")

        assert press_copy(desktop) == code
        copy_elsewhere("theirs")
        desktop.pass_seconds(CLEAR_AFTER)
        until(lambda: not desktop.keeps_clipboard(), "the window waits for ever")
        assert clipboard() == "theirs"


def test_a_copy_that_a_manager_kept_is_taken_off_too(program: Program) -> None:
    with copied_in_the_window(program) as (desktop, code):
        copy_elsewhere(code)
        desktop.pass_seconds(CLEAR_AFTER)
        until(lambda: not clipboard(), "the window cleared nothing")


def test_a_lock_takes_the_code_off_and_nothing_else(program: Program) -> None:
    def lock(desktop: Desktop) -> None:
        assert program.run("lock", passphrase=None).stdout == "Locked 1 window(s).\n"
        desktop.sees("Your tokens are locked")
        assert not desktop.keeps_clipboard()

    with copied_in_the_window(program) as (desktop, _):
        lock(desktop)
        until(lambda: not clipboard(), "the lock cleared nothing")
        open_token(desktop)
        press_copy(desktop)
        copy_elsewhere("theirs")
        lock(desktop)
        assert clipboard() == "theirs"


def closed(desktop: Desktop) -> int:
    return desktop.end()


def terminated(desktop: Desktop) -> int:
    return desktop.send(signal.SIGTERM)


def interrupted(desktop: Desktop) -> int:
    return desktop.send(signal.SIGINT)


def hung_up(desktop: Desktop) -> int:
    return desktop.send(signal.SIGHUP)


@pytest.mark.parametrize("end", [closed, terminated, interrupted, hung_up])
def test_the_end_of_the_program_takes_the_code_off(program: Program, end: Callable[[Desktop], int]) -> None:
    """Also where a manager kept a copy, which the end of the window's own offer does not reach."""
    with copied_in_the_window(program) as (desktop, code):
        copy_elsewhere(code)
        assert end(desktop) == 0
    until(lambda: not clipboard(), "the end cleared nothing")


def test_the_end_of_the_program_leaves_what_is_somebody_else_s(program: Program) -> None:
    with copied_in_the_window(program) as (desktop, _):
        copy_elsewhere("theirs")
        assert terminated(desktop) == 0
    until(lambda: not helpers(), "a helper stays")
    assert clipboard() == "theirs"


def copied_by_the_command(program: Program, seconds: int) -> str:
    done = program.run("code", "anna", "--copy", "--clear-after", str(seconds))
    assert (done.returncode, done.stdout) == (0, f"Copied; cleared in {seconds} seconds.\n"), done.stderr
    return clipboard() or ""


def helpers() -> list[int]:
    """Those that wait to clear this session's clipboard."""
    display = next(name for name in ("WAYLAND_DISPLAY", "DISPLAY") if name in os.environ)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"{display}={os.environ[display]}".encode() in (process / "environ").read_bytes().split(b"\0")
            if ours and KEEPER.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_the_command_copies_and_a_helper_clears_after_the_time(program: Program) -> None:
    program_s_own = program.run("code", "anna").stdout.strip()
    done = program.json("code", "anna", "--copy", "--clear-after", "2")
    assert (done["code"], done["cleared_after"]) == (None, 2)
    assert clipboard() in {program_s_own, ""}  # on a very slow computer the time is over already
    until(lambda: not clipboard(), "the helper cleared nothing")


def test_the_helper_leaves_what_somebody_else_copied_meanwhile(program: Program) -> None:
    copied_by_the_command(program, 1)
    copy_elsewhere("theirs")
    until(lambda: not helpers(), "the helper waits for ever")
    assert clipboard() == "theirs"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_helper_that_is_to_end_clears_at_once(program: Program, number: signal.Signals) -> None:
    """From its first moment on: the command has only just returned."""
    assert len(copied_by_the_command(program, 600)) == 8
    (helper,) = helpers()
    os.kill(helper, number)
    until(lambda: not clipboard(), "the helper cleared nothing")
    until(lambda: not helpers(), "the helper stays")


def test_a_helper_that_is_to_end_leaves_what_is_somebody_else_s(program: Program) -> None:
    copied_by_the_command(program, 600)
    copy_elsewhere("theirs")
    (helper,) = helpers()
    os.kill(helper, signal.SIGTERM)
    until(lambda: not helpers(), "the helper stays")
    assert clipboard() == "theirs"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_right_after_copying_leaves_nothing(
    program: Program, number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clipboard program ends it, once, as soon as the code is on the clipboard."""
    real = another_program().name
    ending, once = tmp_path / "bin" / real, tmp_path / "once"
    ending.parent.mkdir()
    ending.write_text(
        f'#!/bin/sh\n"{shutil.which(real)}" "$@" || exit\n'
        f'case "$*" in *-o*) ;; *) mkdir "{once}" 2>/dev/null && kill -{number.value} $PPID ;; esac\n'
        "exit 0\n"
    )
    ending.chmod(0o700)
    monkeypatch.setenv("PATH", f"{ending.parent}:{os.environ['PATH']}")
    ended = Program(program.home).run("code", "anna", "--copy", "--clear-after", "2")
    assert ended.returncode != 0
    assert once.is_dir()
    assert ended.stdout == ""
    until(lambda: not helpers(), "the helper stays")
    assert not clipboard()


@pytest.mark.parametrize("words", ["--clear-after 5", "--copy --clear-after 0", "--copy --clear-after 601"])
def test_a_time_to_clear_is_for_copies_alone(own_home: Path, words: str) -> None:
    assert Program(own_home).run("code", "anna", *words.split()).returncode == 2
