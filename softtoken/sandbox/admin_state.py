"""The administration's pages about requests, registrations and app versions."""

import sqlite3
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.sandbox import census
from softtoken.sandbox.admin_frame import Frame, code_words
from softtoken.sandbox.admin_users import registrations_table
from softtoken.sandbox.app_versions import AppVersion, delete_version, list_versions, put_version
from softtoken.sandbox.forms import Form, notice, query
from softtoken.sandbox.pages import Html, join
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.sessions import SessionRecord, Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.verdicts import Tone

_DECISIONS = {"accepted": "Accept", "refused": "Refuse", "failed": "Fail"}


def state_pages(settings: SandboxSettings, store: Store, sessions: Sessions, frame: Frame) -> APIRouter:
    """`/admin/requests`, `/admin/registrations`, `/admin/versions` and what their buttons do."""
    router = APIRouter()

    def requests_page(fault: str = "") -> str:
        with store.transaction() as db:
            records = sessions.recent(db, census.LATEST)
        now = settings.clock.now()
        heads = ("Left", "User", "For", "Risk code", "Status", "Sent code", "Actions")
        rows = [_request(frame, record, now) for record in records]
        return frame.page(
            "admin_requests",
            "Requests",
            "/admin/requests",
            notice=notice(frame.pages, fault, Tone.BAD),
            table=frame.table("Requests", heads, rows, "Nothing has waited for anything yet."),
        )

    def versions_page(fault: str = "") -> str:
        with store.transaction() as db:
            records = list_versions(db)
        rows = [_version(frame, record) for record in records]
        heads = ("Name", "Version", "Digest", "Check", "Codes", "Actions")
        return frame.page(
            "admin_versions",
            "App versions",
            "/admin/versions",
            notice=notice(frame.pages, fault, Tone.BAD),
            table=frame.table("App versions", heads, rows, "No version is registered, so no code is accepted."),
        )

    @router.get("/admin/requests")
    def show_requests() -> HTMLResponse:
        return HTMLResponse(requests_page())

    @router.post("/admin/requests")
    def decide(form: Form) -> Response:
        decision = form.get("decision", "")
        if decision not in _DECISIONS:
            return HTMLResponse(requests_page("There is no such decision."), HTTPStatus.BAD_REQUEST)
        try:
            with store.transaction() as db:
                sessions.decide(db, form.get("request", ""), decision)
        except Refusal as refusal:
            return HTMLResponse(requests_page("This request is no longer pending."), refusal.status)
        return RedirectResponse("/admin/requests", HTTPStatus.SEE_OTHER)

    @router.get("/admin/registrations")
    def show_registrations() -> HTMLResponse:
        with store.transaction() as db:
            records = census.recent_registrations(db, settings.clock.now())
        table = registrations_table(frame, records)
        page = frame.page("admin_registrations", "Registrations", "/admin/registrations", table=table)
        return HTMLResponse(page)

    @router.get("/admin/versions")
    def show_versions() -> HTMLResponse:
        return HTMLResponse(versions_page())

    @router.post("/admin/versions")
    def change_version(form: Form) -> Response:
        with store.transaction() as db:
            known = _change(db, form.get("digest", ""), form.get("change", ""))
        if not known:
            return HTMLResponse(versions_page("There is no such version."), HTTPStatus.NOT_FOUND)
        return RedirectResponse("/admin/versions", HTTPStatus.SEE_OTHER)

    return router


def _change(db: sqlite3.Connection, digest: str, change: str) -> bool:
    """Do what a button of a version says. False: there is no such version, or no such button."""
    record = next((record for record in list_versions(db) if record.digest.hex() == digest), None)
    if record is None or change not in {"on", "off", "delete"}:
        return False
    if change == "delete":
        delete_version(db, record.digest)
    else:
        put_version(db, record.digest, record.name, record.version, digest_check=change == "on")
    return True


def _request(frame: Frame, record: SessionRecord, now: int) -> tuple[str | Html, ...]:
    pending = record.status == "pending"
    what = f"request of {record.user}"
    buttons = [
        frame.button("/admin/requests", word, f"{word} the {what}", request=record.request_id, decision=decision)
        for decision, word in _DECISIONS.items()
        if pending
    ]
    return (
        f"{max(0, record.expires - now)} s" if pending else "over",
        frame.link(f"/admin/user?{query(name=record.user)}", record.user),
        record.kind.value,
        code_words(record.risk_response_code),
        record.status,
        record.virtual_otp or "none",
        join(buttons),
    )


def _version(frame: Frame, record: AppVersion) -> tuple[str | Html, ...]:
    digest, name = record.digest.hex(), f"{record.name} {record.version}"
    change, word = ("off", "Switch off") if record.digest_check else ("on", "Switch on")
    return (
        record.name,
        record.version,
        f"{digest[:16]}…",
        "on" if record.digest_check else "off",
        "accepted" if record.latest else "refused",
        join(
            (
                frame.button("/admin/versions", word, f"{word} the check of {name}", digest=digest, change=change),
                frame.button("/admin/versions", "Delete", f"Delete {name}", digest=digest, change="delete"),
            )
        ),
    )
