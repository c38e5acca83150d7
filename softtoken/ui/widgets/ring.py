"""The countdown ring: what is left of a code's life, as an arc with the seconds in the middle."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

URGENT = 5
"""Seconds from which the ring takes the colour of urgency; the number says the same without colour."""


class CountdownRing(QWidget):
    """Paints what it was last told; whoever owns it reads the clock."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left, self._span = 0, 30
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Time left"))

    def show_left(self, left: int, span: int) -> None:
        """Seconds left of a life of `span` seconds."""
        if (left, span) != (self._left, self._span):
            self._left, self._span = left, max(1, span)
            self.update()

    def sizeHint(self) -> QSize:
        side = max(56, round(self.fontMetrics().height() * 3.1))
        return QSize(side, side)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        thickness = max(4.0, self.width() / 13)
        inset = thickness / 2 + 1
        circle = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        pen = QPen(palette.color(QPalette.ColorRole.Mid), thickness)
        painter.setPen(pen)
        painter.drawEllipse(circle)
        urgent = self._left <= URGENT
        pen.setColor(palette.color(QPalette.ColorRole.BrightText if urgent else QPalette.ColorRole.Accent))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        share = min(1.0, max(0, self._left) / self._span)
        painter.drawArc(circle, 90 * 16, round(share * 360 * 16))
        font = QFont(self.font())
        font.setPixelSize(max(10, round(self.width() * 0.34)))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(palette.color(QPalette.ColorRole.WindowText)))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(max(0, self._left)))
        painter.end()
