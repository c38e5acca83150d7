"""What requests and answers allow beyond the documented examples (those: test_iaa_conformance.py)."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from iaa.wires import Wire

from softtoken.iaa import (
    AnswerFault,
    BadAnswer,
    BrowserCddc,
    Delivery,
    EventRequest,
    FidoData,
    FidoProtocol,
    IaaClient,
    InvalidRequest,
    LoginRequest,
    MobileCddc,
    Outcome,
    RegisterRequest,
    RiskCode,
    SecureChannelData,
    StandardData,
    TransactionMessage,
    TransactionRequest,
    TransactionType,
    Unreachable,
    VisualCode,
    fingerprint_hash,
    risk_name,
)
from softtoken.iaa.transactions import TransactionData


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


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("relationship_ref", {"relationship_ref": None}),
        ("session_id", {"session_id": None}),
        ("event_type", {"event_type": ""}),
        ("event_type", {"event_type": "x" * 256}),
        ("otp", {"otp": ""}),
        ("pass_key", {"otp": "1", "pass_key": "x"}),
        ("timeout", {"timeout": 301}),
    ],
)
def test_an_event_that_the_documents_do_not_allow(field: str, wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"event_type": "LoginAttempt", "relationship_ref": "a", "session_id": "00"}
    EventRequest(**good)
    with pytest.raises(InvalidRequest) as caught:
        EventRequest(**good | wrong)
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
    wire.administration().unlock("alice@acme")
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/unlock", {})


def test_a_fresh_key_is_asked_for_beside_the_vendors_paths() -> None:
    wire = Wire({"message": "sealed"})
    assert wire.client().renew_key("alice@acme", {"proof": "p"}) == "sealed"
    assert wire.sent_exactly("POST", "/softtoken/v1/users/alice@acme/renew-key", {"proof": "p"})


def test_what_nobody_documented_is_kept_as_it_came() -> None:
    body = (
        b'{"sessionStatus":"accepted","riskResponseCode":0,"score":{"value":17,"of":[1.5,null,true]},"empty":{},'
        b'"huge":' + b"9" * 5000 + b',"wide":1e999,"riskresponsecode":1}'
    )
    answer = Wire(body).client().login("a@b", LoginRequest(relationship_ref="a", session_id="00"))
    assert answer.outcome is Outcome.ACCEPTED
    assert answer.extra["score"] == {"value": 17, "of": [1.5, None, True]}
    assert (answer.extra["empty"], answer.extra["riskresponsecode"]) == ({}, 1)
    # numbers beyond what a computer counts with, as their digits
    assert (answer.extra["huge"], answer.extra["wide"]) == ("9" * 5000, "1e999")
    assert hash(answer) == hash(answer)
    assert "17" not in repr(answer)


@pytest.mark.parametrize(
    "body",
    [
        b'{"sessionStatus":"failed","sessionStatus":"accepted"}',
        b'{"sessionStatus":"accepted","more":{"a":1,"a":2}}',
        b'{"sessionStatus":"accepted","session\\u0053tatus":"failed"}',
    ],
)
def test_a_name_that_stands_twice_is_not_guessed_at(body: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        Wire(body).client().login("a@b", LoginRequest(relationship_ref="a", session_id="00"))
    assert caught.value.fault is AnswerFault.WRONG_TYPES


def test_a_repr_shows_documented_words_and_small_numbers_alone() -> None:
    answer = Wire({"sessionStatus": "714346", "riskResponseCode": 714346, "requestID": "714346", "eventId": 7}).client()
    shown = repr(answer.login("a@b", LoginRequest(relationship_ref="a", session_id="00")))
    assert "714346" not in shown
    assert "event_id=7" in shown
    assert "log_correlation_id='c-1'" in shown
    known = (
        Wire({"sessionStatus": "pending", "riskResponseCode": 21})
        .client()
        .login("a@b", LoginRequest(relationship_ref="a", session_id="00"))
    )
    assert "session_status='pending', risk_response_code=21" in repr(known)


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        (
            StandardData(("DE89370400440532013000", "66.66"), "12345678"),
            {"standard": {"dataFields": ["DE89370400440532013000", "66.66"], "signature": "12345678"}},
        ),
        (SecureChannelData("r-1", "12345678"), {"secureChannel": {"requestID": "r-1", "signature": "12345678"}}),
        (
            TransactionMessage((("amount", "1"),)),
            {"transactionMessage": {"dataFields": [{"key": {"text": "amount"}, "value": {"text": "1"}}]}},
        ),
        (
            FidoData(FidoProtocol.UAF11, "{}"),
            {"fido": {"fidoProtocol": "UAF11", "authenticationResponse": "{}"}},
        ),
        (
            FidoData(FidoProtocol.FIDO2, "{}", "r-1"),
            {"fido": {"fidoProtocol": "FIDO2", "authenticationResponse": "{}", "requestID": "r-1"}},
        ),
    ],
)
def test_the_four_forms_of_a_transaction(data: TransactionData, sent: dict[str, Any]) -> None:
    wire = Wire({"sessionStatus": "accepted"})
    request = TransactionRequest(
        data=data, object_type=TransactionType.PLAIN, orchestration_delivery=(Delivery.PUSH_NOTIFICATION,)
    )
    wire.client().validate_transaction("alice@acme", request)
    expected = {
        "objectType": "TransactionValidationInput",
        "data": sent,
        "orchestrationDelivery": ["pushNotification"],
    }
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/transactions/validate", expected)


TRANSACTION: dict[str, Any] = {
    "data": StandardData(("1",), "12345678"),
    "relationship_ref": "a",
    "session_id": "00",
    "account_ref": "Ref",
    "amount": "66.66",
    "currency": "CAD",
    "transaction_type": "ExternalTransfer",
}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *((name, {name: None}) for name in TRANSACTION if name != "data"),
        ("amount", {"amount": ""}),
        ("creditor_iban", {"creditor_iban": "x" * 256}),
        ("session_id", {"session_id": "x"}),
        ("timeout", {"timeout": 301}),
    ],
)
def test_a_transaction_that_the_documents_do_not_allow(field: str, wrong: dict[str, Any]) -> None:
    TransactionRequest(**TRANSACTION)
    with pytest.raises(InvalidRequest) as caught:
        TransactionRequest(**TRANSACTION | wrong)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "make",
    [
        lambda: StandardData((), "1"),
        lambda: StandardData(("1",) * 9, "1"),
        lambda: StandardData(("\ud800",), "1"),
        lambda: StandardData(("1",), ""),
        lambda: SecureChannelData("", "1"),
        lambda: TransactionMessage(()),
        lambda: TransactionMessage((("a", "b"),) * 101),
        lambda: FidoData(FidoProtocol.FIDO2, ""),
    ],
)
def test_transaction_data_that_nothing_can_sign(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidRequest):
        make()


def test_what_a_transaction_is_about_is_in_no_repr() -> None:
    shown = repr(TransactionRequest(**TRANSACTION | {"data": StandardData(("DE8937",), "12345678")}))
    assert not [text for text in ("DE8937", "12345678", "66.66", "Ref'") if text in shown]


def test_a_mobile_fingerprint_is_the_other_form() -> None:
    wire = Wire({})
    cddc = MobileCddc("raw", fingerprint_hash("raw"))
    wire.client().login("a@b", LoginRequest(cddc=cddc, relationship_ref="a", session_id="00"))
    assert json.loads(wire.body)["cddc"] == {
        "mobileCDDC": {"fingerprintRaw": "raw", "fingerprintHash": fingerprint_hash("raw")}
    }


def test_a_challenge() -> None:
    wire = Wire({"challenge": "1234567", "requestID": "r-1", "expires": 60})
    got = wire.client().generate_challenge("alice@acme", length=7, check_digit=True)
    assert wire.sent_exactly("POST", "/v1/users/alice@acme/generate-challenge", {"length": "7", "checkDigit": "true"})
    assert (got.challenge, got.request_id, got.extra) == ("1234567", "r-1", {"expires": 60})
    for length in (0, 17):
        with pytest.raises(InvalidRequest):
            wire.client().generate_challenge("alice@acme", length=length)


def test_a_visual_code() -> None:
    png = b"\x89PNG\r\n\x1a\n..."
    wire = Wire(png)
    assert wire.client().render("00ff", VisualCode.QR) == png
    assert wire.sent_exactly("GET", "/v1/visualcodes/render?format=QR&message=00ff", None, "image/png")
    for message in ("", "xyz", "0 0", "00" * 2049, "00&format=QR"):
        with pytest.raises(InvalidRequest):
            wire.client().render(message)
    with pytest.raises(BadAnswer):
        Wire(b"<html>").client().render("00")
