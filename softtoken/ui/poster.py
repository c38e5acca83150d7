"""What the window needs of the product: post an event, get its result."""

from typing import Protocol, TypeVar

from softtoken.services.events import Event

R = TypeVar("R")


class Poster(Protocol):
    """MasterController's one door. May be called from several threads; raises SoftTokenError."""

    def post(self, event: Event[R]) -> R:
        """Carry an event out and return its result."""
        ...
