"""Registration and activation over HTTP, as docs/activation.md says."""

import base64
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sandbox.device import BIOMETRIC, NO_PIN, PIN, Device, b64, origin_of
from sandbox.tenant import ACCEPTED, ManualClock, Tenant, wrong

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy

Tenants = Callable[..., Tenant]


def check_status(tenant: Tenant, **fields: object) -> str:
    answer = tenant.http.post("/v1/registrations/check-status", json=fields)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"activationStatus"}
    status: str = answer.json()["activationStatus"]
    return status


def test_register_offline(tenant: Tenant, user: str) -> None:
    made = tenant.register(user)
    assert set(made) == {"activationPassword", "serialNumber", "riskResponseCode", "registrationID"}
    assert made["riskResponseCode"] == 0
    assert len(made["activationPassword"]) == 8
    assert made["activationPassword"].isalnum()
    assert made["serialNumber"][:3] == "VDS"
    assert len(made["serialNumber"]) == 10
    assert made["serialNumber"][3:].isdigit()
    assert len(bytes.fromhex(made["registrationID"])) == 4
    assert made["registrationID"] == made["registrationID"].lower()


def test_register_online_gives_a_password_only(tenant: Tenant, user: str) -> None:
    made = tenant.register(user, activationType="onlineMDL")
    assert set(made) == {"activationPassword", "serialNumber", "riskResponseCode"}


def test_register_with_the_other_object_type(tenant: Tenant, user: str) -> None:
    made = tenant.register(user, objectType="RegisterUserInputEx", clientIP="192.168.0.1", staticPassword="Test1234")
    assert set(made) == {"activationPassword", "serialNumber", "registrationID"}


