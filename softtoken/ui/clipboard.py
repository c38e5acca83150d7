"""Putting a code on the clipboard so that it is not kept: marked as a secret, and cleared if it is still there."""

import sys
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QByteArray, QMimeData, QObject, Qt, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication

from softtoken.clipboard import CLEAR_AFTER, clear_now
from softtoken.clock import Clock
from softtoken.ui.desktop.cocoa import AppKit

__all__ = ["CLEAR_AFTER", "SecretClipboard", "marks_for"]

_WAKE_MS = 1000
_ZERO = b"\0\0\0\0"  # a DWORD

_MARKS = {
    # Klipper's name, which other managers of X11 and Wayland know, too
    "linux": {"x-kde-passwordManagerHint": b"secret"},
    # Qt registers a type that it does not know under its very name. Any data does for the first; Win+V and the cloud
    # read the others. Source: "Clipboard Formats", cloud clipboard and clipboard history formats
    "win32": {
        "ExcludeClipboardContentFromMonitorProcessing": b"1",
        "CanIncludeInClipboardHistory": _ZERO,
        "CanUploadToCloudClipboard": _ZERO,
    },
    # Qt would put com.trolltech.anymime. before the name, so AppKit is asked
    "darwin": {},
}


def marks_for(platform: str) -> dict[str, bytes]:
    """What clipboard managers of a system (as sys.platform says) look for, as MIME types."""
    return _MARKS.get(platform, _MARKS["linux"])


class SecretClipboard(QObject):
    """One secret at a time; the next one takes its place and starts the time anew.

    What somebody else put there meanwhile is never cleared, nor is what is selected (X11's other clipboard).
    """

    def __init__(
        self,
        clipboard: QClipboard,
        clock: Clock,
        parent: QObject | None = None,
        *,
        platform: str = sys.platform,
        conceal: Callable[[], None] | None = None,
        clear_unfocused: Callable[[str], object] | None = None,
    ) -> None:
        """conceal: marks what is there for macOS. clear_unfocused: for Wayland, where a window behind may not ask."""
        super().__init__(parent)
        self._clipboard = clipboard
        self._clock = clock
        self._marks = marks_for(platform)
        self._conceal = conceal or (_conceal_on_macos if platform == "darwin" else None)
        self._clear_unfocused = clear_unfocused or _unfocused_clearing()
        self._ours: str | None = None
        self._due = 0
        # it only wakes: its own seconds stand still while the computer sleeps, those of uptime() do not
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._look)

    @property
    def timer(self) -> QTimer:
        """Runs while there is something to clear."""
        return self._timer

    def copy_secret(self, text: str) -> None:
        mime = QMimeData()
        mime.setText(text)
        for name, mark in self._marks.items():
            mime.setData(name, QByteArray(mark))
        self._clipboard.setMimeData(mime)
        if self._conceal is not None:
            self._conceal()
        self._ours, self._due = text, self._clock.uptime() + CLEAR_AFTER
        self._timer.start()

    def copy_text(self, text: str) -> None:
        """Something that is no secret, for example an id for support. It stays."""
        self._forget()
        self._clipboard.setText(text)

    def clear(self) -> None:
        """Take our secret off the clipboard, if it is still there. Also to be called on locking and at the end."""
        if self._ours is not None:
            if self._clipboard.text() == self._ours:
                self._clipboard.clear()
            if self._clear_unfocused is not None:
                self._clear_unfocused(self._ours)
        self._forget()

    def _look(self) -> None:
        if self._clock.uptime() >= self._due:
            self.clear()

    def _forget(self) -> None:
        self._timer.stop()
        self._ours = None


def _conceal_on_macos() -> None:
    with suppress(OSError, AttributeError):
        AppKit().conceal_pasteboard()


def _unfocused_clearing() -> Callable[[str], object] | None:
    """On Wayland: wl-copy by way of a helper, as this process may be about to end. It looks before it clears.

    Taking our offer back empties the clipboard without anybody's leave; a manager that kept a copy of it all the same
    is told here.
    """
    if not QGuiApplication.platformName().startswith("wayland"):
        return None

    def clear(secret: str) -> None:
        if QGuiApplication.applicationState() != Qt.ApplicationState.ApplicationActive:
            clear_now("wl-copy", secret)

    return clear
