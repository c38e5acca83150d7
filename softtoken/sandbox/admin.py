"""The administration's pages under /admin, joined; and logging in to them where there is a password."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.sandbox.access import LOG_IN, caller_address, cookie_name, session_of
from softtoken.sandbox.admin_answers import answers_pages
from softtoken.sandbox.admin_frame import Frame
from softtoken.sandbox.admin_state import state_pages
from softtoken.sandbox.admin_users import users_pages
from softtoken.sandbox.admin_watch import watch_pages
from softtoken.sandbox.administration import Administration, TooManyTries
from softtoken.sandbox.faults import Faults
from softtoken.sandbox.forms import Form, notice
from softtoken.sandbox.request_log import RequestLog
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.verdicts import Tone


def admin_router(
    settings: SandboxSettings,
    store: Store,
    sessions: Sessions,
    faults: Faults,
    log: RequestLog,
    administration: Administration | None,
) -> APIRouter:
    """`/admin` and what is below it. Who may see it is access.py's business."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    frame = Frame(with_password=administration is not None)
    router.include_router(users_pages(settings, store, frame))
    router.include_router(state_pages(settings, store, sessions, frame))
    router.include_router(answers_pages(settings, store, frame))
    router.include_router(watch_pages(faults, log, settings.domain, frame))
    router.include_router(_log_in_pages(administration, frame))
    return router


def _log_in_pages(administration: Administration | None, frame: Frame) -> APIRouter:
    router = APIRouter()

    def page(then: str, fault: str = "") -> str:
        said = notice(frame.pages, fault, Tone.BAD)
        return frame.page("admin_login", "Log in", "", notice=said, next=_within(then))

    @router.get(LOG_IN)
    def form_to_log_in(then: str = "") -> Response:
        if administration is None:
            return RedirectResponse("/admin", HTTPStatus.SEE_OTHER)
        return HTMLResponse(page(then))

    @router.post(LOG_IN)
    async def log_in(form: Form, request: Request) -> Response:
        then = form.get("then", "")
        if administration is None:
            return RedirectResponse("/admin", HTTPStatus.SEE_OTHER)
        try:
            right = await administration.is_password(form.get("password", ""), caller_address(request.scope))
        except TooManyTries as error:
            refused = HTMLResponse(
                page(then, f"Too many wrong passwords. Wait {error.wait} seconds."), HTTPStatus.TOO_MANY_REQUESTS
            )
            refused.headers["retry-after"] = str(error.wait)
            return refused
        if not right:
            return HTMLResponse(page(then, "Wrong password."), HTTPStatus.FORBIDDEN)
        answer = RedirectResponse(_within(then), HTTPStatus.SEE_OTHER)
        scheme = request.scope["scheme"]
        answer.set_cookie(
            cookie_name(scheme),
            administration.open_session(),
            path="/",
            secure=scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    @router.post("/admin/logout")
    async def log_out(request: Request) -> RedirectResponse:
        answer = RedirectResponse(LOG_IN, HTTPStatus.SEE_OTHER)
        if administration is not None:
            administration.close_session(session_of(request.scope))
            answer.delete_cookie(cookie_name(request.scope["scheme"]), path="/", secure=True, httponly=True)
        return answer

    return router


def _within(address: str) -> str:
    """Where to go then: one of the pages that ask for the password, and never another site."""
    return address if address.startswith(("/admin", "/support")) and "\\" not in address else "/admin"
