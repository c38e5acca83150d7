"""Forgot PIN: a new activation code brings new keys, and nothing is lost on any way that this can fail."""

from dataclasses import replace

import pytest
from services.room import Room, log_in, standing
from support.flows import PIN

from softtoken.engine.tokens import CredentialState, ProtectionType, Token, UserIdentifier
from softtoken.iaa.errors import IaaError
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    ActivationResult,
    GenerateOtp,
    GetState,
    ListTokens,
    Reactivate,
    RenameToken,
    Status,
)
from softtoken.vault.pinwrap import unwrap

NEW = "730195"


@pytest.fixture(params=[True, False], ids=["verified here", "by the server"])
def origin(room: Room, request: pytest.FixtureRequest) -> str:
    return room.network.add("one", allow_offline_pin_verification=request.param)


def forgot(
    room: Room, controller: MasterController, user: UserIdentifier, origin: str, pin: str | None = NEW
) -> ActivationResult:
    return controller.post(Reactivate(user, room.network.register(origin, user.user_id), pin))


def only(controller: MasterController) -> Token:
    (token,) = controller.post(ListTokens()).tokens
    return token


def test_new_keys_and_the_first_login_with_them(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    credential_id, wrapped = room.wrapped(alice)
    result = forgot(room, controller, alice, origin)
    assert result.status is Status.OK
    assert result.login is not None
    assert result.login.status is Status.OK
    new_id, new = room.wrapped(alice)
    assert new_id != credential_id
    assert unwrap(new, new_id, NEW) != unwrap(wrapped, credential_id, PIN)
    assert log_in(controller, alice, NEW).status is Status.OK


def test_everything_that_stood_in_the_way_is_gone(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)

    def ruined(state: CredentialState) -> CredentialState:
        tries, atc = replace(state.tries, failed=5), replace(state.atc, used=20)
        return replace(state, tries=tries, atc=atc, counter=65535, resynchronise=True)

    room.put(alice, ruined)
    assert forgot(room, controller, alice, origin).status is Status.OK
    known = standing(controller, alice)
    assert (known.used, known.resynchronise) == (0, False)
    assert known.retry_counter in {5, None}
    assert controller.post(GenerateOtp(None, NEW, alice)).status is Status.OK


def test_its_name_is_kept(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    controller.post(RenameToken(only(controller).id, "My bank", "the blue card"))
    assert forgot(room, controller, alice, origin).status is Status.OK
    assert (only(controller).issuer, only(controller).name) == ("My bank", "the blue card")


def test_other_protections_may_be_chosen(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    code = room.network.register(origin, "alice")
    none = frozenset({ProtectionType.NO_PIN})
    assert controller.post(Reactivate(alice, code, None, none)).status is Status.OK
    assert only(controller).protections == (ProtectionType.NO_PIN,)
    code = room.network.register(origin, "alice")
    both = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
    assert controller.post(Reactivate(alice, code, NEW, both)).status is Status.OK
    assert set(only(controller).protections) == both


def test_the_old_pin_leaves_the_cache_and_the_user_is_logged_in_anew(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    assert forgot(room, controller, alice, origin).status is Status.OK
    state = controller.post(GetState())
    assert (state.current_user, state.logged_in) == (alice, alice)
    here = standing(controller, alice).verified_here
    assert (controller.post(GenerateOtp()).status is Status.OK) == here


@pytest.mark.parametrize(
    ("code", "pin", "status"),
    [
        ("0000-0000", NEW, Status.INVALID_ACTIVATION_CODE),
        (None, "123456", Status.INVALID_NEW_PIN_FORMAT),
        (None, None, Status.INVALID_PARAMETER),
    ],
)
def test_a_refusal_changes_nothing(room: Room, origin: str, code: str | None, pin: str | None, status: Status) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    before = only(controller), room.wrapped(alice), standing(controller, alice)
    code = code or room.network.register(origin, "alice")
    assert controller.post(Reactivate(alice, code, pin)).status is status
    assert (only(controller), room.wrapped(alice), standing(controller, alice)) == before
    assert log_in(controller, alice).status is Status.OK


def test_a_used_code_changes_nothing(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    code = room.network.register(origin, "alice")
    assert controller.post(Reactivate(alice, code, NEW)).status is Status.OK
    before = room.wrapped(alice)
    assert controller.post(Reactivate(alice, code, PIN)).status is Status.INVALID_ACTIVATION_CODE
    assert room.wrapped(alice) == before
    assert log_in(controller, alice, NEW).status is Status.OK


def test_somebody_who_is_not_here(room: Room, origin: str) -> None:
    controller = room.controller()
    room.activate(controller, origin)
    result = controller.post(Reactivate(UserIdentifier("one", "bob"), room.network.register(origin, "bob"), NEW))
    assert result.status is Status.INVALID_USER_ID


@pytest.mark.parametrize("later", [False, True], ids=["in the same run", "in a later run"])
@pytest.mark.parametrize(
    "faults",
    [
        [("/add-device$", "down")],
        [("/add-device$", "lost"), ("/add-device$", "lost")],
        [("/activate$", "down")],
        [("/activate$", "500")],
        [("/activate$", "lost"), ("/activate$", "lost")],
    ],
)
def test_lost_answers(room: Room, origin: str, faults: list[tuple[str, str]], later: bool) -> None:
    """The old keys stay until the server took the new ones, and the same code goes on where it stopped."""
    controller = room.controller()
    alice = room.activate(controller, origin)
    old = room.wrapped(alice)
    code = room.network.register(origin, "alice")
    room.network.faults += faults
    with pytest.raises(IaaError):
        controller.post(Reactivate(alice, code, NEW))
    assert len(controller.post(ListTokens()).tokens) == 1
    assert room.wrapped(alice) == old
    if later:
        controller.close()
        controller = room.controller()
    room.clock.move(45)
    result = controller.post(Reactivate(alice, code, NEW))
    if later and faults[0] == ("/add-device$", "lost"):
        # the device code that the server took is gone with the run: that code is spent, and the old keys still work
        assert result.status is not Status.OK
        assert room.wrapped(alice) == old
        assert log_in(controller, alice).status is Status.OK
        return
    assert result.status is Status.OK
    assert len(controller.post(ListTokens()).tokens) == 1
    assert room.wrapped(alice) != old
    assert log_in(controller, alice, NEW).status is Status.OK


def test_the_first_login_may_fail_and_the_activation_stands(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    code = room.network.register(origin, "alice")
    room.network.faults.append(("/login$", "down"))
    result = controller.post(Reactivate(alice, code, NEW))
    assert (result.status, result.login) == (Status.OK, None)
    assert controller.post(GenerateOtp(None, NEW, alice)).status is Status.LOGIN_REQUIRED
    assert log_in(controller, alice, NEW).status is Status.OK
