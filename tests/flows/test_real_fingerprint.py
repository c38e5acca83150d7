"""A finger from end to end: the product, the sandbox over HTTP, the real fprintd with libfprint's virtual reader."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from support.fingerprints import FINGER, FingerprintBus, fingerprint_bus
from support.flows import PIN, ManualClock, MemoryKeystore, Tenant, identifier
from support.hand import Hand

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    BiometricHint,
    BiometricProblem,
    CancelBiometric,
    CreateVault,
    CredentialInformation,
    GenerateOtp,
    GenerateOtpResult,
    GetBiometricInformation,
    GetCredentialInformation,
    ListTokens,
    Login,
    Reactivate,
    Start,
    Status,
)
from softtoken.vault.biometrics.linux import LinuxBiometrics

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fprintd is a thing of Linux")

ALL = frozenset(ProtectionType)
BIOMETRIC = ProtectionType.BIOMETRIC
ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}
THREE_STRANGERS = ("SCAN mallory",) * 3


@pytest.fixture
def bus() -> Iterator[FingerprintBus]:
    """alice's finger is enrolled; anybody else is mallory."""
    with fingerprint_bus() as bus:
        yield bus


@pytest.fixture
def start(
    bus: FingerprintBus, make_controller: Callable[..., MasterController], keystore: MemoryKeystore
) -> Callable[[], tuple[MasterController, Hand]]:
    """The program is started, on this computer with its reader."""

    def start() -> tuple[MasterController, Hand]:
        controller = make_controller(biometrics=lambda vault_id: LinuxBiometrics(vault_id, keystore, bus.socket))
        controller.post(Start())
        return controller, Hand(bus, controller)

    return start


class Desk:
    """The program in use, with alice's token."""

    def __init__(self, controller: MasterController, hand: Hand, user: UserIdentifier) -> None:
        self.controller = controller
        self.hand = hand
        self.user = user

    def code(self, *deeds: str | Callable[[], object]) -> GenerateOtpResult:
        """By finger."""
        self.hand.will(*deeds)
        return self.controller.post(GenerateOtp(None, None, self.user, BIOMETRIC))

    def by_pin(self) -> GenerateOtpResult:
        return self.controller.post(GenerateOtp(None, PIN, self.user, ProtectionType.PIN))

    def standing(self) -> CredentialInformation:
        return self.controller.post(GetCredentialInformation(self.user, BIOMETRIC))


@pytest.fixture
def desk(start: Callable[[], tuple[MasterController, Hand]], tenant: Tenant) -> Desk:
    """Activated with all three protections, and logged in once."""
    controller, hand = start()
    controller.post(CreateVault())
    hand.will("SCAN alice")
    result = controller.post(Activate(tenant.url, "alice", tenant.register("alice"), ALL, PIN))
    assert result.status is Status.OK, result
    assert result.token is not None
    return Desk(controller, hand, identifier(result.token))


def accepts(tenant: Tenant, result: GenerateOtpResult) -> None:
    """The sandbox takes this code, once."""
    assert result.status is Status.OK, result
    assert result.otp is not None
    assert tenant.login("alice", result.otp.code).json() == ACCEPTED
    assert tenant.login("alice", result.otp.code).status_code == 409


def refused(result: GenerateOtpResult, status: Status, problem: BiometricProblem | None, tries: int) -> None:
    assert (result.status, result.biometric, result.retry_counter) == (status, problem, tries)
    assert result.otp is None


def told(tenant: Tenant) -> tuple[str, str]:
    """What the server knows of the sensor."""
    with closing(sqlite3.connect(tenant.data_folder / "sandbox.sqlite3")) as db:
        found: tuple[str, str] = db.execute(
            "SELECT biometric_binding, biometric_system FROM authenticators WHERE activated"
        ).fetchone()
    return found


def test_from_activation_to_an_accepted_login(
    desk: Desk, tenant: Tenant, start: Callable[[], tuple[MasterController, Hand]]
) -> None:
    assert desk.hand.hints == [BiometricHint.SWIPE]  # asked once, before the code was sent
    assert told(tenant) == ("PROMPT", "fprintd")
    accepts(tenant, desk.code("SCAN alice"))

    # the program's own login, with codes of the same credential
    desk.hand.will("SCAN alice")
    made = desk.controller.post(GenerateOtp(None, None, desk.user, BIOMETRIC, for_login=True))
    assert made.otp is not None
    login = desk.controller.post(Login(desk.user, made.otp.code, made.resynchronisation))
    assert (login.status, login.session_status) == (Status.OK, "accepted")

    # a later run, which has to be asked again
    controller, hand = start()
    later = Desk(controller, hand, desk.user)
    accepts(tenant, later.code("SCAN alice"))
    assert later.hand.hints == [BiometricHint.SWIPE]


def test_somebody_elses_finger_spends_no_activation_code(
    start: Callable[[], tuple[MasterController, Hand]], tenant: Tenant
) -> None:
    controller, hand = start()
    controller.post(CreateVault())
    code = tenant.register("alice")
    for deeds, status in (
        (THREE_STRANGERS, Status.BIOMETRIC_FAILED),
        ((lambda: controller.post(CancelBiometric()),), Status.USER_CANCEL),
        (("ERROR 0",), Status.BIOMETRIC_UNAVAILABLE),
    ):
        hand.will(*deeds)
        assert controller.post(Activate(tenant.url, "alice", code, ALL, PIN)).status is status
        assert controller.post(ListTokens()).tokens == ()
    hand.will("SCAN alice")
    assert controller.post(Activate(tenant.url, "alice", code, ALL, PIN)).status is Status.OK


