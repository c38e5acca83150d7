"""The rotating copies of a vault file, in a folder beside it."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path

from softtoken.vault import copying
from softtoken.vault.errors import VaultError, VaultMissing
from softtoken.vault.files import discard, disk_faults, publish, sweep, temporary_file
from softtoken.vault.notes import NOTES, Note, left_notes, put_note
from softtoken.vault.slots import SlotKind
from softtoken.vault.vault import Vault

DAY = 86_400
KEPT = 3
FOLDER = "copies"
_STAMP = "%Y%m%dT%H%M%SZ"


class Rotation(Enum):
    """What becomes of older copies once a new one is there.

    DAILY: the three newest whole ones are kept. TODAY: as DAILY, and those of the last day are replaced.
    ONLY: none is kept, since something that they hold must not stay.
    """

    DAILY = auto()
    TODAY = auto()
    ONLY = auto()


@dataclass(frozen=True, slots=True)
class Copy:
    """number: rises with each copy. made_at: epoch seconds of the clock of then. version: its format.

    vault_id and slot_kinds: what opens it, as for the file that it was made of; version is None if it is not whole.
    """

    number: int
    made_at: int
    path: Path
    version: int | None = None
    vault_id: str = ""
    slot_kinds: tuple[SlotKind, ...] = ()

    @property
    def whole(self) -> bool:
        """Can its structure be read? What is sealed in it nobody knows without a key."""
        return self.version is not None


class Copies:
    """path: of the vault. Nothing here needs the vault to be readable but making a copy."""

    def __init__(self, path: Path) -> None:
        self._vault = path
        self._folder = path.parent / FOLDER

    def any(self) -> bool:
        """Is there one, whole or not? Then a vault was here."""
        return bool(self._names())

    def find(self) -> tuple[Copy, ...]:
        """The newest first, each looked at from end to end."""
        return tuple(_looked_at(copy) for copy in self._names())

    def due(self, now: int) -> bool:
        """Was none made in the last 24 hours? One that a wrong clock dated ahead does not count."""
        return not any(0 <= now - copy.made_at < DAY for copy in self._names())

    def make(self, vault: Vault, now: int, rotation: Rotation) -> None:
        """A new copy, verified; only then are older ones deleted. Raises VaultError, and the older ones all stay.

        VaultMissing: the vault was deleted while it was made, and there is no new one.
        """
        number = max((copy.number for copy in self._names()), default=0) + 1
        target = self._folder / f"vault-{number}-{_stamp(now)}.sqlite"
        with disk_faults(), temporary_file(target, _LEFTOVERS) as temporary:
            vault.write_copy(temporary)
            publish(temporary, target)
            if not os.path.lexists(self._vault):
                # deleted meanwhile, and whoever did it may have looked for copies already
                discard(target)
                raise VaultMissing(self._vault)
            self._rotate(target, now, rotation)

    def note(self) -> Note | None:
        """That something they hold is about to be replaced. None where there are none, or the disk takes no note."""
        try:
            return put_note(self._folder)
        except OSError:
            return None

    def left(self) -> list[Note]:
        """Notes whose holders were cut off: no copy that is there may stay."""
        return left_notes(self._folder)

    def put_back(self, copy: Copy, now: int) -> Path | None:
        """As copying.put_back: the vault's place is taken by the copy, which itself stays."""
        return copying.put_back(copy.path, self._vault, f"{self._vault.name}.damaged-{_stamp(now)}")

    def require_vault(self) -> None:
        """VaultMissing if there is none beside copies: it was lost, and nothing else may take its place."""
        if not os.path.lexists(self._vault) and self.any():
            raise VaultMissing(self._vault)

    def set_aside(self) -> tuple[Path, ...]:
        """What `put_back` gave another name, side files among them."""
        return tuple(sorted(self._vault.parent.glob(f"{self._vault.name}.damaged-*")))

    def clear(self) -> None:
        """Delete every copy. Raises VaultUnwritable, VaultBusy."""
        with disk_faults():
            for copy in self._names():
                discard(copy.path)
            sweep(self._folder, f"{_LEFTOVERS}|{NOTES}")
            if self._folder.is_dir() and not self._folder.is_symlink():
                with suppress(OSError):  # somebody else's file is in it
                    self._folder.rmdir()

    def forget(self) -> None:
        """Delete every copy, and what was set aside. Raises VaultUnwritable, VaultBusy."""
        self.clear()
        with disk_faults():
            for path in self.set_aside():
                discard(path)

    def _rotate(self, new: Path, now: int, rotation: Rotation) -> None:
        others = [copy for copy in self._names() if copy.path != new]
        match rotation:
            case Rotation.ONLY:
                doomed: Sequence[Copy] = others
            case Rotation.TODAY:
                today = [copy for copy in others if 0 <= now - copy.made_at < DAY]
                doomed = [*today, *_superfluous([copy for copy in others if copy not in today])]
            case Rotation.DAILY:
                doomed = _superfluous(others)
        for copy in doomed:
            discard(copy.path)
        if rotation is Rotation.ONLY:
            # whoever is at one now began with what must not stay
            sweep(self._folder, _LEFTOVERS)

    def _names(self) -> list[Copy]:
        """The newest first; nothing is opened."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        found = [copy for name in names if (copy := _named(self._folder / name)) is not None]
        return sorted(found, key=lambda copy: (copy.number, copy.path.name), reverse=True)


def _superfluous(others: Sequence[Copy]) -> list[Copy]:
    """All but the newest whole ones; with the one just made they are as many as are kept."""
    kept = [copy for copy in others if _looked_at(copy).whole][: KEPT - 1]
    return [copy for copy in others if copy not in kept]


def _looked_at(copy: Copy) -> Copy:
    try:
        version, header = copying.read_copy(copy.path)
    except (VaultError, OSError):
        return copy
    return Copy(copy.number, copy.made_at, copy.path, version, header.vault_id, header.slot_kinds)


def _named(path: Path) -> Copy | None:
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    try:
        made = datetime.strptime(found[2], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Copy(int(found[1]), int(made.timestamp()), path)


def _stamp(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).strftime(_STAMP)


_FILE = r"vault-([1-9][0-9]{0,8})-([0-9]{8}T[0-9]{6}Z)\.sqlite"
_NAME = re.compile(_FILE, re.ASCII)
_LEFTOVERS = rf"\.{_FILE}\.[0-9a-f]+\.(new|gone)(-wal|-shm|-journal)?"
"""Copies that were being made, or deleted, when the program was killed. Each has a name that does not come again."""
