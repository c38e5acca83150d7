"""Logging in with one-time passwords: every rule of verification and of the lock, as a caller of the API sees it."""

import hashlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sandbox.device import BIOMETRIC, DIGEST, NO_PIN, PIN, Device
from sandbox.tenant import ACCEPTED, SESSION, ManualClock, Tenant, wrong

from softtoken.sandbox import login as logins
from softtoken.sandbox.passwords import is_password

Tenants = Callable[..., Tenant]
ALICE = "Alice O'Neil/1"


@pytest.fixture(scope="module")
def _activated(shared_tenant: Tenant) -> Device:
    return shared_tenant.activated(ALICE, NO_PIN | PIN | BIOMETRIC)


@pytest.fixture
def alice(_activated: Device, tenant: Tenant) -> Device:
    """One device for all tests of this module; its user is not locked and has no rules."""
    tenant.unlock(ALICE)
    tenant.rules(ALICE)
    return _activated


def lock(tenant: Tenant, device: Device) -> None:
    for _ in range(3):
        assert tenant.is_refused(tenant.login(ALICE, wrong(device.otp(tenant.clock.now()))))


def test_a_right_code(tenant: Tenant, alice: Device) -> None:
    answer = tenant.login(ALICE, alice.otp(tenant.clock.now()))
    assert answer.status_code == 200
    assert answer.text == '{"riskResponseCode":0,"sessionStatus":"accepted"}'
    assert answer.headers["log-correlation-id"]


def test_codes_of_each_protection_have_counters_of_their_own(tenant: Tenant, alice: Device) -> None:
    codes = [alice.otp(tenant.clock.now(), name) for name in ("BIOMETRIC", "PIN", "NO_PIN")]
    for code in codes:
        assert tenant.login(ALICE, code).json() == ACCEPTED


def test_a_wrong_code(tenant: Tenant, alice: Device) -> None:
    answer = tenant.login(ALICE, wrong(alice.otp(tenant.clock.now())))
    assert answer.status_code == 409
    assert answer.json() == {"error": "Conflict", "message": "Authentication failed"}


@pytest.mark.parametrize("typed", ["1", "12345", "1234567", "abcdef", "１２３４５６", "12 456", "-12345", "x" * 64])
def test_what_is_no_code_is_a_wrong_one(tenant: Tenant, alice: Device, typed: str) -> None:
    assert tenant.is_refused(tenant.login(ALICE, typed))


def test_wrong_codes_as_a_status(make_tenant: Tenants) -> None:
    tenant = make_tenant(wrong_otp_mode="status_failed")
    device = tenant.activated("alice")
    failed = {"riskResponseCode": 0, "sessionStatus": "failed"}
    for _ in range(3):
        answer = tenant.login("alice", wrong(device.otp(tenant.clock.now())))
        assert (answer.status_code, answer.json()) == (200, failed)
    assert tenant.is_refused(tenant.login("alice", device.otp(tenant.clock.now())), "User is locked")


def test_a_code_works_once(tenant: Tenant, alice: Device) -> None:
    code = alice.otp(tenant.clock.now())
    assert tenant.login(ALICE, code).json() == ACCEPTED
    assert tenant.is_refused(tenant.login(ALICE, code))


def test_three_wrong_codes_lock(tenant: Tenant, alice: Device) -> None:
    lock(tenant, alice)
    for protection in ("NO_PIN", "PIN"):
        assert tenant.is_refused(tenant.login(ALICE, alice.otp(tenant.clock.now(), protection)), "User is locked")
    assert tenant.is_refused(tenant.login(ALICE), "User is locked")
    tenant.unlock(ALICE)
    assert tenant.login(ALICE, alice.otp(tenant.clock.now())).json() == ACCEPTED


def test_one_lock_count_for_all_protections(tenant: Tenant, alice: Device) -> None:
    for protection in ("NO_PIN", "PIN", "BIOMETRIC"):
        code = alice.otp(tenant.clock.now(), protection)
        assert tenant.login(ALICE, code).json() == ACCEPTED
        tenant.unlock(ALICE)
    replayed = [alice.otp(tenant.clock.now(), name, counter=0) for name in ("NO_PIN", "PIN", "BIOMETRIC")]
    for code in replayed:
        assert tenant.is_refused(tenant.login(ALICE, code))
    assert tenant.is_refused(tenant.login(ALICE, alice.otp(tenant.clock.now())), "User is locked")


def test_success_starts_the_count_again(tenant: Tenant, alice: Device) -> None:
    for _ in range(3):
        for _ in range(2):
            assert tenant.is_refused(tenant.login(ALICE, wrong(alice.otp(tenant.clock.now()))))
        assert tenant.login(ALICE, alice.otp(tenant.clock.now())).json() == ACCEPTED


