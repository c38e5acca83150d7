"""Events and transactions: what is signed is what was asked, once, and only for what it was made for."""

from typing import Any

import httpx
import pytest
from sandbox.device import Device, b64
from sandbox.tenant import ACCEPTED, Tenant, wrong
from sandbox.vendor_examples import EVENT, OFFLINE_SIGNING, TRANSACTION

JUDY = "judy"
VALUES = ["66.66", "CAD"]


@pytest.fixture(scope="module")
def _activated(shared_tenant: Tenant) -> Device:
    return shared_tenant.activated(JUDY)


@pytest.fixture
def judy(_activated: Device, tenant: Tenant) -> Device:
    tenant.unlock(JUDY)
    tenant.rules(JUDY)
    return _activated


def validate(tenant: Tenant, body: dict[str, Any], user: str = JUDY) -> httpx.Response:
    kind = "events" if "eventType" in body else "transactions"
    return tenant.http.post(f"/v1/users/{user}@sandbox/{kind}/validate", json=body)


def signed(signature: str, values: list[str] = VALUES, **changes: Any) -> dict[str, Any]:
    return TRANSACTION | {"data": {"standard": {"dataFields": values, "signature": signature}}} | changes


def test_a_signature_at_once(tenant: Tenant, judy: Device) -> None:
    signature = judy.signature(VALUES)
    assert validate(tenant, signed(signature)).json() == ACCEPTED
    assert tenant.is_refused(validate(tenant, signed(signature)))


@pytest.mark.parametrize(
    "values", [["66.67", "CAD"], ["CAD", "66.66"], ["66.66"], ["66.66C", "AD"], ["66.66", "CAD", ""]]
)
def test_a_signature_over_something_else(tenant: Tenant, judy: Device, values: list[str]) -> None:
    assert tenant.is_refused(validate(tenant, signed(judy.signature(VALUES), values)))


def test_no_code_is_a_signature(tenant: Tenant, judy: Device) -> None:
    assert tenant.is_refused(validate(tenant, signed(judy.otp(tenant.clock.now()))))
    assert tenant.is_refused(validate(tenant, signed(judy.resync())))
    assert tenant.is_refused(tenant.login(JUDY, judy.signature(VALUES)))


def test_wrong_signatures_lock(tenant: Tenant, judy: Device) -> None:
    for _ in range(3):
        assert tenant.is_refused(validate(tenant, signed(wrong(judy.signature(VALUES)))))
    assert tenant.is_refused(validate(tenant, signed(judy.signature(VALUES))), "User is locked")


def test_declined(tenant: Tenant, judy: Device) -> None:
    tenant.rules(JUDY, {"riskResponseCode": 1})
    signature = judy.signature(VALUES)
    assert validate(tenant, signed(signature)).json() == {"riskResponseCode": 1, "sessionStatus": "refused"}
    assert validate(tenant, signed(signature)).json() == ACCEPTED  # it was not looked at


def test_two_factors_are_wanted(tenant: Tenant, judy: Device) -> None:
    tenant.rules(JUDY, {"riskResponseCode": 5}, {"riskResponseCode": 5})
    assert tenant.is_refused(validate(tenant, signed(judy.signature(VALUES))))
    assert validate(tenant, signed(judy.signature(VALUES, "PIN"))).json() == ACCEPTED


def test_another_amount_is_another_transaction(tenant: Tenant, judy: Device) -> None:
    """Who changes what is signed between the calls gets a new risk verdict, not the pending one's approval."""
    first = validate(tenant, TRANSACTION).json()
    tenant.rules(JUDY, {"riskResponseCode": 1})
    other = ["6666.00", "CAD"]
    assert validate(tenant, signed(judy.signature(other, "PIN"), other)).json()["sessionStatus"] == "refused"
    assert tenant.session_status(first["requestID"]) == "pending"
    assert validate(tenant, signed(judy.signature(VALUES, "PIN"))).json() == ACCEPTED
    assert tenant.session_status(first["requestID"]) == "accepted"


def test_a_pending_transaction_is_no_login(tenant: Tenant, judy: Device) -> None:
    """Nor the other way round, though session and user are the same."""
    request = validate(tenant, TRANSACTION).json()["requestID"]
    for body in ({"objectType": "AdaptiveLoginInput"}, {"eventType": "LoginAttempt"}):
        call = body | {"relationshipRef": JUDY, "sessionID": TRANSACTION["sessionID"], "requestID": request}
        call |= {"credentials": {"authenticator": {"OTP": judy.otp(tenant.clock.now(), "PIN")}}}
        answer = validate(tenant, call) if "eventType" in body else tenant.post_login(JUDY, call)
        assert tenant.is_refused(answer, "Invalid Request ID")
    assert tenant.session_status(request) == "pending"
    login = tenant.login(JUDY, session=TRANSACTION["sessionID"]).json()["requestID"]
    assert login != request


