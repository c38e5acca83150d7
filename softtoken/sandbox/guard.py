"""What every request passes first and last: whose it is, how big, how it is answered, and its one log line.

The log line has the method, the route's pattern (never the path: it carries names), the status and the
correlation id; no header, no query, no body.
"""

import logging
import traceback
import uuid
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softtoken.errors import SoftTokenError
from softtoken.sandbox.origin import is_foreign_change, is_own_host
from softtoken.sandbox.refusal import error_answer

BODY_LIMIT = 64 * 1024
"""Bytes. The longest documented body, with a browser's fingerprint, is about 2,000."""
_PATIENCE = 16 * BODY_LIMIT
CORRELATION_HEADER = "log-correlation-id"
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class CallerGone(SoftTokenError):  # noqa: N818 - named after what happened
    """The connection ended inside the body: nobody is left to answer, and half a request is none."""


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...], log: logging.Logger) -> None:
        self._app = app
        self._hosts = hosts
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answering(scope, send, self._log)
        try:
            await self._pass(scope, receive, answer)
        except CallerGone:
            pass
        except Exception as error:  # noqa: BLE001 - the last line: whatever it is, the caller gets an answer
            self._report(error, answer.correlation_id)
            if not answer.started:
                status = HTTPStatus.INTERNAL_SERVER_ERROR
                await _refuse(scope, receive, answer, status, "An unknown error has occurred.")

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answering") -> None:
        # read even for a refusal: closing on a caller who still sends resets the connection, and the answer with it
        body, rest = await _read_body(receive)
        if not is_own_host(scope, self._hosts):
            status, message = HTTPStatus.FORBIDDEN, "This host is not served here"
        elif is_foreign_change(scope):
            status, message = HTTPStatus.FORBIDDEN, "Requests of other sites are refused"
        elif len(body) > BODY_LIMIT:
            status, message = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {BODY_LIMIT} bytes"
        else:
            await self._app(scope, _replay(body, receive), answer)
            return
        await _refuse(scope, receive, answer, status, message, last=rest)

    def _report(self, error: Exception, correlation_id: str) -> None:
        """Type and place alone: an exception's text may quote what was sent."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
        self._log.error("%s at %s %s", type(error).__name__, place, correlation_id)


class _Answering:
    """The `send` that logs every answer, puts our headers on it and remembers whether there was one."""

    def __init__(self, scope: Scope, send: Send, log: logging.Logger) -> None:
        self._scope = scope
        self._send = send
        self._log = log
        self.correlation_id = str(uuid.uuid4())
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            route = getattr(self._scope.get("route"), "path", "(no route)")
            line = (self._scope["method"], route, message["status"], self.correlation_id)
            self._log.info("%s %s %d %s", *line)
            headers = MutableHeaders(scope=message)
            headers[CORRELATION_HEADER] = self.correlation_id
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


async def _refuse(
    scope: Scope, receive: Receive, answer: _Answering, status: HTTPStatus, message: str, *, last: bool = False
) -> None:
    """last: the rest of the body will not be read, so nothing else can come over this connection."""
    response = error_answer(status, message)
    if last:
        response.headers["connection"] = "close"
    await response(scope, receive, answer)


async def _read_body(receive: Receive) -> tuple[bytes, bool]:
    """At most one byte more than the limit, and whether there was more than we cared to read. Raises CallerGone."""
    body, seen, more = b"", 0, True
    while more and seen <= _PATIENCE:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerGone
        chunk = message.get("body", b"")
        seen += len(chunk)
        body = (body + chunk)[: BODY_LIMIT + 1]
        more = message.get("more_body", False)
    return body, more


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more for the application, then whatever the connection says."""
    pending = [body]

    async def replay() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replay
