"""From a request to a whole, bounded answer, or to the reason why there is none."""

import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx

from softtoken.iaa.deadline import Deadline, DeadlinePassed
from softtoken.iaa.errors import AnswerFault, BadAnswer, IaaError, Reason, Unreachable
from softtoken.iaa.refusals import shown_correlation
from softtoken.iaa.transport import Diagnosed, NotHttp

MAX_BODY = 1024 * 1024
"""Bytes of an answer's body; the longest documented one is a few kilobytes."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came, of any status. correlation: the log-correlation-id header. date: the Date header."""

    status: int
    plain_text: bool
    correlation: str | None
    body: bytes = field(repr=False)
    date: str | None = None

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300


def exchange(
    transport: httpx.BaseTransport, request: httpx.Request, deadline: Deadline, secrets: Iterable[str] = ()
) -> RawAnswer:
    """Send once and read the answer to its end. secrets: the request's, for a server that repeats them.

    Raises Unreachable, also where a gateway says that it wants another certificate; BadAnswer for what is no
    HTTP, too large or encoded.
    """
    failure: IaaError
    correlation = None
    try:
        response = transport.handle_request(request)
        try:
            correlation = shown_correlation(response.headers.get("log-correlation-id"), secrets)
            answer = _read(response, deadline)
        finally:
            response.close()
        reason = _gateways_reason(answer)
        if reason is None:
            return answer
        failure = Unreachable(reason, sent=True, log_correlation_id=correlation)
    except NotHttp:
        failure = BadAnswer(fault=AnswerFault.NOT_HTTP)
    except _Unreadable as unreadable:
        failure = BadAnswer(unreadable.status, "", correlation, fault=unreadable.fault)
    except DeadlinePassed:
        failure = Unreachable(Reason.TIMED_OUT, sent=True, log_correlation_id=correlation)
    except httpx.HTTPError as error:
        failure = _unreachable(error, correlation)
    # outside the handlers, so that no exception that knows the request hangs on to this one
    raise failure


class _Unreadable(Exception):  # noqa: N818 - becomes a BadAnswer
    def __init__(self, status: int, fault: AnswerFault) -> None:
        super().__init__(fault.value)
        self.status = status
        self.fault = fault


def _read(response: httpx.Response, deadline: Deadline) -> RawAnswer:
    headers = response.headers
    plain = headers.get("content-type", "").partition(";")[0].strip().lower() == "text/plain"
    # we ask for identity; a small compressed body can grow past any bound
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise _Unreadable(response.status_code, AnswerFault.ENCODING)
    body = bytearray()
    for chunk in _chunks(response):
        body += chunk
        if len(body) > MAX_BODY:
            raise _Unreadable(response.status_code, AnswerFault.TOO_LARGE)
        deadline.left()
    return RawAnswer(response.status_code, plain, headers.get("log-correlation-id"), bytes(body), headers.get("date"))


def _gateways_reason(answer: RawAnswer) -> Reason | None:
    """nginx finishes the handshake whatever it is shown, and says what it thinks of it on a page."""
    if answer.status not in _CERTIFICATE_STATUSES:
        return None
    return next((reason for words, reason in _CERTIFICATE_PAGES if words in answer.body), None)


_CERTIFICATE_STATUSES = (400, 495, 496)
_CERTIFICATE_PAGES = (
    (b"<center>No required SSL certificate was sent</center>", Reason.CERTIFICATE_REQUIRED),
    (b"<center>The SSL certificate error</center>", Reason.CERTIFICATE_REFUSED),
)


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    # the stream itself: Response.iter_raw refuses a body that a fake transport has already read
    assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - narrows the type; the request was sync
    yield from response.stream


def _unreachable(error: httpx.HTTPError, correlation: str | None) -> Unreachable:
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
    sent = not (unsent or isinstance(error, httpx.UnsupportedProtocol))
    return Unreachable(_reason(error, sent=sent), sent=sent, log_correlation_id=correlation)


def _reason(error: httpx.HTTPError, *, sent: bool) -> Reason:
    for cause in _causes(error):
        match cause:
            case Diagnosed():
                return cause.reason
            case httpx.TimeoutException():
                return Reason.TIMED_OUT
            case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ConnectionResetError() | BrokenPipeError():
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
