"""The documented examples (iaa-api 13, 1 to 16), byte for byte, and what requests and answers allow."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from iaa.samples import SEED_HASH, SEED_RAW, VO_RAW

from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import AuthenticationFailed, Unreachable
from softtoken.iaa.fingerprint import BrowserCddc, fingerprint_hash
from softtoken.iaa.messages import (
    ActivationType,
    Delivery,
    FidoProtocol,
    InvalidRequest,
    LoginMessage,
    LoginRequest,
    LoginType,
    RegisterRequest,
    RegisterType,
    RiskCode,
    SessionStatus,
    risk_name,
)

CDDC = BrowserCddc(SEED_RAW, SEED_HASH)
B: dict[str, Any] = {"browserCDDC": {"fingerprintHash": SEED_HASH, "fingerprintRaw": SEED_RAW}}
BOTH = (Delivery.PUSH_NOTIFICATION, Delivery.REQUEST_MESSAGE)
FR_SESSION = "38663233383530352d623966382d343631342d393762392d373833303463323962303836"


class Wire:
    """Answers as told and keeps what was sent."""

    def __init__(self, answer: object = None, status: int = 200) -> None:
        self.answer, self.status = answer, status
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(self.status, json=self.answer, headers={"log-correlation-id": "c-1"})

    def client(self) -> IaaClient:
        return IaaClient("https://acme.sdb.tid.onespan.cloud", transport=httpx.MockTransport(self))

    @property
    def body(self) -> bytes:
        return self.sent[0].content

    def sent_exactly(self, method: str, path: str, body: dict[str, Any] | None) -> bool:
        request = self.sent[0]
        assert (request.method, request.url.raw_path.decode()) == (method, path)
        assert request.headers["accept"] == "application/json"
        if body is None:
            assert request.content == b""
            return "content-type" not in request.headers
        assert request.headers["content-type"] == "application/json"
        # JSON objects have no order: both sides in one order, then the bytes
        canonical = msgspec.json.encode(msgspec.json.decode(request.content), order="deterministic")
        return canonical == msgspec.json.encode(body, order="deterministic")


def test_1_and_2_the_seeds_login() -> None:
    wire = Wire({"riskResponseCode": 0, "sessionStatus": "accepted"})
    request = LoginRequest(
        otp="714346", cddc=CDDC, relationship_ref="iaa_user", session_id="4ED23EA44F23", client_ip="192.168.0.1"
    )
    answer = wire.client().login("iaa_user@acme", request)
    expected = {
        "objectType": "AdaptiveLoginInput",
        "cddc": {"browserCDDC": {"fingerprintRaw": SEED_RAW, "fingerprintHash": SEED_HASH}},
        "relationshipRef": "iaa_user",
        "sessionID": "4ED23EA44F23",
        "clientIP": "192.168.0.1",
        "credentials": {"authenticator": {"OTP": "714346"}},
    }
    # in the seed's own order, too
    assert wire.body == json.dumps(expected, separators=(",", ":")).encode()
    assert wire.sent_exactly("POST", "/v1/users/iaa_user@acme/login", expected)
    assert (answer.risk_response_code, answer.session_status) == (0, "accepted")
    assert answer.session_status == SessionStatus.ACCEPTED
    assert answer.log_correlation_id == "c-1"


def test_1_the_short_way_to_say_it() -> None:
    short = LoginRequest.with_otp(otp="714346", relationship_ref="iaa_user", session_id="4ED23EA44F23", cddc=CDDC)
    assert short == LoginRequest(otp="714346", relationship_ref="iaa_user", session_id="4ED23EA44F23", cddc=CDDC)


def test_4_oca_register() -> None:
    wire = Wire({"activationPassword": "1YNINfe2", "serialNumber": "VDS1000001"})
    # the client's raw text with the seed's hash, as it was observed
    cddc = BrowserCddc(VO_RAW, SEED_HASH)
    request = RegisterRequest(
        object_type=RegisterType.PLAIN,
        cddc=cddc,
        client_ip="192.168.0.1",
        static_password="Test1234",
        user_id="arthur115",
    )
    assert wire.client().register(request).activation_password == "1YNINfe2"
    assert wire.sent_exactly(
        "POST",
        "/v1/users/register",
        {
            "objectType": "RegisterUserInputEx",
            "cddc": {"browserCDDC": {"fingerprintHash": SEED_HASH, "fingerprintRaw": VO_RAW}},
            "clientIP": "192.168.0.1",
            "staticPassword": "Test1234",
            "userID": "arthur115",
        },
    )


def test_5_6_and_8_iaa_register() -> None:
    wire = Wire({"activationPassword": "3zE6RNH5", "riskResponseCode": 0, "serialNumber": "VDS1000000"})
    request = RegisterRequest(
        application_ref="ForgeRock Identity Cloud",
        session_id=FR_SESSION,
        relationship_ref="tyler4",
        activation_type=ActivationType.ONLINE_MDL,
        static_password="Test1234",
        user_id="tyler4",
        client_ip="192.168.1.1",
        cddc=CDDC,
    )
    answer = wire.client().register(request)
    assert wire.sent_exactly(
        "POST",
        "/v1/users/register",
        {
            "applicationRef": "ForgeRock Identity Cloud",
            "sessionID": FR_SESSION,
            "relationshipRef": "tyler4",
            "activationType": "onlineMDL",
            "staticPassword": "Test1234",
            "objectType": "AdaptiveRegisterUserInput",
            "userID": "tyler4",
            "clientIP": "192.168.1.1",
            "cddc": B,
        },
    )
    assert bytes.fromhex(FR_SESSION).decode() == "8f238505-b9f8-4614-97b9-78304c29b086"
    assert (answer.activation_password, answer.serial_number) == ("3zE6RNH5", "VDS1000000")
    assert (answer.risk_response_code, answer.registration_id) == (0, None)


def test_6_offline_register_has_a_registration_id() -> None:
    wire = Wire({"activationPassword": "3zE6RNH5", "registrationID": "0a1b2c3d", "serialNumber": "VDS1000000"})
    request = RegisterRequest(user_id="alice", activation_type=ActivationType.OFFLINE_MDL)
    assert wire.client().register(request).registration_id == "0a1b2c3d"
    assert wire.sent_exactly(
        "POST",
        "/v1/users/register",
        {"objectType": "AdaptiveRegisterUserInput", "userID": "alice", "activationType": "offlineMDL"},
    )


def test_9_check_status() -> None:
    wire = Wire({"activationStatus": "unknown"})
    assert wire.client().check_status("unknown_username") == "unknown"
    assert wire.body == b'{"login":"unknown_username","timeoutSeconds":"0"}'
    assert wire.sent_exactly(
        "POST", "/v1/registrations/check-status", {"login": "unknown_username", "timeoutSeconds": "0"}
    )


def test_10_add_device() -> None:
    eight = {
        "activationMessage2": "QUJD",
        "activationType": "offlineMDL",
        "deviceStatus": "active",
        "deviceType": "desktop",
        "domain": "sandbox",
        "registrationID": "0a1b2c3d",
        "serialNumber": "VDS1000000",
        "userID": "alice",
    }
    wire = Wire(eight)
    answer = wire.client().add_device("0a1b2c3d", "code")
    assert wire.body == b'{"deviceCode":"code"}'
    assert wire.sent_exactly("POST", "/v1/registrations/0a1b2c3d/add-device", {"deviceCode": "code"})
    got = (
        answer.activation_message_2, answer.activation_type, answer.device_status, answer.device_type,
        answer.domain, answer.registration_id, answer.serial_number, answer.user_id,
    )  # fmt: skip
    assert got == tuple(eight.values())
    assert answer.log_correlation_id == "c-1"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_11_activate(status: int) -> None:
    wire = Wire("any body", status)
    wire.client().activate("0a1b2c3d", "714346")
    assert wire.body == b'{"signature":"714346"}'
    assert wire.sent_exactly("POST", "/v1/registrations/0a1b2c3d/activate", {"signature": "714346"})


def test_12_and_13_a_risk_only_call_then_the_code() -> None:
    wire = Wire({"riskResponseCode": 21, "sessionStatus": "pending", "requestID": "r-1", "requestMessage": "00ff"})
    first: dict[str, Any] = {
        "orchestrationDelivery": ["pushNotification", "requestMessage"],
        "timeout": 0,
        "clientIP": "192.168.1.1",
        "cddc": B,
        "relationshipRef": "tyler4",
        "sessionID": FR_SESSION,
        "applicationRef": "ForgeRock Identity Cloud",
        "objectType": "AdaptiveLoginInput",
    }
    common: dict[str, Any] = {
        "orchestration_delivery": BOTH,
        "timeout": 0,
        "client_ip": "192.168.1.1",
        "cddc": CDDC,
        "relationship_ref": "tyler4",
        "session_id": FR_SESSION,
        "application_ref": "ForgeRock Identity Cloud",
    }
    answer = wire.client().login("tyler4@acme", LoginRequest(**common))
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/login", first)
    assert (answer.risk_response_code, answer.session_status) == (RiskCode.CHALLENGE_NO_PIN, "pending")
    assert (answer.request_id, answer.request_message) == ("r-1", "00ff")

    wire = Wire({"riskResponseCode": 0, "sessionStatus": "accepted"})
    wire.client().login("tyler4@acme", LoginRequest(**common, request_id=answer.request_id, otp="714346"))
    second = first | {"requestID": "r-1", "credentials": {"authenticator": {"OTP": "714346"}}}
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/login", second)


def test_14_oca_push_login() -> None:
    wire = Wire({"requestID": "r-2", "sessionStatus": "pending", "requestMessage": "00ff"})
    request = LoginRequest(
        object_type=LoginType.PLAIN,
        pass_key="Fingerprint",
        login_message=LoginMessage("Login request", "Tap here to confirm login", "Are you trying to log in?"),
        orchestration_delivery=BOTH,
    )
    answer = wire.client().login("arthur115@acme", request)
    assert wire.sent_exactly(
        "POST",
        "/v1/users/arthur115@acme/login",
        {
            "objectType": "LoginInput",
            "credentials": {"passKey": "Fingerprint"},
            "loginMessage": {
                "title": {"text": "Login request"},
                "subject": "Tap here to confirm login",
                "challenge": "Are you trying to log in?",
            },
            "orchestrationDelivery": ["pushNotification", "requestMessage"],
        },
    )
    assert (answer.risk_response_code, answer.request_id) == (None, "r-2")


@pytest.mark.parametrize("word", [*SessionStatus, "brandNewWord"])
def test_15_session(word: str) -> None:
    wire = Wire({"sessionStatus": str(word), "somethingElse": [1, 2]})
    answer = wire.client().session("r-1/2")
    assert (answer.session_status, answer.log_correlation_id) == (word, "c-1")
    assert wire.sent_exactly("GET", "/v1/sessions/r-1%2F2", None)


def test_16_wrong_code() -> None:
    wire = Wire({"error": "Conflict", "message": "Authentication failed"}, 409)
    with pytest.raises(AuthenticationFailed) as caught:
        wire.client().login("a@b", LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00"))
    error = caught.value
    assert (error.http_status, error.message, error.log_correlation_id) == (409, "Authentication failed", "c-1")


def test_the_rarer_credentials() -> None:
    wire = Wire({})
    client = wire.client()
    base: dict[str, Any] = {"relationship_ref": "a", "session_id": "00"}
    client.login("a@b", LoginRequest(otp="1234567", challenge="99", **base))
    client.login("a@b", LoginRequest(fido_response="{}", fido_protocol=FidoProtocol.FIDO2, **base))
    first, second = (json.loads(request.content) for request in wire.sent)
    assert first["credentials"] == {"authenticator": {"OTP": "1234567", "challenge": "99"}}
    assert second["credentials"] == {"fidoAuthenticator": {"authenticationResponse": "{}"}}
    assert second["fidoAuthentication"] == {"fidoProtocol": "FIDO2"}


def test_unknown_codes_and_words_are_kept_and_numbers_may_be_texts() -> None:
    wire = Wire(
        {
            "riskResponseCode": "4711",
            "sessionStatus": "verySpecial",
            "eventId": "12",
            "uafStatusCode": 1200,
            "challenge": None,
            "new": {},
        }
    )
    answer = wire.client().login("a@b", LoginRequest(relationship_ref="a", session_id="00"))
    assert (answer.risk_response_code, answer.session_status) == (4711, "verySpecial")
    assert (answer.event_id, answer.uaf_status_code, answer.challenge) == (12, 1200, None)
    assert risk_name(4711) is None


def test_risk_names_are_the_vendors() -> None:
    assert {int(code): risk_name(code) for code in RiskCode} == {
        0: "Accept", 1: "Decline", 2: "Challenge", 3: "ChallengeSMS", 4: "ChallengeDevice",
        5: "ChallengeDevice2FA", 6: "ChallengePush", 7: "ChallengePush2FA", 8: "ChallengeEmail",
        10: "ChallengeCRDevice2FA", 11: "ChallengeCronto", 13: "ChallengeVoice", 14: "ChallengeFIDO",
        21: "ChallengeNoPIN", 22: "ChallengePIN", 23: "ChallengeFingerprint", 24: "ChallengeFace",
        25: "ChallengeFIDO",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("relationship_ref", {"relationship_ref": None}),
        ("relationship_ref", {"relationship_ref": ""}),
        ("relationship_ref", {"relationship_ref": "x" * 151}),
        ("session_id", {"session_id": None}),
        ("session_id", {"session_id": "0"}),
        ("session_id", {"session_id": "0" * 101}),
        ("session_id", {"session_id": "zz"}),
        ("session_id", {"session_id": "00\n"}),
        ("otp", {"otp": ""}),
        ("otp", {"otp": "1" * 256}),
        ("otp", {"otp": "\ud800"}),
        ("challenge", {"otp": None, "challenge": "1"}),
        ("pass_key", {"pass_key": "x"}),
        ("static_password", {"static_password": "short"}),
        ("client_ip", {"client_ip": "here"}),
        ("timeout", {"timeout": -1}),
        ("timeout", {"timeout": 301}),
        ("request_id", {"request_id": ""}),
    ],
)
def test_a_login_that_the_documents_do_not_allow(field: str, wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"otp": "714346", "relationship_ref": "a", "session_id": "00"}
    LoginRequest(**good)
    with pytest.raises(InvalidRequest) as caught:
        LoginRequest(**good | wrong)
    assert caught.value.field == field


def test_a_registration_that_the_documents_do_not_allow() -> None:
    for user_id, password in (("", None), ("x" * 256, None), ("x", "Test123")):
        with pytest.raises(InvalidRequest):
            RegisterRequest(user_id=user_id, static_password=password)


def test_what_is_no_text_for_the_wire_is_not_sent() -> None:
    wire = Wire({})
    client = wire.client()
    with pytest.raises(InvalidRequest):
        client.check_status("\ud800")
    with pytest.raises(InvalidRequest):
        client.add_device("1", "")
    with pytest.raises(InvalidRequest):
        client.activate("1", "\udfff")
    assert wire.sent == []


def test_the_fingerprint_crosses_the_wire_unchanged() -> None:
    wire = Wire({})
    raw = 'quotes " and \\ and é and \u2028'
    cddc = BrowserCddc(raw, fingerprint_hash(raw))
    wire.client().login("a@b", LoginRequest(cddc=cddc, relationship_ref="a", session_id="00"))
    sent = json.loads(wire.body)["cddc"]["browserCDDC"]
    assert fingerprint_hash(sent["fingerprintRaw"]) == sent["fingerprintHash"]


def test_resynchronising() -> None:
    wire = Wire({})
    wire.client().sync_authenticator("alice@acme", "12345678", "87654321", "VDS1000000")
    body = {"serialNumber": "VDS1000000", "response1": "12345678", "response2": "87654321"}
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/sync-authenticator", body)
    wire = Wire({})
    wire.client().sync_authenticator("alice@acme", "12345678", "87654321")
    assert wire.sent_exactly(
        "POST", "/v1/users/alice@acme/sync-authenticator", {"response1": "12345678", "response2": "87654321"}
    )
    with pytest.raises(InvalidRequest):
        wire.client().sync_authenticator("alice@acme", "", "87654321")


def test_resynchronising_is_never_repeated() -> None:
    sent = []

    def lose(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ConnectError("refused", request=request)

    client = IaaClient("https://acme.example", transport=httpx.MockTransport(lose), sleep=lambda _: None)
    with pytest.raises(Unreachable):
        client.sync_authenticator("alice@acme", "12345678", "87654321")
    assert len(sent) == 1


def test_unlocking() -> None:
    wire = Wire({})
    wire.client().unlock("alice@acme")
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/unlock", {})


def test_a_fresh_key_is_asked_for_beside_the_vendors_paths() -> None:
    wire = Wire({"message": "sealed"})
    assert wire.client().renew_key("alice@acme", {"proof": "p"}) == "sealed"
    assert wire.sent_exactly("POST", "/softtoken/v1/users/alice@acme/renew-key", {"proof": "p"})
