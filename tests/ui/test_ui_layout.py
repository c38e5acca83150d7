"""Nothing stands where nothing is, nothing moves without a reason, and the keyboard starts where one would begin."""

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from ui.conftest import User
from ui.fake_controller import FakeClock
from ui.scenes import scenes

from softtoken.ui.sentence import Sentence
from softtoken.ui.views.unusable import UnusableView
from softtoken.ui.widgets.actions import Actions, Chips
from softtoken.ui.widgets.problem import ProblemBox
from softtoken.ui.widgets.words import Words
from softtoken.ui.window import first_size, fit_to_screen

SCENES = sorted(scenes(FakeClock().now(), FakeClock().uptime()))
MARGINS = 60
"""Below the last line: the page's own margin and that of a card, and a little for descenders."""


@pytest.mark.parametrize("scene", SCENES)
def test_no_page_scrolls_into_nothing(user: User, scene: str) -> None:
    user.flow.stage.go(scenes(user.clock.now(), user.clock.uptime())[scene])
    page = user.window.page
    assert page is not None
    QApplication.processEvents()
    content = page.widget()
    assert content is not None
    parts = [*content.findChildren(QLabel), *content.findChildren(QAbstractButton), *content.findChildren(QLineEdit)]
    lowest = max(part.mapTo(content, part.rect().bottomLeft()).y() for part in parts if part.isVisible())
    viewport = page.viewport().height()
    assert content.height() <= max(viewport, lowest + MARGINS)


@pytest.mark.parametrize("scene", SCENES)
def test_no_empty_line_or_row_takes_room(user: User, scene: str) -> None:
    user.flow.stage.go(scenes(user.clock.now(), user.clock.uptime())[scene])
    page = user.window.page
    assert page is not None
    QApplication.processEvents()
    rows = [row for kind in (Actions, Chips) for row in page.findChildren(kind) if row.isVisible()]
    assert [row for row in rows if not any(part.isVisible() for part in row.findChildren(QWidget))] == []
    assert [label for label in page.findChildren(Words) if label.isVisible() and not label.text()] == []


def test_a_sentence_without_advice_leaves_no_empty_line(user: User) -> None:
    box = ProblemBox(user.window)
    box.show_sentence(Sentence("good", "Login accepted."))
    assert [label.text() for label in box.findChildren(QLabel) if label.isVisible()] == ["Login accepted."]


def test_the_window_and_its_frame_fit_a_small_screen(user: User) -> None:
    user.window.resize(5000, 5000)
    fit_to_screen(user.window)
    room = user.window.screen().availableGeometry()
    assert user.window.width() < room.width()
    assert user.window.height() + 30 < room.height(), "a title bar is about thirty pixels high"


def test_large_text_gets_a_larger_window(qapp: QApplication) -> None:
    font = qapp.font()
    usual = first_size(QFontMetrics(font))
    font.setPointSizeF(font.pointSizeF() * 2)
    large = first_size(QFontMetrics(font))
    assert usual.toTuple() == (460, 700)
    assert large.width() > usual.width()
    assert large.height() > usual.height()


def test_a_copy_that_is_found_later_gets_the_keyboard_unless_it_was_moved(user: User) -> None:
    states = scenes(user.clock.now(), user.clock.uptime())
    user.flow.stage.go(states["unusable"])
    page = user.on(UnusableView)
    user.until(page.again.hasFocus)
    user.flow.stage.go(states["unusable-copy"])
    assert page.copy.put_back.hasFocus()
    user.flow.stage.go(states["unusable"])
    page.recover.setFocus()
    user.flow.stage.go(states["unusable-copy"])
    assert page.recover.hasFocus()
