"""The window over the real controller, vault and HTTP, against a real sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from ui.conftest import User
from ui.fake_controller import FakeClock, FakeController

from softtoken.clock import SystemClock
from softtoken.demo import demo_tenant, register_demo_user
from softtoken.engine.tokens import ProtectionType
from softtoken.formats.activation_link import ActivationLink, format_activation_link
from softtoken.iaa.client import IaaClient
from softtoken.services.build import build_controller
from softtoken.services.home import Home
from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.views.activated import ActivatedView
from softtoken.ui.views.activation_form import ActivationFormView
from softtoken.ui.views.login_ask import LoginAskView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.passphrase import PassphraseView
from softtoken.ui.views.protection import ProtectionView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.window import Window

PIN = "274951"


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("uvicorn", reason="the sandbox is not installed")
    with demo_tenant(tmp_path / "sandbox") as url:
        yield url


@pytest.fixture
def person(themed: Theme, qtbot: QtBot, own_home: Path, tenant: str) -> Iterator[User]:
    with IaaClient(tenant) as client:
        link = format_activation_link(ActivationLink(tenant, "demo", register_demo_user(client)))
    controller, clock = build_controller(Home(own_home)), SystemClock()
    flow = Flow(controller, clock, link)
    window = Window(flow, clock)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield User(qtbot, window, flow, FakeController(FakeClock()), FakeClock())
    window.hide()
    flow.stop()
    controller.close()


def test_from_a_link_to_an_accepted_login(person: User) -> None:
    person.flow.start()
    person.click(person.on(ActivationFormView).go_on)
    person.click(person.on(ProtectionView).go_on)
    pin = person.on(SetPinView)
    person.type(pin.first, PIN)
    person.type(pin.second, PIN)
    person.key(Qt.Key.Key_Return)
    passphrase = person.on(PassphraseView)
    person.type(passphrase.first, "a test's own passphrase")
    person.type(passphrase.second, "a test's own passphrase")
    person.key(Qt.Key.Key_Return)
    person.click(person.on(RecoveryView).later)
    done = person.on(ActivatedView)
    assert done._login.text == "Login accepted."
    person.click(done.make)
    page = person.on(ManagedView)
    person.click(page.picker._buttons[ProtectionType.NO_PIN])
    person.until(lambda: page.code.shown_code() is not None)
    person.click(page.picker._buttons[ProtectionType.PIN])
    person.until(page.pin.isVisible)
    person.type(page.pin.edit, "274952")
    person.key(Qt.Key.Key_Return)
    person.until(lambda: "Tries left: 4." in person.told())
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    person.until(lambda: page.code.shown_code() is not None)
    person.click(page.log_in)
    person.click(person.on(LoginAskView).log_in)
    person.on(LoginResultView)
    assert "Login accepted." in person.told()
    person.idle()
