"""The conformance examples of the reference (section 13), sent as they stand; numbered as there."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox.device import Device
from sandbox.tenant import ACCEPTED, Tenant
from sandbox.vendor_examples import (
    CHECK_STATUS,
    EVENT,
    FR_SESSION,
    LOGIN,
    OFFLINE_SIGNING,
    OTHER_RAW,
    PUSH,
    REGISTER,
    REGISTER_EX,
    RISK_ONLY,
    SEED_HASH,
    SEED_RAW,
    TRANSACTION,
)

Tenants = Callable[..., Tenant]
USER = "tyler4"


@pytest.fixture(scope="module")
def _activated(shared_tenant: Tenant) -> Device:
    return shared_tenant.activated(USER)


@pytest.fixture
def tyler(_activated: Device, tenant: Tenant) -> Device:
    tenant.unlock(USER)
    tenant.rules(USER)
    return _activated


def post(tenant: Tenant, path: str, body: dict[str, Any]) -> httpx.Response:
    return tenant.http.post(f"/v1/{path}", json=body)


def with_otp(body: dict[str, Any], otp: str) -> dict[str, Any]:
    return body | {"credentials": {"authenticator": {"OTP": otp}}}


def test_1_and_2_the_seeds_login(make_tenant: Tenants, tmp_path: Path) -> None:
    """Verbatim, OTP and all: the tenant has a key whose first code after the activation's is 714346."""
    tenant = make_tenant(digits=6)
    tenant.activated("iaa_user")
    key = hashlib.sha256((1_755_229).to_bytes(4, "big")).digest()
    with closing(sqlite3.connect(tmp_path / "sandbox" / "sandbox.sqlite3")) as db, db:
        db.execute("UPDATE credentials SET key = ?, counter = 1 WHERE protection = 'NO_PIN'", (key,))
    answer = post(tenant, "users/iaa_user@sandbox/login", LOGIN)
    assert (answer.status_code, answer.text) == (200, '{"riskResponseCode":0,"sessionStatus":"accepted"}')
    assert tenant.is_refused(post(tenant, "users/iaa_user@sandbox/login", LOGIN))


def test_3_the_hashes() -> None:
    assert len(SEED_RAW) == len(OTHER_RAW) == 612
    assert hashlib.sha256(SEED_RAW.encode()).hexdigest() == SEED_HASH
    other = "8390a928309575d03ff0337887a7e5fd5a5b90a9fdf927a1283d84a98244dc8f"
    assert hashlib.sha256(OTHER_RAW.encode()).hexdigest() == other


def test_3_a_strict_tenant_tells_them_apart(make_tenant: Tenants) -> None:
    tenant = make_tenant(strict_fingerprint=True)
    assert post(tenant, "users/register", REGISTER).is_success
    assert post(tenant, "users/register", REGISTER_EX).status_code == 400


def test_4_register_without_risk(tenant: Tenant) -> None:
    answer = post(tenant, "users/register", REGISTER_EX)
    assert answer.status_code == 200
    assert set(answer.json()) == {"activationPassword", "serialNumber"}


def test_5_and_6_register_with_risk(tenant: Tenant) -> None:
    answer = post(tenant, "users/register", REGISTER).json()
    assert set(answer) == {"activationPassword", "riskResponseCode", "serialNumber"}
    assert answer["riskResponseCode"] == 0
    assert len(answer["activationPassword"]) == 8
    assert answer["activationPassword"].isalnum()
    assert answer["serialNumber"].startswith("VDS")
    assert len(answer["serialNumber"]) == 10
    offline = post(tenant, "users/register", REGISTER | {"activationType": "offlineMDL"}).json()
    assert set(offline) == {"activationPassword", "riskResponseCode", "serialNumber", "registrationID"}


def test_7_the_activation_text_has_what_register_answers(tenant: Tenant) -> None:
    """02;user;profile;domain;password;tenant, as hexadecimal UTF-8; a picture of it can be had."""
    password = post(tenant, "users/register", REGISTER | {"userID": "user11021"}).json()["activationPassword"]
    message = f"02;user11021;111;sandbox;{password};sandbox".encode().hex()
    picture = tenant.http.get("/v1/visualcodes/render", params={"format": "QR", "message": message})
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


