"""Noticing that the file, or a part of it, is an older one; what its counters say is then not believed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from softtoken.engine.distrust import Seen, distrusted
from softtoken.engine.tokens import CredentialState, TokenPolicy
from softtoken.vault.evidence import Evidence
from softtoken.vault.head import Head, content_digest, read_head, write_head
from softtoken.vault.tables import Tables


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found before a change. stands: the content is the newest that anybody knows of.

    changes: SQLite's count of changed rows then.
    """

    head: Head | None
    stands: bool
    changes: int


class RestoreWatch:
    """What one open vault knows of its file. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = Evidence(0)
        self._news = False
        self._witnessed = False
        self._restored = False

    @property
    def last(self) -> Evidence:
        """Of the highest generation that was seen in the file or told."""
        return self._last

    @property
    def news(self) -> bool:
        """Was anything changed since `evidence` last said how the file stands?"""
        return self._news

    @property
    def restored(self) -> bool:
        """Was a restored or edited file found since this vault was opened?"""
        return self._restored

    def told(self, evidence: Evidence) -> None:
        """A witness outside the file knows this of it: an older file is a restored one."""
        with self._lock:
            self._witnessed = True
            self._remember(evidence)

    def evidence(self, tables: Tables) -> Evidence:
        """How the file stands, which is remembered; or `last`, if it is an older one or edited."""
        self._news = False  # ahead of looking, so that what is changed meanwhile is news again
        checked = self._checked(tables)
        if checked.head is None or not checked.stands:
            return self._last
        managed = [token.id for token in tables.tokens.list().tokens if token.policy is not None]
        states = [found for token_id in managed for found in tables.credentials.readable_states(token_id)]
        seen = {id_: Seen(state.counter, state.atc.used, state.tries.failed) for id_, state in states}
        found = Evidence(checked.head.generation, seen)
        with self._lock:
            self._remember(found)
        return found

    def check(self, tables: Tables) -> Checked:
        """Before a change, within its transaction: distrust every managed credential of a file that is older."""
        checked = self._checked(tables)
        if not checked.stands:
            _distrust_all(tables, self._last.seen)
        return checked

    def _checked(self, tables: Tables) -> Checked:
        connection = tables.lookup.connection
        head = read_head(connection, tables.cells)
        new = head is not None and head.generation >= self._last.generation
        stands = head is not None and new and head.digest == content_digest(connection)
        return Checked(head, stands, connection.total_changes)

    def _remember(self, evidence: Evidence) -> None:
        if evidence.generation >= self._last.generation:
            self._last = evidence

    def note(self, tables: Tables, checked: Checked) -> int:
        """After the change: the head for what the file holds now. Returns its generation, to be told to `committed`."""
        head = checked.head
        # above all that was seen, or the next check would find the same fault again
        generation = max(self._last.generation, head.generation if head else 0) + 1
        witnessed = self._witnessed or (head is not None and head.witnessed)
        write_head(tables.lookup.connection, tables.cells, generation, witnessed=witnessed)
        return generation

    def committed(self, generation: int, checked: Checked) -> None:
        """It is on the disk: no later transaction may find less."""
        with self._lock:
            self._remember(replace(self._last, generation=max(self._last.generation, generation)))
            self._restored = self._restored or not checked.stands
            self._news = True


def _distrust_all(tables: Tables, seen: Mapping[str, Seen]) -> None:
    """Every managed credential that can be read. Nobody but its server knows how far an imported one has come."""
    for token in tables.tokens.list().tokens:
        if token.policy is not None:
            tables.credentials.change_readable(token.id, _distrusting(token.policy, seen))


def _distrusting(policy: TokenPolicy, seen: Mapping[str, Seen]) -> Callable[[str, CredentialState], CredentialState]:
    return lambda id_, state: distrusted(state, policy.retry, policy.atc, seen.get(id_))
