"""Framed boxes: a plain card, and a button as large as a card."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from softtoken.ui.widgets import icons
from softtoken.ui.widgets.words import words

_DIRECTED = frozenset({"forward", "back", "enter"})


class Card(QFrame):
    """A framed box. kind: plain, sunken, info, warning, danger, good."""

    def __init__(self, kind: str = "plain", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", kind)
        self.inside = QVBoxLayout(self)
        self.inside.setContentsMargins(18, 16, 18, 16)
        self.inside.setSpacing(10)


class Glyph(QWidget):
    """An icon in the colour of the text around it, or of the accent; nothing to a screen reader."""

    def __init__(self, name: str, side: int = 22, role: QPalette.ColorRole = QPalette.ColorRole.WindowText) -> None:
        super().__init__()
        self._name, self._role, self._side = name, role, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        side = max(self._side, round(self.fontMetrics().height() * self._side / 16))
        return QSize(side, side)

    def set_name(self, name: str) -> None:
        self._name = name
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft and self._name in _DIRECTED
        icons.paint(painter, self._name, self.palette().color(self._role), QRectF(self.rect()), mirrored=mirrored)
        painter.end()


class ChoiceCard(QPushButton):
    """One large choice: an icon, a heading and a sentence that may wrap."""

    def __init__(self, glyph: str | QWidget, heading: str = "", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 14, 14, 14)
        row.setSpacing(14)
        lead = Glyph(glyph, 24, QPalette.ColorRole.Accent) if isinstance(glyph, str) else glyph
        lead.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(lead, 0, Qt.AlignmentFlag.AlignTop)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(3)
        self._heading = words("heading", heading)
        self._text = words("muted", text)
        for label in (self._heading, self._text):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._lines.addWidget(label)
        row.addLayout(self._lines, 1)
        row.addWidget(Glyph("forward", 16), 0, Qt.AlignmentFlag.AlignVCenter)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.set_texts(heading, text)

    def set_texts(self, heading: str, text: str) -> None:
        self._heading.setText(heading)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(heading)
        self.setAccessibleDescription(text)

    def add_line(self, label: QLabel | QWidget) -> None:
        """Something below the sentence, for example a row of chips."""
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lines.addWidget(label)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout else super().heightForWidth(width)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalSizeHint() if layout else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalMinimumSize() if layout else super().minimumSizeHint()

    def event(self, event: QEvent) -> bool:
        # a button does not listen to its own layout, so it must pass on that its size changed
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)
