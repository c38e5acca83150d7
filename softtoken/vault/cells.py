"""One sealed cell: where it stands (vault, table, row, column, owner) is authenticated with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from softtoken.secret import Secret
from softtoken.vault.envelope import expand, joined, seal, unseal
from softtoken.vault.errors import VaultClosed

TABLE_FORMAT = "softtoken-table-1"
CELL_FORMAT = "softtoken-cell-1"


class Cells:
    """Seals and opens cells with the vault key, one subkey per table. Holds the keys until it is closed."""

    __slots__ = ("_closed", "_lock", "_subkeys", "_users", "vault_id", "vault_key")

    def __init__(self, vault_id: str, vault_key: Secret) -> None:
        """vault_key: taken over, and cleared by `close`."""
        self.vault_id = vault_id
        self.vault_key = vault_key
        self._subkeys: dict[str, Secret] = {}
        self._lock = threading.Lock()
        self._users, self._closed = 0, False

    @contextmanager
    def in_use(self) -> Iterator[Self]:
        """The keys stay until the block ends, even if another thread closes meanwhile. VaultClosed if one has."""
        with self._lock:
            if self._closed:
                raise VaultClosed
            self._users += 1
        try:
            yield self
        finally:
            with self._lock:
                self._users -= 1
                self._wipe_if_over()

    def close(self) -> None:
        """Overwrite the keys, at once or when the last user is through: nothing is ever sealed with a cleared key."""
        with self._lock:
            self._closed = True
            self._wipe_if_over()

    def seal(self, table: str, row: str, column: str, plaintext: bytes, owner: str = "") -> bytes:
        """row: the row's id. owner: the token's id for a credential, so that it cannot change tokens."""
        return seal(self._subkey(table), plaintext, self._place(table, row, column, owner))

    def unseal(self, table: str, row: str, column: str, sealed: bytes, owner: str = "") -> bytes:
        """Tampered unless it was sealed for this very place."""
        return unseal(self._subkey(table), sealed, self._place(table, row, column, owner))

    def _wipe_if_over(self) -> None:
        if self._closed and not self._users:
            for key in (self.vault_key, *self._subkeys.values()):
                key.wipe()

    def _place(self, table: str, row: str, column: str, owner: str) -> bytes:
        return joined(CELL_FORMAT, self.vault_id, table, row, column, owner)

    def _subkey(self, table: str) -> Secret:
        if table not in self._subkeys:
            self._subkeys[table] = expand(self.vault_key, self.vault_id.encode(), joined(TABLE_FORMAT, table))
        return self._subkeys[table]
