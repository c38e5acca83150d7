"""Sockets under one deadline: a network back end for httpcore, whose own limits start anew at every read."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpcore

from softtoken.iaa.deadline import Deadline, DeadlinePassed, within
from softtoken.iaa.errors import Reason
from softtoken.iaa.tls import Hop, TlsStream, explain

Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a host name, best first. Raises OSError."""


@dataclass(slots=True)
class Progress:
    """How far an exchange got. sent: the request may have left. ended: the other side closed.

    reason: why it failed, where only the sockets know.
    """

    sent: bool = False
    ended: bool = False
    reason: Reason | None = None


class Watch(Protocol):
    """Hears how a connection is made, step by step. host: the proxy's where there is one."""

    def resolved(self, host: str, addresses: Sequence[str]) -> None: ...

    def connected(self, host: str, address: str) -> None: ...

    def secured(self, host: str, tls: ssl.SSLObject) -> None:
        """Chain and name were verified."""
        ...


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects, reads and writes in what is left of the deadline, whatever number of steps that takes.

    hops: the TLS connections that will be asked for, the outermost first. now: epoch seconds.
    """

    def __init__(
        self,
        deadline: Deadline,
        progress: Progress,
        resolve: Resolve,
        hops: tuple[Hop, ...] = (),
        watch: Watch | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._deadline = deadline
        self._progress = progress
        self._resolve = resolve
        self._hops = hops
        self._watch = watch
        self._now = now
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline stands in for it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        if self._hops and self._hops[-1].behind_proxy:
            self._progress.reason = Reason.PROXY_UNREACHABLE  # until it is reached
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        addresses = self._addresses(host, port)
        if self._watch is not None:
            self._watch.resolved(host, addresses)
        for behind, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                # an address that swallows packets may not use up the time of those after it
                share = self.left(httpcore.ConnectTimeout) / behind
                stream = self._sockets.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                if failure is None or isinstance(error.__cause__, ConnectionRefusedError):
                    failure = error
                continue
            self._progress.reason = None
            if self._watch is not None:
                self._watch.connected(host, address)
            return _DeadlineStream(stream, self, self._progress, self._hops)
        raise failure or httpcore.ConnectError("no address")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        if host == "localhost":
            return ("127.0.0.1", "::1")  # RFC 6761 6.3: never a question for a name server
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            pass
        try:
            return within(self._deadline, lambda: self._resolve(host, port))[:_MOST_ADDRESSES]
        except DeadlinePassed as error:
            raise httpcore.ConnectTimeout from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError from error

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        """Seconds left, above zero. Raises what is told to mean late."""
        try:
            return self._deadline.left()
        except DeadlinePassed as error:
            raise late from error

    def secure(
        self, stream: httpcore.NetworkStream, context: ssl.SSLContext, host: str, hop: Hop
    ) -> httpcore.NetworkStream:
        """TLS over a stream of this backend, which is closed if it fails."""

        def failed(error: ssl.SSLError, tls: ssl.SSLObject) -> None:
            self._progress.reason = explain(error, tls, hop, int(self._now()))

        tls = TlsStream(stream, context, host, failed)
        try:
            tls.start()
        except BaseException:
            stream.close()
            raise
        if self._watch is not None:
            self._watch.secured(host, tls.get_extra_info("ssl_object"))
        return tls


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the operating system's resolver says. May take as long as it likes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(
        self, stream: httpcore.NetworkStream, backend: DeadlineBackend, progress: Progress, hops: tuple[Hop, ...]
    ) -> None:
        self._stream = stream
        self._backend = backend
        self._progress = progress
        self._hops = hops

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see connect_tcp
        data = self._stream.read(max_bytes, self._backend.left(httpcore.ReadTimeout))
        self._progress.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see connect_tcp
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], self._backend.left(httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - see connect_tcp
    ) -> httpcore.NetworkStream:
        hop, *inside = self._hops or (Hop(),)
        host = (server_hostname or "").strip("[]")  # a certificate names an address without brackets
        tls = self._backend.secure(self, ssl_context, host, hop)
        return _DeadlineStream(tls, self._backend, self._progress, tuple(inside))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


_MOST_ADDRESSES = 6
_SLICE = 16384
