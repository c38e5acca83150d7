"""Trying a server and choosing what a login tells: the window over the real controller, vault, HTTP and sandbox."""

from PySide6.QtCore import Qt
from ui.conftest import User
from ui.test_ui_real import activate, person, tenant

from softtoken import __version__
from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.fingerprint import CddcExtent
from softtoken.services.events import ServerStep
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.login_data import LoginDataView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.server_check import ServerCheckView
from softtoken.ui.views.settings import SettingsView

__all__ = ["person", "tenant"]


def verdict(user: User) -> ServerCheckView:
    page = user.on(ServerCheckView)
    user.until(page.done.isVisible)
    return page


def test_a_tokens_server_is_tried_and_a_login_tells_nothing(person: User) -> None:
    managed = activate(person)
    managed.menu.check.trigger()
    page = verdict(person)
    assert person.told().startswith("The server can be used from here.")
    assert "An IAA tenant." in page.rows[ServerStep.TENANT].found.text()
    assert "agrees" in page.rows[ServerStep.CLOCK].found.text()
    person.key(Qt.Key.Key_Escape)
    person.on(ManagedView)

    person.flow.settings.begin()
    person.idle()
    settings = person.on(SettingsView)
    assert not settings.clock.isVisible()
    person.click(settings.login_data)
    data = person.on(LoginDataView)
    person.until(data.facts.isVisible)
    assert f"SoftToken/{__version__}" in data.sent.toPlainText()
    person.click(data.choices[CddcExtent.NONE])
    person.until(lambda: data.choices[CddcExtent.NONE].isChecked())
    assert not data.sent.isVisible()

    person.flow.codes.open(person.flow.stage.session.tokens[0].id)
    person.idle()
    person.click(person.on(ManagedView).log_in)
    ask = person.on(AskView)
    person.click(ask.picker._buttons[ProtectionType.NO_PIN])
    person.click(ask.go_on)
    person.on(LoginResultView)
    assert person.told() == "Login accepted."
    person.idle()
