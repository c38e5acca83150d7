"""The bank's help desk in the browser: what a customer reads out by phone resynchronises the device; and unlocking."""

import re
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from softtoken.engine.atc import ATC_END
from softtoken.engine.managed import UNTIMED_DIGITS
from softtoken.resources import resource_path
from softtoken.sandbox.forms import Form, fault_of, notice, query
from softtoken.sandbox.pages import NOTHING, Html, Pages
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.relying import Result, Verified
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import LOCK_THRESHOLD, authenticators, read_user, unlock
from softtoken.sandbox.verdicts import Tone, Verdict


def help_desk_router(settings: SandboxSettings, store: Store, resynchronisations: Resynchronisations) -> APIRouter:
    """`/support` and its forms' targets."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    pages = Pages(resource_path("web"))

    @router.get("/support")
    def support(user: str = "") -> HTMLResponse:
        return HTMLResponse(_page(pages, {"user": user}))

    @router.post("/support/resynchronise")
    def resynchronise(form: Form) -> HTMLResponse:
        code, counter = _digits(form.get("code", "")), _digits(form.get("counter", ""))
        try:
            user = read_user(form.get("user", ""), settings.domain)
            fault = _mistyped(code, counter)
            if fault:
                return HTMLResponse(_page(pages, form, fault), HTTPStatus.BAD_REQUEST)
            verified = resynchronisations.by_phone(user, code, int(counter))
        except Refusal as refusal:
            return HTMLResponse(_page(pages, form, fault_of(refusal)), refusal.status)
        with store.transaction() as db:
            has_device = bool(authenticators(db, user))
        return HTMLResponse(_result(pages, form | {"user": user}, verified, has_device=has_device))

    @router.post("/support/unlock")
    def unlock_user(form: Form) -> HTMLResponse:
        try:
            user = read_user(form.get("user", ""), settings.domain)
            with store.transaction() as db:
                unlock(db, user)
        except Refusal as refusal:
            return HTMLResponse(_page(pages, form, unlock_fault=fault_of(refusal)), refusal.status)
        done = f"{user} is unlocked and has {LOCK_THRESHOLD} tries again."
        # the code and the counter that were not looked at come along
        return HTMLResponse(_page(pages, form | {"user": user}, done, tone=Tone.GOOD))

    # a form's target in the address bar is a person who pressed Enter there
    @router.get("/support/resynchronise")
    @router.get("/support/unlock")
    def back() -> RedirectResponse:
        return RedirectResponse("/support", HTTPStatus.SEE_OTHER)

    return router


def _digits(typed: str) -> str:
    """What was read out in groups, without what was written between them."""
    return re.sub(r"[\s-]", "", typed)


def _mistyped(code: str, counter: str) -> str:
    """Nothing is counted for what cannot have been read out."""
    if re.fullmatch(f"[0-9]{{{UNTIMED_DIGITS}}}", code) is None:
        return f"A resynchronisation code has {UNTIMED_DIGITS} digits. Have it read out again."
    if re.fullmatch("[0-9]{1,5}", counter) is None or int(counter) > ATC_END:
        return f"The counter is a number from 0 to {ATC_END}. It is read out with the code."
    return ""


def _page(pages: Pages, typed: dict[str, str], said: str = "", *, unlock_fault: str = "", tone: Tone = Tone.BAD) -> str:
    return pages.page(
        "support",
        "Help desk",
        user=typed.get("user", ""),
        code=typed.get("code", ""),
        counter=typed.get("counter", ""),
        notice=notice(pages, said, tone),
        unlock_notice=notice(pages, unlock_fault, Tone.BAD),
    )


def _result(pages: Pages, typed: dict[str, str], verified: Verified, *, has_device: bool) -> str:
    user = typed["user"]
    verdict = _judge(verified, has_device=has_device)
    resynchronised = verified.result is Result.OK and verified.atc is not None
    return pages.page(
        "support_result",
        verdict.headline,
        user=user,
        query=query(user=user),
        tone=verdict.tone.value,
        headline=verdict.headline,
        happened=verdict.happened,
        advice=verdict.advice,
        result=verified.result.value,
        tries=f"{verified.remaining_tries} of {LOCK_THRESHOLD}",
        protection=verified.protection or "not known",
        counter=str((verified.atc or 0) + 1) if resynchronised else "unchanged",
        unlock=NOTHING if verified.remaining_tries else _unlock(pages, typed, verified),
    )


def _unlock(pages: Pages, typed: dict[str, str], verified: Verified) -> Html:
    """The button; what was typed goes on with it only if it may still be right."""
    keep = verified.result is Result.LOCKED_USER
    kept = {name: typed.get(name, "") if keep else "" for name in ("code", "counter")}
    return pages.fragment("support_unlock", user=typed["user"], **kept)


def _judge(verified: Verified, *, has_device: bool) -> Verdict:
    match verified.result:
        case Result.OK:
            return _DONE
        case Result.REPLAY:
            return _PASSED
        case Result.LOCKED_USER:
            return _LOCKED
        case Result.DIGEST_CHECK_DISABLED:
            return _NO_VERSION
        case Result.WRONG_OTP | Result.ATC_VARIANCE_EXCEEDED:
            return _WRONG if has_device else _NO_DEVICE


_DONE = Verdict(
    Tone.GOOD,
    "Resynchronised",
    "The code is right for this counter. The server goes on with the one behind it.",
    "Ask the customer to make a new code and log in with it.",
)
_PASSED = Verdict(
    Tone.BAD,
    "This counter has passed",
    "The code is right, but the server is already ahead of it: it may have been read out before, or the device was"
    " restored from an old copy.",
    "Have the customer show the data again, for a new code and a higher counter, and type those.",
)
_WRONG = Verdict(
    Tone.BAD,
    "Wrong code or counter",
    "No device of this user makes this code with this counter. It may be"
    " misheard, made with a wrong PIN, or made by a changed app.",
    "Have both read out once more. If they are refused again, the customer needs a new activation code.",
)
_NO_DEVICE = Verdict(
    Tone.BAD,
    "No device yet",
    "The user is registered, but no device has been activated, so no code can be right.",
    "The customer needs an activation code first.",
)
_LOCKED = Verdict(
    Tone.BAD,
    "This user is locked",
    f"{LOCK_THRESHOLD} wrong operations in a row. The code was not looked at.",
    "Make sure that it is the customer who calls. Then unlock, and resynchronise: the code and the counter are kept.",
)
_NO_VERSION = Verdict(
    Tone.BAD,
    "No app version is accepted",
    "The digest check is off for every version of the app, so no code can be verified. Nothing was counted.",
    "It is nothing that the customer could change: switch the check on for a version.",
)
