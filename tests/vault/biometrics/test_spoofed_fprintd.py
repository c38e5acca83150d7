"""Who may say that a finger matched: the service that owns the name and is root's, for the claimed reader, in time."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.fingerprints import fingerprint_bus, private_system_bus
from support.flows import MemoryKeystore
from support.scripted_fprintd import FIRST, SECOND, Script, ServingThread
from vault.biometrics.contract import KEY, cancels, refused

from softtoken.vault.biometrics import fprintd
from softtoken.vault.biometrics.bus import BusUnreachableError, Signal
from softtoken.vault.biometrics.linux import LinuxBiometrics
from softtoken.vault.biometrics.protocol import BiometricError, BiometricHint, BiometricProblem, Cancellation, Prompt
from softtoken.vault.store import new_id

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fprintd is a thing of Linux")

NOBODY = 65534
SERVICE = Path(__file__).parents[2] / "support" / "scripted_fprintd.py"
YES = [("verify-match", True)]
NO = [[("verify-no-match", True)]]


class Spoofer:
    """Another program of the same user on the same bus, which sends what it likes to whom it likes."""

    def __init__(self, socket: str) -> None:
        from jeepney.io.blocking import DBusConnection, prep_socket

        self._bus = DBusConnection(prep_socket(socket))
        self.name = str(self._bus.unique_name)

    def say_yes(self, path: str, to: str | None = None) -> None:
        """Returns when the bus has taken it."""
        from jeepney import DBusAddress, HeaderFields, message_bus, new_signal

        emitter = DBusAddress(path, interface="net.reactivated.Fprint.Device")
        message = new_signal(emitter, "VerifyStatus", "sb", ("verify-match", True))
        if to is not None:
            message.header.fields[HeaderFields.destination] = to
        self._bus.send(message)
        self._bus.send_and_get_reply(message_bus.GetId())

    def answer_for_others(self, to: str) -> None:
        """There are no readers, says this answer to whatever was asked."""
        from jeepney import HeaderFields, Message, message_bus, new_method_call, new_method_return

        for serial in range(1, 20):
            asked: Message = new_method_call(message_bus, "GetDevices")
            asked.header.serial = serial
            asked.header.fields[HeaderFields.sender] = to
            self._bus.send(new_method_return(asked, "ao", ([],)))
        self._bus.send_and_get_reply(message_bus.GetId())

    def clients(self) -> list[str]:
        """The unique names on the bus."""
        from jeepney import message_bus

        names = self._bus.send_and_get_reply(message_bus.ListNames()).body[0]
        return [name for name in names if name.startswith(":") and name != self.name]

    def close(self) -> None:
        self._bus.close()


def _prompt(hints: list[BiometricHint] | None = None, seconds: float = 20) -> Prompt:
    return Prompt("test", (hints if hints is not None else []).append, Cancellation(), seconds)


def test_a_yes_of_another_program_opens_nothing() -> None:
    """To everybody and to us alone, while the real service waits for the real finger; which then is a wrong one."""
    with fingerprint_bus() as bus:
        system = LinuxBiometrics(new_id(), MemoryKeystore(), bus.socket)
        spoofer = Spoofer(bus.socket)

        def hint(_: BiometricHint) -> None:
            path = "/net/reactivated/Fprint/Device/0"
            spoofer.say_yes(path)
            for name in spoofer.clients():
                spoofer.say_yes(path, to=name)
            bus.finger("SCAN mallory")

        with refused(BiometricProblem.NO_MATCH):
            system.wrap(KEY, "c", Prompt("test", hint, Cancellation(), 20))
        spoofer.close()


def test_a_signal_is_kept_from_a_trusted_name_alone() -> None:
    """The control of the test before: it reaches us, and would be taken from the right sender."""
    with private_system_bus() as bus:
        ours, spoofer, service = bus.client(), Spoofer(bus.socket), Spoofer(bus.socket)
        ours.trust(service.name)
        for name in (*spoofer.clients(), *service.clients()):
            spoofer.say_yes("/spoofed", to=name)
            service.say_yes("/honest", to=name)
        seen: list[Signal] = []
        while not seen or seen[-1].path != "/honest":
            seen.append(ours.next_signal(time.monotonic() + 20))
        assert "/spoofed" not in {signal.path for signal in seen}
        ours.trust(spoofer.name)
        spoofer.say_yes("/spoofed")
        while seen[-1].path != "/spoofed":
            seen.append(ours.next_signal(time.monotonic() + 20))
        assert seen[-1].sender == spoofer.name
        for end in (ours, spoofer, service):
            end.close()


def test_a_service_that_is_not_roots_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    with private_system_bus() as bus:
        paths = os.pathsep.join(path for path in sys.path if path)
        impostor = subprocess.Popen(
            [sys.executable, str(SERVICE), bus.socket, str(NOBODY)],
            env={"PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert impostor.stdout is not None
            assert impostor.stdout.readline() == "serving\n"
            system = LinuxBiometrics(new_id(), MemoryKeystore(), bus.socket)
            assert system.problem() is BiometricProblem.NO_SERVICE
            with refused(BiometricProblem.NO_SERVICE):
                system.wrap(KEY, "c", _prompt())
            # the control: it is the user alone that was wrong with it
            monkeypatch.setattr(fprintd, "_ROOT", NOBODY)
            blob = system.wrap(KEY, "c", _prompt())
            assert system.unwrap(blob, "c", _prompt()) == KEY
        finally:
            impostor.kill()
            impostor.communicate()


@contextmanager
def _scripted(script: Script) -> Iterator[LinuxBiometrics]:
    with private_system_bus() as bus:
        service = ServingThread(bus.socket, script)
        try:
            yield LinuxBiometrics(new_id(), MemoryKeystore(), bus.socket)
        finally:
            service.stop()


@pytest.fixture(autouse=True)
def _our_own_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted service runs as whoever runs the tests."""
    monkeypatch.setattr(fprintd, "_ROOT", os.geteuid())


