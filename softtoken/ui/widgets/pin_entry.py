"""Asking for a token's PIN: the input, what it is for, and a way out for those who forgot it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.clock import Clock
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.pin_field import PinField


class PinEntry(QWidget):
    """Signals: submitted(str), the PIN, when the field is empty again already; forgotten: it is not known any more."""

    submitted = Signal(str)
    forgotten = Signal()

    def __init__(self, action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = PinField(self.tr("PIN"))
        self.edit = self.field.edit
        self.submit = button(action or self.tr("Make code"), "primary")
        self.submit.clicked.connect(self._submit)
        self.forgot = button(self.tr("Forgot PIN?"), "quiet")
        self.forgot.clicked.connect(self.forgotten)
        self._allowed = True
        self.field.changed.connect(self._judge)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(12)
        lines.addWidget(self.field)
        lines.addWidget(Actions(self.submit, self.forgot))
        self.setFocusProxy(self.edit)
        self._judge()

    def use_clock(self, clock: Clock) -> None:
        self.field.use_clock(clock)

    def set_action(self, text: str) -> None:
        """What the PIN is entered for."""
        self.submit.setText(text)

    def allow(self, *, allowed: bool) -> None:
        """Is there something to use the PIN for?"""
        self._allowed = allowed
        self._judge()

    def show_wait(self, until: int | None, *, busy: bool, tries: int | None = None) -> None:
        """As in PinField."""
        self.field.show_wait(until, busy=busy, tries=tries)
        self.forgot.setEnabled(not busy)

    def forget(self) -> None:
        self.field.forget()

    def _judge(self) -> None:
        self.submit.setEnabled(self._allowed and self.field.ready)

    def _submit(self) -> None:
        pin = self.edit.text()
        self.forget()
        self.submitted.emit(pin)
