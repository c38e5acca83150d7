"""Locking the window: the keys go, the page that unlocks comes, and how long the window may lie idle before that."""

import gc
from collections.abc import Callable
from dataclasses import replace

from softtoken.services.events import (
    GetLockAfter,
    KeyringProblem,
    Lock,
    LockAfterResult,
    LockReason,
    LockResult,
    Status,
    VaultCondition,
)
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    ActivationFailed,
    Failure,
    Locked,
    Refusal,
    SetPin,
    Starting,
    Task,
    Unusable,
    Way,
    Welcome,
    way_of,
)


class Locking:
    """unusable: shows that the product cannot be used."""

    def __init__(self, stage: Stage, unusable: Callable[[Failure], None]) -> None:
        self._stage = stage
        self._unusable = unusable

    @property
    def worthwhile(self) -> bool:
        """Is there anything that a lock would take away? Nobody is locked out of an empty page."""
        if isinstance(self._stage.state, Unusable):  # a file that broke while it was open: its keys are here
            return self._stage.locked is None and self._stage.session.vault_open
        return self._stage.locked is None and not isinstance(self._stage.state, Starting | Welcome)

    @property
    def spends_code(self) -> bool:
        """Would a lock cost an activation code now? What the server answered to it may be in memory alone."""
        if self._stage.awaited(Task.ACTIVATE) or self._stage.awaited(Task.REACTIVATE):
            return True
        match self._stage.state:
            case ActivationFailed() | SetPin(problem=Refusal(status=Status.INVALID_NEW_PIN_FORMAT)):
                return True
            case _:
                return False

    def lock(self, reason: LockReason, settled: Callable[[], None]) -> None:
        """Show the page that unlocks and take the keys away; call `settled` once they are gone."""
        page = Locked(VaultCondition.OPEN, KeyringProblem.NONE, Way.KEYRING, busy=True, lock=reason)
        self._stage.lock(page)

        def done(result: LockResult) -> None:
            if result.kind is None:
                self._stage.locked = None
                self._stage.home()
            elif self._stage.locked is page:  # else a later lock has the word
                known = replace(
                    page, condition=result.vault, kind=result.kind, way=way_of(result.kind, result.vault), busy=False
                )
                self._stage.locked = known
                if isinstance(self._stage.state, Locked):
                    self._stage.update(known)
            # what journeys remembered hangs together in circles; here, on the thread that widgets may end on
            gc.collect()
            settled()

        self._stage.on_lock(Lock(reason), Task.LOCK, done, self._unusable)

    def read_time(self) -> None:
        """After how many seconds without use to lock, now that the vault is open and can tell."""

        def known(result: LockAfterResult) -> None:
            self._stage.lock_after = result.seconds

        def unknown(_: Failure) -> None:
            """The usual time holds; what is wrong is said when somebody does something."""

        self._stage.on_token(GetLockAfter(), Task.SETTING, known, unknown, wherever=True)
