"""Notifications: heard on any thread, shown on the GUI thread, and only where they say something."""

import threading

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui.conftest import User
from ui.fake_controller import FakeClock, FakeController, managed_token
from ui.test_ui_journeys import open_token

from softtoken.services.events import Busy, ConnectionState, Idle, Notification, ServerConnection
from softtoken.ui.flow import Flow
from softtoken.ui.views.managed import ManagedView

SERVER = "https://login.northwind.example"


def from_elsewhere(controller: FakeController, *notifications: Notification) -> None:
    """As the controller does: on the thread that posts."""

    def post() -> None:
        for one in notifications:
            controller.notify(one)

    thread = threading.Thread(target=post)
    thread.start()
    thread.join()


def on_page(user: User) -> ManagedView:
    user.controller.tokens = [managed_token()]
    open_token(user, 0)
    page = user.on(ManagedView)
    user.idle()
    return page


def test_work_that_is_soon_done_is_not_shown(user: User) -> None:
    on_page(user)
    seen: list[bool] = []
    user.flow.notices.busy_changed.connect(seen.append)
    with user.qtbot.waitSignal(user.flow.notices.connection_told):
        from_elsewhere(user.controller, Busy(), Idle(), ServerConnection(SERVER, ConnectionState.REACHABLE))
    assert not user.flow.notices._timer.isActive(), "nothing is going to be shown later either"
    assert seen == []
    assert not user.window.activity.active


def test_work_that_lasts_is_shown_until_it_ends(user: User) -> None:
    on_page(user)
    before = user.window._stack.geometry()
    from_elsewhere(user.controller, Busy())
    user.until(lambda: user.window.activity.active)
    assert user.window._stack.geometry() == before, "the page must not move"
    assert user.window.activity.accessibleName()
    from_elsewhere(user.controller, Idle())
    user.until(lambda: not user.window.activity.active)


def test_a_server_that_does_not_answer_is_a_small_state_of_its_tokens(user: User) -> None:
    page = on_page(user)
    assert "reach" not in page._account.text()
    from_elsewhere(user.controller, ServerConnection(SERVER, ConnectionState.NOT_REACHABLE))
    user.until(lambda: "cannot be reached just now. Codes work without it." in page._account.text())
    from_elsewhere(user.controller, ServerConnection("https://other.example", ConnectionState.REACHABLE))
    from_elsewhere(user.controller, ServerConnection(SERVER, ConnectionState.REACHABLE))
    user.until(lambda: "is reachable" in page._account.text())
    user.flow.back()
    user.flow.codes.open("managed-anna.berg")
    assert "is reachable" in user.on(ManagedView)._account.text()
    user.idle()


def test_nothing_is_heard_after_the_end(qtbot: QtBot) -> None:
    controller = FakeController(FakeClock())
    flow = Flow(controller, controller.clock)
    seen: list[str] = []
    flow.notices.connection_told.connect(seen.append)
    from_elsewhere(controller, ServerConnection(SERVER, ConnectionState.REACHABLE))
    assert len(controller.receivers) == 1
    flow.stop()
    assert controller.receivers == []
    QApplication.processEvents()
    assert seen == []
