"""The sandbox as an ASGI application: builds the parts and joins them; nothing else in this package does."""

import logging
import threading
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from softtoken import __version__
from softtoken.sandbox.access import Access, too_many
from softtoken.sandbox.admin import admin_router
from softtoken.sandbox.administration import Administration, TooManyTries
from softtoken.sandbox.api import api_router
from softtoken.sandbox.app_versions import register_own
from softtoken.sandbox.approvals import Approvals
from softtoken.sandbox.approvals_api import approvals_router
from softtoken.sandbox.bank import bank_router
from softtoken.sandbox.description import allowed_methods, describe
from softtoken.sandbox.docs_page import docs_router
from softtoken.sandbox.faults import Faults
from softtoken.sandbox.faults_api import faults_router
from softtoken.sandbox.guard import Guard
from softtoken.sandbox.help_desk import help_desk_router
from softtoken.sandbox.injection import Injection
from softtoken.sandbox.log_api import log_router
from softtoken.sandbox.login import Logins
from softtoken.sandbox.own_api import own_router
from softtoken.sandbox.refusal import Refusal, error_answer
from softtoken.sandbox.registration import Registrations
from softtoken.sandbox.relying import Verifications
from softtoken.sandbox.renewal import Renewals
from softtoken.sandbox.request_log import Recorder, RequestLog
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.rules_api import rules_router
from softtoken.sandbox.sensors import sensors_router
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.turns import MOST_WAITING, Turns
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
    # without an administration password nobody is an outsider
    turns = Turns(MOST_WAITING if settings.admin_password_hash is not None else None)
    registrations = Registrations(settings, store, verifier, turns)
    logins = Logins(settings, store, verifier, sessions, turns)
    resynchronisations = Resynchronisations(store, verifier)
    renewals = Renewals(settings, store, verifier)
    closing = closing or threading.Event()
    waiting = Waiting(closing)
    faults = Faults(store)
    request_log = RequestLog()
    password_hash = settings.admin_password_hash
    administration = Administration(password_hash, settings.clock) if password_hash is not None else None

    # FastAPI's own API pages load their scripts from a CDN; docs_page.py has ours
    app = FastAPI(title="Soft Token sandbox", version=__version__, docs_url=None, redoc_url=None)
    app.include_router(
        api_router(settings, store, registrations, logins, resynchronisations, sessions, waiting), tags=["The vendor's"]
    )
    app.include_router(rules_router(settings, store, sessions), tags=["Ours: rules and requests"])
    app.include_router(
        own_router(settings, store, Verifications(store, verifier), resynchronisations, renewals),
        tags=["Ours: relying parties and devices"],
    )
    app.include_router(
        approvals_router(Approvals(store, verifier, sessions)), tags=["Ours: relying parties and devices"]
    )
    app.include_router(sensors_router(store), tags=["Ours: relying parties and devices"])
    app.include_router(bank_router(settings, store, registrations, logins, sessions))
    app.include_router(help_desk_router(settings, store, resynchronisations))
    app.include_router(faults_router(faults, settings.domain), tags=["Ours: testing an integration"])
    app.include_router(log_router(request_log, waiting), tags=["Ours: testing an integration"])
    app.include_router(admin_router(settings, store, sessions, faults, request_log, administration))
    app.include_router(docs_router())
    describe(app, settings.domain)
    app.add_exception_handler(Refusal, _answer_refusal)
    app.add_exception_handler(TooManyTries, _answer_too_many)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    # the last one is the outermost
    app.add_middleware(Injection, faults=faults, store=store, domain=settings.domain, closing=closing)
    app.add_middleware(Access, administration=administration, store=store, domain=settings.domain, clock=settings.clock)
    app.add_middleware(Guard, hosts=settings.names, log=logging.getLogger(LOG_NAME))
    app.add_middleware(Recorder, log=request_log, clock=settings.clock)
    return app


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - for the type checker; the handler is registered for this type
    return error_answer(error.status, error.message, error.faults)


async def _answer_too_many(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyTries)  # noqa: S101
    return too_many(error)


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    """FastAPI's own validation: 400 as documented, not 422, and nothing of the input in it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [_fault(found["loc"], found["msg"]) for found in error.errors()]
    return error_answer(HTTPStatus.BAD_REQUEST, "Input data validation failed.", faults)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:
        return error_answer(status, "Input data validation failed.", ["The body cannot be read"])
    response = error_answer(status, status.phrase)
    response.headers.update(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["allow"] = allowed_methods(request.app, request.scope)
    return response


def _fault(location: tuple[str | int, ...], message: str) -> str:
    where = ".".join(str(part) for part in location[1:] if part not in _UNION_TAGS)
    said = message.removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


_UNION_TAGS = frozenset(
    {
        "AdaptiveLoginInput",
        "LoginInput",
        "AdaptiveRegisterUserInput",
        "RegisterUserInputEx",
        "AdaptiveUnregisterUserInput",
        "UnregisterUserInputEx",
        "AdaptiveTransactionValidationInput",
        "TransactionValidationInput",
    }
)
