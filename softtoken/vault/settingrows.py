"""The setting table: sealed notes about the vault as a whole."""

from collections.abc import Callable
from typing import TypeVar

from softtoken.vault import rows
from softtoken.vault.cells import Cells
from softtoken.vault.envelope import Tampered
from softtoken.vault.lookup import Lookup
from softtoken.vault.values import ServerChoices, VaultOptions

_TABLE = "setting"
_RECOVERY_PENDING = "recovery_pending"
_OPTIONS = "options"
_SERVER_CHOICES = "server_choices"
_SYSTEM_LOG = "system_log"
_T = TypeVar("_T")


def recovery_pending(lookup: Lookup, cells: Cells) -> bool:
    """Has nobody confirmed the recovery code yet? A lost or damaged note confirms nothing: True."""
    return _read(lookup, cells, _RECOVERY_PENDING, rows.decode_flag, lost=True)


def set_recovery_pending(lookup: Lookup, cells: Cells, *, pending: bool) -> None:
    _write(lookup, cells, _RECOVERY_PENDING, rows.encode_flag(value=pending))


def options(lookup: Lookup, cells: Cells) -> VaultOptions:
    """A lost or damaged note gives the defaults."""
    return _read(lookup, cells, _OPTIONS, rows.decode_options, lost=VaultOptions())


def set_options(lookup: Lookup, cells: Cells, new: VaultOptions) -> None:
    _write(lookup, cells, _OPTIONS, rows.encode_options(new))


def server_choices(lookup: Lookup, cells: Cells) -> ServerChoices:
    """As `options`; a setting of its own, which older programs pass over."""
    return _read(lookup, cells, _SERVER_CHOICES, rows.decode_server_choices, lost=ServerChoices())


def set_server_choices(lookup: Lookup, cells: Cells, new: ServerChoices) -> None:
    _write(lookup, cells, _SERVER_CHOICES, rows.encode_server_choices(new))


def system_log(lookup: Lookup, cells: Cells) -> bool:
    """Shall the system's log be told of each entry of the audit trail? A lost or damaged note: no."""
    return _read(lookup, cells, _SYSTEM_LOG, rows.decode_flag, lost=False)


def set_system_log(lookup: Lookup, cells: Cells, *, enabled: bool) -> None:
    _write(lookup, cells, _SYSTEM_LOG, rows.encode_flag(value=enabled))


def _read(lookup: Lookup, cells: Cells, name: str, decode: Callable[[bytes], _T], *, lost: _T) -> _T:
    found = lookup.all("SELECT 0, name, '', body FROM setting WHERE name = ?", name)
    try:
        return decode(cells.unseal(_TABLE, name, "body", found[0].cell))
    except (IndexError, Tampered, TypeError, ValueError):
        return lost


def _write(lookup: Lookup, cells: Cells, name: str, plaintext: bytes) -> None:
    body = cells.seal(_TABLE, name, "body", plaintext)
    lookup.connection.execute("INSERT OR REPLACE INTO setting (name, body) VALUES (?, ?)", (name, body))
