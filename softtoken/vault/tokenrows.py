"""The token table: what may be shown of a token, and the part of it that changes with use."""

from collections import Counter

from softtoken.engine.tokens import Token
from softtoken.vault import rows
from softtoken.vault.cells import Cells
from softtoken.vault.errors import VaultDamaged
from softtoken.vault.lookup import Found, Lookup, check_id
from softtoken.vault.values import TokenList, TokenState

_TABLE = "token"
_BODIES = "SELECT seq, CAST(id AS TEXT), '', body FROM token ORDER BY seq"
_BODY = "SELECT seq, id, '', body FROM token WHERE id = ?"
_STATE = "SELECT seq, id, '', state FROM token WHERE id = ?"


class TokenRows:
    """Raises NotStored, and VaultDamaged for a row that is not as it was written."""

    def __init__(self, lookup: Lookup, cells: Cells) -> None:
        self._lookup = lookup
        self._cells = cells

    def list(self) -> TokenList:
        """Every readable token in the order of adding, and the ids of the others."""
        found = self._lookup.all(_BODIES)
        count = Counter(row.id for row in found)
        good: list[Token] = []
        damaged: dict[str, None] = {}
        for row in found:
            try:
                token = self._lookup.read(row, self._decode)
            except VaultDamaged:
                damaged[row.id] = None
            else:
                if count[row.id] == 1:
                    good.append(token)
                else:
                    damaged[row.id] = None
        return TokenList(tuple(good), tuple(damaged))

    def exists(self, token_id: str) -> bool:
        return self._lookup.exists("SELECT 1 FROM token WHERE id = ?", token_id)

    def get(self, token_id: str) -> Token:
        return self._lookup.read(self._lookup.one(_TABLE, token_id, _BODY), self._decode)

    def add(self, token: Token, state: TokenState) -> int:
        """The new row's number. ValueError if the id is malformed or taken."""
        check_id(token.id)
        if self.exists(token.id):
            raise ValueError("token id is taken")
        cursor = self._lookup.connection.execute(
            "INSERT INTO token (id, body, state) VALUES (?, ?, ?)",
            (token.id, self._body(token), self._state(token.id, state)),
        )
        return int(cursor.lastrowid or 0)

    def replace(self, token: Token) -> None:
        row = self._lookup.one(_TABLE, token.id, _BODY)
        self._lookup.connection.execute("UPDATE token SET body = ? WHERE seq = ?", (self._body(token), row.seq))

    def remove(self, token_id: str) -> bool:
        """Its credentials go with it. False if there is none."""
        cursor = self._lookup.connection.execute("DELETE FROM token WHERE id = ?", (token_id,))
        return cursor.rowcount > 0

    def state(self, token_id: str) -> TokenState:
        return self._lookup.read(self._lookup.one(_TABLE, token_id, _STATE), self._decode_state)

    def set_state(self, token_id: str, state: TokenState) -> None:
        row = self._lookup.one(_TABLE, token_id, _STATE)
        cell = self._state(token_id, state)
        self._lookup.connection.execute("UPDATE token SET state = ? WHERE seq = ?", (cell, row.seq))

    def _body(self, token: Token) -> bytes:
        return self._cells.seal(_TABLE, token.id, "body", rows.encode_token(token))

    def _state(self, token_id: str, state: TokenState) -> bytes:
        return self._cells.seal(_TABLE, token_id, "state", rows.encode_token_state(state))

    def _decode(self, row: Found) -> Token:
        return rows.decode_token(self._cells.unseal(_TABLE, row.id, "body", row.cell), row.id)

    def _decode_state(self, row: Found) -> TokenState:
        return rows.decode_token_state(self._cells.unseal(_TABLE, row.id, "state", row.cell))
