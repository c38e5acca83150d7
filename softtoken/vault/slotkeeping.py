"""What opens the vault: its slots, looked at and replaced."""

import hmac
from collections.abc import Sequence

from softtoken.vault import settingrows
from softtoken.vault.errors import WrongSecret
from softtoken.vault.openfile import OpenFile
from softtoken.vault.slotrows import delete_slot, read_slots, write_slot
from softtoken.vault.slots import SlotKind, SlotSecret, kind_of, make_slot, open_slot

_EVERYDAY = frozenset({SlotKind.KEYRING, SlotKind.PASSPHRASE})


class SlotKeeping(OpenFile):
    """The vault's slots; at no moment is there none that opens it every day."""

    def slot_kinds(self) -> tuple[SlotKind, ...]:
        """What opens this vault; damaged slots do not."""
        with self._database.reading() as connection:
            header, _ = read_slots(connection, self.path)
        return header.slot_kinds

    def replace_slot(self, secret: SlotSecret) -> None:
        """Add a slot, or replace the one of its kind: the old secret stops working. Slow for a passphrase.

        ValueError if a passphrase is too short.
        """
        with self._cells.in_use() as cells:
            slot = make_slot(cells.vault_key, self.vault_id, secret)
        with self._writing() as tables:
            write_slot(tables.lookup.connection, slot)
        self._database.checkpoint()

    def protect(self, secrets: Sequence[SlotSecret], remove: SlotKind | None = None) -> None:
        """Replace slots and take one away, in one step: killed or failing anywhere, the old secrets all still open.

        A new recovery secret counts as not confirmed from then on. ValueError as for replace_slot and remove_slot.
        """
        with self._cells.in_use() as cells:
            slots = [make_slot(cells.vault_key, self.vault_id, secret) for secret in secrets]
        with self._writing() as tables:
            connection = tables.lookup.connection
            for slot in slots:
                write_slot(connection, slot)
            if remove is not None:
                delete_slot(connection, remove)
            header, _ = read_slots(connection, self.path)
            if not _EVERYDAY & set(header.slot_kinds):
                raise ValueError("an everyday slot stays")
            if any(slot.kind is SlotKind.RECOVERY for slot in slots):
                settingrows.set_recovery_pending(tables.lookup, tables.cells, pending=True)
        self._database.checkpoint()

    def opens_with(self, secret: SlotSecret) -> bool:
        """Would this secret open the slot of its kind?"""
        with self._database.reading() as connection:
            _, slots = read_slots(connection, self.path)
        slot = slots.get(kind_of(secret))
        if slot is None:
            return False
        try:
            with self._cells.in_use() as cells:
                return hmac.compare_digest(open_slot(slot, secret), cells.vault_key)
        except WrongSecret:
            return False

    def remove_slot(self, kind: SlotKind) -> None:
        """That secret stops working. ValueError for the last everyday slot; no slot of the kind is fine."""
        with self._writing() as tables:
            connection = tables.lookup.connection
            header, _ = read_slots(connection, self.path)
            if kind in _EVERYDAY and not _EVERYDAY & set(header.slot_kinds) - {kind}:
                raise ValueError("the last everyday slot stays")
            delete_slot(connection, kind)
        self._database.checkpoint()
