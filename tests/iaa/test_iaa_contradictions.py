"""Where the sources contradict each other (iaa-api 14), one test per row: what this client sends and accepts."""

import json
from typing import Any

import pytest
from iaa.samples import SEED_HASH, SEED_RAW, VO_RAW
from iaa.wires import Wire

from softtoken.engine.managed import managed_otp
from softtoken.iaa import (
    AuthenticationFailed,
    BrowserCddc,
    InvalidRequest,
    LoginAnswer,
    LoginRequest,
    LoginType,
    NextStep,
    NotFound,
    Outcome,
    RiskCode,
    fingerprint_hash,
    parse_user,
    risk_name,
)

BASE: dict[str, Any] = {"relationship_ref": "alice", "session_id": "4ED23EA44F23"}
ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}


def sent_by(request: LoginRequest, user: str = "alice@acme") -> dict[str, Any]:
    """The login's body as a server reads it."""
    wire = Wire(ACCEPTED)
    wire.client().login(user, request)
    body: dict[str, Any] = json.loads(wire.body)
    return body


def answer_to(fields: dict[str, Any]) -> LoginAnswer:
    return Wire(fields).client().login("alice@acme", LoginRequest(**BASE))


def test_mandatory_login_fields() -> None:
    """objectType, relationshipRef and sessionID are always there; cddc, staticPassword and credentials need not be."""
    assert sent_by(LoginRequest(**BASE)) == {
        "objectType": "AdaptiveLoginInput",
        "relationshipRef": "alice",
        "sessionID": "4ED23EA44F23",
    }
    for missing in BASE:
        with pytest.raises(InvalidRequest) as caught:
            LoginRequest(**BASE | {missing: None})
        assert caught.value.field == missing
    assert sent_by(LoginRequest(object_type=LoginType.PLAIN)) == {"objectType": "LoginInput"}


def test_cddc_type() -> None:
    """An object, as in the seed's sample; not a text, as in its table."""
    cddc = BrowserCddc(SEED_RAW, SEED_HASH)
    sent = sent_by(LoginRequest(**BASE, cddc=cddc))["cddc"]
    assert sent == {"browserCDDC": {"fingerprintRaw": SEED_RAW, "fingerprintHash": SEED_HASH}}


def test_client_ip() -> None:
    """Sent where it is known, never required."""
    assert sent_by(LoginRequest(**BASE, client_ip="192.168.0.1"))["clientIP"] == "192.168.0.1"
    assert "clientIP" not in sent_by(LoginRequest(**BASE))


@pytest.mark.parametrize("word", ["failed", "failure"])
def test_wrong_otp(word: str) -> None:
    """A 409 or a 200: one outcome, and what came is still there."""
    request = LoginRequest(**BASE, otp="714346")
    wire = Wire({"error": "Conflict", "message": "Authentication failed"}, 409)
    with pytest.raises(AuthenticationFailed) as caught:
        wire.client().login("alice@acme", request)
    answer = Wire({"riskResponseCode": 0, "sessionStatus": word}).client().login("alice@acme", request)
    assert caught.value.outcome is answer.outcome is Outcome.WRONG_CREDENTIALS
    assert (caught.value.http_status, caught.value.message) == (409, "Authentication failed")
    assert (answer.session_status, answer.risk_response_code) == (word, 0)


@pytest.mark.parametrize("word", ["failed", "failure"])
def test_status_word(word: str) -> None:
    """`failed` and `failure` mean the same, wherever they come."""
    assert Wire({"sessionStatus": word}).client().session("r").outcome is Outcome.WRONG_CREDENTIALS
    assert answer_to({"sessionStatus": word}).outcome is Outcome.WRONG_CREDENTIALS
    waited = Wire({"sessionStatus": word}).client().await_session("r")
    assert waited.outcome is Outcome.WRONG_CREDENTIALS


@pytest.mark.parametrize("code", [14, 25])
def test_fido_code(code: int) -> None:
    """Both numbers are FIDO, and neither is anything that this client can answer."""
    answer = answer_to({"riskResponseCode": code, "sessionStatus": "pending", "requestID": "r"})
    assert (answer.outcome, answer.next_step) == (Outcome.UNSUPPORTED, NextStep.UNSUPPORTED)
    assert (RiskCode(code), risk_name(code)) == (code, "ChallengeFIDO")


def test_hash_vs_raw() -> None:
    """Ours is right; somebody else's pair is sent as it is, right or wrong."""
    assert fingerprint_hash(SEED_RAW) == SEED_HASH
    observed = BrowserCddc(VO_RAW, SEED_HASH)
    assert fingerprint_hash(VO_RAW) != SEED_HASH
    assert sent_by(LoginRequest(**BASE, cddc=observed))["cddc"]["browserCDDC"]["fingerprintHash"] == SEED_HASH


def test_path_user() -> None:
    """The dividing @ is literal, one within the user id is encoded; a typed %40 is no @."""
    for user, path in (("alice@acme", "alice@acme"), ("a@b@acme", "a%40b@acme"), ("a/b@acme", "a%2Fb@acme")):
        wire = Wire(ACCEPTED)
        wire.client().login(user, LoginRequest(**BASE))
        assert wire.sent[0].url.raw_path.decode() == f"/v1/users/{path}/login"
    assert parse_user("alice%40acme", "sandbox") == ("alice%40acme", "sandbox")


def test_render() -> None:
    """GET, though a POST is documented, too."""
    wire = Wire(b"\x89PNG\r\n\x1a\n")
    wire.client().render("00ff")
    assert wire.sent_exactly("GET", "/v1/visualcodes/render?format=CRONTO&message=00ff", None, "image/png")


def test_otp_life() -> None:
    """30 seconds, as in the seed; not the 36 of the vendor's demonstration token."""
    made = managed_otp(bytes(32), 1, None, bytes(64), 1_700_000_000, 8)
    assert made.valid_until == made.valid_from + 30


def test_unknown_user() -> None:
    """check-status answers `unknown`, a login 404: both are kept apart."""
    assert Wire({"activationStatus": "unknown"}).client().check_status("nobody") == "unknown"
    wire = Wire({"error": "Not Found", "message": "User not found"}, 404)
    with pytest.raises(NotFound) as caught:
        wire.client().login("nobody@acme", LoginRequest(**BASE))
    assert caught.value.outcome is Outcome.FAULT


def test_numbers() -> None:
    """Texts where the vendor's client sends texts, a number for timeout; in answers both."""
    wire = Wire({"activationStatus": "pending"})
    wire.client().check_status("alice")
    assert json.loads(wire.body) == {"login": "alice", "timeoutSeconds": "0"}
    wire = Wire({"challenge": "123456", "requestID": "r"})
    wire.client().generate_challenge("alice@acme")
    assert json.loads(wire.body) == {"length": "6", "checkDigit": "false"}
    assert sent_by(LoginRequest(**BASE, timeout=0))["timeout"] == 0
    for code in (5, "5"):
        answer = answer_to({"riskResponseCode": code, "sessionStatus": "pending", "eventId": str(code)})
        assert (answer.risk_response_code, answer.event_id) == (5, 5)
