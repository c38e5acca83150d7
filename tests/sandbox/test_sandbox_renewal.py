"""renew-key: a new key beside the old one, which goes on working until a code of the new one was accepted."""

import sqlite3
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sandbox.device import NO_PIN, PIN, Device, b64, unb64
from sandbox.tenant import ACCEPTED, ManualClock, Tenant, wrong

Tenants = Callable[..., Tenant]
Credential = dict[str, Any]


@pytest.fixture
def device(tenant: Tenant, user: str) -> Device:
    return tenant.activated(user)


def renew(tenant: Tenant, user: str, body: dict[str, Any]) -> str:
    answer = tenant.own(user, "renew-key", **body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"message"}
    message: str = answer.json()["message"]
    return message


def with_key(device: Device, key: Credential, protection: str = "NO_PIN") -> Device:
    """The device once it has stored the new key."""
    device.credentials[protection] = dict(key)
    return device


def test_the_new_key_takes_over_with_its_first_code(
    tenant: Tenant, clock: ManualClock, user: str, device: Device
) -> None:
    old_code = device.otp(clock.now(), counter=5)
    new = tenant.renewed(user, device)
    assert new["key"] != device.credentials["NO_PIN"]["key"]
    with_key(device, new)
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED
    assert tenant.is_refused(tenant.login(user, old_code))
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED
    assert tenant.login(user, device.otp(clock.now(), "PIN")).json() == ACCEPTED  # nobody touched that one


@pytest.mark.parametrize("protection", ["NO_PIN", "PIN"])
def test_the_old_key_works_until_then(
    tenant: Tenant, clock: ManualClock, user: str, device: Device, protection: str
) -> None:
    new = tenant.renewed(user, device, protection)
    for _ in range(3):
        assert tenant.login(user, device.otp(clock.now(), protection)).json() == ACCEPTED
    late = device.otp(clock.now(), protection)
    with_key(device, new, protection)
    assert tenant.login(user, device.otp(clock.now(), protection)).json() == ACCEPTED
    assert tenant.is_refused(tenant.login(user, late))


def by_login(tenant: Tenant, user: str, device: Device) -> bool:
    return bool(tenant.login(user, device.otp(tenant.clock.now())).json() == ACCEPTED)


def by_sync(tenant: Tenant, user: str, device: Device) -> bool:
    return tenant.sync(user, device.resync(counter=100), device.resync(counter=101)).is_success


def by_synced_otps(tenant: Tenant, user: str, device: Device) -> bool:
    now = tenant.clock.now()
    return tenant.sync(user, device.otp(now, counter=100), device.otp(now, counter=101)).is_success


def by_phone(tenant: Tenant, user: str, device: Device) -> bool:
    answer = tenant.own(user, "resynchronise", code=device.resync(counter=100), atc=100)
    return bool(answer.json()["result"] == "OK")


def by_verify(tenant: Tenant, user: str, device: Device) -> bool:
    return bool(tenant.own(user, "verify", OTP=device.otp(tenant.clock.now())).json()["result"] == "OK")


def by_sequence(tenant: Tenant, user: str, device: Device) -> bool:
    return bool(tenant.own(user, "verify", secureSequence=b64(device.sequence())).json()["result"] == "OK")


def by_signature(tenant: Tenant, user: str, device: Device) -> bool:
    body = {"signature": device.signature(["a"]), "dataFields": ["a"]}
    return bool(tenant.own(user, "verify", **body).json()["result"] == "OK")


def by_renewal(tenant: Tenant, user: str, device: Device) -> bool:
    return bool(tenant.renewed(user, device))


WAYS = (by_login, by_sync, by_synced_otps, by_phone, by_verify, by_sequence, by_signature, by_renewal)


@pytest.mark.parametrize("prove", WAYS, ids=lambda way: way.__name__)
def test_every_way_to_prove_the_new_key(
    tenant: Tenant, clock: ManualClock, user: str, device: Device, prove: Callable[..., bool]
) -> None:
    old_codes = [device.otp(clock.now(), counter=counter) for counter in (1, 2)]
    with_key(device, tenant.renewed(user, device))
    assert prove(tenant, user, device)
    for code in old_codes:
        assert tenant.is_refused(tenant.login(user, code))
    counter = 102 if prove in {by_sync, by_synced_otps, by_phone} else None
    assert tenant.login(user, device.otp(clock.now(), counter=counter)).json() == ACCEPTED


