"""Which keyring is in use, and which one the vault's key was given to."""

from contextlib import suppress
from pathlib import Path

from softtoken.vault.errors import KeystoreError, VaultError
from softtoken.vault.keystore import Keystore, TimeLimitedKeystore
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import Vault, read_header, vault_exists


def current_provider(keystore: Keystore, keyring_seconds: int = 5) -> str | None:
    """The name of the keyring in use; None if there is none or it does not answer in that time."""
    return name_of(TimeLimitedKeystore(keystore, keyring_seconds))


def name_of(keystore: Keystore) -> str | None:
    """None if there is none or it does not answer."""
    try:
        return keystore.provider()
    except KeystoreError:
        return None


def recorded_provider(path: Path) -> str | None:
    """The keyring that the vault's key was given to; None if that is not known, or the vault has none."""
    try:
        return read_header(path).provider if vault_exists(path) else None
    except VaultError:
        return None


def note_provider(path: Path, vault: Vault, device_key: bytes, keystore: Keystore) -> None:
    """Note the keyring's name of today, where an older release noted none, or the item moved with its owner."""
    name = name_of(keystore)
    if name is not None and name != recorded_provider(path):
        with suppress(VaultError):  # only for people: it may be noted another day
            vault.replace_slot(KeyringSecret(device_key, name))
