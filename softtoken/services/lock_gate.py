"""What may be posted while the product is locked, and what everything else is answered with."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from softtoken.services import events as ev
from softtoken.services.access import VaultAccess
from softtoken.services.events import Event, LockKind, SdkState, Status, VaultCondition
from softtoken.services.lock_keeper import LockKeeper
from softtoken.services.lock_state import Move
from softtoken.vault.errors import VaultClosed
from softtoken.vault.store import Vault

R = TypeVar("R")

ALWAYS: frozenset[type[Event[Any]]] = frozenset(
    {
        ev.Lock,
        ev.Reset,
        ev.GetState,
        ev.GetInformation,
        ev.GetLoginData,
        ev.GetBiometricInformation,
        ev.CheckHealth,
        ev.CancelBiometric,
        ev.ListCopies,
        ev.RestoreCopy,
    }
)
"""Needs no vault and opens none. Reset, RestoreCopy: who forgot the passphrase, or whose file broke, has a way on."""

LOCKS = {None: Move.LOCK_NOTHING, LockKind.SCREEN: Move.LOCK_SCREEN, LockKind.SECRET: Move.LOCK_SECRET}

_OPENING: dict[type[Event[Any]], Move] = {
    ev.Start: Move.START,
    ev.Unlock: Move.ASK_KEYRING,
    ev.OpenVault: Move.GIVE_SECRET,
}
_STARTS = frozenset({ev.Start, ev.Restart, ev.Unlock, ev.OpenVault})
_MAKING = frozenset({ev.CreateVault, ev.ProtectVault, ev.NewRecoveryCode})
_LOGINS = frozenset({ev.LoginWithTypedCode, ev.ContinueLogin, ev.AwaitLogin})


def move_of(kind: type[Event[Any]]) -> Move:
    """What posting an event of this type means for the lock."""
    return _OPENING.get(kind, Move.USE)


def refusal(kind: type[Event[Any]], condition: VaultCondition) -> Any:
    """INVALID_STATE in the form of this event's result. Raises VaultClosed for one that has none here."""
    if kind in _STARTS:
        return ev.StartResult(
            Status.INVALID_STATE, SdkState.UNINITIALISED, condition, ev.KeyringProblem.NONE, (), recovery_pending=False
        )
    if kind in _MAKING:
        return ev.CreateVaultResult(Status.INVALID_STATE, ev.KeyringProblem.NONE, None)
    if kind in _LOGINS:
        return ev.LoginResult(Status.INVALID_STATE)
    if kind is ev.CheckServer:
        return ev.ServerReport(Status.INVALID_STATE)
    if kind is ev.EnableAtcResynchronizationDuringNextLogin:
        return ev.StatusResult(Status.INVALID_STATE)
    raise VaultClosed


class WithVault(Generic[R]):
    """Carries an event out on the open vault. without: its answer while there is none, or once it was locked."""

    def __init__(
        self, vault: Callable[[], Vault | None], handle: Callable[[Vault, Any], R], without: Callable[[], R]
    ) -> None:
        self._vault = vault
        self._handle = handle
        self.without = without

    def __call__(self, event: Any) -> R:
        vault = self._vault()
        return self.without() if vault is None else self._handle(vault, event)


class LockGate:
    """What every event passes. forget: drops what is remembered beside the vault."""

    def __init__(self, access: VaultAccess, forget: Callable[[], None]) -> None:
        self._access = access
        self._forget = forget
        self._keeper = LockKeeper()

    @property
    def locked_by(self) -> LockKind | None:
        return self._keeper.kind

    def carry_out(self, handler: Callable[[Any], Any], event: Event[Any]) -> Any:
        """The event's result; INVALID_STATE where a lock refuses it, or came while it was under way."""
        kind = type(event)
        if kind in ALWAYS:
            return handler(event)
        ticket = self._keeper.enter(move_of(kind))
        self._access.begin()
        # a lock that came between these two would not be known to the one and have ended the other
        if ticket is None or self._keeper.outdated(ticket):
            return self._refused(kind, handler)
        try:
            result = handler(event)
        except VaultClosed:
            if not self._keeper.outdated(ticket):
                raise
        if self._access.vault is not None:
            self._keeper.opened(ticket)
        if self._keeper.outdated(ticket):
            self._forget_again()
            return self._refused(kind, handler)
        return result

    def lock(self) -> LockKind | None:
        """Take the keys away; what opens again from now on."""
        self._keeper.close(LOCKS[self._access.locked_by()])  # first: from here on nothing opens and nothing begins
        self._forget()
        self._access.lock()
        return self._keeper.kind

    def note_gone(self) -> None:
        """The vault was deleted."""
        self._keeper.close(Move.GONE)

    def _forget_again(self) -> None:
        """What was under way may have begun to remember after the lock forgot; after an unlocking it is left alone."""
        if self._access.vault is None:
            self._forget()

    def _refused(self, kind: type[Event[Any]], handler: Callable[[Any], Any]) -> Any:
        return handler.without() if isinstance(handler, WithVault) else refusal(kind, self._access.condition())
