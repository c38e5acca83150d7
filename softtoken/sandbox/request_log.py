"""The live request log: the last 500 requests with their answers, in memory and nowhere else.

A layer around the whole application sees what goes in and out. Bodies are masked before they are kept (masking.py);
headers and queries are not looked at, since both carry secrets.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softtoken.clock import Clock
from softtoken.sandbox.guard import CORRELATION_HEADER
from softtoken.sandbox.masking import BODY_LIMIT, masked_body

CAPACITY = 500
INJECTED = "softtoken.injected"
"""Where the fault injection notes in a request's scope what it did."""
_LONGEST_PATH = 400
_OWN = ("/admin", "/assets/", "/docs", "/softtoken/v1/log")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. number: counts up from 1. at: epoch seconds. status: None if the connection ended without an answer.

    injected: the fault that was injected, if any. request, answer: the bodies, masked.
    """

    number: int
    at: int
    method: str
    path: str
    status: int | None
    milliseconds: int
    correlation_id: str
    injected: str
    request: str
    answer: str


class RequestLog:
    """A ring; any thread may add and read."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=CAPACITY)
        self._count = 0
        self._turn = threading.Lock()

    def add(self, seen: "_Seen") -> None:
        """The next entry."""
        with self._turn:
            self._count += 1
            self._entries.append(seen.entry(self._count))

    def since(self, number: int) -> list[Entry]:
        """What came behind this number and is still here, oldest first."""
        with self._turn:
            # a number from before a restart is of no use to who holds it: then everything is new
            after = number if number <= self._count else 0
            return [entry for entry in self._entries if entry.number > after]

    def clear(self) -> None:
        """Forget what was seen; numbers go on."""
        with self._turn:
            self._entries.clear()


class Recorder:
    """ASGI middleware, outermost. The log's own readers (administration, assets, API page) are left out."""

    def __init__(self, app: ASGIApp, *, log: RequestLog, clock: Clock) -> None:
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_OWN):
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, self._clock.now())

        async def listen() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                seen.request.add(message.get("body", b""))
            return message

        async def speak(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.start(message)
            elif message["type"] == "http.response.body":
                seen.answer.add(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, listen, speak)
        finally:
            self._log.add(seen)


@dataclass(slots=True)
class _Body:
    kept: bytes = field(default=b"", repr=False)
    size: int = 0

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.kept += chunk[: max(0, BODY_LIMIT - len(self.kept))]


class _Seen:
    """What one request has shown so far."""

    def __init__(self, scope: Scope, at: int) -> None:
        self.request = _Body()
        self.answer = _Body()
        self._scope = scope
        self._at = at
        self._began = time.perf_counter()
        self._status: int | None = None
        self._headers = Headers()

    def start(self, message: Message) -> None:
        self._status = message["status"]
        self._headers = Headers(raw=message["headers"])

    def entry(self, number: int) -> Entry:
        return Entry(
            number=number,
            at=self._at,
            method=self._scope["method"],
            path=self._scope["path"][:_LONGEST_PATH],
            status=self._status,
            milliseconds=round((time.perf_counter() - self._began) * 1000),
            correlation_id=self._headers.get(CORRELATION_HEADER, ""),
            injected=self._scope.get(INJECTED, ""),
            request=_masked(Headers(scope=self._scope), self.request),
            answer=_masked(self._headers, self.answer),
        )


def _masked(headers: Headers, body: _Body) -> str:
    return masked_body(headers.get("content-type", ""), body.kept, body.size)
