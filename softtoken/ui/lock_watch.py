"""Joins everything that asks for a lock to the flow: idle time, the system, and `softtoken lock`."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from softtoken.clock import Clock
from softtoken.services.events import LockReason
from softtoken.services.home import Home
from softtoken.ui.desktop.doorbell import Doorbell
from softtoken.ui.desktop.idle import IdleWatch
from softtoken.ui.desktop.session_watch import SessionWatch
from softtoken.ui.flow import Flow

_BEFORE_SLEEP = 1.5
"""Seconds that the window may stand still for the keys to go; Windows waits for two."""

PUT_OFF = 600
"""Seconds for which idleness does not lock while that would spend an activation code; none lives for longer."""


class LockWatch(QObject):
    """To be started after the first frame, and stopped before the lanes are."""

    _told = Signal(object)

    def __init__(
        self, flow: Flow, clock: Clock, session: SessionWatch, home: Callable[[], Home], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._flow = flow
        self._session = session
        self.idle = IdleWatch(clock, self._limit, self)
        self.doorbell = Doorbell(home, self)
        self.idle.idled.connect(lambda: flow.lock(LockReason.IDLE))
        self.doorbell.rung.connect(lambda: flow.lock(LockReason.ASKED))
        flow.locked.connect(self._locked)
        flow.changed.connect(self._open_door)
        # at once on the GUI thread, which Windows and macOS wait for; queued from any other
        self._told.connect(self._lock, Qt.ConnectionType.AutoConnection)

    def start(self, window: int) -> None:
        """window: the native handle of the main window."""
        self.idle.start()
        self._open_door()
        self._session.start(self._told.emit, window)

    def stop(self) -> None:
        """Nobody asks for a lock any more."""
        self._flow.changed.disconnect(self._open_door)
        self.idle.stop()
        self._session.stop()
        self.doorbell.close()

    def _limit(self) -> int:
        locking, chosen = self._flow.locking, self._flow.stage.lock_after
        if not chosen or not locking.worthwhile:
            return 0
        return chosen + PUT_OFF if locking.spends_code else chosen

    def _lock(self, reason: LockReason) -> None:
        self._flow.lock(reason)
        if reason is LockReason.SUSPEND:
            self._flow.stage.lock_lane.settle(_BEFORE_SLEEP)

    def _locked(self) -> None:
        self._session.locked()
        self.doorbell.answer()

    def _open_door(self) -> None:
        """The data folder is made with the vault, and may not be there at the start."""
        self.doorbell.open()
