"""Keeping a window out of screenshots, recordings and shared screens, where the system lets a program ask for it.

Windows and macOS; neither is verified on hardware. X11 and Wayland have nothing of the kind. Sources: Win32
SetWindowDisplayAffinity (WDA_EXCLUDEFROMCAPTURE since Windows 10 2004, WDA_MONITOR before); NSWindow.sharingType.
"""

import ctypes
import sys
from collections.abc import Callable
from ctypes import c_int, c_uint32, c_void_p
from typing import Any, Protocol

from softtoken.ui.desktop.cocoa import AppKit, Cocoa

_WDA_NONE, _WDA_MONITOR, _WDA_EXCLUDEFROMCAPTURE = 0, 1, 0x11


class Shield(Protocol):
    """The system's way to keep one window out of pictures."""

    def keep_out(self, window: int, hidden: bool) -> bool:  # noqa: FBT001 - a state
        """window: Qt's winId. Did the system do it?"""
        ...


class WindowsShield:
    """By display affinity. user32: a test's own in place of the system's."""

    def __init__(self, user32: Any | None = None) -> None:
        self._user32 = user32

    def keep_out(self, window: int, hidden: bool) -> bool:  # noqa: FBT001 - as above
        try:
            user32 = self._user32 or getattr(ctypes, "WinDLL")("user32")  # noqa: B009 - no other system's ctypes has it
            user32.SetWindowDisplayAffinity.argtypes = [c_void_p, c_uint32]
            user32.SetWindowDisplayAffinity.restype = c_int
        except (OSError, AttributeError):
            return False
        wanted = (_WDA_EXCLUDEFROMCAPTURE, _WDA_MONITOR) if hidden else (_WDA_NONE,)
        return any(user32.SetWindowDisplayAffinity(window, affinity) for affinity in wanted)


class MacShield:
    """By the window's sharing type. cocoa: makes the door to AppKit."""

    def __init__(self, cocoa: Callable[[], Cocoa] = AppKit) -> None:
        self._cocoa = cocoa

    def keep_out(self, window: int, hidden: bool) -> bool:  # noqa: FBT001 - as above
        try:
            return self._cocoa().keep_from_sharing(window, hidden)
        except (OSError, AttributeError):
            return False


def shield_for(platform: str = sys.platform) -> Shield | None:
    """None: this system has no such thing."""
    if platform == "win32":
        return WindowsShield()
    return MacShield() if platform == "darwin" else None
