"""Enabling the biometric protection: the person's yes before the code is spent, and what the server hears of it."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import httpx
import pytest
from services.asked import ask, became
from services.room import Room, log_in
from support.flows import PIN

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.errors import Unreachable
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    ActivationResult,
    ApprovalResult,
    ApproveLogin,
    Binding,
    BiometricInformation,
    BiometricProblem,
    CreateVault,
    GenerateOtp,
    GetBiometricInformation,
    GetState,
    ListApprovals,
    ListTokens,
    Lock,
    Login,
    Reactivate,
    Reset,
    Status,
)

ALL = frozenset(ProtectionType)
BIOMETRIC = ProtectionType.BIOMETRIC
NEW_PIN = "730195"
ALICE = UserIdentifier("one", "alice")
DEVICE = "/softtoken/v1/device$"


@pytest.fixture
def controller(room: Room) -> MasterController:
    controller = room.controller()
    controller.post(CreateVault())
    return controller


def activate(
    controller: MasterController,
    origin: str,
    code: str,
    protections: frozenset[ProtectionType] = ALL,
    pin: str | None = PIN,
) -> ActivationResult:
    return controller.post(Activate(origin, "alice@one", code, protections, pin))


def told(room: Room, tenant: str = "one") -> tuple[str | None, str | None]:
    """What the tenant knows of the device's sensor."""
    with closing(sqlite3.connect(room.network.folder / tenant / "sandbox.sqlite3")) as db:
        found: tuple[str | None, str | None] = db.execute(
            "SELECT biometric_binding, biometric_system FROM authenticators WHERE activated"
        ).fetchone()
    return found


@pytest.mark.parametrize("binding", list(Binding))
def test_the_server_hears_what_the_yes_is_worth(
    room: Room, controller: MasterController, origin: str, binding: Binding
) -> None:
    room.reader.binding = binding
    result = activate(controller, origin, room.network.register(origin, "alice"))
    assert result.status is Status.OK
    assert result.token is not None
    assert set(result.token.protections) == ALL
    assert room.reader.prompts == ["SET_UP alice@one"]  # once
    assert told(room) == (binding.value, "fake reader")


def telling(room: Room) -> int:
    """How often the server was told since this was asked last."""
    times = room.network.requests.count("/softtoken/v1/device")
    room.network.requests.clear()
    return times


@pytest.mark.parametrize("answer", ["400", "404", "409"])
def test_a_server_that_does_not_want_to_know(
    room: Room, controller: MasterController, origin: str, answer: str
) -> None:
    """It has answered, so it is left alone."""
    room.network.faults = [(DEVICE, answer)]
    result = activate(controller, origin, room.network.register(origin, "alice"))
    assert result.status is Status.OK
    assert result.login is not None
    assert result.login.status is Status.OK
    assert told(room)[0] is None
    assert telling(room) == 1
    assert log_in(controller, ALICE).status is Status.OK
    assert telling(room) == 0


@pytest.mark.parametrize("fault", ["500", "401", "lost", "down"])
def test_a_server_that_has_not_heard_is_told_at_the_next_login(
    room: Room, controller: MasterController, origin: str, fault: str
) -> None:
    room.network.faults = [(DEVICE, fault)] * 9
    result = activate(controller, origin, room.network.register(origin, "alice"))
    assert result.login is not None
    assert (result.status, result.login.status) == (Status.OK, Status.OK)
    assert telling(room) >= 2  # after the activation, and after its first login
    assert log_in(controller, ALICE).status is Status.OK
    assert telling(room)
    room.network.faults.clear()
    controller.close()
    later = room.controller()
    assert log_in(later, ALICE).status is Status.OK
    assert told(room) == ("PROMPT", "fake reader")
    assert telling(room) == 1
    assert log_in(later, ALICE).status is Status.OK
    later.post(ListApprovals(ALICE))
    assert telling(room) == 0


