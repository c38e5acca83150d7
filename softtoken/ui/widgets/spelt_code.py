"""A code or a number in large type, in groups, read out digit by digit."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from softtoken.ui.theme import point_size
from softtoken.ui.widgets.announce import announce, spelled
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.code_display import grouped
from softtoken.ui.widgets.words import words


class SpeltCode(Card):
    """What it is, and the digits themselves; without an end of life, unlike a CodeDisplay."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__("plain", parent)
        self.inside.setSpacing(2)
        self._label = words("small", label)
        self._digits = QLabel()
        self._digits.setTextFormat(Qt.TextFormat.PlainText)
        self._digits.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._digits.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._code = ""
        self.inside.addWidget(self._label)
        self.inside.addWidget(self._digits)

    @property
    def code(self) -> str:
        """What is shown, without gaps."""
        return self._code

    def show_code(self, code: str, *, say: bool = False) -> None:
        """An empty one takes the last one away."""
        if code == self._code:
            return
        self._code = code
        self._digits.setText(grouped(code))
        name = f"{self._label.text()}: {spelled(code)}" if code else ""
        self._digits.setAccessibleName(name)
        self._fit()
        if say and code:
            announce(self, name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_code"):
            self._fit()

    def _fit(self) -> None:
        """The largest digits that fit, up to two and a half times the text size."""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        points, room = point_size(font), self.width() - 44
        biggest = points * 2.5
        font.setPointSizeF(biggest)
        height = QFontMetrics(font).height()
        wide = QFontMetrics(font).horizontalAdvance(self._digits.text())
        if wide > room > 0:
            font.setPointSizeF(max(points * 0.8, biggest * room / wide * 0.98))
        # a style sheet outranks setFont, so the size goes the same way
        self._digits.setStyleSheet(f"font-size: {font.pointSizeF():.1f}pt; font-weight: 600;")
        self._digits.setFixedHeight(height)
