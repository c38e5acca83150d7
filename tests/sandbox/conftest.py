"""Sandboxes over real HTTP: one for all tests that need no settings of their own, and others on demand."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox.device import DIGEST
from sandbox.tenant import ManualClock, Tenant

from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings

DIGITS = 8
"""Of all codes but where a test asks for six: one of those is accepted by chance in 5,000 to 16,000 tries."""


@pytest.fixture(scope="session")
def shared_tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    clock = ManualClock()
    folder = tmp_path_factory.mktemp("shared-sandbox")
    server = SandboxServer(SandboxSettings(data_folder=folder, app_digests=(DIGEST,), clock=clock, digits=DIGITS))
    server.start()
    tenant = Tenant(server.url, clock)
    yield tenant
    tenant.http.close()
    server.stop()


@pytest.fixture
def tenant(shared_tenant: Tenant) -> Tenant:
    # a step of its own: codes of an earlier test are no neighbours
    shared_tenant.clock.move(3600)
    return shared_tenant


@pytest.fixture
def clock(tenant: Tenant) -> ManualClock:
    return tenant.clock


@pytest.fixture(scope="session")
def _names() -> Iterator[str]:
    return (f"user{number}" for number in itertools.count())


@pytest.fixture
def user(_names: Iterator[str]) -> str:
    """A name that nobody had."""
    return next(_names)


@pytest.fixture
def make_tenant(tmp_path: Path) -> Iterator[Callable[..., Tenant]]:
    """Starts sandboxes over one folder, with settings of the test's own."""
    ended: list[Callable[[], None]] = []

    def make(clock: ManualClock | None = None, **settings: Any) -> Tenant:
        clock = clock or ManualClock()
        chosen = {
            "data_folder": tmp_path / "sandbox",
            "app_digests": (DIGEST,),
            "clock": clock,
            "digits": DIGITS,
            **settings,
        }
        server = SandboxServer(SandboxSettings(**chosen))
        server.start()
        tenant = Tenant(server.url, clock)
        tenant.server, tenant.folder = server, tmp_path / "sandbox"
        ended.extend((server.stop, tenant.http.close))
        return tenant

    yield make
    for end in reversed(ended):
        end()