def test_a_lost_answer_is_asked_for_again(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    renewal = device.renewal()
    message = renew(tenant, user, renewal.body)
    clock.move(86_400)
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED
    assert renew(tenant, user, renewal.body) == message
    with_key(device, renewal.open(message))
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED
    assert tenant.is_refused(tenant.own(user, "renew-key", **renewal.body))  # no longer pending


def test_an_answer_that_never_came_loses_nothing(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    renew(tenant, user, device.renewal().body)
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED
    with_key(device, tenant.renewed(user, device))
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED


def test_another_renewal_replaces_what_is_pending(
    tenant: Tenant, clock: ManualClock, user: str, device: Device
) -> None:
    first = device.renewal()
    replaced = first.open(renew(tenant, user, first.body))
    latest = tenant.renewed(user, device)
    assert len({replaced["key"], latest["key"], device.credentials["NO_PIN"]["key"]}) == 3
    assert tenant.is_refused(tenant.own(user, "renew-key", **first.body))
    old = dict(device.credentials["NO_PIN"])
    with_key(device, replaced)
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now())))
    with_key(device, old)
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED
    with_key(device, latest)
    assert tenant.login(user, device.otp(clock.now())).json() == ACCEPTED


def test_the_old_counter_moves_past_the_proof(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    renew(tenant, user, device.renewal(counter=30).body)
    for counter in (0, 29, 30):
        assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), counter=counter)))
        tenant.unlock(user)
    assert tenant.login(user, device.otp(clock.now(), counter=31)).json() == ACCEPTED
    assert tenant.is_refused(tenant.own(user, "renew-key", **device.renewal(counter=31).body))


def test_how_far_ahead_a_proof_may_be(tenant: Tenant, user: str, device: Device) -> None:
    assert tenant.is_refused(tenant.own(user, "renew-key", **device.renewal(counter=1001).body))
    renew(tenant, user, device.renewal(counter=1000).body)
    assert tenant.is_refused(tenant.own(user, "renew-key", **device.renewal(counter=1000).body))
    renew(tenant, user, device.renewal(counter=2001).body)


def test_a_wrong_proof_is_one_wrong_operation(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    body = device.renewal().body
    bad = body | {"proof": b64(bytes(32))}
    for _ in range(2):
        assert tenant.is_refused(tenant.own(user, "renew-key", **bad))
    renew(tenant, user, body)  # which is right, so the count starts again
    for _ in range(3):
        assert tenant.is_refused(tenant.own(user, "renew-key", **bad))
    for refused in (bad, body, device.renewal().body):
        assert tenant.is_refused(tenant.own(user, "renew-key", **refused), "User is locked")
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now())), "User is locked")


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "http://evil.example"},
        {"user": "mallory@sandbox"},
        {"serial": "VDS9999999"},
        {"digest": bytes(64)},
        {"public": bytes(1216)},
    ],
)
def test_everything_in_the_transcript_counts(tenant: Tenant, user: str, device: Device, other: dict[str, Any]) -> None:
    body = device.renewal(**other).body
    body["publicKey"] = device.renewal().body["publicKey"]
    assert tenant.is_refused(tenant.own(user, "renew-key", **body))


@pytest.mark.parametrize("change", [{"counter": 1}, {"protection": "PIN"}])
def test_what_the_proof_does_not_cover(tenant: Tenant, user: str, device: Device, change: dict[str, Any]) -> None:
    assert tenant.is_refused(tenant.own(user, "renew-key", **(device.renewal(counter=2).body | change)))


def test_a_tampered_message_does_not_open(tenant: Tenant, user: str, device: Device) -> None:
    renewal = device.renewal()
    message = unb64(renew(tenant, user, renewal.body))
    for place in (0, 1087, 1088, 1119, 1120, len(message) - 1):
        spoilt = bytearray(message)
        spoilt[place] ^= 1
        with pytest.raises(InvalidTag):
            renewal.open(b64(bytes(spoilt)))
    with pytest.raises(InvalidTag):
        device.renewal().open(b64(message))
    assert renewal.open(b64(message))


