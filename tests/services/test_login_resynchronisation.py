"""Resynchronising with the server: before logins, once, by hand, by telephone, and after a restored file."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from services.room import Room, log_in, standing
from support.flows import PIN, WRONG_PIN
from support.random_driver_machine import wait_for_the_keyring

from softtoken.engine.atc import AtcState
from softtoken.engine.tokens import CredentialState, ProtectionType, UserIdentifier
from softtoken.iaa.errors import Unreachable
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    EnableAtcResynchronizationDuringNextLogin,
    GenerateOtp,
    GetResynchronizationData,
    GetState,
    Login,
    PrepareResynchronization,
    Restart,
    Resynchronised,
    Resynchronize,
    SetAtcResynchronizationBeforeEveryLogin,
    Start,
    Status,
)

SYNC = "/v1/users/alice@one/sync-authenticator"
LOGIN = "/v1/users/alice@one/login"


def moved(by: int) -> Callable[[CredentialState], CredentialState]:
    """The device ran ahead by so many codes that the server never saw."""
    return lambda state: replace(state, counter=state.counter + by, atc=AtcState(state.atc.used + by))


class TestBeforeALogin:
    @pytest.fixture
    def controller(self, room: Room) -> MasterController:
        return room.controller()

    @pytest.fixture
    def alice(self, room: Room, controller: MasterController, origin: str) -> UserIdentifier:
        user = room.activate(controller, origin)
        room.network.requests.clear()
        return user

    def test_on_by_default(self, room: Room, controller: MasterController, alice: UserIdentifier) -> None:
        before = standing(controller, alice)
        assert before.resynchronises_at_login
        result = log_in(controller, alice)
        assert (result.status, result.resynchronised) == (Status.OK, Resynchronised.DONE)
        assert room.network.requests == [SYNC, LOGIN]
        assert standing(controller, alice).counter == before.counter + 3
        assert standing(controller, alice).used == 0

    def test_off_and_never_without(self, room: Room, controller: MasterController, alice: UserIdentifier) -> None:
        """The reference's limitation, kept: without setting and event a device that is too far ahead stays so."""
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        assert log_in(controller, alice).resynchronised is Resynchronised.NOT_ASKED
        assert room.network.requests == [LOGIN]
        room.put(alice, moved(20))
        assert log_in(controller, alice).status is Status.OK  # at the limit, within what the server searches
        room.put(alice, moved(21))
        assert standing(controller, alice).login_refused
        room.network.requests.clear()
        made = controller.post(GenerateOtp(None, PIN, alice, for_login=True))
        assert (made.status, made.otp, made.retry_counter) == (Status.LOGIN_REQUIRED, None, 5)
        assert room.network.requests == []
        controller.post(EnableAtcResynchronizationDuringNextLogin())
        result = log_in(controller, alice)
        assert (result.status, result.resynchronised) == (Status.OK, Resynchronised.DONE)

    def test_the_setting_is_kept_in_a_later_run(
        self, room: Room, controller: MasterController, alice: UserIdentifier
    ) -> None:
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        later = room.controller()
        assert not later.post(GetState()).resynchronise_every_login
        later.post(SetAtcResynchronizationBeforeEveryLogin(True))
        assert log_in(controller, alice).resynchronised is Resynchronised.DONE

    def test_one_shot(self, room: Room, controller: MasterController, alice: UserIdentifier) -> None:
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        controller.post(EnableAtcResynchronizationDuringNextLogin())
        assert controller.post(GetState()).resynchronise_next_login
        assert standing(controller, alice).resynchronises_at_login
        assert log_in(controller, alice).resynchronised is Resynchronised.DONE
        assert not controller.post(GetState()).resynchronise_next_login
        assert log_in(controller, alice).resynchronised is Resynchronised.NOT_ASKED

    @pytest.mark.parametrize("what", ["sync-authenticator$", "/login$"])
    def test_kept_while_no_login_succeeds(
        self, room: Room, controller: MasterController, alice: UserIdentifier, what: str
    ) -> None:
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        controller.post(EnableAtcResynchronizationDuringNextLogin())
        room.network.faults.append((what, "down"))
        with pytest.raises(Unreachable):
            log_in(controller, alice)
        assert controller.post(GetState()).resynchronise_next_login
        controller.post(Restart())
        assert controller.post(GetState()).resynchronise_next_login  # a log-out comes before the next login
        assert log_in(controller, alice).resynchronised is Resynchronised.DONE
        assert not controller.post(GetState()).resynchronise_next_login

    def test_kept_through_a_login_with_an_earlier_code(
        self, room: Room, controller: MasterController, alice: UserIdentifier
    ) -> None:
        """It had no resynchronisation codes, so the wish is for the next one still."""
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        made = controller.post(GenerateOtp(None, PIN, alice))
        controller.post(EnableAtcResynchronizationDuringNextLogin())
        assert made.otp is not None
        assert controller.post(Login(alice, made.otp.code)).status is Status.OK
        assert controller.post(GetState()).resynchronise_next_login

    @pytest.mark.parametrize("how", ["wrong key", "far ahead"])
    def test_refused_and_so_no_login_is_sent(self, room: Room, origin: str, how: str) -> None:
        masked = room.network.add("two", allow_offline_pin_verification=False)
        controller = room.controller()
        user = room.activate(controller, masked if how == "wrong key" else origin)
        if how == "far ahead":
            room.put(user, moved(1100))
        room.network.requests.clear()
        result = log_in(controller, user, WRONG_PIN if how == "wrong key" else PIN)
        assert (result.status, result.resynchronised) == (Status.WRONG_CREDENTIALS, Resynchronised.REFUSED)
        assert result.log_correlation_id
        assert len(room.network.requests) == 1
        assert controller.post(GetState()).logged_in == user  # from the activation: nothing changed
        if how == "wrong key":
            log_in(controller, user, WRONG_PIN)
            assert log_in(controller, user).status is Status.OK  # two wrong ones: each counted once

    @pytest.mark.parametrize("status", ["404", "405", "501", "500", "403", "400"])
    def test_a_server_that_cannot_do_it_is_no_reason_not_to_log_in(
        self, room: Room, controller: MasterController, alice: UserIdentifier, status: str
    ) -> None:
        room.network.faults.append(("sync-authenticator$", status))
        result = log_in(controller, alice)
        assert (result.status, result.resynchronised) == (Status.OK, Resynchronised.UNAVAILABLE)

    def test_a_locked_user(self, room: Room, controller: MasterController, alice: UserIdentifier, origin: str) -> None:
        for _ in range(3):
            controller.post(Login(alice, "00000000"))
        assert log_in(controller, alice).status is Status.LOCKED_USER
        room.network.unlock(origin, "alice")
        assert log_in(controller, alice).status is Status.OK

    def test_without_a_pin_as_well(self, room: Room, controller: MasterController, alice: UserIdentifier) -> None:
        room.put(alice, moved(300), ProtectionType.NO_PIN)
        assert log_in(controller, alice, None, ProtectionType.NO_PIN).status is Status.OK
        assert standing(controller, alice, ProtectionType.NO_PIN).used == 0

    def test_at_the_limit_a_login_is_the_way_out(
        self, room: Room, controller: MasterController, alice: UserIdentifier
    ) -> None:
        for _ in range(15):
            assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.OK
        for _ in range(5):
            soon = controller.post(GenerateOtp(None, PIN, alice))
            assert soon.status is Status.ATC_EXPIRES_SOON
            assert soon.otp is not None
        blocked = controller.post(GenerateOtp(None, PIN, alice))
        assert (blocked.status, blocked.otp) == (Status.LOGIN_REQUIRED, None)
        assert log_in(controller, alice).status is Status.OK
        assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.OK

    def test_near_the_counters_end_a_login_goes_without(
        self, room: Room, controller: MasterController, alice: UserIdentifier
    ) -> None:
        room.put(alice, lambda state: replace(state, counter=65533))
        made = controller.post(GenerateOtp(None, PIN, alice, for_login=True))
        assert (made.status, made.resynchronisation) == (Status.OK, None)
        assert standing(controller, alice).counter == 65534
        assert controller.post(GenerateOtp(None, PIN, alice, for_login=True)).status is Status.OK
        assert controller.post(GenerateOtp(None, PIN, alice, for_login=True)).status is Status.ATC_EXPIRED


