"""The real D-Bus: a private bus, a logind that is played, and desktops that say that their screen is locked."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("D-Bus and logind are Linux's", allow_module_level=True)
if not (shutil.which("dbus-daemon") and Path("/usr/lib/python3/dist-packages/dbusmock").is_dir()):
    pytest.skip("needs dbus-daemon and python3-dbusmock (dev.py setup --system)", allow_module_level=True)

from jeepney import DBusAddress, new_method_call, new_signal
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

from softtoken.services.events import LockReason
from softtoken.ui.desktop import bus_listener
from softtoken.ui.desktop.session_watch_linux import LinuxWatch

WAIT = 20
SESSION = "/org/freedesktop/login1/session/c1"
MANAGER = DBusAddress("/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")
PYTHON = "/usr/bin/python3"
"""Debian's own, which python3-dbusmock belongs to."""

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


class Machine:
    """One bus in both roles, with a logind on it."""

    def __init__(self, configuration: Path) -> None:
        self.address = ""
        self._configuration = configuration
        self._daemon: subprocess.Popen[str] | None = None
        self._logind: subprocess.Popen[str] | None = None
        self.told: queue.Queue[LockReason] = queue.Queue()

    def start_bus(self) -> None:
        command = ["dbus-daemon", "--nofork", "--print-address", f"--config-file={self._configuration}"]
        self._daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._daemon.stdout is not None
        self.address = self._daemon.stdout.readline().strip().partition(",")[0]  # without its id, which changes

    def stop_bus(self) -> None:
        """As if it had crashed."""
        if self._daemon is not None:
            assert self._daemon.stdout is not None
            self._daemon.kill()
            self._daemon.wait(WAIT)
            self._daemon.stdout.close()
            self._daemon = None
            Path(self.address.partition("=")[2]).unlink(missing_ok=True)

    @contextmanager
    def talking(self) -> Iterator[DBusConnection]:
        connection = open_dbus_connection(self.address)
        try:
            yield connection
        finally:
            connection.close()

    def call(self, whom: DBusAddress, method: str, kinds: str | None = None, *given: object) -> tuple[object, ...]:
        with self.talking() as connection:
            message = new_method_call(whom, method, kinds, given)
            body: tuple[object, ...] = unwrap_msg(connection.send_and_get_reply(message, timeout=WAIT))
            return body

    def start_logind(self, *, locked: bool = False) -> None:
        command = [PYTHON, "-m", "dbusmock", "--system", "--template", "logind"]
        environment = {"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self._logind = subprocess.Popen(command, env=environment, text=True)
        self._until(lambda: self._has_owner("org.freedesktop.login1"))
        mock = DBusAddress(MANAGER.object_path, MANAGER.bus_name, "org.freedesktop.DBus.Mock")
        self.call(mock, "AddSeat", "s", "seat0")
        self.call(mock, "AddUser", "usb", os.getuid(), "anna", True)
        self.call(mock, "AddSession", "ssusb", "c1", "seat0", os.getuid(), "anna", True)
        self.change(LockedHint=locked)
        self.call(mock, "AddMethod", "sssss", MANAGER.interface, "GetSessionByPID", "u", "o", f"ret = {SESSION!r}")

    def pause_logind(self) -> None:
        """From now on it answers nobody."""
        assert self._logind is not None
        self._logind.send_signal(signal.SIGSTOP)

    def resume_logind(self) -> None:
        """It answers everything that it was asked meanwhile."""
        assert self._logind is not None
        self._logind.send_signal(signal.SIGCONT)

    def stop_logind(self) -> None:
        if self._logind is not None:
            self._logind.terminate()
            self._logind.wait(WAIT)
            self._logind = None

    def inhibitors(self) -> list[tuple[str, ...]]:
        (held,) = self.call(MANAGER, "ListInhibitors")
        assert isinstance(held, list)
        return [tuple(map(str, one[:4])) for one in held]

    def emit(self, path: str, interface: str, member: str, signature: str | None = None, *arguments: object) -> None:
        """As logind: the mock sends it with its own name."""
        mock = DBusAddress(path, MANAGER.bus_name, "org.freedesktop.DBus.Mock")
        body = [("b", one) if isinstance(one, bool) else ("s", one) for one in arguments]
        self.call(mock, "EmitSignal", "sssav", interface, member, signature or "", body)

    def change(self, **properties: bool) -> None:
        mock = DBusAddress(SESSION, MANAGER.bus_name, "org.freedesktop.DBus.Mock")
        changed = {name: ("b", value) for name, value in properties.items()}
        self.call(mock, "UpdateProperties", "sa{sv}", "org.freedesktop.login1.Session", changed)

    def say(self, interface: str, active: bool) -> None:
        """As a screen saver of this desktop."""
        with self.talking() as connection:
            connection.send(new_signal(DBusAddress("/x", None, interface), "ActiveChanged", "b", (active,)))

    def hears(self, *reasons: LockReason) -> None:
        assert [self.told.get(timeout=WAIT) for _ in reasons] == list(reasons)
        assert self.told.empty()

    def until_inhibited(self, count: int) -> None:
        self._until(lambda: len(self.inhibitors()) == count)

    def _has_owner(self, name: str) -> bool:
        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        return self.call(bus, "NameHasOwner", "s", name) == (True,)

    def _until(self, condition: Callable[[], bool]) -> None:
        ended = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < ended
            time.sleep(0.01)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    configuration, path = tmp_path / "bus.conf", tmp_path / "bus"
    configuration.write_text(CONFIGURATION.format(path=path), "utf-8")
    machine = Machine(configuration)
    machine.start_bus()
    for name in ("DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, machine.address)
    monkeypatch.delenv("XDG_SESSION_ID", raising=False)
    yield machine
    machine.stop_logind()
    machine.stop_bus()


@contextmanager
def watching(machine: Machine) -> Iterator[LinuxWatch]:
    watch = LinuxWatch()
    watch.start(machine.told.put, 0)
    try:
        assert watch.system.ready.wait(WAIT)
        assert watch.desktop.ready.wait(WAIT)
        yield watch
    finally:
        watch.stop()


def test_the_sleep_waits_until_the_keys_are_gone(machine: Machine) -> None:
    machine.start_logind()
    with watching(machine) as watch:
        assert machine.inhibitors() == [("sleep", "Soft Token", "Lock before the computer sleeps", "delay")]
        machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", True)
        machine.hears(LockReason.SUSPEND)
        assert len(machine.inhibitors()) == 1
        watch.locked()
        machine.until_inhibited(0)
        machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", False)
        machine.until_inhibited(1)
        watch.locked()  # of another lock: nothing sleeps
        assert len(machine.inhibitors()) == 1
    machine.until_inhibited(0)
    assert machine.told.empty()


def test_the_session_is_locked_and_another_user_takes_over(machine: Machine) -> None:
    machine.start_logind()
    with watching(machine):
        machine.emit(SESSION, "org.freedesktop.login1.Session", "Unlock")
        machine.emit(SESSION, "org.freedesktop.login1.Session", "Lock")
        machine.hears(LockReason.SESSION_LOCKED)
        machine.change(Active=False)
        machine.hears(LockReason.USER_SWITCH)
        machine.change(Active=True)
        machine.change(LockedHint=False)
        machine.change(LockedHint=True)
        machine.hears(LockReason.SESSION_LOCKED)


def test_the_session_that_the_environment_names_counts_first(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_ID", "c1")
    machine.start_logind()
    mock = DBusAddress(MANAGER.object_path, MANAGER.bus_name, "org.freedesktop.DBus.Mock")
    machine.call(mock, "AddMethod", "sssss", MANAGER.interface, "GetSessionByPID", "u", "o", 'ret = "/elsewhere"')
    with watching(machine):
        machine.change(Active=False)
        machine.hears(LockReason.USER_SWITCH)


def test_a_program_of_the_user_s_service_manager_takes_the_session_on_the_screen(machine: Machine) -> None:
    machine.start_logind()
    mock = DBusAddress(MANAGER.object_path, MANAGER.bus_name, "org.freedesktop.DBus.Mock")
    refused = 'raise dbus.exceptions.DBusException("none", name="org.freedesktop.login1.NoSessionForPID")'
    machine.call(mock, "AddMethod", "sssss", MANAGER.interface, "GetSessionByPID", "u", "o", refused)
    display = {"Display": ("(so)", ("c1", SESSION))}
    machine.call(mock, "AddObject", "ssa{sv}a(ssss)", "/anna", "org.freedesktop.login1.User", display, [])
    machine.call(mock, "AddMethod", "sssss", MANAGER.interface, "GetUser", "u", "o", 'ret = "/anna"')
    with watching(machine):
        machine.change(Active=False)
        machine.hears(LockReason.USER_SWITCH)


def test_a_logind_that_is_restarted_is_asked_again(machine: Machine) -> None:
    machine.start_logind()
    with watching(machine):
        machine.stop_logind()
        machine.start_logind()
        machine.until_inhibited(1)
    assert machine.told.empty()


def test_a_logind_that_answers_too_late_is_heard_all_the_same(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.start_logind()
    machine.pause_logind()
    monkeypatch.setattr(bus_listener, "PATIENCE", 1.0)
    with watching(machine) as watch:
        monkeypatch.setattr(bus_listener, "PATIENCE", float(WAIT))
        machine.resume_logind()
        machine.until_inhibited(1)
        machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", True)
        machine.hears(LockReason.SUSPEND)
        watch.locked()
        machine.until_inhibited(0)
        machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", False)
        machine.until_inhibited(1)
        machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", True)
        machine.hears(LockReason.SUSPEND)  # what it asked after the sleep is answered
        machine.change(Active=False)
        machine.hears(LockReason.USER_SWITCH)


@pytest.mark.parametrize(
    "interface",
    ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver"],
)
def test_a_desktop_that_does_not_tell_logind(machine: Machine, interface: str) -> None:
    with watching(machine):
        machine.say(interface, False)
        machine.say("org.example.ScreenSaver", True)
        machine.say(interface, True)
        machine.hears(LockReason.SESSION_LOCKED)


def test_a_bus_without_logind_is_only_quiet(machine: Machine) -> None:
    with watching(machine) as watch:
        machine.say("org.gnome.ScreenSaver", True)
        machine.hears(LockReason.SESSION_LOCKED)
        watch.locked()


def test_a_computer_without_any_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, f"unix:path={tmp_path / 'none'}")
    watch = LinuxWatch()
    watch.start(lambda _: pytest.fail("nobody tells"), 0)
    assert watch.system.ready.wait(WAIT)
    assert watch.desktop.ready.wait(WAIT)
    watch.locked()
    watch.stop()


def lock_is_heard(machine: Machine, *ways: Callable[[], None]) -> None:
    """Each way of saying so, again and again: when the bus is listened to anew is nobody's to see."""
    for say in ways:
        ended = time.monotonic() + WAIT
        while machine.told.empty():
            assert time.monotonic() < ended
            say()
            time.sleep(0.05)
        while not machine.told.empty():
            assert machine.told.get() is LockReason.SESSION_LOCKED


def session_locks(machine: Machine) -> None:
    """Behind the end of a sleep: the played logind has its name before its sessions, and is asked again then."""
    machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", False)
    machine.emit(SESSION, "org.freedesktop.login1.Session", "Lock")


def test_a_bus_that_ends_and_comes_back_is_listened_to_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_listener, "PAUSES", (0.02, 0.05))
    ways = (lambda: session_locks(machine), lambda: machine.say("org.gnome.ScreenSaver", True))
    machine.start_logind()
    with watching(machine) as watch:
        lock_is_heard(machine, *ways)
        for _ in range(2):
            machine.stop_logind()
            machine.stop_bus()
            machine.start_bus()
            machine.start_logind()
            machine.until_inhibited(1)
            lock_is_heard(machine, *ways)
        machine.emit(MANAGER.object_path, MANAGER.interface, "PrepareForSleep", "b", True)
        assert machine.told.get(timeout=WAIT) in {LockReason.SUSPEND, LockReason.SESSION_LOCKED}
        watch.locked()
        machine.until_inhibited(0)


def test_a_lock_that_nobody_could_hear_of_counts_when_the_bus_is_back(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = threading.Event()

    def once_back(bus: str, *, enable_fds: bool) -> DBusConnection:
        back.wait(WAIT)
        return open_dbus_connection(bus, enable_fds=enable_fds)

    machine.start_logind()
    with watching(machine):
        monkeypatch.setattr(bus_listener, "PAUSES", (0.02,))
        monkeypatch.setattr(bus_listener, "open_dbus_connection", once_back)
        machine.stop_logind()
        machine.stop_bus()
        machine.start_bus()
        machine.start_logind(locked=True)
        back.set()
        machine.hears(LockReason.SESSION_LOCKED)


def test_a_bus_that_comes_late_is_found(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_listener, "PAUSES", (0.02, 0.05))
    machine.stop_bus()
    with watching(machine):
        machine.start_bus()
        machine.start_logind()
        machine.until_inhibited(1)
        lock_is_heard(machine, lambda: session_locks(machine))


def test_the_end_does_not_wait_for_a_bus_that_is_gone(machine: Machine) -> None:
    with watching(machine) as watch:
        machine.stop_bus()
        watch.stop()
        assert not watch.system._thread.is_alive()
        assert not watch.desktop._thread.is_alive()


def test_a_bus_that_is_never_there_is_not_asked_all_the_time() -> None:
    assert list(bus_listener.PAUSES) == sorted(bus_listener.PAUSES)
    assert bus_listener.PAUSES[0] >= 1
    assert bus_listener.PAUSES[-1] >= 60
