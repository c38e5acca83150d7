"""Approving and declining logins on this device, against a real sandbox, whatever goes wrong on the way."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from services.asked import MESSAGE, ask, became
from services.room import Room, log_in, standing
from support.flows import PIN, WRONG_PIN, ManualClock

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.errors import ServerFault, Unreachable
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    ApprovalResult,
    ApproveLogin,
    Busy,
    DeclineLogin,
    GenerateOtp,
    GetLookForApprovals,
    GetState,
    ListApprovals,
    ListApprovalsResult,
    LookForApprovalsResult,
    Notification,
    PendingApproval,
    SessionOutdated,
    SetLookForApprovals,
    Status,
)

BOBS = "730195"
NO_PIN = ProtectionType.NO_PIN


@pytest.fixture
def controller(room: Room) -> MasterController:
    return room.controller()


@pytest.fixture
def alice(room: Room, controller: MasterController, origin: str) -> UserIdentifier:
    return room.activate(controller, origin)


def listed(controller: MasterController, user: UserIdentifier) -> tuple[PendingApproval, ...]:
    result = controller.post(ListApprovals(user))
    assert result.status is Status.OK, result
    return result.approvals


def approve(controller: MasterController, approval: PendingApproval, pin: str | None = PIN) -> ApprovalResult:
    return controller.post(ApproveLogin(approval, pin))


def test_what_waits_is_listed_with_what_to_show(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    assert listed(controller, alice) == ()
    request_id = ask(room.network, origin)
    room.clock.move(15)
    (approval,) = listed(controller, alice)
    assert approval == PendingApproval(
        alice,
        request_id,
        "login",
        22,
        (ProtectionType.PIN,),
        MESSAGE["title"]["text"],  # type: ignore[index]
        str(MESSAGE["subject"]),
        str(MESSAGE["challenge"]),
        "192.0.2.7",
        room.clock.uptime() + 45,
    )
    assert approval.left(room.clock.uptime() + 15) == 30


def test_the_time_left_is_the_servers_whatever_its_clock_says(room: Room, controller: MasterController) -> None:
    slow = ManualClock()
    origin = room.network.add("two", clock=slow)
    alice = room.activate(controller, origin)
    slow.wall -= 3 * 86400
    ask(room.network, origin)
    slow.move(20)
    assert listed(controller, alice)[0].left(room.clock.uptime()) == 40


def test_an_approval(room: Room, controller: MasterController, origin: str, alice: UserIdentifier) -> None:
    request_id = ask(room.network, origin)
    before = standing(controller, alice)
    (approval,) = listed(controller, alice)
    result = approve(controller, approval)
    assert (result.status, result.retry_counter, result.retry_delay, result.outdated) == (Status.OK, 5, 0, None)
    assert result.log_correlation_id
    assert became(room.network, origin, request_id) == "accepted"
    assert listed(controller, alice) == ()
    after = standing(controller, alice)
    assert after.counter == (before.counter or 0) + 1
    assert after.used == 0  # the server confirmed it


def test_a_decline_needs_no_code(room: Room, controller: MasterController, origin: str, alice: UserIdentifier) -> None:
    request_id = ask(room.network, origin)
    before = standing(controller, alice)
    (approval,) = listed(controller, alice)
    result = controller.post(DeclineLogin(approval))
    assert (result.status, result.retry_counter) == (Status.OK, None)
    assert became(room.network, origin, request_id) == "refused"
    assert standing(controller, alice) == before


def test_without_a_pin_where_none_is_demanded(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    request_id = ask(room.network, origin, code=21)
    (approval,) = listed(controller, alice)
    assert approval.protections == (NO_PIN,)
    assert approve(controller, approval, None).status is Status.OK
    assert became(room.network, origin, request_id) == "accepted"


def test_a_remembered_pin_approves_nothing(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.OK
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    before = standing(controller, alice)
    assert approve(controller, approval, None) == ApprovalResult(Status.INVALID_STATE)
    assert standing(controller, alice) == before


def test_a_wrong_pin_is_a_try_and_nothing_is_sent(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    request_id = ask(room.network, origin)
    (approval,) = listed(controller, alice)
    room.network.requests.clear()
    for left in (4, 3, 2):
        assert approve(controller, approval, WRONG_PIN) == ApprovalResult(Status.INVALID_PIN, left, 0)
    assert approve(controller, approval, WRONG_PIN) == ApprovalResult(Status.INVALID_PIN, 1, 60)
    assert approve(controller, approval) == ApprovalResult(Status.TEMPORARY_LOCKED, 1, 60)
    assert room.network.requests == []
    assert became(room.network, origin, request_id) == "pending"


def test_a_wrong_pin_that_only_the_server_can_tell_counts_there(room: Room, controller: MasterController) -> None:
    origin = room.network.add("two", allow_offline_pin_verification=False)
    bob = room.activate(controller, origin, "bob")
    request_id = ask(room.network, origin, "bob")
    (approval,) = listed(controller, bob)
    for _ in range(2):
        assert approve(controller, approval, WRONG_PIN).status is Status.WRONG_CREDENTIALS
    assert approve(controller, approval).status is Status.OK
    assert became(room.network, origin, request_id) == "accepted"


def test_three_refused_codes_lock_the_user_there(room: Room, controller: MasterController) -> None:
    origin = room.network.add("two", allow_offline_pin_verification=False)
    bob = room.activate(controller, origin, "bob")
    request_id = ask(room.network, origin, "bob")
    (approval,) = listed(controller, bob)
    for _ in range(3):
        assert approve(controller, approval, WRONG_PIN).status is Status.WRONG_CREDENTIALS
    assert approve(controller, approval).status is Status.LOCKED_USER
    assert became(room.network, origin, request_id) == "failure"
    assert listed(controller, bob) == ()


def test_what_was_shown_is_what_is_approved(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier, tmp_path: Path
) -> None:
    request_id = ask(room.network, origin)
    (seen,) = listed(controller, alice)
    with closing(sqlite3.connect(tmp_path / "tenants" / "one" / "sandbox.sqlite3")) as db:
        db.execute("UPDATE sessions SET message = 'Pay 5,000 to Mallory'")
        db.commit()
    assert listed(controller, alice)[0].challenge == "Pay 5,000 to Mallory"
    assert approve(controller, seen).status is Status.WRONG_CREDENTIALS
    assert became(room.network, origin, request_id) == "pending"


@pytest.mark.parametrize("field", ["kind", "title", "subject", "challenge", "client_ip"])
def test_every_text_that_is_shown_is_covered(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier, field: str
) -> None:
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    change: dict[str, Any] = {field: "something else"}
    shown = replace(approval, **change)
    assert approve(controller, shown).status is Status.WRONG_CREDENTIALS


@pytest.mark.parametrize("text", ["", "ü €", "  two\nlines\t", "\u202egnp.exe", "<b>bold</b>", "0" * 1000])
def test_any_text_can_be_approved(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier, text: str
) -> None:
    message = {"title": {"text": text}, "subject": text, "challenge": text}
    request_id = ask(room.network, origin, loginMessage=message)
    (approval,) = listed(controller, alice)
    assert (approval.title, approval.subject, approval.challenge) == (text, text, text)
    assert approve(controller, approval).status is Status.OK
    assert became(room.network, origin, request_id) == "accepted"


def test_somebody_elses_request(room: Room, controller: MasterController, origin: str, alice: UserIdentifier) -> None:
    mallory = room.activate(controller, origin, "mallory", BOBS)
    request_id = ask(room.network, origin)
    assert listed(controller, mallory) == ()
    (approval,) = listed(controller, alice)
    stolen = replace(approval, user_identifier=mallory)
    assert approve(controller, stolen, BOBS).outdated is SessionOutdated.UNKNOWN
    assert controller.post(DeclineLogin(stolen)).outdated is SessionOutdated.UNKNOWN
    assert became(room.network, origin, request_id) == "pending"


def test_two_users_of_one_device_have_their_own(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    bob = room.activate(controller, origin, "bob", BOBS)
    first, second = ask(room.network, origin), ask(room.network, origin, "bob", 21)
    assert [one.request_id for one in listed(controller, alice)] == [first]
    assert [one.request_id for one in listed(controller, bob)] == [second]


def test_approving_for_one_user_leaves_the_other_one_current(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    room.activate(controller, origin, "bob", BOBS)
    assert controller.post(GenerateOtp(None, BOBS, UserIdentifier("one", "bob"))).status is Status.OK
    ask(room.network, origin)
    assert approve(controller, listed(controller, alice)[0]).status is Status.OK
    assert controller.post(GetState()).current_user == UserIdentifier("one", "bob")
    assert controller.post(GenerateOtp()).status is Status.OK  # with his remembered PIN


@pytest.mark.parametrize("code", [23, 24])
def test_the_pin_stands_in_for_a_biometric_that_is_not_there(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier, code: int
) -> None:
    ask(room.network, origin, code=code)
    (approval,) = listed(controller, alice)
    assert approval.protections == (ProtectionType.PIN,)
    assert approve(controller, approval).status is Status.OK


def test_a_device_without_a_pin_can_only_decline(room: Room, controller: MasterController, origin: str) -> None:
    carol = room.activate(controller, origin, "carol", None)
    ask(room.network, origin, "carol")
    (approval,) = listed(controller, carol)
    assert approval.protections == ()
    for event in (ApproveLogin(approval), ApproveLogin(approval, None, NO_PIN), ApproveLogin(approval, PIN)):
        assert controller.post(event) == ApprovalResult(Status.INVALID_PARAMETER)
    assert controller.post(DeclineLogin(approval)).status is Status.OK


def test_too_late(room: Room, controller: MasterController, origin: str, alice: UserIdentifier) -> None:
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    before = standing(controller, alice)
    room.clock.move(60)
    room.network.requests.clear()
    expired = ApprovalResult(Status.USER_CONFIRMATION_TIMEOUT, outdated=SessionOutdated.EXPIRED)
    assert approve(controller, approval) == expired
    assert (room.network.requests, standing(controller, alice)) == ([], before)
    assert controller.post(DeclineLogin(approval)).outdated is SessionOutdated.EXPIRED


def test_too_late_by_the_servers_clock_alone(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    room.clock.move(60)
    patient = replace(approval, until=approval.until + 60)
    result = approve(controller, patient)
    assert (result.status, result.outdated) == (Status.USER_CONFIRMATION_TIMEOUT, SessionOutdated.EXPIRED)


@pytest.mark.parametrize("decided", [SessionOutdated.ACCEPTED, SessionOutdated.REFUSED])
def test_what_was_decided_elsewhere(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier, decided: SessionOutdated
) -> None:
    request_id = ask(room.network, origin)
    (approval,) = listed(controller, alice)
    body = {"sessionStatus": decided.value.lower()}
    assert room.network.send("PUT", f"{origin}/softtoken/v1/sessions/{request_id}", body).is_success
    for result in (approve(controller, approval), controller.post(DeclineLogin(approval))):
        assert (result.status, result.outdated) == (Status.INVALID_STATE, decided)


class TestLostAnswers:
    def test_of_an_approval_that_was_done(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier
    ) -> None:
        request_id = ask(room.network, origin)
        (approval,) = listed(controller, alice)
        before = standing(controller, alice)
        room.network.faults.append(("approvals/", "lost"))
        room.network.requests.clear()
        assert approve(controller, approval).status is Status.OK
        sent = [path for path in room.network.requests if "approvals/" in path]
        assert len(sent) == 1  # nothing with a code goes out twice
        assert became(room.network, origin, request_id) == "accepted"
        assert standing(controller, alice).used == before.used + 1  # it may be another device that was heard

    def test_of_a_decline_that_was_done(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier
    ) -> None:
        ask(room.network, origin)
        (approval,) = listed(controller, alice)
        room.network.faults.append(("approvals/", "lost"))
        assert controller.post(DeclineLogin(approval)).status is Status.OK

    def test_of_a_code_that_was_refused(self, room: Room, controller: MasterController) -> None:
        origin = room.network.add("two", allow_offline_pin_verification=False)
        bob = room.activate(controller, origin, "bob")
        ask(room.network, origin, "bob")
        (approval,) = listed(controller, bob)
        room.network.faults.append(("approvals/", "lost"))
        with pytest.raises(Unreachable):
            approve(controller, approval, WRONG_PIN)
        assert approve(controller, approval).status is Status.OK

    @pytest.mark.parametrize("fault", ["500", "503"])
    def test_a_server_that_fails_and_did_nothing(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier, fault: str
    ) -> None:
        ask(room.network, origin)
        (approval,) = listed(controller, alice)
        room.network.faults.append(("approvals/", fault))
        with pytest.raises(ServerFault):
            approve(controller, approval)
        assert approve(controller, approval).status is Status.OK

    def test_a_server_that_is_gone(
        self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier
    ) -> None:
        ask(room.network, origin)
        (approval,) = listed(controller, alice)
        room.network.faults += [("approvals", "down")] * 2
        with pytest.raises(Unreachable):
            approve(controller, approval)
        with pytest.raises(Unreachable):
            controller.post(ListApprovals(alice))

    def test_nobody_knows(self, room: Room, controller: MasterController, origin: str, alice: UserIdentifier) -> None:
        ask(room.network, origin)
        (approval,) = listed(controller, alice)
        room.network.faults += [("approvals/", "lost"), *[("sessions/", "down")] * 3]
        with pytest.raises(Unreachable) as lost:
            approve(controller, approval)
        assert lost.value.sent


@pytest.mark.parametrize(
    ("http", "status"),
    [
        ("401", Status.INVALID_USER_ID),
        ("403", Status.NOT_SUPPORTED),
        ("404", Status.NOT_SUPPORTED),
        ("405", Status.NOT_SUPPORTED),
        ("501", Status.NOT_SUPPORTED),
    ],
)
def test_servers_that_offer_no_approvals(
    room: Room, controller: MasterController, alice: UserIdentifier, http: str, status: Status
) -> None:
    room.network.faults.append(("approvals", http))
    result = controller.post(ListApprovals(alice))
    assert (result.status, result.approvals) == (status, ())


def test_a_token_without_an_approval_key(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    """As one of an organisation without approvals, or from before there were any."""
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    with room.vault() as vault:
        token = next(iter(vault.tokens().tokens))
        vault.update_token(token.id, lambda state: replace(state, approval_key=None))
    room.network.requests.clear()
    assert controller.post(ListApprovals(alice)) == ListApprovalsResult(Status.NOT_SUPPORTED)
    assert approve(controller, approval) == ApprovalResult(Status.NOT_SUPPORTED)
    assert controller.post(DeclineLogin(approval)) == ApprovalResult(Status.NOT_SUPPORTED)
    assert room.network.requests == []


def test_a_device_whose_place_another_one_took(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier, tmp_path: Path
) -> None:
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    with closing(sqlite3.connect(tmp_path / "tenants" / "one" / "sandbox.sqlite3")) as db:
        db.execute("DELETE FROM authenticators")
        db.commit()
    assert controller.post(ListApprovals(alice)).status is Status.INVALID_USER_ID
    assert controller.post(DeclineLogin(approval)).status is Status.INVALID_USER_ID


def test_nobody_and_no_vault(room: Room, controller: MasterController, origin: str, alice: UserIdentifier) -> None:
    nobody = UserIdentifier("one", "nobody")
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    assert controller.post(ListApprovals(nobody)).status is Status.INVALID_USER_ID
    lost = replace(approval, user_identifier=nobody)
    assert approve(controller, lost).status is Status.INVALID_USER_ID
    assert controller.post(DeclineLogin(lost)).status is Status.INVALID_USER_ID
    controller.close()
    assert controller.post(ListApprovals(alice)).status is Status.INVALID_STATE
    assert approve(controller, approval).status is Status.INVALID_STATE
    assert controller.post(DeclineLogin(approval)).status is Status.INVALID_STATE


def test_at_the_drift_limit_of_codes_an_approval_still_works(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    for _ in range(20):
        controller.post(GenerateOtp(None, PIN, alice))
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.LOGIN_REQUIRED
    ask(room.network, origin)
    assert approve(controller, listed(controller, alice)[0]).status is Status.OK
    assert controller.post(GenerateOtp(None, PIN, alice)).status is Status.OK


def test_a_restored_file_logs_in_first(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    ask(room.network, origin)
    (approval,) = listed(controller, alice)
    room.put(
        alice,
        lambda state: replace(state, counter=state.counter + 200, atc=replace(state.atc, used=220), resynchronise=True),
    )
    assert approve(controller, approval).status is Status.LOGIN_REQUIRED
    assert log_in(controller, alice).status is Status.OK
    ask(room.network, origin)
    assert approve(controller, listed(controller, alice)[0]).status is Status.OK


def test_asking_again_and_again_says_nothing_of_work(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    heard: list[Notification] = []
    controller.subscribe(heard.append)
    listed(controller, alice)
    assert not [one for one in heard if isinstance(one, Busy)]


def test_the_key_survives_a_restart_and_is_in_no_repr(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    ask(room.network, origin)
    again = room.controller()
    assert len(listed(again, alice)) == 1
    with room.vault() as vault:
        state = vault.token_state(next(iter(vault.tokens().tokens)).id)
    assert state.approval_key is not None
    assert len(state.approval_key) == 32
    assert "approval_key" not in repr(state)


def test_whether_to_ask_unasked_is_a_persons_choice(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    assert controller.post(GetLookForApprovals()) == LookForApprovalsResult(Status.OK, enabled=True)
    assert controller.post(SetLookForApprovals(enabled=False)).status is Status.OK
    assert room.controller().post(GetLookForApprovals()) == LookForApprovalsResult(Status.OK, enabled=False)
    controller.close()
    assert controller.post(GetLookForApprovals()).status is Status.INVALID_STATE
    assert controller.post(SetLookForApprovals(enabled=True)).status is Status.INVALID_STATE
