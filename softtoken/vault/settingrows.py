"""The setting table: sealed notes about the vault as a whole."""

from softtoken.vault import rows
from softtoken.vault.cells import Cells
from softtoken.vault.envelope import Tampered
from softtoken.vault.lookup import Lookup

_TABLE = "setting"
_RECOVERY_PENDING = "recovery_pending"


def recovery_pending(lookup: Lookup, cells: Cells) -> bool:
    """Has nobody confirmed the recovery code yet? A lost or damaged note confirms nothing: True."""
    found = lookup.all("SELECT 0, name, '', body FROM setting WHERE name = ?", _RECOVERY_PENDING)
    try:
        return rows.decode_flag(cells.unseal(_TABLE, _RECOVERY_PENDING, "body", found[0].cell))
    except (IndexError, Tampered, TypeError, ValueError):
        return True


def set_recovery_pending(lookup: Lookup, cells: Cells, *, pending: bool) -> None:
    body = cells.seal(_TABLE, _RECOVERY_PENDING, "body", rows.encode_flag(value=pending))
    sql = "INSERT OR REPLACE INTO setting (name, body) VALUES (?, ?)"
    lookup.connection.execute(sql, (_RECOVERY_PENDING, body))