def test_a_key_that_is_none_changes_nothing(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    body = device.renewal(public=b"\xff" * 1216, counter=7).body
    for _ in range(4):
        answer = tenant.own(user, "renew-key", **body)
        assert answer.status_code == 400
        assert "publicKey" in answer.json()["validationErrors"][0]["message"]
    assert tenant.login(user, device.otp(clock.now(), counter=7)).json() == ACCEPTED


def test_whose_key(tenant: Tenant, user: str, device: Device) -> None:
    body = device.renewal().body
    missing = [(user, body | {"serialNumber": "VDS0000000"}), (user, body | {"protection": "BIOMETRIC"})]
    for name, sent in missing:
        answer = tenant.own(name, "renew-key", **sent)
        assert (answer.status_code, answer.json()["message"]) == (404, "Authenticator not found")
    answer = tenant.own("nobody", "renew-key", **body)
    assert (answer.status_code, answer.json()["message"]) == (404, "User not found")
    tenant.register(f"{user}-other", activationType="onlineMDL")
    assert tenant.own(f"{user}-other", "renew-key", **body).status_code == 404
    renew(tenant, user, body)


PUBLIC, PROOF = b64(bytes(1216)), b64(bytes(32))


@pytest.mark.parametrize(
    "change",
    [
        {"serialNumber": ""},
        {"serialNumber": None},
        {"protection": "FACE"},
        {"protection": None},
        {"counter": -1},
        {"counter": 65_535},
        {"counter": "1"},
        {"counter": 1.5},
        {"counter": False},
        {"publicKey": PUBLIC[:-4]},
        {"publicKey": PUBLIC + "AAAA"},
        {"publicKey": PUBLIC + "=="},
        {"publicKey": "!" + PUBLIC[1:]},
        {"publicKey": 7},
        {"proof": PROOF[:-4]},
        {"proof": PROOF + "="},
        {"proof": ""},
        {"proof": None},
    ],
)
def test_malformed(tenant: Tenant, user: str, change: dict[str, Any]) -> None:
    tenant.register(user, activationType="onlineMDL")
    good = {"serialNumber": "VDS1", "protection": "PIN", "counter": 65_534, "publicKey": PUBLIC, "proof": PROOF}
    assert tenant.own(user, "renew-key", **good).status_code == 404
    answer = tenant.own(user, "renew-key", **(good | change))
    assert answer.status_code == 400
    assert answer.json()["message"] == "Input data validation failed."
    assert "AAAA" not in answer.text


def test_without_the_digest_check(make_tenant: Tenants) -> None:
    checking = make_tenant()
    device = checking.activated("alice")
    tenant = make_tenant(digest_check=False, clock=checking.clock)
    device.origin = tenant.url
    assert tenant.is_refused(tenant.own("alice", "renew-key", **device.renewal(counter=0).body))


def test_a_pending_key_survives_a_restart_and_leaves_no_trace(make_tenant: Tenants, tmp_path: Path) -> None:
    first = make_tenant()
    device = first.activated("alice", NO_PIN | PIN)
    new = first.renewed("alice", device)
    second = make_tenant(clock=first.clock)
    assert second.login("alice", device.otp(first.clock.now())).json() == ACCEPTED
    old = b64decode(device.credentials["NO_PIN"]["key"])
    file = tmp_path / "sandbox" / "sandbox.sqlite3"
    assert old in file.read_bytes()
    with_key(device, new)
    assert second.login("alice", device.otp(first.clock.now())).json() == ACCEPTED
    assert old not in file.read_bytes()
    assert pending(file) == 0


def test_a_new_activation_forgets_what_was_pending(make_tenant: Tenants, tmp_path: Path) -> None:
    tenant = make_tenant()
    device = tenant.activated("alice")
    with_key(device, tenant.renewed("alice", device))
    tenant.activated("alice")
    assert pending(tmp_path / "sandbox" / "sandbox.sqlite3") == 0
    assert tenant.is_refused(tenant.login("alice", wrong(device.otp(tenant.clock.now()))))
    assert tenant.is_refused(tenant.login("alice", device.otp(tenant.clock.now())))


def pending(file: Path) -> int:
    db = sqlite3.connect(file)
    try:
        count: int = db.execute("SELECT count(*) FROM renewals").fetchone()[0]
    finally:
        db.close()
    return count
