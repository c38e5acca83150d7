"""What an outcome means to the person at the bank's page: what happened, and what to do."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from softtoken.sandbox.attempts import Answer, PasswordProof, Proof, SignatureProof
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.risk import (
    CHALLENGE_DEVICE_2FA,
    CHALLENGE_PASSWORD,
    CHALLENGE_RESPONSE,
    VIRTUAL_OTP,
    allowed_protections,
)
from softtoken.sandbox.sessions import Kind


class Tone(StrEnum):
    """How a verdict looks."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


class NextStep(StrEnum):
    """What the page offers."""

    START_AGAIN = "start again"
    PROVE = "a code, or a signature over the transaction"
    PASSWORD = "the static password"  # noqa: S105 - the name of a step
    SENT_CODE = "a code that was sent"
    UNLOCK = "unlock"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Texts in plain words."""

    tone: Tone
    headline: str
    happened: str
    advice: str
    next_step: NextStep = NextStep.START_AGAIN


def judge(outcome: Answer | Refusal, kind: Kind, proof: Proof | None, *, has_device: bool) -> Verdict:
    """On the answer to a call. proof: what the person typed. has_device: there is an activated authenticator."""
    if isinstance(outcome, Refusal):
        return _judge_refusal(outcome, proof, has_device=has_device)
    match outcome.session_status:
        case "accepted":
            return _accepted(kind)
        case "pending":
            return challenge(outcome.risk_response_code or 0, kind, proof)
        case "failed":
            return _wrong(proof, has_device=has_device)
        case "refused":
            return _declined(kind, proof)
        case "timeout":
            return _too_late(kind)
        case _:
            return _unclear(kind)


def challenge(code: int, kind: Kind, proof: Proof | None) -> Verdict:
    """On a risk code that wants more from the person at the page."""
    asks = f"The bank wants to be surer before it lets this {_thing(kind)} through."
    if proof is not None:
        asks += f" The {_given(proof)} just typed was not used up."
    if code == CHALLENGE_PASSWORD:
        return Verdict(Tone.WAIT, _ONE_MORE, asks, "Type your password.", NextStep.PASSWORD)
    if code in VIRTUAL_OTP:
        advice = f"Type the code that you get {_SENT[code]}. The sandbox sends none: its administration page shows it."
        return Verdict(Tone.WAIT, _ONE_MORE, asks, advice, NextStep.SENT_CODE)
    if kind is Kind.LOGIN and code == CHALLENGE_RESPONSE:
        advice = (
            "In Soft Token choose “Add data to the code”, type the number below there, make a code, and type"
            " that code here. You have a minute."
        )
        return Verdict(Tone.WAIT, _ONE_MORE, asks, advice, NextStep.PROVE)
    if code == CHALLENGE_DEVICE_2FA:
        made = "Sign the same fields again, with" if kind is Kind.TRANSACTION else "Make a code with"
        advice = f"{made} your PIN or your fingerprint or face, and type it here. You have a minute."
        return Verdict(Tone.WAIT, _ONE_MORE, asks, advice, NextStep.PROVE)
    if allowed_protections(code):
        made = "Sign the same fields again" if kind is Kind.TRANSACTION else "Make a new code"
        return Verdict(Tone.WAIT, _ONE_MORE, asks, f"{made} and type it here. You have a minute.", NextStep.PROVE)
    return Verdict(
        Tone.WAIT,
        "Waiting for something else",
        f"The risk engine answered with code {code}, which asks for something that this page cannot take.",
        "Whoever set the rule for this user can answer on the administration page; or start again.",
    )


def judge_waited(status: str, kind: Kind) -> Verdict:
    """On a request that a trusted device was to answer, once it is over."""
    match status:
        case "accepted":
            return _accepted(kind)
        case "refused":
            return Verdict(
                Tone.BAD,
                "Declined on the device",
                f"The {_thing(kind)} was declined on the user's device.",
                "If that was a mistake, start again.",
            )
        case "timeout":
            return _too_late(kind)
        case "failed" | "failure":
            return Verdict(
                Tone.BAD,
                "Ended without an approval",
                f"The {_thing(kind)} was ended before the device approved it, for example because the user was locked.",
                "Start again.",
            )
        case _:
            return _unclear(kind)


def cancelled(kind: Kind) -> Verdict:
    """On a request that the person at the page gave up."""
    return Verdict(
        Tone.BAD, "Cancelled", f"You gave this {_thing(kind)} up. Your device no longer asks for it.", "Start again."
    )


def _judge_refusal(refusal: Refusal, proof: Proof | None, *, has_device: bool) -> Verdict:
    if refusal.status == HTTPStatus.NOT_FOUND:
        return _UNKNOWN_USER
    match refusal.message:
        case "User is locked":
            return _LOCKED
        case "Authentication failed":
            return _wrong(proof, has_device=has_device)
        case _:
            return Verdict(Tone.BAD, "Not accepted", f"The server said: {refusal.message}.", "Start again.")


def _accepted(kind: Kind) -> Verdict:
    if kind is Kind.TRANSACTION:
        return Verdict(
            Tone.GOOD,
            "Transaction accepted",
            "It is proved for exactly the fields that were shown, and the risk engine asks for nothing more.",
            "A signature works once, and for these fields alone.",
        )
    return Verdict(
        Tone.GOOD,
        "You are logged in",
        "The bank knows that it is you, and the risk engine asks for nothing more.",
        "Each code works once: type the same one again and it is refused.",
    )


def _wrong(proof: Proof | None, *, has_device: bool) -> Verdict:
    counted = "Three wrong tries in a row lock the user."
    if isinstance(proof, PasswordProof):
        return Verdict(Tone.BAD, "Wrong password", "This is not the user's password.", f"Try again. {counted}")
    if not has_device:
        return _NO_DEVICE
    if isinstance(proof, SignatureProof):
        return Verdict(
            Tone.BAD,
            "Wrong signature",
            "No device of this user signed exactly these fields just now. A field may have been typed differently,"
            " or the signature is mistyped, was used before, or was made with a wrong PIN.",
            f"Sign the fields again as they are shown. {counted}",
            NextStep.PROVE,
        )
    return Verdict(
        Tone.BAD,
        "Wrong code",
        "No device of this user made this code just now. It may be mistyped, too old, used before, made with a wrong"
        " PIN, or not of the kind that was asked for.",
        f"Make a new code and type it within 30 seconds. {counted}",
    )


def _declined(kind: Kind, proof: Proof | None) -> Verdict:
    unread = f" The {_given(proof)} was not looked at." if proof is not None else ""
    return Verdict(
        Tone.BAD,
        "Declined",
        f"The bank's risk engine declined this {_thing(kind)}.{unread}",
        "Nothing is wrong with the device: a rule of this sandbox says so. Start again for the next answer.",
    )


def _too_late(kind: Kind) -> Verdict:
    return Verdict(Tone.BAD, "Too late", f"Nobody answered this {_thing(kind)} in time.", "Start again.")


def _unclear(kind: Kind) -> Verdict:
    said = f"The server gave a status that says nothing about this {_thing(kind)}."
    return Verdict(Tone.BAD, "No clear answer", said, "Start again.")


def _thing(kind: Kind) -> str:
    return "transaction" if kind is Kind.TRANSACTION else "login"


def _given(proof: Proof) -> str:
    match proof:
        case PasswordProof():
            return "password"
        case SignatureProof():
            return "signature"
        case _:
            return "code"


_ONE_MORE = "One more step"
_SENT = {3: "by SMS", 8: "by e-mail", 13: "in a phone call"}
_NO_DEVICE = Verdict(
    Tone.BAD,
    "No device yet",
    "The user is registered, but no device has been activated, so nothing that is typed can be right.",
    "Activate Soft Token with an activation code first. Wrong codes count: three in a row lock the user.",
    NextStep.REGISTER,
)
_LOCKED = Verdict(
    Tone.BAD,
    "This user is locked",
    "Three wrong tries in a row. Even a right code is refused now.",
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
