"""The sandbox as an ASGI application: builds the parts and joins them; nothing else in this package does."""

import logging
import threading
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from softtoken import __version__
from softtoken.sandbox.api import api_router
from softtoken.sandbox.app_versions import register_own
from softtoken.sandbox.bank import bank_router
from softtoken.sandbox.guard import Guard
from softtoken.sandbox.help_desk import help_desk_router
from softtoken.sandbox.login import Logins
from softtoken.sandbox.own_api import own_router
from softtoken.sandbox.refusal import Refusal, error_answer
from softtoken.sandbox.registration import Registrations
from softtoken.sandbox.relying import Verifications
from softtoken.sandbox.renewal import Renewals
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.rules_api import rules_router
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.verification import CodeVerifier
from softtoken.sandbox.waiting import Waiting

LOG_NAME = "softtoken.sandbox"
"""The logger that gets one INFO line per request; without a handler it is silent."""


def create_app(settings: SandboxSettings, closing: threading.Event | None = None) -> FastAPI:
    """The tenant, its own endpoints and the demo bank. Raises StoreUnusable.

    The port of settings is the server's business; the application takes it from each request.
    closing: set when the server is about to end, so that held calls are answered.
    """
    store = Store(settings.data_folder)
    with store.transaction() as db:
        register_own(db, settings.app_digests)
    verifier = CodeVerifier(settings.clock, settings.digest_check, settings.window)
    sessions = Sessions(settings.clock)
    registrations = Registrations(settings, store, verifier)
    logins = Logins(settings, store, verifier, sessions)
    resynchronisations = Resynchronisations(store, verifier)
    renewals = Renewals(settings, store, verifier)
    waiting = Waiting(closing or threading.Event())

    # FastAPI's own API pages load their scripts from a CDN
    app = FastAPI(title="Soft Token sandbox", version=__version__, docs_url=None, redoc_url=None)
    app.include_router(api_router(settings, store, registrations, logins, resynchronisations, sessions, waiting))
    app.include_router(rules_router(settings, store, sessions))
    app.include_router(own_router(settings, store, Verifications(store, verifier), resynchronisations, renewals))
    app.include_router(bank_router(settings, store, registrations, logins))
    app.include_router(help_desk_router(settings, store, resynchronisations))
    app.add_exception_handler(Refusal, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_middleware(Guard, hosts=settings.hosts, log=logging.getLogger(LOG_NAME))
    return app


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - for the type checker; the handler is registered for this type
    return error_answer(error.status, error.message, error.faults)


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    """FastAPI's own validation: 400 as documented, not 422, and nothing of the input in it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [_fault(found["loc"], found["msg"]) for found in error.errors()]
    return error_answer(HTTPStatus.BAD_REQUEST, "Input data validation failed.", faults)


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:
        return error_answer(status, "Input data validation failed.", ["The body cannot be read"])
    response = error_answer(status, status.phrase)
    response.headers.update(error.headers or {})
    return response


def _fault(location: tuple[str | int, ...], message: str) -> str:
    where = ".".join(str(part) for part in location[1:] if part not in _UNION_TAGS)
    said = message.removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


_UNION_TAGS = frozenset({"AdaptiveLoginInput", "LoginInput", "AdaptiveRegisterUserInput", "RegisterUserInputEx"})
