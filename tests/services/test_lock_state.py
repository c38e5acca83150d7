"""The lock's state machine: every state with every move, the refused ones, too, and tickets of an earlier time."""

import re
from pathlib import Path

import pytest

from softtoken.services.events import LockKind
from softtoken.services.lock_keeper import LockKeeper
from softtoken.services.lock_state import EDGES, LockState, Move, after

DOCUMENT = Path(__file__).parents[2] / "docs" / "lock.md"


def edges() -> list[tuple[LockState, Move, LockState | None]]:
    """The table of docs/lock.md; '-' is refused."""
    lines = DOCUMENT.read_text("utf-8").split("## States and edges")[1].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    head, rows = table[0][1:], table[2:]
    return [
        (LockState(state), Move(re.split("[ :]", row[0])[0]), None if target == "-" else LockState(target))
        for row in rows[: len(Move)]
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
    assert not keeper.outdated(asked)
    assert [keeper.kind, keeper.state] == [None, LockState.OPEN]


def test_a_second_lock_ends_an_unlocking_under_way() -> None:
    keeper = LockKeeper()
    keeper.close(Move.LOCK_SECRET)
    ticket = keeper.enter(Move.GIVE_SECRET)
    assert ticket is not None
    keeper.close(Move.LOCK_SCREEN)
    assert not keeper.opened(ticket)
    assert keeper.kind is LockKind.SECRET
