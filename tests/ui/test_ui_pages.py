"""Every page: accessible names, tab order, large text, right to left, nothing secret left behind."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPlainTextEdit, QWidget
from ui.conftest import User
from ui.fake_controller import RECOVERY_CODE, FakeClock
from ui.scenes import scenes

from softtoken.ui import states as st
from softtoken.ui.theme import Theme
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.text_edit import TextEdit
from softtoken.ui.window import SMALLEST

SCENES = sorted(scenes(FakeClock().now(), FakeClock().uptime()))
SECRET = "9073625"


@pytest.fixture
def large_text(qapp: QApplication, themed: Theme) -> Iterator[None]:
    font = qapp.font()
    before = font.pointSizeF()
    font.setPointSizeF(before * 2)
    qapp.setFont(font)
    themed.apply()
    yield
    font.setPointSizeF(before)
    qapp.setFont(font)
    themed.apply()


@pytest.fixture
def right_to_left(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def visit(user: User, scene: str) -> Page:
    user.window.resize(*SMALLEST)
    user.flow.stage.go(scenes(user.clock.now(), user.clock.uptime())[scene])
    page = user.window.page
    assert page is not None
    user.qtbot.waitUntil(lambda: page.isVisible())
    QApplication.processEvents()
    return page


def place(page: Page, widget: QWidget) -> QPoint:
    """The widget's corner on the page's content."""
    content = page.widget()
    assert content is not None
    return widget.mapTo(content, QPoint(0, 0))


def shown(page: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [widget for widget in page.findChildren(kind) if widget.isVisible()]


def inputs(page: QWidget) -> list[QWidget]:
    """What can be typed into."""
    return [*shown(page, QLineEdit), *shown(page, QPlainTextEdit)]


@pytest.mark.parametrize("scene", SCENES)
def test_every_control_has_an_accessible_name(user: User, scene: str) -> None:
    page = visit(user, scene)
    assert page.accessibleName()
    for control in (*inputs(page), *shown(page, QAbstractButton)):
        interface = QAccessible.queryAccessibleInterface(control)
        assert interface is not None
        assert interface.text(QAccessible.Text.Name).strip(), control
    labelled = {label.buddy() for label in page.findChildren(QLabel)}
    assert set(inputs(page)) <= labelled, "every input has a label as its buddy"


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene != "starting"])
def test_the_keyboard_starts_somewhere_and_reaches_everything_downwards(user: User, scene: str) -> None:
    page = visit(user, scene)
    focused = page.focusWidget()
    assert focused is not None
    assert focused.isVisible()
    wanted = {w for w in (*inputs(page), *shown(page, QAbstractButton)) if w.isEnabled()}
    order: list[QWidget] = []
    current: QWidget | None = page.back if page.back.isVisible() else focused
    first = current
    while current is not None:
        if current in wanted and current not in order:
            order.append(current)
        current = current.nextInFocusChain()
        if current is first:
            break
    assert set(order) == wanted
    heights = [place(page, w).y() + w.height() for w in order if w is not page.back]
    turns = sum(later < earlier - 40 for earlier, later in pairwise(heights))
    assert turns <= 1, "Tab goes down the page, and once around"


def assert_nothing_is_clipped(page: Page) -> None:
    content = page.widget()
    assert content is not None
    assert content.width() <= page.viewport().width()
    for label in page.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        if label.wordWrap():
            needed = label.heightForWidth(label.width())
            assert needed <= label.height() + 1, f"cut off below: {label.text()!r}"
            longest = label.minimumSizeHint().width()
            assert longest <= label.width() + 1, f"a word is cut off: {label.text()!r}"
        else:
            text = label.fontMetrics().horizontalAdvance(label.text())
            assert text <= label.width(), f"cut off: {label.text()!r}"
    for button in page.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.minimumSizeHint().width() <= button.width() + 1, f"cut off: {button.text()!r}"
            assert place(page, button).x() + button.width() <= content.width(), f"outside the page: {button.text()!r}"


@pytest.mark.usefixtures("large_text")
@pytest.mark.parametrize("scene", SCENES)
def test_no_page_is_clipped_at_200_percent_in_the_smallest_window(user: User, scene: str) -> None:
    assert_nothing_is_clipped(visit(user, scene))


@pytest.mark.usefixtures("right_to_left")
@pytest.mark.parametrize("scene", SCENES)
def test_no_page_is_clipped_from_right_to_left(user: User, scene: str) -> None:
    page = visit(user, scene)
    assert_nothing_is_clipped(page)
    if page.back.isVisible():
        assert page.back.mapTo(page, QPoint(0, 0)).x() > page.width() / 2
    for edit in shown(page, QLineEdit):
        assert isinstance(edit, QLineEdit)
        if edit.echoMode() == QLineEdit.EchoMode.Normal and not isinstance(edit, TextEdit):
            assert edit.layoutDirection() == Qt.LayoutDirection.LeftToRight, "codes and addresses have one direction"


@pytest.mark.parametrize("scene", SCENES)
def test_a_page_that_was_left_remembers_nothing_that_was_typed(user: User, scene: str) -> None:
    page = visit(user, scene)
    for edit in page.findChildren(QLineEdit):
        edit.setText(SECRET)
    for lines in page.findChildren(QPlainTextEdit):
        lines.setPlainText(SECRET)
    user.flow.stage.go(st.Starting() if scene != "starting" else st.Welcome())
    for edit in page.findChildren(QLineEdit):
        assert SECRET not in edit.text()
        edit.undo()
        assert SECRET not in edit.text(), "undo must not bring it back"
    for lines in page.findChildren(QPlainTextEdit):
        assert SECRET not in lines.toPlainText()
        lines.undo()
        assert SECRET not in lines.toPlainText(), "undo must not bring it back"


@pytest.mark.parametrize("scene", ["managed-code", "totp", "hotp-code", "recovery", "support-code", "signed"])
def test_no_code_stays_in_a_page_that_was_left(user: User, scene: str) -> None:
    codes = {"482915", "730164", "40912671", "73019642", *RECOVERY_CODE.split("-")}

    def told(page: Page) -> set[str]:
        labels = page.findChildren(QLabel)
        texts = {label.text() for label in labels if label.parent() is not None}
        names = {label.accessibleName() for label in labels}
        return {"".join(character for character in text if character.isalnum()) for text in texts | names}

    page = visit(user, scene)
    assert codes & told(page)
    user.flow.stage.go(st.Welcome())
    QApplication.processEvents()
    left = told(page)
    assert not {code for code in codes if any(code in text for text in left)}


def test_pages_are_made_when_they_are_first_shown(user: User) -> None:
    assert len(user.window.findChildren(Page)) == 1
