"""A button that opens a menu, towards the page in both layout directions."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from softtoken.ui.widgets import icons


class MenuButton(QPushButton):
    """An icon with an accessible name, or a text with a small arrow behind it. The caller fills `menu`."""

    def __init__(self, name: str, glyph: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "quiet")
        self.setAutoDefault(False)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._glyph = glyph
        self.menu_shown = QMenu(self)
        self.clicked.connect(self._open)
        self._draw()

    def add(self, text: str, chosen: Callable[[], object]) -> QAction:
        """One entry more."""
        action = self.menu_shown.addAction(text)
        action.triggered.connect(lambda _=False: chosen())
        return action

    def separate(self) -> None:
        self.menu_shown.addSeparator()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange} and hasattr(self, "_glyph"):
            self._draw()

    def _open(self) -> None:
        # popup() rather than setMenu(): it opens towards the page's edge in both layout directions
        menu, right_to_left = self.menu_shown, self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        at_the_end = bool(self._glyph) is not right_to_left
        corner = self.rect().bottomRight() if at_the_end else self.rect().bottomLeft()
        shift = QPoint(-menu.sizeHint().width() if at_the_end else 0, 4)
        menu.popup(self.mapToGlobal(corner) + shift)

    def _draw(self) -> None:
        if not self._glyph:
            return
        accent = self.palette().color(QPalette.ColorRole.Accent)
        side = max(20, round(self.fontMetrics().height() * 1.25))
        self.setIconSize(QSize(side, side))
        self.setIcon(icons.icon(self._glyph, accent, side=side))
