"""sync-authenticator and the help desk's resynchronise: counters that ran ahead are found again, and nothing else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sandbox.device import NO_PIN, PIN, Device
from sandbox.tenant import ACCEPTED, ManualClock, Tenant, wrong

Tenants = Callable[..., Tenant]


def pair(device: Device, counter: int, protection: str = "NO_PIN") -> tuple[str, str]:
    """Two consecutive resynchronisation codes."""
    return device.resync(protection, counter), device.resync(protection, counter + 1)


def otps(device: Device, at: int, counter: int, protection: str = "NO_PIN", data: str | None = None) -> tuple[str, str]:
    return device.otp(at, protection, counter, data), device.otp(at, protection, counter + 1, data)


@pytest.fixture
def device(tenant: Tenant, user: str) -> Device:
    """Activated with a PIN, so its PIN counter stands at 1 and the other at 0."""
    return tenant.activated(user)


def test_two_resynchronisation_codes(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), counter=500)))
    answer = tenant.sync(user, *pair(device, 501))
    assert (answer.status_code, answer.json()) == (200, {})
    for counter in (500, 501, 502):  # what lies behind the second code is used up
        assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), counter=counter)))
        tenant.unlock(user)
    assert tenant.login(user, device.otp(clock.now(), counter=503)).json() == ACCEPTED


@pytest.mark.parametrize("digits", [6, 8])
def test_two_one_time_passwords(make_tenant: Tenants, digits: int) -> None:
    tenant = make_tenant(digits=digits)
    device, now = tenant.activated("alice"), tenant.clock.now()
    assert tenant.sync("alice", device.otp(now - 30, counter=700), device.otp(now, counter=701)).json() == {}
    assert tenant.login("alice", device.otp(now, counter=702)).json() == ACCEPTED


@pytest.mark.parametrize("protection", ["NO_PIN", "PIN"])
def test_each_credential_has_its_own_counter(
    tenant: Tenant, clock: ManualClock, user: str, device: Device, protection: str
) -> None:
    other = "PIN" if protection == "NO_PIN" else "NO_PIN"
    assert tenant.sync(user, *pair(device, 300, protection)).is_success
    assert tenant.login(user, device.otp(clock.now(), protection, 302)).json() == ACCEPTED
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), other, 302)))
    assert tenant.login(user, device.otp(clock.now(), other)).json() == ACCEPTED


def test_how_far_ahead(tenant: Tenant, user: str, device: Device) -> None:
    assert tenant.is_refused(tenant.sync(user, *pair(device, 1001)))
    assert tenant.sync(user, *pair(device, 1000)).is_success
    assert tenant.is_refused(tenant.sync(user, *pair(device, 1000)))  # used up
    assert tenant.is_refused(tenant.sync(user, *pair(device, 1001)))  # its first one is
    assert tenant.sync(user, *pair(device, 1002)).is_success


@pytest.mark.parametrize("case", ["twice", "gap", "backwards", "mixed kinds", "mixed protections", "data", "too old"])
def test_what_is_no_pair(tenant: Tenant, clock: ManualClock, user: str, device: Device, case: str) -> None:
    now = clock.now()
    first, second = {
        "twice": (device.resync(counter=5), device.resync(counter=5)),
        "gap": (device.resync(counter=5), device.resync(counter=7)),
        "backwards": (device.resync(counter=6), device.resync(counter=5)),
        "mixed kinds": (device.resync(counter=5), device.otp(now, counter=6)),
        "mixed protections": (device.resync(counter=5), device.resync("PIN", 6)),
        "data": otps(device, now, 5, data="1"),
        "too old": otps(device, now - 90, 5),
    }[case]
    assert tenant.is_refused(tenant.sync(user, first, second))
    assert tenant.login(user, device.otp(now)).json() == ACCEPTED


def test_the_end_of_the_counter(tenant: Tenant, user: str, device: Device) -> None:
    counter = 0
    while counter < 65_000:
        counter += 1000
        assert tenant.sync(user, *pair(device, counter - 2)).is_success
    assert tenant.is_refused(tenant.sync(user, *pair(device, 65_534)))
    assert tenant.sync(user, *pair(device, 65_533)).is_success
    assert tenant.is_refused(tenant.login(user, device.otp(tenant.clock.now(), counter=65_535)))


def test_a_refused_sync_is_one_wrong_operation(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    bad = wrong(device.resync(counter=1)), wrong(device.resync(counter=2))
    for _ in range(2):
        assert tenant.is_refused(tenant.sync(user, *bad))
    assert tenant.sync(user, *pair(device, 3)).is_success  # the count starts again
    for _ in range(2):
        assert tenant.is_refused(tenant.sync(user, *bad))
    assert tenant.is_refused(tenant.login(user, wrong(device.otp(clock.now(), counter=5))))
    for answer in (tenant.sync(user, *pair(device, 6)), tenant.sync(user, *bad), tenant.sync(user, "1", "2")):
        assert tenant.is_refused(answer, "User is locked")
    tenant.unlock(user)
    assert tenant.sync(user, *pair(device, 6)).is_success


def test_a_sync_that_locks_ends_what_is_pending(tenant: Tenant, user: str, device: Device) -> None:
    request = tenant.login(user).json()["requestID"]
    for _ in range(3):
        assert tenant.is_refused(tenant.sync(user, "11", "22"))
    assert tenant.session_status(request) == "failure"


def test_serial_numbers(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    assert tenant.sync(user, *pair(device, 30), serialNumber=device.serial).is_success
    for serial in ("VDS0000000", device.serial.lower()):
        answer = tenant.sync(user, *pair(device, 40), serialNumber=serial)
        assert (answer.status_code, answer.json()["message"]) == (404, "Authenticator not found")
    assert tenant.sync(user, *pair(device, 40), serialNumber=None).is_success


def test_only_ones_own_authenticators(tenant: Tenant, user: str, device: Device) -> None:
    tenant.register("mallory")
    tenant.unlock("mallory")
    assert tenant.is_refused(tenant.sync("mallory", *pair(device, 5)))
    assert tenant.sync("mallory", *pair(device, 5), serialNumber=device.serial).status_code == 404
    assert tenant.sync("nobody", *pair(device, 5)).json() == {"error": "Not Found", "message": "User not found"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"response1": "12345678"},
        {"response2": "12345678"},
        {"response1": "", "response2": "12345678"},
        {"response1": "12345678", "response2": "1234 678"},
        {"response1": "12345678", "response2": "abcdefgh"},
        {"response1": "12345678", "response2": "１２３４５６７８"},
        {"response1": "12345678", "response2": "12345678\n"},
        {"response1": 12345678, "response2": 12345678},
        {"response1": "1" * 65, "response2": "12345678"},
        {"response1": "12345678", "response2": "12345678", "serialNumber": ""},
        [],
    ],
)
def test_malformed(tenant: Tenant, user: str, body: Any) -> None:
    tenant.register(user, activationType="onlineMDL")
    for _ in range(3):
        answer = tenant.http.post(f"/v1/users/{user}/sync-authenticator", json=body)
        assert answer.status_code == 400
        assert answer.json()["message"] == "Input data validation failed."
        assert "12345678" not in answer.text
    assert tenant.is_refused(tenant.sync(user, "1", "2"))  # and nothing was counted


def test_without_the_digest_check_a_sync_is_a_wrong_code(make_tenant: Tenants) -> None:
    checking = make_tenant()
    device = checking.activated("alice")
    tenant = make_tenant(digest_check=False, clock=checking.clock)
    for _ in range(3):
        assert tenant.is_refused(tenant.sync("alice", *pair(device, 0)))
    assert tenant.is_refused(checking.sync("alice", *pair(device, 0)), "User is locked")


def test_one_pair_many_times_at_once(tenant: Tenant, user: str, device: Device) -> None:
    codes, gate = pair(device, 10), Barrier(8)

    def sync(_: int) -> Any:
        gate.wait()
        return tenant.sync(user, *codes)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(sync, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    messages = sorted(answer.json()["message"] for answer in answers if not answer.is_success)
    assert messages == ["Authentication failed"] * 3 + ["User is locked"] * 4


def said(result: str, tries: int = 3, atc: int | None = None, protection: str | None = None) -> dict[str, Any]:
    return {"result": result, "remainingTries": tries, "atc": atc, "protection": protection}


def by_phone(tenant: Tenant, user: str, code: str, atc: int, **fields: Any) -> Any:
    answer = tenant.own(user, "resynchronise", code=code, atc=atc, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_read_out_by_phone(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    code = device.resync("PIN", 800)
    clock.move(86_400)  # it has no time in it
    assert by_phone(tenant, user, f"{code[:4]} {code[4:]}", 800) == said("OK", 3, 800, "PIN")
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), "PIN", 800)))
    assert tenant.login(user, device.otp(clock.now(), "PIN", 801)).json() == ACCEPTED
    assert by_phone(tenant, user, code, 800) == said("REPLAY", 2, 800, "PIN")
    assert by_phone(tenant, user, code, 802) == said("WRONG_OTP", 1)
    assert by_phone(tenant, user, device.resync("PIN", 802), 802) == said("OK", 3, 802, "PIN")


def test_how_far_ahead_by_phone(tenant: Tenant, user: str, device: Device) -> None:
    """However far: what two codes can no longer do, one with its counter can."""
    assert by_phone(tenant, user, device.resync(counter=1001), 1001) == said("OK", 3, 1001, "NO_PIN")
    assert by_phone(tenant, user, device.resync(counter=65_534), 65_534) == said("OK", 3, 65_534, "NO_PIN")
    assert by_phone(tenant, user, device.resync(counter=65_535), 65_535)["result"] == "WRONG_OTP"


def test_the_counter_must_be_the_codes_own(tenant: Tenant, user: str, device: Device) -> None:
    for atc in (4, 6):
        assert by_phone(tenant, user, device.resync(counter=5), atc)["result"] == "WRONG_OTP"
    assert by_phone(tenant, user, device.otp(tenant.clock.now(), counter=5), 5) == said("WRONG_OTP", 0)


def test_no_help_while_locked(tenant: Tenant, user: str, device: Device) -> None:
    for left in (2, 1, 0):
        assert by_phone(tenant, user, wrong(device.resync(counter=9)), 9) == said("WRONG_OTP", left)
    for _ in range(2):
        assert by_phone(tenant, user, device.resync(counter=9), 9) == said("LOCKED_USER", 0)
    tenant.unlock(user)
    assert by_phone(tenant, user, device.resync(counter=9), 9) == said("OK", 3, 9, "NO_PIN")


def test_by_phone_to_whom(tenant: Tenant, user: str, device: Device) -> None:
    code = device.resync(counter=9)
    assert tenant.own("nobody", "resynchronise", code=code, atc=9).status_code == 404
    elsewhere = tenant.own(user, "resynchronise", code=code, atc=9, serialNumber="VDS0000000")
    assert (elsewhere.status_code, elsewhere.json()["message"]) == (404, "Authenticator not found")
    assert by_phone(tenant, user, code, 9, serialNumber=device.serial)["result"] == "OK"


def test_by_phone_without_the_digest_check(make_tenant: Tenants) -> None:
    checking = make_tenant()
    device = checking.activated("alice")
    tenant = make_tenant(digest_check=False, clock=checking.clock)
    for _ in range(4):
        assert by_phone(tenant, "alice", device.resync(counter=9), 9) == said("DIGEST_CHECK_DISABLED")
    assert by_phone(checking, "alice", device.resync(counter=9), 9)["result"] == "OK"


@pytest.mark.parametrize(
    "change",
    [
        {"code": ""},
        {"code": "1234567"},
        {"code": "123456789"},
        {"code": "1234-5678"},
        {"code": "abcdefgh"},
        {"code": 12345678},
        {"code": "1" + " " * 64 + "2345678"},
        {"atc": -1},
        {"atc": 65_536},
        {"atc": "9"},
        {"atc": 1.5},
        {"atc": True},
        {"atc": None},
        {"serialNumber": 7},
    ],
)
def test_malformed_by_phone(tenant: Tenant, user: str, change: dict[str, Any]) -> None:
    tenant.register(user, activationType="onlineMDL")
    answer = tenant.own(user, "resynchronise", **({"code": "12345678", "atc": 9} | change))
    assert answer.status_code == 400
    assert answer.json()["validationErrors"]
    assert by_phone(tenant, user, "12345678", 9) == said("WRONG_OTP", 2)  # the first one counted


def test_two_devices_of_one_name(tenant: Tenant, user: str, device: Device) -> None:
    """A new activation replaces the authenticator: the old one's codes resynchronise nothing any more."""
    new = tenant.activated(user, NO_PIN | PIN)
    assert by_phone(tenant, user, device.resync(counter=50), 50)["result"] == "WRONG_OTP"
    assert tenant.sync(user, *pair(new, 50)).is_success
