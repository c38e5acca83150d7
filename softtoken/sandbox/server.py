"""The sandbox as a running HTTP server: in a thread for the demo and tests, or in the foreground."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from softtoken.errors import SoftTokenError
from softtoken.sandbox.app import create_app
from softtoken.sandbox.settings import SandboxSettings

START_LIMIT = 15
"""Seconds until a start counts as failed."""
_BACKLOG = 128
_GRACE = 2
_STOP_LIMIT = 15


class CannotListen(SoftTokenError):  # noqa: N818 - named after what happened
    """The port is taken or may not be used. reason: the system's error name or number."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"the sandbox cannot listen on {host}:{port}: {reason}")
        self.host = host
        self.port = port
        self.reason = reason


class SandboxServer:
    """One tenant on one loopback address. A stopped server may be started again."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """`http://host:port`, without a slash at the end. Raises RuntimeError before the first start."""
        if not self._url:
            raise RuntimeError("the sandbox was not started")
        return self._url

    def start(self) -> None:
        """Serve in a thread; returns once connections are accepted. Raises CannotListen, StoreUnusable."""
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
        try:
            closing = threading.Event()
            app = create_app(self._settings, closing)
        except BaseException:
            listener.close()
            raise
        host, port = self._settings.host, listener.getsockname()[1]
        self._url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return _Uvicorn(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                # its access log would tell names, and codes that somebody put into a query
                access_log=False,
                log_level=logging.WARNING,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
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
