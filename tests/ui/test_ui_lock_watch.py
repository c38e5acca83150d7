"""What asks for a lock: idle time, the bell from a terminal, and the messages of Windows and macOS (played here)."""

import ctypes
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from ui.conftest import User
from ui.fake_controller import ACTIVATION_CODE, PIN, FakeClock, managed_token

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services.doorbell import LOCKED, Rung, own_door, ring
from softtoken.services.events import Activate, ActivationResult, Lock, LockReason, Status, VaultCondition
from softtoken.services.home import Home, HomeUnusable
from softtoken.ui import states as st
from softtoken.ui.desktop.doorbell import Doorbell
from softtoken.ui.desktop.idle import IdleWatch
from softtoken.ui.desktop.session_watch import NoWatch, SessionWatch, Tell
from softtoken.ui.desktop.session_watch_macos import DISTRIBUTED, WORKSPACE, MacWatch
from softtoken.ui.desktop.session_watch_windows import WindowMessage, WindowsWatch, _Msg
from softtoken.ui.lock_watch import PUT_OFF, LockWatch
from softtoken.ui.views.activation_failed import ActivationFailedView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.views.unlock import UnlockView


class PlayedSession:
    """A system whose session the test plays."""

    def __init__(self) -> None:
        self.tell: Tell | None = None
        self.done = 0
        self.window = 0

    def start(self, tell: Tell, window: int) -> None:
        self.tell, self.window = tell, window

    def locked(self) -> None:
        self.done += 1

    def stop(self) -> None:
        self.tell = None


@pytest.fixture
def session() -> PlayedSession:
    return PlayedSession()


@pytest.fixture
def watched(user: User, session: PlayedSession, own_home: Path) -> Iterator[tuple[User, LockWatch]]:
    """At home, with everything that locks by itself."""
    user.controller.vault = VaultCondition.OPEN
    user.controller.tokens.append(managed_token())
    user.flow.start()
    user.on(HomeView)
    user.idle()
    watch = LockWatch(user.flow, user.clock, session, lambda: Home(own_home))
    watch.start(int(user.window.winId()))
    yield user, watch
    watch.stop()
    assert session.tell is None


def reasons(user: User) -> list[LockReason]:
    return [lock.reason for lock in user.controller.posts(Lock)]


def test_it_locks_after_the_time_without_use(watched: tuple[User, LockWatch]) -> None:
    user, watch = watched
    user.clock.pass_seconds(299)
    assert not watch.idle.look()
    user.clock.pass_seconds(1)
    assert watch.idle.look()
    user.on(UnlockView)
    user.until(lambda: reasons(user) == [LockReason.IDLE])
    user.clock.pass_seconds(10_000)
    assert not watch.idle.look()  # it is locked already


def test_use_begins_the_time_anew(watched: tuple[User, LockWatch]) -> None:
    user, watch = watched
    uses: tuple[Callable[[], object], ...] = (
        lambda: QTest.keyClick(user.window, Qt.Key.Key_Shift),
        lambda: QTest.mouseMove(user.window, QPoint(9, 9)),
        lambda: QTest.mouseClick(user.window, Qt.MouseButton.LeftButton, pos=QPoint(3, 3)),
    )
    for use in uses:
        user.clock.pass_seconds(200)
        use()
        QCoreApplication.processEvents()
        user.clock.pass_seconds(200)
        assert not watch.idle.look(), use
        QTest.keyClick(user.window, Qt.Key.Key_Shift)
    assert reasons(user) == []


def test_the_first_key_after_too_long_locks_and_reaches_nothing(watched: tuple[User, LockWatch]) -> None:
    """The timer does not run while the computer sleeps."""
    user, _ = watched
    user.clock.pass_seconds(301)
    QTest.keyClick(user.window, Qt.Key.Key_A)
    user.on(UnlockView)
    user.until(lambda: reasons(user) == [LockReason.IDLE])


def test_the_timer_alone_locks(watched: tuple[User, LockWatch]) -> None:
    user, _ = watched
    user.clock.pass_seconds(301)
    user.on(UnlockView)


def test_never_is_never(watched: tuple[User, LockWatch]) -> None:
    user, watch = watched
    user.flow.stage.lock_after = 0
    user.clock.pass_seconds(100_000)
    assert not watch.idle.look()
    user.flow.stage.lock_after = 60
    assert watch.idle.look()


def activate(user: User) -> None:
    user.flow.activation.begin()
    user.flow.activation.submit_form("https://northwind.example", "anna.berg", ACTIVATION_CODE)
    user.flow.activation.choose(frozenset({ProtectionType.NO_PIN, ProtectionType.PIN}))
    user.flow.activation.set_pin(PIN)


