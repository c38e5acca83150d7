"""The demo bank in the browser: register, log in, unlock. The same services as the API, shown to a person."""

import re
import secrets
from datetime import UTC, datetime
from http import HTTPStatus

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.engine.activation_code import format_activation_code
from softtoken.resources import resource_path
from softtoken.sandbox.forms import Form, fault_of, notice, query
from softtoken.sandbox.login import Answer, Attempt, Logins, OtpProof
from softtoken.sandbox.origin import request_origin
from softtoken.sandbox.pages import Html, Pages
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.registration import OFFLINE, Registered, Registrations
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import authenticators, full_name, read_user, unlock
from softtoken.sandbox.verdicts import NextStep, Tone, judge


def bank_router(settings: SandboxSettings, store: Store, registrations: Registrations, logins: Logins) -> APIRouter:
    """`/`, `/login`, the forms' targets under `/bank/` and the files under `/assets/`."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    folder = resource_path("web")
    pages = Pages(folder)
    assets = {name: (folder / name).read_bytes() for name in _ASSETS}

    @router.get("/")
    def home(user: str = "") -> HTMLResponse:
        return HTMLResponse(_home(pages, user))

    @router.post("/bank/register")
    def register(form: Form, request: Request) -> HTMLResponse:
        typed = form.get("user", "")
        try:
            user = read_user(typed, settings.domain)
            made = registrations.register(user, OFFLINE)
        except Refusal as refusal:
            return HTMLResponse(_home(pages, typed, fault_of(refusal)), refusal.status)
        origin = request_origin(request.scope)
        return HTMLResponse(_activation(pages, made, full_name(user, settings.domain), origin))

    @router.get("/login")
    def login_form(user: str = "") -> HTMLResponse:
        return HTMLResponse(_login(pages, user))

    @router.post("/bank/login")
    def login(form: Form) -> HTMLResponse:
        typed, code = form.get("user", ""), re.sub(r"[\s-]", "", form.get("code", ""))
        try:
            user = read_user(typed, settings.domain)
        except Refusal as refusal:
            return HTMLResponse(_login(pages, typed, fault_of(refusal)), refusal.status)
        if not 1 <= len(code) <= _LONGEST_CODE:
            page = _login(pages, typed, "Type the code that your device shows.")
            return HTMLResponse(page, HTTPStatus.BAD_REQUEST)
        session = form.get("session", "")
        if _SESSION.fullmatch(session) is None:
            session = secrets.token_hex(16)
        attempt = Attempt(user, adaptive=True, session_id=session, proof=OtpProof(code))
        outcome: Answer | Refusal
        try:
            outcome = logins.login(attempt)
        except Refusal as refusal:
            outcome = refusal
        with store.transaction() as db:
            has_device = bool(authenticators(db, user))
        return HTMLResponse(_result(pages, outcome, user, session, has_device=has_device))

    @router.post("/bank/unlock")
    def unlock_user(form: Form) -> HTMLResponse:
        typed = form.get("user", "")
        try:
            user = read_user(typed, settings.domain)
            with store.transaction() as db:
                unlock(db, user)
        except Refusal as refusal:
            return HTMLResponse(_login(pages, typed, fault_of(refusal)), refusal.status)
        return HTMLResponse(_login(pages, user, f"{user} is unlocked.", Tone.GOOD))

    # a form's target in the address bar is a person who pressed Enter there
    @router.get("/bank/register")
    def back_home() -> RedirectResponse:
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    @router.get("/bank/login")
    @router.get("/bank/unlock")
    def back_to_login() -> RedirectResponse:
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        if name not in assets:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(assets[name], media_type=_ASSETS[name], headers={"cache-control": "no-cache"})

    return router


_ASSETS = {"bank.css": "text/css", "bank.js": "text/javascript", "mark.svg": "image/svg+xml"}
_LONGEST_CODE = 64
_SESSION = re.compile("[0-9a-f]{32}")


def _home(pages: Pages, user: str, fault: str = "") -> str:
    return pages.page("home", "Register", user=user, notice=notice(pages, fault, Tone.BAD))


def _login(pages: Pages, user: str, said: str = "", tone: Tone = Tone.BAD) -> str:
    return pages.page("login", "Log in", user=user, notice=notice(pages, said, tone))


def _activation(pages: Pages, made: Registered, user: str, origin: str) -> str:
    code = format_activation_code(made.registration_id or "", made.password)
    link = "softtoken://activate?" + query(server=origin, user=user, code=code)
    plain_user = user.rpartition("@")[0]
    *groups, last, check = code.split("-")
    # the check symbol alone on a line would look like a mistake
    shown = [pages.fragment("group", text=text).text for text in (*groups, f"{last}-{check}")]
    return pages.page(
        "activation",
        "Your activation code",
        user=user,
        plain_user=plain_user,
        query=query(user=plain_user),
        server=origin,
        code=Html("-".join(shown)),
        link=link,
        qr=Html(segno.make(link, error="m", micro=False).svg_inline(border=4, omitsize=True, light="#fff")),
        until=datetime.fromtimestamp(made.expires, UTC).astimezone().strftime("%H:%M"),
    )


def _result(pages: Pages, outcome: Answer | Refusal, user: str, session: str, *, has_device: bool) -> str:
    verdict = judge(outcome, has_device=has_device)
    match verdict.next_step:
        case NextStep.GO_ON:
            step = pages.fragment("step_code", user=user, session=session)
        case NextStep.UNLOCK:
            step = pages.fragment("step_unlock", user=user)
        case NextStep.REGISTER:
            step = pages.fragment("step_register", query=query(user=user))
        case NextStep.LOG_IN_AGAIN:
            step = pages.fragment("step_again", query=query(user=user))
    risk_code, status, said = "none", "none", ""
    if isinstance(outcome, Answer):
        status = outcome.session_status
        if outcome.risk_response_code is not None:
            risk_code = str(outcome.risk_response_code)
    else:
        said = f"{outcome.status.value} {outcome.status.phrase}: {outcome.message}"
    return pages.page(
        "result",
        verdict.headline,
        user=user,
        tone=verdict.tone.value,
        headline=verdict.headline,
        happened=verdict.happened,
        advice=verdict.advice,
        risk_code=risk_code,
        session_status=status,
        said=said or "200 OK",
        step=step,
    )
