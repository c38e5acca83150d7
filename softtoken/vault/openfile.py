"""An open vault's file and keys, and its two kinds of transaction; each room of the vault stands on this."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from softtoken.vault.cells import Cells
from softtoken.vault.database import Database
from softtoken.vault.lookup import Lookup
from softtoken.vault.restore import RestoreWatch
from softtoken.vault.tables import Tables, open_tables


class OpenFile:
    """Any thread may call it. For the rooms of `Vault` only, which says what they may raise."""

    def __init__(self, database: Database, cells: Cells) -> None:
        self._database = database
        self._cells = cells
        self._vault_id = cells.vault_id
        self._watch = RestoreWatch()

    @property
    def vault_id(self) -> str:
        return self._vault_id

    @property
    def path(self) -> Path:
        return self._database.path

    def close(self) -> None:
        """Clear the keys. Later calls raise VaultClosed, and so does one that still waits for the file.

        One that has it in another thread ends normally.
        """
        self._cells.close()
        self._database.close()

    @contextmanager
    def _reading(self) -> Iterator[Tables]:
        # No check here: every code and every PIN try is counted by a change before anything of it is shown, and that
        # change checks. What is only looked at is at worst an older truth.
        with self._database.reading() as connection, self._cells.in_use() as cells:
            yield open_tables(Lookup(connection, self.path), cells)

    @contextmanager
    def _writing(self, *, always: bool = False) -> Iterator[Tables]:
        """always: a new generation even if nothing changes."""
        generation = None
        # the file first: another program may keep it for seconds, and no key stays for who waits
        with self._database.writing() as connection, self._cells.in_use() as cells:
            tables = open_tables(Lookup(connection, self.path), cells)
            checked = self._watch.check(tables)
            yield tables
            if always or not checked.stands or connection.total_changes != checked.changes:
                generation = self._watch.note(tables, checked)
        if generation is not None:
            self._watch.committed(generation, checked)
