"""Hearing from the system that the screen was locked, the computer goes to sleep, or another user takes over."""

import sys
from collections.abc import Callable
from typing import Protocol

from softtoken.services.events import LockReason

Tell = Callable[[LockReason], None]
"""Called from any thread, for each reason to lock."""


class SessionWatch(Protocol):
    """One system's way of saying so. A system that does not say is not watched; nothing else fails because of it."""

    def start(self, tell: Tell, window: int) -> None:
        """Begin to listen; returns at once. window: the native handle of the main window."""
        ...

    def locked(self) -> None:
        """What was told has been done: whatever the system was kept from doing may go on."""
        ...

    def stop(self) -> None:
        """Once this returns, nobody is told anything any more."""
        ...


class NoWatch:
    """For systems that are not known, and for tests."""

    def start(self, tell: Tell, window: int) -> None:
        """Nobody will ever be told."""

    def locked(self) -> None:
        """Nothing was held up."""

    def stop(self) -> None:
        """Nothing was begun."""


def current_session_watch() -> SessionWatch:
    """This system's. Imports late: most of it is wanted only after the first frame."""
    if sys.platform == "linux":
        from softtoken.ui.desktop.session_watch_linux import LinuxWatch

        return LinuxWatch()
    elif sys.platform == "win32":  # noqa: RET505 - the type checker follows platforms by branches
        from softtoken.ui.desktop.session_watch_windows import WindowsWatch

        return WindowsWatch()
    elif sys.platform == "darwin":
        from softtoken.ui.desktop.session_watch_macos import MacWatch

        return MacWatch()
    else:
        return NoWatch()
