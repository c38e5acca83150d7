"""Faults that a tester orders: which requests they are for, and whether the next one gets it.

They are kept in the file, with how far their random numbers have come, so that a restart changes nothing. A copy in
memory keeps requests that nobody ordered a fault for from paying for it.
"""

import hashlib
import secrets
import sqlite3
import threading
from dataclasses import dataclass, replace
from enum import StrEnum

from softtoken.sandbox.refusal import conflict, not_found
from softtoken.sandbox.store import Store

LIMIT = 100
LONGEST_DELAY = 60
LARGEST_SEED = 2**53 - 1


class Kind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    DROP = "drop"
    ERROR = "error"
    TRUNCATED = "truncated"
    SIGN_IN_PAGE = "signInPage"
    WRONG_CONTENT_TYPE = "wrongContentType"


class When(StrEnum):
    """BEFORE: the request has no effect (for a delay: not yet). AFTER: it has its effect, and the answer suffers."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Wish:
    """endpoint: `[METHOD ]/path`, where * stands for any characters. user: a user id; None: everybody's requests.

    seconds: of a delay. remaining: for so many requests more; None: until it is deleted. Each of them gets it with this
    probability, drawn from the seed.
    """

    endpoint: str
    user: str | None
    kind: Kind
    when: When
    seconds: float = 0
    remaining: int | None = None
    probability: float = 1
    seed: int = 0

    @staticmethod
    def new_seed() -> int:
        """For a tester who names none."""
        return secrets.randbelow(1_000_000)


@dataclass(frozen=True, slots=True)
class Fault:
    """seen: requests that it was for. injected: those that got it."""

    number: int
    wish: Wish
    seen: int = 0
    injected: int = 0

    @property
    def over(self) -> bool:
        return self.wish.remaining == 0

    def words(self) -> str:
        """For the request log."""
        return f"{self.wish.kind} {self.wish.when} (fault {self.number})"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as faults look at it. names: whom it is about, in lower case."""

    method: str
    path: str
    names: frozenset[str]


class Faults:
    """The tenant's faults, in the order in which they were made; any thread may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()
        with store.transaction() as db:
            self._faults = [_read(row) for row in db.execute("SELECT * FROM faults ORDER BY number")]

    def all(self) -> list[Fault]:
        """Those that are over, too."""
        with self._turn:
            return list(self._faults)

    def add(self, wish: Wish) -> Fault:
        """Raises Refusal (409) for more than anybody can keep track of."""
        with self._turn:
            if len(self._faults) >= LIMIT:
                raise conflict(f"There are {LIMIT} faults already")
            with self._store.transaction() as db:
                fault = _insert(db, wish)
            self._faults.append(fault)
        return fault

    def delete(self, number: int) -> None:
        """Raises Refusal (404)."""
        with self._turn:
            left = [fault for fault in self._faults if fault.number != number]
            if len(left) == len(self._faults):
                raise not_found("Fault not found")
            with self._store.transaction() as db:
                db.execute("DELETE FROM faults WHERE number = ?", (number,))
            self._faults = left

    def clear(self) -> None:
        """Delete all."""
        with self._turn:
            with self._store.transaction() as db:
                db.execute("DELETE FROM faults")
            self._faults = []

    def candidates(self, method: str, path: str) -> bool:
        """Could a request to this endpoint get one, whoever it is about? Touches no file."""
        with self._turn:
            return any(not fault.over and _is_endpoint(fault.wish.endpoint, method, path) for fault in self._faults)

    def take(self, asked: Asked) -> Fault | None:
        """The fault that this request gets; the first in order whose draw says so. Counts for all that were asked."""
        with self._turn:
            for place, fault in enumerate(self._faults):
                if fault.over or not _is_for(fault.wish, asked):
                    continue
                hit = _draw(fault.wish.seed, fault.seen) < fault.wish.probability
                counted = _count(fault, hit=hit)
                with self._store.transaction() as db:
                    db.execute(
                        "UPDATE faults SET remaining = ?, seen = ?, injected = ? WHERE number = ?",
                        (counted.wish.remaining, counted.seen, counted.injected, counted.number),
                    )
                self._faults[place] = counted
                if hit:
                    return counted
        return None


def _count(fault: Fault, *, hit: bool) -> Fault:
    remaining = fault.wish.remaining
    wish = fault.wish if remaining is None else replace(fault.wish, remaining=remaining - 1)
    return replace(fault, wish=wish, seen=fault.seen + 1, injected=fault.injected + hit)


def _is_for(wish: Wish, asked: Asked) -> bool:
    return (wish.user is None or wish.user in asked.names) and _is_endpoint(wish.endpoint, asked.method, asked.path)


def _is_endpoint(endpoint: str, method: str, path: str) -> bool:
    """By hand: a pattern with many stars takes a regular expression for ever."""
    wanted, space, pattern = endpoint.partition(" ")
    if not space:
        pattern = wanted
    elif wanted != method:
        return False
    first, *parts = pattern.split("*")
    if not parts:
        return path == pattern
    *middle, last = parts
    if len(path) < len(first) + len(last) or not path.startswith(first) or not path.endswith(last):
        return False
    at, end = len(first), len(path) - len(last)
    for part in middle:
        found = path.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _draw(seed: int, count: int) -> float:
    """The same number for the same seed and place on every machine: 0 and up, below 1."""
    digest = hashlib.sha256(f"{seed}:{count}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _insert(db: sqlite3.Connection, wish: Wish) -> Fault:
    cursor = db.execute(
        "INSERT INTO faults (endpoint, user_id, kind, moment, seconds, remaining, probability, seed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            wish.endpoint,
            wish.user,
            wish.kind,
            wish.when,
            wish.seconds,
            wish.remaining,
            wish.probability,
            wish.seed,
        ),
    )
    return Fault(cursor.lastrowid or 0, wish)


def _read(row: sqlite3.Row) -> Fault:
    wish = Wish(
        endpoint=row["endpoint"],
        user=row["user_id"],
        kind=Kind(row["kind"]),
        when=When(row["moment"]),
        seconds=row["seconds"],
        remaining=row["remaining"],
        probability=row["probability"],
        seed=row["seed"],
    )
    return Fault(row["number"], wish, row["seen"], row["injected"])
