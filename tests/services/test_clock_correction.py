"""Codes for a server's time: a choice that reaches codes and nothing else."""

import pytest
from services.room import Room, log_in
from support.flows import PIN, WRONG_PIN, ManualClock

from softtoken.clock import ClockCorrection
from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.skew import ClockSkew
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    AddToken,
    ClockInformation,
    CorrectClock,
    CreateVault,
    GenerateOathOtp,
    GenerateOtp,
    GetClockCorrection,
    RemoveClockCorrection,
    Status,
)

SERVER = "https://northwind.sdb.tid.onespan.cloud"
TOTP = "otpauth://totp/Example:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8"


def correct(controller: MasterController, seconds: int, now: int = 1_800_000_000) -> Status:
    return controller.post(CorrectClock(SERVER, ClockSkew(seconds, 1, now))).status


def holds(controller: MasterController) -> ClockCorrection | None:
    result = controller.post(GetClockCorrection())
    assert result.status is Status.OK
    return result.correction


def test_it_is_kept_replaced_and_removed(room: Room) -> None:
    controller = room.controller()
    assert controller.post(GetClockCorrection()) == ClockInformation(Status.INVALID_STATE)
    assert correct(controller, 37) is Status.INVALID_STATE
    controller.post(CreateVault())
    assert holds(controller) is None
    assert correct(controller, 37) is Status.OK
    assert holds(room.controller()) == ClockCorrection(37, 1_800_000_000, SERVER)
    assert correct(controller, -12) is Status.OK
    assert holds(controller) == ClockCorrection(-12, 1_800_000_000, SERVER)
    assert correct(controller, 0) is Status.OK  # a clock that is right again needs none
    assert holds(controller) is None
    correct(controller, 37)
    assert controller.post(RemoveClockCorrection()).status is Status.OK
    assert holds(room.controller()) is None


@pytest.mark.parametrize("seconds", [86_401, -86_401, 2**40])
def test_a_clock_that_is_a_day_off_has_to_be_set(room: Room, seconds: int) -> None:
    controller = room.controller()
    controller.post(CreateVault())
    assert correct(controller, seconds) is Status.INVALID_PARAMETER
    assert holds(controller) is None


@pytest.mark.parametrize("seconds", [37, -37, 3600, -86_400])
def test_a_totp_code_is_of_the_servers_time_and_its_life_of_ours(room: Room, seconds: int) -> None:
    controller = room.controller()
    controller.post(CreateVault())
    token = controller.post(AddToken(TOTP)).token
    assert token is not None
    now = room.clock.now()
    wanted = controller.post(GenerateOathOtp(token.id, at=now + seconds)).otp
    correct(controller, seconds)
    made = controller.post(GenerateOathOtp(token.id)).otp
    assert made is not None
    assert wanted is not None
    assert made.code == wanted.code
    assert (made.corrected, wanted.corrected) == (seconds, 0)
    # the step ends when the server's clock says so, told by the clock that the countdown reads
    assert made.valid_until is not None
    assert made.valid_from <= now < made.valid_until == made.valid_from + 30
    assert (made.valid_until + seconds) % 30 == 0
    named = controller.post(GenerateOathOtp(token.id, at=59)).otp
    assert named is not None
    assert (named.code, named.corrected) == ("94287082", 0)  # a moment that is named is meant (RFC 6238)


def test_a_managed_code_that_a_wrong_clock_spoils_is_accepted_when_corrected(room: Room) -> None:
    controller = room.controller()
    ahead = ManualClock()
    ahead.wall = room.clock.wall
    origin = room.network.add("one", clock=ahead)
    alice = room.activate(controller, origin, pin=None)
    assert log_in(controller, alice, None).status is Status.OK
    ahead.move(300)
    before = log_in(controller, alice, None)
    assert before.status is Status.WRONG_CREDENTIALS
    assert correct(controller, 300, room.clock.now()) is Status.OK
    after = log_in(controller, alice, None)
    assert after.status is Status.OK
    made = controller.post(GenerateOtp(None, None, alice, ProtectionType.NO_PIN)).otp
    assert made is not None
    assert (made.valid_from, made.valid_until) == (room.clock.now(), room.clock.now() + 30)
    assert made.corrected == 300
    assert room.network.verify(origin, "alice", OTP=made.code) == "OK"


def test_an_activation_under_a_wrong_clock_proves_itself_when_corrected(room: Room) -> None:
    controller = room.controller()
    ahead = ManualClock()
    ahead.wall = room.clock.wall + 300
    controller.post(CreateVault())
    correct(controller, 300, room.clock.now())
    room.activate(controller, room.network.add("one", clock=ahead), pin=None)


def test_delays_after_wrong_pins_do_not_hear_of_it(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    status = Status.OK
    while status is not Status.TEMPORARY_LOCKED:
        status = controller.post(GenerateOtp(None, WRONG_PIN, alice)).status
    before = controller.post(GenerateOtp(None, PIN, alice))
    correct(controller, 86_400)
    after = controller.post(GenerateOtp(None, PIN, alice))
    assert after == before
    assert after.status is Status.TEMPORARY_LOCKED
