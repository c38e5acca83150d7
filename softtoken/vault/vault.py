"""The open vault: tokens, credentials and counters, each method one transaction."""

import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from softtoken.engine.tokens import CredentialState, ProtectionType, Token
from softtoken.vault import settingrows
from softtoken.vault.cells import Cells
from softtoken.vault.copying import write_copy
from softtoken.vault.database import Database
from softtoken.vault.errors import VaultClosed, WrongSecret
from softtoken.vault.evidence import Evidence
from softtoken.vault.head import read_head
from softtoken.vault.lookup import Lookup
from softtoken.vault.pinwrap import WrappedKey
from softtoken.vault.restore import RestoreWatch
from softtoken.vault.slotrows import delete_slot, read_slots, write_slot
from softtoken.vault.slots import SlotKind, SlotSecret, kind_of, make_slot, open_slot
from softtoken.vault.tables import Tables, open_tables
from softtoken.vault.values import Credential, NewCredential, ServerChoices, TokenList, TokenState, VaultOptions

R = TypeVar("R")
_NEW = TokenState()
_EVERYDAY = frozenset({SlotKind.KEYRING, SlotKind.PASSPHRASE})


def _unchanged(state: CredentialState) -> CredentialState:
    return state


class Vault:
    """Made by create_vault and open_vault. Any thread and any number of processes may call it at once.

    Every method may raise VaultBusy, VaultUnwritable, VaultClosed, and VaultDamaged when what it needs cannot be
    trusted; its row_id tells one damaged row from a damaged file. Methods that name a token or credential raise
    NotStored if there is none. What a method stored is on the disk when it returns.

    Every change first makes sure that the file is the newest that anybody knows of (docs/vault.md, "The head"). One
    that was restored or edited has each managed credential distrusted in the same step, before the change sees it.
    """

    def __init__(self, database: Database, cells: Cells) -> None:
        self._database = database
        self._cells: Cells | None = cells
        self._vault_id = cells.vault_id
        self._watch = RestoreWatch()

    @property
    def vault_id(self) -> str:
        return self._vault_id

    @property
    def path(self) -> Path:
        return self._database.path

    def close(self) -> None:
        """Drop the keys. Later calls raise VaultClosed; one under way in another thread ends normally."""
        self._cells = None
        self._database.close()

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

    def slot_kinds(self) -> tuple[SlotKind, ...]:
        """What opens this vault; damaged slots do not."""
        with self._database.reading() as connection:
            header, _ = read_slots(connection, self.path)
        return header.slot_kinds

    def replace_slot(self, secret: SlotSecret) -> None:
        """Add a slot, or replace the one of its kind: the old secret stops working. Slow for a passphrase.

        ValueError if a passphrase is too short.
        """
        slot = make_slot(self._unlocked().vault_key, self.vault_id, secret)
        with self._writing() as tables:
            write_slot(tables.lookup.connection, slot)
        self._database.checkpoint()

    def protect(self, secrets: Sequence[SlotSecret], remove: SlotKind | None = None) -> None:
        """Replace slots and take one away, in one step: killed or failing anywhere, the old secrets all still open.

        A new recovery secret counts as not confirmed from then on. ValueError as for replace_slot and remove_slot.
        """
        slots = [make_slot(self._unlocked().vault_key, self.vault_id, secret) for secret in secrets]
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
            return hmac.compare_digest(open_slot(slot, secret), self._unlocked().vault_key)
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

    @property
    def recovery_pending(self) -> bool:
        """Nobody has confirmed the recovery code yet. True as well if that note is damaged."""
        with self._reading() as tables:
            return settingrows.recovery_pending(tables.lookup, tables.cells)

    def set_recovery_pending(self, pending: bool) -> None:  # noqa: FBT001 - a setter
        with self._writing() as tables:
            settingrows.set_recovery_pending(tables.lookup, tables.cells, pending=pending)

    def options(self) -> VaultOptions:
        """What was chosen for this device; the defaults if that note is lost or damaged."""
        with self._reading() as tables:
            return settingrows.options(tables.lookup, tables.cells)

    def update_options(self, transition: Callable[[VaultOptions], VaultOptions]) -> None:
        """As `update`, for the options."""
        with self._writing() as tables:
            options = settingrows.options(tables.lookup, tables.cells)
            new = transition(options)
            if new != options:
                settingrows.set_options(tables.lookup, tables.cells, new)

    def server_choices(self) -> ServerChoices:
        """What was chosen about servers; the defaults if that note is lost or damaged."""
        with self._reading() as tables:
            return settingrows.server_choices(tables.lookup, tables.cells)

    def update_server_choices(self, transition: Callable[[ServerChoices], ServerChoices]) -> None:
        """As `update`, for these choices."""
        with self._writing() as tables:
            choices = settingrows.server_choices(tables.lookup, tables.cells)
            new = transition(choices)
            if new != choices:
                settingrows.set_server_choices(tables.lookup, tables.cells, new)

    def tokens(self) -> TokenList:
        """All tokens in the order of adding. An unreadable one is named, and hides no other."""
        with self._reading() as tables:
            return tables.tokens.list()

    def add_token(
        self,
        token: Token,
        credentials: Sequence[NewCredential],
        state: TokenState = _NEW,
        *,
        replaces: Sequence[str] = (),
    ) -> None:
        """All or nothing; the tokens that it replaces go in the same step.

        ValueError if an id is malformed or taken, or the credentials do not fit the token.
        """
        offered = sorted(credential.protection for credential in credentials)
        if not offered or offered != sorted(set(token.protections)) or len(offered) != len(token.protections):
            raise ValueError("a token has exactly one credential for each of its protections")
        with self._writing() as tables:
            for old in replaces:
                tables.tokens.remove(old)
            seq = tables.tokens.add(token, state)
            for credential in credentials:
                tables.credentials.add(token.id, seq, credential)
        self._database.checkpoint()

    def remove_token(self, token_id: str) -> bool:
        """Its credentials go too, overwritten in the file; also if it is damaged. False: no such token."""
        with self._writing() as tables:
            removed = tables.tokens.remove(token_id)
        self._database.checkpoint()
        return removed

    def rename_token(self, token_id: str, issuer: str, name: str) -> None:
        with self._writing() as tables:
            tables.tokens.replace(replace(tables.tokens.get(token_id), issuer=issuer, name=name))

    def credential(self, token_id: str, protection: ProtectionType) -> Credential | None:
        """None if there is no such token, or it has no such protection. One that is lost is VaultDamaged."""
        with self._reading() as tables:
            found = tables.credentials.find(token_id, protection)
            if found is not None or not tables.tokens.exists(token_id):
                return found
            if protection in tables.tokens.get(token_id).protections:
                raise tables.lookup.damaged("credential missing", token_id)
            return None

    def token_state(self, token_id: str) -> TokenState:
        with self._reading() as tables:
            return tables.tokens.state(token_id)

    def update_token(
        self, token_id: str, transition: Callable[[TokenState], TokenState], *, replaces: Sequence[str] = ()
    ) -> None:
        """As `update`, for a token's state; the tokens that it replaces go in the same step, keys and all."""
        with self._writing() as tables:
            state = tables.tokens.state(token_id)
            new = transition(state)
            for old in replaces:
                tables.tokens.remove(old)
            if new != state:
                tables.tokens.set_state(token_id, new)
        if replaces:
            self._database.checkpoint()

    def state(self, credential_id: str) -> CredentialState:
        with self._reading() as tables:
            return tables.credentials.state(credential_id)

    def update(
        self,
        credential_id: str,
        transition: Callable[[CredentialState], tuple[CredentialState, R]],
        *,
        expected: WrappedKey | None = None,
    ) -> R:
        """Read, change and store a credential's state in one step; it is on the disk before this returns.

        transition: pure and quick, since every other writer waits for it; if it raises, all is as it was.
        expected: the key that the state is meant for; NotStored if another program put a different one there meanwhile.
        """
        with self._writing() as tables:
            tables.credentials.require_key(credential_id, expected)
            state = tables.credentials.state(credential_id)
            new, result = transition(state)
            if new != state:
                tables.credentials.set_state(credential_id, new)
        return result

    def replace_key(
        self,
        credential_id: str,
        key: WrappedKey,
        transition: Callable[[CredentialState], CredentialState] = _unchanged,
        *,
        expected: WrappedKey | None = None,
    ) -> None:
        """A new key, and the state that goes with it, in one step. The old wrapping is overwritten in the file.

        expected: the key that it replaces; NotStored if another program put a different one there meanwhile.
        """
        with self._writing() as tables:
            new = transition(tables.credentials.state(credential_id))
            tables.credentials.require_key(credential_id, expected)
            tables.credentials.replace_key(credential_id, key)
            tables.credentials.set_state(credential_id, new)
        self._database.checkpoint()

    def _unlocked(self) -> Cells:
        cells = self._cells
        if cells is None:
            raise VaultClosed
        return cells

    @contextmanager
    def _reading(self) -> Iterator[Tables]:
        # No check here: every code and every PIN try is counted by a change before anything of it is shown, and that
        # change checks. What is only looked at is at worst an older truth.
        cells = self._unlocked()
        with self._database.reading() as connection:
            yield open_tables(Lookup(connection, self.path), cells)

    @contextmanager
    def _writing(self, *, always: bool = False) -> Iterator[Tables]:
        """always: a new generation even if nothing changes."""
        cells = self._unlocked()
        generation = None
        with self._database.writing() as connection:
            tables = open_tables(Lookup(connection, self.path), cells)
            checked = self._watch.check(tables)
            yield tables
            if always or not checked.stands or connection.total_changes != checked.changes:
                generation = self._watch.note(tables, checked)
        if generation is not None:
            self._watch.committed(generation, checked)
