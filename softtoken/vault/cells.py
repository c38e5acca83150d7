"""One sealed cell: where it stands (vault, table, row, column, owner) is authenticated with it."""

from softtoken.vault.envelope import expand, joined, seal, unseal

TABLE_FORMAT = "softtoken-table-1"
CELL_FORMAT = "softtoken-cell-1"


class Cells:
    """Seals and opens cells with the vault key, one subkey per table. Holds the key while it lives."""

    __slots__ = ("_subkeys", "vault_id", "vault_key")

    def __init__(self, vault_id: str, vault_key: bytes) -> None:
        self.vault_id = vault_id
        self.vault_key = vault_key
        self._subkeys: dict[str, bytes] = {}

    def seal(self, table: str, row: str, column: str, plaintext: bytes, owner: str = "") -> bytes:
        """row: the row's id. owner: the token's id for a credential, so that it cannot change tokens."""
        return seal(self._subkey(table), plaintext, self._place(table, row, column, owner))

    def unseal(self, table: str, row: str, column: str, sealed: bytes, owner: str = "") -> bytes:
        """Tampered unless it was sealed for this very place."""
        return unseal(self._subkey(table), sealed, self._place(table, row, column, owner))

    def _place(self, table: str, row: str, column: str, owner: str) -> bytes:
        return joined(CELL_FORMAT, self.vault_id, table, row, column, owner)

    def _subkey(self, table: str) -> bytes:
        if table not in self._subkeys:
            self._subkeys[table] = expand(self.vault_key, self.vault_id.encode(), joined(TABLE_FORMAT, table))
        return self._subkeys[table]
