"""The states of the lock and what leads from one to another; pure, so that every edge can be tried."""

from collections.abc import Mapping
from enum import StrEnum


class LockState(StrEnum):
    """CLOSED: nothing is open, and nothing was locked in this run.

    SCREEN_LOCKED: the keyring alone opens again, when a person asks. SECRET_LOCKED: passphrase or recovery code.
    """

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    SCREEN_LOCKED = "SCREEN_LOCKED"
    SECRET_LOCKED = "SECRET_LOCKED"  # noqa: S105 - a state, not a secret


class Move(StrEnum):
    """START: open what opens unasked. ASK_KEYRING: a person asks for the keyring. GIVE_SECRET: passphrase or code.

    USE: everything else that is done with a vault. OPENED: one of the first three, or making a vault, succeeded.
    LOCK_SCREEN, LOCK_SECRET: lock, by what opens the vault. LOCK_NOTHING: lock, and there is no vault. GONE: deleted.
    """

    START = "START"
    ASK_KEYRING = "ASK_KEYRING"
    GIVE_SECRET = "GIVE_SECRET"  # noqa: S105 - a move, not a secret
    USE = "USE"
    OPENED = "OPENED"
    LOCK_SCREEN = "LOCK_SCREEN"
    LOCK_SECRET = "LOCK_SECRET"  # noqa: S105 - a move, not a secret
    LOCK_NOTHING = "LOCK_NOTHING"
    GONE = "GONE"


def after(state: LockState, move: Move) -> LockState | None:
    """The state that follows; None: refused, and nothing changes."""
    return EDGES.get((state, move))


_CLOSED, _OPEN, _SCREEN, _SECRET = (
    LockState.CLOSED,
    LockState.OPEN,
    LockState.SCREEN_LOCKED,
    LockState.SECRET_LOCKED,
)

EDGES: Mapping[tuple[LockState, Move], LockState] = {
    (_CLOSED, Move.START): _CLOSED,
    (_CLOSED, Move.ASK_KEYRING): _CLOSED,
    (_CLOSED, Move.GIVE_SECRET): _CLOSED,
    (_CLOSED, Move.USE): _CLOSED,
    (_CLOSED, Move.OPENED): _OPEN,
    (_CLOSED, Move.LOCK_SCREEN): _SCREEN,
    (_CLOSED, Move.LOCK_SECRET): _SECRET,
    (_CLOSED, Move.LOCK_NOTHING): _CLOSED,
    (_CLOSED, Move.GONE): _CLOSED,
    (_OPEN, Move.START): _OPEN,
    (_OPEN, Move.ASK_KEYRING): _OPEN,
    (_OPEN, Move.GIVE_SECRET): _OPEN,
    (_OPEN, Move.USE): _OPEN,
    (_OPEN, Move.OPENED): _OPEN,
    (_OPEN, Move.LOCK_SCREEN): _SCREEN,
    (_OPEN, Move.LOCK_SECRET): _SECRET,
    (_OPEN, Move.LOCK_NOTHING): _CLOSED,  # the file was deleted under it
    (_OPEN, Move.GONE): _CLOSED,
    # a start, a link or a background task opens no lock: START and USE are missing on purpose
    (_SCREEN, Move.ASK_KEYRING): _SCREEN,
    (_SCREEN, Move.GIVE_SECRET): _SCREEN,
    (_SCREEN, Move.OPENED): _OPEN,
    (_SCREEN, Move.LOCK_SCREEN): _SCREEN,
    (_SCREEN, Move.LOCK_SECRET): _SECRET,  # another program gave the vault a passphrase meanwhile
    (_SCREEN, Move.LOCK_NOTHING): _SCREEN,
    (_SCREEN, Move.GONE): _CLOSED,
    (_SECRET, Move.GIVE_SECRET): _SECRET,
    (_SECRET, Move.OPENED): _OPEN,
    (_SECRET, Move.LOCK_SCREEN): _SECRET,  # never loosened: what locked it has to open it
    (_SECRET, Move.LOCK_SECRET): _SECRET,
    (_SECRET, Move.LOCK_NOTHING): _SECRET,
    (_SECRET, Move.GONE): _CLOSED,
}
