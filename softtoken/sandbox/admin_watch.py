"""The administration's pages for those who test an integration: faults and the live request log."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from softtoken.sandbox.admin_frame import Frame, clock_time
from softtoken.sandbox.faults import Fault, Faults, Kind, When
from softtoken.sandbox.faults_api import READ, wish_of
from softtoken.sandbox.forms import Form, fault_of, notice
from softtoken.sandbox.pages import NOTHING, Html, join
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.request_log import CAPACITY, Entry, RequestLog
from softtoken.sandbox.verdicts import Tone

_KINDS = {
    f"{Kind.DELAY} {When.BEFORE}": "Delay: the request is carried out late",
    f"{Kind.DELAY} {When.AFTER}": "Delay: carried out at once, answered late",
    f"{Kind.DROP} {When.BEFORE}": "Connection lost before the request has its effect",
    f"{Kind.DROP} {When.AFTER}": "Answer lost: the request has had its effect",
    f"{Kind.ERROR} {When.BEFORE}": "500, and nothing happened",
    f"{Kind.ERROR} {When.AFTER}": "500, although the request has had its effect",
    f"{Kind.SIGN_IN_PAGE} {When.BEFORE}": "A sign-in page instead of an answer, and nothing happened",
    f"{Kind.SIGN_IN_PAGE} {When.AFTER}": "A sign-in page instead of the answer to a request that had its effect",
    f"{Kind.TRUNCATED} {When.AFTER}": "Half of the answer's body",
    f"{Kind.WRONG_CONTENT_TYPE} {When.AFTER}": "The answer as text/plain",
}
_EMPTY = {"endpoint": "/v1/*", "probability": "1", "next": "1"}
_ENTERED = ("endpoint", "user", "next", "probability", "seed", "seconds")


def watch_pages(faults: Faults, log: RequestLog, domain: str, frame: Frame) -> APIRouter:
    """`/admin/faults`, `/admin/log` and what their forms do."""
    router = APIRouter()

    def faults_page(typed: dict[str, str], fault: str = "") -> str:
        rows = [_fault(frame, one) for one in faults.all()]
        heads = ("No.", "What", "Endpoint", "User", "Left", "Probability", "Seed", "Injected", "Actions")
        return frame.page(
            "admin_faults",
            "Faults",
            "/admin/faults",
            notice=notice(frame.pages, fault, Tone.BAD),
            table=frame.table("Faults", heads, rows, "Nothing is ordered: every request is answered as it should be."),
            kinds=frame.options(_KINDS, typed.get("fault", "")),
            **{name: typed.get(name, "") for name in _ENTERED},
        )

    @router.get("/admin/faults")
    def show_faults() -> HTMLResponse:
        return HTMLResponse(faults_page(_EMPTY))

    @router.post("/admin/faults")
    def order(form: Form) -> Response:
        try:
            faults.add(wish_of(READ.validate_python(_read(form)), domain))
        except ValidationError as error:
            return HTMLResponse(faults_page(form, _wrong(error)), HTTPStatus.BAD_REQUEST)
        except Refusal as refusal:
            return HTMLResponse(faults_page(form, fault_of(refusal)), refusal.status)
        return RedirectResponse("/admin/faults", HTTPStatus.SEE_OTHER)

    @router.post("/admin/faults/delete")
    def delete(form: Form) -> Response:
        number = form.get("number", "")
        try:
            faults.delete(int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0)
        except Refusal as refusal:
            return HTMLResponse(faults_page(_EMPTY, "This fault is gone already."), refusal.status)
        return RedirectResponse("/admin/faults", HTTPStatus.SEE_OTHER)

    @router.get("/admin/log")
    def show_log() -> HTMLResponse:
        entries = log.since(0)
        page = frame.page(
            "admin_log",
            "Request log",
            "/admin/log",
            capacity=str(CAPACITY),
            last=str(entries[-1].number if entries else 0),
            entries=join(_entry(frame, entry) for entry in reversed(entries)),
            hidden=Html(" hidden") if entries else NOTHING,
        )
        return HTMLResponse(page)

    @router.post("/admin/log/clear")
    def clear() -> RedirectResponse:
        log.clear()
        return RedirectResponse("/admin/log", HTTPStatus.SEE_OTHER)

    @router.get("/admin/faults/delete")
    def back_to_faults() -> RedirectResponse:
        return RedirectResponse("/admin/faults", HTTPStatus.SEE_OTHER)

    @router.get("/admin/log/clear")
    def back_to_log() -> RedirectResponse:
        return RedirectResponse("/admin/log", HTTPStatus.SEE_OTHER)

    return router


def _read(form: dict[str, str]) -> dict[str, Any]:
    """As the API takes it: numbers as such, and nothing that was left empty."""
    typed: dict[str, Any] = {name: form[name].strip() for name in _ENTERED if form.get(name, "").strip()}
    kind, _, when = form.get("fault", "").partition(" ")
    for name, read in (("next", int), ("seed", int), ("probability", float), ("seconds", float)):
        if name in typed:
            typed[name] = _number(typed[name], read)
    return {**typed, "fault": kind, "when": when}


def _number(text: str, read: type[int] | type[float]) -> int | float | str:
    try:
        return read(text) if text.isascii() else text
    except ValueError:
        return text


def _wrong(error: ValidationError) -> str:
    """Which fields will not do; never what was typed. The first place is the kind of fault."""
    places = {str(one["loc"][-1]) for one in error.errors(include_input=False) if one["loc"]}
    return f"This cannot be a fault. Look at: {', '.join(sorted(places)) or 'what goes wrong'}."


def _fault(frame: Frame, fault: Fault) -> tuple[str | Html, ...]:
    wish = fault.wish
    words = _KINDS[f"{wish.kind} {wish.when}"]
    left = "until deleted" if wish.remaining is None else str(wish.remaining)
    return (
        str(fault.number),
        f"{words} ({wish.seconds:g} s)" if wish.kind is Kind.DELAY else words,
        wish.endpoint,
        wish.user or "everybody",
        "over" if fault.over else left,
        f"{wish.probability:g}",
        str(wish.seed),
        f"{fault.injected} of {fault.seen}",
        frame.button("/admin/faults/delete", "Delete", f"Delete fault {fault.number}", number=str(fault.number)),
    )


def _entry(frame: Frame, entry: Entry) -> Html:
    status = entry.status
    return frame.pages.fragment(
        "admin_entry",
        tone="bad" if status is None or status >= HTTPStatus.BAD_REQUEST else "good",
        datetime=datetime.fromtimestamp(entry.at, UTC).isoformat(),
        time=clock_time(entry.at),
        method=entry.method,
        path=entry.path,
        status="no answer" if status is None else str(status),
        milliseconds=str(entry.milliseconds),
        injected=entry.injected and f"injected: {entry.injected}",
        correlation=entry.correlation_id or "none",
        request=entry.request or "no body",
        answer=entry.answer or "no body",
    )
