"""The retry ladder as a caller meets it: tries, delays on the machine's uptime, the block, and what undoes a charge."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.room import Room, log_in, standing
from support.flows import PIN, WRONG_PIN

from softtoken.engine.pin import RetryPolicy
from softtoken.engine.tokens import UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import GenerateOtp, GenerateOtpResult, OfflineLogin, Reactivate, Status
from softtoken.vault.errors import KeystoreError, KeystoreProblem


def try_pin(controller: MasterController, user: UserIdentifier, pin: str | None) -> tuple[str, int | None, int | None]:
    made: GenerateOtpResult = controller.post(GenerateOtp(None, pin, user))
    assert (made.otp is not None) == (made.status is Status.OK)
    return made.status.value, made.retry_counter, made.retry_delay


def test_the_ladder_from_top_to_bottom(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    counter = standing(controller, alice).counter
    for left in (4, 3, 2):
        assert try_pin(controller, alice, WRONG_PIN) == ("INVALID_PIN", left, 0)
    assert try_pin(controller, alice, WRONG_PIN) == ("INVALID_PIN", 1, 60)
    room.clock.move(59)
    assert try_pin(controller, alice, PIN) == ("TEMPORARY_LOCKED", 1, 1)  # not even a right one is looked at
    assert standing(controller, alice).counter == counter
    room.clock.move(1)
    assert try_pin(controller, alice, WRONG_PIN) == ("PIN_BLOCKED", 0, 0)
    room.clock.move(10_000)
    assert try_pin(controller, alice, PIN) == ("PIN_BLOCKED", 0, 0)
    assert try_pin(room.controller(), alice, PIN) == ("PIN_BLOCKED", 0, 0)  # nor in a later run
    assert standing(controller, alice).counter == counter


def test_a_right_pin_gives_everything_back(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    for _ in range(4):
        try_pin(controller, alice, WRONG_PIN)
    room.clock.move(60)
    assert try_pin(controller, alice, PIN) == ("OK", 5, 0)
    assert try_pin(controller, alice, WRONG_PIN) == ("INVALID_PIN", 4, 0)


def test_the_ladder_is_the_servers(room: Room) -> None:
    origin = room.network.add("one", retry=RetryPolicy(max_tries=6, free_tries=1, first_delay=10, max_delay=30))
    controller = room.controller()
    alice = room.activate(controller, origin)
    seen = []
    for _ in range(6):
        status, left, delay = try_pin(controller, alice, WRONG_PIN)
        seen.append((status, left, delay))
        room.clock.move(delay or 0)
    assert seen == [
        ("INVALID_PIN", 5, 0),
        ("INVALID_PIN", 4, 10),
        ("INVALID_PIN", 3, 20),
        ("INVALID_PIN", 2, 30),
        ("INVALID_PIN", 1, 30),
        ("PIN_BLOCKED", 0, 0),
    ]


@pytest.mark.parametrize("seconds", [-10_000_000, -3600, -1, 1, 3600, 10_000_000])
def test_setting_the_wall_clock_shortens_no_delay(room: Room, seconds: int) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    for _ in range(4):
        try_pin(controller, alice, WRONG_PIN)
    room.clock.wall += seconds
    assert try_pin(controller, alice, PIN) == ("TEMPORARY_LOCKED", 1, 60)
    room.clock.up += 25
    assert try_pin(controller, alice, PIN) == ("TEMPORARY_LOCKED", 1, 35)
    assert try_pin(room.controller(), alice, PIN) == ("TEMPORARY_LOCKED", 1, 35)


def test_a_reboot_starts_the_delay_again(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    for _ in range(4):
        try_pin(controller, alice, WRONG_PIN)
    room.clock.up += 50
    room.clock.up = 5  # the machine was started anew
    controller = room.controller()
    assert try_pin(controller, alice, PIN) == ("TEMPORARY_LOCKED", 1, 55)
    room.clock.up = 60
    assert try_pin(controller, alice, PIN) == ("OK", 5, 0)


@given(moves=st.lists(st.tuples(st.integers(-5000, 5000), st.integers(0, 20)), max_size=8))
def test_only_time_that_passed_counts(moves: list[tuple[int, int]]) -> None:
    """However the clock is set meanwhile, the delay ends after exactly its seconds of uptime."""
    from softtoken.engine.pin import RetryState, delay_left

    state, up = RetryState(4, 60, 1000), 1000
    for _, passed in moves:
        up += passed
    assert delay_left(state, up) == max(0, 60 - sum(passed for _, passed in moves))


def test_a_masked_pin_is_never_counted_here(room: Room) -> None:
    origin = room.network.add("two", allow_offline_pin_verification=False)
    controller = room.controller()
    alice = room.activate(controller, origin)
    for _ in range(8):
        assert try_pin(controller, alice, WRONG_PIN) == ("OK", None, None)
    assert (standing(controller, alice).retry_counter, standing(controller, alice).verified_here) == (None, False)
    refused = log_in(controller, alice, WRONG_PIN)
    assert refused.status is Status.WRONG_CREDENTIALS  # the server counts
    for _ in range(2):
        log_in(controller, alice, WRONG_PIN)
    assert log_in(controller, alice).status is Status.LOCKED_USER


@pytest.mark.parametrize("pin", [PIN, WRONG_PIN])
@pytest.mark.parametrize("problem", [KeystoreProblem.LOCKED, KeystoreProblem.FAILED])
def test_a_keyring_that_refuses_costs_nothing_and_tells_nothing(room: Room, problem: KeystoreProblem, pin: str) -> None:
    """The try was not witnessed, so nothing may be made of it: no code, no word on the PIN, no try gone."""
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    try_pin(controller, alice, WRONG_PIN)
    before = standing(controller, alice)
    room.keystore.problem = problem
    for _ in range(7):  # more often than there are tries
        with pytest.raises(KeystoreError) as raised:
            controller.post(GenerateOtp(None, pin, alice))
        assert raised.value.problem is problem
    assert standing(controller, alice) == before
    room.keystore.problem = None
    assert try_pin(controller, alice, PIN) == ("OK", 5, 0)


def test_a_keyring_that_refuses_caches_nothing(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"), auto_login=False)
    log_in(controller, alice)
    controller = room.controller()
    room.keystore.problem = KeystoreProblem.LOCKED
    with pytest.raises(KeystoreError):
        controller.post(OfflineLogin(alice, PIN))
    room.keystore.problem = None
    assert controller.post(GenerateOtp()).status is Status.INVALID_STATE


def test_no_pin_needs_no_keyring(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"), pin=None)
    room.keystore.problem = KeystoreProblem.LOCKED
    assert controller.post(GenerateOtp(None, None, alice)).status is Status.OK


def test_the_block_ends_with_a_new_activation_code(room: Room) -> None:
    origin = room.network.add("one")
    controller = room.controller()
    alice = room.activate(controller, origin)
    room.put(alice, lambda state: replace(state, tries=replace(state.tries, failed=5)))
    assert try_pin(controller, alice, PIN) == ("PIN_BLOCKED", 0, 0)
    result = controller.post(Reactivate(alice, room.network.register(origin, "alice"), "730195"))
    assert result.status is Status.OK
    assert try_pin(controller, alice, "730195") == ("OK", 5, 0)
    assert try_pin(controller, alice, PIN) == ("INVALID_PIN", 4, 0)


@pytest.mark.parametrize("failed", range(5))
def test_a_refused_try_leaves_no_delay_either(room: Room, failed: int) -> None:
    """Wherever on the ladder it happens."""
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    for _ in range(failed):
        try_pin(controller, alice, WRONG_PIN)
    room.clock.move(standing(controller, alice).retry_delay or 0)
    before = standing(controller, alice)
    room.keystore.problem = KeystoreProblem.LOCKED
    with pytest.raises(KeystoreError):
        controller.post(GenerateOtp(None, WRONG_PIN, alice))
    assert standing(controller, alice) == before
    room.keystore.problem = None
    assert try_pin(controller, alice, PIN) == ("OK", 5, 0)