def test_unknown_users(tenant: Tenant) -> None:
    for answer in (
        tenant.login("nobody", "123456"),
        tenant.login("nobody"),
        tenant.http.get("/v1/users/nobody@sandbox"),
        tenant.http.post("/v1/users/nobody@sandbox/unlock"),
    ):
        assert answer.status_code == 404
        assert answer.json() == {"error": "Not Found", "message": "User not found"}


def test_a_user_without_a_device(tenant: Tenant, user: str) -> None:
    tenant.register(user)
    assert tenant.is_refused(tenant.login(user, "123456"))


@pytest.mark.parametrize(
    "path",
    [
        "alice%20o'neil%2f1@sandbox",
        "alice%20o'neil%2F1%40sandbox",
        "ALICE%20O'NEIL%2F1@SANDBOX",
        "Alice%20O%27Neil%2F1",
        "alice o'neil/1@sandbox",
    ],
)
def test_how_a_path_may_write_the_user(tenant: Tenant, alice: Device, path: str) -> None:
    body = {
        "objectType": "AdaptiveLoginInput",
        "relationshipRef": "a",
        "sessionID": "00",
        "credentials": {"authenticator": {"OTP": alice.otp(tenant.clock.now())}},
    }
    assert tenant.http.post(f"/v1/users/{path}/login", json=body).json() == ACCEPTED
    assert len(tenant.http.get(f"/v1/users/{path}").json()["authenticators"]) == 1


def test_another_domain_is_another_user(tenant: Tenant, alice: Device) -> None:
    assert tenant.http.get("/v1/users/alice%20o'neil%2f1@elsewhere").status_code == 404


def test_the_window_of_twenty(tenant: Tenant, alice: Device, clock: ManualClock) -> None:
    used = alice.credentials["NO_PIN"]["counter"]
    assert tenant.login(ALICE, alice.otp(clock.now())).json() == ACCEPTED
    expected = used + 1
    assert tenant.is_refused(tenant.login(ALICE, alice.otp(clock.now(), counter=expected + 21)))
    assert tenant.login(ALICE, alice.otp(clock.now(), counter=expected + 20)).json() == ACCEPTED
    for behind in (expected, expected + 20):
        assert tenant.is_refused(tenant.login(ALICE, alice.otp(clock.now(), counter=behind)))
    assert tenant.login(ALICE, alice.otp(clock.now(), counter=expected + 21)).json() == ACCEPTED
    alice.credentials["NO_PIN"]["counter"] = expected + 22


def test_this_step_and_its_neighbours(tenant: Tenant, alice: Device, clock: ManualClock) -> None:
    clock.wall += -clock.wall % 30
    for off in (-30, -1, 0, 29, 30, 59):
        assert tenant.login(ALICE, alice.otp(clock.now() + off)).json() == ACCEPTED, off
    for off in (-31, 60):
        assert tenant.is_refused(tenant.login(ALICE, alice.otp(clock.now() + off))), off


def test_a_code_lives_thirty_seconds_at_least(tenant: Tenant, alice: Device, clock: ManualClock) -> None:
    clock.wall += 29 - clock.wall % 30
    code = alice.otp(clock.now())
    clock.move(30)
    assert tenant.login(ALICE, code).json() == ACCEPTED


def test_the_latest_three_releases(make_tenant: Tenants) -> None:
    digests = [hashlib.sha512(bytes([number])).digest() for number in range(5)]
    tenant = make_tenant(app_digests=(DIGEST,))
    device = tenant.activated("alice")
    clock = tenant.clock
    tenant = make_tenant(app_digests=tuple(digests[:4]), clock=clock)
    for old in (DIGEST, digests[0]):
        assert tenant.is_refused(tenant.login("alice", device.otp(clock.now(), digest=old)))
    for known in digests[1:4]:
        assert tenant.login("alice", device.otp(clock.now(), digest=known)).json() == ACCEPTED
    # a later start adds its own; the ones of earlier starts stay known
    tenant = make_tenant(app_digests=(digests[4],), clock=clock)
    assert tenant.is_refused(tenant.login("alice", device.otp(clock.now(), digest=digests[1])))
    for known in digests[2:]:
        assert tenant.login("alice", device.otp(clock.now(), digest=known)).json() == ACCEPTED
    # one that comes back is the latest again
    tenant = make_tenant(app_digests=(digests[1],), clock=clock)
    assert tenant.login("alice", device.otp(clock.now(), digest=digests[1])).json() == ACCEPTED
    assert tenant.is_refused(tenant.login("alice", device.otp(clock.now(), digest=digests[2])))


