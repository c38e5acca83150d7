"""One HTTP exchange over the network: a transport for httpx requests that keeps an overall deadline.

Each exchange has a connection of its own: a kept one that the server has just closed would lose a one-time
password. A proxy is never used for this machine: loopback traffic and proxy credentials do not mix. Everything
else is https, so a proxy sees a tunnel and no request.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpcore
import httpx

from softtoken.iaa.address import is_loopback
from softtoken.iaa.deadline import Deadline, DeadlinePassed, within
from softtoken.iaa.device_certificate import DeviceCertificate, load_certificate
from softtoken.iaa.errors import Reason
from softtoken.iaa.network import DeadlineBackend, Progress, Resolve, Watch, system_addresses
from softtoken.iaa.proxies import Proxy, SystemProxy, proxy_for, system_proxy
from softtoken.iaa.settings import NetworkSettings
from softtoken.iaa.tls import Hop
from softtoken.iaa.trust import os_trust, trust_besides

T = TypeVar("T")

DEADLINE = "deadline"
"""The request extension that holds the Deadline."""

WATCH = "watch"
"""The request extension that may hold a Watch."""


class NotHttp(httpx.RemoteProtocolError):
    """The other side speaks something else."""


class Diagnosed(Exception):  # noqa: N818 - it goes along with an error, and is none itself
    """The cause of a transport error whose reason is known."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class DeadlineTransport(httpx.BaseTransport):
    """Sends a request within its Deadline (a request extension). No redirects, cookies, retries or .netrc.

    settings: the way to the server that it is used for. trust: makes a TLS context that verifies. proxy: what
    ProxyUse.SYSTEM means. now: epoch seconds, to tell what a refused certificate's dates have to do with it.

    Raises httpx's transport errors: those of connecting (ConnectError, ConnectTimeout, ProxyError) when nothing
    of the request left, NotHttp for rubbish, ReadError when the connection ended early, each caused by a
    Diagnosed where more is known; OwnFileUnusable for a file of the settings.
    """

    def __init__(
        self,
        settings: NetworkSettings | None = None,
        *,
        trust: Callable[[], ssl.SSLContext] = os_trust,
        proxy: SystemProxy = system_proxy,
        resolve: Resolve = system_addresses,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings or NetworkSettings()
        self._trust = trust
        self._proxy = proxy
        self._resolve = resolve
        self._now = now
        self._tls: tuple[ssl.SSLContext, DeviceCertificate | None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = request.extensions.get(DEADLINE) or Deadline(_UNTOLD, time.monotonic)
        progress = Progress()
        with _as_httpx(progress):
            pool = self._pool(request.url, deadline, progress, request.extensions.get(WATCH))
        try:
            with _as_httpx(progress):
                response = pool.handle_request(_core_request(request, progress, pool))
        except BaseException:
            pool.close()
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response, pool, progress), request=request
        )

    def _pool(
        self, url: httpx.URL, deadline: Deadline, progress: Progress, watch: Watch | None
    ) -> httpcore.ConnectionPool:
        if url.scheme != "https":  # this machine alone
            backend = DeadlineBackend(deadline, progress, self._resolve, watch=watch)
            return httpcore.ConnectionPool(max_keepalive_connections=0, network_backend=backend)
        host, port = url.raw_host.decode("ascii"), url.port or 443
        proxy = None if is_loopback(host) else self._find_proxy(host, port, deadline)
        context, certificate = _in_time(deadline, self._server_tls)
        hop = Hop(behind_proxy=proxy is not None, valid=certificate.valid if certificate else None)
        hops = (Hop(proxy=True), hop) if proxy and proxy.tls else (hop,)
        backend = DeadlineBackend(deadline, progress, self._resolve, hops, watch, self._now)
        if proxy is None:
            return httpcore.ConnectionPool(context, max_keepalive_connections=0, network_backend=backend)
        return httpcore.HTTPProxy(
            httpcore.URL(
                scheme=b"https" if proxy.tls else b"http", host=proxy.host.encode(), port=proxy.port, target=b"/"
            ),
            proxy_auth=_encoded(proxy.credentials) if proxy.credentials else None,
            ssl_context=context,
            # the device's certificate is for the gateway; a proxy that asks for one gets none
            proxy_ssl_context=_in_time(deadline, self._authorities) if proxy.tls else None,
            max_keepalive_connections=0,
            network_backend=backend,
        )

    def _find_proxy(self, host: str, port: int, deadline: Deadline) -> Proxy | None:
        try:
            return _in_time(deadline, lambda: proxy_for(host, port, self._settings.proxy, self._proxy))
        except (OSError, ValueError):  # a BadProxy, or settings of the system that cannot be read
            raise httpcore.ProxyError from Diagnosed(Reason.PROXY_SETTING)

    def _server_tls(self) -> tuple[ssl.SSLContext, DeviceCertificate | None]:
        if self._tls is None:
            context, certificate = self._authorities(), None
            if self._settings.certificate is not None:
                certificate = load_certificate(self._settings.certificate)
                certificate.present(context)
            self._tls = context, certificate
        return self._tls

    def _authorities(self) -> ssl.SSLContext:
        context = self._trust()
        if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
            raise ValueError("a TLS context that does not verify")
        context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        if self._settings.ca_file is not None:
            trust_besides(context, self._settings.ca_file)
        return context


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response, pool: httpcore.ConnectionPool, progress: Progress) -> None:
        self._response = response
        self._pool = pool
        self._progress = progress

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._response.stream, Iterable)  # noqa: S101 - narrows the type; it is no async stream
        with _as_httpx(self._progress):
            yield from self._response.stream

    def close(self) -> None:
        self._response.close()
        self._pool.close()


