"""How the vault is made, opened, protected anew and deleted."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softtoken.engine.recovery_code import MalformedRecoveryCode, format_recovery_code, parse_recovery_code
from softtoken.services.events import CreateVaultResult, KeyringProblem, LockKind, Status, VaultCondition
from softtoken.services.holdings import read_holdings
from softtoken.services.witness import (
    Witness,
    begin_unwitnessed_run,
    begin_witnessed_run,
    take_as_witness,
)
from softtoken.vault.copies import Copies
from softtoken.vault.errors import KeystoreError, VaultDamaged, VaultError, WrongSecret
from softtoken.vault.evidence import Evidence
from softtoken.vault.keystore import Keystore, TimeLimitedKeystore
from softtoken.vault.slots import (
    KeyringSecret,
    PassphraseSecret,
    RecoverySecret,
    SlotKind,
    SlotSecret,
    check_passphrase,
    new_device_key,
    new_recovery_secret,
)
from softtoken.vault.store import (
    Vault,
    create_vault,
    delete_vault,
    new_id,
    open_vault,
    read_header,
    vault_exists,
)


class VaultAccess:
    """Owns the one open vault of a run and the keyring item that opens it."""

    def __init__(
        self, path: Path, keystore: Keystore, before_migration: Callable[[Vault], object] | None = None
    ) -> None:
        self._path = path
        self._copies = Copies(path)
        self._before_migration = before_migration
        self._keystore = keystore
        self._vault: Vault | None = None
        self._witness: Witness | None = None
        # one for the whole run: an attempt that the keyring answers late stores the same key as the next attempt
        self._device_key = new_device_key()
        self._mutex = threading.Lock()  # between what an attempt opened and a lock that came meanwhile
        self._locks = 0

    @property
    def vault(self) -> Vault | None:
        return self._vault

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
        """Open the vault with the keyring if that is possible without asking a person anything."""
        if self._vault is not None:
            return VaultCondition.OPEN, KeyringProblem.NONE
        self._copies.require_vault()
        if not vault_exists(self._path):
            return VaultCondition.ABSENT, KeyringProblem.NONE
        locks = self._locks
        header = read_header(self._path)
        problem = KeyringProblem.NONE
        if SlotKind.KEYRING in header.slot_kinds:
            problem = self._open_with_keyring(header.vault_id, keyring_seconds, locks)
            if problem is KeyringProblem.NONE:
                return VaultCondition.OPEN, problem
        if SlotKind.PASSPHRASE in header.slot_kinds:
            return VaultCondition.NEEDS_PASSPHRASE, problem
        return VaultCondition.NEEDS_RECOVERY, problem

    def create(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Make the vault; nothing is stored unless the keyring kept its key or a passphrase was given.

        Raises VaultMissing where one was lost.
        """
        self._copies.require_vault()
        if self._vault is not None or vault_exists(self._path):
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        if passphrase is not None and not check_passphrase(passphrase):
            return CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
        locks = self._locks
        vault_id, recovery = new_id(), new_recovery_secret()  # a late answer of the keyring finds a new name each time
        keystore = TimeLimitedKeystore(self._keystore, keyring_seconds)
        everyday: SlotSecret = PassphraseSecret(passphrase or "")
        if passphrase is None:
            everyday = KeyringSecret(new_device_key(), _name_of(keystore))
        if isinstance(everyday, KeyringSecret):
            try:
                # before there is a file, so that a crash never leaves one whose generation seems to be taken away
                keystore.write_evidence(vault_id, Evidence(0))
                keystore.write(vault_id, everyday.device_key)
            except KeystoreError as error:
                return _refused_by_keyring(error)
        try:
            vault = create_vault(self._path, vault_id, [everyday, recovery])
        except BaseException:
            if isinstance(everyday, KeyringSecret):
                with suppress(KeystoreError):
                    keystore.delete(vault_id)
            raise
        if isinstance(everyday, KeyringSecret):
            with suppress(KeystoreError):  # there is a vault now, and its recovery code has to be shown
                begin_witnessed_run(vault, keystore)
        self._take(vault, Witness(self._keystore) if isinstance(everyday, KeyringSecret) else None, locks)
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def protect(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Give the open vault a new everyday key and a new recovery code, in one step; the old ones stop working.

        A keyring item that opens the vault is kept: overwriting it first could leave a vault that nothing opens.
        """
        if (vault := self._vault) is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        if passphrase is not None and not check_passphrase(passphrase):
            return CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()
        if passphrase is not None:
            vault.protect([PassphraseSecret(passphrase), recovery], remove=SlotKind.KEYRING)
            self._end_witness()
            return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))
        everyday: list[SlotSecret] = []
        keystore = TimeLimitedKeystore(self._keystore, keyring_seconds)
        opens = _keyring_opens(vault, keystore)
        try:
            take_as_witness(vault, keystore)
            if not opens:
                keystore.write(vault.vault_id, self._device_key)
                everyday = [KeyringSecret(self._device_key, _name_of(keystore))]
        except KeystoreError as error:
            return _refused_by_keyring(error)
        vault.protect([*everyday, recovery], remove=SlotKind.PASSPHRASE)
        self._witness = Witness(self._keystore)
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def new_recovery_code(self) -> CreateVaultResult:
        """Replace the recovery slot alone."""
        if self._vault is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()
        self._vault.protect([recovery])
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def open(self, passphrase: str | None, recovery_code: str | None) -> Status:
        """Unlock with one of the two. OK, WRONG_CREDENTIALS, INVALID_PARAMETER or INVALID_STATE (no vault)."""
        if self._vault is not None:
            return Status.OK
        self._copies.require_vault()
        if not vault_exists(self._path):
            return Status.INVALID_STATE
        locks = self._locks
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
        self._take(vault, None, locks)
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

    def provider(self, keyring_seconds: int = 5) -> str | None:
        """The name of the keyring in use; None if there is none or it does not answer."""
        try:
            return TimeLimitedKeystore(self._keystore, keyring_seconds).provider()
        except KeystoreError:
            return None

    def recorded_provider(self) -> str | None:
        """The keyring that the vault's key was given to; None if that is not known, or the vault has none."""
        try:
            return read_header(self._path).provider if vault_exists(self._path) else None
        except VaultError:
            return None

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

    def _take(self, vault: Vault, witness: Witness | None, locks: int) -> None:
        """This is the open vault from now on, unless there was a lock since there were so many."""
        with self._mutex:
            if locks == self._locks:
                self._vault, self._witness = vault, witness
                return
        vault.close()
        if witness is not None:
            witness.end()

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

    def _open_with_keyring(self, vault_id: str, seconds: int, locks: int) -> KeyringProblem:
        keystore = TimeLimitedKeystore(self._keystore, seconds)
        try:
            device_key = keystore.read(vault_id)
            if device_key is None:
                return KeyringProblem.ITEM_MISSING
            vault = open_vault(self._path, KeyringSecret(device_key), before_migration=self._before_migration)
            with _closed_on_failure(vault):
                begin_witnessed_run(vault, keystore)
        except KeystoreError as error:
            return KeyringProblem(error.problem.value)
        except WrongSecret:
            return KeyringProblem.ITEM_MISSING
        self._record_provider(vault, device_key, keystore)
        self._take(vault, Witness(self._keystore), locks)
        return KeyringProblem.NONE

    def _record_provider(self, vault: Vault, device_key: bytes, keystore: Keystore) -> None:
        """The keyring's name of today, where an older release noted none, or the item moved with its owner."""
        name = _name_of(keystore)
        if name is not None and name != self.recorded_provider():
            with suppress(VaultError):  # only for people: it may be noted another day
                vault.replace_slot(KeyringSecret(device_key, name))


def _keyring_opens(vault: Vault, keystore: Keystore) -> bool:
    try:
        device_key = keystore.read(vault.vault_id)
    except KeystoreError:
        return False
    return device_key is not None and vault.opens_with(KeyringSecret(device_key))


def _name_of(keystore: Keystore) -> str | None:
    try:
        return keystore.provider()
    except KeystoreError:
        return None


def _refused_by_keyring(error: KeystoreError) -> CreateVaultResult:
    return CreateVaultResult(Status.FAILED, KeyringProblem(error.problem.value), None)


@contextmanager
def _closed_on_failure(vault: Vault) -> Iterator[None]:
    try:
        yield
    except BaseException:
        vault.close()
        raise
