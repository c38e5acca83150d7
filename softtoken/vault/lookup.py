"""Finding one row by its id, and refusing it when it is not as it was written."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from softtoken.vault.envelope import Tampered
from softtoken.vault.errors import NotStored, VaultDamaged

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_T = TypeVar("_T")


def check_id(row_id: str) -> None:
    """ValueError unless it is 1 to 64 ASCII letters, digits, `_` or `-`."""
    if not is_id(row_id):
        raise ValueError("malformed id")


def is_id(text: str) -> bool:
    """Is it one that `check_id` lets pass?"""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Found:
    """One row. owner: the id of the token that it belongs to (credentials). cell: the one asked for."""

    seq: int
    id: str
    owner: str
    cell: bytes = field(repr=False)


class Lookup:
    """Rows of one vault in a transaction that the caller holds."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self._path = path

    def exists(self, sql: str, row_id: str) -> bool:
        return self.connection.execute(sql, (row_id,)).fetchone() is not None

    def all(self, sql: str, *parameters: str) -> list[Found]:
        """sql selects seq, id, owner, cell."""
        return [Found(*row) for row in self.connection.execute(sql, parameters)]

    def one(self, table: str, row_id: str, sql: str) -> Found:
        """Raises NotStored; VaultDamaged if the id occurs twice: one of the two is a copy of another time."""
        found = self.all(sql, row_id)
        if not found:
            raise NotStored(table, row_id)
        if len(found) > 1:
            raise self.damaged("id occurs twice", row_id)
        return found[0]

    def read(self, row: Found, decode: Callable[[Found], _T]) -> _T:
        """What decode makes of the row; VaultDamaged if the cell was not sealed for this place."""
        try:
            return decode(row)
        except (Tampered, ValueError, TypeError):
            # a damaged file may hold any type in any column
            raise self.damaged("unreadable row", row.id) from None

    def damaged(self, reason: str, row_id: str) -> VaultDamaged:
        return VaultDamaged(reason, self._path, row_id)
