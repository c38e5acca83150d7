"""The one open vault of a run: how it is opened, told to its witness, locked, and deleted."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softtoken.engine.recovery_code import MalformedRecoveryCode, parse_recovery_code
from softtoken.services.events import KeyringProblem, LockKind, Status, VaultCondition
from softtoken.services.holdings import read_holdings
from softtoken.services.provider import note_provider
from softtoken.services.witness import (
    Witness,
    begin_unwitnessed_run,
    begin_witnessed_run,
)
from softtoken.vault.copies import Copies
from softtoken.vault.errors import KeystoreError, VaultDamaged, VaultError, WrongSecret
from softtoken.vault.keystore import Keystore, TimeLimitedKeystore
from softtoken.vault.slots import (
    KeyringSecret,
    PassphraseSecret,
    RecoverySecret,
    SlotKind,
    SlotSecret,
)
from softtoken.vault.store import (
    Vault,
    delete_vault,
    open_vault,
    read_header,
    vault_exists,
)


class VaultAccess:
    """Owns the open vault. What opens it is chosen in vault_making.py."""

    def __init__(
        self, path: Path, keystore: Keystore, before_migration: Callable[[Vault], object] | None = None
    ) -> None:
        self._path = path
        self._copies = Copies(path)
        self._before_migration = before_migration
        self._keystore = keystore
        self._vault: Vault | None = None
        self._witness: Witness | None = None
        self._keeps_nothing = KeyringProblem.NONE
        self._mutex = threading.Lock()  # between what an attempt opened and a lock that came meanwhile
        self._locks = 0
        self._begun = threading.local()

    @property
    def vault(self) -> Vault | None:
        return self._vault

    def begin(self) -> None:
        """Something begins on this thread that may open the vault: from here on a lock keeps it from doing so."""
        self._begun.locks = self._locks

    @property
    def locks(self) -> int:
        """How many locks there were when this thread's attempt began, so that `take` knows of one that came since."""
        return int(getattr(self._begun, "locks", self._locks))

    @property
    def restored(self) -> bool:
        """Was the open vault's file found to be an older one, or edited, since it was opened?"""
        return self._vault is not None and self._vault.restored

    def witness(self) -> Callable[[], None]:
        """Start telling the keyring how far the open vault has come; what is returned waits for it (Witness.begin).

        A vault that the keyring does not open has no witness: nothing is told, and nothing waited for.
        """
        vault, witness = self._vault, self._witness  # once: another thread may close
        if vault is None or witness is None:
            return lambda: None
        return witness.begin(vault)

    def tell(self) -> None:
        """If the open vault changed since its witness was told, tell it; nobody waits for that."""
        vault = self._vault
        if vault is not None and self._witness is not None and vault.news:
            # RuntimeError: no thread to be had; whatever it is, the event's result stands
            with suppress(VaultError, RuntimeError):
                self.witness()

    def start(self, keyring_seconds: int) -> tuple[VaultCondition, KeyringProblem]:
        """Open the vault with the keyring if that is possible without asking a person anything.

        Open and a problem: the keyring could be read and takes nothing. Of an open vault it is asked again.
        """
        if self._vault is not None:
            return VaultCondition.OPEN, self._asked_again()
        self._copies.require_vault()
        if not vault_exists(self._path):
            return VaultCondition.ABSENT, KeyringProblem.NONE
        locks = self.locks
        header = read_header(self._path)
        problem = KeyringProblem.NONE
        if SlotKind.KEYRING in header.slot_kinds:
            opened, problem = self._open_with_keyring(header.vault_id, keyring_seconds, locks)
            if opened:
                return VaultCondition.OPEN, problem
        if SlotKind.PASSPHRASE in header.slot_kinds:
            return VaultCondition.NEEDS_PASSPHRASE, problem
        return VaultCondition.NEEDS_RECOVERY, problem

    def open(self, passphrase: str | None, recovery_code: str | None) -> Status:
        """Unlock with one of the two. OK, WRONG_CREDENTIALS, INVALID_PARAMETER or INVALID_STATE (no vault)."""
        if self._vault is not None:
            return Status.OK
        self._copies.require_vault()
        if not vault_exists(self._path):
            return Status.INVALID_STATE
        locks = self.locks
        secret: SlotSecret
        if passphrase is not None and recovery_code is None:
            secret = PassphraseSecret(passphrase)
        elif recovery_code is not None and passphrase is None:
            try:
                secret = RecoverySecret(parse_recovery_code(recovery_code))
            except MalformedRecoveryCode:
                return Status.INVALID_PARAMETER
        else:
            return Status.INVALID_PARAMETER
        try:
            vault = open_vault(self._path, secret, before_migration=self._before_migration)
        except WrongSecret:
            return Status.WRONG_CREDENTIALS
        with _closed_on_failure(vault):
            begin_unwitnessed_run(vault)
        self.take(vault, locks, by_keyring=False)
        return Status.OK

    def reset(self, keyring_seconds: int = 30) -> None:
        """Delete the copies and the vault, then its keyring item: killed in between, a useless item is left, never a
        useless vault.

        If the file cannot be deleted, the vault stays open. Raises VaultUnwritable, VaultBusy.
        """
        vault_id = self._vault.vault_id if self._vault else self._readable_id()
        if os.name == "nt":  # an open file cannot be deleted there
            self.close()
        # first, so that what is left of a reset that was cut off is never copies that look like a lost vault
        self._copies.forget()
        delete_vault(self._path)
        self.close()
        self._copies.forget()  # what another lane made while the vault was still open
        if vault_id is not None:
            with suppress(KeystoreError):
                TimeLimitedKeystore(self._keystore, keyring_seconds).delete(vault_id)

    def take(
        self, vault: Vault, locks: int, *, by_keyring: bool, keeps_nothing: KeyringProblem = KeyringProblem.NONE
    ) -> None:
        """This is the open vault from now on, and the keyring its witness; closed if there was a lock meanwhile."""
        with self._mutex:
            if locks == self._locks:
                self._vault, self._witness = vault, Witness(self._keystore) if by_keyring else None
                self._keeps_nothing = keeps_nothing
                return
        vault.close()

    def have_witness(self, *, by_keyring: bool) -> bool:
        """What opens the vault is another thing from now on: the keyring, or nothing that could be a witness.

        Was it the keyring before?
        """
        before = self._witness is not None
        self._end_witness()
        self._witness = Witness(self._keystore) if by_keyring else None
        self._keeps_nothing = KeyringProblem.NONE
        return before

    def condition(self) -> VaultCondition:
        """What would open the vault, without touching the keyring. UNREADABLE: nothing does as it is."""
        if self._vault is not None:
            return VaultCondition.OPEN
        try:
            self._copies.require_vault()
            if not vault_exists(self._path):
                return VaultCondition.ABSENT
            kinds = read_header(self._path).slot_kinds
        except VaultError:
            return VaultCondition.UNREADABLE
        return VaultCondition.NEEDS_PASSPHRASE if SlotKind.PASSPHRASE in kinds else VaultCondition.NEEDS_RECOVERY

    def locked_by(self) -> LockKind | None:
        """What would have to open the vault again if it were locked now; None: there is none."""
        if not vault_exists(self._path):
            return None
        try:
            kinds = read_header(self._path).slot_kinds
        except VaultError:  # by what opened it
            return LockKind.SECRET if self._witness is None else LockKind.SCREEN
        by_keyring = SlotKind.KEYRING in kinds and SlotKind.PASSPHRASE not in kinds
        return LockKind.SCREEN if by_keyring else LockKind.SECRET

    def is_broken(self) -> bool:
        """Is a vault open whose file is gone, is another one, or cannot be read any more? One row is no reason."""
        vault = self._vault
        try:
            if vault is not None:
                read_holdings(vault)
        except VaultDamaged as error:
            return error.row_id is None
        except VaultError:
            pass  # busy, or closed meanwhile
        return False

    def lock(self) -> None:
        """As `close`, but the keys go first; and what is being opened meanwhile does not stay open."""
        with self._mutex:
            self._locks += 1
            vault, self._vault = self._vault, None
        if vault is not None:
            vault.close()
        self._end_witness()

    def close(self) -> None:
        """Once this returns, no thread of the witness has the file open."""
        self._end_witness()
        if self._vault is not None:
            self._vault.close()
            self._vault = None

    def _end_witness(self) -> None:
        witness, self._witness = self._witness, None
        if witness is not None:
            witness.end()

    def _readable_id(self) -> str | None:
        """Of the vault, else of its newest whole copy; None if neither tells."""
        try:
            if vault_exists(self._path):
                return read_header(self._path).vault_id
        except VaultError:
            pass
        return next((copy.vault_id for copy in self._copies.find() if copy.whole), None)

    def _open_with_keyring(self, vault_id: str, seconds: int, locks: int) -> tuple[bool, KeyringProblem]:
        """Did it open the vault, and what is the matter with it?"""
        keystore = TimeLimitedKeystore(self._keystore, seconds)
        try:
            device_key = keystore.read(vault_id)
            if device_key is None:
                return False, KeyringProblem.ITEM_MISSING
            vault = open_vault(self._path, KeyringSecret(device_key), before_migration=self._before_migration)
            with _closed_on_failure(vault):
                refused = begin_witnessed_run(vault, keystore)
        except KeystoreError as error:
            return False, KeyringProblem(error.problem.value)
        except WrongSecret:
            return False, KeyringProblem.ITEM_MISSING
        problem = KeyringProblem.NONE if refused is None else KeyringProblem(refused.value)
        if problem is KeyringProblem.NONE:
            note_provider(self._path, vault, device_key, keystore)
        self.take(vault, locks, by_keyring=True, keeps_nothing=problem)
        return True, problem

    def _asked_again(self) -> KeyringProblem:
        """Does the keyring, which took nothing when the vault was opened, take something now?"""
        if self._keeps_nothing is not KeyringProblem.NONE:
            try:
                self.witness()()
                self._keeps_nothing = KeyringProblem.NONE
            except KeystoreError as error:
                self._keeps_nothing = KeyringProblem(error.problem.value)
            except VaultError:
                pass  # busy, or broken: whoever wants something of it is told
        return self._keeps_nothing


@contextmanager
def _closed_on_failure(vault: Vault) -> Iterator[None]:
    try:
        yield
    except BaseException:
        vault.close()
        raise
