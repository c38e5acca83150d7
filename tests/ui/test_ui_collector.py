"""Garbage that may hold widgets is collected on the GUI thread, whichever thread allocates."""

import gc
import threading
import weakref
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from softtoken.ui.collector import Collector


class Circle:
    """Only a collection ends it."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.itself = self
        weakref.finalize(self, ended)


def allocated_elsewhere() -> list[list[int]]:
    """So many that a collection is due, as long as they are kept."""
    kept: list[list[int]] = []

    def work() -> None:
        kept.extend([number] for number in range(gc.get_threshold()[0] * 20))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return kept


@pytest.mark.usefixtures("qapp")
def test_a_collection_waits_for_the_gui_thread(qtbot: QtBot) -> None:
    ended: list[str] = []
    gc.collect()
    gc.enable()
    collector = Collector(QCoreApplication.instance())
    collector.start()
    Circle(lambda: ended.append(threading.current_thread().name))
    kept = allocated_elsewhere()
    assert ended == []
    qtbot.waitUntil(lambda: bool(ended))
    assert kept
    assert ended == [threading.main_thread().name]
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    collector.deleteLater()


def test_left_to_itself_python_collects_anywhere() -> None:
    """The control."""
    ended: list[str] = []
    gc.collect()
    Circle(lambda: ended.append(threading.current_thread().name))
    assert allocated_elsewhere()
    assert ended
    assert ended != [threading.main_thread().name]


@pytest.mark.usefixtures("qapp")
def test_a_stop_leaves_nothing_for_other_threads() -> None:
    ended: list[str] = []
    collector = Collector(QCoreApplication.instance())
    collector.start()
    Circle(lambda: ended.append(threading.current_thread().name))
    collector.stop()
    assert ended == [threading.main_thread().name]
    collector.deleteLater()
