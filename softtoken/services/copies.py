"""When copies of the vault file are made, and putting one back."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softtoken.clock import Clock
from softtoken.services import events as ev
from softtoken.services.events import Event, Status
from softtoken.vault.copies import DAY, Copies, Copy, Rotation
from softtoken.vault.errors import VaultDamaged, VaultError, VaultUntrusted
from softtoken.vault.notes import Note
from softtoken.vault.store import Vault, read_header, vault_exists

_AGAIN = 3600
_ADDING = (ev.Activate, ev.AddUser, ev.AddToken, ev.RestoreBackup)
_REPLACING = (
    ev.ChangePin,
    ev.Reactivate,
    ev.RemoveToken,
    ev.DeleteUser,
    ev.ProtectVault,
    ev.NewRecoveryCode,
)


@dataclass(frozen=True, slots=True)
class Replacing:
    """What an event that replaces something began with."""

    vault: Vault
    note: Note


class CopyService:
    """A copy a day while the vault is open; and one after each change of what it holds or of what opens it.

    After a key, a token or a secret was replaced or taken away, no older copy stays: it would hold what is gone, and
    open with what no longer opens the vault; also where the program was killed, or locked, before it came to that. No
    failure here fails anything else.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._copies = Copies(path)
        self._next_look = 0

    def before(self, event: Event[Any], vault: Vault | None) -> Replacing | None:
        """Ahead of an event; `keep` wants the answer."""
        if vault is None or not isinstance(event, _REPLACING):
            return None
        note = self._copies.note()
        return None if note is None else Replacing(vault, note)

    def keep(self, event: Event[Any], result: object, vault: Vault | None, replacing: Replacing | None) -> None:
        """After an event. result: None if it failed with an exception. vault: what is open now."""
        status = getattr(result, "status", Status.OK)
        if replacing is not None and vault is not replacing.vault:
            # locked on the way: what was done before that is done, whatever the answer is
            _end(replacing.note, settled=status not in {Status.OK, Status.INVALID_STATE})
            self._next_look, replacing = 0, None
        if vault is None:
            return
        now = self._clock.now()
        if isinstance(event, (*_ADDING, *_REPLACING)):
            settled = True
            if status is Status.OK:
                settled = self._make(vault, now, Rotation.TODAY if isinstance(event, _ADDING) else Rotation.ONLY)
            if replacing is not None:
                _end(replacing.note, settled=settled)
        elif not 0 <= self._next_look - now <= DAY:
            self._next_look = now + _AGAIN
            self._look(vault, now)

    def before_migration(self, vault: Vault) -> None:
        """Of the file as an older release left it."""
        self._make(vault, self._clock.now(), Rotation.DAILY)

    def list(self) -> ev.ListCopiesResult:
        return ev.ListCopiesResult(Status.OK, tuple(_information(copy) for copy in self._copies.find()))

    def put_back(self, event: ev.RestoreCopy, *, is_open: bool) -> ev.RestoreCopyResult:
        """Raises VaultError if that fails; what was there is there still then. VaultUntrusted: only with `replace`."""
        if is_open or (not event.replace and self._can_be_read()):
            return ev.RestoreCopyResult(Status.INVALID_STATE)
        wanted = [copy for copy in self._copies.find() if copy.whole and event.number in {None, copy.number}]
        if not wanted:
            return ev.RestoreCopyResult(Status.INVALID_PARAMETER)
        aside = self._copies.put_back(wanted[0], self._clock.now())
        return ev.RestoreCopyResult(Status.OK, _information(wanted[0]), aside.name if aside else None)

    def _can_be_read(self) -> bool:
        """Also if it only cannot be read now: a busy vault is none that is lost. A damaged slot is damage.

        Raises VaultUntrusted: what is in such a file nobody knows, so it is not called lost.
        """
        if not vault_exists(self._path):
            return False
        try:
            return read_header(self._path).damaged_slots == 0
        except VaultDamaged:
            return False
        except VaultUntrusted:
            raise
        except VaultError:
            return True

    def _look(self, vault: Vault, now: int) -> None:
        if left := self._copies.left():
            settled = self._make(vault, now, Rotation.ONLY)
            for note in left:
                _end(note, settled=settled)
        elif self._copies.due(now):
            self._make(vault, now, Rotation.DAILY)

    def _make(self, vault: Vault, now: int, rotation: Rotation) -> bool:
        """Did it go as it should?"""
        # whatever it is, a full disk or a damaged row: the copies that there are stay
        with suppress(VaultError, OSError):
            held = vault.tokens()
            if held.tokens:
                self._copies.make(vault, now, rotation)
            elif not held.damaged and rotation is Rotation.ONLY:
                self._copies.clear()
            else:
                return not held.damaged
            return True
        return False


def _end(note: Note, *, settled: bool) -> None:
    if settled:
        note.settle()
    else:
        note.leave()


def _information(copy: Copy) -> ev.CopyInformation:
    return ev.CopyInformation(copy.number, copy.made_at, tuple(kind.value for kind in copy.slot_kinds), copy.whole)
