"""The window over the real controller, vault and HTTP, against a real sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
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
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.change_pin import ChangePinView
from softtoken.ui.views.forgot_pin import ForgotPinView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.passphrase import PassphraseView
from softtoken.ui.views.protection import ProtectionView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.rename import RenameView
from softtoken.ui.views.resync_result import ResyncResultView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.views.settings import SettingsView
from softtoken.ui.views.sign import SignView
from softtoken.ui.views.support_code import SupportCodeView
from softtoken.ui.widgets.pin_entry import PinEntry
from softtoken.ui.window import Window

PIN = "274951"


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("uvicorn", reason="the sandbox is not installed")
    with demo_tenant(tmp_path / "sandbox") as url:
        yield url


def new_code(tenant: str) -> str:
    """The organisation issues an activation code for the demo user."""
    with IaaClient(tenant) as client:
        return register_demo_user(client)


@pytest.fixture
def person(themed: Theme, qtbot: QtBot, own_home: Path, tenant: str) -> Iterator[User]:
    link = format_activation_link(ActivationLink(tenant, "demo", new_code(tenant)))
    controller, clock = build_controller(Home(own_home)), SystemClock()
    flow = Flow(controller, clock, link)
    window = Window(flow, clock)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield User(qtbot, window, flow, FakeController(FakeClock()), FakeClock(), patience=30_000)
    window.hide()
    flow.stop()
    controller.close()


def activate(person: User) -> ManagedView:
    """From the link to the token's page, with both protection types."""
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
    person.idle()
    return page


def enter_pin(person: User, entry: PinEntry, pin: str) -> None:
    person.type(entry.edit, pin)
    person.key(Qt.Key.Key_Return)


def make_code(person: User, page: ManagedView, protection: ProtectionType) -> str:
    person.click(page.picker._buttons[protection])
    person.until(lambda: page.code.shown_code() is not None)
    person.idle()
    code = page.code.shown_code()
    assert code is not None
    return code


def test_from_a_link_to_an_accepted_login(person: User) -> None:
    page = activate(person)
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
    person.click(person.on(AskView).go_on)
    person.on(LoginResultView)
    assert "Login accepted." in person.told()
    person.idle()


def test_the_counter_of_a_real_token_runs_and_is_set_right(person: User) -> None:
    page = activate(person)
    for used in (1, 2):
        make_code(person, page, ProtectionType.NO_PIN)
        person.until(lambda used=used: f"synchronisation: {used}." in page.counter.text())  # type: ignore[misc]
    assert "reachable" in page._account.text()
    person.click(page.resync)
    person.on(ResyncResultView)
    assert person.told().startswith("Token and server agree on the counter.")
    person.key(Qt.Key.Key_Return)
    page = person.on(ManagedView)
    person.click(page.picker._buttons[ProtectionType.NO_PIN])
    person.until(lambda: "synchronisation: 1." in page.counter.text())


def test_a_wrong_pin_a_changed_pin_and_a_forgotten_one(person: User, tenant: str) -> None:
    page = activate(person)
    page.menu.change.trigger()
    change = person.on(ChangePinView)
    person.until(lambda: "works without a network" in change._how.text())
    for current in ("274952", PIN):
        person.type(change.current.edit, current)
        if not change.pins.good:
            person.type(change.pins.first, "839206")
            person.type(change.pins.second, "839206")
        person.key(Qt.Key.Key_Return)
        if current != PIN:
            person.until(lambda: "The current PIN is wrong." in person.told())
    page = person.on(ManagedView)
    person.click(page.picker._buttons[ProtectionType.PIN])
    person.until(page.pin.isVisible)
    enter_pin(person, page.pin, PIN)
    person.until(lambda: "Wrong PIN." in person.told())
    enter_pin(person, page.pin, "839206")
    person.until(lambda: page.code.shown_code() is not None)
    person.idle()
    name = page.title.text()
    page.menu.renew.trigger()
    form = person.on(ForgotPinView)
    person.type(form.code.edit, new_code(tenant))
    person.key(Qt.Key.Key_Return)
    pin = person.on(SetPinView)
    person.type(pin.first, "571394")
    person.type(pin.second, "571394")
    person.key(Qt.Key.Key_Return)
    done = person.on(ActivatedView)
    person.click(done.make)
    page = person.on(ManagedView)
    assert page.title.text() == name
    person.idle()
    person.click(page.picker._buttons[ProtectionType.PIN])
    person.until(page.pin.isVisible)
    enter_pin(person, page.pin, "571394")
    person.until(lambda: page.code.shown_code() is not None)


def test_a_pin_that_only_the_server_can_verify_is_changed_with_its_help(person: User, own_home: Path) -> None:
    (own_home / "mc_config.json").write_text('{"ssms": {"allowOfflinePinVerification": false}}', "utf-8")
    page = activate(person)
    page.menu.change.trigger()
    change = person.on(ChangePinView)
    person.until(lambda: "the server is asked" in change._how.text())
    person.type(change.current.edit, PIN)
    person.type(change.pins.first, "839206")
    person.type(change.pins.second, "839206")
    person.key(Qt.Key.Key_Return)
    page = person.on(ManagedView)
    assert person.window.banner.text.startswith("The PIN was changed.")
    person.click(page.log_in)
    enter_pin(person, person.on(AskView).pin, "839206")
    person.on(LoginResultView)
    assert "Login accepted." in person.told()
    person.idle()


def test_signing_a_code_for_support_names_and_settings(person: User) -> None:
    page = activate(person)
    page.menu.sign.trigger()
    sign = person.on(SignView)
    QTest.keyClicks(sign.fields.edit, "250.00 EUR")
    enter_pin(person, sign.pin, PIN)
    person.until(sign.signature.isVisible)
    person.key(Qt.Key.Key_Escape)
    page = person.on(ManagedView)
    person.idle()
    page.menu.support.trigger()
    person.click(person.on(AskView).go_on)
    support = person.on(SupportCodeView)
    assert len(support.code.code) == 8
    person.key(Qt.Key.Key_Escape)
    page = person.on(ManagedView)
    person.idle()
    page.menu.rename.trigger()
    rename = person.on(RenameView)
    person.type(rename.issuer, "Work")
    person.key(Qt.Key.Key_Return)
    person.until(lambda: person.on(ManagedView).title.text() == "Work")
    person.idle()
    person.key(Qt.Key.Key_Escape)
    person.flow.settings.begin()
    settings = person.on(SettingsView)
    person.idle()
    person.type(settings.name, "Anna's laptop")
    person.key(Qt.Key.Key_Return)
    person.until(lambda: settings.name_field.note == "Saved.")
    person.click(settings.every_login)
    person.until(lambda: not settings.every_login.isChecked())
    person.click(settings.once)
    person.until(settings._once_set.isVisible)
    person.idle()


def test_a_setting_that_the_configuration_decides(person: User, own_home: Path) -> None:
    (own_home / "mc_config.json").write_text(
        '{"ssms": {"allowOfflinePinVerification": true}, "softtoken": {"resynchroniseBeforeLogin": true}}', "utf-8"
    )
    activate(person)
    person.flow.settings.begin()
    settings = person.on(SettingsView)
    person.until(settings._fixed.isVisible)  # before anybody tries to change it
    person.idle()
    assert settings.every_login.isChecked()
    assert not settings.every_login.isEnabled()
