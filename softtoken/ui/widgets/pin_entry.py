"""Asking for a token's PIN, with the wait after too many wrong ones counting down."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.clock import Clock, SystemClock
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.secret_edit import PinEdit

_WAKE_MS = 250


class PinEntry(QWidget):
    """Signals: submitted(str), the PIN. The field is empty again by then."""

    submitted = Signal(str)

    def __init__(self, action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock: Clock = SystemClock()
        self._until: int | None = None
        self._busy = False
        self.edit = PinEdit()
        self._field = Field(self.tr("PIN"), self.edit)
        self.submit = button(action or self.tr("Make code"), "primary")
        self.submit.clicked.connect(self._submit)
        self.edit.textChanged.connect(self._judge)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(12)
        lines.addWidget(self._field)
        lines.addWidget(Actions(self.submit))
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._judge)
        self.setFocusProxy(self.edit)
        self._judge()

    def use_clock(self, clock: Clock) -> None:
        self._clock = clock

    def show_wait(self, until: int | None, *, busy: bool) -> None:
        """until: the uptime before which no PIN is looked at; busy: a PIN is being looked at now."""
        self._until, self._busy = until, busy
        self._judge()
        if self._until is not None and self.isVisible():
            self._timer.start()

    def forget(self) -> None:
        wipe(self.edit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._judge()
        if self._until is not None:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self.forget()

    def _judge(self) -> None:
        left = 0 if self._until is None else self._until - self._clock.uptime()
        if left > 0:
            minutes, seconds = divmod(left, 60)
            self._field.show_note(self.tr("Next try in {0}:{1:02}").format(minutes, seconds))
        else:
            if self._until is not None:
                self._until = None
                self._timer.stop()
            pin = self.edit.text()
            wrong = bool(pin) and not (pin.isascii() and pin.isdigit())
            self._field.show_note(self.tr("A PIN has digits only.") if wrong else None)
        self.edit.setEnabled(not self._busy)
        self.submit.setEnabled(
            left <= 0 and not self._busy and self.edit.text().isascii() and self.edit.text().isdigit()
        )

    def _submit(self) -> None:
        pin = self.edit.text()
        self.forget()
        self.submitted.emit(pin)
