"""The copies of the vault file that are kept beside it: what there is, and putting one back."""

from dataclasses import dataclass

from softtoken.services.events.vocabulary import Event, Status


@dataclass(frozen=True, slots=True)
class CopyInformation:
    """number: how a copy is named. made_at: epoch seconds. slots: what opens it, the secrets of the day it was made.

    whole: its structure was looked at and is undamaged; only a whole one can be put back.
    """

    number: int
    made_at: int
    slots: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class ListCopies(Event["ListCopiesResult"]):
    """The copies, the newest first. Works in any state and asks nobody."""


@dataclass(frozen=True, slots=True)
class ListCopiesResult:
    """newest_whole: what RestoreCopy without a number takes."""

    status: Status
    copies: tuple[CopyInformation, ...] = ()

    @property
    def newest_whole(self) -> CopyInformation | None:
        return next((copy for copy in self.copies if copy.whole), None)


@dataclass(frozen=True, slots=True)
class RestoreCopy(Event["RestoreCopyResult"]):
    """Put a copy in the place of a vault that cannot be read or is gone; post Start afterwards.

    number: None for the newest whole one. replace: also where the vault can be read; never while it is open here.
    One that is open here and cannot be read any more is closed first. Raises VaultUntrusted where what is there is not
    trusted and `replace` is not set.
    """

    number: int | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True)
class RestoreCopyResult:
    """OK: it is in place; what was there is kept under the name `kept_as` in the same folder (None: nothing was).

    INVALID_PARAMETER: no such copy, or it is damaged. INVALID_STATE: the vault is open, or can be read and `replace`
    is not set. Nothing changed then.
    """

    status: Status
    copy: CopyInformation | None = None
    kept_as: str | None = None
