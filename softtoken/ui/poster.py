"""What the window needs of the product: post an event, get its result, hear what happens unasked."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from softtoken.services.events import Event, Notification

R = TypeVar("R")


class Poster(Protocol):
    """MasterController's one door. May be called from several threads; raises SoftTokenError."""

    def post(self, event: Event[R]) -> R:
        """Carry an event out and return its result."""
        ...

    def subscribe(self, receiver: Callable[[Notification], None]) -> Callable[[], None]:
        """Hear every notification from now on, on the thread that posted. Returns what ends that."""
        ...
