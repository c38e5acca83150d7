"""Noticing that the file, or a part of it, is an older one; what its counters say is then not believed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from softtoken.engine.distrust import distrusted
from softtoken.engine.tokens import CredentialState, TokenPolicy
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
    """What one open vault knows of the file's generation. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = 0
        self._witnessed = False
        self._restored = False

    @property
    def known(self) -> int:
        """The highest generation that was seen in the file or told."""
        return self._known

    @property
    def restored(self) -> bool:
        """Was a restored or edited file found since this vault was opened?"""
        return self._restored

    def told(self, least: int) -> None:
        """A witness outside the file saw this generation: an older file is a restored one."""
        with self._lock:
            self._known = max(self._known, least)
            self._witnessed = True

    def check(self, tables: Tables) -> Checked:
        """Before a change, within its transaction: distrust every managed credential of a file that is older."""
        connection = tables.lookup.connection
        head = read_head(connection, tables.cells)
        changes = connection.total_changes
        stands = head is not None and head.generation >= self._known and head.digest == content_digest(connection)
        if not stands:
            _distrust_all(tables)
        return Checked(head, stands, changes)

    def note(self, tables: Tables, checked: Checked) -> int:
        """After the change: the head for what the file holds now. Returns its generation, to be told to `committed`."""
        head = checked.head
        # above all that was seen, or the next check would find the same fault again
        generation = max(self._known, head.generation if head else 0) + 1
        witnessed = self._witnessed or (head is not None and head.witnessed)
        write_head(tables.lookup.connection, tables.cells, generation, witnessed=witnessed)
        return generation

    def committed(self, generation: int, checked: Checked) -> None:
        """It is on the disk: no later transaction may find less."""
        with self._lock:
            self._known = max(self._known, generation)
            self._restored = self._restored or not checked.stands


def _distrust_all(tables: Tables) -> None:
    """Every managed credential that can be read. Nobody but its server knows how far an imported one has come."""
    for token in tables.tokens.list().tokens:
        if token.policy is not None:
            tables.credentials.change_readable(token.id, _distrusting(token.policy))


def _distrusting(policy: TokenPolicy) -> Callable[[CredentialState], CredentialState]:
    return lambda state: distrusted(state, policy.retry, policy.atc)
