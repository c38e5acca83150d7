"""Connections to servers, with a word to whoever listens about how each went."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeVar

from softtoken.iaa.errors import IaaError, Unreachable
from softtoken.services.events import ConnectionState, ServerConnection

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.client import IaaClient

_A = TypeVar("_A")

ClientFactory = Callable[[str], "IaaClient"]
"""Makes a client for an origin; tests hand in one with a transport of their own."""

Connect = Callable[[str], AbstractContextManager["IaaClient"]]
"""A client for an origin, for the calls of one block."""


def watched(clients: ClientFactory, notify: Callable[[ServerConnection], None]) -> Connect:
    """Connections that tell after each block whether the server was reached."""

    @contextmanager
    def connect(origin: str) -> Iterator["IaaClient"]:
        try:
            with clients(origin) as client:
                yield client
        except Unreachable:
            notify(ServerConnection(origin, ConnectionState.NOT_REACHABLE))
            raise
        except IaaError:  # it refused, so it was reached
            notify(ServerConnection(origin, ConnectionState.REACHABLE))
            raise
        notify(ServerConnection(origin, ConnectionState.REACHABLE))

    return connect


def repeated(call: Callable[[], _A]) -> _A:
    """For calls whose same body gets the same answer: a lost one is asked for once more."""
    try:
        return call()
    except Unreachable as error:
        if not error.sent:
            raise
        return call()
