"""Changing a PIN where the device verifies it and where only the server can; and that no key is ever masked twice."""

from dataclasses import replace
from itertools import combinations

import pytest
from services.room import Room, log_in, standing
from support.flows import PIN, WRONG_PIN

from softtoken.engine.tokens import UserIdentifier
from softtoken.iaa.errors import IaaError, Unreachable
from softtoken.services.controller import MasterController
from softtoken.services.events import ChangePin, ChangePinResult, GenerateOtp, GetState, Status
from softtoken.vault.errors import VaultBusy
from softtoken.vault.pinwrap import KeyForm, WrappedKey, mask_with_pin, unwrap
from softtoken.vault.store import Vault

NEW = "730195"
NEWER = "640281"


def change(controller: MasterController, user: UserIdentifier, old: str = PIN, new: str = NEW) -> ChangePinResult:
    return controller.post(ChangePin(user, old, new))


def key_of(room: Room, user: UserIdentifier, pin: str) -> bytes:
    credential_id, wrapped = room.wrapped(user)
    return bytes(unwrap(wrapped, credential_id, pin))


def works(controller: MasterController, user: UserIdentifier, pin: str) -> bool:
    return log_in(controller, user, pin).status is Status.OK


class Versions:
    """Every wrapping of a credential that was ever on the disk, with the PIN that a person had then."""

    def __init__(self, room: Room, user: UserIdentifier) -> None:
        self._room = room
        self._user = user
        self._seen: list[tuple[str, WrappedKey, str]] = []

    def note(self, pin: str) -> None:
        credential_id, wrapped = self._room.wrapped(self._user)
        if all(wrapped != other for _, other, _ in self._seen):
            self._seen.append((credential_id, wrapped, pin))

    def masked_twice(self) -> bool:
        """Do two different maskings hold the same key? With both PINs known that is seen."""
        keys = [unwrap(wrapped, id_, pin) for id_, wrapped, pin in self._seen if wrapped.form is KeyForm.MASKED]
        return any(a == b for a, b in combinations(keys, 2))

    def __len__(self) -> int:
        return len(self._seen)


def test_here_the_same_key_is_sealed_anew_without_any_server(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    key, before = key_of(room, alice, PIN), standing(controller, alice)
    room.network.requests.clear()
    assert change(controller, alice) == ChangePinResult(Status.OK, 5, 0)
    assert room.network.requests == []
    assert key_of(room, alice, NEW) == key
    assert standing(controller, alice) == before  # no counter was taken
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.INVALID_PIN
    assert works(controller, alice, NEW)


def test_here_a_wrong_old_pin_is_a_try(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    for left in (4, 3, 2):
        assert change(controller, alice, WRONG_PIN) == ChangePinResult(Status.INVALID_PIN, left, 0)
    assert change(controller, alice, WRONG_PIN) == ChangePinResult(Status.INVALID_PIN, 1, 60)
    assert change(controller, alice) == ChangePinResult(Status.TEMPORARY_LOCKED, 1, 60)
    room.clock.move(60)
    assert change(controller, alice, WRONG_PIN) == ChangePinResult(Status.PIN_BLOCKED, 0, 0)
    assert change(controller, alice) == ChangePinResult(Status.PIN_BLOCKED, 0, 0)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("", "NOT_DIGITS"),
        ("12a456", "NOT_DIGITS"),
        ("28491", "TOO_SHORT"),
        ("2" * 17, "TOO_LONG"),
        ("123456", "TOO_SIMPLE"),
        ("444444", "TOO_SIMPLE"),
        ("284284", "REPEATS"),
        (PIN, "UNCHANGED"),
        ("719923", "CONTAINS_USER_ID"),
        ("329917", "CONTAINS_USER_ID"),
    ],
)
def test_a_bad_new_pin_costs_nothing(room: Room, verify: bool, new: str, fault: str) -> None:
    controller = room.controller()
    user = room.activate(controller, room.network.add("one", allow_offline_pin_verification=verify), "u1992")
    if fault == "CONTAINS_USER_ID":
        new = new.replace("9923", "1992")
    before = standing(controller, user)
    assert change(controller, user, new=new) == ChangePinResult(Status.INVALID_NEW_PIN_FORMAT, fault=fault)
    assert standing(controller, user) == before


