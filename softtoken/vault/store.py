"""Vault files: making, opening, recognising and deleting them; the vault's front door."""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from secrets import token_bytes, token_hex

from softtoken.secret import Secret
from softtoken.vault import schema
from softtoken.vault.auditrows import AuditRows
from softtoken.vault.cells import Cells
from softtoken.vault.database import Database, connected, translated
from softtoken.vault.envelope import KEY_BYTES
from softtoken.vault.errors import VaultDamaged, VaultExists, WrongSecret
from softtoken.vault.files import discard, disk_faults, publish, temporary_file
from softtoken.vault.head import write_head
from softtoken.vault.lookup import Lookup, check_id, is_id
from softtoken.vault.settingrows import set_recovery_pending
from softtoken.vault.slotrows import read_slots, write_slot
from softtoken.vault.slots import Slot, SlotKind, SlotSecret, kind_of, make_slot, open_slot
from softtoken.vault.values import (
    Credential,
    NewCredential,
    PendingActivation,
    ServerChoices,
    TokenList,
    TokenState,
    VaultHeader,
    VaultOptions,
)
from softtoken.vault.vault import Vault

__all__ = [
    "Credential",
    "NewCredential",
    "PendingActivation",
    "ServerChoices",
    "TokenList",
    "TokenState",
    "Vault",
    "VaultHeader",
    "VaultOptions",
    "create_vault",
    "credential_ids",
    "delete_vault",
    "new_id",
    "open_vault",
    "read_header",
    "vault_exists",
]


def new_id() -> str:
    """An id for a vault, a token or a credential: 16 random bytes, hexadecimal."""
    return token_hex(16)


def vault_exists(path: Path) -> bool:
    """Is anything there, readable or not? Nothing of ours is ever made over it."""
    return os.path.lexists(path)


def read_header(path: Path) -> VaultHeader:
    """What a vault says without any key.

    Raises VaultDamaged, VaultUntrusted, VaultTooNew, VaultBusy, VaultUnwritable.
    """
    with closing(Database(path)) as database:
        _, header, _ = _checked(database)
    return header


def credential_ids(path: Path) -> tuple[str, ...]:
    """Of all credentials, as the file names them without any key: whoever could write it may have made them up, so
    good for forgetting what is kept under them and for nothing else. Raises as read_header.
    """
    with closing(Database(path)) as database, database.reading() as connection:
        schema.check(connection, path)
        found = connection.execute("SELECT id FROM credential").fetchall()
    return tuple(name for (name,) in found if isinstance(name, str) and is_id(name))


def create_vault(path: Path, vault_id: str, secrets: Sequence[SlotSecret], *, recovery_pending: bool = True) -> Vault:
    """Make a vault that these secrets open, one of a kind each; readable by its owner only.

    It appears complete and durable or not at all, wherever the program is killed. Slow with a passphrase.
    Raises VaultExists, VaultUnwritable, VaultBusy; VaultUntrusted if the folder is not trusted; ValueError for
    no secret, two of a kind, a passphrase too short or a malformed id.
    """
    check_id(vault_id)
    if not secrets or len({kind_of(secret) for secret in secrets}) != len(secrets):
        raise ValueError("one secret of a kind, and at least one")
    if vault_exists(path):
        raise VaultExists
    cells = Cells(vault_id, Secret(token_bytes(KEY_BYTES)))
    slots = [make_slot(cells.vault_key, vault_id, secret) for secret in secrets]
    with disk_faults(), temporary_file(path) as temporary:
        _build(temporary, cells, slots, recovery_pending=recovery_pending)
        publish(temporary, path)
    return Vault(Database(path), cells)


def open_vault(path: Path, secret: SlotSecret, *, before_migration: Callable[[Vault], object] | None = None) -> Vault:
    """Raises WrongSecret, VaultDamaged, VaultUntrusted, VaultTooNew, VaultBusy, VaultUnwritable. Slow for a passphrase.

    before_migration: called with a file of an older format, which may only be copied then.
    """
    database = Database(path)
    try:
        version, header, slots = _checked(database)
        cells = Cells(header.vault_id, open_slot(_slot_for(secret, header, slots, path), secret))
        if version < schema.VERSION:
            if before_migration is not None:
                before_migration(Vault(database, cells))
            with database.writing() as connection:
                schema.migrate(connection, cells)
        # a program that was killed may have left a replaced secret in the file, and what replaced it in the log alone
        database.settle_log()
    except BaseException:
        database.close()
        raise
    return Vault(database, cells)


def delete_vault(path: Path) -> None:
    """Delete it with its side files; a missing one is fine. Raises VaultUnwritable, VaultBusy."""
    if path.parent.is_dir():
        with disk_faults():
            discard(path)


def _checked(database: Database) -> tuple[int, VaultHeader, dict[SlotKind, Slot]]:
    with database.reading() as connection:
        version = schema.check(connection, database.path)
        return version, *read_slots(connection, database.path)


def _slot_for(secret: SlotSecret, header: VaultHeader, slots: Mapping[SlotKind, Slot], path: Path) -> Slot:
    slot = slots.get(kind_of(secret))
    if slot is not None:
        return slot
    # the damaged one may be the one that this secret opens: it must not pass for a wrong secret
    raise VaultDamaged("unreadable slot", path) if header.damaged_slots else WrongSecret


def _build(temporary: Path, cells: Cells, slots: Sequence[Slot], *, recovery_pending: bool) -> None:
    try:
        with closing(connected(temporary)) as connection:
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            schema.build(connection)
            for slot in slots:
                write_slot(connection, slot)
            set_recovery_pending(Lookup(connection, temporary), cells, pending=recovery_pending)
            AuditRows(connection, cells).begin()
            write_head(connection, cells, 0, witnessed=False)
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise translated(error, temporary) from error
