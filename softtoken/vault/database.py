"""Connections to one vault file, its transactions, and SQLite's errors as the vault's."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softtoken.vault.errors import (
    VaultBusy,
    VaultClosed,
    VaultDamaged,
    VaultError,
    VaultReplaced,
    VaultUnwritable,
)
from softtoken.vault.files import beside, check_trusted, identity, obstacle

BUSY_SECONDS = 5.0

_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "fullfsync = ON",  # macOS: fsync alone does not reach the platter
    "checkpoint_fullfsync = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",
)
_READ_FAULTS = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
}


class Database:
    """A pool, so that each connection is used by one thread at a time and none is left behind by a thread."""

    def __init__(self, path: Path) -> None:
        """Raises VaultDamaged if the file is missing, VaultUntrusted, and VaultUnwritable if it is read-only."""
        check_trusted(path)
        # SQLite would open it all the same, and leave side files that stay read-only when the file no longer is
        if reason := obstacle(path):
            raise VaultUnwritable(reason)
        self.path = path
        self._identity = identity(path)
        self._lock = threading.Lock()
        self._free: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view for several statements."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: committed and synced when the block ends, rolled back if it raises.

        Nobody else writes meanwhile. Raises VaultBusy, VaultUnwritable, VaultDamaged.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it, so that no replaced key is left in it.

        What was committed stays committed, so a failure here is not the caller's; SQLite tries again by itself
        when the last connection closes.
        """
        with suppress(VaultError), self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def settle_log(self) -> None:
        """As `checkpoint` for what a killed program left in the log; not while another program is at the file."""
        try:
            left = os.path.getsize(beside(self.path, "-wal")) > 0
        except OSError:
            return
        if left:
            with suppress(VaultError), self._connection() as connection:
                connection.execute("PRAGMA busy_timeout = 0")  # nobody waits at a start for what can wait itself
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def close(self) -> None:
        """A connection in use is closed by its user. Never waits, so it may be called from anywhere."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            yield connection
        except sqlite3.Error as error:
            # after a fault of the file or the disk a connection's own caches are not to be trusted
            connection.close()
            raise translated(error, self.path) from error
        except BaseException:
            self._give_back(connection)
            raise
        self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        if identity(self.path) != self._identity:
            # a counter raised in a file that is no longer the vault would be handed out again
            raise VaultReplaced(self.path)
        with self._lock:
            if self._closed:
                raise VaultClosed
            if self._free:
                return self._free.pop()
        try:
            return connected(self.path)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        except UnicodeDecodeError as error:
            # SQLite quotes a damaged schema in its message, and the sqlite3 module decodes that strictly
            raise VaultDamaged("damaged schema", self.path) from error

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._free.append(connection)
                return
        connection.close()


def connected(path: Path) -> sqlite3.Connection:
    """A connection to an existing file, in autocommit mode, that waits for five seconds for a lock."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",  # never makes an empty file where there is none
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    # a damaged text must not keep its neighbours from being read
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def translated(error: sqlite3.Error, path: Path) -> VaultError:
    """The vault's error for one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return VaultBusy()
        case sqlite3.SQLITE_FULL:
            return VaultUnwritable("ENOSPC")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return VaultUnwritable(obstacle(path) or "EACCES")
        case sqlite3.SQLITE_IOERR if code not in _READ_FAULTS:
            return VaultUnwritable("EIO")
        case _:
            return VaultDamaged(getattr(error, "sqlite_errorname", "unreadable"), path)
