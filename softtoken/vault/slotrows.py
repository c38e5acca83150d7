"""The slot table: the only part of the file that is read without a key."""

import sqlite3
from pathlib import Path

from softtoken.vault.envelope import Tampered
from softtoken.vault.errors import VaultDamaged
from softtoken.vault.slots import Slot, SlotKind, read_slot_header
from softtoken.vault.values import VaultHeader


def read_slots(connection: sqlite3.Connection, path: Path) -> tuple[VaultHeader, dict[SlotKind, Slot]]:
    """The header and the intact slots. VaultDamaged if none is, or if they are of different vaults."""
    slots: dict[SlotKind, Slot] = {}
    vault_ids: set[str] = set()
    damaged = 0
    provider: str | None = None
    for kind, header, wrapped, digest in connection.execute("SELECT kind, header, wrapped, digest FROM slot"):
        try:
            slot = Slot(SlotKind(kind), header, wrapped, digest)
            read = read_slot_header(slot)
            vault_ids.add(read.vault)
        except (Tampered, ValueError, TypeError):
            damaged += 1
        else:
            slots[slot.kind] = slot
            provider = read.provider or provider
    if len(vault_ids) != 1:
        raise VaultDamaged("slots of different vaults" if vault_ids else "no readable slot", path)
    kinds = tuple(kind for kind in SlotKind if kind in slots)
    return VaultHeader(vault_ids.pop(), kinds, damaged, provider), slots


def write_slot(connection: sqlite3.Connection, slot: Slot) -> None:
    """Add it, or replace the one of its kind."""
    connection.execute(
        "INSERT OR REPLACE INTO slot (kind, header, wrapped, digest) VALUES (?, ?, ?, ?)",
        (slot.kind.value, slot.header, slot.wrapped, slot.digest),
    )


def delete_slot(connection: sqlite3.Connection, kind: SlotKind) -> None:
    connection.execute("DELETE FROM slot WHERE kind = ?", (kind.value,))