def test_a_code_that_the_server_has_answered_is_not_spent_by_idleness(watched: tuple[User, LockWatch]) -> None:
    """Only for the time that such a code lives, and by nothing but idleness."""
    user, watch = watched
    user.controller.answer(Activate, ActivationResult(Status.INVALID_NEW_PIN_FORMAT, detail="TOO_SHORT"))
    activate(user)
    user.on(SetPinView)
    user.until(lambda: isinstance(user.flow.state, st.SetPin) and user.flow.state.problem is not None)
    user.clock.pass_seconds(300 + PUT_OFF - 1)
    assert not watch.idle.look()
    user.clock.pass_seconds(1)
    assert watch.idle.look()
    user.on(UnlockView)
    assert reasons(user) == [LockReason.IDLE]


def test_an_activation_under_way_is_waited_for_and_then_it_locks(watched: tuple[User, LockWatch]) -> None:
    user, watch = watched
    gate = user.controller.gate(Activate)
    activate(user)
    user.until(lambda: isinstance(user.flow.state, st.Waiting))
    user.clock.pass_seconds(400)
    assert not watch.idle.look()
    gate.set()
    user.on(UnlockView)  # the timer looks again, and nothing is held any more
    assert reasons(user) == [LockReason.IDLE]


def test_the_screen_locks_during_an_activation_as_well(watched: tuple[User, LockWatch], session: PlayedSession) -> None:
    user, _ = watched
    user.controller.answer(Activate, Unreachable(Reason.LOST))
    activate(user)
    user.on(ActivationFailedView)
    assert session.tell is not None
    session.tell(LockReason.SESSION_LOCKED)
    user.on(UnlockView)


def test_an_empty_page_does_not_lock(user: User, session: PlayedSession, own_home: Path) -> None:
    user.flow.start()
    user.until(lambda: isinstance(user.flow.state, st.Welcome))
    watch = LockWatch(user.flow, user.clock, session, lambda: Home(own_home))
    watch.start(0)
    user.clock.pass_seconds(400)
    assert not watch.idle.look()
    user.flow.activation.begin()
    user.clock.pass_seconds(400)
    assert watch.idle.look()
    user.until(lambda: isinstance(user.flow.state, st.Welcome))
    watch.stop()


def test_a_watch_that_was_stopped_is_quiet(qtbot: QtBot) -> None:
    clock = FakeClock()
    watch = IdleWatch(clock, lambda: 60)
    watch.start()
    watch.stop()
    with qtbot.assertNotEmitted(watch.idled):
        clock.pass_seconds(100)
        QCoreApplication.processEvents()


@pytest.mark.parametrize("reason", [LockReason.SESSION_LOCKED, LockReason.SUSPEND, LockReason.USER_SWITCH])
def test_the_system_locks_and_hears_when_it_is_done(
    watched: tuple[User, LockWatch], session: PlayedSession, reason: LockReason
) -> None:
    user, _ = watched
    assert session.tell is not None
    session.tell(reason)
    if reason is LockReason.SUSPEND:  # the keys are gone when the system has its answer
        assert reasons(user) == [reason]
    user.on(UnlockView)
    user.until(lambda: session.done == 1)
    assert reasons(user) == [reason]


def test_the_system_may_tell_from_another_thread(watched: tuple[User, LockWatch], session: PlayedSession) -> None:
    user, _ = watched
    assert session.tell is not None
    thread = threading.Thread(target=session.tell, args=(LockReason.SESSION_LOCKED,))
    thread.start()
    thread.join()
    assert reasons(user) == []
    user.on(UnlockView)
    user.until(lambda: session.done == 1)


def test_the_bell_locks_and_answers_once_the_keys_are_gone(watched: tuple[User, LockWatch], own_home: Path) -> None:
    user, _ = watched
    gate = user.controller.gate(Lock)
    answers: list[Rung] = []
    ringing = threading.Thread(target=lambda: answers.append(ring(Home(own_home), 20)))
    ringing.start()
    user.on(UnlockView)
    assert answers == []
    gate.set()
    user.until(lambda: answers == [Rung(locked=1, silent=0)])
    ringing.join()
    assert reasons(user) == [LockReason.ASKED]


