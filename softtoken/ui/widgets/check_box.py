"""A check box drawn by us: Fusion's own is hardly to be seen on dark ground and stays small beside large text."""

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox

_GAP = 10
_EDGE = 4


class CheckBox(QCheckBox):
    """Behaves as any other; the box grows with the text."""

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = self._side() + _GAP + metrics.horizontalAdvance(self.text()) + 2 * _EDGE + 4
        return QSize(width, max(self._side(), metrics.height()) + 2 * _EDGE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, role = self.palette(), QPalette.ColorRole
        # a style sheet's colour overrides the palette's disabled one
        text = palette.color(role.WindowText if self.isEnabled() else role.PlaceholderText)
        painter.setOpacity(1 if self.isEnabled() else 0.7)
        right_to_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = self._side()
        x = self.width() - _EDGE - side if right_to_left else _EDGE
        box = QRectF(x + 1, (self.height() - side) / 2 + 1, side - 2, side - 2)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(role.WindowText), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)
        painter.setPen(QPen(palette.color(role.Accent) if self.isChecked() else text, 1.5))
        painter.setBrush(palette.color(role.Accent if self.isChecked() else role.Base))
        painter.drawRoundedRect(box, side / 5, side / 5)
        if self.isChecked():
            pen = QPen(palette.color(role.HighlightedText), side / 8)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            corners = ((0.24, 0.53), (0.43, 0.71), (0.77, 0.31))
            painter.drawPolyline(
                QPolygonF([QPointF(box.x() + a * box.width(), box.y() + b * box.height()) for a, b in corners])
            )
        painter.setPen(text)
        taken = side + _GAP + _EDGE
        where = QRect(0 if right_to_left else taken, 0, self.width() - taken, self.height())
        if right_to_left:
            where.setWidth(self.width() - taken)
        edge = Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft
        painter.drawText(
            where,
            edge | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextHideMnemonic,
            self.text(),
        )
        painter.end()

    def _side(self) -> int:
        return max(16, round(self.fontMetrics().height() * 1.1))
