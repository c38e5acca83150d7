"""A thin line at the window's edge that moves while work lasts."""

from PySide6.QtCore import QElapsedTimer, QRectF, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_FRAME_MS = 40
_ROUND_MS = 1600
HEIGHT = 3
"""Pixels; kept free also while nothing is shown, so that the page never moves."""


class ActivityLine(QWidget):
    """Always there, mostly empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self._running = QElapsedTimer()
        self._active = False
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self.update)

    @property
    def active(self) -> bool:
        return self._active

    def show_activity(self, active: bool) -> None:  # noqa: FBT001  a slot
        if active == self._active:
            return
        self._active = active
        self.setAccessibleName(self.tr("Working…") if active else "")
        self._running.start()
        self._turn()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turn()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, _: QPaintEvent) -> None:
        if not self._active:
            return
        painter = QPainter(self)
        share = (self._running.elapsed() % _ROUND_MS) / _ROUND_MS
        length = self.width() * 0.3
        start = share * (self.width() + length) - length
        painter.fillRect(QRectF(start, 0, length, HEIGHT), self.palette().color(QPalette.ColorRole.Accent))
        painter.end()

    def _turn(self) -> None:
        if self._active and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()
