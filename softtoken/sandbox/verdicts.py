"""What a login's outcome means to the person at the bank's page: what happened, and what to do."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from softtoken.sandbox.login import Answer
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.risk import CHALLENGE_DEVICE_2FA, CHALLENGE_RESPONSE, allowed_protections


class Tone(StrEnum):
    """How a verdict looks."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


class NextStep(StrEnum):
    """What the page offers."""

    LOG_IN_AGAIN = "log in again"
    GO_ON = "go on with the session"
    UNLOCK = "unlock"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Texts in plain words."""

    tone: Tone
    headline: str
    happened: str
    advice: str
    next_step: NextStep = NextStep.LOG_IN_AGAIN


def judge(outcome: Answer | Refusal, *, has_device: bool) -> Verdict:
    """The verdict on a login's outcome. has_device: the user has an activated authenticator."""
    if isinstance(outcome, Refusal):
        return _judge_refusal(outcome, has_device=has_device)
    code = outcome.risk_response_code or 0
    match outcome.session_status:
        case "accepted":
            return _ACCEPTED
        case "pending" if code in {CHALLENGE_RESPONSE, CHALLENGE_DEVICE_2FA} or allowed_protections(code):
            return _judge_challenge(outcome)
        case "pending":
            return _ELSEWHERE
        case "failed":
            return _WRONG if has_device else _NO_DEVICE
        case "refused" | "timeout":
            return _DECLINED if outcome.session_status == "refused" else _TIMED_OUT
        case _:
            return _UNCLEAR


def _judge_refusal(refusal: Refusal, *, has_device: bool) -> Verdict:
    if refusal.status == HTTPStatus.NOT_FOUND:
        return _UNKNOWN_USER
    match refusal.message:
        case "User is locked":
            return _LOCKED
        case "Authentication failed":
            return _WRONG if has_device else _NO_DEVICE
        case _:
            return Verdict(Tone.BAD, "Not logged in", f"The server said: {refusal.message}.", "Log in again.")


def _judge_challenge(answer: Answer) -> Verdict:
    if answer.challenge is not None:
        wanted = f"Make a code over the number {answer.challenge} and type it here."
    elif answer.risk_response_code == CHALLENGE_DEVICE_2FA:
        wanted = "Make a code with your PIN or your fingerprint or face, and type it here. You have a minute."
    else:
        wanted = "Make a new code and type it here. You have a minute."
    happened = "The risk engine wants more before it lets this login in. The code just typed was not used."
    return Verdict(Tone.WAIT, "One more step", happened, wanted, NextStep.GO_ON)


_ACCEPTED = Verdict(
    Tone.GOOD,
    "You are logged in",
    "The code is right, and the risk engine asks for nothing more.",
    "Each code works once: type the same one again and it is refused.",
)
_WRONG = Verdict(
    Tone.BAD,
    "Wrong code",
    "No device of this user made this code just now. It may be mistyped, too old, used before, or made with a"
    " wrong PIN.",
    "Make a new code and type it within 30 seconds. After three wrong codes in a row the user is locked.",
)
_NO_DEVICE = Verdict(
    Tone.BAD,
    "No device yet",
    "The user is registered, but no device has been activated, so no code can be right.",
    "Activate Soft Token with an activation code first. Wrong codes count: three in a row lock the user.",
    NextStep.REGISTER,
)
_LOCKED = Verdict(
    Tone.BAD,
    "This user is locked",
    "Three wrong codes in a row. Even a right code is refused now.",
    "At a real bank you would call the help desk. Here you can unlock the user yourself.",
    NextStep.UNLOCK,
)
_UNKNOWN_USER = Verdict(
    Tone.BAD,
    "Unknown user",
    "Nobody is registered under this name.",
    "Check the spelling, or register the name.",
    NextStep.REGISTER,
)
_DECLINED = Verdict(
    Tone.BAD,
    "Declined",
    "The login was declined, whatever the code. The code was not looked at.",
    "Nothing is wrong with the device: a rule set for this user says so. Log in again for the next answer.",
)
_TIMED_OUT = Verdict(
    Tone.BAD,
    "Too late",
    "The answer did not come in time.",
    "Log in again with a new code.",
)
_ELSEWHERE = Verdict(
    Tone.WAIT,
    "Waiting for something else",
    "The risk engine asks for something that a code cannot give, such as a push message or an SMS. This"
    " sandbox sends none.",
    "Whoever set the rule for this user can answer over the API; or log in again.",
)
_UNCLEAR = Verdict(
    Tone.BAD,
    "No clear answer",
    "The server gave a status without a result of its own.",
    "Log in again with a new code.",
)
