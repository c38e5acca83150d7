"""What applies to the vault as a whole: the device's name, and when logins resynchronise."""

from dataclasses import replace

from softtoken.services.config import McConfig
from softtoken.services.events import (
    LOCK_AFTER,
    USUAL_LOCK_AFTER,
    DeviceInformation,
    LockAfterResult,
    SetAtcResynchronizationBeforeEveryLogin,
    SetDeviceName,
    SetLockAfter,
    Status,
    StatusResult,
)
from softtoken.vault.store import Vault

LONGEST_DEVICE_NAME = 64


def resynchronises_every_login(vault: Vault, config: McConfig) -> bool:
    """The SDK recommends it before every login, so it is on unless the configuration or a person says otherwise."""
    decided = config.softtoken.resynchroniseBeforeLogin
    return vault.options().resynchronise_before_login if decided is None else decided


def set_resynchronisation(
    vault: Vault, config: McConfig, event: SetAtcResynchronizationBeforeEveryLogin
) -> StatusResult:
    """A person's choice, where the configuration leaves it to them."""
    if config.softtoken.resynchroniseBeforeLogin is not None:
        return StatusResult(Status.ACCESS_DENIED)
    vault.update_options(lambda options: replace(options, resynchronise_before_login=event.enabled))
    return StatusResult(Status.OK)


def set_device_name(vault: Vault, event: SetDeviceName) -> StatusResult:
    """Surrounding space goes; an empty name is none."""
    name = event.device_name.strip()
    if len(name) > LONGEST_DEVICE_NAME or not name.isprintable():
        return StatusResult(Status.INVALID_PARAMETER)
    vault.update_options(lambda options: replace(options, device_name=name))
    return StatusResult(Status.OK)


def set_lock_after(vault: Vault, event: SetLockAfter) -> StatusResult:
    """A person's choice; 0 is never."""
    if event.seconds and event.seconds not in LOCK_AFTER:
        return StatusResult(Status.INVALID_PARAMETER)
    vault.update_options(lambda options: replace(options, lock_after=event.seconds))
    return StatusResult(Status.OK)


def lock_after(vault: Vault) -> LockAfterResult:
    """As chosen, or the usual five minutes. A time that nobody can choose (an edited file) is the usual one, too."""
    seconds = vault.options().lock_after
    return LockAfterResult(Status.OK, seconds if not seconds or seconds in LOCK_AFTER else USUAL_LOCK_AFTER)


def device_information(vault: Vault) -> DeviceInformation:
    """The vault's id serves as the device's: it is random, and never leaves this computer."""
    return DeviceInformation(Status.OK, vault.vault_id, vault.options().device_name)
