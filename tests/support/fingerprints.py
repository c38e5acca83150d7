"""A private system bus with the real polkitd, the real fprintd and the virtual reader of libfprint."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from softtoken.vault.biometrics.bus import DAEMON, Bus
from softtoken.vault.biometrics.fprintd import SERVICE

FINGER = "right-index-finger"
_FPRINTD = "/usr/libexec/fprintd"
_POLKITD = "/usr/lib/polkit-1/polkitd"
_POLKIT = "org.freedesktop.PolicyKit1"
_DEVICE = f"{SERVICE}.Device"
_WAIT = 20.0
# a lax one: anybody may own any name and answer what others were asked, so that no impostor is kept away by the bus
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow send_requested_reply="false" send_type="method_return"/>
<allow receive_requested_reply="false" receive_type="method_return"/>
<allow own="*"/></policy>{services}</busconfig>
"""


class FingerprintBus:
    """A bus, and what was started on it."""

    def __init__(self, folder: Path, processes: ExitStack) -> None:
        self._folder = folder
        self._processes = processes
        self._service: subprocess.Popen[bytes] | None = None
        self.daemon: subprocess.Popen[bytes] | None = None
        self.socket = str(folder / "bus")

    def client(self) -> Bus:
        """A connection of its own; to be closed."""
        return Bus(self.socket, _soon())

    def start_polkit(self) -> None:
        self._start([_POLKITD, "--no-debug"], _POLKIT)

    def start_fprintd(self, *, reader: bool = True) -> None:
        """With one virtual reader, or with none."""
        self._service = self._start([_FPRINTD, "--no-timeout"], SERVICE, _variables(self._folder, reader=reader))

    def kill_fprintd(self) -> None:
        assert self._service is not None
        self._service.kill()
        self._service.wait()

    def kill(self) -> None:
        """The bus itself."""
        assert self.daemon is not None
        self.daemon.kill()
        self.daemon.wait()

    def finger(self, *commands: str) -> None:
        """What happens at the sensor: `SCAN whose`, `RETRY n`, `ERROR n`, `UNPLUG`. Kept until it looks."""
        for command in commands:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(_WAIT)
                control.connect(self._reader)
                control.sendall(command.encode())

    def enrol(self, whose: str, finger: str = FINGER) -> None:
        """This user's finger, as the settings of a desktop do it."""
        bus = self.client()
        try:
            owner, path = self._device(bus)
            bus.trust(owner)
            bus.call(owner, path, _DEVICE, "Claim", "s", "", deadline=_soon())
            bus.call(owner, path, _DEVICE, "EnrollStart", "s", finger, deadline=_soon())
            status, done = "", False
            self.finger(f"SCAN {whose}")
            while not done:
                signal = bus.next_signal(_soon())
                if signal.member == "EnrollStatus":
                    status, done = signal.body
                    if not done:
                        self.finger(f"SCAN {whose}")
            assert status == "enroll-completed"
            bus.call(owner, path, _DEVICE, "EnrollStop", deadline=_soon())
            bus.call(owner, path, _DEVICE, "Release", deadline=_soon())
        finally:
            bus.close()

    def remove(self, finger: str) -> None:
        with self.claimed() as (bus, owner, path):
            bus.call(owner, path, _DEVICE, "DeleteEnrolledFinger", "s", finger, deadline=_soon())

    @contextmanager
    def claimed(self) -> Iterator[tuple[Bus, str, str]]:
        """Another program has the reader: its connection, the service's name and the reader's path."""
        bus = self.client()
        try:
            owner, path = self._device(bus)
            bus.call(owner, path, _DEVICE, "Claim", "s", "", deadline=_soon())
            yield bus, owner, path
        finally:
            bus.close()

    @property
    def _reader(self) -> str:
        return str(self._folder / "reader")

    def _device(self, bus: Bus) -> tuple[str, str]:
        owner = bus.ask_daemon("GetNameOwner", "s", SERVICE, deadline=_soon())[0]
        manager = "/net/reactivated/Fprint/Manager"
        path = bus.call(owner, manager, f"{SERVICE}.Manager", "GetDefaultDevice", deadline=_soon())[0]
        return str(owner), str(path)

    def _start(
        self, command: Sequence[str], name: str, variables: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        environment = {
            "PATH": os.environ["PATH"],
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.socket}",
            **(variables or {}),
        }
        bus = self.client()
        try:
            match = f"type='signal',sender='{DAEMON}',member='NameOwnerChanged',arg0='{name}'"
            bus.ask_daemon("AddMatch", "s", match, deadline=_soon())
            process = _started(self._processes, command, environment)
            while not bus.ask_daemon("NameHasOwner", "s", name, deadline=_soon())[0]:
                bus.next_signal(_soon())
        finally:
            bus.close()
        return process


@contextmanager
def private_system_bus(starts: str | None = None) -> Iterator[FingerprintBus]:
    """The bus alone. starts: the command that it runs when fprintd is asked for. Skips where there is no bus."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("not installed: dbus-daemon")
    with tempfile.TemporaryDirectory(prefix="softtoken-bus-") as name, ExitStack() as processes:
        folder = Path(name)
        folder.chmod(0o755)  # other users come to this bus, too
        bus = FingerprintBus(folder, processes)
        services = "" if starts is None else f"<servicedir>{folder}</servicedir>"
        (folder / "bus.conf").write_text(_CONFIGURATION.format(socket=bus.socket, services=services))
        (folder / f"{SERVICE}.service").write_text(f"[D-BUS Service]\nName={SERVICE}\nExec={starts}\nUser=root\n")
        command = ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nopidfile", "--print-address"]
        environment = {
            "PATH": os.environ["PATH"],
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus.socket}",
            **_variables(folder, reader=True),
        }
        daemon = _started(processes, command, environment, stdout=subprocess.PIPE)
        bus.daemon = daemon
        assert daemon.stdout is not None
        assert daemon.stdout.readline(), "the bus did not start"
        processes.callback(daemon.stdout.close)
        yield bus


FPRINTD = f"{_FPRINTD} --no-timeout"


@contextmanager
def fingerprint_bus(
    *, reader: bool = True, enrolled: Sequence[str] = ("alice",), starts: str | None = None
) -> Iterator[FingerprintBus]:
    """With polkitd and fprintd. enrolled: whose fingers are enrolled for this user, one after another.

    starts: instead of that, the command for the service, which the bus runs when it is asked for.
    """
    if missing := [path for path in (_FPRINTD, _POLKITD) if not Path(path).exists()]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("fprintd is believed as root only")
    with private_system_bus(starts) as bus:
        bus.start_polkit()
        if starts is None:
            bus.start_fprintd(reader=reader)
            for whose in enrolled:
                bus.enrol(whose)
        yield bus


def _started(
    processes: ExitStack, command: Sequence[str], environment: Mapping[str, str], stdout: int = subprocess.DEVNULL
) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL
    )
    processes.callback(process.wait)
    processes.callback(process.kill)
    return process


def _variables(folder: Path, *, reader: bool) -> dict[str, str]:
    """What makes fprintd see a virtual reader, or none, and keep its prints here."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    drivers = {"FP_VIRTUAL_DEVICE": str(folder / "reader"), "FP_DRIVERS_WHITELIST": "virtual_device"}
    return {"STATE_DIRECTORY": str(state), **(drivers if reader else {"FP_DRIVERS_WHITELIST": "none"})}


def _soon() -> float:
    return time.monotonic() + _WAIT
