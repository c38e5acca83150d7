"""Light, dark, high contrast, and following the system while the window is open."""

import math
from dataclasses import astuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from softtoken.ui.theme import DARK, LIGHT, Colours, Theme, colours_of, stylesheet


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(name: str) -> float:
        colour = QColor(name)
        channels = (colour.redF(), colour.greenF(), colour.blueF())
        red, green, blue = (c / 12.92 if c <= 0.03928 else math.pow((c + 0.055) / 1.055, 2.4) for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_is_readable_everywhere(colours: Colours) -> None:
    grounds = (colours.window, colours.surface, colours.sunken)
    for ground in grounds:
        assert contrast(colours.text, ground) >= 7
        assert contrast(colours.muted, ground) >= 4.5
        assert contrast(colours.accent, ground) >= 4.5
        assert contrast(colours.danger, ground) >= 4.5
        assert contrast(colours.focus, ground) >= 3
    for soft in (colours.accent_soft, colours.danger_soft, colours.warning_soft, colours.good_soft):
        assert contrast(colours.text, soft) >= 7
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.on_danger, colours.danger) >= 4.5
    assert contrast(colours.field_line, colours.surface) >= 2.8


def test_high_contrast_uses_the_system_colours_alone(qapp: QApplication) -> None:
    system = QPalette(QColor("#000000"))
    system.setColor(QPalette.ColorRole.WindowText, QColor("#ffff00"))
    system.setColor(QPalette.ColorRole.Highlight, QColor("#00ffff"))
    worn = set(astuple(colours_of(system)))
    assert "#ffff00" in worn
    assert not worn & (set(astuple(LIGHT)) | set(astuple(DARK))) - {"#ffffff", "#000000"}


def test_the_stylesheet_grows_with_the_text() -> None:
    assert "font-size: 14.5pt" in stylesheet(LIGHT, 10)
    assert "font-size: 29.0pt" in stylesheet(LIGHT, 20)
    assert "$" not in stylesheet(DARK, 10)


def test_a_scheme_can_be_forced_and_is_worn(qapp: QApplication) -> None:
    for scheme, colours in ((Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT)):
        theme = Theme(qapp, scheme)
        assert theme.colours == colours
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == colours.window
        assert colours.accent in qapp.styleSheet()
        qapp.removeEventFilter(theme)
        theme.deleteLater()


def test_a_new_scheme_of_the_system_is_followed(qapp: QApplication, themed: Theme) -> None:
    themed._forced = Qt.ColorScheme.Dark
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert DARK.accent in qapp.styleSheet()


def test_a_new_system_font_is_followed(qapp: QApplication, themed: Theme) -> None:
    font = qapp.font()
    before = font.pointSizeF()
    font.setPointSizeF(before * 1.5)
    try:
        qapp.setFont(font)
        assert f"font-size: {before * 1.5 * 1.45:.1f}pt" in qapp.styleSheet()
    finally:
        font.setPointSizeF(before)
        qapp.setFont(font)


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_the_focus_is_seen_on_a_field_whose_content_is_wrong(
    qapp: QApplication, qtbot: QtBot, scheme: Qt.ColorScheme
) -> None:
    theme = Theme(qapp, scheme)
    host = QWidget()
    host.setFixedSize(640, 400)
    qtbot.addWidget(host)
    first, second = QLineEdit(host), QLineEdit(host)
    second.move(0, 200)
    for edit in (first, second):
        edit.setProperty("invalid", "true")
    with qtbot.waitExposed(host):
        host.show()
    second.setFocus()
    qtbot.waitUntil(second.hasFocus)

    def edge(edit: QLineEdit) -> str:
        return edit.grab().toImage().pixelColor(0, edit.height() // 2).name()

    assert (edge(first), edge(second)) == (theme.colours.danger, theme.colours.focus)
    host.hide()
    qapp.removeEventFilter(theme)
    qapp.setStyleSheet("")
    theme.deleteLater()