def test_without_the_digest_check_every_verification_fails(make_tenant: Tenants) -> None:
    checking = make_tenant()
    device = checking.activated("alice")
    tenant = make_tenant(digest_check=False, clock=checking.clock)
    code = device.otp(tenant.clock.now())
    assert tenant.is_refused(tenant.login("alice", code))
    fresh = tenant.device("bob")
    tenant.open(fresh)
    assert tenant.is_refused(tenant.activate(fresh.registration_id, fresh.otp(tenant.clock.now(), "PIN")))
    assert checking.login("alice", code).json() == ACCEPTED


def test_state_survives_a_restart(make_tenant: Tenants) -> None:
    first = make_tenant()
    device = first.activated("alice")
    code = device.otp(first.clock.now())
    assert first.login("alice", code).json() == ACCEPTED
    for _ in range(2):
        assert first.is_refused(first.login("alice", code))
    second = make_tenant(clock=first.clock)
    assert second.is_refused(second.login("alice", code))
    assert second.is_refused(second.login("alice", device.otp(second.clock.now())), "User is locked")
    second.unlock("alice")
    assert second.login("alice", device.otp(second.clock.now())).json() == ACCEPTED


def in_threads(calls: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """All at the same moment."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], httpx.Response]) -> httpx.Response:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_one_code_twenty_times_at_once(tenant: Tenant, alice: Device) -> None:
    code = alice.otp(tenant.clock.now())
    answers = in_threads([lambda: tenant.login(ALICE, code)] * 20)
    accepted = [answer for answer in answers if answer.status_code == 200]
    assert [answer.json() for answer in accepted] == [ACCEPTED]
    refused = sorted(answer.json()["message"] for answer in answers if answer.status_code != 200)
    assert refused == ["Authentication failed"] * 3 + ["User is locked"] * 16


def test_different_users_at_once(make_tenant: Tenants) -> None:
    tenant = make_tenant()
    devices = {name: tenant.activated(name, NO_PIN) for name in ("alice", "bob", "carol")}
    now = tenant.clock.now()
    calls = [(name, device.otp(now, counter=count)) for name, device in devices.items() for count in range(1, 5)]
    answers = in_threads([lambda name=name, code=code: tenant.login(name, code) for name, code in calls])  # type: ignore[misc]
    for (name, code), answer in zip(calls, answers, strict=True):
        # of one user's codes a later one may come first; none of them is accepted twice
        assert answer.status_code in {200, 409}
        assert tenant.login(name, code).status_code == 409
    for name in devices:
        assert any(answer.is_success for (owner, _), answer in zip(calls, answers, strict=True) if owner == name)


def fields(**changes: Any) -> dict[str, Any]:
    body = {"objectType": "AdaptiveLoginInput", "relationshipRef": "iaa_user", "sessionID": SESSION} | changes
    return {name: value for name, value in body.items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sessionID": "xyz"}, "sessionID"),
        ({"sessionID": "4"}, "sessionID"),
        ({"sessionID": "a" * 101}, "sessionID"),
        ({"sessionID": "ab\n"}, "sessionID"),
        ({"sessionID": ...}, "sessionID"),
        ({"relationshipRef": ...}, "relationshipRef"),
        ({"relationshipRef": ""}, "relationshipRef"),
        ({"relationshipRef": "r" * 151}, "relationshipRef"),
        ({"objectType": ...}, "objectType"),
        ({"objectType": "AdaptiveRegisterUserInput"}, "objectType"),
        ({"staticPassword": "seven77"}, "staticPassword"),
        ({"timeout": "soon"}, "timeout"),
        ({"orchestrationDelivery": ["pigeon"]}, "orchestrationDelivery"),
        ({"credentials": {}}, "credentials"),
        ({"credentials": {"authenticator": {}}}, "OTP"),
        ({"credentials": {"authenticator": {"OTP": ""}}}, "OTP"),
        ({"credentials": {"authenticator": {"OTP": 714346}}}, "OTP"),
        ({"credentials": {"authenticator": {"OTP": "1"}, "passKey": "Test1234"}}, "credentials"),
        ({"cddc": "browserCDDC"}, "cddc"),
        ({"cddc": {}}, "cddc"),
        ({"cddc": {"browserCDDC": {"fingerprintRaw": "x"}}}, "fingerprintHash"),
        (
            {"cddc": {"browserCDDC": {"fingerprintRaw": "", "fingerprintHash": ""}, "mobileCDDC": {}}},
            "cddc",
        ),
    ],
)
def test_bad_input(tenant: Tenant, alice: Device, changes: dict[str, Any], named: str) -> None:
    answer = tenant.post_login(ALICE, fields(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"
    assert any(named in fault["message"] for fault in answer.json()["validationErrors"])


@pytest.mark.parametrize("session", ["ab", "AB", "4ed23ea44f23", "a" * 100])
def test_good_session_ids(tenant: Tenant, alice: Device, session: str) -> None:
    assert tenant.login(ALICE, alice.otp(tenant.clock.now()), session).json() == ACCEPTED


def test_the_seeds_own_request(tenant: Tenant, alice: Device) -> None:
    """Verbatim but for the OTP, with the matching hash, another hash, a mobile's data, and nothing."""
    raw = '{browser:{"userAgent":Mozilla/5.0},support:{"ajax":true,"boxModel":undefined}}'
    right = hashlib.sha256(raw.encode()).hexdigest()
    for cddc in (
        {"browserCDDC": {"fingerprintRaw": raw, "fingerprintHash": right}},
        {"browserCDDC": {"fingerprintRaw": raw, "fingerprintHash": "0" * 64}},
        {"mobileCDDC": {"anything": [1]}},
    ):
        assert tenant.login(ALICE, alice.otp(tenant.clock.now()), cddc=cddc).json() == ACCEPTED
    assert tenant.login(ALICE, alice.otp(tenant.clock.now()), timeout="0").json() == ACCEPTED


def test_a_strict_sandbox_checks_the_fingerprint(make_tenant: Tenants) -> None:
    tenant = make_tenant(strict_fingerprint=True)
    device = tenant.activated("alice", NO_PIN)
    raw = "one\r\ntwo é"
    right = hashlib.sha256("one\ntwo é".encode()).hexdigest()
    for given in ("0" * 64, right.upper(), hashlib.sha256(raw.encode()).hexdigest()):
        cddc = {"browserCDDC": {"fingerprintRaw": raw, "fingerprintHash": given}}
        refused = tenant.login("alice", device.otp(tenant.clock.now()), cddc=cddc)
        assert refused.status_code == 400
    half = json.dumps(fields(cddc={"browserCDDC": {"fingerprintRaw": "\ud800", "fingerprintHash": right}}))
    headers = {"Content-Type": "application/json"}
    assert tenant.http.post("/v1/users/alice/login", content=half, headers=headers).status_code == 400
    cddc = {"browserCDDC": {"fingerprintRaw": raw, "fingerprintHash": right}}
    assert tenant.login("alice", device.otp(tenant.clock.now()), cddc=cddc).json() == ACCEPTED


def test_risk_first_and_the_code_second(tenant: Tenant, alice: Device) -> None:
    first = tenant.login(ALICE, session="AB01")
    assert first.status_code == 200
    answer = first.json()
    assert set(answer) == {"riskResponseCode", "sessionStatus", "requestID"}
    assert (answer["riskResponseCode"], answer["sessionStatus"]) == (5, "pending")
    assert tenant.session_status(answer["requestID"]) == "pending"
    assert tenant.login(ALICE, session="ab01").json() == answer  # asked again: the same request
    assert tenant.is_refused(tenant.login(ALICE, wrong(alice.otp(tenant.clock.now())), "ab01"))
    assert tenant.session_status(answer["requestID"]) == "pending"
    assert tenant.login(ALICE, alice.otp(tenant.clock.now()), "ab01").json() == ACCEPTED
    assert tenant.session_status(answer["requestID"]) == "accepted"


def test_the_second_call_may_name_the_request(tenant: Tenant, alice: Device, clock: ManualClock) -> None:
    request = tenant.login(ALICE).json()["requestID"]
    assert tenant.login(ALICE, alice.otp(clock.now()), "0001", requestID=request).json() == ACCEPTED
    again = tenant.login(ALICE, alice.otp(clock.now()), requestID=request)
    assert tenant.is_refused(again, "Invalid Request ID")
    assert tenant.is_refused(tenant.login(ALICE, requestID="0"), "Invalid Request ID")


def test_a_request_is_its_users_own(tenant: Tenant, alice: Device, user: str) -> None:
    request = tenant.login(ALICE).json()["requestID"]
    tenant.register(user)
    assert tenant.is_refused(tenant.login(user, "123456", requestID=request), "Invalid Request ID")


def test_a_request_lives_a_minute(tenant: Tenant, alice: Device, clock: ManualClock) -> None:
    request = tenant.login(ALICE).json()["requestID"]
    clock.move(59)
    assert tenant.session_status(request) == "pending"
    clock.move(1)
    assert tenant.session_status(request) == "timeout"
    late = tenant.login(ALICE, alice.otp(clock.now()), requestID=request)
    assert tenant.is_refused(late, "Invalid Request ID")
    assert tenant.login(ALICE, alice.otp(clock.now())).json() == ACCEPTED  # a first call again


def test_a_lock_ends_what_is_pending(tenant: Tenant, alice: Device) -> None:
    request = tenant.login(ALICE).json()["requestID"]
    lock(tenant, alice)
    assert tenant.session_status(request) == "failure"


def test_a_session_that_nobody_opened(tenant: Tenant) -> None:
    assert tenant.session_status("0123456789abcdef") == "unknown"


def test_the_other_object_type_has_no_risk(tenant: Tenant, alice: Device) -> None:
    otp = {"authenticator": {"OTP": alice.otp(tenant.clock.now())}}
    tenant.rules(ALICE, {"riskResponseCode": 1})
    accepted = tenant.post_login(ALICE, {"objectType": "LoginInput", "credentials": otp})
    assert accepted.json() == {"sessionStatus": "accepted"}
    assert tenant.is_refused(tenant.post_login(ALICE, {"objectType": "LoginInput", "credentials": otp}))
    push = tenant.post_login(
        ALICE,
        {
            "objectType": "LoginInput",
            "credentials": {"passKey": "Fingerprint"},
            "loginMessage": {"title": {"text": "Login request"}, "subject": "Tap here", "challenge": "You?"},
            "orchestrationDelivery": ["pushNotification", "requestMessage"],
        },
    )
    assert set(push.json()) == {"sessionStatus", "requestID", "requestMessage"}
    assert push.json()["sessionStatus"] == "pending"


def test_static_passwords(tenant: Tenant, user: str) -> None:
    tenant.register(user, staticPassword="Test1234", activationType="onlineMDL")
    tenant.register(user, activationType="onlineMDL")  # without one: the old one stays
    assert tenant.login(user, credentials={"passKey": "Test1234"}).json() == ACCEPTED
    assert tenant.is_refused(tenant.login(user, credentials={"passKey": "test1234"}))
    tenant.rules(user, {"riskResponseCode": 2})
    assert tenant.login(user).json()["riskResponseCode"] == 2
    assert tenant.login(user, credentials={"passKey": "Test1234"}).json() == ACCEPTED


def test_no_password_of_a_barred_user_is_computed(tenant: Tenant, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id costs a core and 64 MiB, and three wrong passwords are all that an outsider gets."""
    tried: list[str] = []

    def fits(password: str, kept: str | None) -> bool:
        tried.append(password)
        return is_password(password, kept)

    monkeypatch.setattr(logins, "is_password", fits)
    tenant.register(user, staticPassword="Test1234")

    def login(password: str) -> httpx.Response:
        return tenant.login(user, credentials={"passKey": password})

    for number in range(3):
        assert tenant.is_refused(login(f"Wrong{number}"))
    for password in ("Wrong3", "Test1234"):
        assert tenant.is_refused(login(password), "User is locked")
    tenant.unlock(user)
    assert tenant.http.post(f"/softtoken/v1/users/{user}/disable").is_success
    assert tenant.is_refused(login("Test1234"), "User is disabled")
    assert tried == ["Wrong0", "Wrong1", "Wrong2"]
    assert tenant.http.post(f"/softtoken/v1/users/{user}/enable").is_success
    assert login("Test1234").json() == ACCEPTED


def test_no_static_password_is_never_right(tenant: Tenant, alice: Device) -> None:
    assert tenant.is_refused(tenant.login(ALICE, credentials={"passKey": "Test1234"}))


def test_fido_is_refused_and_not_counted(tenant: Tenant, alice: Device) -> None:
    fido = {"fidoAuthenticator": {"authenticationResponse": "x"}}
    for _ in range(4):
        answer = tenant.login(ALICE, credentials=fido)
        assert tenant.is_refused(answer, "Registration ceremony was not started")
    assert tenant.login(ALICE, alice.otp(tenant.clock.now())).json() == ACCEPTED


def test_one_step_challenge_response(tenant: Tenant, alice: Device) -> None:
    code = alice.otp(tenant.clock.now(), data="1234567")
    plain = {"authenticator": {"OTP": code}}
    assert tenant.is_refused(tenant.login(ALICE, credentials=plain))
    covered = {"authenticator": {"OTP": code, "challenge": "1234567"}}
    assert tenant.login(ALICE, credentials=covered).json() == ACCEPTED
