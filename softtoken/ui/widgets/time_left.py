"""How long something stays open, in words that count down."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.clock import Clock, SystemClock
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.pin_field import countdown
from softtoken.ui.widgets.words import words

_WAKE_MS = 250
_ANNOUNCED_AT = 15


class TimeLeft(QWidget):
    """Hidden until there is an end. Signals: over (once; the time has come), counted(int): seconds that are left."""

    over = Signal()
    counted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock: Clock = SystemClock()
        self._until: int | None = None
        self._told = False
        self._text = words("small")
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addWidget(self._text)
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._look_at_the_clock)
        self.hide()

    def use_clock(self, clock: Clock) -> None:
        self._clock = clock

    def show_until(self, until: int | None) -> None:
        """until: an uptime; None for no end."""
        if until != self._until:
            self._until, self._told = until, False
        self.setVisible(until is not None)
        if until is None:
            self._timer.stop()
        else:
            self._show(max(0, until - self._clock.uptime()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._until is not None:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _look_at_the_clock(self) -> None:
        if self._until is None:
            return
        left = max(0, self._until - self._clock.uptime())
        self._show(left)
        if left == 0:
            self._timer.stop()
            self._until = None
            self.over.emit()

    def _show(self, left: int) -> None:
        self._text.setText(self.tr("Time left for this step: {0}").format(countdown(left)))
        self.counted.emit(left)
        if 0 < left <= _ANNOUNCED_AT and not self._told and self.isVisible():
            self._told = True
            announce(self, self.tr("Seconds left: {0}").format(left))
