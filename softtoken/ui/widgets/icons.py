"""Line icons, drawn: no files, sharp at every scale, in the colour of the text around them."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

_GRID = 24.0

Draw = Callable[[QPainter], None]


def icon(name: str, colour: QColor, *, side: int = 20, mirrored: bool = False) -> QIcon:
    """One of the names below as an icon. mirrored: for right-to-left layouts, where it points somewhere."""
    result = QIcon()
    for ratio in (1, 2, 3):
        result.addPixmap(pixmap(name, colour, side=side, ratio=ratio, mirrored=mirrored))
    return result


def pixmap(name: str, colour: QColor, *, side: int = 20, ratio: float = 1, mirrored: bool = False) -> QPixmap:
    """The same as a pixmap of side * ratio device pixels."""
    picture = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint(painter, name, colour, QRectF(0, 0, side, side), mirrored=mirrored)
    painter.end()
    return picture


def paint(painter: QPainter, name: str, colour: QColor, into: QRectF, *, mirrored: bool = False) -> None:
    """Draw the icon into a rectangle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(into.topLeft())
    painter.scale(into.width() / _GRID, into.height() / _GRID)
    if mirrored:
        painter.translate(_GRID, 0)
        painter.scale(-1, 1)
    pen = QPen(colour, 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _DRAWINGS[name](painter)
    painter.restore()


def _line(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _dot(painter: QPainter, x: float, y: float, radius: float = 1.4) -> None:
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.restore()


def _back(painter: QPainter) -> None:
    _line(painter, (19, 12), (5, 12))
    _line(painter, (11, 6), (5, 12), (11, 18))


def _forward(painter: QPainter) -> None:
    _line(painter, (9, 6), (15, 12), (9, 18))


def _plus(painter: QPainter) -> None:
    _line(painter, (12, 5), (12, 19))
    _line(painter, (5, 12), (19, 12))


def _more(painter: QPainter) -> None:
    for y in (5.5, 12, 18.5):
        _dot(painter, 12, y, 1.7)


def _tick(painter: QPainter) -> None:
    _line(painter, (5, 12.5), (10, 17.5), (19.5, 7))


def _copy(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(9, 9, 11, 11), 2.5, 2.5)
    _line(painter, (6, 15), (4, 15), (4, 4), (15, 4), (15, 6))


def _warning(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(12, 4), QPointF(21, 20), QPointF(3, 20)]))
    _line(painter, (12, 10), (12, 14))
    _dot(painter, 12, 17, 1.2)


def _info(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 9, 9)
    _line(painter, (12, 11), (12, 16.5))
    _dot(painter, 12, 7.6, 1.2)


def _cross(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 9, 9)
    _line(painter, (9, 9), (15, 15))
    _line(painter, (15, 9), (9, 15))


def _close(painter: QPainter) -> None:
    _line(painter, (6, 6), (18, 18))
    _line(painter, (18, 6), (6, 18))


def _done(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 9, 9)
    _line(painter, (8, 12.3), (11, 15.2), (16.2, 9.2))


def _lock(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(5, 11, 14, 10), 2.5, 2.5)
    _line(painter, (8, 11), (8, 8))
    painter.drawArc(QRectF(8, 3.5, 8, 9), 0, 180 * 16)
    _line(painter, (16, 8), (16, 11))
    _dot(painter, 12, 16)


def _key(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 16), 4.2, 4.2)
    _line(painter, (11.2, 12.8), (20, 4))
    _line(painter, (16.5, 7.5), (19.5, 10.5))


def _link(painter: QPainter) -> None:
    painter.save()
    painter.translate(12, 12)
    painter.rotate(-45)
    painter.drawRoundedRect(QRectF(-10, -3.4, 10, 6.8), 3.4, 3.4)
    painter.drawRoundedRect(QRectF(0, -3.4, 10, 6.8), 3.4, 3.4)
    painter.restore()
    _line(painter, (9.5, 14.5), (14.5, 9.5))


def _enter(painter: QPainter) -> None:
    _line(painter, (13, 4), (19, 4), (19, 20), (13, 20))
    _line(painter, (4, 12), (14, 12))
    _line(painter, (10, 8), (14, 12), (10, 16))


def _shield(painter: QPainter) -> None:
    painter.drawPolygon(
        QPolygonF([QPointF(*p) for p in ((12, 3), (20, 6), (19.2, 13), (16, 18), (12, 21), (8, 18), (4.8, 13), (4, 6))])
    )
    _line(painter, (8.5, 12), (11, 14.5), (15.5, 9.5))


_DRAWINGS: dict[str, Draw] = {
    "back": _back,
    "forward": _forward,
    "plus": _plus,
    "more": _more,
    "tick": _tick,
    "copy": _copy,
    "warning": _warning,
    "info": _info,
    "cross": _cross,
    "close": _close,
    "done": _done,
    "lock": _lock,
    "key": _key,
    "link": _link,
    "enter": _enter,
    "shield": _shield,
}
