"""Connections to servers, with a word to whoever listens about how each went."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from softtoken.iaa.errors import IaaError, Unreachable
from softtoken.services.config import McConfig
from softtoken.services.events import ConnectionState, ServerConnection
from softtoken.services.network_config import network_settings

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.client import IaaClient

_A = TypeVar("_A")

ClientFactory = Callable[[str], "IaaClient"]
"""Makes a client for an origin; tests hand in one with a transport of their own."""

Connect = Callable[[str], AbstractContextManager["IaaClient"]]
"""A client for an origin, for the calls of one block."""


def configured(config: Callable[[], McConfig], folder: Path) -> ClientFactory:
    """Clients that reach each server the way that the configuration says. folder: where its relative paths begin.

    Files that it names are read anew for each client, so a certificate that was renewed needs no restart.
    """

    def client(origin: str) -> "IaaClient":
        # httpx costs 150 ms: only who logs in pays
        from softtoken.iaa.client import IaaClient
        from softtoken.iaa.transport import DeadlineTransport

        settings = network_settings(config().softtoken.network, origin, folder)
        return IaaClient(origin, transport=DeadlineTransport(settings), timeout_seconds=settings.timeout_seconds)

    return client


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
        if not (error.sent and error.reason.passing):
            raise
        return call()
