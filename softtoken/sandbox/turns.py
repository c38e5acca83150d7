"""How many calls may wait for an Argon2id of somebody's static password or activation password.

One is computed at a time, and each call that waits holds one of the threads that answer everybody. Outsiders may ask
for as many as they like, so only a few of them wait: the rest is told to come again, and nobody else notices.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from softtoken.sandbox.administration import TooManyTries

MOST_WAITING = 8
"""Of a server with outsiders: a fifth of its threads, and about two seconds for the last in line."""


class Turns:
    """For any thread. most: that compute or wait at one time; None: all that like to."""

    def __init__(self, most: int | None) -> None:
        self._free = None if most is None else threading.BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """To be held for the computation. Raises TooManyTries, at once, if all are taken."""
        if self._free is None:
            yield
            return
        if not self._free.acquire(blocking=False):
            raise TooManyTries(1)
        try:
            yield
        finally:
            self._free.release()
