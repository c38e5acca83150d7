"""The tables of a vault file, how a file is recognised, and how an older one is brought up to date."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from softtoken.vault.auditrows import AuditRows
from softtoken.vault.cells import Cells
from softtoken.vault.errors import VaultDamaged, VaultTooNew
from softtoken.vault.head import content_digest, has_head, read_head, write_head

APPLICATION_ID = 0x53544B56
"""`STKV` in the SQLite header."""

VERSION = 3
"""PRAGMA user_version of the format that this release writes."""

Step: TypeAlias = Callable[[sqlite3.Connection, Cells], None]

# No indexes and no uniqueness but on slots and settings: a second copy of an id would turn one damaged row
# into a damaged file. Reading refuses ids that occur twice.
_SLOT_TABLE = """CREATE TABLE slot (
    kind TEXT PRIMARY KEY, header BLOB NOT NULL, wrapped BLOB NOT NULL, digest BLOB NOT NULL
) WITHOUT ROWID"""
_SETTING_TABLE = "CREATE TABLE setting (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID"
_TOKEN_TABLE = """CREATE TABLE token (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, body BLOB NOT NULL, state BLOB NOT NULL
)"""  # noqa: S105 - a table of tokens
_CREDENTIAL_TABLE = """CREATE TABLE credential (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL,
    token INTEGER NOT NULL REFERENCES token (seq) ON DELETE CASCADE,
    body BLOB NOT NULL, state BLOB NOT NULL
)"""
_AUDIT_TABLE = "CREATE TABLE audit (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)"
_OLD_TABLES = (_SLOT_TABLE, _SETTING_TABLE, _TOKEN_TABLE, _CREDENTIAL_TABLE)
_TABLES = (*_OLD_TABLES, _AUDIT_TABLE)

SCHEMAS: Mapping[int, frozenset[str]] = {
    1: frozenset(_OLD_TABLES),
    2: frozenset(_OLD_TABLES),
    3: frozenset(_TABLES),
}
"""For each format version the statements that its file consists of, as SQLite keeps them."""


def _first_head(connection: sqlite3.Connection, cells: Cells) -> None:
    """From 1 to 2: the file as it is found is believed, since nothing in it tells how old it is.

    Its rows stay as they are: what they lack has a value for them (rows.py). Format 1 had no head, so one that is there
    means that somebody only turned the version back: it stays, and the next change checks it.
    """
    if not has_head(connection):
        write_head(connection, cells, 0, witnessed=False)


def _first_audit(connection: sqlite3.Connection, cells: Cells) -> None:
    """From 2 to 3: an empty trail.

    A head that does not fit stays one that does not fit, so that an edited file is distrusted all the same; and the
    generation stays, or an older file would seem to be as new as what the keyring knows. A trail's head that is there
    means that somebody only turned the version back: it stays, and says what is missing.
    """
    head = read_head(connection, cells)
    stands = head is not None and head.digest == content_digest(connection)
    connection.execute(_AUDIT_TABLE)
    AuditRows(connection, cells).begin()
    if head is not None and stands:
        write_head(connection, cells, head.generation, witnessed=head.witnessed)


STEPS: Mapping[int, Step] = {1: _first_head, 2: _first_audit}
"""For each older version what makes the next one of it. The slot table is the same in all versions."""


def build(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file. The caller commits."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for statement in _TABLES:
        connection.execute(statement)


def check(connection: sqlite3.Connection, path: Path) -> int:
    """The format version of a file whose structure is whole. Raises VaultDamaged or VaultTooNew.

    A changed schema (a trigger, a view, a default) is damage: SQLite would run it.
    """
    if _number(connection, "application_id") != APPLICATION_ID:
        raise VaultDamaged("not a vault", path)
    version = _number(connection, "user_version")
    if version > VERSION:
        raise VaultTooNew(version)
    if version not in SCHEMAS:
        raise VaultDamaged("unknown format version", path)
    if {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")} != SCHEMAS[version]:
        raise VaultDamaged("changed schema", path)
    # Without this a damaged page can make rows vanish without a word
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise VaultDamaged("damaged structure", path)
    return version


def migrate(
    connection: sqlite3.Connection,
    cells: Cells,
    *,
    steps: Mapping[int, Step] = STEPS,
    target: int = VERSION,
) -> None:
    """Bring an older file to the target version. The caller's transaction makes it all or nothing."""
    version = _number(connection, "user_version")
    while version < target:
        steps[version](connection, cells)
        version += 1
        connection.execute(f"PRAGMA user_version = {version}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)
