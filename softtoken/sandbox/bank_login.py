"""The bank's log-in page, and the page on which a person waits for their trusted device."""

import sqlite3
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.sandbox.access import caller_address
from softtoken.sandbox.bank_proofs import Mistyped, Proofs, Wish, read_proof, read_session, result_page, start_again
from softtoken.sandbox.forms import Form, fault_of, notice, query
from softtoken.sandbox.pages import NOTHING, Html, Pages, join
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.rules import Circumstances
from softtoken.sandbox.sessions import LIFE, Kind, Sessions, Shown
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user, unlock
from softtoken.sandbox.verdicts import Tone, cancelled, judge_waited

ASKED = "Log in to Sandbox Bank"
"""What the device shows of a login that was begun here."""


def login_pages(settings: SandboxSettings, store: Store, sessions: Sessions, proofs: Proofs, pages: Pages) -> APIRouter:
    """`/login`, `/bank/login`, `/bank/unlock`, `/bank/waiting`, `/bank/cancel`."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/login")
    def login_form(user: str = "") -> HTMLResponse:
        return HTMLResponse(_login(pages, user))

    @router.post("/bank/login")
    def login(form: Form, request: Request) -> Response:
        typed = form.get("user", "")
        try:
            user, proof = read_user(typed, settings.domain), read_proof(form)
        except Refusal as refusal:
            return HTMLResponse(_login(pages, typed, fault_of(refusal)), refusal.status)
        except Mistyped as fault:
            return HTMLResponse(_login(pages, typed, str(fault)), HTTPStatus.BAD_REQUEST)
        address = caller_address(request.scope)
        wish = Wish(
            Kind.LOGIN,
            user,
            read_session(form),
            Shown(ASKED, client_ip=address),
            Circumstances("login", address),
        )
        return proofs.answer(wish, proof)

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

    @router.get("/bank/waiting")
    def wait(request: str = "") -> HTMLResponse:
        with store.transaction() as db:
            row, status = sessions.find(db, request), sessions.status(db, request)
        if row is None:
            return HTMLResponse(_login(pages, "", "Nobody asked for this, or it is long over."), HTTPStatus.NOT_FOUND)
        if status == "pending":
            return HTMLResponse(_waiting(pages, row, sessions.left(row)))
        kind, user, code = Kind(row["kind"]), row["user_id"], row["risk_response_code"]
        parts = [_lines(pages, row["message"]), start_again(pages, kind, user)]
        return HTMLResponse(result_page(pages, judge_waited(status, kind), user, code, status, "200 OK", parts))

    @router.post("/bank/cancel")
    def cancel(form: Form) -> Response:
        request = form.get("request", "")
        with store.transaction() as db:
            row, waited = sessions.find(db, request), sessions.status(db, request) == "pending"
            if waited:
                sessions.finish(db, request, "refused")
        if row is None or not waited:
            # the device was faster: the page says how it ended
            return RedirectResponse("/bank/waiting?" + query(request=request), HTTPStatus.SEE_OTHER)
        kind, user, code = Kind(row["kind"]), row["user_id"], row["risk_response_code"]
        parts = [start_again(pages, kind, user)]
        return HTMLResponse(result_page(pages, cancelled(kind), user, code, "refused", "200 OK", parts))

    # a form's target in the address bar is a person who pressed Enter there
    @router.get("/bank/login")
    @router.get("/bank/unlock")
    @router.get("/bank/cancel")
    def back_to_login() -> RedirectResponse:
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)

    return router


def _login(pages: Pages, user: str, said: str = "", tone: Tone = Tone.BAD) -> str:
    return pages.page("login", "Log in", user=user, notice=notice(pages, said, tone))


def _waiting(pages: Pages, row: sqlite3.Row, left: int) -> str:
    ours, thing = bool(row["demanded"]), "transaction" if row["kind"] == Kind.TRANSACTION else "login"
    asked = (
        f"The bank wants your device to approve this {thing}. Open Soft Token where you activated it, and approve or"
        " decline there."
        if ours
        else f"The bank wants another device to confirm this {thing}. The sandbox has none of that kind: its"
        " administration page answers instead."
    )
    return pages.page(
        "waiting",
        "Waiting for your device",
        head=pages.fragment("waiting_head"),
        user=row["user_id"],
        request=row["request_id"],
        asked=asked,
        lines=_lines(pages, row["message"]),
        left=str(left),
        life=str(LIFE),
        risk_code="none" if row["risk_response_code"] is None else str(row["risk_response_code"]),
    )


def _lines(pages: Pages, message: str) -> Html:
    """What the device shows, line by line."""
    if not message:
        return NOTHING
    return pages.fragment("lines", lines=join(pages.fragment("line", text=text) for text in message.splitlines()))
