"""The code on the screen: grouping, countdown, expiry, what a screen reader hears."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui.conftest import User
from ui.fake_controller import FakeClock, managed_token, totp_token

from softtoken.engine.tokens import Otp, ProtectionType
from softtoken.services.events import VaultCondition
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.oath import OathView
from softtoken.ui.widgets.code_display import CodeDisplay, grouped


def otp_for(clock: FakeClock, seconds: int = 30) -> Otp:
    return Otp("482915", clock.now(), clock.now() + seconds, 3)


@pytest.mark.parametrize(
    ("code", "shown"),
    [("482915", "482 915"), ("12345678", "1234 5678"), ("1234567", "123 4567"), ("1234567890", "12345 67890"),
     ("123456789", "123 456 789"), ("R4TYK", "R4TYK")],
)  # fmt: skip
def test_grouping(code: str, shown: str) -> None:
    assert grouped(code).replace("\u00a0", " ") == shown


@given(some.text("0123456789", min_size=1, max_size=16))
def test_grouping_changes_no_digit(code: str) -> None:
    assert grouped(code).replace("\u00a0", "") == code


def test_the_code_is_read_digit_by_digit(display: CodeDisplay, clock: FakeClock, qtbot: QtBot) -> None:
    with qtbot.waitSignal(display.announced) as heard:
        display.show_code(otp_for(clock), "")
    assert heard.args == ["Code: 4 8 2 9 1 5"]
    assert display._digits.accessibleName() == "Code: 4 8 2 9 1 5"


def test_the_ring_reads_the_clock(display: CodeDisplay, clock: FakeClock, qtbot: QtBot) -> None:
    display.show_code(otp_for(clock), "")
    assert display._ring._left == 30
    clock.pass_seconds(17)
    qtbot.waitUntil(lambda: display._ring._left == 13)


def test_only_the_last_ten_seconds_are_announced(display: CodeDisplay, clock: FakeClock, qtbot: QtBot) -> None:
    heard: list[str] = []
    otp = otp_for(clock)
    display.show_code(otp, "")
    display.announced.connect(heard.append)
    for left in (19, 11, 10, 9, 5, 1):
        clock.wall = otp.valid_from + 30 - left
        qtbot.waitUntil(lambda left=left: display._ring._left == left)  # type: ignore[misc]
    assert heard == ["Seconds left: 10"]


def test_an_expired_code_is_taken_away_once(display: CodeDisplay, clock: FakeClock, qtbot: QtBot) -> None:
    expired: list[bool] = []
    display.expired.connect(lambda: expired.append(True))
    display.show_code(otp_for(clock), "")
    clock.pass_seconds(30)
    qtbot.waitUntil(lambda: bool(expired))
    assert display._digits.text() == ""
    assert display.shown_code() is None
    assert not display._timer.isActive()
    assert len(expired) == 1


def test_a_code_that_expired_while_hidden_is_gone_before_it_is_seen(display: CodeDisplay, clock: FakeClock) -> None:
    display.show_code(otp_for(clock), "")
    display.hide()
    assert not display._timer.isActive()
    clock.pass_seconds(31)
    display.show()
    assert display._digits.text() == ""


def test_copying_at_the_last_moment_never_gives_an_old_code(display: CodeDisplay, clock: FakeClock) -> None:
    display.show_code(otp_for(clock), "")
    clock.pass_seconds(30)
    assert display.shown_code() is None


def test_digits_stay_in_order_from_right_to_left(display: CodeDisplay, clock: FakeClock) -> None:
    display.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    display.show_code(otp_for(clock), "")
    assert display._digits.layoutDirection() == Qt.LayoutDirection.LeftToRight
    assert " " not in display._digits.text(), "a plain space would swap the halves"


def test_the_page_says_expired_and_offers_a_new_code(user: User) -> None:
    user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [managed_token()]
    user.flow.start()
    user.click(user.on(HomeView)._cards[0])
    page = user.on(ManagedView)
    user.click(page.picker._buttons[ProtectionType.NO_PIN])
    user.until(lambda: page.code.shown_code() is not None)
    old, below = page.code.shown_code(), page.log_in.mapTo(page, QPoint(0, 0)).y()
    user.click(page.copy)
    QApplication.processEvents()
    assert page.log_in.mapTo(page, QPoint(0, 0)).y() == below, "the tick moves nothing"
    user.clock.pass_seconds(30)
    user.until(lambda: page.code._digits.text() == "Expired")
    assert not page.copy.isVisible()
    QApplication.processEvents()
    assert page.log_in.mapTo(page, QPoint(0, 0)).y() == below, "what was about to be pressed stays where it was"
    user.until(page.show_code.hasFocus)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() not in {None, old})


def test_a_totp_code_rolls_over_while_it_is_shown(user: User) -> None:
    user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [totp_token()]
    user.flow.start()
    user.click(user.on(HomeView)._cards[0])
    page = user.on(OathView)
    user.until(lambda: page.code.shown_code() is not None)
    old = page.code.shown_code()
    assert page.copy.hasFocus()
    user.clock.pass_seconds(30)
    user.until(lambda: page.code.shown_code() not in {None, old})
    assert page.copy.hasFocus(), "the focus must not wander every thirty seconds"
