"""A button that says for a moment that it copied something."""

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QFontMetrics, QHideEvent, QIcon, QPalette
from PySide6.QtWidgets import QPushButton, QWidget

from softtoken.ui.widgets import icons
from softtoken.ui.widgets.announce import announce

_SAID_FOR_MS = 2000


class CopyButton(QPushButton):
    """As wide as the longer of its two texts, and the tick no higher than either, so that nothing moves."""

    def __init__(self, text: str, kind: str = "secondary", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", kind)
        self.setAutoDefault(False)
        self._text = text
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAID_FOR_MS)
        self._timer.timeout.connect(self._reset)
        self.clicked.connect(self._say)
        self._copied = self.tr("Copied")

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        metrics = QFontMetrics(self.font())
        widest = max(metrics.horizontalAdvance(text) for text in (self._text, self._copied))
        icon = 0 if self.icon().isNull() else self.iconSize().width() + 4
        base = hint.width() - metrics.horizontalAdvance(self.text()) - icon
        return QSize(base + widest + metrics.height() + 4, hint.height())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._reset()

    def _say(self) -> None:
        self.setText(self._copied)
        role = (
            QPalette.ColorRole.HighlightedText if self.property("kind") == "primary" else QPalette.ColorRole.ButtonText
        )
        side = QFontMetrics(self.font()).height()
        self.setIconSize(QSize(side, side))
        self.setIcon(icons.icon("tick", self.palette().color(role), side=side))
        announce(self, self._copied)
        self._timer.start()

    def _reset(self) -> None:
        self.setText(self._text)
        self.setIcon(QIcon())
