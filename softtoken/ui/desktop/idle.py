"""Notices that nobody has used the program for a while."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

from softtoken.clock import Clock

_WAKE_MS = 1000


class IdleWatch(QObject):
    """Use is what a person does in a window of this program: keys, clicks, the wheel, the pointer, touch.

    The uptime decides, which goes on while the computer sleeps; the timer only wakes. So the first use after a time
    that was too long does not count, and does not reach anything either. limit: seconds, 0 for never; read each time.
    Signals: idled.
    """

    idled = Signal()

    def __init__(self, clock: Clock, limit: Callable[[], int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._limit = limit
        self._last = clock.uptime()
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        self._last = self._clock.uptime()
        self._timer.start()
        if (app := QCoreApplication.instance()) is not None:
            app.installEventFilter(self)

    def stop(self) -> None:
        self._timer.stop()
        if (app := QCoreApplication.instance()) is not None:
            app.removeEventFilter(self)

    def look(self) -> bool:
        """Was it too long? Then it is said, and the time begins anew."""
        now, limit = self._clock.uptime(), self._limit()
        if not limit or now - self._last < limit:
            return False
        self._last = now
        self.idled.emit()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # spontaneous: from the system, not what a page that moves under the pointer makes of it
        if event.type() in _USE and event.spontaneous():
            if self.look():
                return True
            self._last = self._clock.uptime()
        return super().eventFilter(watched, event)


_USE = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.TabletPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.Wheel,
    }
)
