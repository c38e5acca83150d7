"""What Windows says of its session and its power, as messages to the main window. Not verified on hardware.

WM_WTSSESSION_CHANGE needs a registration; WM_POWERBROADCAST comes to every window, and Windows waits about two
seconds for its answer before it suspends. Source: Win32, wtsapi32.h, winuser.h.
"""

import ctypes
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QAbstractNativeEventFilter, QCoreApplication

from softtoken.services.events import LockReason
from softtoken.ui.desktop.session_watch import Tell

_THIS_SESSION = 0
_WM_POWERBROADCAST, _PBT_APMSUSPEND = 0x0218, 0x4
_WM_WTSSESSION_CHANGE = 0x02B1
_MESSAGES = {
    (_WM_POWERBROADCAST, _PBT_APMSUSPEND): LockReason.SUSPEND,
    (_WM_WTSSESSION_CHANGE, 0x2): LockReason.USER_SWITCH,  # WTS_CONSOLE_DISCONNECT
    (_WM_WTSSESSION_CHANGE, 0x4): LockReason.USER_SWITCH,  # WTS_REMOTE_DISCONNECT
    (_WM_WTSSESSION_CHANGE, 0x6): LockReason.SESSION_LOCKED,  # WTS_SESSION_LOGOFF
    (_WM_WTSSESSION_CHANGE, 0x7): LockReason.SESSION_LOCKED,  # WTS_SESSION_LOCK
}


@dataclass(frozen=True, slots=True)
class WindowMessage:
    """The two fields of a MSG that tell what it is."""

    message: int
    parameter: int


class Windows(Protocol):
    """What is asked of the system; tests play it."""

    def register(self, window: int) -> None:
        """Have this window told of its session's changes. Nothing happens if that fails."""
        ...

    def unregister(self, window: int) -> None:
        """The opposite."""
        ...

    def read(self, pointer: int) -> WindowMessage:
        """The MSG at this address."""
        ...


class WindowsWatch:
    """Tells on the GUI thread, so that the lock is under way before Windows has its answer."""

    def __init__(self, windows: Windows | None = None) -> None:
        self._windows = windows or _Wtsapi()
        self._filter: _Filter | None = None
        self._window = 0

    def start(self, tell: Tell, window: int) -> None:
        self._filter, self._window = _Filter(self._windows, tell), window
        if (app := QCoreApplication.instance()) is not None:
            app.installNativeEventFilter(self._filter)
        self._windows.register(window)

    def locked(self) -> None:
        """Windows does not wait to be told."""

    def stop(self) -> None:
        if self._filter is None:
            return
        self._windows.unregister(self._window)
        if (app := QCoreApplication.instance()) is not None:
            app.removeNativeEventFilter(self._filter)
        self._filter = None


class _Filter(QAbstractNativeEventFilter):
    def __init__(self, windows: Windows, tell: Tell) -> None:
        super().__init__()
        self._windows = windows
        self._tell = tell

    # what PySide hands in and wants back are a byte array, a pointer and a pair, and its stubs disagree
    def nativeEventFilter(self, kind: Any, message: Any) -> Any:
        if bytes(kind) == b"windows_generic_MSG":
            said = self._windows.read(int(message))
            reason = _MESSAGES.get((said.message, said.parameter))
            if reason is not None:
                self._tell(reason)
        return False, 0


class _Msg(ctypes.Structure):
    """MSG up to what is read of it."""

    _fields_ = (("window", ctypes.c_void_p), ("message", ctypes.c_uint), ("parameter", ctypes.c_size_t))


class _Wtsapi:
    """wtsapi32.dll from the system's own folder."""

    def register(self, window: int) -> None:
        self._call("WTSRegisterSessionNotification", ctypes.c_void_p(window), ctypes.c_uint(_THIS_SESSION))

    def unregister(self, window: int) -> None:
        self._call("WTSUnRegisterSessionNotification", ctypes.c_void_p(window))

    def read(self, pointer: int) -> WindowMessage:
        said = _Msg.from_address(pointer)
        return WindowMessage(said.message, said.parameter)

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            library = ctypes.CDLL("wtsapi32.dll", winmode=0x800)  # LOAD_LIBRARY_SEARCH_SYSTEM32
        except OSError:
            return
        getattr(library, name)(*arguments)
