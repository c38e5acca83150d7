"""From a request to a whole, bounded answer, or to the reason why there is none."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from softtoken.iaa.deadline import Deadline, DeadlinePassed
from softtoken.iaa.errors import AnswerFault, BadAnswer, IaaError, Reason, Unreachable
from softtoken.iaa.transport import NotHttp

MAX_BODY = 1024 * 1024
"""Bytes of an answer's body; the longest documented one is a few kilobytes."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came, of any status. correlation: the log-correlation-id header."""

    status: int
    plain_text: bool
    correlation: str | None
    body: bytes = field(repr=False)

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300


def exchange(transport: httpx.BaseTransport, request: httpx.Request, deadline: Deadline) -> RawAnswer:
    """Send once and read the answer to its end.

    Raises Unreachable; BadAnswer for what is no HTTP, too large or encoded.
    """
    failure: IaaError
    try:
        response = transport.handle_request(request)
        try:
            return _read(response, deadline)
        finally:
            response.close()
    except NotHttp:
        failure = BadAnswer(fault=AnswerFault.NOT_HTTP)
    except DeadlinePassed:
        failure = Unreachable(Reason.TIMED_OUT, sent=True)
    except httpx.HTTPError as error:
        failure = _unreachable(error)
    # outside the handlers, so that no exception that knows the request hangs on to this one
    raise failure


def _read(response: httpx.Response, deadline: Deadline) -> RawAnswer:
    headers = response.headers
    plain = headers.get("content-type", "").partition(";")[0].strip().lower() == "text/plain"
    correlation = headers.get("log-correlation-id")
    # we ask for identity; a small compressed body can grow past any bound
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise BadAnswer(response.status_code, fault=AnswerFault.ENCODING)
    body = bytearray()
    for chunk in _chunks(response):
        body += chunk
        if len(body) > MAX_BODY:
            raise BadAnswer(response.status_code, fault=AnswerFault.TOO_LARGE)
        deadline.left()
    return RawAnswer(response.status_code, plain, correlation, bytes(body))


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    # the stream itself: Response.iter_raw refuses a body that a fake transport has already read
    assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - narrows the type; the request was sync
    yield from response.stream


def _unreachable(error: httpx.HTTPError) -> Unreachable:
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
    sent = not (unsent or isinstance(error, httpx.UnsupportedProtocol))
    return Unreachable(_reason(error, sent=sent), sent=sent)


def _reason(error: httpx.HTTPError, *, sent: bool) -> Reason:
    if isinstance(error, httpx.TimeoutException):
        return Reason.TIMED_OUT
    for cause in _causes(error):
        match cause:
            case ssl.SSLEOFError() | ssl.SSLZeroReturnError() if sent:
                return Reason.LOST
            case ssl.SSLError():
                return Reason.TLS
            case socket.gaierror():
                return Reason.NAME_NOT_FOUND
            case ConnectionRefusedError() if not sent:
                return Reason.REFUSED
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) and sent:
        return Reason.LOST
    return Reason.OTHER


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    # httpcore cuts __cause__ on the way through its pool, __context__ stays
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