def test_here_the_old_pin_leaves_the_cache(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    assert controller.post(GenerateOtp()).status is Status.OK
    change(controller, alice)
    assert controller.post(GenerateOtp()).status is Status.INVALID_STATE
    assert controller.post(GetState()).current_user == alice


def test_another_program_changed_the_pin_and_the_cached_one_costs_no_try(room: Room) -> None:
    window, command = room.controller(), room.controller()
    alice = room.activate(window, room.network.add("one"))
    assert window.post(GenerateOtp()).status is Status.OK  # cached
    command = room.controller()
    assert change(command, alice).status is Status.OK
    assert window.post(GenerateOtp()).status is Status.INVALID_STATE
    assert standing(window, alice).retry_counter == 5
    assert window.post(GenerateOtp(None, NEW)).status is Status.OK


def test_a_pin_changes_at_the_counters_end_and_at_the_limit(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    room.put(alice, lambda state: replace(state, counter=65535, atc=replace(state.atc, used=20)))
    assert change(controller, alice).status is Status.OK


class TestByTheServer:
    """The key is masked."""

    @pytest.fixture
    def origin(self, room: Room) -> str:
        return room.network.add("two", allow_offline_pin_verification=False)

    def test_a_fresh_key_comes_and_only_the_new_pin_works(self, room: Room, origin: str) -> None:
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        old = key_of(room, bob, PIN)
        assert change(controller, bob) == ChangePinResult(Status.OK)
        assert key_of(room, bob, NEW) != old
        assert standing(controller, bob).used == 0  # its first codes proved it
        assert works(controller, bob, NEW)
        assert not works(controller, bob, PIN)

    def test_a_wrong_old_pin_is_refused_by_the_server_and_counted_there_once(self, room: Room, origin: str) -> None:
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        before = room.wrapped(bob)
        result = change(controller, bob, WRONG_PIN)
        assert (result.status, result.retry_counter) == (Status.WRONG_CREDENTIALS, None)
        assert result.log_correlation_id
        assert room.wrapped(bob) == before
        for _ in range(2):
            assert change(controller, bob, WRONG_PIN).status is Status.WRONG_CREDENTIALS
        assert change(controller, bob).status is Status.LOCKED_USER  # three, so each counted once
        room.network.unlock(origin, "bob")
        assert change(controller, bob).status is Status.OK

    @pytest.mark.parametrize("status", ["404", "405", "501", "403"])
    def test_a_server_without_the_call(self, room: Room, origin: str, status: str) -> None:
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        before = room.wrapped(bob)
        room.network.faults.append(("renew-key$", status))
        assert change(controller, bob).status is Status.NOT_SUPPORTED
        assert room.wrapped(bob) == before
        assert works(controller, bob, PIN)

    @pytest.mark.parametrize(
        "faults",
        [
            [("renew-key$", "down")],
            [("renew-key$", "500")],
            [("renew-key$", "lost"), ("renew-key$", "lost")],
            [("renew-key$", "lost"), ("renew-key$", "down")],
        ],
    )
    def test_an_answer_that_never_comes_leaves_the_old_pin(
        self, room: Room, origin: str, faults: list[tuple[str, str]]
    ) -> None:
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        versions = Versions(room, bob)
        versions.note(PIN)
        room.network.faults += faults
        with pytest.raises(IaaError):
            change(controller, bob)
        versions.note(PIN)
        assert len(versions) == 1  # nothing was stored
        assert works(controller, bob, PIN)
        assert change(controller, bob, new=NEWER).status is Status.OK
        versions.note(NEWER)
        assert works(controller, bob, NEWER)
        assert not versions.masked_twice()

    def test_one_lost_answer_is_asked_for_again(self, room: Room, origin: str) -> None:
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        room.network.faults.append(("renew-key$", "lost"))
        assert change(controller, bob).status is Status.OK
        assert works(controller, bob, NEW)

    @pytest.mark.parametrize("fault", ["down", "lost", "500", "404", "409"])
    def test_the_proof_of_the_new_key_may_fail(self, room: Room, origin: str, fault: str) -> None:
        """Then the next code does it, whichever comes."""
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        room.network.faults.append(("sync-authenticator$", fault))
        assert change(controller, bob).status is Status.OK
        assert works(controller, bob, NEW)
        assert not works(controller, bob, PIN)

    def test_killed_before_it_was_stored(self, room: Room, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The server has given the key away, the vault took nothing: the old PIN still works, and a change does."""
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        versions = Versions(room, bob)
        versions.note(PIN)

        def killed(*_: object, **__: object) -> None:
            raise VaultBusy

        with monkeypatch.context() as patch:
            patch.setattr(Vault, "replace_key", killed)
            with pytest.raises(VaultBusy):
                change(controller, bob)
        controller = room.controller()
        assert works(controller, bob, PIN)
        assert change(controller, bob).status is Status.OK
        versions.note(NEW)
        assert works(controller, bob, NEW)
        assert len(versions) == 2
        assert not versions.masked_twice()

    def test_no_key_is_masked_twice_whatever_is_lost(self, room: Room, origin: str) -> None:
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        versions, pin = Versions(room, bob), PIN
        versions.note(pin)
        plans: tuple[list[str], ...] = ([], ["lost"], ["lost", "lost"], ["down"], ["500"], [])
        for faults, new in zip(plans, (NEW, NEWER, PIN, NEW, PIN, NEW), strict=True):
            room.network.faults += [("renew-key$", fault) for fault in faults]
            try:
                result = change(controller, bob, pin, new)
            except IaaError:
                pass
            else:
                assert result.status is Status.OK
                pin = new
            versions.note(pin)
            assert works(controller, bob, pin)
        assert len(versions) >= 4
        assert not versions.masked_twice()

    def test_changes_and_changes_back(self, room: Room, origin: str) -> None:
        """The same PIN again is not the same masking: key and salt are new."""
        controller = room.controller()
        bob = room.activate(controller, origin, "bob")
        first = key_of(room, bob, PIN)
        assert change(controller, bob, PIN, NEW).status is Status.OK
        assert change(controller, bob, NEW, PIN).status is Status.OK
        assert key_of(room, bob, PIN) != first
        assert works(controller, bob, PIN)


def test_a_tightened_configuration_takes_effect_with_the_next_pin(room: Room) -> None:
    """true to false: a sealed key never becomes masked; and back: a masked one never sealed. Each time a fresh key."""
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    versions = Versions(room, alice)
    versions.note(PIN)
    sealed = key_of(room, alice, PIN)

    room.configure(verify=False)
    controller = room.controller()
    assert controller.post(GenerateOtp(None, WRONG_PIN, alice)).status is Status.INVALID_PIN  # still verified here
    result = change(controller, alice)
    assert result == ChangePinResult(Status.OK)
    assert room.wrapped(alice)[1].form is KeyForm.MASKED
    masked = key_of(room, alice, NEW)
    versions.note(NEW)
    assert masked != sealed
    assert works(controller, alice, NEW)
    assert not standing(controller, alice).verified_here

    room.configure(verify=True)
    controller = room.controller()
    assert controller.post(GenerateOtp(None, WRONG_PIN, alice)).status is Status.OK  # still not
    result = change(controller, alice, NEW, NEWER)
    assert result == ChangePinResult(Status.OK, 5, 0)
    assert room.wrapped(alice)[1].form is KeyForm.SEALED
    assert key_of(room, alice, NEWER) not in {masked, sealed}
    assert works(controller, alice, NEWER)
    versions.note(NEWER)
    assert not versions.masked_twice()


def test_a_tightened_configuration_without_a_server(room: Room) -> None:
    """The old PIN is looked at here, so a wrong one is a try and nothing is sent; a right one waits for the server."""
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    room.configure(verify=False)
    controller = room.controller()
    room.network.requests.clear()
    assert change(controller, alice, WRONG_PIN) == ChangePinResult(Status.INVALID_PIN, 4, 0)
    assert room.network.requests == []
    room.network.faults.append(("renew-key$", "down"))
    with pytest.raises(Unreachable):
        change(controller, alice)
    assert works(controller, alice, PIN)


def test_who_has_no_pin_and_who_is_not_here(room: Room) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"), pin=None)
    assert change(controller, alice).status is Status.INVALID_PARAMETER
    assert change(controller, UserIdentifier("one", "nobody")).status is Status.INVALID_USER_ID


def test_two_versions_of_the_vault_tell_nothing_to_whoever_tries_pins_on_both(room: Room) -> None:
    """With file and keyring item from before and after. One key masked twice would give both PINs away: the control."""
    origin = room.network.add("one", allow_offline_pin_verification=False)
    controller = room.controller()
    alice = room.activate(controller, origin)
    id_, before = room.wrapped(alice)
    assert change(controller, alice).status is Status.OK
    _, after = room.wrapped(alice)
    guesses = [PIN, NEW, *(f"{number:06d}" for number in range(150))]

    def found(wrapped: WrappedKey) -> dict[bytes, str]:
        return {bytes(unwrap(wrapped, id_, pin)): pin for pin in guesses}

    old, new = found(before), found(after)
    assert len(old) == len(new) == len(guesses), "every PIN gives a key of its own"
    assert old.keys().isdisjoint(new), "no pair of PINs is better than another"
    careless = found(mask_with_pin(unwrap(before, id_, PIN), NEW, id_))
    assert [(old[key], careless[key]) for key in old.keys() & careless.keys()] == [(PIN, NEW)]
