"""A copied code: marked as a secret, cleared after its time and at the end, but only if it is still there."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QClipboard, QGuiApplication
from pytestqt.qtbot import QtBot

from softtoken.ui.clipboard import CLEAR_AFTER, SecretClipboard


@pytest.fixture
def clipboard(qapp: QGuiApplication) -> QClipboard:
    qapp.clipboard().clear()
    return qapp.clipboard()


@pytest.fixture
def secret(clipboard: QClipboard) -> Iterator[SecretClipboard]:
    made = SecretClipboard(clipboard)
    yield made
    made.clear()


def test_marks_for_clipboard_managers(clipboard: QClipboard, secret: SecretClipboard) -> None:
    secret.copy_secret("482915")
    mime = clipboard.mimeData()
    assert mime.text() == "482915"
    assert bytes(mime.data("x-kde-passwordManagerHint").data()) == b"secret"
    assert mime.hasFormat("org.nspasteboard.ConcealedType")
    assert mime.hasFormat("ExcludeClipboardContentFromMonitorProcessing")


def test_cleared_when_its_time_is_over(qtbot: QtBot, clipboard: QClipboard, secret: SecretClipboard) -> None:
    assert CLEAR_AFTER == 30
    assert secret.timer.interval() == CLEAR_AFTER * 1000
    secret.timer.setInterval(1)
    secret.copy_secret("482915")
    qtbot.waitUntil(lambda: clipboard.text() == "")
    assert not secret.timer.isActive()


def test_what_somebody_else_copied_stays(qtbot: QtBot, clipboard: QClipboard, secret: SecretClipboard) -> None:
    secret.timer.setInterval(1)
    secret.copy_secret("482915")
    clipboard.setText("theirs")
    qtbot.waitUntil(lambda: not secret.timer.isActive())
    assert clipboard.text() == "theirs"


def test_the_next_code_takes_the_place_of_the_last(clipboard: QClipboard, secret: SecretClipboard) -> None:
    secret.copy_secret("111213")
    secret.copy_secret("482915")
    assert clipboard.text() == "482915"
    secret.clear()
    assert clipboard.text() == ""


def test_an_id_for_support_is_no_secret(clipboard: QClipboard, secret: SecretClipboard) -> None:
    secret.copy_secret("482915")
    secret.copy_text("7f3c9a52")
    assert not secret.timer.isActive()
    secret.clear()
    assert clipboard.text() == "7f3c9a52"
