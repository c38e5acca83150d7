"""One HTTP exchange over the network: a transport for httpx requests that keeps an overall deadline.

Each exchange has a connection of its own: a kept one that the server has just closed would lose a one-time
password. The system's proxy is used, as desktops in companies need it, but never for this machine: loopback
traffic and proxy credentials do not mix. Everything else is https, so a proxy sees a tunnel and no request.
"""

import ssl
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from softtoken.iaa.address import is_loopback
from softtoken.iaa.deadline import Deadline, DeadlinePassed, within
from softtoken.iaa.network import DeadlineBackend, Progress, Resolve, system_addresses
from softtoken.iaa.trust import os_trust

DEADLINE = "deadline"
"""The request extension that holds the Deadline."""


class NotHttp(httpx.RemoteProtocolError):
    """The other side speaks something else."""


class DeadlineTransport(httpx.BaseTransport):
    """Sends a request within its Deadline (a request extension). No redirects, cookies, retries or .netrc.

    trust: makes the TLS context, when first needed. proxy: the proxy's URL for a host, or None. Raises
    httpx's transport errors: those of connecting (ConnectError, ConnectTimeout, ProxyError) when nothing of
    the request left, NotHttp for rubbish, ReadError when the connection ended early.
    """

    def __init__(
        self,
        *,
        trust: Callable[[], ssl.SSLContext] = os_trust,
        proxy: Callable[[str], str | None] | None = None,
        resolve: Resolve = system_addresses,
    ) -> None:
        self._trust = trust
        self._proxy = proxy or system_proxy
        self._resolve = resolve
        self._context: ssl.SSLContext | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = request.extensions.get(DEADLINE) or Deadline(_UNTOLD, time.monotonic)
        progress = Progress()
        with _as_httpx(progress):
            pool = self._pool(request.url, deadline, DeadlineBackend(deadline, progress, self._resolve))
        try:
            with _as_httpx(progress):
                response = pool.handle_request(_core_request(request, progress))
        except BaseException:
            pool.close()
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response, pool, progress), request=request
        )

    def _pool(self, url: httpx.URL, deadline: Deadline, backend: DeadlineBackend) -> httpcore.ConnectionPool:
        context = self._tls() if url.scheme == "https" else None
        host = url.raw_host.decode("ascii")
        proxy = None if is_loopback(host) else _ask_proxy(self._proxy, host, deadline)
        if proxy is None:
            return httpcore.ConnectionPool(context, max_keepalive_connections=0, network_backend=backend)
        address = _proxy_url(proxy)
        return httpcore.HTTPProxy(
            httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=b"/"),
            proxy_auth=(address.username.encode(), address.password.encode()) if address.username else None,
            ssl_context=context,
            proxy_ssl_context=self._tls() if address.scheme == "https" else None,
            max_keepalive_connections=0,
            network_backend=backend,
        )

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = self._trust()
        return self._context


def system_proxy(host: str) -> str | None:
    """The proxy that the environment or the desktop's settings name for https to this host.

    No PAC scripts. May ask a name server on Windows.
    """
    if urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get("https") or proxies.get("all")


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


def _core_request(request: httpx.Request, progress: Progress) -> httpcore.Request:
    def trace(event: str, info: dict[str, Any]) -> None:
        # a proxy's CONNECT is told apart: it carries nothing of the request
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            progress.sent = True

    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.read(),
        extensions={"trace": trace},
    )


def _ask_proxy(proxy: Callable[[str], str | None], host: str, deadline: Deadline) -> str | None:
    try:
        return within(deadline, lambda: proxy(host))
    except DeadlinePassed as error:
        raise httpcore.ConnectTimeout from error


def _proxy_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
        usable = url.scheme in ("http", "https") and bool(url.raw_host)
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise httpcore.ProxyError("no proxy that this client speaks to")
    return url


@contextmanager
def _as_httpx(progress: Progress) -> Iterator[None]:
    try:
        yield
    except httpcore.ProxyError as error:
        raise httpx.ProxyError("") from error
    except httpcore.TimeoutException as error:
        raise (httpx.ReadTimeout if progress.sent else httpx.ConnectTimeout)("") from error
    except httpcore.RemoteProtocolError as error:
        if not progress.sent:
            raise httpx.ConnectError("") from error
        raise (httpx.ReadError if progress.ended else NotHttp)("") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise (httpx.ReadError if progress.sent else httpx.ConnectError)("") from error


_UNTOLD = 10.0
"""Seconds for a request that came without a deadline."""
