"""The table of rules: every condition, the order, every code and status, and what comes before it."""

from typing import Any

import pytest
from sandbox.device import BIOMETRIC, NO_PIN, PIN, Device
from sandbox.tenant import ACCEPTED, Tenant
from sandbox.vendor_examples import TRANSACTION

HEIDI = "heidi"
PATH = "/softtoken/v1/rules"
DEVICE_CODES = (6, 7, 11, 21, 22, 23, 24)


@pytest.fixture(scope="module")
def _activated(shared_tenant: Tenant) -> Device:
    return shared_tenant.activated(HEIDI, NO_PIN | PIN | BIOMETRIC)


@pytest.fixture
def heidi(_activated: Device, tenant: Tenant) -> Any:
    tenant.unlock(HEIDI)
    tenant.rules(HEIDI)
    yield _activated
    assert tenant.http.delete(PATH).json() == {"rules": [], "countries": []}


def put(tenant: Tenant, *rules: dict[str, Any], countries: dict[str, str] | None = None) -> None:
    listed = [{"network": network, "country": country} for network, country in (countries or {}).items()]
    body = {"rules": list(rules), "countries": listed}
    answer = tenant.http.put(PATH, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rules"] == list(rules)


def said(tenant: Tenant, **fields: Any) -> int:
    """The risk code of a first call, in a session of its own."""
    tenant.clock.move(61)
    code: int = tenant.login(HEIDI, **fields).json()["riskResponseCode"]
    return code


def assessed(tenant: Tenant, **changes: Any) -> int:
    """The risk code of a transaction, of which nothing else is asked."""
    names = ("accountRef", "amount", "currency", "transactionType", "clientIP", "sessionID")
    body = {name: TRANSACTION[name] for name in names} | {"relationshipRef": HEIDI} | changes
    answer = tenant.http.post("/v1/transactions", json=body)
    assert answer.status_code == 200, answer.text
    code: int = answer.json()["riskResponseCode"]
    return code


def test_the_first_that_fits_decides(tenant: Tenant, heidi: Device) -> None:
    put(
        tenant,
        {"riskResponseCode": 1, "userID": "somebody-else"},
        {"riskResponseCode": 8, "userID": HEIDI},
        {"riskResponseCode": 1},
    )
    assert said(tenant) == 8
    tenant.register("ivan")
    assert tenant.login("ivan").json() == {"riskResponseCode": 1, "sessionStatus": "refused"}


def test_a_users_queue_comes_before_the_table(tenant: Tenant, heidi: Device) -> None:
    put(tenant, {"riskResponseCode": 1})
    tenant.rules(HEIDI, {"riskResponseCode": 13})
    assert [said(tenant), said(tenant)] == [13, 1]


def test_a_user_is_named_as_in_the_path(tenant: Tenant, heidi: Device) -> None:
    body = {"rules": [{"riskResponseCode": 3, "userID": "HEIDI@sandbox"}]}
    assert tenant.http.put(PATH, json=body).json()["rules"] == [{"riskResponseCode": 3, "userID": "heidi"}]
    assert said(tenant) == 3


@pytest.mark.parametrize(
    ("asked", "address", "fits"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.9/24", "192.0.2.1", True),
        ("0.0.0.0/0", "192.0.2.1", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("0.0.0.0/0", "here", False),
        ("0.0.0.0/0", None, False),
    ],
)
def test_client_ip(tenant: Tenant, heidi: Device, asked: str, address: str | None, fits: bool) -> None:
    put(tenant, {"riskResponseCode": 77, "clientIP": asked})
    assert (said(tenant, clientIP=address) == 77) is fits


def test_country(tenant: Tenant, heidi: Device) -> None:
    countries = {"192.0.2.0/24": "DE", "192.0.2.128/25": "FR", "2001:db8::/32": "CA"}
    put(
        tenant,
        {"riskResponseCode": 71, "country": "DE"},
        {"riskResponseCode": 72, "country": "FR"},
        countries=countries,
    )
    assert said(tenant, clientIP="192.0.2.1") == 71
    assert said(tenant, clientIP="192.0.2.129") == 72  # the smaller network
    assert said(tenant, clientIP="2001:db8::1") == 5
    assert said(tenant, clientIP="198.51.100.1") == 5
    listed = tenant.http.get(PATH).json()["countries"]
    assert {entry["network"]: entry["country"] for entry in listed} == countries


@pytest.mark.parametrize(
    ("comparison", "fitting"),
    [
        ("lt", ["-1", "99.99"]),
        ("le", ["-1", "99.99", "100", "100.00", "1e2"]),
        ("eq", ["100", "100.00", "1e2"]),
        ("ge", ["100", "100.00", "1e2", "100.01", "1e30"]),
        ("gt", ["100.01", "1e30"]),
    ],
)
def test_amount(tenant: Tenant, heidi: Device, comparison: str, fitting: list[str]) -> None:
    put(tenant, {"riskResponseCode": 77, "amount": {"comparison": comparison, "value": "100"}})
    amounts = ["-1", "99.99", "100", "100.00", "1e2", "100.01", "1e30", "many", "NaN", "Infinity"]
    assert [amount for amount in amounts if assessed(tenant, amount=amount) == 77] == fitting
    assert said(tenant) == 5  # a login has no amount


def test_an_amount_may_come_as_a_number(tenant: Tenant, heidi: Device) -> None:
    put(tenant, {"riskResponseCode": 77, "amount": {"comparison": "gt", "value": "66.65"}})
    assert [assessed(tenant, amount=amount) for amount in (66.66, 67, "66.66", 66.65, 0)] == [77, 77, 77, 0, 0]


def test_type_and_endpoint(tenant: Tenant, heidi: Device) -> None:
    put(
        tenant,
        {"riskResponseCode": 71, "transactionType": "ExternalTransfer", "endpoint": "transactions"},
        {"riskResponseCode": 72, "eventType": "ChangeAddress"},
        {"riskResponseCode": 73, "endpoint": "events"},
        {"riskResponseCode": 74, "endpoint": "unregister"},
        {"riskResponseCode": 75, "endpoint": "login"},
    )
    assert assessed(tenant) == 71
    assert assessed(tenant, transactionType="InternalTransfer") == 0
    event = {"relationshipRef": HEIDI, "sessionID": "00", "eventType": "ChangeAddress"}
    assert tenant.http.post("/v1/events", json=event).json() == {"riskResponseCode": 72}
    assert tenant.http.post("/v1/events", json=event | {"eventType": "X"}).json() == {"riskResponseCode": 73}
    assert tenant.http.post(f"/v1/users/{HEIDI}/events/validate", json=event).json()["riskResponseCode"] == 72
    unregister = {"objectType": "AdaptiveUnregisterUserInput"}
    assert tenant.http.post(f"/v1/users/{HEIDI}/unregister", json=unregister).json() == {"riskResponseCode": 74}
    assert said(tenant) == 75


def test_all_conditions_together(tenant: Tenant, heidi: Device) -> None:
    rule = {
        "riskResponseCode": 1,
        "userID": HEIDI,
        "clientIP": "192.168.0.0/16",
        "country": "DE",
        "amount": {"comparison": "gt", "value": "50"},
        "transactionType": "ExternalTransfer",
        "endpoint": "transactions",
    }
    put(tenant, rule, countries={"192.168.1.0/24": "DE"})
    assert assessed(tenant) == 1
    for changes in (
        {"relationshipRef": "mallory"},
        {"clientIP": "192.168.2.1"},
        {"amount": "50"},
        {"transactionType": "x"},
    ):
        assert assessed(tenant, **changes) == 0


@pytest.mark.parametrize("code", [*range(2, 9), 10, 11, 13, 14, *range(21, 26), 99, 2**31 - 1, -(2**31)])
def test_every_risk_code(tenant: Tenant, heidi: Device, code: int) -> None:
    put(tenant, {"riskResponseCode": code})
    told = tenant.login(HEIDI, session="0a").json()
    assert (told["riskResponseCode"], told["sessionStatus"]) == (code, "pending")
    assert ("challenge" in told) == (code == 10)
    assert tenant.session_status(told["requestID"]) == "pending"
    tenant.clock.move(60)
    assert tenant.session_status(told["requestID"]) == "timeout"


@pytest.mark.parametrize("status", ["pending", "refused", "timeout", "failed", "unknown"])
def test_every_status(tenant: Tenant, heidi: Device, status: str) -> None:
    put(tenant, {"riskResponseCode": 0, "sessionStatus": status})
    told = tenant.login(HEIDI, heidi.otp(tenant.clock.now())).json()
    assert (told["riskResponseCode"], told["sessionStatus"]) == (0, status)


def test_accept_and_decline(tenant: Tenant, heidi: Device) -> None:
    put(tenant, {"riskResponseCode": 0, "clientIP": "192.168.0.1"}, {"riskResponseCode": 1})
    assert tenant.login(HEIDI, heidi.otp(tenant.clock.now())).json() == ACCEPTED
    code = heidi.otp(tenant.clock.now())
    declined = tenant.login(HEIDI, code, clientIP="192.168.0.2")
    assert declined.json() == {"riskResponseCode": 1, "sessionStatus": "refused"}
    assert tenant.login(HEIDI, code).json() == ACCEPTED  # it was not looked at


@pytest.mark.parametrize("code", [3, 8, 13])
def test_a_code_by_message_or_call(tenant: Tenant, heidi: Device, code: int) -> None:
    """What would have been sent is in the list of sessions; no code of the device does instead."""
    put(tenant, {"riskResponseCode": code})
    request = tenant.login(HEIDI).json()["requestID"]
    listed = tenant.http.get("/softtoken/v1/sessions").json()["sessions"][0]
    assert (listed["requestID"], listed["userID"], listed["kind"]) == (request, HEIDI, "login")
    assert len(listed["virtualOTP"]) == 6
    assert tenant.is_refused(tenant.login(HEIDI, heidi.otp(tenant.clock.now())))
    assert tenant.login(HEIDI, listed["virtualOTP"]).json() == ACCEPTED
    again = tenant.login(HEIDI, listed["virtualOTP"], requestID=request)
    assert tenant.is_refused(again, "Invalid Request ID")


def test_a_static_password(tenant: Tenant, heidi: Device) -> None:
    put(tenant, {"riskResponseCode": 2})
    assert tenant.http.patch(f"/v1/users/{HEIDI}", json={"staticPassword": "Test1234"}).is_success
    assert tenant.login(HEIDI).json()["riskResponseCode"] == 2
    assert tenant.is_refused(tenant.login(HEIDI, heidi.otp(tenant.clock.now())))
    assert tenant.login(HEIDI, credentials={"passKey": "Test1234"}).json() == ACCEPTED


@pytest.mark.parametrize("code", DEVICE_CODES)
def test_what_waits_for_a_device_brings_a_message_if_asked(tenant: Tenant, heidi: Device, code: int) -> None:
    put(tenant, {"riskResponseCode": code})
    assert "requestMessage" not in tenant.login(HEIDI, orchestrationDelivery=["pushNotification"]).json()
    told = tenant.login(HEIDI, orchestrationDelivery=["requestMessage"]).json()
    assert bytes.fromhex(told["requestMessage"]).decode() == told["requestID"]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"riskResponseCode": 2**31},
        {"riskResponseCode": True},
        {"riskResponseCode": 1, "sessionStatus": "accepted"},
        {"riskResponseCode": 1, "clientIP": "192.0.2"},
        {"riskResponseCode": 1, "clientIP": "192.0.2.0/33"},
        {"riskResponseCode": 1, "country": "Germany"},
        {"riskResponseCode": 1, "amount": {"comparison": "about", "value": "1"}},
        {"riskResponseCode": 1, "amount": {"comparison": "lt", "value": "NaN"}},
        {"riskResponseCode": 1, "endpoint": "register"},
    ],
)
def test_bad_rules(tenant: Tenant, heidi: Device, rule: dict[str, Any]) -> None:
    put(tenant, {"riskResponseCode": 3})
    assert tenant.http.put(PATH, json={"rules": [rule]}).status_code == 400
    assert said(tenant) == 3  # the old table stands