def test_the_device_approves_what_it_shows(tenant: Tenant, judy: Device) -> None:
    request = validate(tenant, TRANSACTION).json()["requestID"]
    key = {"Authorization": f"SoftToken {b64(judy.approval_key)}"}
    listed = tenant.http.get("/softtoken/v1/approvals", headers=key).json()["approvals"]
    shown = next(entry for entry in listed if entry["requestID"] == request)
    assert (shown["kind"], shown["title"], shown["challenge"]) == ("transaction", "", "amount: 66.66\ncurrency: CAD")
    fields = [request, shown["kind"], shown["clientIP"], shown["title"], shown["subject"], shown["challenge"]]
    path = f"/softtoken/v1/approvals/{request}"
    for covered, status in (([*fields[:-1], "amount: 6.66\ncurrency: CAD"], 409), (fields, 200)):
        body = {"decision": "approve", "OTP": judy.approval(tenant.clock.now(), covered)}
        assert tenant.http.post(path, headers=key, json=body).status_code == status
    assert tenant.session_status(request) == "accepted"


def test_an_operator_decides(tenant: Tenant, judy: Device) -> None:
    tenant.rules(JUDY, {"riskResponseCode": 22})
    request = validate(tenant, TRANSACTION).json()["requestID"]
    assert tenant.http.put(f"/softtoken/v1/sessions/{request}", json={"sessionStatus": "accepted"}).is_success
    assert tenant.session_status(request) == "accepted"


def test_what_only_the_vendors_sdk_can_do(tenant: Tenant, judy: Device) -> None:
    for _ in range(4):
        channel = TRANSACTION | {"data": {"secureChannel": {"requestID": "0", "signature": "0"}}}
        assert tenant.is_refused(validate(tenant, channel), "Invalid Request ID")
        fido = TRANSACTION | {"data": {"fido": {"fidoProtocol": "FIDO2", "authenticationResponse": "x"}}}
        assert tenant.is_refused(validate(tenant, fido), "Registration ceremony was not started")
    assert validate(tenant, signed(judy.signature(VALUES))).json() == ACCEPTED  # nothing was counted


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"standard": {"dataFields": VALUES}},
        {"standard": {"dataFields": [], "signature": "1"}},
        {"standard": {"dataFields": [1], "signature": "1"}},
        {"transactionMessage": {"dataFields": [{"key": "amount", "value": "1"}]}},
        {"transactionMessage": {"dataFields": []}},
        {"transactionMessage": {"dataFields": [{"key": {"text": "to"}, "value": {"text": "Eve"}}] * 9}},
        {"transactionMessage": {"dataFields": [{"key": {"text": "to"}, "value": {"text": "Eve\namount: 1"}}]}},
        {"transactionMessage": {"dataFields": [{"key": {"text": "to"}, "value": {"text": "E" * 241}}]}},
        {"fido": {"fidoProtocol": "U2F", "authenticationResponse": "x"}},
        TRANSACTION["data"] | OFFLINE_SIGNING["data"],
    ],
)
def test_bad_data(tenant: Tenant, judy: Device, data: dict[str, Any]) -> None:
    assert validate(tenant, TRANSACTION | {"data": data}).status_code == 400


@pytest.mark.parametrize(
    "name", ["accountRef", "amount", "currency", "transactionType", "relationshipRef", "sessionID"]
)
def test_mandatory_attributes(tenant: Tenant, judy: Device, name: str) -> None:
    assert validate(tenant, {key: value for key, value in TRANSACTION.items() if key != name}).status_code == 400


def test_without_risk(tenant: Tenant, judy: Device) -> None:
    tenant.rules(JUDY, {"riskResponseCode": 1})
    body = {"objectType": "TransactionValidationInput", "data": TRANSACTION["data"]}
    assert validate(tenant, body).json()["sessionStatus"] == "pending"
    fields = OFFLINE_SIGNING["data"]["standard"]["dataFields"]
    data = {"standard": {"dataFields": fields, "signature": judy.signature(fields)}}
    assert validate(tenant, OFFLINE_SIGNING | {"data": data}).json() == {"sessionStatus": "accepted"}


def test_nobodys_transaction(tenant: Tenant) -> None:
    assert validate(tenant, TRANSACTION, "nobody-here").status_code == 404
    assert validate(tenant, EVENT, "nobody-here").status_code == 404


def test_an_event_that_is_no_login_needs_no_proof(tenant: Tenant, judy: Device) -> None:
    event = EVENT | {"eventType": "ChangeAddress"}
    assert validate(tenant, event).json() == ACCEPTED
    tenant.rules(JUDY, {"riskResponseCode": 5})
    assert validate(tenant, event).json()["sessionStatus"] == "pending"
    code = {"credentials": {"authenticator": {"OTP": judy.otp(tenant.clock.now(), "PIN")}}}
    assert validate(tenant, event | code).json() == ACCEPTED


def test_an_events_code_is_counted(tenant: Tenant, judy: Device) -> None:
    code = {"credentials": {"authenticator": {"OTP": wrong(judy.otp(tenant.clock.now()))}}}
    for _ in range(3):
        assert tenant.is_refused(validate(tenant, EVENT | code))
    assert tenant.is_refused(tenant.login(JUDY), "User is locked")
