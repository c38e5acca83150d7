"""Telling the log of the operating system: a real socket of syslog's kind, and Windows' calls as documented."""

import ctypes
import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from services.room import Room
from services.test_auditing import over
from support.flows import PIN

from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.services.system_log import Syslog, SystemLogRefused, WindowsEventLog


@pytest.fixture
def daemon() -> Iterator[tuple[socket.socket, Path]]:
    """A socket as syslogd's and journald's."""
    with tempfile.TemporaryDirectory() as folder:  # tmp_path may be longer than a socket's name can be
        path = Path(folder) / "log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(str(path))
            receiver.settimeout(5)
            yield receiver, path


def received(receiver: socket.socket) -> tuple[str, dict[str, Any]]:
    """The part that syslog reads, and our line."""
    head, _, line = receiver.recv(65536).decode("ascii").partition(": ")
    return head, json.loads(line)


def test_each_entry_arrives_once_it_is_switched_on(room: Room, daemon: tuple[socket.socket, Path]) -> None:
    receiver, path = daemon
    origin = room.network.add("one")
    controller = over(room, Syslog(path))
    alice = room.activate(controller, origin)
    controller.post(ev.SetSystemLog(True))
    code = controller.post(ev.GenerateOtp(None, PIN, alice)).otp
    assert code is not None
    head, switched = received(receiver)
    assert head.startswith("<85>softtoken["), "authpriv, notice"
    assert (switched["kind"], switched["facts"]["value"]) == ("SETTING", True)
    _, made = received(receiver)
    assert (made["kind"], made["facts"]["counter"]) == ("CODE", code.atc)
    assert code.code not in json.dumps(made["facts"])
    assert controller.post(ev.GetSystemLog()) == ev.SystemLogResult(Status.OK, enabled=True)


def test_the_entries_that_are_there_are_sent_when_asked(room: Room, daemon: tuple[socket.socket, Path]) -> None:
    receiver, path = daemon
    controller = over(room, Syslog(path))
    room.activate(controller, room.network.add("one"))
    assert controller.post(ev.SendHistory()) == ev.SendHistoryResult(Status.OK, 4)
    assert [received(receiver)[1]["number"] for _ in range(4)] == [1, 2, 3, 4]


def test_a_daemon_that_is_not_there_fails_no_event_and_is_said(room: Room, tmp_path: Path) -> None:
    controller = over(room, Syslog(tmp_path / "nothing"))
    alice = room.activate(controller, room.network.add("one"))
    assert controller.post(ev.SetSystemLog(True)).status is Status.OK
    assert controller.post(ev.GenerateOtp(None, PIN, alice)).otp is not None
    known = controller.post(ev.GetSystemLog())
    assert (known.enabled, known.problem) == (True, "ENOENT")
    assert controller.post(ev.SendHistory()) == ev.SendHistoryResult(Status.FAILED, 0, "ENOENT")


def test_a_daemon_that_reads_nothing_holds_nothing_up(daemon: tuple[socket.socket, Path]) -> None:
    log = Syslog(daemon[1])

    def fill() -> None:
        for _ in range(100_000):
            log.write("x" * 500)

    with pytest.raises(SystemLogRefused) as caught:
        fill()
    assert caught.value.reason in {"EAGAIN", "ENOBUFS"}


class Advapi32:
    """As far as three documented functions go. Answers with what it was told to."""

    def __init__(self, handle: int | None = 2**40 + 7, taken: int = 1) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.RegisterEventSourceW = _Function(lambda *given: self._called("register", handle, *given))
        self.ReportEventW = _Function(lambda *given: self._reported(taken, *given))
        self.DeregisterEventSource = _Function(lambda handle: self._called("deregister", 1, handle.value))

    def _called(self, name: str, answer: Any, *given: Any) -> Any:
        self.calls.append((name, *given))
        return answer

    def _reported(self, answer: int, handle: ctypes.c_void_p, *given: Any) -> int:
        kind, category, event_id, sid, count, size, texts, data = given
        self.calls.append(("report", handle.value, kind, category, event_id, sid, list(texts), count, size, data))
        return answer


class _Function:
    """What ctypes makes of an export: it can be called, and has a type of result."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.restype: Any = ctypes.c_int

    def __call__(self, *given: Any) -> Any:
        return self._call(*given)


def test_windows_is_told_as_its_documentation_says() -> None:
    library = Advapi32()
    WindowsEventLog(library).write('{"kind": "CODE"}')
    handle = 2**40 + 7
    assert library.RegisterEventSourceW.restype is ctypes.c_void_p, "a handle has more than 32 bits"
    assert library.calls == [
        ("register", None, "softtoken"),
        ("report", handle, 4, 0, 1, None, ['{"kind": "CODE"}'], 1, 0, None),
        ("deregister", handle),
    ]


@pytest.mark.parametrize(
    ("library", "reason", "closed"),
    [(Advapi32(handle=None), "RegisterEventSource", False), (Advapi32(taken=0), "ReportEvent", True)],
)
def test_windows_refusing_is_said(library: Advapi32, reason: str, closed: bool) -> None:
    with pytest.raises(SystemLogRefused) as caught:
        WindowsEventLog(library).write("x")
    assert caught.value.reason == reason
    assert (library.calls[-1][0] == "deregister") is closed