def test_8_a_session_id_is_a_uuid_in_hexadecimal(tenant: Tenant, tyler: Device) -> None:
    assert bytes.fromhex(FR_SESSION).decode() == "8f238505-b9f8-4614-97b9-78304c29b086"
    assert tenant.login(USER, tyler.otp(tenant.clock.now()), FR_SESSION).json() == ACCEPTED


def test_9_check_status_of_nobody(tenant: Tenant) -> None:
    answer = post(tenant, "registrations/check-status", CHECK_STATUS)
    assert (answer.status_code, answer.json()) == (200, {"activationStatus": "unknown"})


def test_10_add_device(tenant: Tenant, user: str) -> None:
    device = tenant.device(user)
    path = f"registrations/{device.registration_id}/add-device"
    answer = post(tenant, path, {"deviceCode": device.device_code})
    assert answer.status_code == 200
    assert set(answer.json()) == {
        "activationMessage2",
        "activationType",
        "deviceStatus",
        "deviceType",
        "domain",
        "registrationID",
        "serialNumber",
        "userID",
    }
    assert all(isinstance(value, str) for value in answer.json().values())
    assert answer.json()["activationType"] == "offlineMDL"


def test_11_activate(tenant: Tenant, user: str) -> None:
    device = tenant.device(user)
    tenant.open(device)
    body = {"signature": device.otp(tenant.clock.now(), "PIN")}
    assert post(tenant, f"registrations/{device.registration_id}/activate", body).is_success


def test_12_risk_only_and_asynchronous(tenant: Tenant, tyler: Device) -> None:
    tenant.rules(USER, {"riskResponseCode": 21})
    answer = post(tenant, f"users/{USER}@sandbox/login", RISK_ONLY)
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"riskResponseCode", "sessionStatus", "requestID", "requestMessage"}
    assert (told["riskResponseCode"], told["sessionStatus"]) == (21, "pending")
    assert bytes.fromhex(told["requestMessage"])


@pytest.mark.parametrize("named", [True, False])
def test_13_the_second_call(tenant: Tenant, tyler: Device, named: bool) -> None:
    """With the requestID and without: the sessionID alone does."""
    tenant.rules(USER, {"riskResponseCode": 5})
    first = post(tenant, f"users/{USER}@sandbox/login", RISK_ONLY).json()
    assert (first["riskResponseCode"], first["sessionStatus"]) == (5, "pending")
    second = with_otp(RISK_ONLY, tyler.otp(tenant.clock.now(), "PIN"))
    if named:
        second |= {"requestID": first["requestID"]}
    assert post(tenant, f"users/{USER}@sandbox/login", second).json() == ACCEPTED
    assert tenant.session_status(first["requestID"]) == "accepted"


def test_14_push_without_risk(tenant: Tenant, tyler: Device) -> None:
    answer = post(tenant, f"users/{USER}%40sandbox/login", PUSH)
    assert set(answer.json()) == {"requestID", "sessionStatus", "requestMessage"}
    assert answer.json()["sessionStatus"] == "pending"


@pytest.mark.parametrize("decision", ["accepted", "refused", "failed"])
def test_15_polling(tenant: Tenant, tyler: Device, decision: str) -> None:
    request = post(tenant, f"users/{USER}@sandbox/login", PUSH).json()["requestID"]
    assert tenant.http.get(f"/v1/sessions/{request}").json() == {"sessionStatus": "pending"}
    body = {"sessionStatus": decision}
    assert tenant.http.put(f"/softtoken/v1/sessions/{request}", json=body).is_success
    assert tenant.http.get(f"/v1/sessions/{request}").json() == {"sessionStatus": decision}


