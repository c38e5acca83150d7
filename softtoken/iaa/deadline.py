"""One time limit over everything that a call does."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class DeadlinePassed(Exception):  # noqa: N818 - reads as what happened, like TimeoutError
    """The time is up."""


class Deadline:
    """`seconds` from now on a clock that nobody can set."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds left, above zero. Raises DeadlinePassed."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise DeadlinePassed
        return left

    def allows(self, seconds: float) -> bool:
        """Would there be time left after a pause of this length?"""
        return self._monotonic() + seconds < self._end


def within(deadline: Deadline, ask: Callable[[], T]) -> T:
    """Ask the operating system something that takes no time limit of its own, such as the address of a name.

    It runs on a daemon thread that is left behind when the time is up, so it never holds the caller or the
    exit. Raises DeadlinePassed, and what `ask` raises.
    """
    answers: SimpleQueue[tuple[T, None] | tuple[None, Exception]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except Exception as error:  # noqa: BLE001 - carried over to the asking thread
            answers.put((None, error))

    left = deadline.left()
    threading.Thread(target=run, name="iaa-ask", daemon=True).start()
    try:
        answer, error = answers.get(timeout=left)
    except Empty:
        raise DeadlinePassed from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # no error, so it is the answer