def test_a_yes_from_before_the_question_does_not_count() -> None:
    with _scripted(Script(early=YES, reports=NO * 3)) as system, refused(BiometricProblem.NO_MATCH):
        system.wrap(KEY, "c", _prompt())


def test_a_yes_of_another_reader_does_not_count() -> None:
    with _scripted(Script(elsewhere=YES, reports=NO * 3)) as system, refused(BiometricProblem.NO_MATCH):
        system.wrap(KEY, "c", _prompt())


@pytest.mark.parametrize("status", ["verify-match ", "Verify-Match", "match", "", "verify-unknown-error"])
def test_what_is_no_yes_is_none(status: str) -> None:
    with _scripted(Script(reports=[[(status, True)]])) as system, refused(BiometricProblem.READER_FAILED):
        system.wrap(KEY, "c", _prompt())


def test_a_yes_that_is_not_final_is_waited_for() -> None:
    hints: list[BiometricHint] = []
    unfinished = [("verify-match", False), ("verify-something-new", False)]
    cancellation = Cancellation()

    def hint(what: BiometricHint) -> None:
        hints.append(what)
        if len(hints) == 3:
            cancellation.cancel()

    with _scripted(Script(reports=[unfinished])) as system, refused(BiometricProblem.CANCELLED):
        system.wrap(KEY, "c", Prompt("test", hint, cancellation, 600))
    assert hints == [BiometricHint.TOUCH, BiometricHint.TRY_AGAIN, BiometricHint.TRY_AGAIN]


def test_a_word_of_the_service_that_is_no_status_is_passed_over() -> None:
    script = Script(chatter=("VerifyFingerSelected", "EnrollStatus"), reports=NO * 3)
    with _scripted(script) as system, refused(BiometricProblem.NO_MATCH):
        system.wrap(KEY, "c", _prompt())


def test_the_reader_that_knows_the_person_is_asked() -> None:
    script = Script(fingers={FIRST: [], SECOND: ["left-thumb"]})
    with _scripted(script) as system:
        system.wrap(KEY, "c", _prompt())
    assert ("VerifyStart", SECOND) in script.calls
    assert [call for call in script.calls if call[0] == "Claim"] == [("Claim", SECOND)]


@pytest.mark.parametrize("scan_type", ["press", "swipe"])
def test_the_first_hint_says_how_the_reader_is_used(scan_type: str) -> None:
    hints: list[BiometricHint] = []
    with _scripted(Script(scan_type=scan_type)) as system:
        system.wrap(KEY, "c", _prompt(hints))
    assert hints == [BiometricHint.TOUCH if scan_type == "press" else BiometricHint.SWIPE]


@pytest.mark.parametrize(
    ("method", "error", "problem"),
    [
        ("GetDevices", "Internal", BiometricProblem.READER_FAILED),
        ("GetDevices", "NoSuchDevice", BiometricProblem.NO_READER),
        ("ListEnrolledFingers", "NoEnrolledPrints", BiometricProblem.NOT_ENROLLED),
        ("ListEnrolledFingers", "PermissionDenied", BiometricProblem.DENIED),
        ("Claim", "AlreadyInUse", BiometricProblem.BUSY),
        ("Claim", "PermissionDenied", BiometricProblem.DENIED),
        ("Claim", "ClaimDevice", BiometricProblem.READER_FAILED),
        ("VerifyStart", "AlreadyInUse", BiometricProblem.BUSY),
        ("VerifyStart", "NoEnrolledPrints", BiometricProblem.NOT_ENROLLED),
        ("VerifyStart", "Internal", BiometricProblem.READER_FAILED),
    ],
)
def test_each_refusal_has_its_name_and_leaves_nothing_claimed(
    method: str, error: str, problem: BiometricProblem
) -> None:
    script = Script(errors={method: error})
    with _scripted(script) as system, refused(problem):
        system.wrap(KEY, "c", _prompt())
    called = [member for member, _ in script.calls]
    assert called.count("Release") == (method == "VerifyStart")
    assert "VerifyStop" not in called


