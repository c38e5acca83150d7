"""Somebody before the real window with the real product behind it; sees what is painted, types and clicks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.exceptions import TimeoutError as WaitedTooLong
from pytestqt.qtbot import QtBot

from softtoken.ui.views.activated import ActivatedView
from softtoken.ui.views.activation_form import ActivationFormView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.protection import ProtectionView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.views.welcome import WelcomeView
from softtoken.ui.widgets.page import Page
from softtoken.ui.window import Window

P = TypeVar("P", bound=Page)

WAIT_MILLISECONDS = 30_000


@dataclass
class Person:
    """Never reaches behind the widgets: codes come from the clipboard, outcomes from visible texts."""

    qtbot: QtBot
    window: Window

    def on(self, kind: type[P]) -> P:
        """Wait until this page is shown."""
        self.until(lambda: isinstance(self.window.page, kind))
        page = self.window.page
        assert isinstance(page, kind)
        return page

    def until(self, condition: Callable[[], bool]) -> None:
        try:
            self.qtbot.waitUntil(condition, timeout=WAIT_MILLISECONDS)
        except WaitedTooLong as error:
            raise AssertionError(f"the window shows: {self.texts()}") from error

    def texts(self) -> list[str]:
        """Everything that is painted as text, for a failed test's report. The tests' secrets are not real."""
        page = type(self.window.page).__name__
        return [page, *(label.text() for label in self.window.findChildren(QLabel) if label.isVisible())]

    def click(self, button: QAbstractButton) -> None:
        self.until(lambda: button.isVisible() and button.isEnabled())
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(6, button.height() // 2))

    def type(self, edit: QLineEdit, text: str) -> None:
        self.until(lambda: edit.isVisible() and edit.isEnabled())
        edit.setFocus()
        QTest.keyClicks(edit, text)

    def key(self, key: Qt.Key) -> None:
        focused: QWidget | None = self.window.focusWidget()
        QTest.keyClick(self.window if focused is None else focused, key)

    def button(self, text: str) -> QPushButton:
        """The visible button with this text."""
        found = [b for b in self.window.findChildren(QPushButton) if b.isVisible() and b.text() == text]
        assert len(found) == 1, f"{len(found)} buttons {text!r}"
        return found[0]

    def choice(self, text: str) -> QAbstractButton:
        """The visible button of the page with this text, of whatever kind."""
        assert self.window.page is not None
        found = [b for b in self.window.page.findChildren(QAbstractButton) if b.isVisible() and b.text() == text]
        assert len(found) == 1, f"{len(found)} choices {text!r}"
        return found[0]

    def sees(self, text: str) -> bool:
        """Is this text painted somewhere in the window?"""
        return any(text in label.text() for label in self.window.findChildren(QLabel) if label.isVisible())

    def copied_code(self, before: str = "") -> str:
        """Press Copy as soon as a code is shown, and take it from the clipboard."""
        page = self.on(ManagedView)
        self.until(lambda: page.copy.isVisible() and page.copy.isEnabled())
        self.click(page.copy)
        self.until(lambda: QGuiApplication.clipboard().text() not in ("", before))
        return QGuiApplication.clipboard().text()

    def activate(self, server: str, user: str, code: str, pin: str, finger: Callable[[], object] | None = None) -> None:
        """From the first page to the token's page, with both protections; with a finger, too, if there is one.

        finger: waits for the window to ask, and puts it on the reader.
        """
        self.click(self.on(WelcomeView).steps.activate)
        form = self.on(ActivationFormView)
        self.type(form.server, server)
        self.type(form.user, user)
        self.type(form.code, code)
        self.key(Qt.Key.Key_Return)
        protection = self.on(ProtectionView)
        if not protection.no_pin.isChecked():
            self.click(protection.no_pin)
        if not protection.pin.isChecked():
            self.click(protection.pin)
        if finger is not None:
            self.click(protection.biometric)
        self.click(protection.go_on)
        set_pin = self.on(SetPinView)
        self.type(set_pin.first, pin)
        self.type(set_pin.second, pin)
        self.key(Qt.Key.Key_Return)
        if finger is not None:
            finger()
        self._keep_recovery_code()
        self.click(self.on(ActivatedView).make)
        self.on(ManagedView)

    def _keep_recovery_code(self) -> None:
        page = self.on(RecoveryView)
        self.click(self.button("Copy"))
        groups = QGuiApplication.clipboard().text().split("-")
        assert len(groups) == 7
        for edit in page.groups:
            label = next(one for one in page.findChildren(QLabel) if one.buddy() is edit)
            self.type(edit, groups[int(label.text().split()[-1]) - 1])
        self.click(page.confirm)
        QGuiApplication.clipboard().clear()
