"""A real sandbox, real vaults and real HTTP for the tests of whole paths."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.parts import clock, keystore, make_controller, make_tenant, tenant
from support.person import Person

from softtoken.clock import Clock
from softtoken.services.controller import MasterController
from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.window import Window

__all__ = ["clock", "keystore", "make_controller", "make_tenant", "sit_down", "tenant"]


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
