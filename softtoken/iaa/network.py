"""Sockets under one deadline: a network back end for httpcore, whose own limits start anew at every read."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore

from softtoken.iaa.deadline import Deadline, DeadlinePassed, within

Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a host name, best first. Raises OSError."""


@dataclass(slots=True)
class Progress:
    """How far an exchange got. sent: the request may have left. ended: the other side closed."""

    sent: bool = False
    ended: bool = False


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects, reads and writes in what is left of the deadline, whatever number of steps that takes."""

    def __init__(self, deadline: Deadline, progress: Progress, resolve: Resolve) -> None:
        self._deadline = deadline
        self._progress = progress
        self._resolve = resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline stands in for it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        addresses = self._addresses(host, port)
        for behind, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                # an address that swallows packets may not use up the time of those after it
                share = self._left(httpcore.ConnectTimeout) / behind
                stream = self._sockets.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                if failure is None or isinstance(error.__cause__, ConnectionRefusedError):
                    failure = error
                continue
            return _DeadlineStream(stream, self._left, self._progress)
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

    def _left(self, late: type[httpcore.TimeoutException]) -> float:
        try:
            return self._deadline.left()
        except DeadlinePassed as error:
            raise late from error


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the operating system's resolver says. May take as long as it likes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(
        self,
        stream: httpcore.NetworkStream,
        left: Callable[[type[httpcore.TimeoutException]], float],
        progress: Progress,
    ) -> None:
        self._stream = stream
        self._left = left
        self._progress = progress

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see connect_tcp
        data = self._stream.read(max_bytes, self._left(httpcore.ReadTimeout))
        self._progress.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see connect_tcp
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], self._left(httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - see connect_tcp
    ) -> httpcore.NetworkStream:
        left = self._left(httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._left, self._progress)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


_MOST_ADDRESSES = 6
_SLICE = 16384
