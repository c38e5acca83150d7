"""Risk codes on demand: the scripted queue of a user, and a trusted device's answers."""

import threading

import pytest
from sandbox.device import BIOMETRIC, NO_PIN, PIN, Device
from sandbox.tenant import ACCEPTED, Tenant

BOB = "bob"


@pytest.fixture(scope="module")
def _activated(shared_tenant: Tenant) -> Device:
    return shared_tenant.activated(BOB, NO_PIN | PIN | BIOMETRIC)


@pytest.fixture
def bob(_activated: Device, tenant: Tenant) -> Device:
    tenant.unlock(BOB)
    tenant.rules(BOB)
    return _activated


def otp(tenant: Tenant, device: Device, protection: str = "NO_PIN") -> str:
    return device.otp(tenant.clock.now(), protection)


def test_declined_and_the_code_is_still_good(tenant: Tenant, bob: Device) -> None:
    tenant.rules(BOB, {"riskResponseCode": 1})
    code = otp(tenant, bob)
    assert tenant.login(BOB, code).json() == {"riskResponseCode": 1, "sessionStatus": "refused"}
    assert tenant.login(BOB, code).json() == ACCEPTED


def test_the_queue_is_used_up_in_order(tenant: Tenant, bob: Device) -> None:
    rules = [{"riskResponseCode": 1}, {"riskResponseCode": 3}, {"riskResponseCode": 77}, {"riskResponseCode": 0}]
    tenant.rules(BOB, *rules)
    assert tenant.http.get(f"/softtoken/v1/rules/{BOB.upper()}@sandbox").json() == {"rules": rules}
    seen = [tenant.login(BOB, otp(tenant, bob), f"{n:04x}").json()["riskResponseCode"] for n in range(5)]
    assert seen == [1, 3, 77, 0, 0]
    assert tenant.http.get(f"/softtoken/v1/rules/{BOB}").json() == {"rules": []}


def test_a_queue_is_replaced_and_removed(tenant: Tenant, bob: Device) -> None:
    tenant.rules(BOB, {"riskResponseCode": 1})
    tenant.rules(BOB, {"riskResponseCode": 8, "sessionStatus": "pending"})
    path = f"/softtoken/v1/rules/{BOB}"
    assert tenant.http.get(path).json() == {"rules": [{"riskResponseCode": 8, "sessionStatus": "pending"}]}
    assert tenant.http.delete(path).json() == {"rules": []}
    assert tenant.login(BOB, otp(tenant, bob)).json() == ACCEPTED


def test_rules_are_one_users(tenant: Tenant, bob: Device) -> None:
    tenant.rules("somebody-else", {"riskResponseCode": 1})
    assert tenant.login(BOB, otp(tenant, bob)).json() == ACCEPTED


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rules": 1},
        {"rules": [{}]},
        {"rules": [{"riskResponseCode": "high"}]},
        {"rules": [{"riskResponseCode": 0, "sessionStatus": "accepted"}]},
        {"rules": [{"riskResponseCode": 1}] * 101},
    ],
)
def test_bad_rules(tenant: Tenant, body: object) -> None:
    answer = tenant.http.put(f"/softtoken/v1/rules/{BOB}", json=body)
    assert answer.status_code == 400
    assert answer.json()["validationErrors"]


@pytest.mark.parametrize("status", ["pending", "refused", "timeout", "failed", "unknown"])
def test_any_status_on_demand(tenant: Tenant, bob: Device, status: str) -> None:
    tenant.rules(BOB, {"riskResponseCode": 0, "sessionStatus": status})
    code = otp(tenant, bob)
    answer = tenant.login(BOB, code).json()
    assert (answer["riskResponseCode"], answer["sessionStatus"]) == (0, status)
    assert ("requestID" in answer) == (status == "pending")
    assert tenant.login(BOB, code).json() == ACCEPTED  # nothing was used up or counted


def test_two_factors_are_wanted(tenant: Tenant, bob: Device) -> None:
    """Code 5 asks for PIN or biometric; a code without either does not answer it."""
    for protection in ("PIN", "BIOMETRIC"):
        tenant.rules(BOB, {"riskResponseCode": 5})
        first = tenant.login(BOB).json()
        assert (first["riskResponseCode"], first["sessionStatus"]) == (5, "pending")
        assert tenant.is_refused(tenant.login(BOB, otp(tenant, bob, "NO_PIN")))
        assert tenant.login(BOB, otp(tenant, bob, protection)).json() == ACCEPTED


def test_a_first_call_may_carry_what_is_asked_for(tenant: Tenant, bob: Device) -> None:
    for code, protection in ((4, "NO_PIN"), (4, "PIN"), (5, "PIN")):
        tenant.rules(BOB, {"riskResponseCode": code})
        assert tenant.login(BOB, otp(tenant, bob, protection)).json() == ACCEPTED
    tenant.rules(BOB, {"riskResponseCode": 5})
    assert tenant.is_refused(tenant.login(BOB, otp(tenant, bob, "NO_PIN")))