def _core_request(request: httpx.Request, progress: Progress, pool: httpcore.ConnectionPool) -> httpcore.Request:
    host = request.url.raw_host
    if isinstance(pool, httpcore.HTTPProxy) and b":" in host:
        host = b"[%b]" % host  # httpcore asks for the tunnel in these very words

    def trace(event: str, info: dict[str, Any]) -> None:
        # a proxy's CONNECT is told apart: it carries nothing of the request
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            progress.sent = True

    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=request.url.raw_scheme,
            host=host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.read(),
        extensions={"trace": trace},
    )


def _encoded(credentials: tuple[str, str]) -> tuple[bytes, bytes]:
    user, password = credentials
    return user.encode(), password.encode()


def _in_time(deadline: Deadline, ask: Callable[[], T]) -> T:
    """Files may lie on a network, and the system's proxy may be a question to one."""
    try:
        return within(deadline, ask)
    except DeadlinePassed as error:
        raise httpcore.ConnectTimeout from error


@contextmanager
def _as_httpx(progress: Progress) -> Iterator[None]:
    try:
        yield
    except httpcore.ProxyError as error:
        raise httpx.ProxyError("") from (error.__cause__ or Diagnosed(_refusal_of_proxy(error)))
    except httpcore.TimeoutException as error:
        raise (httpx.ReadTimeout if progress.sent else httpx.ConnectTimeout)("") from _cause(progress, error)
    except httpcore.RemoteProtocolError as error:
        if not progress.sent:  # only a proxy says something before it is asked
            raise httpx.ConnectError("") from Diagnosed(Reason.PROXY_FAILED)
        raise (httpx.ReadError if progress.ended else NotHttp)("") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise (httpx.ReadError if progress.sent else httpx.ConnectError)("") from _cause(progress, error)


def _cause(progress: Progress, error: Exception) -> Exception:
    return Diagnosed(progress.reason) if progress.reason else error


def _refusal_of_proxy(error: httpcore.ProxyError) -> Reason:
    """httpcore says `407 Proxy Authentication Required`."""
    status = str(error).partition(" ")[0]
    if status == "407":
        return Reason.PROXY_AUTHENTICATION
    return Reason.PROXY_FAILED if status.startswith("5") else Reason.PROXY_REFUSED


_UNTOLD = 10.0
"""Seconds for a request that came without a deadline."""