@pytest.mark.parametrize("decided", [True, False])
def test_the_configuration_may_decide_for_everybody(room: Room, origin: str, decided: bool) -> None:
    room.configure(verify=True, resynchroniseBeforeLogin=decided)
    controller = room.controller()
    alice = room.activate(controller, origin)
    assert controller.post(SetAtcResynchronizationBeforeEveryLogin(not decided)).status is Status.ACCESS_DENIED
    assert controller.post(GetState()).resynchronise_every_login == decided
    assert log_in(controller, alice).resynchronised is (Resynchronised.DONE if decided else Resynchronised.NOT_ASKED)


def test_by_hand(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    room.put(alice, moved(500))
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.LOGIN_REQUIRED
    made = controller.post(PrepareResynchronization(alice, PIN))
    assert made.codes is not None
    assert controller.post(Resynchronize(alice, made.codes)).status is Status.OK
    code = controller.post(GenerateOtp(None, PIN, alice))
    assert code.status is Status.OK
    assert code.otp is not None
    assert room.network.verify(origin, "alice", OTP=code.otp.code) == "OK"
    # once used they are used
    assert controller.post(Resynchronize(alice, made.codes)).status is Status.WRONG_CREDENTIALS


def test_by_telephone(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    room.put(alice, moved(500))
    data = controller.post(GetResynchronizationData(alice, PIN))
    assert data.status is Status.OK
    assert room.network.by_phone(origin, "alice", data.otp, data.atc) == "OK"
    assert room.network.by_phone(origin, "alice", data.otp, data.atc) == "REPLAY"
    controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
    assert log_in(controller, alice).status is Status.OK


class TestARestoredFile:
    def copied(self, room: Room, controller: MasterController) -> Path:
        controller.close()
        wait_for_the_keyring()
        copy = room.home.folder.with_name("copy")
        shutil.copytree(room.home.folder, copy)
        return copy

    def put_back(self, room: Room, copy: Path) -> MasterController:
        wait_for_the_keyring()  # it may still be looking at the file
        shutil.rmtree(room.home.folder)
        shutil.copytree(copy, room.home.folder)
        return room.controller()

    @pytest.mark.parametrize("protection", [ProtectionType.PIN, ProtectionType.NO_PIN])
    @pytest.mark.parametrize("used_meanwhile", [0, 3, 400])
    @pytest.mark.parametrize("every", [True, False])
    def test_it_is_seen_and_the_next_login_resynchronises(
        self, room: Room, origin: str, protection: ProtectionType, used_meanwhile: int, every: bool
    ) -> None:
        """Whatever the setting."""
        pin = PIN if protection is ProtectionType.PIN else None
        controller = room.controller()
        alice = room.activate(controller, origin)
        controller.post(SetAtcResynchronizationBeforeEveryLogin(every))
        copy = self.copied(room, controller)
        controller = room.controller()
        controller.post(SetAtcResynchronizationBeforeEveryLogin(True))
        if used_meanwhile:
            room.put(alice, moved(used_meanwhile), protection)
            assert log_in(controller, alice, pin, protection).status is Status.OK
        else:
            controller.post(GenerateOtp(None, pin, alice, protection))
        controller.close()

        controller = self.put_back(room, copy)
        assert controller.post(Start()).restored
        known = standing(controller, alice, protection)
        assert known.resynchronise
        assert known.resynchronises_at_login
        assert known.retry_counter in {1, None}
        assert controller.post(GenerateOtp(None, pin, alice, protection)).status is Status.LOGIN_REQUIRED
        result = log_in(controller, alice, pin, protection)
        assert (result.status, result.resynchronised) == (Status.OK, Resynchronised.DONE)
        known = standing(controller, alice, protection)
        assert (known.resynchronise, known.used) == (False, 0)
        code = controller.post(GenerateOtp(None, pin, alice, protection))
        assert code.status is Status.OK
        assert code.otp is not None
        assert room.network.verify(origin, "alice", OTP=code.otp.code) == "OK"

    @pytest.mark.parametrize("masked", [False, True])
    def test_a_copy_that_is_very_old_and_put_back_again_and_again(self, room: Room, origin: str, masked: bool) -> None:
        """The keyring knows how far the counter was. A masked key could not skip on: a refusal may be a wrong PIN."""
        if masked:
            origin = room.network.add("two", allow_offline_pin_verification=False)
        controller = room.controller()
        alice = room.activate(controller, origin)
        copy = self.copied(room, controller)
        controller = room.controller()
        for _ in range(2):  # the server goes 1,900 codes on
            room.put(alice, moved(950))
            assert log_in(controller, alice).status is Status.OK
        for _ in range(3):
            controller.close()
            controller = self.put_back(room, copy)
            assert standing(controller, alice).resynchronise
            result = log_in(controller, alice)
            assert (result.status, result.resynchronised) == (Status.OK, Resynchronised.DONE)
            assert not standing(controller, alice).resynchronise

    def test_putting_the_same_file_back_gives_no_try_back(self, room: Room, origin: str) -> None:
        controller = room.controller()
        alice = room.activate(controller, origin)
        copy = self.copied(room, controller)
        controller = room.controller()
        controller.post(GenerateOtp(None, WRONG_PIN, alice))
        for left in (1, 1):  # without a try it stays the one
            controller.close()
            controller = self.put_back(room, copy)
            assert standing(controller, alice).retry_counter == left
        made = controller.post(GenerateOtp(None, WRONG_PIN, alice, for_login=True))
        assert made.status is Status.PIN_BLOCKED
        controller.close()
        controller = self.put_back(room, copy)
        made = controller.post(GenerateOtp(None, PIN, alice, for_login=True))
        assert (made.status, made.retry_counter) == (Status.PIN_BLOCKED, 0)

    def test_a_very_old_copy_whose_evidence_was_lost(self, room: Room, origin: str) -> None:
        """Further back than one skip reaches: each refusal skips on until the server is met."""
        controller = room.controller()
        alice = room.activate(controller, origin)
        copy = self.copied(room, controller)
        controller = room.controller()
        for _ in range(2):  # the server goes 1,900 codes on
            room.put(alice, moved(950))
            assert log_in(controller, alice).status is Status.OK
        controller.close()

        room.keystore.evidences.clear()
        controller = self.put_back(room, copy)
        statuses = [log_in(controller, alice).status for _ in range(3)]
        assert statuses == [Status.WRONG_CREDENTIALS, Status.WRONG_CREDENTIALS, Status.OK]
        assert not standing(controller, alice).resynchronise

    def test_no_code_of_the_newer_file_is_made_again(self, room: Room, origin: str) -> None:
        controller = room.controller()
        alice = room.activate(controller, origin)
        copy = self.copied(room, controller)
        controller = room.controller()
        made = {controller.post(GenerateOtp(None, PIN, alice)).otp for _ in range(5)}
        controller.close()
        controller = self.put_back(room, copy)
        again = controller.post(GenerateOtp(None, PIN, alice, for_login=True))
        assert again.otp is not None
        assert again.otp.atc is not None
        assert again.otp.atc > max(otp.atc or 0 for otp in made if otp)

    def test_one_wrong_pin_and_it_is_blocked(self, room: Room, origin: str) -> None:
        controller = room.controller()
        alice = room.activate(controller, origin)
        copy = self.copied(room, controller)
        controller = room.controller()
        controller.post(GenerateOtp(None, WRONG_PIN, alice))
        controller.close()
        controller = self.put_back(room, copy)
        made = controller.post(GenerateOtp(None, WRONG_PIN, alice, for_login=True))
        assert (made.status, made.retry_counter) == (Status.PIN_BLOCKED, 0)
