"""What an answer means, in one word each, whichever channel it came by (iaa-api 6.3, 6.4, 8.2).

A wrong code is a 409 to one server and a 200 with `failed` to another; both have the outcome WRONG_CREDENTIALS. Every
answer and every IaaError has an `outcome`, beside what came.
"""

from enum import StrEnum, auto

from softtoken.iaa.words import RiskCode, SessionStatus


class Outcome(StrEnum):
    """ACCEPTED is the only success. STEP_UP: the same session goes on with what `next_step` names.

    WAITING: somebody approves elsewhere; ask for the session until it is over. UNSUPPORTED: a challenge that this
    client cannot answer. UNDELIVERED: a message with the challenge did not leave the server. FAULT: no outcome of an
    authentication; the class of the error tells. UNKNOWN: the documents do not say; never a success.
    """

    ACCEPTED = auto()
    STEP_UP = auto()
    WAITING = auto()
    DECLINED = auto()
    REFUSED = auto()
    TIMED_OUT = auto()
    WRONG_CREDENTIALS = auto()
    LOCKED = auto()
    DISABLED = auto()
    UNDELIVERED = auto()
    UNSUPPORTED = auto()
    UNKNOWN = auto()
    FAULT = auto()


class NextStep(StrEnum):
    """What a risk code asks for. The first five are answered by a second request with the same session id.

    DELIVERED_CODE: one that the server sends by SMS, e-mail or voice call. NO_PIN_CODE and PIN_CODE: a token's,
    without and with PIN or biometry. CHALLENGE_CODE: a token's over the answer's `challenge`. VISUAL_CODE and APPROVAL:
    wait for the session. NONE: accept or decline.
    """

    PASSWORD = auto()
    DELIVERED_CODE = auto()
    NO_PIN_CODE = auto()
    PIN_CODE = auto()
    CHALLENGE_CODE = auto()
    VISUAL_CODE = auto()
    APPROVAL = auto()
    NONE = auto()
    UNSUPPORTED = auto()


def next_step(risk_response_code: int) -> NextStep:
    """UNSUPPORTED for FIDO and for a tenant's own codes."""
    return _NEXT.get(risk_response_code, NextStep.UNSUPPORTED)


def outcome_of(session_status: str | None, risk_response_code: int | None, *, request_id: str | None) -> Outcome:
    """Of an answer's fields as they came. A decline overrules every status: where the two contradict, nobody gets in.

    request_id: without one there is nothing to wait for.
    """
    if risk_response_code == RiskCode.DECLINE:
        return Outcome.DECLINED
    if session_status != SessionStatus.PENDING:
        return _OVER.get(session_status or "", Outcome.UNKNOWN)
    # a tenant without a risk engine (OCA) gives no code: its pending is a push
    step = NextStep.APPROVAL if risk_response_code is None else next_step(risk_response_code)
    match step:
        case NextStep.UNSUPPORTED:
            return Outcome.UNSUPPORTED
        case NextStep.APPROVAL | NextStep.VISUAL_CODE | NextStep.NONE:
            return Outcome.WAITING if request_id else Outcome.UNKNOWN
        case _:
            return Outcome.STEP_UP


_NEXT: dict[int, NextStep] = {
    RiskCode.ACCEPT: NextStep.NONE,
    RiskCode.DECLINE: NextStep.NONE,
    RiskCode.CHALLENGE: NextStep.PASSWORD,
    RiskCode.CHALLENGE_SMS: NextStep.DELIVERED_CODE,
    RiskCode.CHALLENGE_EMAIL: NextStep.DELIVERED_CODE,
    RiskCode.CHALLENGE_VOICE: NextStep.DELIVERED_CODE,
    RiskCode.CHALLENGE_DEVICE: NextStep.NO_PIN_CODE,
    RiskCode.CHALLENGE_DEVICE_2FA: NextStep.PIN_CODE,
    RiskCode.CHALLENGE_CR_DEVICE_2FA: NextStep.CHALLENGE_CODE,
    RiskCode.CHALLENGE_CRONTO: NextStep.VISUAL_CODE,
    RiskCode.CHALLENGE_PUSH: NextStep.APPROVAL,
    RiskCode.CHALLENGE_PUSH_2FA: NextStep.APPROVAL,
    RiskCode.CHALLENGE_NO_PIN: NextStep.APPROVAL,
    RiskCode.CHALLENGE_PIN: NextStep.APPROVAL,
    RiskCode.CHALLENGE_FINGERPRINT: NextStep.APPROVAL,
    RiskCode.CHALLENGE_FACE: NextStep.APPROVAL,
}

_OVER: dict[str, Outcome] = {
    SessionStatus.ACCEPTED: Outcome.ACCEPTED,
    SessionStatus.REFUSED: Outcome.REFUSED,
    SessionStatus.TIMEOUT: Outcome.TIMED_OUT,
    SessionStatus.FAILED: Outcome.WRONG_CREDENTIALS,
    SessionStatus.FAILURE: Outcome.WRONG_CREDENTIALS,
}