def test_a_window_that_does_not_answer_is_told_from_none(watched: tuple[User, LockWatch], own_home: Path) -> None:
    user, watch = watched
    gate = user.controller.gate(Lock)
    answers: list[Rung] = []
    ringing = threading.Thread(target=lambda: answers.append(ring(Home(own_home), 0.2)))
    ringing.start()
    user.until(lambda: bool(answers))
    ringing.join()
    assert answers == [Rung(locked=0, silent=1)]
    gate.set()
    watch.doorbell.close()
    assert ring(Home(own_home), 5) == Rung(0, 0)
    assert list(own_home.glob("doorbell-*")) == []


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a named pipe has no mode")
def test_the_bell_is_for_this_user_and_for_one_word(watched: tuple[User, LockWatch], own_home: Path) -> None:
    user, _ = watched
    (door,) = own_home.glob("doorbell-*")
    assert stat.S_IMODE(door.stat().st_mode) & 0o077 == 0
    for word in (b"unlock\n", b"lock now\n", b"\0" * 4096, b"lock\nlock\n"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
            visitor.connect(str(door))
            visitor.setblocking(False)
            visitor.send(word)
            user.until(lambda visitor=visitor: _ended(visitor))  # type: ignore[misc]
    assert reasons(user) == []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        visitor.connect(str(door))
        visitor.setblocking(False)
        visitor.send(b"lo")
        QTest.qWait(0)
        visitor.send(b"ck\n")
        user.on(UnlockView)
        said: list[bytes] = []
        user.until(lambda: _received(visitor, said))
    assert said == [LOCKED]


def _ended(visitor: socket.socket) -> bool:
    try:
        return visitor.recv(64) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def _received(visitor: socket.socket, said: list[bytes]) -> bool:
    try:
        said.append(visitor.recv(64))
    except BlockingIOError:
        return False
    return True


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a named pipe leaves nothing behind")
def test_what_a_killed_window_left_is_swept(qapp: QCoreApplication, own_home: Path) -> None:
    left = own_home / "doorbell-1"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
        gone.bind(str(left))
    assert ring(Home(own_home), 5) == Rung(0, 0)
    bell = Doorbell(lambda: Home(own_home))
    assert bell.open()
    assert [path.name for path in own_home.glob("doorbell-*")] == [f"doorbell-{os.getpid()}"]
    bell.close()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a pipe is not in the data folder")
def test_a_folder_that_is_not_there_or_too_long_has_no_bell(qapp: QCoreApplication, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    assert own_door(Home(long), 1) is None
    assert own_door(Home(tmp_path / "none"), 1) is None
    assert not Doorbell(lambda: Home(tmp_path / "none")).open()

    def nowhere() -> Home:
        raise HomeUnusable("~nobody")

    assert not Doorbell(nowhere).open()
    assert ring(Home(tmp_path / "none"), 1) == Rung(0, 0)


class PlayedWindows:
    """The narrow border to Win32: what is registered, and the messages that are read."""

    def __init__(self) -> None:
        self.registered: list[int] = []
        self.messages: dict[int, WindowMessage] = {}

    def register(self, window: int) -> None:
        self.registered.append(window)

    def unregister(self, window: int) -> None:
        self.registered.remove(window)

    def read(self, pointer: int) -> WindowMessage:
        return self.messages[pointer]


class PlayedNotifications:
    """The narrow border to Cocoa."""

    def __init__(self) -> None:
        self.observed: frozenset[str] = frozenset()
        self.heard: Callable[[str], None] = lambda _: None

    def observe(self, distributed: frozenset[str], workspace: frozenset[str], heard: Callable[[str], None]) -> None:
        self.observed, self.heard = distributed | workspace, heard

    def forget(self) -> None:
        self.observed = frozenset()


WINDOWS = {
    WindowMessage(0x2B1, 7): LockReason.SESSION_LOCKED,
    WindowMessage(0x2B1, 6): LockReason.SESSION_LOCKED,
    WindowMessage(0x2B1, 2): LockReason.USER_SWITCH,
    WindowMessage(0x2B1, 4): LockReason.USER_SWITCH,
    WindowMessage(0x218, 4): LockReason.SUSPEND,
    WindowMessage(0x2B1, 8): None,  # unlocked
    WindowMessage(0x218, 7): None,  # resumed
    WindowMessage(0x100, 7): None,  # a key
}


def test_windows_messages(qapp: QCoreApplication) -> None:
    windows, told = PlayedWindows(), list[LockReason]()
    watch = WindowsWatch(windows)
    watch.start(told.append, 4711)
    assert windows.registered == [4711]
    assert watch._filter is not None
    for place, (message, reason) in enumerate(WINDOWS.items(), start=1):
        windows.messages[place] = message
        assert watch._filter.nativeEventFilter(b"windows_generic_MSG", place) == (False, 0)
        assert told == ([] if reason is None else [reason])
        told.clear()
    assert watch._filter.nativeEventFilter(b"xcb_generic_event_t", 1) == (False, 0)
    assert told == []
    watch.locked()
    watch.stop()
    watch.stop()
    assert windows.registered == []


def test_the_part_of_a_windows_message_that_is_read_is_where_it_is() -> None:
    pointer = ctypes.sizeof(ctypes.c_void_p)
    assert _Msg.message.offset == pointer
    assert _Msg.parameter.offset == 2 * pointer


def test_macos_notifications() -> None:
    notifications, told = PlayedNotifications(), list[LockReason]()
    watch = MacWatch(notifications)
    watch.start(told.append, 0)
    assert notifications.observed == {*DISTRIBUTED, *WORKSPACE}
    for name in ("com.apple.screenIsLocked", "NSWorkspaceWillSleepNotification", "NSWorkspaceDidWakeNotification"):
        notifications.heard(name)
    notifications.heard("NSWorkspaceSessionDidResignActiveNotification")
    assert told == [LockReason.SESSION_LOCKED, LockReason.SUSPEND, LockReason.USER_SWITCH]
    watch.locked()
    watch.stop()
    assert notifications.observed == frozenset()


def test_a_system_that_is_not_known_is_not_watched() -> None:
    watch: SessionWatch = NoWatch()
    watch.start(lambda _: pytest.fail("nobody tells"), 0)
    watch.locked()
    watch.stop()
