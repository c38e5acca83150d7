"""The log of the operating system: syslog over its own socket, or the Event Log of Windows."""

import ctypes
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from softtoken.errors import SoftTokenError

_SOURCE = "softtoken"
# RFC 5424, 6.2.1: security messages that not everybody may read (10), of a normal but significant kind (5)
_PRIORITY = 10 * 8 + 5
_INFORMATION = 4
_EVENT_ID = 1


class SystemLogRefused(SoftTokenError):  # noqa: N818 - named after what happened
    """The system's log did not take a line. reason: the errno's name, or a developer's word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SystemLog(Protocol):
    """Where lines go that the user of this computer cannot take back."""

    def write(self, line: str) -> None:
        """One line of ASCII. Never waits. Raises SystemLogRefused."""
        ...


class Syslog:
    """The local syslog daemon, or journald in its place. The standard handler would wait for a daemon that is busy."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: str) -> None:
        message = f"<{_PRIORITY}>{_SOURCE}[{os.getpid()}]: {line}".encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.setblocking(False)
                channel.connect(str(self._path))
                channel.send(message)
        except OSError as error:
            raise SystemLogRefused(errno_name(error)) from error


class WindowsEventLog:
    """The Application log, as the source `softtoken`. library: advapi32."""

    def __init__(self, library: Any) -> None:
        self._library = library
        # a handle has the width of a pointer, and ctypes takes an int for granted
        library.RegisterEventSourceW.restype = ctypes.c_void_p

    def write(self, line: str) -> None:
        source = self._library.RegisterEventSourceW(None, _SOURCE)
        if not source:
            raise SystemLogRefused("RegisterEventSource")
        handle = ctypes.c_void_p(source)
        try:
            texts = (ctypes.c_wchar_p * 1)(line)
            if not self._library.ReportEventW(handle, _INFORMATION, 0, _EVENT_ID, None, 1, 0, texts, None):
                raise SystemLogRefused("ReportEvent")
        finally:
            self._library.DeregisterEventSource(handle)


def current_system_log() -> SystemLog:
    """The one of this system."""
    if sys.platform == "win32":
        return WindowsEventLog(ctypes.WinDLL("advapi32"))
    else:  # noqa: RET505 - the type checker follows platforms by branches
        return Syslog(Path("/var/run/syslog" if sys.platform == "darwin" else "/dev/log"))


def errno_name(error: OSError) -> str:
    """ENOENT and the like."""
    import errno

    return errno.errorcode.get(error.errno or 0, "OSError")


MakeSystemLog = Callable[[], SystemLog]
