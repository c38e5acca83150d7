"""The credential table: wrapped keys, and the counters that change with use."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from softtoken.engine.tokens import CredentialState, ProtectionType
from softtoken.vault import rows
from softtoken.vault.cells import Cells
from softtoken.vault.errors import NotStored, VaultDamaged
from softtoken.vault.lookup import Found, Lookup, check_id
from softtoken.vault.pinwrap import WrappedKey
from softtoken.vault.values import Credential, NewCredential

_TABLE = "credential"
# LEFT JOIN: the owner is NULL, and so the row unreadable, when its token is gone
_BODIES = """SELECT c.seq, c.id, t.id, c.body
    FROM credential c JOIN token t ON t.seq = c.token WHERE t.id = ?"""
_BODY = """SELECT c.seq, c.id, t.id, c.body
    FROM credential c LEFT JOIN token t ON t.seq = c.token WHERE c.id = ?"""
_STATES = """SELECT c.seq, c.id, t.id, c.state
    FROM credential c JOIN token t ON t.seq = c.token WHERE t.id = ?"""
_STATE = """SELECT c.seq, c.id, t.id, c.state
    FROM credential c LEFT JOIN token t ON t.seq = c.token WHERE c.id = ?"""


class CredentialRows:
    """Raises NotStored, and VaultDamaged for a row that is not as it was written."""

    def __init__(self, lookup: Lookup, cells: Cells) -> None:
        self._lookup = lookup
        self._cells = cells

    def add(self, token_id: str, token_seq: int, credential: NewCredential) -> None:
        """ValueError if the id is malformed or taken."""
        check_id(credential.id)
        if self._lookup.exists("SELECT 1 FROM credential WHERE id = ?", credential.id):
            raise ValueError("credential id is taken")
        self._lookup.connection.execute(
            "INSERT INTO credential (id, token, body, state) VALUES (?, ?, ?, ?)",
            (
                credential.id,
                token_seq,
                self._body(credential.id, token_id, credential.protection, credential.key),
                self._state(credential.id, token_id, credential.state),
            ),
        )

    def find(self, token_id: str, protection: ProtectionType) -> Credential | None:
        """The token's credential of that protection, None if there is none.

        VaultDamaged if there are two, or none while a row that it might be cannot be read.
        """
        matching: list[Credential] = []
        unreadable = 0
        for row in self._lookup.all(_BODIES, token_id):
            try:
                credential = self._lookup.read(row, self._decode)
            except VaultDamaged:
                unreadable += 1
            else:
                if credential.protection is protection:
                    matching.append(credential)
        if len(matching) > 1 or (unreadable and not matching):
            raise self._lookup.damaged("unreadable credential", token_id)
        return matching[0] if matching else None

    def require_key(self, credential_id: str, expected: WrappedKey | None) -> None:
        """NotStored if another key is there; None expects nothing."""
        if expected is None:
            return
        row = self._lookup.one(_TABLE, credential_id, _BODY)
        if self._lookup.read(row, self._decode).key != expected:
            raise NotStored(_TABLE, credential_id)

    def replace_key(self, credential_id: str, key: WrappedKey) -> None:
        row = self._lookup.one(_TABLE, credential_id, _BODY)
        body = self._body(row.id, row.owner, self._lookup.read(row, self._decode).protection, key)
        self._lookup.connection.execute("UPDATE credential SET body = ? WHERE seq = ?", (body, row.seq))

    def state(self, credential_id: str) -> CredentialState:
        return self._lookup.read(self._lookup.one(_TABLE, credential_id, _STATE), self._decode_state)

    def set_state(self, credential_id: str, state: CredentialState) -> None:
        self._set(self._lookup.one(_TABLE, credential_id, _STATE), state)

    def readable_states(self, token_id: str) -> Iterator[tuple[str, CredentialState]]:
        """Of each of the token's credentials the id and the state, without those that cannot be read."""
        for row in self._lookup.all(_STATES, token_id):
            with suppress(VaultDamaged):
                yield row.id, self._lookup.read(row, self._decode_state)

    def change_readable(self, token_id: str, change: Callable[[str, CredentialState], CredentialState]) -> None:
        """Change the state of each of the token's credentials; one that cannot be read stays as it is."""
        for row in self._lookup.all(_STATES, token_id):
            with suppress(VaultDamaged):
                self._set(row, change(row.id, self._lookup.read(row, self._decode_state)))

    def _set(self, row: Found, state: CredentialState) -> None:
        cell = self._state(row.id, row.owner, state)
        self._lookup.connection.execute("UPDATE credential SET state = ? WHERE seq = ?", (cell, row.seq))

    def _body(self, row_id: str, owner: str, protection: ProtectionType, key: WrappedKey) -> bytes:
        return self._cells.seal(_TABLE, row_id, "body", rows.encode_credential(protection, key), owner)

    def _state(self, row_id: str, owner: str, state: CredentialState) -> bytes:
        return self._cells.seal(_TABLE, row_id, "state", rows.encode_state(state), owner)

    def _decode(self, row: Found) -> Credential:
        body = self._cells.unseal(_TABLE, row.id, "body", row.cell, row.owner)
        protection, key = rows.decode_credential(body)
        return Credential(row.id, row.owner, protection, key)

    def _decode_state(self, row: Found) -> CredentialState:
        return rows.decode_state(self._cells.unseal(_TABLE, row.id, "state", row.cell, row.owner))
