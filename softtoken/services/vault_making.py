"""How a vault is made, and what opens it chosen anew: the keyring or a passphrase, and a recovery code."""

from contextlib import suppress
from pathlib import Path

from softtoken.engine.recovery_code import format_recovery_code
from softtoken.services.access import VaultAccess
from softtoken.services.events import CreateVaultResult, KeyringProblem, Status
from softtoken.services.provider import name_of
from softtoken.services.witness import begin_witnessed_run, take_as_witness
from softtoken.vault.copies import Copies
from softtoken.vault.errors import KeystoreError
from softtoken.vault.evidence import Evidence
from softtoken.vault.keystore import Keystore, TimeLimitedKeystore
from softtoken.vault.slots import (
    KeyringSecret,
    PassphraseSecret,
    SlotKind,
    SlotSecret,
    check_passphrase,
    new_device_key,
    new_recovery_secret,
)
from softtoken.vault.store import Vault, create_vault, new_id, vault_exists


class VaultMaking:
    """Gives every new recovery code out once, in the result."""

    def __init__(self, path: Path, keystore: Keystore, access: VaultAccess) -> None:
        self._path = path
        self._keystore = keystore
        self._access = access
        self._copies = Copies(path)
        # one for the whole run: an attempt that the keyring answers late stores the same key as the next attempt
        self._device_key = new_device_key()

    def create(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Make the vault; nothing is stored unless the keyring kept its key or a passphrase was given.

        Raises VaultMissing where one was lost.
        """
        self._copies.require_vault()
        if self._access.vault is not None or vault_exists(self._path):
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        if passphrase is not None and not check_passphrase(passphrase):
            return CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
        locks = self._access.locks
        vault_id, recovery = new_id(), new_recovery_secret()  # a late answer of the keyring finds a new name each time
        keystore = TimeLimitedKeystore(self._keystore, keyring_seconds)
        everyday: SlotSecret = PassphraseSecret(passphrase or "")
        if passphrase is None:
            everyday = KeyringSecret(new_device_key(), name_of(keystore))
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
        self._access.take(vault, locks, by_keyring=isinstance(everyday, KeyringSecret))
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def protect(self, passphrase: str | None, keyring_seconds: int) -> CreateVaultResult:
        """Give the open vault a new everyday key and a new recovery code, in one step; the old ones stop working.

        A keyring item that opens the vault is kept: overwriting it first could leave a vault that nothing opens.
        """
        if (vault := self._access.vault) is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        if passphrase is not None and not check_passphrase(passphrase):
            return CreateVaultResult(Status.INVALID_PARAMETER, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()
        if passphrase is not None:
            vault.protect([PassphraseSecret(passphrase), recovery], remove=SlotKind.KEYRING)
            if self._access.have_witness(by_keyring=False) and SlotKind.KEYRING not in vault.slot_kinds():
                self._spoil_item(vault.vault_id, keyring_seconds)
            return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))
        everyday: list[SlotSecret] = []
        keystore = TimeLimitedKeystore(self._keystore, keyring_seconds)
        opens = _keyring_opens(vault, keystore)
        try:
            take_as_witness(vault, keystore)
            if not opens:
                keystore.write(vault.vault_id, self._device_key)
                everyday = [KeyringSecret(self._device_key, name_of(keystore))]
        except KeystoreError as error:
            return _refused_by_keyring(error)
        vault.protect([*everyday, recovery], remove=SlotKind.PASSPHRASE)
        self._access.have_witness(by_keyring=True)
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def new_recovery_code(self) -> CreateVaultResult:
        """Replace the recovery slot alone."""
        if (vault := self._access.vault) is None:
            return CreateVaultResult(Status.INVALID_STATE, KeyringProblem.NONE, None)
        recovery = new_recovery_secret()
        vault.protect([recovery])
        return CreateVaultResult(Status.OK, KeyringProblem.NONE, format_recovery_code(recovery.code))

    def _spoil_item(self, vault_id: str, keyring_seconds: int) -> None:
        """What the keyring keeps opens nothing any more, no older copy of the file either.

        Not deleted, since what is kept beside it is still needed; and with the key that `protect` would store in this
        run, so that a late answer of the keyring spoils nothing. Best effort.
        """
        with suppress(KeystoreError):
            TimeLimitedKeystore(self._keystore, keyring_seconds).write(vault_id, self._device_key)


def _keyring_opens(vault: Vault, keystore: Keystore) -> bool:
    try:
        device_key = keystore.read(vault.vault_id)
    except KeystoreError:
        return False
    return device_key is not None and vault.opens_with(KeyringSecret(device_key))


def _refused_by_keyring(error: KeystoreError) -> CreateVaultResult:
    return CreateVaultResult(Status.FAILED, KeyringProblem(error.problem.value), None)
