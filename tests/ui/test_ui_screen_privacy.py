"""Screen capture: blocked, allowed for a while, forced; and codes that are hidden until somebody asks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from ui.fake_controller import FakeClock

from softtoken.engine.tokens import Otp
from softtoken.services.events import ScreenPrivacy, Status
from softtoken.ui.capture_guard import ALLOWED_FOR, Capture, CaptureGuard
from softtoken.ui.desktop.screen_capture import MacShield, WindowsShield, shield_for
from softtoken.ui.views.privacy_card import PrivacyCard
from softtoken.ui.widgets.capture_badge import CaptureBadge
from softtoken.ui.widgets.code_display import CodeDisplay
from softtoken.ui.widgets.spelt_code import SpeltCode


class FakeShield:
    def __init__(self, *, works: bool = True) -> None:
        self.asked: list[bool] = []
        self._works = works

    def keep_out(self, window: int, hidden: bool) -> bool:
        assert window
        self.asked.append(hidden)
        return self._works


class FakeUser32:
    """SetWindowDisplayAffinity; knows: the affinities that this Windows has."""

    def __init__(self, *knows: int) -> None:
        self.set: list[tuple[int, int]] = []

        def affinity(window: int, wanted: int) -> int:
            self.set.append((window, wanted))
            return int(wanted in knows)

        self.SetWindowDisplayAffinity: Any = affinity


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def shown(guard: CaptureGuard, window: QWidget, qtbot: QtBot) -> CaptureGuard:
    with qtbot.waitExposed(window):
        window.show()
    return guard


def test_blocked_from_the_first_moment_on(window: QWidget, qtbot: QtBot, clock: FakeClock) -> None:
    shield = FakeShield()
    guard = shown(CaptureGuard(window, shield, clock), window, qtbot)
    assert shield.asked[-1:] == [True]
    assert guard.standing.capture is Capture.BLOCKED


def test_allowed_for_ten_minutes(window: QWidget, qtbot: QtBot, clock: FakeClock) -> None:
    shield, badge = FakeShield(), CaptureBadge(window)
    guard = shown(CaptureGuard(window, shield, clock), window, qtbot)
    guard.changed.connect(badge.show_standing)
    guard.allow_for_a_while()
    assert shield.asked[-1:] == [False]
    assert "10:00" in badge.what.text()
    clock.pass_seconds(61)
    guard.use(block=True, forced=False)
    assert "8:59" in badge.what.text()
    assert badge.allow.isHidden()
    clock.pass_seconds(ALLOWED_FOR)
    qtbot.waitUntil(lambda: guard.standing.capture is Capture.BLOCKED)
    guard.use(block=True, forced=False)
    assert shield.asked[-1:] == [True]
    assert badge.block.isHidden()


def test_blocked_again_before_the_time_is_over(window: QWidget, qtbot: QtBot, clock: FakeClock) -> None:
    shield = FakeShield()
    guard = shown(CaptureGuard(window, shield, clock), window, qtbot)
    guard.allow_for_a_while()
    guard.block_again()
    assert (shield.asked[-1], guard.standing.capture) == (True, Capture.BLOCKED)


def test_what_the_configuration_forces_nobody_lifts(window: QWidget, qtbot: QtBot, clock: FakeClock) -> None:
    shield, badge = FakeShield(), CaptureBadge(window)
    guard = shown(CaptureGuard(window, shield, clock), window, qtbot)
    guard.allow_for_a_while()
    guard.use(block=True, forced=True)
    guard.allow_for_a_while()
    badge.show_standing(guard.standing)
    assert (shield.asked[-1], guard.standing.capture) == (True, Capture.FORCED)
    assert badge.allow.isHidden()


def test_a_system_that_refuses_is_said_to(window: QWidget, qtbot: QtBot, clock: FakeClock) -> None:
    badge = CaptureBadge(window)
    guard = shown(CaptureGuard(window, FakeShield(works=False), clock), window, qtbot)
    badge.show_standing(guard.standing)
    assert guard.standing.capture is Capture.FAILED
    assert "did not block" in badge.what.text()


def test_nothing_where_the_system_has_no_such_thing(window: QWidget, clock: FakeClock) -> None:
    badge = CaptureBadge(window)
    badge.show_standing(CaptureGuard(window, None, clock).standing)
    assert badge.isHidden()
    assert shield_for("linux") is None


def test_the_setting_allows_it(window: QWidget, qtbot: QtBot, clock: FakeClock) -> None:
    shield = FakeShield()
    guard = shown(CaptureGuard(window, shield, clock), window, qtbot)
    guard.use(block=False, forced=False)
    assert (shield.asked[-1], guard.standing.capture) == (False, Capture.ALLOWED)


def test_windows_of_today_and_of_before() -> None:
    today, before = FakeUser32(0, 1, 0x11), FakeUser32(0, 1)
    assert WindowsShield(today).keep_out(7, True)
    assert today.set == [(7, 0x11)]
    assert WindowsShield(before).keep_out(7, True)
    assert before.set == [(7, 0x11), (7, 1)]
    assert WindowsShield(today).keep_out(7, False)
    assert today.set[-1] == (7, 0)
    assert not WindowsShield(FakeUser32()).keep_out(7, True)
    assert not WindowsShield(object()).keep_out(7, True)


def test_a_mac_without_appkit() -> None:
    def none() -> Any:
        raise OSError

    assert not MacShield(none).keep_out(7, True)


def painted(display: CodeDisplay) -> str:
    return display._digits.text().replace("\u00a0", "")


def code(clock: FakeClock) -> Otp:
    return Otp("482915", clock.now(), clock.now() + 30, 3)


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, None])
def test_a_hidden_code_is_shown_when_asked_and_hidden_again(
    display: CodeDisplay, clock: FakeClock, qtbot: QtBot, key: Qt.Key | None
) -> None:
    said: list[str] = []
    display.announced.connect(said.append)
    display.hide_codes(True)
    display.show_code(code(clock), "Use it once.")
    assert "482915" not in painted(display)
    assert not any("4 8 2" in text for text in said)
    assert "4" not in display.accessibleName() + display._digits.accessibleName()
    assert display.shown_code() == "482915"  # copying asks nobody to look
    display.cover.setInterval(1)
    if key is None:
        QTest.mouseClick(display, Qt.MouseButton.LeftButton)
    else:
        QTest.keyClick(display, key)
    assert painted(display) == "482915"
    assert "4 8 2 9 1 5" in said[-1]
    qtbot.waitUntil(lambda: "482915" not in painted(display))


def test_a_new_code_is_hidden_again_and_switching_off_shows_it(display: CodeDisplay, clock: FakeClock) -> None:
    display.hide_codes(True)
    display.show_code(code(clock), "")
    display.reveal()
    display.show_code(replace(code(clock), code="111213"), "")
    assert "111213" not in painted(display)
    display.hide_codes(False)
    assert painted(display) == "111213"
    assert display.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_leaving_the_page_covers_the_code(display: CodeDisplay, clock: FakeClock) -> None:
    display.hide_codes(True)
    display.show_code(code(clock), "")
    display.reveal()
    display.hide()
    assert "482915" not in painted(display)
    assert not display.cover.isActive()


@pytest.fixture
def spelt(qtbot: QtBot) -> Iterator[SpeltCode]:
    host = QWidget()
    host.setFixedSize(400, 200)
    qtbot.addWidget(host)
    made = SpeltCode("Signature", host)
    made.resize(380, 160)
    with qtbot.waitExposed(host):
        host.show()
    yield made
    host.close()


def spelt_out(spelt: SpeltCode) -> str:
    """What is painted, and what a screen reader hears."""
    texts = [label.text() for label in spelt.findChildren(QLabel) if label.isVisible()]
    names = [spelt.accessibleName(), spelt._digits.accessibleName()]
    return "".join([*texts, *names]).replace("\u00a0", "").replace(" ", "")


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, None])
def test_a_signature_is_hidden_like_a_code(spelt: SpeltCode, qtbot: QtBot, key: Qt.Key | None) -> None:
    spelt.hide_codes(True)
    spelt.show_code("73019642", say=True)
    assert "73019642" not in spelt_out(spelt)
    assert "PressSpace" in spelt_out(spelt)
    assert spelt.code == "73019642"  # copying asks nobody to look
    spelt.cover.setInterval(1)
    if key is None:
        QTest.mouseClick(spelt, Qt.MouseButton.LeftButton)
    else:
        QTest.keyClick(spelt, key)
    assert "73019642" in spelt_out(spelt)
    qtbot.waitUntil(lambda: "73019642" not in spelt_out(spelt))
    spelt.reveal()
    spelt.show_code("11112222")
    assert "11112222" not in spelt_out(spelt)
    spelt.hide_codes(False)
    assert "11112222" in spelt_out(spelt)
    assert spelt.focusPolicy() is Qt.FocusPolicy.NoFocus
    assert "PressSpace" not in spelt_out(spelt)


def test_leaving_the_page_covers_a_signature(spelt: SpeltCode) -> None:
    spelt.hide_codes(True)
    spelt.show_code("73019642")
    spelt.reveal()
    spelt.hide()
    assert "73019642" not in spelt_out(spelt)
    assert not spelt.cover.isActive()


def test_the_settings_say_what_the_system_cannot(qtbot: QtBot) -> None:
    can, cannot = PrivacyCard(can_block=True), PrivacyCard(can_block=False)
    qtbot.addWidget(can)
    qtbot.addWidget(cannot)
    asked: list[bool] = []
    can.block_chosen.connect(asked.append)
    can.show_privacy(ScreenPrivacy(Status.OK), busy=False)
    can.block.click()
    assert asked == [False]
    assert can.block.isChecked()  # until the answer is there
    assert cannot.block.isHidden()
    can.show_privacy(ScreenPrivacy(Status.OK, forced=True), busy=False)
    assert not can.block.isEnabled()
