"""The demo bank in the browser. The same services as the API, shown to a person; here: register, and the files."""

from datetime import UTC, datetime
from http import HTTPStatus

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.engine.activation_code import format_activation_code
from softtoken.resources import resource_path
from softtoken.sandbox.bank_login import login_pages
from softtoken.sandbox.bank_proofs import Mistyped, Proofs, read_password
from softtoken.sandbox.bank_transaction import transaction_pages
from softtoken.sandbox.forms import Form, fault_of, notice, query
from softtoken.sandbox.login import Logins
from softtoken.sandbox.origin import request_origin
from softtoken.sandbox.pages import Html, Pages
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.registration import OFFLINE, Registered, Registrations
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import full_name, read_user
from softtoken.sandbox.verdicts import Tone


def bank_router(
    settings: SandboxSettings, store: Store, registrations: Registrations, logins: Logins, sessions: Sessions
) -> APIRouter:
    """`/`, `/login`, `/transaction`, the forms' targets under `/bank/` and the files under `/assets/`."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    folder = resource_path("web")
    pages = Pages(folder)
    proofs = Proofs(store, logins, sessions, pages)
    router.include_router(login_pages(settings, store, sessions, proofs, pages))
    router.include_router(transaction_pages(settings, store, proofs, pages))
    assets = {name: (folder / name).read_bytes() for name in _ASSETS}

    @router.get("/")
    def home(user: str = "") -> HTMLResponse:
        return HTMLResponse(_home(pages, user))

    @router.post("/bank/register")
    def register(form: Form, request: Request) -> HTMLResponse:
        typed = form.get("user", "")
        try:
            user = read_user(typed, settings.domain)
            made = registrations.register(user, OFFLINE, read_password(form))
        except Refusal as refusal:
            return HTMLResponse(_home(pages, typed, fault_of(refusal)), refusal.status)
        except Mistyped as fault:
            return HTMLResponse(_home(pages, typed, str(fault)), HTTPStatus.BAD_REQUEST)
        origin = request_origin(request.scope)
        return HTMLResponse(_activation(pages, made, full_name(user, settings.domain), origin))

    # a form's target in the address bar is a person who pressed Enter there
    @router.get("/bank/register")
    def back_home() -> RedirectResponse:
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        if name not in assets:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(assets[name], media_type=_ASSETS[name], headers={"cache-control": "no-cache"})

    return router


_ASSETS = {
    "admin.css": "text/css",
    "admin.js": "text/javascript",
    "bank.css": "text/css",
    "bank.js": "text/javascript",
    "mark.svg": "image/svg+xml",
}


def _home(pages: Pages, user: str, fault: str = "") -> str:
    return pages.page("home", "Register", user=user, notice=notice(pages, fault, Tone.BAD))


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
