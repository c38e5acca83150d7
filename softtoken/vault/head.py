"""The head cell: how often the vault was changed, and a digest of all that may change in it."""

import hashlib
import sqlite3
from dataclasses import dataclass

from softtoken.vault import rows
from softtoken.vault.cells import Cells
from softtoken.vault.envelope import Tampered

_TABLE = "setting"
_HEAD = "head"
# The last 16 bytes of a cell are its AEAD tag, which stands for the rest of it. SQLite makes the lines, several times
# faster than Python would; in hexadecimal, so that no edited id can look like two rows.
_TOKENS = """
    SELECT 'token ' || seq || ' ' || hex(id) || ' ' || hex(substr(body, -16) || substr(state, -16))
    FROM token ORDER BY seq"""
_CREDENTIALS = """
    SELECT 'credential ' || seq || ' ' || CAST(token AS INTEGER) || ' ' || hex(id)
        || ' ' || hex(substr(body, -16) || substr(state, -16))
    FROM credential ORDER BY seq"""
_SETTINGS = """
    SELECT 'setting ' || hex(name) || ' ' || hex(substr(body, -16))
    FROM setting WHERE name <> 'head' ORDER BY hex(name)"""


@dataclass(frozen=True, slots=True)
class Head:
    """generation: rises with every change. digest: `content_digest` at that generation (32 bytes).

    witnessed: a keyring item was told a generation of this vault, so there must be one from then on.
    """

    generation: int
    digest: bytes
    witnessed: bool


def content_digest(connection: sqlite3.Connection) -> bytes:
    """SHA-256 over the places and tags of all cells but the head itself. The slots are left out (docs/vault.md)."""
    lines = [line for sql in (_TOKENS, _CREDENTIALS, _SETTINGS) for (line,) in connection.execute(sql)]
    return hashlib.sha256("\n".join(lines).encode()).digest()


def has_head(connection: sqlite3.Connection) -> bool:
    """Is there one, readable or not?"""
    return connection.execute("SELECT 1 FROM setting WHERE name = ?", (_HEAD,)).fetchone() is not None


def read_head(connection: sqlite3.Connection, cells: Cells) -> Head | None:
    """None if it is missing or damaged."""
    row = connection.execute("SELECT body FROM setting WHERE name = ?", (_HEAD,)).fetchone()
    if row is None:
        return None
    try:
        return Head(*rows.decode_head(cells.unseal(_TABLE, _HEAD, "body", row[0])))
    except (Tampered, TypeError, ValueError):
        return None


def write_head(connection: sqlite3.Connection, cells: Cells, generation: int, *, witnessed: bool) -> None:
    """For the content as it is now; the last statement of a transaction."""
    plaintext = rows.encode_head(generation, content_digest(connection), witnessed=witnessed)
    body = cells.seal(_TABLE, _HEAD, "body", plaintext)
    connection.execute("INSERT OR REPLACE INTO setting (name, body) VALUES (?, ?)", (_HEAD, body))
