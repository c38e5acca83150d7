"""Folders that older sandboxes left behind: store-N.sqlite was written by version N, and everything in it goes on."""

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sandbox.device import DIGEST, Device
from sandbox.tenant import ACCEPTED, Tenant

from softtoken import __version__
from softtoken.sandbox.store import Store

Tenants = Callable[..., Tenant]
HERE = Path(__file__).parent
OLDER = [hashlib.sha512(b"release %d" % number).digest() for number in (1, 2)]
"""The files know these and then the release under test."""


def put(version: int, folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(HERE / f"store-{version}.sqlite", folder / "sandbox.sqlite3")
    return folder


@pytest.fixture(params=[1, 2])
def stored(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """alice: NO_PIN at 3, PIN at 2, one wrong code, one rule. bob: locked. carol: registered with a password."""
    return put(request.param, tmp_path / "sandbox")


@pytest.fixture
def stored_1(tmp_path: Path) -> Path:
    return put(1, tmp_path / "sandbox")


@pytest.fixture
def stored_2(tmp_path: Path) -> Path:
    """Besides: bob has a new key that no code was seen of, carol's login is pending, one release's check is off."""
    return put(2, tmp_path / "sandbox")


def device_of(folder: Path, serial: str) -> Device:
    """The device whose keys the file holds."""
    device = Device("http://127.0.0.1", "alice@sandbox", "00000000", "")
    device.digits, device.serial = 8, serial
    db = sqlite3.connect(folder / "sandbox.sqlite3")
    for protection, key, counter in db.execute(
        "SELECT protection, key, counter FROM credentials WHERE serial = ?", (serial,)
    ):
        device.credentials[protection] = {"key": base64.b64encode(key).decode(), "counter": counter}
    db.close()
    return device


def test_users_devices_and_counters_go_on(stored: Path, make_tenant: Tenants) -> None:
    alice = device_of(stored, "VDS1000000")
    assert {name: entry["counter"] for name, entry in alice.credentials.items()} == {"NO_PIN": 3, "PIN": 2}
    tenant = make_tenant()
    now = tenant.clock.now()
    assert tenant.http.get("/softtoken/v1/rules/alice").json() == {"rules": [{"riskResponseCode": 5}]}
    tenant.rules("alice")
    assert tenant.is_refused(
        tenant.login("alice", alice.otp(now, counter=2))
    )  # the second wrong one, after a stored one
    assert tenant.login("alice", alice.otp(now)).json() == ACCEPTED
    assert tenant.login("alice", alice.otp(now, "PIN")).json() == ACCEPTED
    assert tenant.is_refused(tenant.login("bob", "1"), "User is locked")
    assert tenant.login("carol", session="00", credentials={"passKey": "Test1234"}).json() == ACCEPTED
    assert tenant.register("dave")["serialNumber"] == "VDS1000003"


def test_what_is_new_works_on_old_data(stored: Path, make_tenant: Tenants) -> None:
    alice = device_of(stored, "VDS1000000")
    tenant = make_tenant()
    alice.origin = tenant.url
    tenant.rules("alice")
    alice.credentials["PIN"] = tenant.renewed("alice", alice, "PIN")
    assert tenant.login("alice", alice.otp(tenant.clock.now(), "PIN")).json() == ACCEPTED
    assert tenant.sync("alice", alice.resync(counter=90), alice.resync(counter=91)).is_success


def test_digests_become_records(stored_1: Path, make_tenant: Tenants) -> None:
    alice = device_of(stored_1, "VDS1000000")
    tenant = make_tenant()
    tenant.rules("alice")
    found = [(record["digest"], record["version"], record["digestCheck"]) for record in tenant.versions()]
    assert found == [
        (DIGEST.hex(), __version__, True),
        (OLDER[1].hex(), "unknown", True),
        (OLDER[0].hex(), "unknown", True),
    ]
    for digest in (*OLDER, DIGEST):
        assert tenant.login("alice", alice.otp(tenant.clock.now(), digest=digest)).json() == ACCEPTED


def test_what_version_2_had_goes_on(stored_2: Path, make_tenant: Tenants) -> None:
    bob = device_of(stored_2, "VDS1000001")
    with closing(sqlite3.connect(stored_2 / "sandbox.sqlite3")) as db:
        (request,) = db.execute("SELECT request_id FROM sessions").fetchone()
        (renewed,) = db.execute("SELECT key FROM renewals").fetchone()
    tenant = make_tenant()
    assert [record["digestCheck"] for record in tenant.versions()] == [True, True, False]
    assert tenant.session_status(request) == "pending"
    assert tenant.is_refused(tenant.login("carol", "1", requestID=request))
    tenant.unlock("bob")
    bob.credentials["NO_PIN"] = {"key": base64.b64encode(renewed).decode(), "counter": 0}
    assert tenant.login("bob", bob.otp(tenant.clock.now())).json() == ACCEPTED


def test_what_version_3_brought_works_on_old_data(stored: Path, make_tenant: Tenants) -> None:
    alice = device_of(stored, "VDS1000000")
    tenant = make_tenant()
    assert tenant.http.get("/v1/users").json()["total"] == 3
    tenant.rules("alice")
    assert tenant.http.post("/softtoken/v1/users/alice/disable").is_success
    assert tenant.is_refused(tenant.login("alice", alice.otp(tenant.clock.now())), "User is disabled")
    assert tenant.http.post("/softtoken/v1/users/alice/enable").is_success
    assert tenant.http.post("/v1/authenticators/VDS1000000/unassign").is_success
    assert tenant.is_refused(tenant.login("alice", alice.otp(tenant.clock.now())))
    body = {"userID": "carol", "domain": "sandbox"}
    assert tenant.http.post("/v1/authenticators/VDS1000000/assign", json=body).is_success
    assert tenant.login("carol", alice.otp(tenant.clock.now())).json() == ACCEPTED


def test_everything_new_survives_a_restart(make_tenant: Tenants) -> None:
    first = make_tenant()
    device = first.activated("dave")
    table = {
        "rules": [{"riskResponseCode": 1, "country": "DE"}, {"riskResponseCode": 3, "sessionStatus": "pending"}],
        "countries": [{"network": "192.0.2.0/24", "country": "DE"}],
    }
    assert first.http.put("/softtoken/v1/rules", json=table).json() == table
    assert first.http.patch("/v1/users/dave", json={"emailAddress": "dave@example.test"}).is_success
    sent = first.login("dave", clientIP="198.51.100.1").json()
    challenge = first.http.post("/v1/users/dave/generate-challenge", json={}).json()
    first.activated("erin")
    assert first.http.post("/softtoken/v1/users/erin/disable").is_success
    second = make_tenant(clock=first.clock)
    assert second.http.get("/softtoken/v1/rules").json() == table
    assert second.login("dave", session="00", clientIP="192.0.2.9").json()["riskResponseCode"] == 1
    listed = second.http.get("/softtoken/v1/sessions").json()["sessions"][0]
    assert (listed["requestID"], listed["riskResponseCode"]) == (sent["requestID"], 3)
    assert second.login("dave", listed["virtualOTP"], requestID=sent["requestID"]).json() == ACCEPTED
    assert second.http.delete("/softtoken/v1/rules").is_success
    covered = device.otp(second.clock.now(), data=challenge["challenge"])
    assert second.login("dave", covered, requestID=challenge["requestID"]).json() == ACCEPTED
    assert second.is_refused(second.login("erin"), "User is disabled")


def test_an_upgrade_ends_as_a_fresh_file_begins(stored: Path, tmp_path: Path) -> None:
    Store(stored)
    Store(stored)  # and once is enough
    Store(tmp_path / "fresh")
    assert schema(stored) == schema(tmp_path / "fresh")


def schema(folder: Path) -> list[tuple[object, ...]]:
    db = sqlite3.connect(folder / "sandbox.sqlite3")
    try:
        version = db.execute("PRAGMA user_version").fetchall()
        return version + db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    finally:
        db.close()


@pytest.mark.parametrize(("version", "table"), [(1, "renewals"), (1, "risk_rules"), (2, "risk_rules")])
def test_an_upgrade_that_fails_leaves_the_old_file(tmp_path: Path, version: int, table: str) -> None:
    stored = put(version, tmp_path / "sandbox")
    db = sqlite3.connect(stored / "sandbox.sqlite3")
    db.execute(f"CREATE TABLE {table} (in_the_way)")
    db.close()
    before = schema(stored)
    with pytest.raises(Exception, match="cannot be used"):
        Store(stored)
    assert schema(stored) == before
