"""What an outsider may do where there is an administration password: what is listed here, and nothing else.

Outsiders are users and their devices: they prove themselves with codes, and may register a name that nobody has.
Everything else, also what is yet to be written, asks for the password: HTTP Basic, or the cookie of the log-in page.
"""

import base64
import binascii
import json
import re
from collections import OrderedDict
from http import HTTPStatus
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from softtoken.clock import Clock
from softtoken.sandbox.administration import Administration, TooManyTries, network_of
from softtoken.sandbox.refusal import Refusal, error_answer
from softtoken.sandbox.replay import again
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user

LOG_IN = "/admin/login"
REALM = 'Basic realm="Soft Token sandbox: administration", charset="UTF-8"'
PUBLIC = (
    # the vendor's, for users and devices
    "POST /v1/users/register",
    "POST /v1/registrations/.*",
    "POST /v1/users/.+/(login|events/validate|transactions/validate|sync-authenticator|generate-challenge)",
    "POST /v1/(events|transactions)",
    "GET /v1/sessions/.+",
    "GET /v1/visualcodes/render",
    # ours, where a device proves itself with a key
    "POST /softtoken/v1/users/.+/renew-key",
    "(GET|POST) /softtoken/v1/approvals(/[^/]+)?",
    "POST /softtoken/v1/device",
    # the bank, and what explains it
    "GET /(login|transaction)?",
    "(GET|POST) /bank/(register|login|transaction|cancel)",
    "GET /bank/waiting",
    "GET /assets/.*",
    "GET /docs(/.*)?",
    "GET /openapi.json",
    f"(GET|POST) {LOG_IN}",
)
"""Method and path, as regular expressions for all of it."""
REGISTRATIONS = 10
"""That one address may make in a minute without the password."""
_BANK = "/bank/register"
_REGISTERING = frozenset({"/v1/users/register", _BANK})
_PUBLIC = [re.compile(pattern) for pattern in PUBLIC]
_PAGES = ("/admin", "/support", "/bank/")
_MOST_ADDRESSES = 1000


class Access:
    """ASGI middleware. administration: None lets everybody do everything."""

    def __init__(
        self, app: ASGIApp, *, administration: Administration | None, store: Store, domain: str, clock: Clock
    ) -> None:
        self._app = app
        self._administration = administration
        self._store = store
        self._domain = domain
        self._registrations = _Allowance(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        administration = self._administration
        if scope["type"] != "http" or administration is None:
            await self._app(scope, receive, send)
            return
        is_registering = scope["method"] == "POST" and scope["path"] in _REGISTERING
        if is_public(scope["method"], scope["path"]) and not is_registering:
            await self._app(scope, receive, send)
            return
        try:
            allowed = await _is_administrator(administration, scope)
            if not allowed and is_registering:
                message = await receive()  # the guard hands over the whole body at once
                receive = again(message, receive)
                known = await run_in_threadpool(self._is_known, scope["path"], message.get("body", b""))
                if not known:
                    self._registrations.spend(caller_address(scope))
                    allowed = True
        except TooManyTries as error:
            await too_many(error)(scope, receive, send)
            return
        await (self._app if allowed else _refusal(scope))(scope, receive, send)

    def _is_known(self, path: str, body: bytes) -> bool:
        """Is a name in this body somebody's? A new activation code would take that user over.

        What cannot be read here is taken for known: the application may read it otherwise.
        """
        try:
            users = [user for name in _names(path, body) if (user := self._read(name)) is not None]
            with self._store.transaction() as db:
                rows = [db.execute("SELECT 1 FROM users WHERE user_id = ?", (user,)).fetchone() for user in users]
        except (ValueError, RecursionError):
            return True
        return any(row is not None for row in rows)

    def _read(self, name: str) -> str | None:
        """None: it cannot be a name, as the application will say."""
        try:
            return read_user(name, self._domain)
        except Refusal:
            return None


class _Allowance:
    """So many registrations a minute for each address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def spend(self, address: str) -> None:
        """One more. Raises TooManyTries."""
        whose, now = network_of(address), self._clock.uptime()
        began, count = self._spent.get(whose, (now, 0))
        if now >= began + 60:
            began, count = now, 0
        if count >= REGISTRATIONS:
            raise TooManyTries(began + 60 - now)
        self._spent[whose] = (began, count + 1)
        self._spent.move_to_end(whose)
        while len(self._spent) > _MOST_ADDRESSES:
            self._spent.popitem(last=False)


def is_public(method: str, path: str) -> bool:
    """May everybody do this?"""
    return any(pattern.fullmatch(f"{method} {path}") for pattern in _PUBLIC)


def caller_address(scope: Scope) -> str:
    """Of the connection's other end; headers that claim another one are not believed."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def too_many(error: TooManyTries) -> Response:
    """429, which says when to come back."""
    response = error_answer(HTTPStatus.TOO_MANY_REQUESTS, "Too many tries. Wait, and try again.")
    response.headers["retry-after"] = str(error.wait)
    return response


def cookie_name(scheme: str) -> str:
    """The prefix binds the cookie to this host and to TLS; browsers refuse it without."""
    return "__Host-softtoken-administration" if scheme == "https" else "softtoken-administration"


def session_of(scope: Scope) -> str:
    """What the request's cookie holds; nothing without one."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(cookie_name(scope["scheme"]), "")


async def _is_administrator(administration: Administration, scope: Scope) -> bool:
    """Raises TooManyTries."""
    if administration.is_session(session_of(scope)):
        return True
    password = _basic_password(Headers(scope=scope).get("authorization", ""))
    return password is not None and await administration.is_password(password, caller_address(scope))


def _basic_password(authorization: str) -> str | None:
    """The password of RFC 7617; there is one administrator, so any user name will do."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else None


def _refusal(scope: Scope) -> Response:
    """A page sends a person to the log-in page; a program is told how to say the password."""
    if scope["path"].startswith(_PAGES):
        then = f"?then={quote(scope['path'])}" if scope["method"] == "GET" else ""
        return RedirectResponse(LOG_IN + then, HTTPStatus.SEE_OTHER)
    response = error_answer(HTTPStatus.UNAUTHORIZED, "The administration password is needed")
    response.headers["www-authenticate"] = REALM
    return response


def _names(path: str, body: bytes) -> list[str]:
    """All values of the user's name, since of two readers one may take the first and another the last.

    Raises ValueError, RecursionError for a body that is not what this path takes.
    """
    if path == _BANK:
        return parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=20).get("user", [])
    found: list[object] = []

    def collect(pairs: list[tuple[str, object]]) -> None:
        found.extend(value for name, value in pairs if name == "userID")

    # numbers stay texts: Python refuses to read very long ones, others do not
    json.loads(body, object_pairs_hook=collect, parse_int=str, parse_float=str)
    return [name for name in found if isinstance(name, str)]
