"""A copied code: marked as a secret, cleared after its time and at the end, but only if it is still there."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QClipboard, QGuiApplication
from pytestqt.qtbot import QtBot
from support.flows import ManualClock

from softtoken.ui.clipboard import CLEAR_AFTER, SecretClipboard
from softtoken.ui.desktop.cocoa import AppKit


@pytest.fixture
def clipboard(qapp: QGuiApplication) -> QClipboard:
    qapp.clipboard().clear()
    return qapp.clipboard()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def secret(clipboard: QClipboard, clock: ManualClock) -> Iterator[SecretClipboard]:
    made = SecretClipboard(clipboard, clock)
    made.timer.setInterval(1)
    yield made
    made.clear()


def test_marks_for_clipboard_managers(clipboard: QClipboard, secret: SecretClipboard) -> None:
    secret.copy_secret("482915")
    mime = clipboard.mimeData()
    assert mime.text() == "482915"
    assert bytes(mime.data("x-kde-passwordManagerHint").data()) == b"secret"


def test_marks_for_windows(clipboard: QClipboard, clock: ManualClock) -> None:
    """The history and the cloud read a DWORD; Qt registers each name as it is."""
    secret = SecretClipboard(clipboard, clock, platform="win32")
    secret.copy_secret("482915")
    mime = clipboard.mimeData()
    assert {name: bytes(mime.data(name).data()) for name in mime.formats() if name != "text/plain"} == {
        "ExcludeClipboardContentFromMonitorProcessing": b"1",
        "CanIncludeInClipboardHistory": bytes(4),
        "CanUploadToCloudClipboard": bytes(4),
    }
    secret.clear()


def test_macos_is_told_after_qt_has_copied(clipboard: QClipboard, clock: ManualClock) -> None:
    seen: list[str] = []
    secret = SecretClipboard(clipboard, clock, platform="darwin", conceal=lambda: seen.append(clipboard.text()))
    secret.copy_secret("482915")
    assert seen == ["482915"]
    assert clipboard.mimeData().formats() == ["text/plain"]  # Qt would put a prefix of its own before the name
    secret.clear()


def test_a_system_without_appkit_copies_all_the_same(clipboard: QClipboard, clock: ManualClock) -> None:
    secret = SecretClipboard(clipboard, clock, platform="darwin")
    secret.copy_secret("482915")
    assert clipboard.text() == "482915"
    secret.clear()


def test_another_way_of_clearing_hears_of_the_secret_once(clipboard: QClipboard, clock: ManualClock) -> None:
    told: list[str] = []
    secret = SecretClipboard(clipboard, clock, clear_unfocused=told.append)
    secret.clear()
    secret.copy_secret("482915")
    secret.clear()
    secret.clear()
    assert told == ["482915"]


class FakeRuntime:
    """Classes are numbers; what was sent is kept as text."""

    def __init__(self, window: int = 77) -> None:
        self.sent: list[tuple[int, str, list[object]]] = []
        self._window = window
        self._sharing = 1

    def objc_getClass(self, name: bytes) -> int:  # noqa: N802 - the runtime's own name
        return {b"NSPasteboard": 1, b"NSArray": 2, b"NSString": 3}[name]

    def send(self, receiver: int, selector: str, *arguments: Any, returns: object) -> object:
        values = [argument.value for argument in arguments]
        self.sent.append((receiver, selector, values))
        match selector:
            case "stringWithUTF8String:":
                return 100 if values == [b"org.nspasteboard.ConcealedType"] else 101
            case "generalPasteboard":
                return 50
            case "arrayWithObject:":
                return 60
            case "window":
                return self._window
            case "setSharingType:":
                self._sharing = values[0]
            case "sharingType":
                return self._sharing
        return None


def test_the_pasteboard_is_marked_beside_what_qt_put_there() -> None:
    runtime = FakeRuntime()
    AppKit(runtime, runtime.send).conceal_pasteboard()
    on_board = [(selector, values) for receiver, selector, values in runtime.sent if receiver == 50]
    assert on_board == [("addTypes:owner:", [60, None]), ("setString:forType:", [101, 100])]


@pytest.mark.parametrize(("hidden", "sharing"), [(True, 0), (False, 1)])
def test_a_window_is_kept_from_sharing(hidden: bool, sharing: int) -> None:
    runtime = FakeRuntime()
    assert AppKit(runtime, runtime.send).keep_from_sharing(9, hidden)
    assert (9, "window", []) in runtime.sent
    assert (77, "setSharingType:", [sharing]) in runtime.sent
    unmade = FakeRuntime(window=0)
    assert not AppKit(unmade, unmade.send).keep_from_sharing(9, hidden)


def test_cleared_when_its_time_is_over(
    qtbot: QtBot, clipboard: QClipboard, secret: SecretClipboard, clock: ManualClock
) -> None:
    """The clock decides, which also counts what the computer slept."""
    assert CLEAR_AFTER == 30
    secret.copy_secret("482915")
    clock.move(CLEAR_AFTER - 1)
    with qtbot.waitSignal(secret.timer.timeout):
        pass
    assert clipboard.text() == "482915"
    clock.move(1)
    qtbot.waitUntil(lambda: clipboard.text() == "")
    assert not secret.timer.isActive()


def test_what_somebody_else_copied_stays(
    qtbot: QtBot, clipboard: QClipboard, secret: SecretClipboard, clock: ManualClock
) -> None:
    secret.copy_secret("482915")
    clipboard.setText("theirs")
    clock.move(CLEAR_AFTER)
    qtbot.waitUntil(lambda: not secret.timer.isActive())
    assert clipboard.text() == "theirs"


def test_the_next_code_starts_the_time_anew(
    qtbot: QtBot, clipboard: QClipboard, secret: SecretClipboard, clock: ManualClock
) -> None:
    secret.copy_secret("111213")
    clock.move(CLEAR_AFTER - 1)
    secret.copy_secret("482915")
    clock.move(CLEAR_AFTER - 1)
    with qtbot.waitSignal(secret.timer.timeout):
        pass
    assert clipboard.text() == "482915"


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
