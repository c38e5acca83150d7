"""`softtoken lock`: rings at the windows over this data folder, and says what came of it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.scripted import Terminal

from softtoken.cli import lock
from softtoken.services.doorbell import LOCKED, RING

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the window is played with a Unix socket")


@contextmanager
def window(home: Path, number: int, answer: bytes) -> Iterator[list[bytes]]:
    """A window that hears one ring and answers so."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(home / f"doorbell-{number}"))
        door.listen()

        def hear() -> None:
            visitor, _ = door.accept()
            with visitor:
                heard.append(visitor.recv(64))
                visitor.sendall(answer)
                visitor.recv(1)

        thread = threading.Thread(target=hear)
        thread.start()
        yield heard
        thread.join()


def test_no_window(terminal: Terminal) -> None:
    told = terminal.run("lock")
    assert (told.status, told.out) == (0, "No window is open here, so nothing was locked.\n")
    assert terminal.run("lock", "--json").json == {"status": "OK", "locked": 0}
    assert terminal.controller.posted == []  # the vault is not opened for it


def test_every_window_is_locked(terminal: Terminal, own_home: Path) -> None:
    with window(own_home, 1, LOCKED) as first, window(own_home, 2, LOCKED) as second:
        told = terminal.run("lock")
    assert (told.status, told.out) == (0, "Locked 2 window(s).\n")
    assert first == second == [RING]


def test_a_window_that_says_something_else(terminal: Terminal, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 5.0)
    with window(own_home, 1, b"open\n"):
        told = terminal.run("lock", "--json")
    assert told.status == 1
    assert told.json["status"] == "FAILED"
