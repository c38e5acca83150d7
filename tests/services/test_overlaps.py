"""Two things at once, or one after another that was never answered: both sides still have a key in common."""

from collections.abc import Callable

import httpx
import pytest
from services.room import Room, log_in
from support.flows import BOTH, PIN

from softtoken.engine.tokens import UserIdentifier
from softtoken.errors import SoftTokenError
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    Busy,
    ChangePin,
    CreateVault,
    DeleteUser,
    GenerateOtp,
    GetState,
    Idle,
    ListTokens,
    Notification,
    Reactivate,
    SignTransaction,
    Status,
)

NEW, NEWER = "730195", "640281"


def meanwhile(room: Room, monkeypatch: pytest.MonkeyPatch, path: str, action: Callable[[], object]) -> None:
    """Do something once, after the server has answered a call and before the device has the answer."""
    carry, waiting = room.network.carry, [action]

    def carried(request: httpx.Request) -> httpx.Response:
        response = carry(request)
        if request.url.path.endswith(path) and waiting:
            waiting.pop()()
        return response

    monkeypatch.setattr(room.network, "carry", carried)


@pytest.mark.parametrize("what", ["a code", "a PIN change"])
def test_another_program_uses_the_token_while_a_fresh_key_comes(
    room: Room, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    origin = room.network.add("one", allow_offline_pin_verification=False)
    controller = room.controller()
    alice = room.activate(controller, origin)
    other = room.controller()

    def use() -> None:
        event = GenerateOtp(None, PIN, alice) if what == "a code" else ChangePin(alice, PIN, NEWER)
        assert other.post(event).status is Status.OK  # type: ignore[attr-defined]

    meanwhile(room, monkeypatch, "/renew-key", use)
    assert controller.post(ChangePin(alice, PIN, NEW)).status is Status.FAILED
    holds = PIN if what == "a code" else NEWER
    assert log_in(controller, alice, holds).status is Status.OK
    assert controller.post(ChangePin(alice, holds, NEW)).status is Status.OK
    assert log_in(controller, alice, NEW).status is Status.OK


def reactivate(controller: MasterController, alice: UserIdentifier, code: str) -> Status | None:
    try:
        return controller.post(Reactivate(alice, code, NEW)).status
    except SoftTokenError:
        return None


def test_a_second_code_does_not_throw_away_what_the_first_one_brought(room: Room) -> None:
    origin = room.network.add("one")
    controller = room.controller()
    alice = room.activate(controller, origin)
    first = room.network.register(origin, "alice")
    room.network.faults += [("/activate$", "lost")] * 2
    assert reactivate(controller, alice, first) is None  # the server has the new keys; nobody here knows
    second = room.network.register(origin, "alice")
    room.network.faults += [("/activate$", "down")] * 8
    assert reactivate(controller, alice, second) is None
    room.network.faults.clear()
    room.clock.move(700)  # both codes are too old by now
    assert reactivate(controller, alice, first) is Status.OK
    assert controller.post(GetState()).logged_in == alice
    assert log_in(controller, alice, NEW).status is Status.OK
    assert len(controller.post(ListTokens()).tokens) == 1
    with room.vault() as vault:
        assert len(vault.tokens().tokens) == 1


def test_deleting_a_user_takes_unanswered_activations_along(room: Room) -> None:
    origin = room.network.add("one")
    controller = room.controller()
    controller.post(CreateVault())
    room.network.faults += [("/activate$", "lost")] * 2
    with pytest.raises(SoftTokenError):
        controller.post(Activate(origin, "alice@one", room.network.register(origin, "alice"), BOTH, PIN))
    everyone = UserIdentifier("", "")
    assert controller.post(DeleteUser(everyone)).status is Status.OK
    with room.vault() as vault:
        assert vault.tokens().tokens == ()


def test_half_a_character_is_refused_and_costs_nothing(room: Room) -> None:
    origin = room.network.add("one")
    controller = room.controller()
    alice = room.activate(controller, origin)
    half = "\ud800"
    before = controller.post(GenerateOtp(None, PIN, alice)).otp
    assert controller.post(GenerateOtp(None, "1234" + half, alice)).status is Status.INVALID_PARAMETER
    signed = controller.post(SignTransaction((half,), PIN, alice))
    assert signed.status is Status.INVALID_PARAMETER
    after = controller.post(GenerateOtp(None, PIN, alice))
    assert before is not None
    assert before.atc is not None
    assert after.otp is not None
    assert (after.otp.atc, after.retry_counter) == (before.atc + 1, 5)


@pytest.mark.expects_log
def test_a_receiver_that_fails_or_leaves_harms_nobody(room: Room) -> None:
    controller = room.controller()
    heard: list[Notification] = []
    leave: list[Callable[[], None]] = []

    def fails(notification: Notification) -> None:
        raise ValueError(notification)

    controller.subscribe(fails)
    leave.append(controller.subscribe(lambda _: leave[0]()))
    controller.subscribe(heard.append)
    controller.post(ListTokens())
    controller.post(ListTokens())
    assert heard == [Busy(), Idle(), Busy(), Idle()]
