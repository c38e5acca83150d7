"""Telling whoever listens: busy or idle, and how the servers were reached."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from softtoken.services.events import Busy, Idle, Notification

_LOG = logging.getLogger(__name__)

Receiver = Callable[[Notification], None]
"""Called on the thread that posted; has to be quick, and may not post itself."""


class Notices:
    """Receivers hear Busy and Idle in turns, never two of the same, whichever threads post."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a receiver may end its own subscription
        self._receivers: list[Receiver] = []
        self._under_way = 0

    def subscribe(self, receiver: Receiver) -> Callable[[], None]:
        """Listen from now on; what is returned ends it."""
        with self._lock:
            self._receivers.append(receiver)

        def unsubscribe() -> None:
            with self._lock:
                if receiver in self._receivers:
                    self._receivers.remove(receiver)

        return unsubscribe

    def tell(self, notification: Notification) -> None:
        with self._lock:
            self._tell(notification)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Something is under way while the block runs."""
        with self._lock:
            self._under_way += 1
            if self._under_way == 1:
                self._tell(Busy())
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if self._under_way == 0:
                    self._tell(Idle())

    def _tell(self, notification: Notification) -> None:
        for receiver in tuple(self._receivers):
            try:
                receiver(notification)
            except Exception as error:  # noqa: BLE001 - a listener's fault is none of the product's
                _LOG.warning("a receiver of notifications failed: %s", type(error).__name__)
