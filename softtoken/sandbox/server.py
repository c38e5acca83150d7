"""The sandbox as a running HTTP server: in a thread for the demo and tests, or in the foreground."""

import asyncio
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from softtoken.errors import SoftTokenError
from softtoken.sandbox.app import create_app
from softtoken.sandbox.injection import HANG_UP
from softtoken.sandbox.settings import SandboxSettings, in_url, is_everywhere, is_loopback
from softtoken.sandbox.tls import server_context

START_LIMIT = 15
"""Seconds until a start counts as failed."""
KEEP_ALIVE = 30
"""Seconds for which an idle connection stays open. Longer than clients keep one (httpx: 5): a request that is sent just
as the server closes is lost, and what carries a code must not be sent again.
"""
_BACKLOG = 128
_GRACE = 2
_STOP_LIMIT = 15
_MOST_CONNECTIONS = 500
"""Of a server that others reach; held calls take one each. More are answered 503."""


class CannotListen(SoftTokenError):  # noqa: N818 - named after what happened
    """The port is taken or may not be used. reason: the system's error name or number."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"the sandbox cannot listen on {host}:{port}: {reason}")
        self.host = host
        self.port = port
        self.reason = reason


class SandboxServer:
    """One tenant on one address. A stopped server may be started again."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """`http://host:port` or `https://…`, without a slash at the end. Raises RuntimeError before the first start."""
        if not self._url:
            raise RuntimeError("the sandbox was not started")
        return self._url

    def start(self) -> None:
        """Serve in a thread; returns once connections are accepted.

        Raises CannotListen, StoreUnusable, CertificateUnusable.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox is running")
        listener = self._listen()
        server = self._prepare(listener)
        thread = threading.Thread(target=server.run, args=([listener],), name="sandbox", daemon=True)
        self._server, self._thread = server, thread
        thread.start()
        if not server.accepting.wait(START_LIMIT) or not server.started:
            self.stop()
            raise CannotListen(self._settings.host, self._settings.port, "no start")

    def stop(self) -> None:
        """Answer what is under way, then end. Stopping a server that does not run does nothing."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None:
            server.should_exit = True
        if thread is not None:
            thread.join(_STOP_LIMIT)

    def run_forever(self, ready: Callable[[str], None] | None = None) -> None:
        """Serve in the calling thread until Ctrl-C (or, from another thread, stop()).

        ready: called with the URL once the port is ours; connections made from then on are answered.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox is running")
        listener = self._listen()
        self._server = self._prepare(listener)
        if ready is not None:
            ready(self._url)
        # uvicorn ends in good order and then raises the signal again
        with suppress(KeyboardInterrupt):
            self._server.run([listener])
        self._server = None

    def _prepare(self, listener: socket.socket) -> "_Uvicorn":
        settings = self._settings
        try:
            closing = threading.Event()
            app = create_app(settings, closing)
            context = server_context(settings.tls, settings.clock.now()) if settings.tls is not None else None
        except BaseException:
            listener.close()
            raise
        self._url = _url(settings, listener.getsockname()[1])
        return _Uvicorn(
            uvicorn.Config(
                app,
                loop="asyncio",
                http=_Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                # its access log would tell names, and codes that somebody put into a query
                access_log=False,
                log_level=logging.WARNING,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=_GRACE,
                limit_concurrency=None if is_loopback(settings.host) else _MOST_CONNECTIONS,
                ssl_context_factory=None if context is None else lambda *_: context,
            ),
            closing,
        )

    def _listen(self) -> socket.socket:
        """A listening socket at once: the URL is known, and early connections wait rather than fail."""
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # the protocol is named because asyncio switches Nagle's delay (40 ms an answer) off for no other socket
        try:
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        except OSError as error:
            raise CannotListen(host, port, error.strerror or type(error).__name__) from error
        try:
            if os.name == "posix":  # elsewhere it would let two servers share the port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise CannotListen(host, port, error.strerror or type(error).__name__) from error
        return listener


def _url(settings: SandboxSettings, port: int) -> str:
    """How others address it: a server on all addresses by the first of its names."""
    scheme = "http" if settings.tls is None else "https"
    if not is_everywhere(settings.host):
        return f"{scheme}://{in_url(settings.host)}:{port}"
    name = settings.hosts[0]
    return f"{scheme}://{name}" if re.search(":[0-9]+$", name) else f"{scheme}://{name}:{port}"


class _Connection(H11Protocol):
    """Hands each request the means to end its connection without an answer: ASGI has none."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, HANG_UP: transport.abort}


class _Uvicorn(uvicorn.Server):
    """Says when it accepts, also when it never will, and when it is about to end."""

    def __init__(self, config: uvicorn.Config, closing: threading.Event) -> None:
        super().__init__(config)
        self._closing = closing
        self.accepting = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.accepting.set()
            for listener in sockets or ():
                listener.close()
