"""Whether the window may be captured now: blocked unless somebody allows it, for good or for ten minutes."""

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.ui.desktop.screen_capture import Shield

ALLOWED_FOR = 600
"""Seconds."""
_WAKE_MS = 1000


class Capture(Enum):
    """What holds. UNSUPPORTED: this system cannot. FAILED: it can, and did not. FORCED: the configuration blocks it."""

    UNSUPPORTED = auto()
    BLOCKED = auto()
    FORCED = auto()
    ALLOWED = auto()
    ALLOWED_A_WHILE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class CaptureStanding:
    """left: seconds until it is blocked again, for ALLOWED_A_WHILE."""

    capture: Capture
    left: int = 0


class CaptureGuard(QObject):
    """Blocks from the first moment on, before any setting is known. Signals: changed(CaptureStanding)."""

    changed = Signal(object)

    def __init__(self, window: QWidget, shield: Shield | None, clock: Clock) -> None:
        super().__init__(window)
        self._window, self._shield, self._clock = window, shield, clock
        self._block, self._forced = True, False
        self._until: int | None = None
        self._applied: tuple[int, bool] | None = None
        self._worked = True
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._look)
        if shield is not None:
            window.installEventFilter(self)

    @property
    def standing(self) -> CaptureStanding:
        if self._shield is None:
            return CaptureStanding(Capture.UNSUPPORTED)
        if not self._worked:
            return CaptureStanding(Capture.FAILED)
        if self._forced:
            return CaptureStanding(Capture.FORCED)
        if not self._block:
            return CaptureStanding(Capture.ALLOWED)
        left = self._left()
        return CaptureStanding(Capture.ALLOWED_A_WHILE, left) if left else CaptureStanding(Capture.BLOCKED)

    def use(self, *, block: bool, forced: bool) -> None:
        """The setting and the configuration, once they are known or change."""
        self._block, self._forced = block, forced
        if forced:
            self._until = None
        self._look()

    def allow_for_a_while(self) -> None:
        """From now on; again starts the time anew. Nothing where the configuration forces it."""
        if not self._forced:
            self._until = self._clock.uptime() + ALLOWED_FOR
            self._timer.start()
            self._look()

    def block_again(self) -> None:
        """Before the time is over; also when the tokens are locked."""
        self._until = None
        self._look()

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        # a window that is made anew (moved to another screen, shown again) knows nothing of what was asked
        if event.type() in {QEvent.Type.Show, QEvent.Type.WinIdChange}:
            self._applied = None
            self._look()
        return False

    def _left(self) -> int:
        return 0 if self._until is None else max(self._until - self._clock.uptime(), 0)

    def _look(self) -> None:
        if not self._left():
            self._until = None
            self._timer.stop()
        self._apply()
        self.changed.emit(self.standing)

    def _apply(self) -> None:
        if self._shield is None or not self._window.internalWinId():
            return
        hidden = self._forced or (self._block and self._until is None)
        wanted = (int(self._window.winId()), hidden)
        if wanted != self._applied:
            self._worked = self._shield.keep_out(*wanted)
            self._applied = wanted
