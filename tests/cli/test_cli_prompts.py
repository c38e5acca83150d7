"""Secrets typed at a terminal: nothing of them is seen, and a PIN that cannot be used is asked for again."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.flows import PIN, Tenant
from support.program import PASSPHRASE, Program

from softtoken.clock import SystemClock
from softtoken.manifest import app_digest
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings

NEW_PIN = "739154"
PATIENCE = 60.0


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    server = SandboxServer(
        SandboxSettings(data_folder=tmp_path / "sandbox", app_digests=(app_digest(),), clock=SystemClock())
    )
    server.start()
    yield Tenant(server.url, tmp_path)
    server.stop()


@pytest.fixture
def program(tmp_path: Path, tenant: Tenant) -> Program:
    made = Program(tmp_path / "home")
    made.activate(tenant.url, "alice", tenant.register("alice"), PIN)
    return made


def converse(program: Program, arguments: Sequence[str], lines: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Run a command in a terminal of its own; type each line once its prompt is there. Exit status and screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "softtoken", "--home", str(program.home), *arguments]
    screen = b""
    with subprocess.Popen(
        command, preexec_fn=lambda: os.login_tty(theirs), close_fds=True, pass_fds=[theirs]
    ) as process:
        os.close(theirs)
        for prompt, answer in lines:
            start, end = len(screen), time.monotonic() + PATIENCE
            while prompt.encode() not in screen[start:]:
                assert select.select([ours], [], [], end - time.monotonic())[0], screen
                screen += os.read(ours, 4096)
            os.write(ours, answer.encode() + b"\n")
        while chunk := _read(ours):
            screen += chunk
        status = process.wait(PATIENCE)
    os.close(ours)
    return status, screen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other end was closed
        return b""


def test_a_pin_is_changed_by_hand(program: Program) -> None:
    lines = [
        ("Passphrase of this vault: ", PASSPHRASE),
        ("Current PIN: ", PIN),
        ("New PIN: ", "123456"),
        ("Repeat for confirmation: ", "123456"),
        ("New PIN: ", NEW_PIN),
        ("Repeat for confirmation: ", NEW_PIN),
    ]
    status, screen = converse(program, ["pin", "change", "alice"], lines)
    assert status == 0, screen
    assert "That PIN cannot be used: its digits go up or down evenly. Choose another." in screen
    assert "The PIN was changed." in screen
    assert not [secret for secret in (PIN, NEW_PIN, "123456", PASSPHRASE) if secret in screen]
    assert program.json("code", "alice", pin=NEW_PIN)["status"] == "OK"


def test_a_forgotten_pin_is_replaced_by_hand(program: Program, tenant: Tenant) -> None:
    lines = [
        ("Activation code: ", tenant.register("alice")),
        ("Passphrase of this vault: ", PASSPHRASE),
        ("New PIN: ", "12"),
        ("Repeat for confirmation: ", "12"),
        ("New PIN: ", NEW_PIN),
        ("Repeat for confirmation: ", NEW_PIN),
    ]
    status, screen = converse(program, ["pin", "forgot", "alice", "--code", "-"], lines)
    assert status == 0, screen
    assert "at least 6 digits" in screen
    assert "Activated anew: alice@sandbox" in screen
    assert NEW_PIN not in screen
    assert program.json("code", "alice", pin=NEW_PIN)["status"] == "OK"
