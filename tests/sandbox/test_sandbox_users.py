"""Users and their authenticators: made, changed, listed, switched off, unregistered; and challenges made for them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox.device import Device
from sandbox.tenant import ACCEPTED, Tenant, wrong

from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.users import full_name, read_user


@pytest.fixture
def device(tenant: Tenant, user: str) -> Device:
    return tenant.activated(user)


def put(tenant: Tenant, user: str, **fields: Any) -> None:
    answer = tenant.http.put(f"/v1/users/{user}@sandbox", json=fields)
    assert answer.status_code == 200, answer.text


def test_made_read_changed_and_deleted(tenant: Tenant, user: str) -> None:
    path = f"/v1/users/{user}@sandbox"
    assert tenant.http.get(path).status_code == 404
    assert tenant.http.patch(path, json={"staticPassword": "Test1234"}).status_code == 404
    put(tenant, user, staticPassword="Test1234", emailAddress="a@example.test", vdpDeliveryMethod="SMS")
    assert tenant.http.get(path).json() == {"authenticators": []}
    assert tenant.login(user, credentials={"passKey": "Test1234"}).json() == ACCEPTED
    assert tenant.http.patch(path, json={"mobilePhoneNumber": "+4930123456"}).is_success  # the rest stays
    assert tenant.login(user, credentials={"passKey": "Test1234"}).json() == ACCEPTED
    assert tenant.http.patch(path, json={"staticPassword": "Test5678"}).is_success
    assert tenant.is_refused(tenant.login(user, credentials={"passKey": "Test1234"}))
    gone = tenant.http.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert tenant.http.get(path).status_code == 404
    assert tenant.http.delete(path).status_code == 404


@pytest.mark.parametrize("twice", ["@sandbox@sandbox", "@SANDBOX@sandbox", "@sandbox @sandbox "])
def test_the_domain_is_named_once(tenant: Tenant, user: str, twice: str) -> None:
    """Who were kept as alice@sandbox could not be addressed: that is alice, who would be deleted in their place."""
    kind = {"objectType": "AdaptiveRegisterUserInput", "activationType": "offlineMDL"}
    answer = tenant.http.post("/v1/users/register", json={**kind, "userID": user + twice})
    assert answer.status_code == 400
    assert answer.json()["validationErrors"] == [{"message": "userID: must name the domain once"}]
    assert tenant.http.put(f"/v1/users/{user}{twice}", json={}).status_code == 400
    page = tenant.http.post("/bank/register", data={"user": user + twice})
    assert page.status_code == 400
    assert "This cannot be a user name." in page.text
    assert tenant.http.get("/v1/users", params={"user": f"{user}*"}).json()["total"] == 0


NAMES = st.lists(st.sampled_from(["@sandbox", "@SANDBOX", " ", "a", "@", "İ", "Σ"]), max_size=5).map("".join)


@given(NAMES)
def test_who_is_kept_can_be_addressed(typed: str) -> None:
    try:
        kept = read_user(typed, "sandbox")
    except Refusal:
        return
    assert read_user(kept, "sandbox") == kept
    assert read_user(full_name(kept, "sandbox"), "sandbox") == kept


@pytest.mark.parametrize(
    "fields",
    [
        {"staticPassword": "short"},
        {"emailAddress": "nobody"},
        {"mobilePhoneNumber": "030123456"},
        {"vdpDeliveryMethod": "Pigeon"},
    ],
)
def test_bad_fields(tenant: Tenant, user: str, fields: dict[str, str]) -> None:
    put(tenant, user)
    for call in (tenant.http.put, tenant.http.patch):
        assert call(f"/v1/users/{user}", json=fields).status_code == 400


def test_what_is_done_with_a_user_is_no_user(tenant: Tenant, user: str) -> None:
    """`PUT users/alice/login` must not make a user of that name."""
    put(tenant, user)
    for action in ("login", "unlock", "unregister", "sync-authenticator", "generate-challenge", "events/validate"):
        answer = tenant.http.put(f"/v1/users/{user}/{action}", json={})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert tenant.http.get("/v1/users", params={"user": f"{user}*"}).json()["total"] == 1


def test_a_list_with_pages(tenant: Tenant) -> None:
    names = [f"paged-{number:02d}" for number in range(25)]
    for name in names:
        put(tenant, name)
    seen = []
    for offset in (0, 10, 20, 30):
        page = tenant.http.get("/v1/users", params={"user": "paged-*", "offset": offset, "limit": 10}).json()
        assert page["total"] == 25
        seen += [entry["userID"] for entry in page["users"]]
    assert seen == names
    one = tenant.http.get("/v1/users?user=PAGED-07&domain=sandbox").json()
    assert one == {"total": 1, "users": [{"authenticators": [], "userID": "paged-07", "domain": "sandbox"}]}
    assert tenant.http.get("/v1/users?user=paged_07").json()["total"] == 0
    assert tenant.http.get("/v1/users?domain=elsewhere").json() == {"total": 0, "users": []}
    for bad in ("limit=0", "limit=101", "offset=-1", "locked=maybe"):
        assert tenant.http.get(f"/v1/users?{bad}").status_code == 400


def test_a_list_of_the_locked(tenant: Tenant, user: str, device: Device) -> None:
    query = {"user": user, "locked": "true"}
    assert tenant.http.get("/v1/users", params=query).json()["total"] == 0
    for _ in range(3):
        tenant.login(user, wrong(device.otp(tenant.clock.now())))
    listed = tenant.http.get("/v1/users", params=query).json()
    assert [entry["authenticators"] for entry in listed["users"]] == [[device.serial]]
    assert tenant.http.get("/v1/users", params=query | {"locked": "false"}).json()["total"] == 0


def test_switched_off(tenant: Tenant, user: str, device: Device) -> None:
    """Nothing is looked at, nothing counted, what was pending has ended; the lock stays what it was."""
    own = f"/softtoken/v1/users/{user}@sandbox"
    request = tenant.login(user).json()["requestID"]
    assert tenant.http.post(f"{own}/disable").is_success
    assert tenant.session_status(request) == "failure"
    code = device.otp(tenant.clock.now())
    for _ in range(4):
        assert tenant.is_refused(tenant.login(user, wrong(code)), "User is disabled")
    assert tenant.is_refused(tenant.own(user, "verify", OTP=code), "User is disabled")
    assert tenant.is_refused(tenant.sync(user, "1", "2"), "User is disabled")
    assert tenant.is_refused(tenant.own(user, "renew-key", **device.renewal().body), "User is disabled")
    unregister = {"objectType": "UnregisterUserInputEx"}
    assert tenant.is_refused(tenant.http.post(f"/v1/users/{user}/unregister", json=unregister), "User is disabled")
    assert tenant.http.post(f"{own}/enable").is_success
    assert tenant.login(user, code).json() == ACCEPTED
    assert tenant.http.post("/softtoken/v1/users/nobody-here/disable").status_code == 404


def test_unregister(tenant: Tenant, user: str, device: Device) -> None:
    path = f"/v1/users/{user}@sandbox/unregister"
    adaptive = {"objectType": "AdaptiveUnregisterUserInput", "relationshipRef": user, "sessionID": "4ED2"}
    tenant.rules(user, {"riskResponseCode": 5}, {"riskResponseCode": 1})
    for code in (5, 1):
        assert tenant.http.post(path, json=adaptive).json() == {"riskResponseCode": code}
    assert tenant.login(user, device.otp(tenant.clock.now())).json() == ACCEPTED
    assert tenant.http.post(path, json=adaptive).json() == {"riskResponseCode": 0}
    assert tenant.login(user, device.otp(tenant.clock.now())).status_code == 404
    assert tenant.http.post("/v1/registrations/check-status", json={"login": user}).json() == {
        "activationStatus": "unknown"
    }
    assert tenant.http.post(path, json=adaptive).status_code == 404
    again = tenant.activated(user)
    assert again.serial != device.serial
    assert tenant.is_refused(tenant.login(user, device.otp(tenant.clock.now())))
    assert tenant.http.post(path, json={"objectType": "UnregisterUserInputEx"}).json() == {}


def test_authenticators_change_hands(tenant: Tenant, user: str, device: Device) -> None:
    path = f"/v1/authenticators/{device.serial}"
    put(tenant, f"{user}-friend")
    friend = {"userID": f"{user}-friend", "domain": "Sandbox"}
    answer = tenant.http.post(f"{path}/assign", json=friend)
    assert tenant.is_refused(answer, "Authenticator is assigned to another user")
    assert tenant.http.post(f"{path}/assign", json={"userID": user}).is_success  # it is already
    assert tenant.http.post(f"{path}/unassign").is_success
    code = device.otp(tenant.clock.now())
    assert tenant.is_refused(tenant.login(user, code))
    assert tenant.http.post(f"{path}/assign", json=friend | {"domain": "elsewhere"}).status_code == 404
    assert tenant.http.post(f"{path}/assign", json={"userID": "nobody-here"}).status_code == 404
    assert tenant.http.post(f"{path}/assign", json=friend).is_success
    assert tenant.login(f"{user}-friend", code).json() == ACCEPTED
    assert tenant.http.get("/v1/authenticators", params={"serialNumber": device.serial}).json() == {
        "total": 1,
        "authenticators": [
            {
                "serialNumber": device.serial,
                "authenticatorType": "DAL10",
                "applications": [{"name": "NO_PIN", "type": "RO"}, {"name": "PIN", "type": "RO"}],
            }
        ],
    }


def test_what_was_never_proved_is_no_authenticator(tenant: Tenant, user: str) -> None:
    device = tenant.device(user)
    tenant.open(device)
    assert tenant.http.get("/v1/authenticators", params={"serialNumber": device.serial}).json()["total"] == 0
    assert tenant.http.post(f"/v1/authenticators/{device.serial}/assign", json={"userID": user}).status_code == 404
    assert tenant.http.post(f"/v1/authenticators/{device.serial}/unassign").status_code == 404


def test_a_list_of_authenticators(tenant: Tenant, user: str, device: Device) -> None:
    def total(**query: Any) -> int:
        found: int = tenant.http.get("/v1/authenticators", params={"serialNumber": device.serial, **query}).json()[
            "total"
        ]
        return found

    assert [total(), total(assigned="true"), total(assigned="false")] == [1, 1, 0]
    assert [total(type="DAL10"), total(type="VIR10"), total(domain="sandbox"), total(domain="x")] == [1, 0, 1, 0]
    page = tenant.http.get("/v1/authenticators?serialNumber=VDS*&offset=0&limit=1").json()
    assert len(page["authenticators"]) == 1


def test_a_challenge_is_bound(tenant: Tenant, user: str, device: Device) -> None:
    """To its user, to one success, and to a minute."""

    def challenge(**body: Any) -> tuple[str, str]:
        made = tenant.http.post(f"/v1/users/{user}@sandbox/generate-challenge", json=body).json()
        return made["challenge"], made["requestID"]

    digits, request = challenge(length="8", checkDigit="false")
    assert (len(digits), digits.isdigit()) == (8, True)
    now = tenant.clock.now()
    assert tenant.is_refused(tenant.login(user, device.otp(now), requestID=request))
    over_another = {"authenticator": {"OTP": device.otp(now, data="1"), "challenge": "1"}}
    assert tenant.is_refused(tenant.login(user, credentials=over_another, requestID=request))
    assert tenant.login(user, device.otp(now, data=digits), requestID=request).json() == ACCEPTED
    used = tenant.login(user, device.otp(now, data=digits), requestID=request)
    assert tenant.is_refused(used, "Invalid Request ID")
    digits, request = challenge()
    put(tenant, f"{user}-friend")
    foreign = tenant.login(f"{user}-friend", "1", requestID=request)
    assert tenant.is_refused(foreign, "Invalid Request ID")
    tenant.clock.move(60)
    late = tenant.login(user, device.otp(tenant.clock.now(), data=digits), requestID=request)
    assert tenant.is_refused(late, "Invalid Request ID")


def test_a_challenge_does_not_go_round_the_risk(tenant: Tenant, user: str, device: Device) -> None:
    made = tenant.http.post(f"/v1/users/{user}/generate-challenge", json={}).json()
    tenant.rules(user, {"riskResponseCode": 1})
    code = device.otp(tenant.clock.now(), data=made["challenge"])
    assert tenant.login(user, code, requestID=made["requestID"]).json()["sessionStatus"] == "refused"
    assert tenant.login(user, code, requestID=made["requestID"]).json() == ACCEPTED


def test_challenges_that_are_none(tenant: Tenant, user: str) -> None:
    put(tenant, user)
    path = f"/v1/users/{user}/generate-challenge"
    for body in ({"length": 0}, {"length": 17}, {"length": "six"}, {"checkDigit": "true"}, {"checkDigit": True}):
        assert tenant.http.post(path, json=body).status_code == 400
    assert tenant.http.post("/v1/users/nobody-here/generate-challenge", json={}).status_code == 404


def test_a_picture(tenant: Tenant) -> None:
    answer = tenant.http.get("/v1/visualcodes/render", params={"format": "QR", "message": "Hällo".encode().hex()})
    assert answer.headers["content-type"] == "image/png"
    for bad in ({"message": "0"}, {"message": "xx"}, {"message": ""}, {"message": "00" * 1001}):
        assert tenant.http.get("/v1/visualcodes/render", params={"format": "QR"} | bad).status_code == 400
