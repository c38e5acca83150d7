"""Inputs and layouts that have rules of their own."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from softtoken.ui.widgets.actions import Actions, Chips, button
from softtoken.ui.widgets.groups_edit import GroupsEdit
from softtoken.ui.widgets.secret_edit import PinEdit, SecretEdit
from softtoken.ui.widgets.words import breakable, words


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("18djrf8crp5f4rg70", "18DJ-RF8C-RP5F-4RG7-0"),
        ("18dj rf8c", "18DJ-RF8C"),
        ("18DJ-RF8C-RP5F-4RG7-0", "18DJ-RF8C-RP5F-4RG7-0"),
    ],
)
def test_a_code_is_grouped_as_it_is_typed(qtbot: QtBot, typed: str, shown: str) -> None:
    edit = GroupsEdit()
    qtbot.addWidget(edit)
    QTest.keyClicks(edit, typed)
    assert edit.text() == shown


def test_a_symbol_put_in_the_middle_stays_under_the_cursor(qtbot: QtBot) -> None:
    edit = GroupsEdit()
    qtbot.addWidget(edit)
    QTest.keyClicks(edit, "ABCDEFGH")
    edit.setCursorPosition(2)
    QTest.keyClicks(edit, "XY")
    assert edit.text() == "ABXY-CDEF-GH"
    assert edit.text()[: edit.cursorPosition()] == "ABXY"


@given(some.text("abcdefghjkmnpqrstvwxyzABC0123456789 -", max_size=24))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_grouping_keeps_every_symbol(qapp: QApplication, typed: str) -> None:
    edit = GroupsEdit()
    edit.set_code(typed)
    assert edit.symbols() == typed.upper().replace(" ", "").replace("-", "")
    once = edit.text()
    edit.set_code(once)
    assert edit.text() == once
    edit.deleteLater()


def test_secrets_are_masked_and_not_learned(qtbot: QtBot) -> None:
    for edit in (SecretEdit(), PinEdit()):
        qtbot.addWidget(edit)
        for shown in (False, True, False):
            edit.reveal(shown)
            assert (edit.echoMode() == QLineEdit.EchoMode.Normal) is shown
            assert edit.inputMethodHints() & Qt.InputMethodHint.ImhSensitiveData
        assert edit.contextMenuPolicy() == Qt.ContextMenuPolicy.NoContextMenu


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[QWidget]:
    """A window of a fixed size to put things into."""
    made = QWidget()
    made.setFixedSize(640, 400)
    qtbot.addWidget(made)
    yield made
    made.close()


def test_buttons_stand_in_a_row_or_in_a_column(host: QWidget) -> None:
    first, second = button("First of two"), button("Second of two")
    row = Actions(first, second, parent=host)
    row.resize(600, 100)
    host.show()
    assert first.y() == second.y()
    assert second.x() > first.x()
    row.resize(first.sizeHint().width() + 20, 200)
    assert second.y() > first.y()
    assert first.width() == second.width() == row.width()
    assert row.heightForWidth(row.width()) == first.height() + second.height() + 10


def test_chips_flow_onto_more_lines(host: QWidget) -> None:
    chips = [words("chip", f"chip number {number}") for number in range(4)]
    for chip in chips:
        chip.setWordWrap(False)
    row = Chips(*chips, parent=host)
    row.resize(chips[0].sizeHint().width() * 2 + 10, 300)
    host.show()
    assert chips[0].y() == chips[1].y() < chips[2].y()


@given(some.text(max_size=80))
def test_breaking_places_change_no_visible_character(text: str) -> None:
    assert breakable(text).replace("\u200b", "") == text.replace("\u200b", "")


def test_a_path_is_not_broken_behind_the_stroke_that_it_begins_with() -> None:
    assert breakable("of: /home/anna").replace("\u200b", "|") == "of:| /home/|anna"
    assert breakable("/home").replace("\u200b", "|") == "/home"


def test_texts_from_servers_are_never_markup(qtbot: QtBot) -> None:
    label = words("body", "<b>bold</b><img src='http://192.0.2.1/x'>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
