"""The audit table: a chain of sealed entries, and the head that says where it begins and ends."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from softtoken.vault import rows
from softtoken.vault.audit import KEPT, AuditEntry, AuditNote, AuditTrail, FoundFault, TrailFault
from softtoken.vault.cells import Cells
from softtoken.vault.envelope import Tampered

_TABLE = "audit"
_SETTING = "setting"
_HEAD = "audit"
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class AuditHead:
    """first, last: numbers of the entries that there are; last is first - 1 for none. tag: of the last one's cell.

    policy: a digest of the configuration that an entry last told of, or empty.
    """

    first: int = 1
    last: int = 0
    tag: bytes = b""
    policy: str = ""


class AuditRows:
    """The trail of one vault within one transaction. What is wrong with it never raises: it is found by `trail`."""

    def __init__(self, connection: sqlite3.Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def begin(self) -> None:
        """An empty trail, unless there is a head already, readable or not."""
        if self._connection.execute("SELECT 1 FROM setting WHERE name = ?", (_HEAD,)).fetchone() is None:
            self._write_head(AuditHead())

    def head(self) -> AuditHead | None:
        """None if it is missing or damaged."""
        row = self._connection.execute("SELECT body FROM setting WHERE name = ?", (_HEAD,)).fetchone()
        try:
            return AuditHead(*rows.decode_audit_head(self._cells.unseal(_SETTING, _HEAD, "body", row[0])))
        except (Tampered, TypeError, ValueError):
            return None

    def append(self, notes: Sequence[AuditNote], policy: str | None = None) -> tuple[AuditEntry, ...]:
        """As stored. policy: remember this digest with them. The same cost however long the trail is."""
        head = self.head()
        found = head or AuditHead()
        (highest,) = self._connection.execute("SELECT MAX(seq) FROM audit").fetchone()
        restarted = head is None or (highest is not None and highest > head.last)
        if restarted:
            found = self._beyond(head)
        stored = []
        for note in notes:
            number = found.last + 1
            plaintext = rows.encode_audit_entry(note, found.tag, restarted=restarted)
            cell = self._cells.seal(_TABLE, str(number), "body", plaintext)
            self._connection.execute("INSERT INTO audit (seq, body) VALUES (?, ?)", (number, cell))
            stored.append(AuditEntry(number, note, restarted))
            found = replace(found, last=number, tag=cell[-_TAG_BYTES:])
            restarted = False
        first = max(found.first, found.last - KEPT + 1)
        if first > found.first:
            self._connection.execute("DELETE FROM audit WHERE seq < ?", (first,))
        self._write_head(replace(found, first=first, policy=found.policy if policy is None else policy))
        return tuple(stored)

    def trail(self) -> AuditTrail:
        """All that can be read, and everything that is not as it was written."""
        head = self.head()
        found = dict(self._connection.execute("SELECT seq, body FROM audit ORDER BY seq"))
        entries: list[AuditEntry] = []
        faults: list[tuple[TrailFault, int]] = []
        if head is None:
            faults.append((TrailFault.HEAD_LOST, 0))
            # a row that we did not seal may have any number, and what is missing before it would have no end
            own = [number for number, cell in found.items() if self._is_own(number, cell)]
            head = AuditHead(min(own, default=1), max(own, default=0))
        outside = [number for number in found if not head.first <= number <= head.last]
        faults += [(TrailFault.ADDED, number) for number in outside]
        # from the newest on, since each entry vouches for the one before it
        expected = head.tag
        for number in range(head.last, head.first - 1, -1):
            cell = found.get(number)
            if cell is None:
                faults.append((TrailFault.MISSING, number))
                expected = b""
                continue
            try:
                note, previous, restarted = self._decoded(number, cell)
            except (Tampered, TypeError, ValueError):
                faults.append((TrailFault.UNREADABLE, number))
                expected = b""
                continue
            if expected and cell[-_TAG_BYTES:] != expected:
                faults.append((TrailFault.REPLACED, number))
            if restarted:
                faults.append((TrailFault.RESTARTED, number))
            entries.append(AuditEntry(number, note, restarted))
            expected = b"" if restarted else previous
        return AuditTrail(tuple(reversed(entries)), tuple(_ranges(sorted(faults, key=lambda fault: fault[1]))))

    def _beyond(self, head: AuditHead | None) -> AuditHead:
        """Where to go on when the head is lost, or is older than what is there: behind the last readable entry.

        What is beyond that was never written by this product, and would be in the way.
        """
        known = head or AuditHead()
        last, first = known.last, known.first
        for number, cell in self._connection.execute(
            "SELECT seq, body FROM audit WHERE seq > ? ORDER BY seq", (-1 if head is None else last,)
        ).fetchall():
            if self._is_own(number, cell):
                last = number
        self._connection.execute("DELETE FROM audit WHERE seq > ?", (last,))
        if head is None:
            (lowest,) = self._connection.execute("SELECT MIN(seq) FROM audit WHERE seq > 0").fetchone()
            first = lowest or last + 1
        return AuditHead(first, last, b"", known.policy)

    def _is_own(self, number: int, cell: bytes) -> bool:
        try:
            self._decoded(number, cell)
        except (Tampered, TypeError, ValueError):
            return False
        return True

    def _decoded(self, number: int, cell: bytes) -> tuple[AuditNote, bytes, bool]:
        return rows.decode_audit_entry(self._cells.unseal(_TABLE, str(number), "body", cell))

    def _write_head(self, head: AuditHead) -> None:
        plaintext = rows.encode_audit_head(head.first, head.last, head.tag, head.policy)
        body = self._cells.seal(_SETTING, _HEAD, "body", plaintext)
        self._connection.execute("INSERT OR REPLACE INTO setting (name, body) VALUES (?, ?)", (_HEAD, body))


def _ranges(faults: Iterable[tuple[TrailFault, int]]) -> Iterable[FoundFault]:
    """Neighbours with the same fault as one."""
    last: FoundFault | None = None
    for fault, number in faults:
        if last is not None and last.fault is fault and number == last.last + 1:
            last = replace(last, last=number)
            continue
        if last is not None:
            yield last
        last = FoundFault(fault, number, number)
    if last is not None:
        yield last
