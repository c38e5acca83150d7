"""The lock's state machine: every state with every move, the refused ones, too, and tickets of an earlier time."""

import pytest

from softtoken.services.events import LockKind
from softtoken.services.lock_keeper import LockKeeper
from softtoken.services.lock_state import EDGES, LockState, Move, after

TABLE = """
              CLOSED         OPEN           SCREEN_LOCKED  SECRET_LOCKED
START         CLOSED         OPEN           -              -
ASK_KEYRING   CLOSED         OPEN           SCREEN_LOCKED  -
GIVE_SECRET   CLOSED         OPEN           SCREEN_LOCKED  SECRET_LOCKED
USE           CLOSED         OPEN           -              -
OPENED        OPEN           OPEN           OPEN           OPEN
LOCK_SCREEN   SCREEN_LOCKED  SCREEN_LOCKED  SCREEN_LOCKED  SECRET_LOCKED
LOCK_SECRET   SECRET_LOCKED  SECRET_LOCKED  SECRET_LOCKED  SECRET_LOCKED
LOCK_NOTHING  CLOSED         CLOSED         SCREEN_LOCKED  SECRET_LOCKED
GONE          CLOSED         CLOSED         CLOSED         CLOSED
"""
"""As docs/lock.md has it; '-' is refused."""


def edges() -> list[tuple[LockState, Move, LockState | None]]:
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (LockState(state), Move(row[0]), None if target == "-" else LockState(target))
        for row in rows
        for state, target in zip(head, row[1:], strict=True)
    ]


@pytest.mark.parametrize(("state", "move", "target"), edges())
def test_edge(state: LockState, move: Move, target: LockState | None) -> None:
    assert after(state, move) is target


def test_the_table_speaks_of_every_state_and_every_move() -> None:
    assert {(state, move) for state, move, _ in edges()} == {(s, m) for s in LockState for m in Move}
    assert len(EDGES) == sum(target is not None for *_, target in edges())


def test_a_lock_ends_what_began_before_it() -> None:
    keeper = LockKeeper()
    ticket = keeper.enter(Move.START)
    assert ticket is not None
    assert keeper.close(Move.LOCK_SCREEN) is LockState.SCREEN_LOCKED
    assert keeper.outdated(ticket)
    assert not keeper.opened(ticket)
    assert keeper.kind is LockKind.SCREEN
    assert keeper.enter(Move.START) is None
    asked = keeper.enter(Move.ASK_KEYRING)
    assert asked is not None
    assert keeper.opened(asked)
    assert keeper.kind is None
    assert not keeper.outdated(asked)


def test_a_second_lock_ends_an_unlocking_under_way() -> None:
    keeper = LockKeeper()
    keeper.close(Move.LOCK_SECRET)
    ticket = keeper.enter(Move.GIVE_SECRET)
    assert ticket is not None
    keeper.close(Move.LOCK_SCREEN)
    assert not keeper.opened(ticket)
    assert keeper.kind is LockKind.SECRET
