"""The reference's examples (iaa-api 13), by their numbers: the client sends exactly them, and reads their answers."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from iaa.samples import FR_HASH, FR_RAW, SEED_HASH, SEED_RAW, VO_HASH, VO_RAW
from iaa.wires import Wire

from softtoken.iaa import (
    ActivationType,
    AuthenticationFailed,
    AuthenticatorQuery,
    BrowserCddc,
    Conflict,
    Delivery,
    DeliveryFailed,
    EventRequest,
    IaaAdministration,
    IaaClient,
    IaaError,
    LoginMessage,
    LoginRequest,
    LoginType,
    NextStep,
    Outcome,
    Refused,
    RegisterRequest,
    RegisterType,
    RequestExpired,
    RiskCode,
    SessionStatus,
    StandardData,
    TransactionMessage,
    TransactionRequest,
    TransactionType,
    UserDisabled,
    UserLocked,
    fingerprint_hash,
    new_session_id,
)

CDDC = BrowserCddc(SEED_RAW, SEED_HASH)
B: dict[str, Any] = {"browserCDDC": {"fingerprintHash": SEED_HASH, "fingerprintRaw": SEED_RAW}}
BOTH = (Delivery.PUSH_NOTIFICATION, Delivery.REQUEST_MESSAGE)
FR_SESSION = "38663233383530352d623966382d343631342d393762392d373833303463323962303836"


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
    assert answer.outcome is Outcome.ACCEPTED
    assert (answer.log_correlation_id, answer.extra) == ("c-1", {})


def test_1_the_short_way_to_say_it() -> None:
    short = LoginRequest.with_otp(otp="714346", relationship_ref="iaa_user", session_id="4ED23EA44F23", cddc=CDDC)
    assert short == LoginRequest(otp="714346", relationship_ref="iaa_user", session_id="4ED23EA44F23", cddc=CDDC)


@pytest.mark.parametrize(
    ("raw", "size", "digest"), [(SEED_RAW, 612, SEED_HASH), (VO_RAW, 612, VO_HASH), (FR_RAW, 607, FR_HASH)]
)
def test_3_the_three_hashes(raw: str, size: int, digest: str) -> None:
    assert len(raw.encode()) == size
    assert fingerprint_hash(raw) == digest


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


def test_5_and_6_iaa_register() -> None:
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


def test_7_the_demo_apps_activation_text_as_a_visual_code() -> None:
    text = "02;user11021;111;hanyuchen9102-gmail;3zE6RNH5;hanyuchen9102-gmail"
    spelt = (
        "30323b7573657231313032313b3131313b68616e79756368656e393130322d676d61696c3b337a4536524e48353b"
        "68616e79756368656e393130322d676d61696c"
    )
    assert text.encode().hex() == spelt
    picture = b"\x89PNG\r\n\x1a\n and so on"
    wire = Wire(picture)
    assert wire.client().render(spelt) == picture
    assert wire.sent_exactly("GET", f"/v1/visualcodes/render?format=CRONTO&message={spelt}", None, "image/png")


def test_8_a_session_id_is_a_uuid_in_hexadecimal() -> None:
    assert bytes.fromhex(FR_SESSION).decode() == "8f238505-b9f8-4614-97b9-78304c29b086"
    ours = new_session_id()
    assert str(uuid.UUID(bytes.fromhex(ours).decode())).encode().hex() == ours


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


def test_12_a_risk_only_call() -> None:
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
    request = LoginRequest(
        orchestration_delivery=BOTH,
        timeout=0,
        client_ip="192.168.1.1",
        cddc=CDDC,
        relationship_ref="tyler4",
        session_id=FR_SESSION,
        application_ref="ForgeRock Identity Cloud",
    )
    answer = wire.client().login("tyler4@acme", request)
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/login", first)
    assert (answer.risk_response_code, answer.session_status) == (RiskCode.CHALLENGE_NO_PIN, "pending")
    assert (answer.request_id, answer.request_message) == ("r-1", "00ff")

    assert (answer.outcome, answer.next_step) == (Outcome.WAITING, NextStep.APPROVAL)


def test_13_the_code_for_code_5() -> None:
    first = LoginRequest(
        orchestration_delivery=BOTH,
        timeout=0,
        client_ip="192.168.1.1",
        cddc=CDDC,
        relationship_ref="tyler4",
        session_id=FR_SESSION,
        application_ref="ForgeRock Identity Cloud",
    )
    wire = Wire({"riskResponseCode": 5, "sessionStatus": "pending", "requestID": "r-1"})
    answer = wire.client().login("tyler4@acme", first)
    assert (answer.outcome, answer.next_step) == (Outcome.STEP_UP, NextStep.PIN_CODE)
    asked = json.loads(wire.body)

    wire = Wire({"riskResponseCode": 0, "sessionStatus": "accepted"})
    accepted = wire.client().login("tyler4@acme", first.with_proof(answer, otp="714346"))
    assert accepted.outcome is Outcome.ACCEPTED
    second = asked | {"requestID": "r-1", "credentials": {"authenticator": {"OTP": "714346"}}}
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
    assert (answer.outcome, answer.next_step) == (Outcome.WAITING, NextStep.NONE)


@pytest.mark.parametrize("word", [*SessionStatus, "brandNewWord"])
def test_15_session(word: str) -> None:
    wire = Wire({"sessionStatus": str(word), "somethingElse": [1, 2]})
    answer = wire.client().session("r-1/2")
    assert (answer.session_status, answer.log_correlation_id) == (word, "c-1")
    assert answer.extra == {"somethingElse": [1, 2]}
    assert wire.sent_exactly("GET", "/v1/sessions/r-1%2F2", None)


NO_DIGIPASS = (
    "Failed to send push notification. No applicable digipass found. Instance should have both a PNID and a secure "
    "channel set."
)
TEXTS: list[tuple[str, type[IaaError], Outcome]] = [
    ("Authentication failed", AuthenticationFailed, Outcome.WRONG_CREDENTIALS),
    ("User is disabled", UserDisabled, Outcome.DISABLED),
    ("User is disabled.", UserDisabled, Outcome.DISABLED),
    ("User is locked", UserLocked, Outcome.LOCKED),
    ("Invalid Request ID", RequestExpired, Outcome.TIMED_OUT),
    ("Request ID is invalid", RequestExpired, Outcome.TIMED_OUT),
    ("Timed out", RequestExpired, Outcome.TIMED_OUT),
    ("User refused", Refused, Outcome.REFUSED),
    ("Registration ceremony was not started", Conflict, Outcome.FAULT),
    (
        "Message not sent. Gateway exited with error and reported: invalid_destination.",
        DeliveryFailed,
        Outcome.UNDELIVERED,
    ),
    ("Gateway exited with error", DeliveryFailed, Outcome.UNDELIVERED),
    (
        NO_DIGIPASS,
        DeliveryFailed,
        Outcome.UNDELIVERED,
    ),
    ("UAF 1.1: whatever it is", Conflict, Outcome.FAULT),
]


@pytest.mark.parametrize(("text", "kind", "outcome"), TEXTS)
def test_16_the_documented_refusals(text: str, kind: type[IaaError], outcome: Outcome) -> None:
    wire = Wire({"error": "Conflict", "message": text}, 409)
    with pytest.raises(IaaError) as caught:
        wire.client().login("a@b", LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00"))
    error = caught.value
    assert type(error) is kind
    assert (error.http_status, error.message, error.log_correlation_id) == (409, text, "c-1")
    assert error.outcome is outcome


def test_17_an_event() -> None:
    wire = Wire({"riskResponseCode": 5, "sessionStatus": "pending", "requestID": "r-3"})
    request = EventRequest(
        timeout=0,
        client_ip="192.168.1.1",
        cddc=CDDC,
        relationship_ref="tyler4",
        session_id=FR_SESSION,
        application_ref="ForgeRock Identity Cloud",
        event_type="LoginAttempt",
    )
    answer = wire.client().validate_event("tyler4@acme", request)
    expected = {
        "timeout": 0,
        "clientIP": "192.168.1.1",
        "cddc": B,
        "relationshipRef": "tyler4",
        "sessionID": FR_SESSION,
        "applicationRef": "ForgeRock Identity Cloud",
        "eventType": "LoginAttempt",
    }
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/events/validate", expected)
    assert (answer.outcome, answer.next_step) == (Outcome.STEP_UP, NextStep.PIN_CODE)

    wire = Wire({"riskResponseCode": 0, "sessionStatus": "accepted"})
    wire.client().validate_event("tyler4@acme", request.with_proof(answer, otp="714346"))
    second = expected | {"requestID": "r-3", "credentials": {"authenticator": {"OTP": "714346"}}}
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/events/validate", second)


def test_18_a_transaction_to_be_approved() -> None:
    wire = Wire({"riskResponseCode": 21, "sessionStatus": "pending", "requestID": "r-4", "requestMessage": "00ff"})
    request = TransactionRequest(
        data=TransactionMessage((("amount", "66.66"), ("currency", "CAD"))),
        timeout=0,
        account_ref="Ref123123",
        amount="66.66",
        currency="CAD",
        transaction_type="ExternalTransfer",
        creditor_bank="ABC Bank",
        creditor_iban="IBAN123123",
        creditor_name="John Smith",
        debtor_iban="IBAN234234",
        client_ip="192.168.1.1",
        cddc=CDDC,
        relationship_ref="tyler4",
        session_id=FR_SESSION,
        application_ref="ForgeRock Identity Cloud",
    )
    answer = wire.client().validate_transaction("tyler4@acme", request)
    pairs = [
        {"key": {"text": "amount"}, "value": {"text": "66.66"}},
        {"key": {"text": "currency"}, "value": {"text": "CAD"}},
    ]
    expected = {
        "data": {"transactionMessage": {"dataFields": pairs}},
        "timeout": 0,
        "accountRef": "Ref123123",
        "amount": "66.66",
        "currency": "CAD",
        "transactionType": "ExternalTransfer",
        "creditorBank": "ABC Bank",
        "creditorIBAN": "IBAN123123",
        "creditorName": "John Smith",
        "debtorIBAN": "IBAN234234",
        "clientIP": "192.168.1.1",
        "cddc": B,
        "relationshipRef": "tyler4",
        "sessionID": FR_SESSION,
        "applicationRef": "ForgeRock Identity Cloud",
        "objectType": "AdaptiveTransactionValidationInput",
    }
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/transactions/validate", expected)
    assert (answer.outcome, answer.next_step) == (Outcome.WAITING, NextStep.APPROVAL)


def test_19_offline_signing() -> None:
    wire = Wire({"sessionStatus": "accepted"})
    request = TransactionRequest(
        data=StandardData(("<sourceAccount>", "<destinationAccount>", "<amountToTransfer>"), "12345678"),
        timeout=0,
        object_type=TransactionType.PLAIN,
    )
    answer = wire.client().validate_transaction("tyler4@acme", request)
    fields = ["<sourceAccount>", "<destinationAccount>", "<amountToTransfer>"]
    expected = {
        "data": {"standard": {"dataFields": fields, "signature": "12345678"}},
        "timeout": 0,
        "objectType": "TransactionValidationInput",
    }
    assert wire.sent_exactly("POST", "/v1/users/tyler4@acme/transactions/validate", expected)
    assert answer.outcome is Outcome.ACCEPTED


def test_20_authenticators_then_unassign() -> None:
    found = {
        "total": 1,
        "authenticators": [
            {
                "serialNumber": "VDS1000000-1",
                "authenticatorType": "TYP01",
                "applications": [{"name": "APPLI1", "type": "RO"}],
            }
        ],
    }
    wire = Wire(found)
    page = wire.administration().authenticators(AuthenticatorQuery(serial_number="*", assigned=True))
    assert wire.sent_exactly("GET", "/v1/authenticators?serialNumber=%2A&assigned=true&offset=0&limit=20", None)
    assert page.total == 1
    [one] = page.authenticators
    assert (one.serial_number, one.authenticator_type, one.applications) == (
        "VDS1000000-1",
        "TYP01",
        (("APPLI1", "RO"),),
    )
    wire = Wire({})
    wire.administration().unassign("VDS1000000")
    assert wire.sent_exactly("POST", "/v1/authenticators/VDS1000000/unassign", None)


def test_20_the_closed_commands_are_refused_with_a_reason() -> None:
    """Their content is an SDK's own: the documentation says so, and no method pretends to make any."""
    page = Path(__file__).parents[2].joinpath("docs", "iaa-client.md").read_text(encoding="utf-8")
    for closed in ("/v1/orchestration-commands", "/v1/orchestration-commands-v2", "/v1/users/{u}/reset-password"):
        [row] = [line for line in page.splitlines() if f"`POST {closed}`" in line]
        assert "refused" in row
    offered = {name for kind in (IaaClient, IaaAdministration) for name in dir(kind)}
    assert not [name for name in offered if "orchestration" in name or "reset" in name]
