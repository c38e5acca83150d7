"""A backup of the stored file is put back: the window says so, and one resynchronisation sets it right."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from support.flows import Tenant
from support.parts import clock, keystore, make_controller, make_tenant, tenant
from ui.conftest import User
from ui.fake_controller import FakeClock, FakeController

from softtoken.clock import Clock
from softtoken.engine.tokens import ProtectionType
from softtoken.services.controller import MasterController
from softtoken.services.events import Activate, CreateVault, GenerateOtp, Start, Status
from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.resync_result import ResyncResultView
from softtoken.ui.window import Window

__all__ = ["clock", "keystore", "make_controller", "make_tenant", "tenant"]

PIN = "274951"
BOTH = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})

pytestmark = pytest.mark.usefixtures("themed")


@contextmanager
def window_over(qtbot: QtBot, controller: MasterController, clock: Clock) -> Iterator[User]:
    flow = Flow(controller, clock)
    window = Window(flow, clock)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    flow.start()
    yield User(qtbot, window, flow, FakeController(FakeClock()), FakeClock(), patience=30_000)
    window.hide()
    flow.stop()


def test_a_restored_backup_is_told_and_set_right(
    themed: Theme,
    qtbot: QtBot,
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    clock: Clock,
    tmp_path: Path,
) -> None:
    first = make_controller()
    first.post(Start())
    first.post(CreateVault())
    assert first.post(Activate(tenant.url, "alice", tenant.register("alice"), BOTH, PIN)).status is Status.OK
    first.close()
    home, copy = tmp_path / "home", tmp_path / "copy"
    shutil.copytree(home, copy)
    second = make_controller()
    (token,) = second.post(Start()).tokens
    assert token.account is not None
    made = second.post(GenerateOtp(None, PIN, token.account.identifier, ProtectionType.PIN))
    assert made.status is Status.OK
    second.close()
    shutil.rmtree(home)
    shutil.copytree(copy, home)

    with window_over(qtbot, make_controller(), clock) as person:
        page = person.on(HomeView)
        person.idle()
        assert page._restored.isVisible()
        person.click(page._restored.understood)
        assert not page._restored.isVisible()
        person.click(page._cards[0])
        token_page = person.on(ManagedView)
        person.click(token_page.picker._buttons[ProtectionType.PIN])
        person.until(lambda: "older than what this computer has seen" in person.told())
        assert "one try is left" in person.told()
        assert not token_page.pin.isVisible()
        person.click(token_page.resync)
        ask = person.on(AskView)
        person.until(lambda: ask.pin.field.note == "Tries left: 1")
        person.type(ask.pin.edit, PIN)
        person.click(ask.pin.submit)
        person.on(ResyncResultView)
        assert person.told().startswith("Token and server agree on the counter.")
        person.click(person.on(ResyncResultView).done)
        token_page = person.on(ManagedView)
        person.idle()
        person.click(token_page.picker._buttons[ProtectionType.PIN])
        person.until(lambda: token_page.code.shown_code() is not None)
        code = token_page.code.shown_code()
        assert code is not None
        assert tenant.login("alice", code).json()["sessionStatus"] == "accepted"
        person.idle()
