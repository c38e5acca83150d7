"""Linux with the real fprintd, the real polkitd and libfprint's virtual reader on a private system bus."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.fingerprints import FINGER, FPRINTD, FingerprintBus, fingerprint_bus, private_system_bus
from support.flows import MemoryKeystore
from vault.biometrics.contract import KEY, Answer, BiometricsContract, Subject, cancels, refused

from softtoken.vault.biometrics import linux
from softtoken.vault.biometrics.current import current_biometrics
from softtoken.vault.biometrics.linux import LinuxBiometrics
from softtoken.vault.biometrics.protocol import (
    Binding,
    BiometricError,
    BiometricHint,
    BiometricProblem,
    Cancellation,
    Prompt,
)
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.store import new_id

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fprintd is a thing of Linux")

OTHER_USER = Path(__file__).with_name("other_user.py")
NOBODY = 65534


class LinuxSubject(Subject):
    """alice is enrolled; anybody else is mallory."""

    refusal = BiometricProblem.NO_MATCH

    def __init__(self, bus: FingerprintBus, vault_id: str | None = None) -> None:
        super().__init__()
        self.bus = bus
        self.vault_id = vault_id or new_id()
        self.keystore = MemoryKeystore()
        self.biometrics = LinuxBiometrics(self.vault_id, self.keystore, bus.socket)

    def act(self, answer: Answer) -> None:
        match answer:
            case Answer.YES:
                self.bus.finger("SCAN alice")
            case Answer.NO:
                self.bus.finger("SCAN mallory")
            case _:
                pass

    def lose_the_key(self) -> None:
        self.keystore.biometrics.clear()

    def doing(self, *commands: str) -> Prompt:
        """At each hint the next command happens at the sensor."""
        left = list(commands)

        def hint(what: BiometricHint) -> None:
            self.hints.append(what)
            if left:
                self.bus.finger(left.pop(0))

        return Prompt("test", hint, Cancellation(), 20)


@pytest.fixture(scope="module")
def desk() -> Iterator[FingerprintBus]:
    with fingerprint_bus() as bus:
        yield bus


@pytest.fixture
def subject(desk: FingerprintBus) -> LinuxSubject:
    return LinuxSubject(desk)


class TestLinuxBiometrics(BiometricsContract):
    @pytest.fixture
    def subject(self, desk: FingerprintBus) -> Subject:
        return LinuxSubject(desk)


def test_it_only_asks_and_says_so(subject: LinuxSubject) -> None:
    assert (subject.biometrics.name, subject.biometrics.binding) == ("fprintd", Binding.PROMPT)


def test_three_fingers_of_somebody_else_end_it_and_the_third_may_be_the_right_one(subject: LinuxSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.doing("SCAN alice"))
    with refused(BiometricProblem.NO_MATCH):
        subject.biometrics.unwrap(blob, "c", subject.doing("SCAN mallory", "SCAN mallory", "SCAN mallory"))
    subject.hints.clear()
    third = subject.doing("SCAN mallory", "SCAN mallory", "SCAN alice")
    assert subject.biometrics.unwrap(blob, "c", third) == KEY
    assert subject.hints == [BiometricHint.SWIPE, BiometricHint.NOT_RECOGNISED, BiometricHint.NOT_RECOGNISED]


@pytest.mark.parametrize("wrong", [1, 2])
@pytest.mark.parametrize("end", ["cancelled", "nobody comes", "ERROR 0"])
def test_a_wrong_finger_stays_one_however_the_question_ends(subject: LinuxSubject, wrong: int, end: str) -> None:
    """Who cancels after it would otherwise have tried for nothing."""
    blob = subject.biometrics.wrap(KEY, "c", subject.doing("SCAN alice"))
    subject.hints.clear()
    cancellation = Cancellation()

    def hint(what: BiometricHint) -> None:
        subject.hints.append(what)
        if len(subject.hints) <= wrong:
            subject.bus.finger("SCAN mallory")
        elif end == "cancelled":
            cancellation.cancel()
        elif end != "nobody comes":
            subject.bus.finger(end)

    with refused(BiometricProblem.NO_MATCH):
        subject.biometrics.unwrap(blob, "c", Prompt("test", hint, cancellation, 2 if end == "nobody comes" else 20))
    assert len(subject.hints) == wrong + 1
    assert subject.biometrics.unwrap(blob, "c", subject.doing("SCAN alice")) == KEY  # the reader was given back


@pytest.mark.parametrize("end", ["reader", "service", "bus"])
def test_a_wrong_finger_stays_one_when_what_asked_is_gone(end: str) -> None:
    with fingerprint_bus() as bus:
        subject = LinuxSubject(bus)

        def hint(what: BiometricHint) -> None:
            if what is not BiometricHint.NOT_RECOGNISED:
                bus.finger("SCAN mallory")
            elif end == "reader":
                bus.finger("UNPLUG")
            elif end == "service":
                bus.kill_fprintd()
            else:
                bus.kill()

        with refused(BiometricProblem.NO_MATCH):
            subject.biometrics.wrap(KEY, "c", Prompt("test", hint, Cancellation(), 20))


def test_what_the_reader_could_not_read_is_no_wrong_finger(subject: LinuxSubject) -> None:
    cancellation = Cancellation()

    def hint(what: BiometricHint) -> None:
        if what is BiometricHint.TRY_AGAIN:
            cancellation.cancel()
        else:
            subject.bus.finger("RETRY 0")

    with refused(BiometricProblem.CANCELLED):
        subject.biometrics.wrap(KEY, "c", Prompt("test", hint, cancellation, 20))


def test_what_the_reader_could_not_read_is_a_hint_and_costs_no_scan(subject: LinuxSubject) -> None:
    scans = [f"RETRY {kind}" for kind in (0, 1, 2, 3)]
    subject.biometrics.wrap(KEY, "c", subject.doing(*scans, "SCAN alice"))
    assert subject.hints == [
        BiometricHint.SWIPE,
        BiometricHint.TRY_AGAIN,
        BiometricHint.TOO_SHORT,
        BiometricHint.NOT_CENTRED,
        BiometricHint.REMOVE_AND_RETRY,
    ]


def test_a_reader_that_fails_says_so_and_works_again(subject: LinuxSubject) -> None:
    with refused(BiometricProblem.READER_FAILED):
        subject.biometrics.wrap(KEY, "c", subject.doing("ERROR 0"))
    assert subject.keystore.biometrics == {}
    subject.biometrics.wrap(KEY, "c", subject.doing("SCAN alice"))


def test_nothing_is_stored_before_the_finger_was_right(subject: LinuxSubject) -> None:
    with refused(BiometricProblem.NO_MATCH):
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.NO))
    assert subject.keystore.biometrics == {}


def test_a_vault_has_one_secret_and_it_is_no_other_vaults(subject: LinuxSubject, desk: FingerprintBus) -> None:
    first = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    secret = dict(subject.keystore.biometrics)
    subject.biometrics.wrap(KEY, "d", subject.prompt(Answer.YES))
    assert subject.keystore.biometrics == secret
    other = LinuxSubject(desk)
    other.keystore.biometrics = {other.vault_id: secret[subject.vault_id]}
    with refused(BiometricProblem.CHANGED):
        other.biometrics.unwrap(first, "c", other.prompt(Answer.YES))


def test_another_set_of_fingers_is_changed_before_anybody_is_asked(subject: LinuxSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.bus.enrol("mallory", "left-thumb")
    subject.hints.clear()
    try:
        assert subject.biometrics.problem() is None
        with refused(BiometricProblem.CHANGED):
            subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))
        assert subject.hints == []
    finally:
        subject.bus.remove("left-thumb")
    assert subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES)) == KEY


def test_a_lost_keyring_item_is_changed_before_anybody_is_asked(subject: LinuxSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.lose_the_key()
    subject.hints.clear()
    with refused(BiometricProblem.CHANGED):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))
    assert subject.hints == []


def test_a_keyring_that_does_not_help_says_so_itself(subject: LinuxSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.keystore.problem = KeystoreProblem.LOCKED
    with pytest.raises(KeystoreError):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))
    with pytest.raises(KeystoreError):
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.keystore.problem = None
    assert subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES)) == KEY


def test_without_a_keyring_nobody_is_asked_for_a_finger(subject: LinuxSubject) -> None:
    subject.keystore.provider = lambda: None  # type: ignore[method-assign]
    with pytest.raises(KeystoreError) as caught:
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    assert caught.value.problem is KeystoreProblem.MISSING
    assert subject.hints == []


def test_while_another_program_has_the_reader_it_is_busy(subject: LinuxSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    with subject.bus.claimed(), refused(BiometricProblem.BUSY):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))


@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO, Answer.STOP, Answer.NOBODY])
def test_the_reader_is_given_back_whatever_came_of_it(subject: LinuxSubject, answer: Answer) -> None:
    with suppress(BiometricError):
        subject.biometrics.wrap(KEY, "c", subject.prompt(answer))
    subject.settle()
    with subject.bus.claimed():
        pass


def test_a_caller_that_fails_while_it_shows_a_hint_keeps_no_reader(subject: LinuxSubject) -> None:
    def hint(what: BiometricHint) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        subject.biometrics.wrap(KEY, "c", Prompt("test", hint, Cancellation(), 20))
    with subject.bus.claimed():
        pass


def test_cancelling_wakes_a_wait_that_would_be_long(subject: LinuxSubject) -> None:
    cancellation, waiting = Cancellation(), threading.Event()
    canceller = cancels(cancellation, after=waiting)
    began = time.monotonic()
    with refused(BiometricProblem.CANCELLED):
        subject.biometrics.wrap(KEY, "c", Prompt("test", lambda _: waiting.set(), cancellation, 600))
    canceller.join(20)
    assert time.monotonic() - began < 20


def test_no_reader() -> None:
    with fingerprint_bus(reader=False, enrolled=()) as bus:
        subject = LinuxSubject(bus)
        assert subject.biometrics.problem() is BiometricProblem.NO_READER
        with refused(BiometricProblem.NO_READER):
            subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))


def test_no_prints() -> None:
    with fingerprint_bus(enrolled=()) as bus:
        subject = LinuxSubject(bus)
        assert subject.biometrics.problem() is BiometricProblem.NOT_ENROLLED
        with refused(BiometricProblem.NOT_ENROLLED):
            subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
        bus.enrol("alice", FINGER)
        assert subject.biometrics.problem() is None
        blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
        bus.remove(FINGER)
        with refused(BiometricProblem.NOT_ENROLLED):
            subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))


def test_a_user_without_a_session_is_denied(desk: FingerprintBus) -> None:
    command = [sys.executable, str(OTHER_USER), desk.socket, str(NOBODY)]
    told = subprocess.run(
        command,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert told.stdout.split() == [str(NOBODY), "DENIED", "DENIED"]


def test_a_reader_that_is_unplugged_meanwhile() -> None:
    with fingerprint_bus() as bus:
        subject = LinuxSubject(bus)
        with refused(BiometricProblem.READER_FAILED):
            subject.biometrics.wrap(KEY, "c", subject.doing("UNPLUG"))
        assert subject.biometrics.problem() is BiometricProblem.NO_READER


def test_a_service_that_dies_meanwhile_and_is_missing_then() -> None:
    with fingerprint_bus() as bus:
        subject = LinuxSubject(bus)
        with refused(BiometricProblem.READER_FAILED):
            subject.biometrics.wrap(KEY, "c", Prompt("test", lambda _: bus.kill_fprintd(), Cancellation(), 20))
        assert subject.biometrics.problem() is BiometricProblem.NO_SERVICE
        with refused(BiometricProblem.NO_SERVICE):
            subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))


def test_a_bus_that_dies_meanwhile_and_is_missing_then() -> None:
    with fingerprint_bus() as bus:
        subject = LinuxSubject(bus)
        with refused(BiometricProblem.READER_FAILED):
            subject.biometrics.wrap(KEY, "c", Prompt("test", lambda _: bus.kill(), Cancellation(), 20))
        assert subject.biometrics.problem() is BiometricProblem.NO_SERVICE


def test_what_listens_at_the_place_of_a_bus_and_is_none(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "bus"))
        listener.listen()

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(b"ERROR\r\n")
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        system = LinuxBiometrics(new_id(), MemoryKeystore(), str(tmp_path / "bus"))
        assert system.problem() is BiometricProblem.NO_SERVICE
        thread.join(20)


def test_a_bus_that_does_not_answer_is_given_up_in_time(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "bus"))
        listener.listen()
        system = LinuxBiometrics(new_id(), MemoryKeystore(), str(tmp_path / "bus"))
        with refused(BiometricProblem.TIMED_OUT):
            system.wrap(KEY, "c", Prompt("test", lambda _: None, Cancellation(), 0.1))


def test_no_service() -> None:
    with private_system_bus() as bus:
        assert LinuxSubject(bus).biometrics.problem() is BiometricProblem.NO_SERVICE


def test_a_service_that_sleeps_is_started_by_the_bus() -> None:
    """As on every desktop: systemd or the bus starts fprintd when somebody asks for it."""
    with fingerprint_bus(starts=FPRINTD) as bus:
        subject = LinuxSubject(bus)
        assert subject.biometrics.problem() is BiometricProblem.NOT_ENROLLED
        bus.enrol("alice")
        blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
        assert subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES)) == KEY


def test_a_service_that_does_not_start_is_none() -> None:
    with private_system_bus(starts="/bin/false") as bus:
        assert LinuxSubject(bus).biometrics.problem() is BiometricProblem.NO_SERVICE


def test_no_bus(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        system = LinuxBiometrics(new_id(), MemoryKeystore(), str(path))
        assert system.problem() is BiometricProblem.NO_SERVICE
        with refused(BiometricProblem.NO_SERVICE):
            system.wrap(KEY, "c", Prompt("test", lambda _: None, Cancellation(), 20))


def test_no_bus_from_the_environment_is_asked(
    desk: FingerprintBus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that says yes could be named there, by whoever starts the program."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={desk.socket}")
    assert all(path.startswith(("/run/", "/var/run/")) for path in linux._SOCKETS)
    monkeypatch.setattr(linux, "_SOCKETS", (str(tmp_path / "none"),))
    system = current_biometrics(new_id(), MemoryKeystore())
    assert isinstance(system, LinuxBiometrics)
    assert system.problem() is BiometricProblem.NO_SERVICE
    monkeypatch.setattr(linux, "_SOCKETS", (str(tmp_path / "none"), desk.socket))
    assert system.problem() is None
