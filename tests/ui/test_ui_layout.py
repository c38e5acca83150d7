"""Nothing stands where nothing is, and nothing moves without a reason."""

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit
from ui.conftest import User
from ui.fake_controller import FakeClock
from ui.scenes import scenes

from softtoken.ui.sentence import Sentence
from softtoken.ui.widgets.problem import ProblemBox

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


def test_a_sentence_without_advice_leaves_no_empty_line(user: User) -> None:
    box = ProblemBox(user.window)
    box.show_sentence(Sentence("good", "Login accepted."))
    assert [label.text() for label in box.findChildren(QLabel) if label.isVisible()] == ["Login accepted."]