@pytest.mark.parametrize("method", ["VerifyStop", "Release"])
def test_a_reader_that_is_not_taken_back_politely_does_not_undo_a_yes(method: str) -> None:
    with _scripted(Script(errors={method: "Internal"})) as system:
        system.wrap(KEY, "c", _prompt())


@pytest.mark.parametrize("method", ["GetDevices", "Claim", "VerifyStart"])
def test_a_service_that_does_not_answer_is_given_up_in_time(method: str) -> None:
    with _scripted(Script(silent=frozenset({method}))) as system, refused(BiometricProblem.TIMED_OUT):
        system.wrap(KEY, "c", _prompt(seconds=0.3))


class _Noticing(list[tuple[str, str]]):
    """The calls of a script, which tells when a certain one has come."""

    def __init__(self, method: str, came: threading.Event) -> None:
        super().__init__()
        self._method, self._came = method, came

    def append(self, call: tuple[str, str]) -> None:
        super().append(call)
        if call[0] == self._method:
            self._came.set()


def test_a_service_that_does_not_answer_is_left_when_the_person_says_so() -> None:
    cancellation, asked = Cancellation(), threading.Event()

    canceller = cancels(cancellation, after=asked)
    script = Script(silent=frozenset({"Claim"}), calls=_Noticing("Claim", asked))
    with _scripted(script) as system, refused(BiometricProblem.CANCELLED):
        system.wrap(KEY, "c", Prompt("test", lambda _: None, cancellation, 600))
    canceller.join(20)


def test_who_cancels_between_two_scans_is_heard() -> None:
    """The reader is being stopped at that moment, which is not broken off; but no second question is shown.

    The finger before was a wrong one.
    """
    cancellation, stopping = Cancellation(), threading.Event()
    calls = _Noticing("VerifyStop", stopping)
    hints: list[BiometricHint] = []
    script = Script(reports=[*NO, YES], silent=frozenset({"VerifyStop"}), calls=calls)
    canceller = cancels(cancellation, after=stopping)
    with _scripted(script) as system, refused(BiometricProblem.NO_MATCH):
        system.wrap(KEY, "c", Prompt("test", hints.append, cancellation, 600))
    canceller.join(20)
    assert [member for member, _ in calls].count("Release") == 1
    assert hints == [BiometricHint.TOUCH]


def test_each_verification_is_ended_and_the_reader_given_back_once() -> None:
    script = Script(reports=[[("verify-no-match", True)], YES])
    with _scripted(script) as system:
        system.wrap(KEY, "c", _prompt())
    members = [member for member, _ in script.calls if member not in {"Get", "GetDevices", "ListEnrolledFingers"}]
    assert members == ["Claim", "VerifyStart", "VerifyStop", "VerifyStart", "VerifyStop", "Release"]


def test_an_answer_of_another_program_is_none() -> None:
    asked = threading.Event()
    script = Script(silent=frozenset({"GetDevices"}), calls=_Noticing("GetDevices", asked))
    with _scripted(script) as system:
        spoofer = Spoofer(system._path())

        def spoof() -> None:
            asked.wait(20)
            for name in spoofer.clients():
                spoofer.answer_for_others(name)

        thread = threading.Thread(target=spoof)
        thread.start()
        with refused(BiometricProblem.TIMED_OUT):
            system.wrap(KEY, "c", _prompt(seconds=0.5))
        thread.join(20)
        spoofer.close()


def test_a_flood_of_signals_does_not_put_off_the_end() -> None:
    """A program that sends faster than we read must not keep the question open beyond its time."""
    with _scripted(Script(reports=[[]])) as system:
        stop, flooding = threading.Event(), threading.Event()

        def flood() -> None:
            spoofer = Spoofer(system._path())
            while not stop.is_set():
                for name in spoofer.clients():
                    spoofer.say_yes(FIRST, to=name)
                flooding.set()
            spoofer.close()

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            assert flooding.wait(20)
            with refused(BiometricProblem.TIMED_OUT):
                system.wrap(KEY, "c", _prompt(seconds=0.5))
        finally:
            stop.set()
            thread.join(20)


def test_a_bus_that_goes_away_is_told() -> None:
    with ExitStack() as bus_alone:
        bus = bus_alone.enter_context(private_system_bus())
        ours = bus.client()
        try:
            ours.ask_daemon("GetId", deadline=time.monotonic() + 20)
            ours.forget_signals()
            bus_alone.close()
            with pytest.raises(BusUnreachableError):
                ours.next_signal(time.monotonic() + 20)
            with pytest.raises(BusUnreachableError):
                ours.ask_daemon("GetId", deadline=time.monotonic() + 20)
        finally:
            ours.close()


def test_the_error_carries_what_happened_and_nothing_else() -> None:
    error = BiometricError(BiometricProblem.BUSY)
    assert (error.problem, str(error)) == (BiometricProblem.BUSY, "BUSY")
