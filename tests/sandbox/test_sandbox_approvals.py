"""Logins approved and declined on a device, as somebody with docs/approvals.md alone would do it over HTTP."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox.device import BIOMETRIC, NO_PIN, PIN, Device, b64
from sandbox.tenant import ACCEPTED, Tenant, wrong

Tenants = Callable[..., Tenant]
MESSAGE = {"title": {"text": "Login request"}, "subject": "Tap here", "challenge": "Are you trying to log in?"}


@pytest.fixture
def device(tenant: Tenant, user: str) -> Device:
    return tenant.activated(user, NO_PIN | PIN)


def key_of(device: Device) -> dict[str, str]:
    return {"Authorization": f"SoftToken {b64(device.approval_key)}"}


def listed(tenant: Tenant, device: Device) -> list[dict[str, Any]]:
    answer = tenant.http.get("/softtoken/v1/approvals", headers=key_of(device))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["approvals"]
    return found


def ask(tenant: Tenant, user: str, code: int = 22, **fields: Any) -> str:
    """A login that the risk engine sends to the device; the answer is its requestID."""
    tenant.rules(user, {"riskResponseCode": code})
    answer = tenant.login(user, loginMessage=MESSAGE, **fields).json()
    assert (answer["sessionStatus"], answer["riskResponseCode"]) == ("pending", code)
    request_id: str = answer["requestID"]
    return request_id


def shown(approval: dict[str, Any]) -> list[str]:
    return [approval[name] for name in ("requestID", "kind", "clientIP", "title", "subject", "challenge")]


def decide(tenant: Tenant, device: Device, request_id: str, **body: str) -> httpx.Response:
    return tenant.http.post(f"/softtoken/v1/approvals/{request_id}", json=body, headers=key_of(device))


def approve(
    tenant: Tenant, device: Device, approval: dict[str, Any], protection: str = "PIN", code: str | None = None
) -> httpx.Response:
    code = code or device.approval(tenant.clock.now(), shown(approval), protection)
    return decide(tenant, device, approval["requestID"], decision="approve", OTP=code)


def test_what_the_device_is_told(tenant: Tenant, device: Device, user: str) -> None:
    assert listed(tenant, device) == []
    request_id = ask(tenant, user)
    tenant.clock.move(13)
    assert listed(tenant, device) == [
        {
            "requestID": request_id,
            "kind": "login",
            "riskResponseCode": 22,
            "protections": ["PIN"],
            "title": "Login request",
            "subject": "Tap here",
            "challenge": "Are you trying to log in?",
            "clientIP": "192.168.0.1",
            "expires": tenant.clock.now() + 47,
            "remaining": 47,
        }
    ]


def test_an_approval(tenant: Tenant, device: Device, user: str) -> None:
    request_id = ask(tenant, user)
    answer = approve(tenant, device, listed(tenant, device)[0])
    assert (answer.status_code, answer.json()) == (200, {"sessionStatus": "accepted"})
    assert tenant.session_status(request_id) == "accepted"
    assert listed(tenant, device) == []


def test_a_decline_needs_no_code(tenant: Tenant, device: Device, user: str) -> None:
    request_id = ask(tenant, user)
    answer = decide(tenant, device, request_id, decision="decline")
    assert (answer.status_code, answer.json()) == (200, {"sessionStatus": "refused"})
    assert tenant.session_status(request_id) == "refused"
    assert listed(tenant, device) == []


@pytest.mark.parametrize(
    ("code", "wanted", "protections"),
    [
        (21, NO_PIN | PIN, ["NO_PIN"]),
        (21, PIN, []),
        (22, NO_PIN | PIN, ["PIN"]),
        (22, NO_PIN, []),
        (23, NO_PIN | PIN | BIOMETRIC, ["BIOMETRIC", "PIN"]),
        (24, NO_PIN | PIN | BIOMETRIC, ["BIOMETRIC", "PIN"]),
        (24, NO_PIN | BIOMETRIC, ["BIOMETRIC"]),
        (23, NO_PIN | PIN, ["PIN"]),
        (24, NO_PIN | PIN, ["PIN"]),
        (23, NO_PIN, []),
    ],
)
def test_the_demanded_protection_and_no_other(
    tenant: Tenant, user: str, code: int, wanted: int, protections: list[str]
) -> None:
    device = tenant.activated(user, wanted)
    ask(tenant, user, code)
    approval = listed(tenant, device)[0]
    assert approval["protections"] == protections
    for other in set(device.credentials) - set(protections):
        assert tenant.is_refused(approve(tenant, device, approval, other))
        tenant.unlock(user)
        # refused three times in a row it would have ended
        ask(tenant, user, code)
        approval = listed(tenant, device)[0]
    for name in protections:
        assert approve(tenant, device, approval, name).json() == {"sessionStatus": "accepted"}
        ask(tenant, user, code)
        approval = listed(tenant, device)[0]


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 25, 77])
def test_what_waits_for_something_else_is_not_for_the_device(
    tenant: Tenant, device: Device, user: str, code: int
) -> None:
    tenant.rules(user, {"riskResponseCode": code, "sessionStatus": "pending"})
    request_id = tenant.login(user).json()["requestID"]
    assert listed(tenant, device) == []
    for body in ({"decision": "decline"}, {"decision": "approve", "OTP": "12345678"}):
        assert tenant.is_refused(decide(tenant, device, request_id, **body), "Invalid Request ID")


@pytest.mark.parametrize(
    ("credentials", "protections"),
    [
        (None, ["NO_PIN", "PIN"]),
        ({"passKey": "PIN"}, ["PIN"]),
        ({"passKey": "Fingerprint"}, ["PIN"]),
        ({"passKey": "Face"}, ["PIN"]),
    ],
)
def test_a_push_without_a_risk_code(
    tenant: Tenant, device: Device, user: str, credentials: dict[str, str] | None, protections: list[str]
) -> None:
    body = {"objectType": "LoginInput", "loginMessage": MESSAGE}
    answer = tenant.post_login(user, body if credentials is None else body | {"credentials": credentials}).json()
    approval = listed(tenant, device)[0]
    assert approval["requestID"] == answer["requestID"]
    assert (approval["riskResponseCode"], approval["protections"]) == (None, protections)
    assert approve(tenant, device, approval).json() == {"sessionStatus": "accepted"}


@pytest.mark.parametrize("field", ["requestID", "kind", "clientIP", "title", "subject", "challenge"])
def test_a_code_over_something_else_than_is_waiting_is_refused(
    tenant: Tenant, device: Device, user: str, field: str
) -> None:
    request_id = ask(tenant, user)
    approval = listed(tenant, device)[0]
    code = device.approval(tenant.clock.now(), shown({**approval, field: approval[field] + "!"}))
    assert tenant.is_refused(approve(tenant, device, approval, code=code))
    assert tenant.session_status(request_id) == "pending"
    assert approve(tenant, device, approval).json() == {"sessionStatus": "accepted"}


def test_a_text_that_changes_after_it_was_listed_is_not_approved(make_tenant: Tenants, tmp_path: Path) -> None:
    tenant = make_tenant()
    device = tenant.activated("alice")
    ask(tenant, "alice")
    seen = listed(tenant, device)[0]
    file = tmp_path / "sandbox" / "sandbox.sqlite3"
    with sqlite3.connect(file) as db:
        db.execute("UPDATE sessions SET message = 'Pay 5,000'")
    db.close()
    assert listed(tenant, device)[0]["challenge"] == "Pay 5,000"
    assert tenant.is_refused(approve(tenant, device, seen))


def test_moving_a_character_from_one_text_to_the_next_changes_the_code(
    tenant: Tenant, device: Device, user: str
) -> None:
    ask(tenant, user)
    approval = listed(tenant, device)[0]
    moved = {**approval, "title": "Login reques", "subject": "tTap here"}
    code = device.approval(tenant.clock.now(), shown(moved))
    assert tenant.is_refused(approve(tenant, device, approval, code=code))


@pytest.mark.parametrize("kind", ["login", "with the fields as data"])
def test_no_other_code_approves(tenant: Tenant, device: Device, user: str, kind: str) -> None:
    ask(tenant, user)
    approval = listed(tenant, device)[0]
    data = None if kind == "login" else "".join(shown(approval))
    code = device.otp(tenant.clock.now(), "PIN", data=data)
    assert tenant.is_refused(approve(tenant, device, approval, code=code))


def test_the_code_of_an_approval_logs_nobody_in(tenant: Tenant, device: Device, user: str) -> None:
    ask(tenant, user)
    code = device.approval(tenant.clock.now(), shown(listed(tenant, device)[0]))
    assert tenant.is_refused(tenant.login(user, code, session="AB"))


def test_nothing_is_approved_twice(tenant: Tenant, device: Device, user: str) -> None:
    ask(tenant, user)
    first = listed(tenant, device)[0]
    code = device.approval(tenant.clock.now(), shown(first))
    assert approve(tenant, device, first, code=code).json() == {"sessionStatus": "accepted"}
    assert tenant.is_refused(approve(tenant, device, first, code=code), "Invalid Request ID")
    assert tenant.is_refused(approve(tenant, device, first), "Invalid Request ID")
    assert tenant.is_refused(decide(tenant, device, first["requestID"], decision="decline"), "Invalid Request ID")


def test_a_counter_that_approved_is_used_up(tenant: Tenant, device: Device, user: str) -> None:
    ask(tenant, user)
    counter = device.credentials["PIN"]["counter"]
    assert approve(tenant, device, listed(tenant, device)[0]).json() == {"sessionStatus": "accepted"}
    ask(tenant, user)
    second = listed(tenant, device)[0]
    again = device.approval(tenant.clock.now(), shown(second), counter=counter)
    assert tenant.is_refused(approve(tenant, device, second, code=again))
    assert tenant.is_refused(tenant.login(user, device.otp(tenant.clock.now(), "PIN", counter=counter), session="AB"))


def test_wrong_codes_lock_and_end_what_is_waiting(tenant: Tenant, device: Device, user: str) -> None:
    request_id = ask(tenant, user)
    approval = listed(tenant, device)[0]
    for _ in range(3):
        code = wrong(device.approval(tenant.clock.now(), shown(approval)))
        assert tenant.is_refused(approve(tenant, device, approval, code=code))
    assert tenant.is_refused(approve(tenant, device, approval), "User is locked")
    assert tenant.session_status(request_id) == "failure"
    assert listed(tenant, device) == []
    tenant.unlock(user)
    assert tenant.is_refused(approve(tenant, device, approval), "Invalid Request ID")


def test_wrong_approvals_and_wrong_logins_are_one_count(tenant: Tenant, device: Device, user: str) -> None:
    now = tenant.clock.now()
    for _ in range(2):
        assert tenant.is_refused(tenant.login(user, wrong(device.otp(now)), session="AB"))
    ask(tenant, user)
    approval = listed(tenant, device)[0]
    assert tenant.is_refused(approve(tenant, device, approval, code=wrong(device.approval(now, shown(approval)))))
    assert tenant.is_refused(tenant.login(user, device.otp(now), session="AB"), "User is locked")


def test_an_approval_starts_the_count_again(tenant: Tenant, device: Device, user: str) -> None:
    for _ in range(3):
        assert tenant.is_refused(tenant.login(user, wrong(device.otp(tenant.clock.now())), session="AB"))
        ask(tenant, user)
        assert approve(tenant, device, listed(tenant, device)[0]).json() == {"sessionStatus": "accepted"}
    assert tenant.login(user, device.otp(tenant.clock.now()), session="AB").json() == ACCEPTED


def test_a_request_that_expired(tenant: Tenant, device: Device, user: str) -> None:
    request_id = ask(tenant, user)
    approval = listed(tenant, device)[0]
    tenant.clock.move(59)
    assert listed(tenant, device)[0]["remaining"] == 1
    tenant.clock.move(1)
    assert listed(tenant, device) == []
    assert tenant.is_refused(approve(tenant, device, approval), "Invalid Request ID")
    assert tenant.is_refused(decide(tenant, device, request_id, decision="decline"), "Invalid Request ID")
    assert tenant.session_status(request_id) == "timeout"


def test_somebody_elses_request_is_neither_seen_nor_decided(tenant: Tenant, device: Device, user: str) -> None:
    mallory = tenant.activated(f"mallory-{user}")
    request_id = ask(tenant, user)
    assert listed(tenant, mallory) == []
    # as an unknown one: it tells nothing of what there is
    assert tenant.is_refused(decide(tenant, mallory, request_id, decision="decline"), "Invalid Request ID")
    approval = listed(tenant, device)[0]
    for code in (mallory.approval(tenant.clock.now(), shown(approval)), "00000000"):
        assert tenant.is_refused(approve(tenant, mallory, approval, code=code), "Invalid Request ID")
    assert tenant.session_status(request_id) == "pending"


@pytest.mark.parametrize("value", [None, "", "SoftToken", "SoftToken !", "SoftToken AAAA", "Basic {key}", "{key}"])
def test_without_a_key_nothing_is_told(tenant: Tenant, device: Device, user: str, value: str | None) -> None:
    request_id = ask(tenant, user)
    headers = {} if value is None else {"Authorization": value.format(key=b64(device.approval_key))}
    answers = (
        tenant.http.get("/softtoken/v1/approvals", headers=headers),
        tenant.http.post(f"/softtoken/v1/approvals/{request_id}", json={"decision": "decline"}, headers=headers),
    )
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json() == {"error": "Unauthorized", "message": "Unknown approval key"}
        assert answer.headers["www-authenticate"] == "SoftToken"
    assert tenant.session_status(request_id) == "pending"


def test_a_device_that_was_replaced_is_told_nothing(tenant: Tenant, device: Device, user: str) -> None:
    newer = tenant.activated(user)
    ask(tenant, user)
    assert tenant.http.get("/softtoken/v1/approvals", headers=key_of(device)).status_code == 401
    assert len(listed(tenant, newer)) == 1


def test_a_device_that_is_not_activated_yet_is_told_nothing(tenant: Tenant, user: str) -> None:
    device = tenant.device(user)
    tenant.open(device)
    assert tenant.http.get("/softtoken/v1/approvals", headers=key_of(device)).status_code == 401


def test_two_devices_of_one_user(make_tenant: Tenants, tmp_path: Path) -> None:
    """Each decides with its own codes; what one decided is over for the other."""
    tenant = make_tenant()
    phone, desk = tenant.activated("bob", NO_PIN | PIN | BIOMETRIC), tenant.activated("alice")
    # the sandbox keeps one device per activation: give both to one user
    with sqlite3.connect(tmp_path / "sandbox" / "sandbox.sqlite3") as db:
        db.execute("UPDATE authenticators SET user_id = 'alice'")
    db.close()
    ask(tenant, "alice", 23)
    on_phone, on_desk = listed(tenant, phone)[0], listed(tenant, desk)[0]
    assert (on_phone["protections"], on_desk["protections"]) == (["BIOMETRIC", "PIN"], ["PIN"])
    by_phone = phone.approval(tenant.clock.now(), shown(on_phone), "BIOMETRIC")
    assert tenant.is_refused(approve(tenant, desk, on_desk, code=by_phone))
    assert approve(tenant, desk, on_desk).json() == {"sessionStatus": "accepted"}
    assert listed(tenant, phone) == []
    assert tenant.is_refused(decide(tenant, phone, on_phone["requestID"], decision="decline"), "Invalid Request ID")


@pytest.mark.parametrize(("decision", "status"), [("approve", "accepted"), ("decline", "refused")])
def test_a_held_login_returns(tenant: Tenant, device: Device, user: str, decision: str, status: str) -> None:
    tenant.rules(user, {"riskResponseCode": 22})
    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(tenant.login, user, None, timeout=30)
        ended = time.monotonic() + 20
        while not (waiting := listed(tenant, device)) and time.monotonic() < ended:
            assert not held.done()
        if decision == "approve":
            approve(tenant, device, waiting[0])
        else:
            decide(tenant, device, waiting[0]["requestID"], decision="decline")
        assert held.result(20).json()["sessionStatus"] == status


def test_only_the_latest_are_told_and_all_can_be_decided(tenant: Tenant, device: Device, user: str) -> None:
    made = [ask(tenant, user, sessionID=f"{number:04x}") for number in range(22)]
    assert [one["requestID"] for one in listed(tenant, device)] == made[:1:-1]
    assert decide(tenant, device, made[0], decision="decline").json() == {"sessionStatus": "refused"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "accept"},
        {"decision": "approve"},
        {"decision": "decline", "OTP": "12345678"},
        {"decision": "approve", "OTP": ""},
        {"decision": "approve", "OTP": 12345678},
    ],
)
def test_malformed_decisions(tenant: Tenant, device: Device, user: str, body: dict[str, Any]) -> None:
    request_id = ask(tenant, user)
    assert decide(tenant, device, request_id, **body).status_code == 400
    assert tenant.session_status(request_id) == "pending"


def test_the_approval_key_is_nowhere_in_the_file(make_tenant: Tenants, tmp_path: Path) -> None:
    tenant = make_tenant()
    device = tenant.activated("alice")
    assert len(device.approval_key) == 32
    for file in (tmp_path / "sandbox").iterdir():
        stored = file.read_bytes()
        assert device.approval_key not in stored
        assert b64(device.approval_key).encode() not in stored


def test_two_devices_have_two_keys(tenant: Tenant, device: Device, user: str) -> None:
    assert tenant.activated(f"other-{user}").approval_key != device.approval_key


def test_a_user_who_is_switched_off_approves_nothing(tenant: Tenant, device: Device, user: str) -> None:
    request_id = ask(tenant, user)
    approval = listed(tenant, device)[0]
    assert tenant.http.post(f"/softtoken/v1/users/{user}/disable").is_success
    assert tenant.is_refused(approve(tenant, device, approval), "User is disabled")
    assert tenant.session_status(request_id) != "accepted"


def test_a_transaction_is_told_as_one(tenant: Tenant, device: Device, user: str) -> None:
    tenant.rules(user, {"riskResponseCode": 22})
    body = {
        "objectType": "AdaptiveTransactionValidationInput",
        "relationshipRef": user,
        "sessionID": "ab12",
        "accountRef": "Ref123",
        "amount": "66.66",
        "currency": "CAD",
        "transactionType": "ExternalTransfer",
        "data": {
            "transactionMessage": {
                "dataFields": [
                    {"key": {"text": "amount"}, "value": {"text": "66.66"}},
                    {"key": {"text": "currency"}, "value": {"text": "CAD"}},
                ]
            }
        },
    }
    answer = tenant.http.post(f"/v1/users/{user}@sandbox/transactions/validate", json=body).json()
    assert (answer["sessionStatus"], answer["riskResponseCode"]) == ("pending", 22), answer
    approval = listed(tenant, device)[0]
    assert (approval["kind"], approval["challenge"]) == ("transaction", "amount: 66.66\ncurrency: CAD")
    code = device.approval(tenant.clock.now(), shown({**approval, "kind": "login"}))
    assert tenant.is_refused(approve(tenant, device, approval, code=code))
    assert approve(tenant, device, approval).json() == {"sessionStatus": "accepted"}
    assert tenant.session_status(answer["requestID"]) == "accepted"