def test_16_conflicts(tenant: Tenant, tyler: Device) -> None:
    def refused(body: dict[str, Any]) -> Any:
        answer = post(tenant, f"users/{USER}@sandbox/login", body)
        assert answer.status_code == 409
        assert answer.headers["log-correlation-id"]
        assert answer.json()["error"] == "Conflict"
        return answer.json()["message"]

    wrong = with_otp(RISK_ONLY, "0")
    assert refused(RISK_ONLY | {"requestID": "0"}) == "Invalid Request ID"
    fido = {"credentials": {"fidoAuthenticator": {"authenticationResponse": "x"}}}
    assert refused(RISK_ONLY | fido) == "Registration ceremony was not started"
    assert [refused(wrong) for _ in range(4)] == ["Authentication failed"] * 3 + ["User is locked"]
    assert tenant.http.post(f"/softtoken/v1/users/{USER}/disable").is_success
    assert refused(wrong) == "User is disabled"
    assert tenant.http.post(f"/softtoken/v1/users/{USER}/enable").is_success
    assert refused(wrong) == "User is locked"


def test_17_an_event(tenant: Tenant, tyler: Device) -> None:
    answer = post(tenant, f"users/{USER}@sandbox/events/validate", EVENT)
    told = answer.json()
    assert (told["riskResponseCode"], told["sessionStatus"]) == (5, "pending")
    second = with_otp(EVENT, tyler.otp(tenant.clock.now()))
    assert post(tenant, f"users/{USER}@sandbox/events/validate", second).json() == ACCEPTED


def test_18_a_transaction(tenant: Tenant, tyler: Device) -> None:
    answer = post(tenant, f"users/{USER}@sandbox/transactions/validate", TRANSACTION)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["riskResponseCode"] > 1, told["sessionStatus"]) == (True, "pending")
    signed = {"standard": {"dataFields": ["66.66", "CAD"], "signature": tyler.signature(["66.66", "CAD"], "PIN")}}
    second = post(tenant, f"users/{USER}@sandbox/transactions/validate", TRANSACTION | {"data": signed})
    assert second.json() == ACCEPTED
    assert tenant.session_status(told["requestID"]) == "accepted"


def test_19_offline_signing(tenant: Tenant, tyler: Device) -> None:
    """As it stands its signature is wrong; with the device's own it is right, once."""
    path = f"users/{USER}@sandbox/transactions/validate"
    assert tenant.is_refused(post(tenant, path, OFFLINE_SIGNING))
    fields = OFFLINE_SIGNING["data"]["standard"]["dataFields"]
    signed = {"data": {"standard": {"dataFields": fields, "signature": tyler.signature(fields)}}}
    assert post(tenant, path, OFFLINE_SIGNING | signed).json() == {"sessionStatus": "accepted"}
    assert tenant.is_refused(post(tenant, path, OFFLINE_SIGNING | signed))


def test_20_commands_and_authenticators(tenant: Tenant) -> None:
    """The commands are the vendor's own and closed: nobody is there. Authenticators are listed and taken away."""
    for version in ("orchestration-commands", "orchestration-commands-v2"):
        assert post(tenant, version, {"command": "00"}).status_code == 404
    device = tenant.activated("arthur116")
    total = tenant.http.get("/v1/authenticators?serialNumber=%2A&assigned=true&offset=0&limit=20").json()["total"]
    assert total >= 1
    # other tests have made devices, too
    pages = (
        tenant.http.get(f"/v1/authenticators?serialNumber=%2A&assigned=true&offset={offset}&limit=20").json()
        for offset in range(0, total, 20)
    )
    listed = [entry for page in pages for entry in page["authenticators"]]
    assert len(listed) == total
    own = next(entry for entry in listed if entry["serialNumber"] == device.serial)
    assert own["authenticatorType"] == "DAL10"
    assert {entry["type"] for entry in own["applications"]} == {"RO"}
    assert tenant.http.post(f"/v1/authenticators/{device.serial}/unassign").is_success
    assert tenant.http.get("/v1/users/arthur116").json() == {"authenticators": []}
    free = tenant.http.get(f"/v1/authenticators?serialNumber={device.serial}&assigned=false").json()
    assert free["total"] == 1
    assert tenant.http.post(f"/v1/authenticators/{device.serial}-1/unassign").status_code == 404
