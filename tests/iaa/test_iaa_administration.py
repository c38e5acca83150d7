"""An administrator's calls: users and authenticators, as they are sent and read."""

from typing import Any

import pytest
from iaa.wires import Wire

from softtoken.iaa import (
    AuthenticatorQuery,
    BadAnswer,
    IaaAdministration,
    InvalidRequest,
    UnregisterRequest,
    UnregisterType,
    UserChanges,
    VdpDelivery,
)

CHANGES = UserChanges(
    static_password="Test1234",
    email_address="alice@example.org",
    mobile_phone_number="+4915112345678",
    phone_number="+493012345",
    enabled=False,
    vdp_delivery=VdpDelivery.SMS,
)
CHANGED = {
    "staticPassword": "Test1234",
    "emailAddress": "alice@example.org",
    "mobilePhoneNumber": "+4915112345678",
    "phoneNumber": "+493012345",
    "enabled": False,
    "vdpDeliveryMethod": "SMS",
}


def test_a_user() -> None:
    wire = Wire({"authenticators": ["VDS1000000-1", "VDS1000000-2"], "userID": "alice", "locked": True, "lockCount": 3})
    user = wire.administration().user("alice@acme")
    assert wire.sent_exactly("GET", "/v1/users/alice@acme", None)
    assert (user.user_id, user.authenticators) == ("alice", ("VDS1000000-1", "VDS1000000-2"))
    assert user.extra == {"locked": True, "lockCount": 3}
    assert user.log_correlation_id == "c-1"
    assert "alice" not in repr(user)
    assert "VDS1000000" not in repr(user)


def test_a_user_without_anything() -> None:
    assert Wire({}).administration().user("alice@acme").authenticators == ()


def test_users() -> None:
    wire = Wire({"total": "2", "users": [{"userID": "alice", "locked": False}, {"userID": "bob"}], "next": 20})
    page = wire.administration().users(domain="acme", offset=40)
    assert wire.sent_exactly("GET", "/v1/users?domain=acme&offset=40&limit=20", None)
    assert (page.total, page.extra) == (2, {"next": 20})
    assert [(user.user_id, user.extra) for user in page.users] == [("alice", {"locked": False}), ("bob", {})]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda it: it.change_user("alice@acme", CHANGES), "PATCH", "/v1/users/alice@acme", CHANGED),
        (lambda it: it.create_user("alice@acme", CHANGES), "PUT", "/v1/users/alice@acme", CHANGED),
        (lambda it: it.create_user("alice@acme"), "PUT", "/v1/users/alice@acme", {}),
        (lambda it: it.delete_user("alice@acme"), "DELETE", "/v1/users/alice@acme", None),
        (lambda it: it.unlock("alice@acme"), "POST", "/v1/users/alice@acme/unlock", {}),
        (
            lambda it: it.assign("VDS1000000-1", "alice", "acme"),
            "POST",
            "/v1/authenticators/VDS1000000-1/assign",
            {"domain": "acme", "userID": "alice"},
        ),
        (lambda it: it.unassign("VDS1000000"), "POST", "/v1/authenticators/VDS1000000/unassign", None),
    ],
)
@pytest.mark.parametrize(("status", "answer"), [(200, b"{}"), (201, b'{"any":1e999}'), (204, b"")])
def test_changes(call: Any, method: str, path: str, body: dict[str, Any] | None, status: int, answer: bytes) -> None:
    wire = Wire(answer, status)
    assert call(wire.administration()) is None
    assert wire.sent_exactly(method, path, body)


def test_a_success_in_html_is_none() -> None:
    with pytest.raises(BadAnswer):
        Wire(b"<html>signed in</html>").administration().delete_user("alice@acme")


def test_authenticators() -> None:
    wire = Wire({"total": 0, "authenticators": []})
    wire.administration().authenticators(
        AuthenticatorQuery(serial_number="VDS 1&2", domain="acme", authenticator_type="VIR10", assigned=False, limit=5)
    )
    query = "serialNumber=VDS+1%262&domain=acme&type=VIR10&assigned=false&offset=0&limit=5"
    assert wire.sent_exactly("GET", f"/v1/authenticators?{query}", None)


def test_what_is_not_documented_of_an_authenticator_is_kept() -> None:
    one = {"serialNumber": "VDS1000000-1", "applications": [{"name": "APPLI 1", "type": "RO"}, {"name": "X"}], "a": [1]}
    [found] = Wire({"authenticators": [one]}).administration().authenticators(AuthenticatorQuery()).authenticators
    assert found.applications == (("APPLI 1", "RO"), ("X", None))
    assert (found.authenticator_type, found.extra) == (None, {"a": [1]})


@pytest.mark.parametrize("body", [[], {"authenticators": {}}, {"authenticators": [1]}, {"authenticators": [{}]}, {}])
def test_what_is_no_list_of_authenticators(body: object) -> None:
    with pytest.raises(BadAnswer):
        Wire(body).administration().authenticators(AuthenticatorQuery())


@pytest.mark.parametrize(
    "make",
    [
        lambda: UserChanges(static_password="short"),
        lambda: UserChanges(email_address="x" * 65),
        lambda: UserChanges(phone_number="1" * 21),
        lambda: AuthenticatorQuery(serial_number=""),
        lambda: AuthenticatorQuery(offset=-1),
        lambda: AuthenticatorQuery(limit=0),
        lambda: AuthenticatorQuery(limit=1001),
    ],
)
def test_what_the_documents_do_not_allow(make: Any) -> None:
    with pytest.raises(InvalidRequest):
        make()


def test_what_is_not_allowed_is_not_sent() -> None:
    wire = Wire({})
    administration: IaaAdministration = wire.administration()
    for call in (
        lambda: administration.users(limit=0),
        lambda: administration.users(domain=""),
        lambda: administration.assign("VDS1", "", "acme"),
    ):
        with pytest.raises(InvalidRequest):
            call()
    assert wire.sent == []


def test_unregister() -> None:
    wire = Wire({"riskResponseCode": 0})
    request = UnregisterRequest(relationship_ref="alice", session_id="00", client_ip="192.168.0.1")
    wire.client().unregister("alice@acme", request)
    expected = {
        "objectType": "AdaptiveUnregisterUserInput",
        "userID": "alice",
        "relationshipRef": "alice",
        "sessionID": "00",
        "clientIP": "192.168.0.1",
    }
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/unregister", expected)
    wire = Wire({})
    wire.client().unregister("alice@acme", UnregisterRequest(object_type=UnregisterType.PLAIN))
    body = {"objectType": "UnregisterUserInputEx", "userID": "alice"}
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/unregister", body)


def test_the_last_at_divides_user_and_domain() -> None:
    wire = Wire({})
    wire.client().unregister("a@b@acme", UnregisterRequest())
    body = {"objectType": "AdaptiveUnregisterUserInput", "userID": "a@b"}
    assert wire.sent_exactly("POST", "/v1/users/a%40b@acme/unregister", body)
