"""The lock of the scripted controller: what it forgets, refuses and opens again, as the real one does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from softtoken.services import events as ev
from softtoken.services.events import Event, LockKind, SdkState, Status, VaultCondition


@dataclass
class FakeLock:
    """with_passphrase: the vault has a passphrase and no keyring item. locked_by: None while it is not locked."""

    vault: VaultCondition
    keyring: ev.KeyringProblem
    with_passphrase: bool = field(default=False, kw_only=True)
    locked_by: LockKind | None = field(default=None, kw_only=True)
    lock_after: int = field(default=300, kw_only=True)

    def lock_handlers(self) -> dict[type[Event[Any]], Callable[[Any], Any]]:
        return {
            ev.Lock: self._lock,
            ev.Unlock: self._unlock,
            ev.GetLockAfter: lambda _: ev.LockAfterResult(Status.OK, self.lock_after),
            ev.SetLockAfter: self._set_lock_after,
        }

    def _lock(self, _: ev.Lock) -> ev.LockResult:
        if self.vault is not VaultCondition.ABSENT:
            needs = VaultCondition.NEEDS_PASSPHRASE if self.with_passphrase else VaultCondition.NEEDS_RECOVERY
            self.vault, self.locked_by = needs, LockKind.SECRET if self.with_passphrase else LockKind.SCREEN
        return ev.LockResult(Status.OK, SdkState.UNINITIALISED, self.vault, self.locked_by)

    def _unlock(self, _: ev.Unlock) -> ev.StartResult:
        if self.locked_by is LockKind.SECRET:
            return self._started(Status.INVALID_STATE)
        if self.keyring is ev.KeyringProblem.NONE:
            self.vault, self.locked_by = VaultCondition.OPEN, None
        return self._started(Status.OK)

    def _started(self, status: Status) -> ev.StartResult:
        """Of FakeController."""
        raise NotImplementedError

    def _set_lock_after(self, event: ev.SetLockAfter) -> ev.StatusResult:
        self.lock_after = event.seconds
        return ev.StatusResult(Status.OK)
