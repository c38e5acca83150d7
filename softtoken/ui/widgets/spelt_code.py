"""A code or a number in large type, in groups, read out digit by digit."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from softtoken.ui.theme import point_size
from softtoken.ui.widgets.announce import announce, spelled
from softtoken.ui.widgets.code_display import grouped
from softtoken.ui.widgets.covered_code import COVER, CoveredCode
from softtoken.ui.widgets.words import words

REVEALED_MS = 30_000
"""How long a hidden one is shown when asked for: long enough to be read out on the telephone."""


class SpeltCode(CoveredCode):
    """What it is, and the digits themselves; without an end of life, unlike a CodeDisplay."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(REVEALED_MS, parent)
        self.inside.setSpacing(2)
        self._label = words("small", label)
        self._digits = QLabel()
        self._digits.setTextFormat(Qt.TextFormat.PlainText)
        self._digits.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._digits.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._code = ""
        self._hint = words("muted", self.tr("Click or press Space to show it."))
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.hide()
        for part in (self._label, self._digits, self._hint):
            self.inside.addWidget(part)

    @property
    def code(self) -> str:
        """What is shown, or would be if it were not hidden, without gaps."""
        return self._code

    def show_code(self, code: str, *, say: bool = False) -> None:
        """An empty one takes the last one away."""
        if code == self._code:
            return
        self._code = code
        self.forget_asking()
        self.paint_code()
        if say and code:
            self.say_code()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_code"):
            self._fit()

    @property
    def has_code(self) -> bool:
        return bool(self._code)

    def say_code(self) -> None:
        announce(self, self._digits.accessibleName())

    def paint_code(self) -> None:
        covered = self.covered and self.has_code
        self._digits.setText(grouped(COVER * len(self._code) if covered else self._code))
        if covered:
            name = self.tr("{0} hidden. Press Space to show it.").format(self._label.text())
        else:
            name = f"{self._label.text()}: {spelled(self._code)}" if self._code else ""
        self._digits.setAccessibleName(name)
        self.setAccessibleName(name if self._hidden else "")
        self._hint.setVisible(covered)
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