def test_somebody_elses_finger_makes_nothing_and_gives_no_try_back(
    desk: Desk, tenant: Tenant, clock: ManualClock, start: Callable[[], tuple[MasterController, Hand]]
) -> None:
    before = desk.standing()
    refused(desk.code(*THREE_STRANGERS), Status.BIOMETRIC_FAILED, BiometricProblem.NO_MATCH, 4)
    # one wrong finger, and then the question is stopped: still a try
    stopped = desk.code("SCAN mallory", lambda: desk.controller.post(CancelBiometric()))
    refused(stopped, Status.BIOMETRIC_FAILED, BiometricProblem.NO_MATCH, 3)
    # stopped, broken, or unreadable before any finger: no try
    cancelled = desk.code(lambda: desk.controller.post(CancelBiometric()))
    refused(cancelled, Status.USER_CANCEL, BiometricProblem.CANCELLED, 3)
    unread = desk.code("RETRY 0", lambda: desk.controller.post(CancelBiometric()))
    refused(unread, Status.USER_CANCEL, BiometricProblem.CANCELLED, 3)
    refused(desk.code("ERROR 0"), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.READER_FAILED, 3)
    now = desk.standing()
    assert (now.counter, now.retry_counter) == (before.counter, 3)

    # another run does not give them back either, and after the fourth one there is a delay
    desk.controller.close()
    controller, hand = start()
    later = Desk(controller, hand, desk.user)
    assert later.standing().retry_counter == 3
    for left in (2, 1):
        refused(later.code(*THREE_STRANGERS), Status.BIOMETRIC_FAILED, BiometricProblem.NO_MATCH, left)
    waits = later.code("SCAN alice")
    refused(waits, Status.TEMPORARY_LOCKED, None, 1)
    assert waits.retry_delay == 60
    assert later.hand.hints == []  # nobody was asked
    clock.move(60)

    # the right finger on the third scan
    accepts(tenant, later.code("SCAN mallory", "SCAN mallory", "SCAN alice"))
    assert later.standing().retry_counter == 5


def test_fingers_that_are_used_up_are_asked_for_again_once_the_pin_was_right(
    desk: Desk, tenant: Tenant, clock: ManualClock
) -> None:
    for left in (4, 3, 2, 1):
        result = desk.code(*THREE_STRANGERS)
        refused(result, Status.BIOMETRIC_FAILED, BiometricProblem.NO_MATCH, left)
        clock.move(result.retry_delay or 0)
    refused(desk.code(*THREE_STRANGERS), Status.BIOMETRIC_BLOCKED, BiometricProblem.NO_MATCH, 0)
    refused(desk.code("SCAN alice"), Status.BIOMETRIC_BLOCKED, None, 0)
    assert desk.hand.hints == []
    accepts(tenant, desk.by_pin())
    accepts(tenant, desk.code("SCAN alice"))


def test_a_reader_that_is_pulled_out_or_busy_and_a_service_that_stops(
    desk: Desk, bus: FingerprintBus, tenant: Tenant
) -> None:
    refused(desk.code(lambda: bus.finger("UNPLUG")), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.READER_FAILED, 5)
    refused(desk.code(), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.NO_READER, 5)
    accepts(tenant, desk.by_pin())

    bus.kill_fprintd()
    refused(desk.code(), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.NO_SERVICE, 5)
    assert desk.controller.post(GetBiometricInformation()).problem is BiometricProblem.NO_SERVICE
    accepts(tenant, desk.by_pin())

    bus.start_fprintd()
    with bus.claimed():
        refused(desk.code(), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.BUSY, 5)
    refused(desk.code(bus.kill_fprintd), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.READER_FAILED, 5)
    bus.start_fprintd()
    accepts(tenant, desk.code("SCAN alice"))


def test_prints_that_are_deleted_and_enrolled_anew(desk: Desk, bus: FingerprintBus, tenant: Tenant) -> None:
    bus.remove(FINGER)
    refused(desk.code(), Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.NOT_ENROLLED, 5)
    accepts(tenant, desk.by_pin())

    # under the same name it is not noticed, whosever it is (docs/biometrics.md, "Limits")
    bus.enrol("bob")
    accepts(tenant, desk.code("SCAN bob"))
    refused(desk.code(*("SCAN alice",) * 3), Status.BIOMETRIC_FAILED, BiometricProblem.NO_MATCH, 4)

    # one more, and one instead of another: of no use any more, before anybody is asked
    bus.enrol("alice", "left-thumb")
    refused(desk.code(), Status.BIOMETRIC_CHANGED, BiometricProblem.CHANGED, 4)
    bus.remove(FINGER)
    refused(desk.code(), Status.BIOMETRIC_CHANGED, BiometricProblem.CHANGED, 4)
    assert desk.hand.hints == []
    accepts(tenant, desk.by_pin())

    # a new activation code sets it up for what is enrolled now
    desk.hand.will("SCAN alice")
    again = desk.controller.post(Reactivate(desk.user, tenant.register("alice"), PIN))
    assert again.status is Status.OK, again
    accepts(tenant, desk.code("SCAN alice"))
