"""Holds the state of the lock for every thread, and tells what began before a lock from what began after it."""

import threading

from softtoken.services.events import LockKind
from softtoken.services.lock_state import LockState, Move, after


class LockKeeper:
    """Each lock and each deletion raises the epoch; a ticket of an older epoch opens nothing and has no result."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._state = LockState.CLOSED
        self._epoch = 0

    @property
    def state(self) -> LockState:
        with self._mutex:
            return self._state

    @property
    def kind(self) -> LockKind | None:
        """What it is locked by; None: it is not."""
        return _KINDS.get(self.state)

    def enter(self, move: Move) -> int | None:
        """A ticket for what is to begin now, or None if it may not."""
        with self._mutex:
            return None if after(self._state, move) is None else self._epoch

    def outdated(self, ticket: int) -> bool:
        """Was it locked since this ticket was given?"""
        with self._mutex:
            return ticket != self._epoch

    def opened(self, ticket: int) -> bool:
        """The vault is open. False: it was locked meanwhile, and stays so."""
        with self._mutex:
            following = after(self._state, Move.OPENED)
            if ticket != self._epoch or following is None:
                return False
            self._state = following
            return True

    def close(self, move: Move) -> LockState:
        """Lock, or note that the vault is gone; the state from now on. Nothing that began earlier counts any more."""
        with self._mutex:
            self._state = after(self._state, move) or self._state
            self._epoch += 1
            return self._state


_KINDS = {LockState.SCREEN_LOCKED: LockKind.SCREEN, LockState.SECRET_LOCKED: LockKind.SECRET}
