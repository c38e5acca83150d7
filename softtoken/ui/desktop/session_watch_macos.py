"""What macOS says of its screen, its sleep and its users, as notifications. Not verified on hardware.

com.apple.screenIsLocked is a distributed notification that Apple does not document and everybody uses; the other two
are NSWorkspace's. All are delivered on the main thread.
"""

from collections.abc import Callable
from typing import Protocol

from softtoken.services.events import LockReason
from softtoken.ui.desktop.session_watch import Tell

DISTRIBUTED = {"com.apple.screenIsLocked": LockReason.SESSION_LOCKED}
WORKSPACE = {
    "NSWorkspaceWillSleepNotification": LockReason.SUSPEND,
    "NSWorkspaceSessionDidResignActiveNotification": LockReason.USER_SWITCH,
}


class Notifications(Protocol):
    """The two notification centres; tests play them."""

    def observe(self, distributed: frozenset[str], workspace: frozenset[str], heard: Callable[[str], None]) -> None:
        """Call `heard` with the name of each of these from now on, also while the program is in the background."""
        ...

    def forget(self) -> None:
        """Hear nothing any more."""
        ...


class MacWatch:
    """Tells on the main thread; macOS sleeps once every observer has returned."""

    def __init__(self, notifications: Notifications | None = None) -> None:
        if notifications is None:
            from softtoken.ui.desktop.cocoa_notifications import CocoaNotifications

            notifications = CocoaNotifications()
        self._notifications = notifications

    def start(self, tell: Tell, window: int) -> None:  # noqa: ARG002  Windows needs it
        def heard(name: str) -> None:
            reason = DISTRIBUTED.get(name) or WORKSPACE.get(name)
            if reason is not None:
                tell(reason)

        self._notifications.observe(frozenset(DISTRIBUTED), frozenset(WORKSPACE), heard)

    def locked(self) -> None:
        """macOS does not wait to be told."""

    def stop(self) -> None:
        self._notifications.forget()
