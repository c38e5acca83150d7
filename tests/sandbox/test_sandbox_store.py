"""A folder that an older sandbox left behind: store-1.sqlite was written by it, and everything in it goes on."""

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox.device import DIGEST, Device
from sandbox.tenant import ACCEPTED, Tenant

from softtoken import __version__
from softtoken.sandbox.store import Store

Tenants = Callable[..., Tenant]
STORED = Path(__file__).with_name("store-1.sqlite")
OLDER = [hashlib.sha512(b"release %d" % number).digest() for number in (1, 2)]
"""The file knows these and then the release under test."""


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """alice: NO_PIN at 3, PIN at 2, one wrong code, one rule. bob: locked. carol: registered with a password."""
    folder = tmp_path / "sandbox"
    folder.mkdir()
    shutil.copy(STORED, folder / "sandbox.sqlite3")
    return folder


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
    assert tenant.login("carol", credentials={"passKey": "Test1234"}).json() == ACCEPTED
    assert tenant.register("dave")["serialNumber"] == "VDS1000003"


def test_what_is_new_works_on_old_data(stored: Path, make_tenant: Tenants) -> None:
    alice = device_of(stored, "VDS1000000")
    tenant = make_tenant()
    alice.origin = tenant.url
    tenant.rules("alice")
    alice.credentials["PIN"] = tenant.renewed("alice", alice, "PIN")
    assert tenant.login("alice", alice.otp(tenant.clock.now(), "PIN")).json() == ACCEPTED
    assert tenant.sync("alice", alice.resync(counter=90), alice.resync(counter=91)).is_success


def test_digests_become_records(stored: Path, make_tenant: Tenants) -> None:
    alice = device_of(stored, "VDS1000000")
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


def test_an_upgrade_that_fails_leaves_the_old_file(stored: Path) -> None:
    db = sqlite3.connect(stored / "sandbox.sqlite3")
    db.execute("CREATE TABLE renewals (in_the_way)")
    db.close()
    before = schema(stored)
    with pytest.raises(Exception, match="cannot be used"):
        Store(stored)
    assert schema(stored) == before
