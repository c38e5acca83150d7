"""Ctrl-C, a terminal that is closed and the system's request to end: an orderly end, with no code on the clipboard."""

import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier


class QuitSignals(QObject):
    """Calls `quit_now` on the GUI thread for SIGINT, SIGTERM and SIGHUP, until `remove`. To be made on the main thread.

    What was to be ignored (nohup) stays ignored.
    """

    def __init__(self, quit_now: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Python runs its handlers between byte codes only, and an idle window runs none: the socket wakes Qt up
        self._end, self._wake = socket.socketpair()
        for one in (self._end, self._wake):
            one.setblocking(False)
        self._previous_fd = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._quit_now = quit_now
        self._notifier = QSocketNotifier(self._end.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        wanted = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if sys.platform != "win32" else ()))
        heard = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
        self._previous = {number: signal.signal(number, self._handle) for number in heard}

    def remove(self) -> None:
        """Put everything back as it was."""
        self._notifier.setEnabled(False)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_fd)
        self._end.close()
        self._wake.close()

    def _woken(self) -> None:
        self._end.recv(64)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._quit_now()
