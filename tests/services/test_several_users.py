"""Several users and tenants on one device: whom a code is for, and that no PIN ever serves another."""

import pytest
from services.room import Room, log_in, standing
from support.flows import PIN

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    AddUser,
    DeleteUser,
    GenerateOtp,
    GenerateSecureSequence,
    GetState,
    ListTokens,
    OfflineLogin,
    Restart,
    SdkState,
    SignTransaction,
    Status,
)

BOBS = "730195"


@pytest.fixture
def controller(room: Room) -> MasterController:
    return room.controller()


@pytest.fixture
def alice(room: Room, controller: MasterController) -> UserIdentifier:
    return room.activate(controller, room.network.add("one"))


@pytest.fixture
def bob(room: Room, controller: MasterController, alice: UserIdentifier) -> UserIdentifier:
    """In another tenant."""
    return room.activate(controller, room.network.add("two"), "bob", BOBS)


@pytest.fixture
def namesake(room: Room, controller: MasterController, alice: UserIdentifier) -> UserIdentifier:
    """The same user id in another tenant."""
    return room.activate(controller, room.network.add("three"), "alice", BOBS)


def test_a_code_needs_somebody(controller: MasterController, alice: UserIdentifier, bob: UserIdentifier) -> None:
    controller.post(Restart())
    assert controller.post(GenerateOtp(None, PIN)).status is Status.INVALID_STATE
    assert controller.post(GenerateOtp(None, None, None, ProtectionType.NO_PIN)).status is Status.INVALID_STATE
    assert standing(controller, alice).retry_counter == standing(controller, bob).retry_counter == 5


def test_previously_triggered_with_a_user_identifier(
    controller: MasterController, alice: UserIdentifier, bob: UserIdentifier
) -> None:
    controller.post(Restart())
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.OK
    assert controller.post(GetState()).current_user == alice
    before = standing(controller, alice).counter
    assert controller.post(GenerateOtp(None, PIN)).status is Status.OK
    assert controller.post(GenerateOtp()).status is Status.OK
    assert standing(controller, alice).counter == before + 2
    assert controller.post(GenerateOtp(None, BOBS, bob)).status is Status.OK
    before = standing(controller, bob).counter
    assert controller.post(GenerateOtp()).status is Status.OK
    assert standing(controller, bob).counter == before + 1


@pytest.mark.parametrize("other", ["bob", "namesake"])
def test_no_cached_pin_serves_another(
    controller: MasterController, alice: UserIdentifier, other: str, request: pytest.FixtureRequest
) -> None:
    """Each way to turn to the other user drops the PIN of the first; and it is not there again on the way back."""
    second: UserIdentifier = request.getfixturevalue(other)
    for turn in (
        lambda: controller.post(GenerateOtp(None, None, second)),
        lambda: controller.post(GenerateSecureSequence(None, None, second)),
        lambda: controller.post(SignTransaction(("x",), None, second)),
        lambda: controller.post(OfflineLogin(second)),
    ):
        controller.post(Restart())
        assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.OK
        turn()
        assert controller.post(GenerateOtp()).status is Status.INVALID_STATE
        assert controller.post(GenerateOtp(None, PIN, second)).status is Status.INVALID_PIN
        assert controller.post(GenerateOtp(None, BOBS, second)).status is Status.OK
        assert controller.post(GenerateOtp(None, None, alice)).status is Status.INVALID_STATE


def test_a_login_of_another_user_takes_no_cached_pin_along(
    controller: MasterController, alice: UserIdentifier, bob: UserIdentifier
) -> None:
    controller.post(Restart())
    controller.post(GenerateOtp(None, PIN, alice))
    assert log_in(controller, bob, BOBS).status is Status.OK
    state = controller.post(GetState())
    assert (state.current_user, state.logged_in) == (bob, bob)
    assert controller.post(GenerateOtp(None, None, alice)).status is Status.INVALID_STATE


def test_a_failed_user_blocks_nobody_else(
    controller: MasterController, alice: UserIdentifier, bob: UserIdentifier
) -> None:
    for _ in range(4):
        controller.post(GenerateOtp(None, BOBS, alice))
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.TEMPORARY_LOCKED
    assert controller.post(GenerateOtp(None, BOBS, bob)).status is Status.OK
    assert controller.post(GenerateOtp(None, None, alice, ProtectionType.NO_PIN)).status is Status.OK


def test_offline_login_chooses_who_logged_in_last(
    room: Room, controller: MasterController, alice: UserIdentifier, bob: UserIdentifier
) -> None:
    room.clock.move(60)
    log_in(controller, alice)
    later = room.controller()
    assert later.post(OfflineLogin()).user_identifier == alice
    assert later.post(GetState()).current_user == alice
    assert later.post(GetState()).sdk_state is SdkState.LOGIN_REQUIRED  # nobody is online
    result = later.post(OfflineLogin(bob, BOBS))
    assert (result.status, result.user_identifier, result.retry_counter) == (Status.OK, bob, 5)
    before = standing(later, bob).counter
    assert later.post(GenerateOtp()).status is Status.OK
    assert standing(later, bob).counter == before + 1
    assert later.post(OfflineLogin(bob, PIN)).status is Status.INVALID_PIN
    assert later.post(OfflineLogin(UserIdentifier("one", "x"))).status is Status.INVALID_USER_ID


def test_add_user_needs_a_first_one(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    origin = room.network.add("two")
    event = AddUser(origin, "bob@two", room.network.register(origin, "bob"), frozenset({ProtectionType.PIN}), BOBS)
    assert controller.post(event).status is Status.OK
    assert len(controller.post(ListTokens()).tokens) == 2
    controller.post(Restart())
    assert controller.post(DeleteUser(UserIdentifier("", ""))).sdk_state is SdkState.ACTIVATION_REQUIRED
    origin_of_alice = "http://127.0.0.1:9001"
    code = room.network.register(origin_of_alice, "alice")
    first = (origin_of_alice, "alice@one", code, frozenset({ProtectionType.NO_PIN}))
    assert controller.post(AddUser(*first)).status is Status.INVALID_STATE
    assert controller.post(Activate(*first)).status is Status.OK


def test_deleting(controller: MasterController, alice: UserIdentifier, bob: UserIdentifier) -> None:
    assert controller.post(DeleteUser(bob)).status is Status.INVALID_STATE  # logged in by the activation
    assert controller.post(DeleteUser(UserIdentifier("", ""))).status is Status.INVALID_STATE
    controller.post(GenerateOtp(None, PIN, alice))
    result = controller.post(DeleteUser(alice))
    assert (result.status, len(result.tokens)) == (Status.OK, 1)
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.INVALID_USER_ID
    assert controller.post(GetState()).current_user == bob  # who is logged in
    controller.post(Restart())
    assert controller.post(DeleteUser(bob)).sdk_state is SdkState.ACTIVATION_REQUIRED
