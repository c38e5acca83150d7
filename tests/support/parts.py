"""Fixtures: a real sandbox, real vaults and real HTTP, under a clock that stands still."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.flows import DIGEST, ManualClock, MemoryKeystore, Tenant

from softtoken.clock import Clock, SystemClock
from softtoken.iaa.client import IaaClient
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings
from softtoken.services.biometric_prompts import Systems
from softtoken.services.controller import MasterController
from softtoken.services.home import Home
from softtoken.vault.biometrics.none import NoBiometrics


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make_tenant(tmp_path: Path) -> Iterator[Callable[..., Tenant]]:
    """Starts sandboxes and stops them at the end of the test."""
    servers: list[SandboxServer] = []

    def make(clock: Clock | None = None, *, name: str = "sandbox", **settings: Any) -> Tenant:
        chosen = {"app_digests": (DIGEST,), "clock": clock or SystemClock(), **settings}
        server = SandboxServer(SandboxSettings(data_folder=tmp_path / name, **chosen))
        server.start()
        servers.append(server)
        return Tenant(server.url, tmp_path / name)

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def tenant(make_tenant: Callable[..., Tenant], clock: ManualClock) -> Tenant:
    """Eight digits: of six, a wrong or used code is right by chance once in some thousand runs."""
    return make_tenant(clock, digits=8)


@pytest.fixture
def keystore() -> MemoryKeystore:
    return MemoryKeystore()


@pytest.fixture
def make_controller(
    tmp_path: Path, keystore: MemoryKeystore, clock: ManualClock
) -> Iterator[Callable[..., MasterController]]:
    """Controllers over one home, as if the program were started again; closed at the end of the test."""
    made: list[MasterController] = []

    def make(
        *,
        verify_offline: bool | None = True,
        transport: Callable[[], httpx.BaseTransport] | None = None,
        biometrics: Systems = lambda _: NoBiometrics(),
    ) -> MasterController:
        home = Home(tmp_path / "home")
        home.folder.mkdir(exist_ok=True, mode=0o700)
        ssms = "{}" if verify_offline is None else f'{{"allowOfflinePinVerification": {str(verify_offline).lower()}}}'
        home.config.write_text(f'{{"astServerBackend": "ssms", "ssms": {ssms}}}', "utf-8")

        def client(origin: str) -> IaaClient:
            return IaaClient(origin, transport=transport() if transport else None)

        controller = MasterController(home, keystore, clock, client, lambda: DIGEST, biometrics=biometrics)
        made.append(controller)
        return controller

    yield make
    for controller in made:
        controller.close()


def remembering(derive: Callable[[bytes, bytes, Any], Any]) -> Callable[[Any, bytes, Any], Any]:
    """A derivation that is made once for each secret and salt; secrets themselves cannot be remembered by."""
    known = cache(derive)
    return lambda secret, salt, kdf: known(bytes(secret), salt, kdf)
