"""Letting the desktop's portals know this process while they can still look at it.

xdg-desktop-portal tells whom it serves from /proc/PID/root, which nobody may open once the process is closed to
tracing, and refuses everything then: the dark colour scheme and, on some desktops, the window's frame come that way. It
looks once for each connection to the bus, so one call over Qt's own connection before that is enough
(xdg-desktop-portal's issues 785 and 1490).
"""

import os
import sys
from pathlib import Path

_PATIENCE_MS = 1000


def introduce_to_portals() -> None:
    """Waits for a second at most; nothing happens without a session bus or portals."""
    if not sys.platform.startswith("linux") or not _has_session_bus():
        return
    from PySide6.QtDBus import QDBus, QDBusConnection, QDBusMessage  # other systems need none of it

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return
    question = QDBusMessage.createMethodCall(
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.DBus.Properties",
        "Get",
    )
    question.setArguments(["org.freedesktop.portal.Settings", "version"])
    bus.call(question, QDBus.CallMode.Block, _PATIENCE_MS)


def _has_session_bus() -> bool:
    """Asked first, because Qt would start a bus where there is none."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and Path(runtime or "", "bus").is_socket()
