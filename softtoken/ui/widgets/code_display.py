"""The code in large digits with its countdown; an expired code is taken away, never left standing."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from softtoken.clock import Clock, SystemClock
from softtoken.engine.tokens import Otp
from softtoken.ui.theme import point_size
from softtoken.ui.widgets.announce import announce, spelled
from softtoken.ui.widgets.covered_code import COVER, CoveredCode
from softtoken.ui.widgets.ring import CountdownRing
from softtoken.ui.widgets.words import signed, words

REVEALED_MS = 8000
"""How long a hidden code is shown when asked for: long enough to type six digits."""
_WAKE_MS = 250
_ANNOUNCED_AT = 10
_NO_BREAK_SPACE = "\u00a0"  # a plain space would let a right-to-left layout swap the two halves


class CodeDisplay(CoveredCode):
    """One code at a time.

    Signals: expired (the code's time is over and it was taken away), announced(str) (what was read out).
    """

    expired = Signal()
    announced = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REVEALED_MS, parent)
        self._clock: Clock = SystemClock()
        self._otp: Otp | None = None
        self._told_last_seconds = False
        self._words = ""
        self._digits = QLabel()
        self._digits.setTextFormat(Qt.TextFormat.PlainText)
        self._digits.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._digits.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._caption = words("muted")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._corrected = words("small")
        self._corrected.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._corrected.hide()
        self._ring = CountdownRing()
        grid = self._grid = QGridLayout()
        grid.setSpacing(12)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self._digits, 0, 0)
        grid.addWidget(self._ring, 0, 1)
        grid.addWidget(self._caption, 1, 0, 1, 2)
        grid.addWidget(self._corrected, 2, 0, 1, 2)
        self.inside.addLayout(grid)
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._look_at_the_clock)
        self._fit()

    def use_clock(self, clock: Clock) -> None:
        self._clock = clock

    def show_code(self, otp: Otp, caption: str) -> None:
        """Show a code and have it read digit by digit; without an end of life there is no ring."""
        if otp == self._otp:
            return
        self._otp, self._told_last_seconds = otp, False
        self._words = caption
        self.forget_asking()
        self.paint_code()
        self._ring.setVisible(otp.valid_until is not None)
        self._corrected.setText(self.tr("Clock corrected by {0} s").format(signed(otp.corrected)))
        self._corrected.setVisible(bool(otp.corrected))
        self._fit()
        self.say_code()
        if self.isVisible() and otp.valid_until is not None:
            self._timer.start()
        self._look_at_the_clock()

    def show_caption(self, caption: str) -> None:
        """Other words below the same code."""
        self._words = caption
        self._caption.setText(caption)

    def show_words(self, heading: str, caption: str, *, say: bool = False) -> None:
        """Words in place of a code: expired, being made, hidden."""
        self.clear_code()
        self._digits.setText(heading)
        self._digits.setAccessibleName(heading)
        self._caption.setText(caption)
        self._fit()
        if say:
            self._say(f"{heading}. {caption}")

    def clear_code(self) -> None:
        """Take the code away."""
        self._timer.stop()
        self.forget_asking()
        self._otp = None
        self._digits.clear()
        self.setAccessibleName("")
        self._digits.setAccessibleName("")
        self._caption.clear()
        self._corrected.hide()
        self._ring.hide()

    def shown_code(self) -> str | None:
        """The code that is on the screen now, to be copied; None if its time is over."""
        self._look_at_the_clock()
        return self._otp.code if self._otp else None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_at_the_clock()
        if self._otp is not None and self._otp.valid_until is not None:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_timer"):
            self._fit()

    @property
    def has_code(self) -> bool:
        return self._otp is not None

    def paint_code(self) -> None:
        code, covered = self._otp.code if self._otp else "", self.covered
        self._digits.setText(grouped(COVER * len(code) if covered else code))
        name = self.tr("Code hidden. Press Space to show it.") if covered else self.tr("Code: {0}")
        self._digits.setAccessibleName(name.format(spelled(code)))
        self.setAccessibleName(self._digits.accessibleName() if self._hidden else "")
        self._caption.setText(self.tr("Click or press Space to show it.") if covered else self._words)
        self._fit()

    def say_code(self) -> None:
        self._say(self._digits.accessibleName())

    def _look_at_the_clock(self) -> None:
        if self._otp is None or self._otp.valid_until is None:
            return
        left = self._otp.valid_until - self._clock.now()
        if left <= 0:
            self.clear_code()
            self.expired.emit()
            return
        self._ring.show_left(left, self._otp.valid_until - self._otp.valid_from)
        if left <= _ANNOUNCED_AT and not self._told_last_seconds:
            self._told_last_seconds = True
            self._say(self.tr("Seconds left: {0}").format(left))

    def _say(self, text: str) -> None:
        announce(self, text)
        self.announced.emit(text)

    def _fit(self) -> None:
        """The largest digits that fit beside the ring, between the text size and three times that."""
        text = self._digits.text() or grouped("0" * 6)
        font = QFont(self.font())
        points = point_size(font)
        ring = 0 if self._ring.isHidden() else self._ring.sizeHint().width() + 12
        room = self.width() - ring - 44
        font.setWeight(QFont.Weight.DemiBold)
        biggest = points * (3.0 if self._otp else 1.7)
        font.setPointSizeF(biggest)
        wide = QFontMetrics(font).horizontalAdvance(text)
        if wide > room > 0:
            font.setPointSizeF(max(points * 0.8, biggest * room / wide * 0.98))
        # a style sheet outranks setFont, so the size goes the same way
        self._digits.setStyleSheet(f"font-size: {font.pointSizeF():.1f}pt; font-weight: 600;")
        biggest_font = QFont(font)
        biggest_font.setPointSizeF(points * 3.0)
        self._digits.setFixedHeight(QFontMetrics(biggest_font).height())
        # without the ring just as high: the buttons below stay where they are when a code's time is over
        self._grid.setRowMinimumHeight(0, self._ring.sizeHint().height())


def grouped(code: str) -> str:
    """The code in groups that are easy to read: 123 456, 1234 5678, 12345 67890."""
    if len(code) < 6 or not code.isalnum():
        return code
    if len(code) == 7:
        return code[:3] + _NO_BREAK_SPACE + code[3:]
    size = 3 if len(code) in {6, 9} else (len(code) + 1) // 2
    return _NO_BREAK_SPACE.join(code[start : start + size] for start in range(0, len(code), size))