@pytest.mark.parametrize(
    "fields",
    [
        {"objectType": "SomethingElse"},
        {"objectType": None},
        {"userID": ""},
        {"userID": "   "},
        {"userID": "a" * 256},
        {"userID": "al\nice"},
        {"userID": 7},
        {"staticPassword": "short"},
        {"staticPassword": "x" * 256},
        {"sessionID": "xyz"},
        {"relationshipRef": ""},
        {"relationshipRef": "r" * 151},
        {"activationType": "unheard"},
        {"activationType": "fido"},
        {"mobilePhoneNumber": "0123"},
        {"domain": "elsewhere"},
    ],
)
def test_register_refuses_bad_input(tenant: Tenant, user: str, fields: dict[str, object]) -> None:
    body = {"objectType": "AdaptiveRegisterUserInput", "userID": user, "activationType": "offlineMDL", **fields}
    answer = tenant.http.post("/v1/users/register", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"
    assert answer.json()["validationErrors"][0]["message"]
    assert check_status(tenant, login=user) == "unknown"


def test_check_status(tenant: Tenant, clock: ManualClock, user: str) -> None:
    assert check_status(tenant, login=user, timeoutSeconds="0") == "unknown"
    device = tenant.device(user)
    assert check_status(tenant, login=user, timeoutSeconds="0") == "pending"
    assert check_status(tenant, userID=user.upper(), timeoutSeconds=0) == "pending"
    tenant.open(device)
    assert check_status(tenant, login=f"{user}@sandbox") == "pending"
    tenant.activate(device.registration_id, device.otp(clock.now(), "PIN"))
    assert check_status(tenant, login=user) == "activated"
    tenant.register(user)
    assert check_status(tenant, login=user) == "pending"
    clock.move(600)
    assert check_status(tenant, login=user) == "timeout"


def test_check_status_waits_when_asked_to(tenant: Tenant, clock: ManualClock, user: str) -> None:
    device = tenant.device(user)
    tenant.open(device)
    assert check_status(tenant, login=user, timeoutSeconds=1) == "timeout"
    seen: list[str] = []
    waiting = threading.Thread(target=lambda: seen.append(check_status(tenant, login=user, timeoutSeconds="30")))
    waiting.start()
    tenant.activate(device.registration_id, device.otp(clock.now(), "PIN"))
    waiting.join(20)
    assert seen == ["activated"]


def test_check_status_refuses_bad_input(tenant: Tenant) -> None:
    for body in ({}, {"login": ""}, {"login": "a", "timeoutSeconds": "soon"}, {"login": "a", "timeoutSeconds": -1}):
        assert tenant.http.post("/v1/registrations/check-status", json=body).status_code == 400


@pytest.mark.parametrize("wanted", [NO_PIN, BIOMETRIC, PIN | BIOMETRIC, NO_PIN | PIN | BIOMETRIC])
def test_activation_with_every_choice_of_protections(
    tenant: Tenant, clock: ManualClock, user: str, wanted: int
) -> None:
    device = tenant.device(user, wanted)
    added = tenant.add_device(device.registration_id, device.device_code)
    assert added.status_code == 200
    answer = added.json()
    assert set(answer) == {
        "activationMessage2",
        "activationType",
        "deviceStatus",
        "deviceType",
        "domain",
        "registrationID",
        "serialNumber",
        "userID",
    }
    assert all(isinstance(value, str) for value in answer.values())
    assert (answer["activationType"], answer["domain"], answer["userID"]) == ("offlineMDL", "sandbox", user)
    content = device.open(answer["activationMessage2"])
    assert (content["version"], content["tenant"], content["domain"]) == (1, "sandbox", "sandbox")
    assert (content["userID"], content["serial"]) == (user, answer["serialNumber"])
    names = [name for bit, name in ((NO_PIN, "NO_PIN"), (PIN, "PIN"), (BIOMETRIC, "BIOMETRIC")) if wanted & bit]
    assert [entry["protection"] for entry in content["credentials"]] == names
    assert [entry["instance"] for entry in content["credentials"]] == list(range(1, len(names) + 1))
    assert {entry["counter"] for entry in content["credentials"]} == {0}
    assert len({entry["key"] for entry in content["credentials"]}) == len(names)

    user_before = tenant.http.get(f"/v1/users/{user}@sandbox")
    assert user_before.json() == {"authenticators": []}
    first = "PIN" if "PIN" in names else names[0]
    signature = device.otp(clock.now(), first)
    assert tenant.activate(device.registration_id, signature).is_success
    assert tenant.http.get(f"/v1/users/{user}@sandbox").json() == {"authenticators": [answer["serialNumber"]]}
    for name in names:
        assert tenant.login(user, device.otp(clock.now(), name)).json() == ACCEPTED
    assert tenant.is_refused(tenant.login(user, signature))


def test_the_policy(make_tenant: Tenants) -> None:
    expected = {
        "digits": 6,
        "maxTries": 5,
        "freeTries": 3,
        "firstDelay": 60,
        "maxDelay": 3600,
        "atcWarn": 15,
        "atcLimit": 20,
        "pinMinLength": 6,
        "pinMaxLength": 16,
    }
    for opinion in (None, True, False):
        tenant = make_tenant(allow_offline_pin_verification=opinion, digits=6)
        content = tenant.open(tenant.device("alice"))
        said = {} if opinion is None else {"allowOfflinePinVerification": opinion}
        assert content["policy"] == expected | said


def test_a_policy_of_the_tenants_own(make_tenant: Tenants) -> None:
    tenant = make_tenant(
        retry=RetryPolicy(max_tries=7, free_tries=1, first_delay=5, max_delay=90),
        atc=AtcPolicy(warn=3, limit=9),
        pin=PinRules(min_length=4, max_length=8, weak_allowed=True),
    )
    assert tenant.open(tenant.device("alice"))["policy"] == {
        "digits": 8,
        "maxTries": 7,
        "freeTries": 1,
        "firstDelay": 5,
        "maxDelay": 90,
        "atcWarn": 3,
        "atcLimit": 9,
        "pinMinLength": 4,
        "pinMaxLength": 8,
        "pinWeakAllowed": True,
    }


@pytest.mark.parametrize("digits", [6, 8])
def test_digits(make_tenant: Tenants, digits: int) -> None:
    tenant = make_tenant(digits=digits)
    device = tenant.activated("alice")
    code = device.otp(tenant.clock.now())
    assert len(code) == digits
    assert tenant.login("alice", code).json() == ACCEPTED
    # a token keeps its digits when the tenant's setting changes
    assert (
        make_tenant(digits=14 - digits, clock=tenant.clock).login("alice", device.otp(tenant.clock.now())).json()
        == ACCEPTED
    )


def test_repeating_gives_the_same_answer(tenant: Tenant, clock: ManualClock, user: str) -> None:
    device = tenant.device(user)
    first = tenant.add_device(device.registration_id, device.device_code)
    content = device.open(first.json()["activationMessage2"])
    signature = device.otp(clock.now(), "PIN")
    clock.move(599)
    assert tenant.add_device(device.registration_id, device.device_code).json() == first.json()
    clock.move(-599)
    assert tenant.activate(device.registration_id, signature).is_success
    assert tenant.activate(device.registration_id, signature).is_success
    again = tenant.add_device(device.registration_id, device.device_code)
    assert again.json() == first.json()
    assert device.open(again.json()["activationMessage2"]) == content
    other = tenant.activate(device.registration_id, device.otp(clock.now(), "PIN", counter=1))
    assert tenant.is_refused(other, "Registration was already used")
    clock.move(600)
    expired = "Registration has expired"
    assert tenant.is_refused(tenant.add_device(device.registration_id, device.device_code), expired)
    assert tenant.is_refused(tenant.activate(device.registration_id, signature), expired)


def test_another_device_finds_it_used(tenant: Tenant, user: str) -> None:
    made = tenant.register(user)
    arguments = (origin_of(tenant.url), f"{user}@sandbox", made["registrationID"], made["activationPassword"])
    first, second = Device(*arguments), Device(*arguments)
    tenant.open(first)
    used = "Registration was already used"
    for _ in range(4):
        assert tenant.is_refused(tenant.add_device(made["registrationID"], second.device_code), used)
    assert tenant.add_device(made["registrationID"], first.device_code).is_success  # no try was counted


def test_three_wrong_passwords_lock_the_registration(tenant: Tenant, user: str) -> None:
    made = tenant.register(user)
    origin, name = origin_of(tenant.url), f"{user}@sandbox"
    guess = Device(origin, name, made["registrationID"], "00000000")
    for _ in range(3):
        assert tenant.is_refused(tenant.add_device(made["registrationID"], guess.device_code))
    right = Device(origin, name, made["registrationID"], made["activationPassword"])
    locked = "Registration is locked"
    assert tenant.is_refused(tenant.add_device(made["registrationID"], right.device_code), locked)
    assert tenant.is_refused(tenant.activate(made["registrationID"], "000000"), locked)
    assert check_status(tenant, login=user) == "timeout"
    tenant.activated(user)  # a new code helps


def test_tries_of_both_steps_count_together(tenant: Tenant, clock: ManualClock, user: str) -> None:
    made = tenant.register(user)
    origin, name = origin_of(tenant.url), f"{user}@sandbox"
    guess = Device(origin, name, made["registrationID"], "00000000")
    device = Device(origin, name, made["registrationID"], made["activationPassword"])
    assert tenant.is_refused(tenant.add_device(made["registrationID"], guess.device_code))
    tenant.open(device)
    right = device.otp(clock.now(), "PIN")
    assert tenant.is_refused(tenant.activate(made["registrationID"], wrong(right)))
    assert tenant.is_refused(tenant.activate(made["registrationID"], device.otp(clock.now(), "NO_PIN")))
    assert tenant.is_refused(tenant.activate(made["registrationID"], right), "Registration is locked")


def test_two_wrong_tries_are_forgiven(tenant: Tenant, clock: ManualClock, user: str) -> None:
    device = tenant.device(user)
    tenant.open(device)
    right = device.otp(clock.now(), "PIN")
    for _ in range(2):
        assert tenant.is_refused(tenant.activate(device.registration_id, wrong(right)))
    assert tenant.activate(device.registration_id, right).is_success


def test_the_first_code_has_the_window_of_every_code(tenant: Tenant, clock: ManualClock, user: str) -> None:
    device = tenant.device(user)
    tenant.open(device)
    assert tenant.is_refused(tenant.activate(device.registration_id, device.otp(clock.now(), "PIN", counter=21)))
    assert tenant.activate(device.registration_id, device.otp(clock.now(), "PIN", counter=20)).is_success
    assert tenant.is_refused(tenant.login(user, device.otp(clock.now(), "PIN", counter=20)))
    assert tenant.login(user, device.otp(clock.now(), "PIN", counter=21)).json() == ACCEPTED


def test_the_password_lives_ten_minutes(tenant: Tenant, clock: ManualClock, user: str) -> None:
    late, in_time = tenant.device(user), tenant.device(user)
    clock.move(599)
    tenant.open(in_time)
    clock.move(1)
    answer = tenant.add_device(late.registration_id, late.device_code)
    assert tenant.is_refused(answer, "Registration has expired")
    too_late = tenant.activate(in_time.registration_id, in_time.otp(clock.now(), "PIN"))
    assert tenant.is_refused(too_late, "Registration has expired")


def test_nothing_is_activated_before_a_device_was_added(tenant: Tenant, user: str) -> None:
    made = tenant.register(user)
    for _ in range(4):
        assert tenant.is_refused(tenant.activate(made["registrationID"], "123456"))


def test_unknown_registrations(tenant: Tenant, user: str) -> None:
    device = tenant.device(user)
    for answer in (tenant.add_device("ffffffff", device.device_code), tenant.activate("ffffffff", "123456")):
        assert answer.status_code == 404
        assert answer.json() == {"error": "Not Found", "message": "Registration not found"}


def test_malformed_device_codes(tenant: Tenant, user: str) -> None:
    device = tenant.device(user)
    raw = device.code_bytes()
    good_mac = device.code_bytes(public=b"\xff" * 1216)  # not a public key at all
    bad = [
        "",
        "!",
        base64.b64encode(raw).decode() + "==",
        b64(raw[:-1]),
        b64(raw + b"\x00"),
        b64(b"\x02" + raw[1:]),
        b64(raw[:1] + b"\x00" + raw[2:]),
        b64(raw[:1] + b"\x0b" + raw[2:]),
        "A" * 5000,
        "é" * 100,
    ]
    for code in bad:
        answer = tenant.add_device(device.registration_id, code)
        assert answer.status_code == 400, code
        assert answer.json()["validationErrors"]
    assert tenant.is_refused(tenant.add_device(device.registration_id, b64(good_mac)))
    tenant.open(device)  # malformed codes are no tries, and one wrong one is forgiven


def test_a_key_that_is_none_is_malformed_even_with_the_right_password(tenant: Tenant, user: str) -> None:
    made = tenant.register(user)
    arguments = (origin_of(tenant.url), f"{user}@sandbox", made["registrationID"], made["activationPassword"])
    for public in (b"\xff" * 1216, Device(*arguments).code_bytes()[2:1186] + bytes(32)):
        answer = tenant.add_device(made["registrationID"], Device(*arguments, public=public).device_code)
        assert answer.status_code == 400
    tenant.open(Device(*arguments))


def test_every_part_of_the_transcript_counts(tenant: Tenant, user: str) -> None:
    origin, name = origin_of(tenant.url), f"{user}@sandbox"
    for other in ((origin.replace("127.0.0.1", "localhost"), name), (origin + "/", name), (origin, user)):
        made = tenant.register(user)
        device = Device(*other, made["registrationID"], made["activationPassword"])
        assert tenant.is_refused(tenant.add_device(made["registrationID"], device.device_code))


def test_the_origin_is_the_one_that_was_asked(tenant: Tenant, user: str) -> None:
    url = tenant.url.replace("127.0.0.1", "LocalHost")
    made = tenant.register(user)
    device = Device(url.lower(), f"{user}@sandbox", made["registrationID"], made["activationPassword"])
    with httpx.Client(base_url=url) as http:
        answer = http.post(
            f"/v1/registrations/{made['registrationID']}/add-device", json={"deviceCode": device.device_code}
        )
    assert answer.is_success
    device.open(answer.json()["activationMessage2"])


def test_an_online_registration_takes_no_device(make_tenant: Tenants, tmp_path: Path) -> None:
    tenant = make_tenant()
    tenant.register("alice", activationType="onlineMDL")
    db = sqlite3.connect(tmp_path / "sandbox" / "sandbox.sqlite3")
    registration_id = db.execute("SELECT registration_id FROM registrations").fetchone()[0]
    db.close()
    device = Device(origin_of(tenant.url), "alice@sandbox", registration_id, "")
    assert tenant.add_device(registration_id, device.device_code).status_code == 404


def test_a_new_activation_replaces_the_device(tenant: Tenant, clock: ManualClock, user: str) -> None:
    old = tenant.activated(user)
    new = tenant.device(user)
    content = tenant.open(new)
    assert tenant.login(user, old.otp(clock.now())).json() == ACCEPTED  # until the new one has proved itself
    assert tenant.activate(new.registration_id, new.otp(clock.now(), "PIN")).is_success
    assert tenant.http.get(f"/v1/users/{user}").json() == {"authenticators": [content["serial"]]}
    assert tenant.is_refused(tenant.login(user, old.otp(clock.now())))
    assert tenant.login(user, new.otp(clock.now())).json() == ACCEPTED


def test_an_activation_opens_no_lock_and_starts_the_count_again(tenant: Tenant, clock: ManualClock, user: str) -> None:
    first = tenant.activated(user)
    for _ in range(2):
        assert tenant.is_refused(tenant.login(user, wrong(first.otp(clock.now()))))
    second = tenant.activated(user)
    for _ in range(2):
        assert tenant.is_refused(tenant.login(user, first.otp(clock.now())))
    assert tenant.login(user, second.otp(clock.now())).json() == ACCEPTED
    for _ in range(3):
        assert tenant.is_refused(tenant.login(user, first.otp(clock.now())))
    third = tenant.activated(user)
    assert tenant.is_refused(tenant.login(user, third.otp(clock.now())), "User is locked")


def test_a_licence_limit(make_tenant: Tenants) -> None:
    tenant = make_tenant(activations_per_user=1)
    tenant.activated("alice")
    body = {"objectType": "AdaptiveRegisterUserInput", "userID": "ALICE", "activationType": "offlineMDL"}
    answer = tenant.http.post("/v1/users/register", json=body)
    assert tenant.is_refused(answer, "License activation limit reached.")
    assert tenant.register("bob")


def test_the_password_is_not_stored(make_tenant: Tenants, tmp_path: Path) -> None:
    tenant = make_tenant()
    made = tenant.register("alice", staticPassword="Planted-Static-1")
    stored = (tmp_path / "sandbox" / "sandbox.sqlite3").read_bytes()
    assert made["registrationID"].encode() in stored
    assert made["activationPassword"].encode() not in stored
    assert b"Planted-Static-1" not in stored


def test_keys_that_were_never_proved_are_forgotten(make_tenant: Tenants, tmp_path: Path) -> None:
    tenant = make_tenant()
    content = tenant.open(tenant.device("alice"))
    key = base64.b64decode(content["credentials"][0]["key"])
    file = tmp_path / "sandbox" / "sandbox.sqlite3"
    assert key in file.read_bytes()
    tenant.clock.move(600)
    tenant.register("bob")
    assert key not in file.read_bytes()