def test_a_forced_second_step_whatever_the_first_carries(tenant: Tenant, bob: Device) -> None:
    tenant.rules(BOB, {"riskResponseCode": 5, "sessionStatus": "pending"})
    code = otp(tenant, bob, "PIN")
    assert tenant.login(BOB, code).json()["sessionStatus"] == "pending"
    assert tenant.login(BOB, code).json() == ACCEPTED


@pytest.mark.parametrize("code", [3, 8, 13, 21, 99, -7])
def test_what_no_code_of_the_device_answers(tenant: Tenant, bob: Device, code: int) -> None:
    tenant.rules(BOB, {"riskResponseCode": code})
    first = tenant.login(BOB, otp(tenant, bob)).json()
    assert (first["riskResponseCode"], first["sessionStatus"]) == (code, "pending")
    assert tenant.is_refused(tenant.login(BOB, otp(tenant, bob), requestID=first["requestID"]))


def test_challenge_response(tenant: Tenant, bob: Device) -> None:
    tenant.rules(BOB, {"riskResponseCode": 10})
    first = tenant.login(BOB, otp(tenant, bob)).json()
    assert (first["riskResponseCode"], first["sessionStatus"]) == (10, "pending")
    challenge = first["challenge"]
    assert len(challenge) == 7
    assert challenge.isdigit()
    assert tenant.is_refused(tenant.login(BOB, otp(tenant, bob)))
    over_another = {"authenticator": {"OTP": bob.otp(tenant.clock.now(), data="0"), "challenge": "0"}}
    assert tenant.is_refused(tenant.login(BOB, credentials=over_another))
    right = bob.otp(tenant.clock.now(), data=challenge)
    assert tenant.login(BOB, right).json() == ACCEPTED


@pytest.mark.parametrize("decision", ["accepted", "refused", "failed"])
def test_the_trusted_device_answers(tenant: Tenant, bob: Device, decision: str) -> None:
    tenant.rules(BOB, {"riskResponseCode": 21})
    request = tenant.login(BOB).json()["requestID"]
    path = f"/softtoken/v1/sessions/{request}"
    assert tenant.http.put(path, json={"sessionStatus": decision}).json() == {"sessionStatus": decision}
    assert tenant.session_status(request) == decision
    assert tenant.is_refused(tenant.http.put(path, json={"sessionStatus": "accepted"}), "Invalid Request ID")
    assert tenant.session_status(request) == decision


def test_decisions_that_cannot_be(tenant: Tenant, bob: Device) -> None:
    tenant.rules(BOB, {"riskResponseCode": 21})
    path = f"/softtoken/v1/sessions/{tenant.login(BOB).json()['requestID']}"
    assert tenant.http.put(path, json={"sessionStatus": "pending"}).status_code == 400
    assert tenant.http.put("/softtoken/v1/sessions/0", json={"sessionStatus": "accepted"}).status_code == 404
    tenant.clock.move(60)
    assert tenant.is_refused(tenant.http.put(path, json={"sessionStatus": "accepted"}), "Invalid Request ID")


@pytest.mark.parametrize(("decision", "code"), [("accepted", 0), ("refused", 21)])
def test_a_held_call_ends_with_the_decision(tenant: Tenant, bob: Device, decision: str, code: int) -> None:
    tenant.rules(BOB, {"riskResponseCode": 21})
    held: list[object] = []
    call = threading.Thread(target=lambda: held.append(tenant.login(BOB, session="abcd", timeout=30).json()))
    call.start()
    while tenant.http.get(f"/softtoken/v1/rules/{BOB}").json()["rules"]:
        assert call.is_alive()
    request = tenant.login(BOB, session="abcd").json()["requestID"]  # the same session, so the same request
    assert tenant.http.put(f"/softtoken/v1/sessions/{request}", json={"sessionStatus": decision}).is_success
    call.join(20)
    assert held == [{"riskResponseCode": code, "sessionStatus": decision}]


def test_a_held_call_gives_up(tenant: Tenant, bob: Device) -> None:
    tenant.rules(BOB, {"riskResponseCode": 22})
    assert tenant.login(BOB, timeout="1").json() == {"riskResponseCode": 22, "sessionStatus": "timeout"}


def test_an_out_of_band_keyword_is_a_push(tenant: Tenant, bob: Device) -> None:
    answer = tenant.login(BOB, credentials={"passKey": "Fingerprint"}).json()
    assert (answer["riskResponseCode"], answer["sessionStatus"]) == (23, "pending")
