"""What a login's answer means for the person who typed the command, and what is asked for next."""

from typing import Any

from softtoken.cli.context import protection_word
from softtoken.cli.credentials import Chosen
from softtoken.cli.sentences import sentence
from softtoken.engine.tokens import ProtectionType
from softtoken.formats.shown_text import shown_text
from softtoken.services.events import LoginReason, LoginResult, LoginStep, PendingLogin, Resynchronised, Status
from softtoken.services.handles import format_handle


def demand(pending: PendingLogin, chosen: Chosen | None) -> str:
    """What the server wants now."""
    match pending.risk_response_code:
        case 2:
            return f"The server wants the static password of {pending.user}."
        case 3:
            return "The server wants the code that it sends by SMS."
        case 8:
            return "The server wants the code that it sends by e-mail."
        case 13:
            return "The server wants the code that it tells by telephone."
        case 4 | 5 | 10:
            return _code_demand(pending, chosen)
        case 11:
            return "The server wants an image to be scanned with another device; Soft Token cannot show it."
        case 23 | 24:
            told = f"The server wants the trusted device of {pending.user} to approve, with a fingerprint, a face, "
            return f"{told}or its PIN.{_approve_here(pending, chosen)}"
        case 22:
            told = f"The server wants the trusted device of {pending.user} to approve, with its PIN."
            return told + _approve_here(pending, chosen)
        case 14 | 25:
            return "The server wants a security key, which is not supported here. Ask for another way to log in."
        case _ if pending.step is LoginStep.APPROVAL:
            return f"The server wants the trusted device of {pending.user} to approve." + _approve_here(pending, chosen)
        case _:
            return "The server wants a step that Soft Token does not know. Ask your organisation how to go on."


def _code_demand(pending: PendingLogin, chosen: Chosen | None) -> str:
    wanted = "a code" if ProtectionType.NO_PIN in pending.protections else "a code that is protected by a PIN"
    over = "" if pending.challenge is None else f" over the challenge {shown_text(pending.challenge)}"
    text = f"The server wants {wanted}{over}."
    if chosen is not None and not set(pending.protections) & set(chosen.token.protections):
        text += (
            f" {chosen.word} was activated without. A code of another device may be typed; else ask your organisation "
            "for an activation code, remove this token, and activate with a PIN."
        )
    return text


def _approve_here(pending: PendingLogin, chosen: Chosen | None) -> str:
    """This computer may be that device, where the server offers that."""
    if chosen is None or not set(pending.protections) & set(chosen.token.protections):
        return ""
    return f" Where this computer is one: softtoken approvals {chosen.word}"


def waiting_for(pending: PendingLogin) -> str:
    return f"Waiting for up to a minute for {pending.user}; Ctrl+C stops waiting."


def refused_step(result: LoginResult) -> str:
    """A step was refused and the login is still open."""
    said = f" The server says: {shown_text(result.detail)}." if result.detail else ""
    return f"{login_sentence(result)}{said} The login is still open: try again."


def to_go_on(pending: PendingLogin) -> str:
    """The command that goes on with it in another run."""
    if pending.step is LoginStep.UNSUPPORTED:
        return ""
    option = {
        LoginStep.PASSWORD: " --password-fd N",
        LoginStep.SENT_CODE: " --otp-stdin",
        LoginStep.APPROVAL: " --wait",
    }.get(pending.step, "")
    return f"To go on within a minute: softtoken login --continue {format_handle(pending)}{option}"


def login_fields(result: LoginResult | None) -> dict[str, Any]:
    """The part of a login's JSON that is the server's answer; all null without one."""
    return {
        "risk_response_code": result.risk_response_code if result else None,
        "risk": result.risk if result else None,
        "session_status": result.session_status if result else None,
        "request_id": result.request_id if result else None,
        "log_correlation_id": result.log_correlation_id if result else None,
        "resynchronised": result.resynchronised.value if result else None,
        "reason": result.reason.value if result and result.reason else None,
        "pending": _pending_document(result.pending if result else None),
    }


def login_sentence(result: LoginResult) -> str:
    """Of a login that was not accepted."""
    if result.resynchronised is Resynchronised.REFUSED and result.status is Status.WRONG_CREDENTIALS:
        return "The server refused to resynchronise, so the login was not sent. A wrong PIN gives this; try again."
    if result.reason in _REASONS:
        return _REASONS[result.reason]
    if result.session_status == "unknown":
        return "The server does not say whether it accepts this login: it is handled elsewhere, or over. Log in again."
    if result.status is Status.ACCESS_DENIED and result.risk_response_code == _DECLINED:
        return "The server declined the login: it looks too risky. Ask your organisation why."
    if result.status is Status.WRONG_CREDENTIALS and result.pending and result.pending.step is LoginStep.PASSWORD:
        return "The server refused the password."
    return _SENTENCES.get(result.status) or sentence(result.status)


def _pending_document(pending: PendingLogin | None) -> dict[str, Any] | None:
    if pending is None:
        return None
    return {
        "step": pending.step.value,
        "protections": [protection_word(protection) for protection in pending.protections],
        "challenge": pending.challenge,
        "continue": None if pending.step is LoginStep.UNSUPPORTED else format_handle(pending),
    }


_DECLINED = 1
_SENTENCES = {
    Status.WRONG_CREDENTIALS: "The server refused the code. A wrong PIN or a used code gives this; make a new one.",
    Status.INVALID_USER_ID: "The server knows no such user.",
    Status.INVALID_PARAMETER: "Server, user or code is malformed. Check them.",
    Status.ACCESS_DENIED: "The login was declined, by the server or at the device that was asked.",
    Status.FAILED: "The server's answer is neither yes nor no.",
    Status.USER_CANCEL: "You stopped waiting. The request stays open on the server for a moment.",
    Status.USER_CONFIRMATION_TIMEOUT: "The login timed out. Start it again.",
}
_REASONS: dict[LoginReason | None, str] = {
    LoginReason.LOCKED: "The user is locked on the server after too many wrong codes. Ask your organisation to unlock.",
    LoginReason.DISABLED: "The organisation has switched this user off. Ask it to switch the user on again.",
    LoginReason.REQUEST_OVER: "The server does not know this login any more: its time is over. Start it again.",
    LoginReason.DECLINED_BY_USER: (
        "The login was declined at the device that was asked. If it was not you, tell your organisation."
    ),
    LoginReason.NO_MESSAGE: "The server could not send its message. Try again; if it stays so, tell your organisation.",
    LoginReason.BAD_DESTINATION: (
        "The server could not send its message: the telephone number or address is not valid. Ask your organisation."
    ),
    LoginReason.NO_DEVICE: (
        "The server wanted to ask a device, and this user has none that it can reach. Activate one, or ask your "
        "organisation for another way to log in."
    ),
    LoginReason.SECURITY_KEY: (
        "The server wants a security key, which is not supported here. Ask for another way to log in."
    ),
    LoginReason.TOKEN_GONE: "The token is no longer on this computer, so nothing was sent. See: softtoken list",
}
