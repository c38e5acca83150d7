"""Scripted servers, and a client for one."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from iaa.scripted import ScriptedServer, running

from softtoken.iaa.client import IaaClient


@pytest.fixture
def run_server() -> Iterator[Callable[..., ScriptedServer]]:
    """Starts scripted servers, with TLS if given a context."""
    with contextlib.ExitStack() as stack:
        yield lambda context=None: stack.enter_context(running(ScriptedServer(context)))


@pytest.fixture
def server(run_server: Callable[..., ScriptedServer]) -> ScriptedServer:
    return run_server()


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[IaaClient]:
    """A client of the scripted server that does not really pause between tries."""
    with IaaClient(server.origin, timeout_seconds=5, sleep=lambda _: None) as made:
        yield made
