"""App versions: whose codes are accepted, and what a check that is on, off or missing does to them."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sandbox.device import DIGEST, Device
from sandbox.tenant import ACCEPTED, Tenant

from softtoken import __version__

Tenants = Callable[..., Tenant]
RELEASES = [hashlib.sha512(b"release %d" % number).digest() for number in range(4)]
PATH = "/softtoken/v1/app-versions"


@pytest.fixture
def tenant(make_tenant: Tenants) -> Tenant:
    return make_tenant()


@pytest.fixture
def device(tenant: Tenant) -> Device:
    return tenant.activated("alice")


def logs_in(tenant: Tenant, device: Device, digest: bytes) -> bool:
    """With a code of this release. A refusal is the one of every wrong code, and is taken back."""
    answer = tenant.login("alice", device.otp(tenant.clock.now(), digest=digest))
    if answer.status_code == 200:
        assert answer.json() == ACCEPTED
        return True
    assert tenant.is_refused(answer)
    tenant.unlock("alice")
    return False


def verified(tenant: Tenant, device: Device, digest: bytes) -> str:
    result: str = tenant.own("alice", "verify", OTP=device.otp(tenant.clock.now(), digest=digest)).json()["result"]
    tenant.unlock("alice")
    return result


def record(digest: bytes, *, check: bool = True, latest: bool = True, version: str = "1.0") -> dict[str, Any]:
    return {
        "name": "Soft Token",
        "version": version,
        "digest": digest.hex(),
        "digestCheck": check,
        "latest": latest,
    }


def test_the_sandbox_registers_its_own_package(tenant: Tenant) -> None:
    assert tenant.versions() == [record(DIGEST, version=__version__)]


def test_new_and_changed_records(tenant: Tenant) -> None:
    own = record(DIGEST, version=__version__)
    assert tenant.put_version(RELEASES[0], "2.0") == record(RELEASES[0], version="2.0")
    assert tenant.put_version(RELEASES[1], "2.1", digestCheck=False) == record(
        RELEASES[1], version="2.1", check=False, latest=False
    )
    assert [found["version"] for found in tenant.versions()] == ["2.1", "2.0", __version__]
    changed = tenant.put_version(DIGEST, "0.9", name="Another Token")
    assert changed == own | {"name": "Another Token", "version": "0.9"}
    assert [found["version"] for found in tenant.versions()] == ["2.1", "2.0", "0.9"]  # it keeps its place
    assert tenant.http.delete(f"{PATH}/{RELEASES[0].hex().upper()}").json() == {}
    assert [found["version"] for found in tenant.versions()] == ["2.1", "0.9"]
    gone = tenant.http.delete(f"{PATH}/{RELEASES[0].hex()}")
    assert (gone.status_code, gone.json()["message"]) == (404, "App version not found")


def test_an_upgrade_keeps_working(tenant: Tenant, device: Device) -> None:
    """The old release and the new one are registered: both log in, on one counter."""
    assert not logs_in(tenant, device, RELEASES[0])
    tenant.put_version(RELEASES[0], "2.0")
    for digest in (DIGEST, RELEASES[0], DIGEST, RELEASES[0]):
        assert logs_in(tenant, device, digest)
        assert verified(tenant, device, digest) == "OK"


def test_a_changed_file_does_not(tenant: Tenant, device: Device) -> None:
    changed = hashlib.sha512(b"the release under test, with one byte changed").digest()
    assert not logs_in(tenant, device, changed)
    assert verified(tenant, device, changed) == "WRONG_OTP"
    first, second = device.resync(counter=100, digest=changed), device.resync(counter=101, digest=changed)
    assert tenant.is_refused(tenant.sync("alice", first, second))
    answer = tenant.own("alice", "resynchronise", code=first, atc=100).json()
    assert answer == {"result": "WRONG_OTP", "remainingTries": 1, "atc": None, "protection": None}
    tenant.unlock("alice")
    assert logs_in(tenant, device, DIGEST)


def test_the_fourth_newest_no_longer_does(tenant: Tenant, device: Device) -> None:
    for number in range(2):
        tenant.put_version(RELEASES[number])
    assert logs_in(tenant, device, DIGEST)
    tenant.put_version(RELEASES[2])
    assert [found["latest"] for found in tenant.versions()] == [True, True, True, False]
    assert not logs_in(tenant, device, DIGEST)
    assert verified(tenant, device, DIGEST) == "WRONG_OTP"
    for number in range(3):
        assert logs_in(tenant, device, RELEASES[number])
    tenant.http.delete(f"{PATH}/{RELEASES[1].hex()}")
    assert logs_in(tenant, device, DIGEST)  # third again


def test_a_check_that_is_off(tenant: Tenant, device: Device) -> None:
    """Codes of that version are refused, and it takes no place among the three."""
    for number in range(3):
        tenant.put_version(RELEASES[number])
    tenant.put_version(RELEASES[1], digestCheck=False)
    assert [found["latest"] for found in tenant.versions()] == [True, False, True, True]
    assert not logs_in(tenant, device, RELEASES[1])
    assert verified(tenant, device, RELEASES[1]) == "WRONG_OTP"
    for digest in (RELEASES[2], RELEASES[0], DIGEST):
        assert logs_in(tenant, device, digest)
    tenant.put_version(RELEASES[1])
    assert logs_in(tenant, device, RELEASES[1])
    assert not logs_in(tenant, device, DIGEST)


def test_no_version_with_its_check_on(tenant: Tenant, device: Device) -> None:
    tenant.put_version(DIGEST, digestCheck=False)
    assert verified(tenant, device, DIGEST) == "DIGEST_CHECK_DISABLED"
    assert not logs_in(tenant, device, DIGEST)
    assert tenant.is_refused(tenant.sync("alice", device.resync(counter=50), device.resync(counter=51)))
    fresh = tenant.device("bob")
    tenant.open(fresh)
    assert tenant.is_refused(tenant.activate(fresh.registration_id, fresh.otp(tenant.clock.now(), "PIN")))
    tenant.put_version(DIGEST)
    assert tenant.activate(fresh.registration_id, fresh.otp(tenant.clock.now(), "PIN")).is_success
    assert logs_in(tenant, device, DIGEST)
    assert tenant.http.delete(f"{PATH}/{DIGEST.hex()}").is_success
    assert tenant.versions() == []
    assert verified(tenant, device, DIGEST) == "DIGEST_CHECK_DISABLED"


def test_the_tenants_own_switch_beats_every_record(make_tenant: Tenants, tenant: Tenant, device: Device) -> None:
    closed = make_tenant(digest_check=False, clock=tenant.clock)
    closed.put_version(DIGEST)
    assert verified(closed, device, DIGEST) == "DIGEST_CHECK_DISABLED"
    assert not logs_in(closed, device, DIGEST)


def test_records_survive_a_restart(make_tenant: Tenants, tenant: Tenant, device: Device) -> None:
    tenant.put_version(RELEASES[0], "2.0")
    tenant.put_version(DIGEST, "0.9", name="Mine", digestCheck=False)
    again = make_tenant(clock=tenant.clock)
    # started again, the running package is the newest; a check that was switched off stays off
    own = record(DIGEST, version=__version__, check=False, latest=False)
    assert again.versions() == [own, record(RELEASES[0], version="2.0")]
    assert not logs_in(again, device, DIGEST)
    assert logs_in(again, device, RELEASES[0])


@pytest.mark.parametrize("digest", ["00", "0" * 127, "0" * 129, "g" * 128, "０" * 128])
def test_what_is_no_digest(tenant: Tenant, digest: str) -> None:
    for answer in (
        tenant.http.put(f"{PATH}/{digest}", json={"name": "a", "version": "1"}),
        tenant.http.delete(f"{PATH}/{digest}"),
    ):
        assert answer.status_code == 400
    assert len(tenant.versions()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "a"},
        {"version": "1"},
        {"name": "", "version": "1"},
        {"name": "a", "version": ""},
        {"name": "a" * 256, "version": "1"},
        {"name": "a", "version": 1},
        {"name": "a", "version": "1", "digestCheck": "yes"},
        {"name": "a", "version": "1", "digestCheck": 0},
        {"name": "a", "version": "1", "digestCheck": None},
    ],
)
def test_malformed_records(tenant: Tenant, body: dict[str, Any]) -> None:
    answer = tenant.http.put(f"{PATH}/{RELEASES[0].hex()}", json=body)
    assert answer.status_code == 400
    assert answer.json()["validationErrors"]
    assert len(tenant.versions()) == 1
