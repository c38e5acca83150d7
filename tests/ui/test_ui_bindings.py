"""The Qt bindings in use do not give away references (PySide6 6.12.0 does on Python 3.11, and aborts in the end)."""

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

CALLS = 2000


class Sender(QObject):
    sent = Signal(object)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal from Python 3.12 on (PEP 683)")
def test_void_calls_and_signals_keep_the_counts(qtbot: QtBot) -> None:
    label, sender = QLabel(), Sender()
    qtbot.addWidget(label)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for number in range(CALLS):
        label.setNum(number)
        sender.sent.emit(number)
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert all(abs(now - then) < CALLS // 2 for then, now in zip(before, after, strict=True)), (before, after)
