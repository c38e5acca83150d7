"""The window with a scripted controller, and somebody who uses it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from ui.fake_controller import FakeClock, FakeController

from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.widgets.code_display import CodeDisplay
from softtoken.ui.widgets.page import Page
from softtoken.ui.window import Window

P = TypeVar("P", bound=Page)
S = TypeVar("S")


@dataclass
class User:
    """Types, clicks and waits for what comes; never reaches behind the widgets. patience: milliseconds."""

    qtbot: QtBot
    window: Window
    flow: Flow
    controller: FakeController
    clock: FakeClock
    patience: int = 5_000

    def on(self, kind: type[P]) -> P:
        """Wait until this page is shown."""
        self.qtbot.waitUntil(lambda: isinstance(self.window.page, kind), timeout=self.patience)
        page = self.window.page
        assert isinstance(page, kind)
        return page

    def click(self, widget: QAbstractButton) -> None:
        assert widget.isVisible(), f"{widget.text()!r} is not to be seen"
        assert widget.isEnabled(), f"{widget.text()!r} cannot be pressed"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(6, widget.height() // 2))

    def type(self, edit: QLineEdit, text: str) -> None:
        assert edit.isVisible()
        edit.setFocus()
        QTest.keyClicks(edit, text)

    def key(self, key: Qt.Key) -> None:
        focused: QWidget | None = self.window.focusWidget()
        QTest.keyClick(self.window if focused is None else focused, key)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=self.patience)

    def button(self, text: str) -> QPushButton:
        """The visible button of the page with this text."""
        assert self.window.page is not None
        found = [b for b in self.window.page.findChildren(QPushButton) if b.isVisible() and b.text() == text]
        assert len(found) == 1, f"{len(found)} buttons {text!r}"
        return found[0]

    def idle(self) -> None:
        """Wait until nothing is being worked on, and what came of it is to be seen."""
        stage = self.flow.stage
        self.qtbot.waitUntil(lambda: not stage.token_lane.busy and not stage.login_lane.busy, timeout=self.patience)
        QApplication.processEvents()  # Qt shows the parts of a layout later than they are put there

    def later(self, seconds: int) -> None:
        """Let time pass, once what is under way has arrived: an answer of before would be taken for one of then."""
        self.idle()
        self.clock.pass_seconds(seconds)

    def told(self) -> str:
        """What the problem box of the page says."""
        assert self.window.page is not None
        return self.window.page.problem.text if self.window.page.problem.isVisible() else ""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def controller(clock: FakeClock) -> FakeController:
    return FakeController(clock)


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, Qt.ColorScheme.Light)
    yield theme
    qapp.removeEventFilter(theme)
    qapp.setStyleSheet("")
    theme.deleteLater()


@pytest.fixture
def flow(qapp: QApplication, controller: FakeController, clock: FakeClock) -> Iterator[Flow]:
    """A flow without any window."""
    made = Flow(controller, clock)
    yield made
    for gate in controller.gates.values():
        gate.set()
    made.stop()


@pytest.fixture
def user(themed: Theme, qtbot: QtBot, flow: Flow, controller: FakeController, clock: FakeClock) -> Iterator[User]:
    """Somebody before the window; the flow is not started yet."""
    window = Window(flow, clock)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield User(qtbot, window, flow, controller, clock)
    window.clipboard.clear()
    window.hide()


def wait_for_state(qtbot: QtBot, flow: Flow, kind: type[S]) -> S:
    """Wait until the flow is in a state of this kind."""
    qtbot.waitUntil(lambda: isinstance(flow.state, kind))
    state = flow.state
    assert isinstance(state, kind)
    return state


@pytest.fixture
def display(qtbot: QtBot, clock: FakeClock) -> Iterator[CodeDisplay]:
    host = QWidget()
    host.setFixedSize(400, 200)
    qtbot.addWidget(host)
    made = CodeDisplay(host)
    made.use_clock(clock)
    made.resize(380, 160)
    with qtbot.waitExposed(host):
        host.show()
    yield made
    host.close()
