"""The product's notifications, brought to the GUI thread: whether work lasts, and which server answered."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal

from softtoken.services.events import (
    BiometricPrompt,
    Busy,
    ConnectionState,
    Idle,
    Notification,
    ServerChecking,
    ServerConnection,
)
from softtoken.ui.poster import Poster

LASTS_MS = 700
"""Work that is done sooner is not worth a sign."""


class Notices(QObject):
    """Signals: busy_changed(bool): work lasts, and its end. connection_told(str): a server's origin.

    server_checking(ServerReport): how far a check has come. biometric_told(BiometricPrompt): what a sensor asks for.
    """

    busy_changed = Signal(bool)
    connection_told = Signal(str)
    server_checking = Signal(object)
    biometric_told = Signal(object)
    _heard = Signal(object)

    def __init__(self, poster: Poster, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reachable: dict[str, bool] = {}
        self._shown = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LASTS_MS)
        self._timer.timeout.connect(lambda: self._show(shown=True))
        self._heard.connect(self._take, Qt.ConnectionType.QueuedConnection)
        # receivers are called on the thread that posted; the signal crosses over
        self._unsubscribe = poster.subscribe(self._heard.emit)

    def reachable(self, origin: str) -> bool | None:
        """Did this server answer the last call of this run? None: it was not called."""
        return self._reachable.get(origin)

    def stop(self) -> None:
        """Hear nothing any more."""
        self._unsubscribe()
        self._timer.stop()
        QCoreApplication.removePostedEvents(self, QEvent.Type.MetaCall)

    def _take(self, notification: Notification) -> None:
        match notification:
            case Busy():
                self._timer.start()
            case Idle():
                self._timer.stop()
                self._show(shown=False)
            case ServerConnection(origin, state):
                self._reachable[origin] = state is ConnectionState.REACHABLE
                self.connection_told.emit(origin)
            case ServerChecking(report):
                self.server_checking.emit(report)
            case BiometricPrompt():
                self.biometric_told.emit(notification)
            case _ as never:
                assert_never(never)

    def _show(self, *, shown: bool) -> None:
        if shown != self._shown:
            self._shown = shown
            self.busy_changed.emit(shown)
