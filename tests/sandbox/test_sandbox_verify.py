"""verify: what a relying party is told about one-time passwords, secure sequences and signatures."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from sandbox.device import Device, b64
from sandbox.tenant import ACCEPTED, ManualClock, Tenant, wrong

from softtoken.engine.atc import AtcPolicy

Tenants = Callable[..., Tenant]
Make = Callable[[Device, int, int], dict[str, Any]]


def an_otp(device: Device, at: int, counter: int) -> dict[str, Any]:
    return {"OTP": device.otp(at, counter=counter)}


def an_otp_over_data(device: Device, at: int, counter: int) -> dict[str, Any]:
    data = base64.b64encode(b"pay 5?>").decode()
    return {"OTP": device.otp(at, counter=counter, data="pay 5?>"), "optionalData": data}


def a_sequence(device: Device, at: int, counter: int) -> dict[str, Any]:
    return {"secureSequence": b64(device.sequence(counter=counter))}


def a_sequence_over_data(device: Device, at: int, counter: int) -> dict[str, Any]:
    return {"secureSequence": b64(device.sequence(b"", counter=counter)), "optionalData": ""}


def a_signature(device: Device, at: int, counter: int) -> dict[str, Any]:
    fields = ["DE89370400440532013000", "66.66", "", "Grüße"]
    return {"signature": device.signature(fields, counter=counter), "dataFields": fields}


KINDS = (an_otp, an_otp_over_data, a_sequence, a_sequence_over_data, a_signature)
every_kind = pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)


@pytest.fixture
def device(tenant: Tenant, user: str) -> Device:
    return tenant.activated(user)


def said(result: str, tries: int = 3, atc: int | None = None, protection: str | None = "NO_PIN") -> dict[str, Any]:
    return {
        "result": result,
        "remainingTries": tries,
        "atc": atc,
        "protection": protection if atc is not None else None,
    }


def verify(tenant: Tenant, user: str, body: dict[str, Any]) -> Any:
    answer = tenant.own(user, "verify", **body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@every_kind
def test_right_once(tenant: Tenant, clock: ManualClock, user: str, device: Device, make: Make) -> None:
    claim = make(device, clock.now(), 4)
    assert verify(tenant, user, claim) == said("OK", atc=4)
    assert verify(tenant, user, claim) == said("REPLAY", 2, 4)
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), counter=4)))
    assert tenant.login(user, device.otp(clock.now(), counter=5)).json() == ACCEPTED
    assert verify(tenant, user, make(device, clock.now(), 6)) == said("OK", atc=6)


@every_kind
def test_the_windows(tenant: Tenant, clock: ManualClock, user: str, device: Device, make: Make) -> None:
    def result(counter: int) -> tuple[str, int | None]:
        tenant.unlock(user)
        answer = verify(tenant, user, make(device, clock.now(), counter))
        return answer["result"], answer["atc"]

    assert result(1001) == ("WRONG_OTP", None)
    assert result(1000) == ("ATC_VARIANCE_EXCEEDED", 1000)
    assert result(21) == ("ATC_VARIANCE_EXCEEDED", 21)
    assert result(20) == ("OK", 20)
    assert result(40) == ("OK", 40)
    assert result(40) == ("REPLAY", 40)
    assert result(21) == ("REPLAY", 21)  # never used, but passed
    assert result(20) == ("WRONG_OTP", None)  # more than twenty behind
    assert result(41) == ("OK", 41)


@every_kind
def test_everything_that_is_not_right_counts(
    tenant: Tenant, clock: ManualClock, user: str, device: Device, make: Make
) -> None:
    assert verify(tenant, user, make(device, clock.now(), 3))["result"] == "OK"
    assert verify(tenant, user, make(device, clock.now(), 3)) == said("REPLAY", 2, 3)
    assert verify(tenant, user, make(device, clock.now(), 100)) == said("ATC_VARIANCE_EXCEEDED", 1, 100)
    assert verify(tenant, user, {"OTP": "x"}) == said("WRONG_OTP", 0)
    for _ in range(2):
        assert verify(tenant, user, make(device, clock.now(), 4)) == said("LOCKED_USER", 0)
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), counter=4)), "User is locked")
    tenant.unlock(user)
    assert verify(tenant, user, make(device, clock.now(), 4)) == said("OK", atc=4)


def test_what_is_right_starts_the_count_again(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    for _ in range(2):
        assert tenant.is_refused(tenant.login(user, wrong(device.otp(clock.now(), counter=1))))
    assert verify(tenant, user, an_otp(device, clock.now(), 1)) == said("OK", 3, 1)


def test_the_protection_is_told(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    assert verify(tenant, user, {"OTP": device.otp(clock.now(), "PIN")}) == said("OK", atc=1, protection="PIN")
    sequence = {"secureSequence": b64(device.sequence(protection="PIN"))}
    assert verify(tenant, user, sequence) == said("OK", atc=2, protection="PIN")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda device, now: {"OTP": device.otp(now, counter=1), "optionalData": ""},
        lambda device, now: {"OTP": device.otp(now, counter=1, data="")},
        lambda device, now: {"OTP": device.otp(now, counter=1, data="a"), "optionalData": "Yg=="},
        lambda device, now: {"OTP": device.otp(now - 61, counter=1)},
        lambda device, now: {"OTP": device.resync(counter=1)},
        lambda device, now: {"OTP": device.signature(["a"], counter=1)},
        lambda device, now: {"OTP": "１２３４５６７８"},
        lambda device, now: {"secureSequence": b64(device.sequence(counter=1)), "optionalData": ""},
        lambda device, now: {"secureSequence": b64(b"\x02" + device.sequence(counter=1)[1:])},
        lambda device, now: {"secureSequence": b64(b"\x01\x00\x02" + device.sequence(counter=1)[3:])},
        lambda device, now: {"secureSequence": b64(device.sequence(counter=1)[:-1] + b"\x00\x00"[:1])},
        lambda device, now: {"signature": device.signature(["ab", "c"], counter=1), "dataFields": ["a", "bc"]},
        lambda device, now: {"signature": device.signature(["a", "b"], counter=1), "dataFields": ["b", "a"]},
        lambda device, now: {"signature": device.signature(["a"], counter=1), "dataFields": ["a", ""]},
        lambda device, now: {"signature": device.otp(now, counter=1), "dataFields": ["a"]},
    ],
)
def test_wrong(
    tenant: Tenant, clock: ManualClock, user: str, device: Device, spoil: Callable[[Device, int], dict[str, Any]]
) -> None:
    clock.wall += -clock.wall % 30
    claim = spoil(device, clock.now())
    if "secureSequence" in claim and claim["secureSequence"] == b64(device.sequence(counter=1)):
        claim.setdefault("optionalData", "")  # the last byte was 0 by chance
    assert verify(tenant, user, claim) == said("WRONG_OTP", 2)
    assert verify(tenant, user, an_otp(device, clock.now(), 1))["result"] == "OK"


def test_six_digits(make_tenant: Tenants) -> None:
    tenant = make_tenant(digits=6)
    device = tenant.activated("alice")
    assert verify(tenant, "alice", an_otp(device, tenant.clock.now(), 0)) == said("OK", atc=0)
    assert verify(tenant, "alice", a_signature(device, 0, 1)) == said("OK", atc=1)  # always eight


def test_without_a_device(tenant: Tenant, user: str) -> None:
    tenant.register(user)
    assert verify(tenant, user, {"OTP": "12345678"}) == said("WRONG_OTP", 2)
    answer = tenant.own("nobody", "verify", OTP="12345678")
    assert (answer.status_code, answer.json()["message"]) == (404, "User not found")


def test_without_the_digest_check(make_tenant: Tenants) -> None:
    checking = make_tenant()
    device, now = checking.activated("alice"), checking.clock.now()
    tenant = make_tenant(digest_check=False, clock=checking.clock)
    for make in KINDS:
        assert verify(tenant, "alice", make(device, now, 0)) == said("DIGEST_CHECK_DISABLED")
    assert tenant.is_refused(tenant.login("alice", device.otp(now, counter=0)))
    assert verify(tenant, "alice", an_otp(device, now, 0)) == said("DIGEST_CHECK_DISABLED", 2)
    for _ in range(2):
        assert tenant.is_refused(tenant.login("alice", device.otp(now, counter=0)))
    assert verify(tenant, "alice", an_otp(device, now, 0)) == said("LOCKED_USER", 0)


def test_a_wider_policy_widens_every_window(make_tenant: Tenants) -> None:
    tenant = make_tenant(atc=AtcPolicy(warn=40, limit=50))
    device = tenant.device("alice")
    policy = tenant.open(device)["policy"]
    assert (policy["atcWarn"], policy["atcLimit"]) == (40, 50)
    now = tenant.clock.now()
    assert tenant.is_refused(tenant.activate(device.registration_id, device.otp(now, "PIN", 51)))
    assert tenant.activate(device.registration_id, device.otp(now, "PIN", 50)).is_success
    assert verify(tenant, "alice", an_otp(device, now, 51))["result"] == "ATC_VARIANCE_EXCEEDED"
    assert verify(tenant, "alice", an_otp(device, now, 50))["result"] == "OK"
    assert tenant.is_refused(tenant.login("alice", device.otp(now, counter=102)))
    assert tenant.login("alice", device.otp(now, counter=101)).json() == ACCEPTED
    assert verify(tenant, "alice", a_sequence(device, now, 152))["result"] == "OK"
    assert verify(tenant, "alice", a_signature(device, now, 203))["result"] == "OK"


def test_a_narrower_policy_keeps_the_window_of_twenty(make_tenant: Tenants) -> None:
    tenant = make_tenant(atc=AtcPolicy(warn=1, limit=2))
    device, now = tenant.activated("alice"), tenant.clock.now()
    assert verify(tenant, "alice", an_otp(device, now, 21))["result"] == "ATC_VARIANCE_EXCEEDED"
    assert verify(tenant, "alice", an_otp(device, now, 20))["result"] == "OK"


SEQUENCE = b64(bytes([1]) + bytes(34))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"optionalData": "YQ=="},
        {"dataFields": ["a"]},
        {"OTP": ""},
        {"OTP": 12345678},
        {"OTP": "1" * 65},
        {"OTP": None},
        {"OTP": "12345678", "secureSequence": SEQUENCE},
        {"OTP": "12345678", "signature": "12345678", "dataFields": ["a"]},
        {"OTP": "12345678", "dataFields": ["a"]},
        {"OTP": "12345678", "optionalData": "YQ"},
        {"OTP": "12345678", "optionalData": "Y Q=="},
        {"OTP": "12345678", "optionalData": "_-=="},
        {"OTP": "12345678", "optionalData": 7},
        {"secureSequence": SEQUENCE[:-1]},
        {"secureSequence": b64(bytes(36))},
        {"secureSequence": SEQUENCE + "="},
        {"secureSequence": "+" + SEQUENCE[1:]},
        {"secureSequence": 7},
        {"secureSequence": SEQUENCE, "dataFields": ["a"]},
        {"signature": "12345678"},
        {"signature": "12345678", "dataFields": []},
        {"signature": "12345678", "dataFields": "a"},
        {"signature": "12345678", "dataFields": [7]},
        {"signature": "12345678", "dataFields": ["a"] * 101},
        {"signature": "12345678", "dataFields": ["a"], "optionalData": "YQ=="},
    ],
)
def test_malformed(tenant: Tenant, user: str, body: dict[str, Any]) -> None:
    tenant.register(user, activationType="onlineMDL")
    answer = tenant.own(user, "verify", **body)
    assert answer.status_code == 400
    assert answer.json()["validationErrors"]
    assert "12345678" not in answer.text
    assert verify(tenant, user, {"OTP": "x"}) == said("WRONG_OTP", 2)  # the first one counted


@pytest.mark.parametrize(
    "body",
    [
        rb'{"signature": "12345678", "dataFields": ["\ud800"]}',
        rb'{"OTP": "\udfff"}',
        b'{"OTP": "\xff"}',
        b'{"OTP": "1"',
        b"null",
        b"",
    ],
)
def test_texts_that_are_none(tenant: Tenant, user: str, body: bytes) -> None:
    tenant.register(user, activationType="onlineMDL")
    headers = {"Content-Type": "application/json"}
    answer = tenant.http.post(f"/softtoken/v1/users/{user}/verify", content=body, headers=headers)
    assert answer.status_code == 400
