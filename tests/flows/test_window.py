"""The real window against the real sandbox over HTTP: the whole path, in both PIN modes, typed and clicked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton
from support.flows import PIN, WRONG_PIN, Tenant
from support.person import Person

from softtoken.clock import SystemClock
from softtoken.services.controller import MasterController
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.typed_login import TypedLoginView
from softtoken.ui.views.welcome import WelcomeView

ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}


@pytest.fixture
def clock() -> SystemClock:
    """The window, the product and the server all read the machine's clock here."""
    return SystemClock()


@pytest.mark.parametrize("verify_offline", [True, False])
def test_the_whole_path(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    verify_offline: bool,
) -> None:
    person = sit_down(make_controller(verify_offline=verify_offline))
    person.activate(tenant.url, "alice", tenant.register("alice"), PIN)
    page = person.on(ManagedView)

    # a wrong PIN: seen here, or good for a code that the server refuses
    _pick(person, "PIN")
    person.type(page.pin.edit, WRONG_PIN)
    person.key(Qt.Key.Key_Return)
    wrong = ""
    if verify_offline:
        person.until(lambda: person.sees("Tries left: 4."))
    else:
        wrong = person.copied_code()
        assert tenant.login("alice", wrong).status_code == 409
        _pick(person, "PIN")

    # a code with the PIN, typed into a server by hand
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    with_pin = person.copied_code(wrong)
    assert tenant.login("alice", with_pin).json() == ACCEPTED
    assert tenant.login("alice", with_pin).status_code == 409

    # a code without
    _pick(person, "No PIN")
    without = person.copied_code(with_pin)
    assert tenant.login("alice", without).json() == ACCEPTED

    # the window's own login; a PIN that was verified here a moment ago is not asked for again
    person.click(page.log_in)
    ask = person.on(AskView)
    assert ask.pin.isVisible() is not verify_offline
    if ask.pin.isVisible():
        person.type(ask.pin.edit, PIN)
        person.key(Qt.Key.Key_Return)
    else:
        person.click(ask.go_on)
    person.on(LoginResultView)
    assert person.sees("Login accepted.")
    assert person.sees("accepted")


def test_a_restart_finds_the_token_and_a_typed_code_logs_in(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
) -> None:
    first = sit_down(make_controller())
    first.activate(tenant.url, "bob", tenant.register("bob"), PIN)
    first.window.close()

    person = sit_down(make_controller())
    home = person.on(HomeView)
    assert person.sees("bob")
    person.until(lambda: any(b.isVisible() and "bob" in b.accessibleName() for b in home.findChildren(QPushButton)))


def test_an_unreachable_server_leaves_everything_as_it_was(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tmp_path: Path,
) -> None:
    person = sit_down(make_controller())
    person.click(person.on(WelcomeView).steps.typed)
    page = person.on(TypedLoginView)
    person.type(page.server, "http://127.0.0.1:9")
    person.type(page.user, "alice")
    person.type(page.otp, "714346")
    person.key(Qt.Key.Key_Return)
    person.until(lambda: person.window.page is not None and person.window.page.problem.isVisible())
    assert not (tmp_path / "home" / "vault.sqlite").exists()


def _pick(person: Person, name: str) -> None:
    """Choose a protection type by what its button says."""
    page = person.window.page
    assert page is not None
    button = next(b for b in page.findChildren(QAbstractButton) if b.isVisible() and b.text() == name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(6, button.height() // 2))
