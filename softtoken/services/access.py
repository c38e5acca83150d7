"""How the vault is made, opened, protected anew and deleted."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from softtoken.engine.recovery_code import MalformedRecoveryCode, format_recovery_code, parse_recovery_code
from softtoken.services.events import CreateVaultResult, KeyringProblem, Status, VaultCondition
from softtoken.vault.errors import KeystoreError, WrongSecret
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

    @property
    def vault(self) -> Vault | None:
        return self._vault

    @property
    def keystore(self) -> Keystore:
        return self._keystore

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
        vault_id = new_id()
        recovery = new_recovery_secret()

        def make(everyday: SlotSecret) -> None:
            self._vault = create_vault(self._path, vault_id, [everyday, recovery])

        return self._with_everyday_secret(vault_id, passphrase, keyring_seconds, recovery, make)

    def protect(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Give the open vault a new everyday key and a new recovery code; the old ones stop working."""
        if (vault := self._vault) is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()

        def replace(everyday: SlotSecret) -> None:
            vault.replace_slot(everyday)
            vault.replace_slot(recovery)
            vault.set_recovery_pending(True)
            other = SlotKind.KEYRING if isinstance(everyday, PassphraseSecret) else SlotKind.PASSPHRASE
            if other in vault.slot_kinds():
                vault.remove_slot(other)

        return self._with_everyday_secret(vault.vault_id, passphrase, keyring_seconds, recovery, replace)

    def new_recovery_code(self) -> CreateVaultResult:
        """Replace the recovery slot alone."""
        if self._vault is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()
        self._vault.replace_slot(recovery)
        self._vault.set_recovery_pending(True)
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
        """Delete the vault, then its keyring item: killed in between, a useless item is left, never a useless vault."""
        vault_id = self._vault.vault_id if self._vault else self._readable_id()
        self.close()
        delete_vault(self._path)
        if vault_id is not None:
            with suppress(KeystoreError):
                TimeLimitedKeystore(self._keystore, keyring_seconds).delete(vault_id)

    def close(self) -> None:
        if self._vault is not None:
            self._vault.close()
            self._vault = None

    def _readable_id(self) -> str | None:
        from softtoken.vault.errors import VaultError

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

    def _with_everyday_secret(
        self,
        vault_id: str,
        passphrase: str | None,
        keyring_seconds: int,
        recovery: RecoverySecret,
        store: Callable[[SlotSecret], None],
    ) -> CreateVaultResult:
        """Store under a passphrase, or under a fresh device key that the keyring has proved to keep."""
        if passphrase is not None:
            if not check_passphrase(passphrase):
                return CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
            store(PassphraseSecret(passphrase))
            return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))
        device_key = new_device_key()
        keystore = TimeLimitedKeystore(self._keystore, keyring_seconds)
        try:
            keystore.write(vault_id, device_key)
        except KeystoreError as error:
            return CreateVaultResult(Status.FAILED, KeyringProblem(error.problem.value), None)
        try:
            store(KeyringSecret(device_key))
        except BaseException:
            with suppress(KeystoreError):
                keystore.delete(vault_id)
            raise
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))
