"""Each contradiction in the vendor's sources (reference, section 14), and the side or sides that the sandbox takes."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sandbox.device import Device
from sandbox.tenant import ACCEPTED, Tenant, wrong
from sandbox.vendor_examples import CDDC, OTHER_CDDC, RISK_ONLY

Tenants = Callable[..., Tenant]
USER = "erin"


@pytest.fixture(scope="module")
def _activated(shared_tenant: Tenant) -> Device:
    return shared_tenant.activated(USER)


@pytest.fixture
def erin(_activated: Device, tenant: Tenant) -> Device:
    tenant.unlock(USER)
    tenant.rules(USER)
    return _activated


def code(tenant: Tenant, device: Device) -> str:
    return device.otp(tenant.clock.now())


def login(tenant: Tenant, device: Device, **changes: Any) -> httpx.Response:
    """The least that a login may have; `...` takes a field away."""
    body: dict[str, Any] = {"objectType": "AdaptiveLoginInput", "relationshipRef": USER, "sessionID": "4ED2"}
    body |= {"credentials": {"authenticator": {"OTP": code(tenant, device)}}} | changes
    return tenant.post_login(USER, {name: value for name, value in body.items() if value is not ...})


def test_mandatory_login_fields(tenant: Tenant, erin: Device) -> None:
    """objectType, relationshipRef and sessionID; not what the seed's table stars beside them."""
    assert login(tenant, erin).json() == ACCEPTED
    for name in ("objectType", "relationshipRef", "sessionID"):
        assert login(tenant, erin, **{name: ...}).status_code == 400
    assert login(tenant, erin, credentials=...).json()["sessionStatus"] == "pending"
    assert login(tenant, erin, staticPassword="Test1234").json() == ACCEPTED


def test_cddc_type(tenant: Tenant, erin: Device) -> None:
    """An object, as in the seed's sample; a text, as in its table, is refused."""
    assert login(tenant, erin, cddc=CDDC).json() == ACCEPTED
    assert login(tenant, erin, cddc="browserCDDC").status_code == 400


def test_client_ip(tenant: Tenant, erin: Device) -> None:
    """Taken, never required."""
    assert login(tenant, erin, clientIP="192.168.0.1").json() == ACCEPTED
    assert login(tenant, erin).json() == ACCEPTED


def test_wrong_otp(make_tenant: Tenants) -> None:
    """409, or 200 with `failed`: a switch. Both count towards the lock."""
    for mode in ("http409", "status_failed"):
        tenant = make_tenant(wrong_otp_mode=mode)
        device = tenant.activated(f"user-of-{mode.replace('_', '-')}")
        name = device.user.removesuffix("@sandbox")
        for _ in range(3):
            answer = tenant.login(name, wrong(code(tenant, device)))
            if mode == "http409":
                assert tenant.is_refused(answer)
            else:
                assert (answer.status_code, answer.json()["sessionStatus"]) == (200, "failed")
        assert tenant.is_refused(tenant.login(name, code(tenant, device)), "User is locked")


def test_wrong_otp_of_events_and_transactions(make_tenant: Tenants) -> None:
    """The same switch."""
    tenant = make_tenant(wrong_otp_mode="status_failed")
    tenant.activated("frank")
    event = {"eventType": "LoginAttempt", "relationshipRef": "frank", "sessionID": "00"}
    event_answer = tenant.http.post(
        "/v1/users/frank/events/validate", json=event | {"credentials": {"authenticator": {"OTP": "0"}}}
    )
    assert event_answer.json() == {"riskResponseCode": 0, "sessionStatus": "failed"}
    signed = {"standard": {"dataFields": ["1"], "signature": "0"}}
    body = {"objectType": "TransactionValidationInput", "data": signed}
    assert tenant.http.post("/v1/users/frank/transactions/validate", json=body).json() == {"sessionStatus": "failed"}


