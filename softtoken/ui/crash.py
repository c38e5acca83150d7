"""Faults of the program itself: told in the window, without the message, which could hold a secret."""

import sys
import threading
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from softtoken.ui.states import Crash


class CrashReporter(QObject):
    """Takes the place of sys.excepthook and threading.excepthook until `remove`.

    Signals: crashed(Crash), always delivered on the GUI thread.
    """

    crashed = Signal(object)
    _happened = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._happened.connect(self.crashed, Qt.ConnectionType.QueuedConnection)
        self._previous = sys.excepthook, threading.excepthook
        sys.excepthook = self._report
        threading.excepthook = self._report_thread

    def remove(self) -> None:
        """Put the hooks back that were there before."""
        sys.excepthook, threading.excepthook = self._previous

    def _report(self, kind: type[BaseException], _: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, KeyboardInterrupt(), None)
            return
        frames = extract_tb(traceback)
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        # on the terminal the way there, in the window the place; neither shows the exception's message
        if sys.stderr is not None:  # a window program on Windows has none
            sys.stderr.write(f"softtoken: {kind.__name__} at {' > '.join(places)}\n")
        self._happened.emit(Crash(f"{kind.__name__} {places[-1] if places else ''}".strip()))

    def _report_thread(self, args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            self._report(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
