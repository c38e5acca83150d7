"""Looks at what the tokens depend on: the folder, the vault's file, the keyring, the copies, and mc_config.json."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import compare_digest

from softtoken.services import events as ev
from softtoken.services.access import VaultAccess
from softtoken.services.audit_lines import policy_digest
from softtoken.services.config import ConfigBroken, McConfig
from softtoken.services.copies import CopyService
from softtoken.services.events import Health, KeyringProblem, RoundTrip, Status
from softtoken.services.provider import current_provider
from softtoken.vault.copies import Copies
from softtoken.vault.errors import KeystoreError, VaultDamaged, VaultError, VaultUntrusted
from softtoken.vault.files import obstacle
from softtoken.vault.keystore import Keystore, TimeLimitedKeystore
from softtoken.vault.slots import SlotKind, new_device_key
from softtoken.vault.store import VaultHeader, new_id, read_header, vault_exists


class HealthService:
    """Opens nothing, so it may look while everything is locked."""

    def __init__(
        self, path: Path, keystore: Keystore, access: VaultAccess, copies: CopyService, config: Callable[[], McConfig]
    ) -> None:
        self._path = path
        self._keystore = keystore
        self._access = access
        self._copies = copies
        self._config = config

    def check(self, event: ev.CheckHealth) -> Health:
        header, error = self._header()
        slots = tuple(kind.value for kind in header.slot_kinds) if header else ()
        configuration, broken = self._configuration()
        keystore = TimeLimitedKeystore(self._keystore, event.keyring_seconds)
        # a vault that only a passphrase opens needs no keyring, and its owner may have none
        needed = not slots or SlotKind.KEYRING.value in slots
        round_trip, problem = _round_trip(keystore) if needed else (RoundTrip.NOT_TRIED, KeyringProblem.NONE)
        return Health(
            Status.OK,
            str(self._path.parent),
            self._access.condition(),
            None if error is None else _words(error),
            self._obstacle(),
            slots,
            header.provider if header else None,
            current_provider(self._keystore, event.keyring_seconds),
            round_trip,
            problem,
            self._copies.list().copies,
            tuple(path.name for path in Copies(self._path).set_aside()),
            configuration,
            broken,
            error if isinstance(error, VaultUntrusted) else None,
        )

    def _configuration(self) -> tuple[str | None, str | None]:
        try:
            return policy_digest(self._config()), None
        except ConfigBroken as error:
            return None, str(error)

    def _header(self) -> tuple[VaultHeader | None, VaultError | None]:
        """Neither where there is no vault."""
        try:
            Copies(self._path).require_vault()
            return (read_header(self._path), None) if vault_exists(self._path) else (None, None)
        except VaultError as error:
            return None, error

    def _obstacle(self) -> str | None:
        try:
            if vault_exists(self._path):
                return obstacle(self._path)
            folder = next(one for one in self._path.parents if one.is_dir())
            return None if os.access(folder, os.W_OK) else "EACCES"
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, "EIO")


def _words(error: VaultError) -> str:
    match error:
        case VaultDamaged():
            return error.reason
        case VaultUntrusted():
            return error.reason.value
        case _:
            return type(error).__name__


def _round_trip(keystore: Keystore) -> tuple[RoundTrip, KeyringProblem]:
    """With an item of its own, which is nobody's key; one that cannot be deleted again opens nothing."""
    name, key = new_id(), new_device_key()
    try:
        try:
            keystore.write(name, key)
            kept = keystore.read(name)
        finally:
            with suppress(KeystoreError):
                keystore.delete(name)
    except KeystoreError as error:
        outcome = RoundTrip.READ_ONLY if _can_be_read(keystore, name) else RoundTrip.BAD
        return outcome, KeyringProblem(error.problem.value)
    good = kept is not None and compare_digest(kept, key)
    return (RoundTrip.GOOD, KeyringProblem.NONE) if good else (RoundTrip.BAD, KeyringProblem.FAILED)


def _can_be_read(keystore: Keystore, name: str) -> bool:
    try:
        keystore.read(name)
    except KeystoreError:
        return False
    return True
