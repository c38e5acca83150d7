"""One call to one server: its request, its time limit, whether it may be tried again, its answer or an IaaError."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from softtoken import __version__
from softtoken.iaa.address import parse_origin
from softtoken.iaa.deadline import Deadline
from softtoken.iaa.errors import IaaError, Reason, ServerFault, Unreachable
from softtoken.iaa.exchange import RawAnswer, exchange
from softtoken.iaa.network import Watch
from softtoken.iaa.refusals import correlation_id, refusal
from softtoken.iaa.transport import DEADLINE, WATCH, DeadlineTransport

A = TypeVar("A")


class Repeat(Enum):
    """When a call is tried again. NEVER: it has a code. IF_REFUSED: nothing was sent. ALWAYS: it changes nothing."""

    NEVER = auto()
    IF_REFUSED = auto()
    ALWAYS = auto()


class ServerCalls:
    """Speaks to one server. A context manager; may be used from several threads.

    origin: as parse_origin takes it (raises BadAddress). transport: the test seam; by default the network,
    with TLS always verified. timeout_seconds: for a whole call, from the look-up of the name to the last
    byte, repetitions included.
    """

    def __init__(
        self,
        origin: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout_seconds: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.origin = parse_origin(origin)
        self._transport = transport or DeadlineTransport()
        self._timeout = timeout_seconds
        self._sleep = sleep
        self._monotonic = monotonic

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the transport."""
        self._transport.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        secrets: tuple[str, ...] = (),
        *,
        repeat: Repeat = Repeat.IF_REFUSED,
        seconds: float | None = None,
        base: str = "v1",
        headers: Mapping[str, str] | None = None,
    ) -> "Called":
        """A success's answer; anything else is an IaaError.

        path: below base, encoded. secrets: texts of the request that no error may repeat. seconds: in place of the
        client's own limit. headers: beside the usual ones, or in their place.
        """
        deadline = Deadline(self._timeout if seconds is None else seconds, self._monotonic)
        pauses = iter(_PAUSES)
        while True:
            request = self._request(method, f"{base}/{path}", body, deadline, headers or {})
            try:
                raw = exchange(self._transport, request, deadline, secrets)
                if raw.success:
                    return Called(raw, correlation_id(raw, secrets))
                raise refusal(raw, secrets)
            except (Unreachable, ServerFault) as error:
                pause = next(pauses, None) if _repeatable(error, repeat) else None
                if pause is None or not deadline.allows(pause):
                    raise
            self._sleep(pause)

    def held(self, seconds: int | None) -> float:
        """This client's time limit for a call that the server may hold for so long."""
        return self._timeout + (seconds or 0)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, deadline: Deadline, more: Mapping[str, str]
    ) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": f"SoftToken/{__version__}",
        }
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = msgspec.json.encode(body)
        url = f"{self.origin}/{path}"
        return httpx.Request(method, url, headers={**headers, **more}, content=content, extensions={DEADLINE: deadline})

    def probe_call(self, method: str, path: str, body: Mapping[str, Any], *, watch: Watch | None = None) -> RawAnswer:
        """The answer as it came, of any status, after one try. watch: hears of each step of the connection."""
        deadline = Deadline(self._timeout, self._monotonic)
        request = self._request(method, f"v1/{path}", body, deadline, {})
        if watch is not None:
            request.extensions[WATCH] = watch
        return exchange(self._transport, request, deadline)


@dataclass(frozen=True, slots=True)
class Called:
    """A success as it came. correlation: its log-correlation-id, freed of the request's secrets."""

    raw: RawAnswer
    correlation: str | None

    def read(self, reader: Callable[[RawAnswer, str | None], A]) -> A:
        """What a reader makes of it. Raises BadAnswer."""
        return reader(self.raw, self.correlation)


_PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try."""


def _repeatable(error: IaaError, repeat: Repeat) -> bool:
    match repeat:
        case Repeat.NEVER:
            return False
        case Repeat.IF_REFUSED:
            return isinstance(error, Unreachable) and error.reason is Reason.REFUSED and not error.sent
        case Repeat.ALWAYS:
            return not isinstance(error, Unreachable) or error.reason.passing