def test_a_login_stands_before_the_server_is_told(
    room: Room, controller: MasterController, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take its time over what it is told, and the program may be ended meanwhile."""
    room.network.faults = [(DEVICE, "down")] * 9
    assert activate(controller, origin, room.network.register(origin, "alice")).status is Status.OK
    room.network.faults.clear()
    controller.close()
    later, seen = room.controller(), []
    carry = room.network.carry

    def carried(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/softtoken/v1/device":
            seen.append(later.post(GetState()).logged_in)
        return carry(request)

    monkeypatch.setattr(room.network, "carry", carried)
    assert log_in(later, ALICE).status is Status.OK
    assert seen == [ALICE]


def test_looking_for_approvals_is_a_contact_as_well(room: Room, controller: MasterController, origin: str) -> None:
    room.network.faults = [(DEVICE, "down")] * 9
    assert activate(controller, origin, room.network.register(origin, "alice")).status is Status.OK
    room.network.faults.clear()
    telling(room)
    for expected in (1, 0):
        assert controller.post(ListApprovals(ALICE)).status is Status.OK
        assert telling(room) == expected
    assert told(room) == ("PROMPT", "fake reader")


def test_a_login_that_is_refused_tells_nothing(room: Room, controller: MasterController, origin: str) -> None:
    room.network.faults = [(DEVICE, "down")] * 9
    assert activate(controller, origin, room.network.register(origin, "alice")).status is Status.OK
    room.network.faults.clear()
    telling(room)
    assert controller.post(Login(ALICE, "00000000")).status is Status.WRONG_CREDENTIALS
    assert telling(room) == 0
    assert told(room)[0] is None


def test_without_biometric_nothing_is_asked_and_told(room: Room, controller: MasterController, origin: str) -> None:
    room.activate(controller, origin)
    assert room.reader.prompts == []
    assert not any("device" in path.rpartition("/")[2] for path in room.network.requests if "/v1/device" in path)


@pytest.mark.parametrize("problem", list(BiometricProblem))
def test_a_sensor_that_fails_leaves_the_code_good(
    room: Room, controller: MasterController, origin: str, problem: BiometricProblem
) -> None:
    room.reader.answers = [problem]
    code = room.network.register(origin, "alice")
    room.network.requests.clear()
    result = activate(controller, origin, code)
    assert result.biometric is problem
    assert result.status is not Status.OK
    assert room.network.requests == []
    assert (controller.post(ListTokens()).tokens, room.reader.kept) == ((), {})
    # the PIN instead, with the same code
    assert activate(controller, origin, code, ALL - {BIOMETRIC}).status is Status.OK


def test_trying_the_sensor_again_with_the_same_code(room: Room, controller: MasterController, origin: str) -> None:
    room.reader.answers = [BiometricProblem.CANCELLED]
    code = room.network.register(origin, "alice")
    assert activate(controller, origin, code).status is Status.USER_CANCEL
    assert activate(controller, origin, code).status is Status.OK


def test_nobody_is_asked_twice_for_one_activation(room: Room, controller: MasterController, origin: str) -> None:
    """A server that is down: the yes stands."""
    code = room.network.register(origin, "alice")
    room.network.faults = [("add-device", "down")] * 9
    with pytest.raises(Unreachable):
        activate(controller, origin, code)
    room.network.faults.clear()
    assert activate(controller, origin, code).status is Status.OK
    assert len(room.reader.prompts) == 1


def test_a_yes_that_was_for_nothing_leaves_nothing_behind(
    room: Room, controller: MasterController, origin: str
) -> None:
    code = room.network.register(origin, "alice")
    room.network.faults = [("add-device", "down")] * 9
    with pytest.raises(Unreachable):
        activate(controller, origin, code)
    room.network.faults.clear()
    assert len(room.reader.kept) == 1
    assert activate(controller, origin, code, ALL - {BIOMETRIC}).status is Status.OK
    assert room.reader.kept == {}


def test_an_end_in_between_leaves_nothing_behind(room: Room, controller: MasterController, origin: str) -> None:
    code = room.network.register(origin, "alice")
    room.network.faults = [("add-device", "down")] * 9
    with pytest.raises(Unreachable):
        activate(controller, origin, code)
    room.network.faults.clear()
    controller.close()
    assert room.reader.kept == {}


def test_a_run_that_ended_before_its_answer_goes_on(room: Room, controller: MasterController, origin: str) -> None:
    """The credential is stored with what opens it, and nobody is asked again."""
    code = room.network.register(origin, "alice")
    room.network.faults = [("/activate$", "down")] * 9
    with pytest.raises(Unreachable):
        activate(controller, origin, code)
    room.network.faults.clear()
    controller.close()
    later = room.controller()
    assert activate(later, origin, code).status is Status.OK
    assert len(room.reader.prompts) == 1
    alice = UserIdentifier("one", "alice")
    assert later.post(GenerateOtp(None, None, alice, BIOMETRIC)).status is Status.OK


@pytest.mark.parametrize("locked", [True, False])
def test_a_reset_leaves_nothing_behind(room: Room, controller: MasterController, origin: str, *, locked: bool) -> None:
    """Of a closed vault, too, which names its credentials and no more."""
    room.activate(controller, origin, protections=ALL)
    assert len(room.reader.kept) == 1
    if locked:
        controller.post(Lock())
    assert controller.post(Reset()).status is Status.OK
    assert (room.reader.kept, room.keystore.items, room.keystore.biometrics) == ({}, {}, {})


@pytest.mark.parametrize("protections", [{BIOMETRIC}, {BIOMETRIC, ProtectionType.NO_PIN}])
def test_never_without_a_pin(
    room: Room, controller: MasterController, origin: str, protections: set[ProtectionType]
) -> None:
    code = room.network.register(origin, "alice")
    for pin in (None, PIN):
        result = activate(controller, origin, code, frozenset(protections), pin)
        assert result == ActivationResult(Status.INVALID_PARAMETER)
    assert room.reader.prompts == []


def test_activating_anew_sets_up_what_was_lost(room: Room, controller: MasterController, origin: str) -> None:
    alice = room.activate(controller, origin, protections=ALL)
    (old,) = room.reader.kept
    room.reader.kept.clear()
    assert controller.post(GenerateOtp(None, None, alice, BIOMETRIC)).status is Status.BIOMETRIC_CHANGED
    code = room.network.register(origin, "alice")
    assert controller.post(Reactivate(alice, code, NEW_PIN)).status is Status.OK
    assert controller.post(GenerateOtp(None, None, alice, BIOMETRIC)).status is Status.OK
    assert old not in room.reader.kept
    assert len(room.reader.kept) == 1


def test_activating_anew_without_the_sensor(room: Room, controller: MasterController, origin: str) -> None:
    """Whose reader is broken and whose PIN is forgotten can still go on."""
    alice = room.activate(controller, origin, protections=ALL)
    room.reader.state = BiometricProblem.NO_READER
    code = room.network.register(origin, "alice")
    refused = controller.post(Reactivate(alice, code, NEW_PIN))
    assert (refused.status, refused.biometric) == (Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.NO_READER)
    assert controller.post(Reactivate(alice, code, NEW_PIN, ALL - {BIOMETRIC})).status is Status.OK
    assert room.reader.kept == {}
    assert controller.post(GenerateOtp(None, NEW_PIN, alice)).status is Status.OK


def test_what_the_computer_offers(room: Room) -> None:
    """Before there is a vault as well."""
    controller = room.controller()
    expected = BiometricInformation(Status.OK, "fake reader", Binding.PROMPT, None)
    assert controller.post(GetBiometricInformation()) == expected
    assert expected.usable
    room.reader.state = BiometricProblem.NOT_ENROLLED
    assert controller.post(GetBiometricInformation()).problem is BiometricProblem.NOT_ENROLLED


class TestApprovals:
    @pytest.fixture
    def alice(self, room: Room, controller: MasterController, origin: str) -> UserIdentifier:
        return room.activate(controller, origin, protections=ALL)

    @pytest.mark.parametrize("code", [23, 24])
    def test_a_login_that_asks_for_a_finger_or_a_face(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier, code: int
    ) -> None:
        request = ask(room.network, origin, code=code)
        (approval,) = controller.post(ListApprovals(alice)).approvals
        assert approval.protections == (BIOMETRIC, ProtectionType.PIN)
        room.reader.prompts.clear()
        approved = controller.post(ApproveLogin(approval))
        assert replace(approved, log_correlation_id=None) == ApprovalResult(Status.OK, 5, 0)
        assert room.reader.prompts == ["APPROVAL alice@one"]
        assert became(room.network, origin, request) == "accepted"

    def test_the_pin_is_there_when_the_sensor_fails(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier
    ) -> None:
        request = ask(room.network, origin, code=23)
        (approval,) = controller.post(ListApprovals(alice)).approvals
        room.reader.answers = [BiometricProblem.TIMED_OUT]
        room.network.requests.clear()
        failed = controller.post(ApproveLogin(approval))
        assert (failed.status, failed.biometric) == (Status.USER_CONFIRMATION_TIMEOUT, BiometricProblem.TIMED_OUT)
        assert failed.outdated is None
        assert room.network.requests == []
        assert controller.post(ApproveLogin(approval, PIN, ProtectionType.PIN)).status is Status.OK
        assert became(room.network, origin, request) == "accepted"

    def test_a_pin_that_is_asked_for_is_not_replaced(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier
    ) -> None:
        ask(room.network, origin, code=22)
        (approval,) = controller.post(ListApprovals(alice)).approvals
        assert approval.protections == (ProtectionType.PIN,)
        assert controller.post(ApproveLogin(approval, None, BIOMETRIC)).status is Status.INVALID_PARAMETER
