"""Rows of buttons or chips that find another shape where one row does not fit."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QSizePolicy, QStyle, QWidget


def button(text: str, kind: str = "secondary") -> QPushButton:
    """A push button. kind: primary, secondary, quiet, danger."""
    result = QPushButton(text)
    result.setProperty("kind", kind)
    result.setAutoDefault(False)
    return result


class Actions(QWidget):
    """Buttons side by side, or stacked at full width when they do not fit (large text, narrow window)."""

    def __init__(self, *widgets: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widgets = widgets
        _fill(self, _Row(self, gap=10, stacked=True), widgets)

    def tidy(self) -> None:
        """Take no room while every button is hidden."""
        self.setVisible(any(not one.isHidden() for one in self._widgets))


class Chips(QWidget):
    """Small labels side by side, on as many lines as they need."""

    def __init__(self, *widgets: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _fill(self, _Row(self, gap=6, stacked=False), widgets)


def _fill(owner: QWidget, row: "_Row", widgets: tuple[QWidget, ...]) -> None:
    for one in widgets:
        row.addWidget(one)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    owner.setSizePolicy(policy)


class _Row(QLayout):
    """Places its items once for asking the height and once for real, with the same code."""

    def __init__(self, parent: QWidget, *, gap: int, stacked: bool) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self._stacked = stacked
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((place.bottom() + 1 for _, place in self._places(width)), default=0)

    def sizeHint(self) -> QSize:
        shown = self._shown()
        width = sum(item.sizeHint().width() for item in shown) + self._gap * max(0, len(shown) - 1)
        return QSize(width, max((item.sizeHint().height() for item in shown), default=0))

    def minimumSize(self) -> QSize:
        shown = self._shown()
        return QSize(
            max((item.sizeHint().width() for item in shown), default=0),
            max((item.sizeHint().height() for item in shown), default=0),
        )

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        for item, place in self._places(rect.width()):
            item.setGeometry(QStyle.visualRect(direction, rect, place.translated(rect.topLeft())))

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _places(self, width: int) -> list[tuple[QLayoutItem, QRect]]:
        full = self._stacked and self.sizeHint().width() > width
        places: list[tuple[QLayoutItem, QRect]] = []
        x = y = below = 0
        for item in self._shown():
            size = item.sizeHint()
            own = width if full else size.width()
            if x > 0 and x + own > width:
                x, y = 0, below + self._gap
            places.append((item, QRect(x, y, own, size.height())))
            x += own + self._gap
            below = max(below, y + size.height())
        return places
