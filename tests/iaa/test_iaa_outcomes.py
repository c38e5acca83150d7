"""What answers mean: every documented pair of status and risk code, and those that nobody documented."""

from typing import Any

import pytest
from iaa.wires import Wire

from softtoken.iaa import LoginAnswer, LoginRequest, NextStep, Outcome, RiskCode, SessionStatus, UnregisterRequest

STEPS = {
    0: NextStep.NONE, 1: NextStep.NONE, 2: NextStep.PASSWORD, 3: NextStep.DELIVERED_CODE, 4: NextStep.NO_PIN_CODE,
    5: NextStep.PIN_CODE, 6: NextStep.APPROVAL, 7: NextStep.APPROVAL, 8: NextStep.DELIVERED_CODE,
    10: NextStep.CHALLENGE_CODE, 11: NextStep.VISUAL_CODE, 13: NextStep.DELIVERED_CODE, 14: NextStep.UNSUPPORTED,
    21: NextStep.APPROVAL, 22: NextStep.APPROVAL, 23: NextStep.APPROVAL, 24: NextStep.APPROVAL,
    25: NextStep.UNSUPPORTED, 4711: NextStep.UNSUPPORTED, -1: NextStep.UNSUPPORTED,
}  # fmt: skip
OUTCOMES = {
    NextStep.NONE: Outcome.WAITING,
    NextStep.APPROVAL: Outcome.WAITING,
    NextStep.VISUAL_CODE: Outcome.WAITING,
    NextStep.UNSUPPORTED: Outcome.UNSUPPORTED,
}


def answer(**fields: Any) -> LoginAnswer:
    return Wire(fields).client().login("a@b", LoginRequest(relationship_ref="a", session_id="00"))


def test_every_known_code_has_its_step() -> None:
    assert set(STEPS) >= {int(code) for code in RiskCode}


@pytest.mark.parametrize(("code", "step"), STEPS.items())
def test_pending(code: int, step: NextStep) -> None:
    got = answer(riskResponseCode=code, sessionStatus="pending", requestID="r")
    assert got.next_step is step
    expected = Outcome.DECLINED if code == 1 else OUTCOMES.get(step, Outcome.STEP_UP)
    assert got.outcome is expected
    # who is not told what to wait for does not wait
    without = answer(riskResponseCode=code, sessionStatus="pending")
    assert without.outcome is (Outcome.UNKNOWN if expected is Outcome.WAITING else expected)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("accepted", Outcome.ACCEPTED),
        ("refused", Outcome.REFUSED),
        ("timeout", Outcome.TIMED_OUT),
        ("failed", Outcome.WRONG_CREDENTIALS),
        ("failure", Outcome.WRONG_CREDENTIALS),
        ("unknown", Outcome.UNKNOWN),
        ("Accepted", Outcome.UNKNOWN),
        ("brandNewWord", Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_over(status: str | None, outcome: Outcome) -> None:
    for code in (None, 0, 5, 4711):
        got = answer(sessionStatus=status, riskResponseCode=code)
        assert (got.outcome, got.next_step) == (outcome, NextStep.NONE)
    # the risk engine's no is never overruled
    assert answer(sessionStatus=status, riskResponseCode=1).outcome is Outcome.DECLINED


def test_without_a_risk_engine_pending_is_a_push() -> None:
    got = answer(sessionStatus="pending", requestID="r")
    assert (got.outcome, got.next_step, got.risk_response_code) == (Outcome.WAITING, NextStep.NONE, None)


def test_an_empty_answer_is_no_success() -> None:
    assert answer().outcome is Outcome.UNKNOWN
    assert answer(riskResponseCode=0).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("word", SessionStatus)
def test_a_session(word: SessionStatus) -> None:
    got = Wire({"sessionStatus": word.value}).client().session("r").outcome
    assert got is (Outcome.WAITING if word is SessionStatus.PENDING else answer(sessionStatus=word.value).outcome)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", Outcome.ACCEPTED),
        (b"{}", Outcome.ACCEPTED),
        (b'{"riskResponseCode":0}', Outcome.ACCEPTED),
        (b'{"riskResponseCode":1}', Outcome.DECLINED),
        (b'{"riskResponseCode":5,"requestID":"r"}', Outcome.STEP_UP),
        (b'{"riskResponseCode":21,"sessionStatus":"pending","requestID":"r"}', Outcome.WAITING),
        (b'{"riskResponseCode":0,"sessionStatus":"accepted"}', Outcome.ACCEPTED),
        (b'{"sessionStatus":"failed"}', Outcome.WRONG_CREDENTIALS),
    ],
)
def test_unregister(body: bytes, outcome: Outcome) -> None:
    got = Wire(body).client().unregister("a@b", UnregisterRequest())
    assert got.outcome is outcome


def test_the_second_step_goes_on_with_the_session() -> None:
    first = LoginRequest(relationship_ref="a", session_id="00", otp="111111", application_ref="shop")
    got = answer(riskResponseCode=10, sessionStatus="pending", requestID="r", challenge="1234567")
    second = first.with_proof(got, otp="714346")
    assert (second.otp, second.challenge, second.request_id) == ("714346", "1234567", "r")
    assert (second.session_id, second.application_ref, second.pass_key) == ("00", "shop", None)
    third = first.with_proof(got, pass_key="Test1234")
    assert (third.pass_key, third.otp, third.challenge) == ("Test1234", None, None)
    fido = LoginRequest(relationship_ref="a", session_id="00", fido_response="{}").with_proof(got, otp="714346")
    assert (fido.otp, fido.fido_response) == ("714346", None)
    # a server that says nothing of a request is continued by the session alone
    bare = first.with_proof(answer(riskResponseCode=5, sessionStatus="pending", requestID="", challenge=""), otp="1")
    assert (bare.request_id, bare.challenge) == (None, None)
