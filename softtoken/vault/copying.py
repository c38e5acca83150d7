"""A copy of a vault file as another file: made from what is open, or put in the place of what cannot be opened."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from softtoken.vault import schema
from softtoken.vault.cells import Cells
from softtoken.vault.database import connected, translated
from softtoken.vault.errors import VaultDamaged
from softtoken.vault.files import check_trusted, disk_faults, publish, set_aside, take_back, temporary_file
from softtoken.vault.lookup import Lookup
from softtoken.vault.slotrows import read_slots
from softtoken.vault.tables import Tables, open_tables
from softtoken.vault.values import VaultHeader

_NO_HEAD = bytes(28)


def write_copy(tables: Tables, target: Path) -> None:
    """Copy the file of an open transaction into an empty one, and look whether all of it can be read there.

    Raises VaultDamaged if not, or if something in the source cannot be read. SQLite's errors come as they are.
    """
    source = tables.lookup.connection
    content = _content(source)  # begins the transaction's view, so that this is what is copied
    with closing(connected(target)) as copy:
        source.backup(copy)
    with _reading(target) as copy:
        schema.check(copy, target)
        read_slots(copy, target)
        if _content(copy) != content:
            raise VaultDamaged("copy differs", target)
        _read_everything(copy, target, tables.cells)


def read_copy(path: Path) -> tuple[int, VaultHeader]:
    """Format version and header of a file whose structure is whole; leaves no side file. Raises VaultError."""
    check_trusted(path)
    with _reading(path) as connection:
        version = schema.check(connection, path)
        header, _ = read_slots(connection, path)
        return version, header


def put_back(copy: Path, path: Path, aside_name: str) -> Path | None:
    """Put a copy where the vault belongs; what is there is kept under another name, which is returned.

    The vault then has no head, so the next change to it distrusts its counters, whether a keyring knows better or not.
    Raises VaultDamaged if the copy is not whole, VaultUnwritable, VaultBusy. Then what was there is there still.
    """
    read_copy(copy)
    with disk_faults(), temporary_file(path) as temporary:
        try:
            with _reading(copy) as source, closing(connected(temporary)) as target:
                source.backup(target)
                target.execute("INSERT OR REPLACE INTO setting (name, body) VALUES ('head', ?)", (_NO_HEAD,))
        except sqlite3.Error as error:
            raise translated(error, temporary) from error
        read_copy(temporary)
        aside = set_aside(path, aside_name)
        try:
            publish(temporary, path)
        except BaseException:
            if aside is not None:
                take_back(aside, path)
            raise
    return aside


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """`immutable`: what is in the file itself, without a log, and no side file is made, even on a read-only disk."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            yield connection
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except UnicodeDecodeError as error:
        raise VaultDamaged("damaged schema", path) from error


def _content(connection: sqlite3.Connection) -> bytes:
    """A digest of every row of every table, whatever the format's version."""
    digest = hashlib.sha256()
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (name,) in names:
        for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - a name of the checked schema
            digest.update(repr((name, row)).encode())
    return digest.digest()


def _read_everything(connection: sqlite3.Connection, path: Path, cells: Cells) -> None:
    """VaultDamaged for the first row that does not open."""
    tables = open_tables(Lookup(connection, path), cells)
    listed = tables.tokens.list()
    if listed.damaged:
        raise VaultDamaged("unreadable row", path, listed.damaged[0])
    for token in listed.tokens:
        tables.tokens.state(token.id)
        for protection in token.protections:
            credential = tables.credentials.find(token.id, protection)
            if credential is None:
                raise VaultDamaged("credential missing", path, token.id)
            tables.credentials.state(credential.id)
