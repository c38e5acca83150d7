"""How the vault is made, opened, protected anew and deleted."""

import os
from contextlib import suppress
from pathlib import Path

from softtoken.engine.recovery_code import MalformedRecoveryCode, format_recovery_code, parse_recovery_code
from softtoken.services.events import CreateVaultResult, KeyringProblem, Status, VaultCondition
from softtoken.vault.errors import KeystoreError, VaultError, WrongSecret
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

    def __init__(self, path: Path, keystore: Keystore) -> None:
        self._path = path
        self._keystore = keystore
        self._vault: Vault | None = None
        # one for the whole run: an attempt that the keyring answers late stores the same key as the next attempt
        self._device_key = new_device_key()

    @property
    def vault(self) -> Vault | None:
        return self._vault

    def start(self, keyring_seconds: int) -> tuple[VaultCondition, KeyringProblem]:
        """Open the vault with the keyring if that is possible without asking a person anything."""
        if self._vault is not None:
            return VaultCondition.OPEN, KeyringProblem.NONE
        if not vault_exists(self._path):
            return VaultCondition.ABSENT, KeyringProblem.NONE
        header = read_header(self._path)
        problem = KeyringProblem.NONE
        if SlotKind.KEYRING in header.slot_kinds:
            problem = self._open_with_keyring(header.vault_id, keyring_seconds)
            if problem is KeyringProblem.NONE:
                return VaultCondition.OPEN, problem
        if SlotKind.PASSPHRASE in header.slot_kinds:
            return VaultCondition.NEEDS_PASSPHRASE, problem
        return VaultCondition.NEEDS_RECOVERY, problem

    def create(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Make the vault; nothing is stored unless the keyring kept its key or a passphrase was given."""
        if self._vault is not None or vault_exists(self._path):
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        vault_id, recovery = new_id(), new_recovery_secret()  # a late answer of the keyring finds a new name each time
        everyday = self._everyday_secret(vault_id, new_device_key(), passphrase, keyring_seconds)
        if isinstance(everyday, CreateVaultResult):
            return everyday
        try:
            self._vault = create_vault(self._path, vault_id, [everyday, recovery])
        except BaseException:
            if isinstance(everyday, KeyringSecret):
                with suppress(KeystoreError):
                    TimeLimitedKeystore(self._keystore, keyring_seconds).delete(vault_id)
            raise
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def protect(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Give the open vault a new everyday key and a new recovery code, in one step; the old ones stop working.

        A keyring item that opens the vault is kept: overwriting it first could leave a vault that nothing opens.
        """
        if (vault := self._vault) is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()
        if passphrase is None and self._keyring_opens(vault, keyring_seconds):
            vault.protect([recovery], remove=SlotKind.PASSPHRASE)
            return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))
        everyday = self._everyday_secret(vault.vault_id, self._device_key, passphrase, keyring_seconds)
        if isinstance(everyday, CreateVaultResult):
            return everyday
        other = SlotKind.KEYRING if isinstance(everyday, PassphraseSecret) else SlotKind.PASSPHRASE
        vault.protect([everyday, recovery], remove=other)
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
        if not vault_exists(self._path):
            return Status.INVALID_STATE
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
            self._vault = open_vault(self._path, secret)
        except WrongSecret:
            return Status.WRONG_CREDENTIALS
        return Status.OK

    def reset(self, keyring_seconds: int = 30) -> None:
        """Delete the vault, then its keyring item: killed in between, a useless item is left, never a useless vault.

        If the file cannot be deleted, the vault stays open. Raises VaultUnwritable, VaultBusy.
        """
        vault_id = self._vault.vault_id if self._vault else self._readable_id()
        if os.name == "nt":  # an open file cannot be deleted there
            self.close()
        delete_vault(self._path)
        self.close()
        if vault_id is not None:
            with suppress(KeystoreError):
                TimeLimitedKeystore(self._keystore, keyring_seconds).delete(vault_id)

    def condition(self) -> VaultCondition:
        """What would open the vault, without touching the keyring. UNREADABLE: nothing does as it is."""
        if self._vault is not None:
            return VaultCondition.OPEN
        if not vault_exists(self._path):
            return VaultCondition.ABSENT
        try:
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

    def close(self) -> None:
        if self._vault is not None:
            self._vault.close()
            self._vault = None

    def _readable_id(self) -> str | None:
        if not vault_exists(self._path):
            return None
        try:
            return read_header(self._path).vault_id
        except VaultError:
            return None

    def _open_with_keyring(self, vault_id: str, seconds: int) -> KeyringProblem:
        try:
            device_key = TimeLimitedKeystore(self._keystore, seconds).read(vault_id)
        except KeystoreError as error:
            return KeyringProblem(error.problem.value)
        if device_key is None:
            return KeyringProblem.ITEM_MISSING
        try:
            self._vault = open_vault(self._path, KeyringSecret(device_key))
        except WrongSecret:
            return KeyringProblem.ITEM_MISSING
        return KeyringProblem.NONE

    def _keyring_opens(self, vault: Vault, seconds: int) -> bool:
        try:
            device_key = TimeLimitedKeystore(self._keystore, seconds).read(vault.vault_id)
        except KeystoreError:
            return False
        return device_key is not None and vault.opens_with(KeyringSecret(device_key))

    def _everyday_secret(
        self, vault_id: str, device_key: bytes, passphrase: str | None, keyring_seconds: int
    ) -> SlotSecret | CreateVaultResult:
        """The passphrase, or a device key that the keyring has proved to keep; else why not."""
        if passphrase is not None:
            if not check_passphrase(passphrase):
                return CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
            return PassphraseSecret(passphrase)
        try:
            TimeLimitedKeystore(self._keystore, keyring_seconds).write(vault_id, device_key)
        except KeystoreError as error:
            return CreateVaultResult(Status.FAILED, KeyringProblem(error.problem.value), None)
        return KeyringSecret(device_key)
