"""A turning arc for work whose end is not known."""

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPalette, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_FRAME_MS = 40
_TURN_MS = 1400


class Spinner(QWidget):
    """Turns while it is visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._running = QElapsedTimer()
        self._running.start()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(44, 44)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        pen = QPen(self.palette().color(QPalette.ColorRole.Mid), 4)
        painter.setPen(pen)
        painter.drawEllipse(circle)
        pen.setColor(self.palette().color(QPalette.ColorRole.Accent))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        turned = (self._running.elapsed() % _TURN_MS) / _TURN_MS
        painter.drawArc(circle, round(-turned * 360 * 16), 90 * 16)
        painter.end()
