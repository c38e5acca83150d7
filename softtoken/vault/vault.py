"""The open vault: tokens, credentials and counters, each method one transaction."""

from pathlib import Path

from softtoken.vault.auditkeeping import AuditKeeping
from softtoken.vault.copying import write_copy
from softtoken.vault.credentialkeeping import CredentialKeeping
from softtoken.vault.evidence import Evidence
from softtoken.vault.head import read_head
from softtoken.vault.settingkeeping import SettingKeeping
from softtoken.vault.slotkeeping import SlotKeeping
from softtoken.vault.tokenkeeping import TokenKeeping


class Vault(SlotKeeping, SettingKeeping, TokenKeeping, CredentialKeeping, AuditKeeping):
    """Made by create_vault and open_vault. Any thread and any number of processes may call it at once.

    Every method may raise VaultBusy, VaultUnwritable, VaultClosed, and VaultDamaged when what it needs cannot be
    trusted; its row_id tells one damaged row from a damaged file. Methods that name a token or credential raise
    NotStored if there is none. What a method stored is on the disk when it returns.

    Every change first makes sure that the file is the newest that anybody knows of (docs/vault.md, "The head"). One
    that was restored or edited has each managed credential distrusted in the same step, before the change sees it.
    """

    @property
    def restored(self) -> bool:
        """Was a restored or edited file found since this object was made? It was dealt with then."""
        return self._watch.restored

    @property
    def witnessed(self) -> bool:
        """Was this vault's generation ever told to a witness outside the file? False as well if the head is damaged."""
        with self._reading() as tables:
            head = read_head(tables.lookup.connection, tables.cells)
        return head is not None and head.witnessed

    def generation(self) -> int:
        """How often the vault was changed. With a damaged head the highest that this object knows."""
        with self._reading() as tables:
            head = read_head(tables.lookup.connection, tables.cells)
        return self._watch.last.generation if head is None else head.generation

    def evidence(self) -> Evidence:
        """How far the file has come, for a witness outside it; what was last known of one that does not stand."""
        with self._reading() as tables:
            return self._watch.evidence(tables)

    @property
    def news(self) -> bool:
        """Did this object change anything since it last gave `evidence`?"""
        return self._watch.news

    def begin_run(self, least: Evidence | None) -> None:
        """Check the file once, and raise its generation.

        least: what a witness outside the file knows, read from it before this call; a file of a lower generation is a
        restored one. None: there is no witness, so that an old copy of the whole file passes. Where the write fails,
        the next one checks against `least`.
        """
        if least is not None:
            self._watch.told(least)
        with self._writing(always=True):
            pass

    def write_copy(self, target: Path) -> None:
        """A verified copy of the whole file, in an empty file. VaultDamaged if not everything in it can be read."""
        with self._reading() as tables:
            write_copy(tables, target)
