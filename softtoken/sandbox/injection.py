"""Where ordered faults happen: a layer between the guard and the application."""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import assert_never
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softtoken.resources import resource_path
from softtoken.sandbox.faults import Asked, Fault, Faults, Kind, When
from softtoken.sandbox.refusal import error_answer
from softtoken.sandbox.replay import again
from softtoken.sandbox.request_log import INJECTED
from softtoken.sandbox.store import Store

HANG_UP = "hang_up"
"""Where the server leaves, in a request's state, the function that ends its connection."""
EXEMPT = ("/admin", "/assets/", "/docs", "/openapi.json", "/softtoken/v1/faults", "/softtoken/v1/log")
"""What orders and watches faults never gets one."""
_INTERVAL = 0.05
_DEEPEST = 8


class Injection:
    """ASGI middleware. closing: the server is about to end, so nobody is kept waiting."""

    def __init__(self, app: ASGIApp, *, faults: Faults, store: Store, domain: str, closing: threading.Event) -> None:
        self._app = app
        self._faults = faults
        self._store = store
        self._domain = domain
        self._closing = closing
        self._sign_in = (resource_path("web") / "sign_in.html").read_text("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] == "http" and not scope["path"].startswith(EXEMPT)
        if not is_open or not self._faults.candidates(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        message = await receive()  # the guard hands over the whole body at once
        fault = await run_in_threadpool(self._choose, scope, message.get("body", b""))
        once_more = again(message, receive)
        if fault is None:
            await self._app(scope, once_more, send)
            return
        scope[INJECTED] = fault.words()
        await self._inject(fault, scope, once_more, send)

    def _choose(self, scope: Scope, body: bytes) -> Fault | None:
        names = _named(scope, body) | self._owners(scope["path"])
        bare = {name.strip().lower().removesuffix(f"@{self._domain}") for name in names}
        return self._faults.take(Asked(scope["method"], scope["path"], frozenset(bare)))

    def _owners(self, path: str) -> set[str]:
        """Whose session or registration the path names."""
        parts = path.split("/", _DEEPEST)
        with self._store.transaction() as db:
            rows = [
                db.execute(
                    "SELECT user_id FROM sessions WHERE request_id = ?1"
                    " UNION SELECT user_id FROM registrations WHERE registration_id = ?1",
                    (part,),
                ).fetchone()
                for part in parts
                if part
            ]
        return {row["user_id"] for row in rows if row is not None}

    async def _inject(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer()
        if fault.wish.when is When.AFTER:
            await self._app(scope, receive, answer)
        match fault.wish.kind:
            case Kind.DELAY:
                await self._wait(fault.wish.seconds)
                if fault.wish.when is When.BEFORE:
                    await self._app(scope, receive, answer)
                await answer.pass_on(send)
            case Kind.DROP:
                await _hang_up(scope, receive)
            case Kind.ERROR:
                error = error_answer(HTTPStatus.INTERNAL_SERVER_ERROR, "An unknown error has occurred.")
                await error(scope, receive, send)
            case Kind.TRUNCATED:
                answer.cut()
                await answer.pass_on(send)
            case Kind.SIGN_IN_PAGE:
                await HTMLResponse(self._sign_in)(scope, receive, send)
            case Kind.WRONG_CONTENT_TYPE:
                answer.disguise()
                await answer.pass_on(send)
            case _:
                assert_never(fault.wish.kind)

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self._closing.is_set():
            await asyncio.sleep(min(left, _INTERVAL))


@dataclass(slots=True)
class _Answer:
    """Receives the application's answer and keeps it."""

    start: Message | None = None
    body: bytes = field(default=b"", repr=False)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def cut(self) -> None:
        """Half of it, with a length that fits: no transport notices, only who reads it."""
        self.body = self.body[: len(self.body) // 2]
        self._headers()["content-length"] = str(len(self.body))

    def disguise(self) -> None:
        self._headers()["content-type"] = "text/plain; charset=utf-8"

    async def pass_on(self, send: Send) -> None:
        if self.start is not None:
            await send(self.start)
            await send({"type": "http.response.body", "body": self.body})

    def _headers(self) -> MutableHeaders:
        return MutableHeaders(scope=self.start or {"headers": []})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """End the connection, and stay until the server has noticed: or it would answer for us."""
    scope["state"][HANG_UP]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _named(scope: Scope, body: bytes) -> set[str]:
    """The users that the path and the body speak of."""
    names = set()
    _, found, rest = scope["path"].partition("/users/")
    if found:
        # a name may have slashes itself
        parts = rest.split("/", _DEEPEST)
        names |= {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    try:
        match kind:
            case "application/json":
                sent = json.loads(body)
                values = [sent.get(name) for name in ("userID", "login")] if isinstance(sent, dict) else []
            case "application/x-www-form-urlencoded":
                values = list(parse_qs(body.decode("ascii"), max_num_fields=20).get("user", []))
            case _:
                values = []
    except (ValueError, RecursionError):
        values = []
    return names | {value for value in values if isinstance(value, str)}
