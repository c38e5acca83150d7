"""A real sandbox, real vaults and real HTTP for the tests of whole paths."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.flows import DIGEST, ManualClock, MemoryKeystore, Tenant
from support.person import Person

from softtoken.clock import Clock, SystemClock
from softtoken.iaa.client import IaaClient
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings
from softtoken.services.controller import MasterController
from softtoken.services.home import Home
from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.window import Window


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
    return make_tenant(clock)


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
        *, verify_offline: bool | None = True, transport: Callable[[], httpx.BaseTransport] | None = None
    ) -> MasterController:
        home = Home(tmp_path / "home")
        home.folder.mkdir(exist_ok=True, mode=0o700)
        ssms = "{}" if verify_offline is None else f'{{"allowOfflinePinVerification": {str(verify_offline).lower()}}}'
        home.config.write_text(f'{{"astServerBackend": "ssms", "ssms": {ssms}}}', "utf-8")

        def client(origin: str) -> IaaClient:
            return IaaClient(origin, transport=transport() if transport else None)

        controller = MasterController(home, keystore, clock, client, lambda: DIGEST)
        made.append(controller)
        return controller

    yield make
    for controller in made:
        controller.close()


@pytest.fixture
def sit_down(qapp: QApplication, qtbot: QtBot, clock: Clock) -> Iterator[Callable[[MasterController], Person]]:
    """Opens a window over a controller; everything is closed at the end in the order of the program."""
    theme = Theme(qapp, Qt.ColorScheme.Light)
    opened: list[tuple[Window, Flow]] = []

    def open_window(controller: MasterController) -> Person:
        flow = Flow(controller, clock)
        window = Window(flow, clock)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        flow.start()
        opened.append((window, flow))
        return Person(qtbot, window)

    yield open_window
    for window, flow in opened:
        window.clipboard.clear()
        window.hide()
        flow.stop()
    qapp.removeEventFilter(theme)
    qapp.setStyleSheet("")
    theme.deleteLater()