def test_status_word(make_tenant: Tenants) -> None:
    """`failed` from a login, `failure` from sessions."""
    tenant = make_tenant(wrong_otp_mode="status_failed")
    device = tenant.activated("grace")
    request = tenant.login("grace").json()["requestID"]
    answers = [tenant.login("grace", wrong(code(tenant, device))).json() for _ in range(3)]
    assert {answer["sessionStatus"] for answer in answers} == {"failed"}
    assert tenant.session_status(request) == "failure"


@pytest.mark.parametrize("risk", [14, 25])
def test_fido_code(tenant: Tenant, erin: Device, risk: int) -> None:
    """The vendor's number and FR's: both can be said, neither can be answered here."""
    tenant.rules(USER, {"riskResponseCode": risk})
    told = tenant.login(USER).json()
    assert (told["riskResponseCode"], told["sessionStatus"]) == (risk, "pending")
    fido = {"fidoAuthenticator": {"authenticationResponse": "x"}}
    answer = tenant.login(USER, credentials=fido, requestID=told["requestID"])
    assert tenant.is_refused(answer, "Registration ceremony was not started")


def test_hash_versus_raw(tenant: Tenant, make_tenant: Tenants, erin: Device) -> None:
    """A hash that does not fit is taken, as by the live service; a strict sandbox refuses it."""
    assert login(tenant, erin, cddc=OTHER_CDDC).json() == ACCEPTED
    strict = make_tenant(strict_fingerprint=True)
    device = strict.activated(USER)
    assert login(strict, device, cddc=OTHER_CDDC).status_code == 400
    assert login(strict, device, cddc=CDDC).json() == ACCEPTED


@pytest.mark.parametrize("path", [f"{USER}@sandbox", f"{USER}%40sandbox"])
def test_path_user(tenant: Tenant, erin: Device, path: str) -> None:
    """A literal @ and an encoded one."""
    body = RISK_ONLY | {"credentials": {"authenticator": {"OTP": code(tenant, erin)}}}
    assert tenant.http.post(f"/v1/users/{path}/login", json=body).json() == ACCEPTED


def test_render(tenant: Tenant) -> None:
    """GET; POST is documented too and not served."""
    query = {"format": "QR", "message": "30323b"}
    assert tenant.http.get("/v1/visualcodes/render", params=query).headers["content-type"] == "image/png"
    posted = tenant.http.post("/v1/visualcodes/render", params=query)
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET")
    assert tenant.http.get("/v1/visualcodes/render", params=query | {"format": "CRONTO"}).status_code == 400


def test_otp_life(tenant: Tenant, erin: Device) -> None:
    """Thirty seconds, with a neighbour on each side for the clocks; not thirty-six."""
    tenant.clock.wall += -tenant.clock.wall % 30
    old = code(tenant, erin)
    tenant.clock.move(59)
    assert tenant.login(USER, old).json() == ACCEPTED
    old = code(tenant, erin)
    tenant.clock.move(60)
    assert tenant.is_refused(tenant.login(USER, old))


def test_unknown_user(tenant: Tenant, erin: Device) -> None:
    """404 from a login, 200 and `unknown` from check-status."""
    body = {"login": "nobody-here", "timeoutSeconds": 0}
    answer = tenant.http.post("/v1/registrations/check-status", json=body)
    assert (answer.status_code, answer.json()) == (200, {"activationStatus": "unknown"})
    assert tenant.login("nobody-here").status_code == 404


@pytest.mark.parametrize("zero", [0, "0"])
@pytest.mark.parametrize("length", [6, "6"])
@pytest.mark.parametrize("check_digit", [False, "false"])
def test_numbers(tenant: Tenant, erin: Device, zero: Any, length: Any, check_digit: Any) -> None:
    """As numbers and as texts, in every place."""
    assert login(tenant, erin, timeout=zero).json() == ACCEPTED
    status = {"login": USER, "timeoutSeconds": zero}
    assert tenant.http.post("/v1/registrations/check-status", json=status).json() == {"activationStatus": "activated"}
    wanted = {"length": length, "checkDigit": check_digit}
    made = tenant.http.post(f"/v1/users/{USER}/generate-challenge", json=wanted).json()
    assert set(made) == {"challenge", "requestID"}
    assert len(made["challenge"]) == 6
