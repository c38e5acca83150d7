"""Sentences for what a disk did: to the file that holds the tokens, or to one that a person picked."""

from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.ui.sentence import Sentence
from softtoken.ui.widgets.words import breakable
from softtoken.vault.errors import (
    Distrust,
    FileFailed,
    VaultDamaged,
    VaultMissing,
    VaultReplaced,
    VaultUntrusted,
    VaultUnwritable,
)


class FileWords(QObject):
    """One method per error."""

    def unwritable(self, error: VaultUnwritable) -> Sentence:
        unchanged = self.tr("Nothing was changed.")
        return Sentence("danger", self._disk(error.reason), unchanged, self._disk_advice(error.reason))

    def damaged(self, error: VaultDamaged) -> Sentence:
        """The whole file, not one row of it."""
        path = breakable(str(error.path))
        if isinstance(error, VaultMissing):
            return Sentence(
                "danger",
                self.tr("The file that holds your tokens is gone."),
                self.tr("Nothing new was made in its place, since copies of it are still there: {0}.").format(path),
                self.tr("Put a copy back, or put the file back where it was and try again."),
            )
        if isinstance(error, VaultReplaced):
            return Sentence(
                "danger",
                self.tr("The file that holds your tokens was replaced or removed while it was open."),
                self.tr("Nothing was written to what is there now: {0}.").format(path),
                self.tr(
                    "Try again to open what is there now, or put back a copy that was kept, if one is offered below."
                ),
            )
        return Sentence(
            "danger",
            self.tr("The file that holds your tokens is damaged."),
            self.tr("It was not replaced or deleted: {0}.").format(path),
            self.tr("Put back a copy that was kept, if one is offered below, or one of your own."),
        )

    def untrusted(self, error: VaultUntrusted) -> Sentence:
        """Whose or what the file is forbids to open it."""
        kept = self.tr("It was not opened, and nothing was changed or lost: {0}.").format(breakable(str(error.path)))
        return Sentence("danger", self._found(error.reason), kept, self._remedy(error.reason))

    def _found(self, reason: Distrust) -> str:
        match reason:
            case Distrust.LINK:
                return self.tr("There is a link where the file that holds your tokens belongs.")
            case Distrust.NO_FILE:
                return self.tr("There is something else where the file that holds your tokens belongs.")
            case Distrust.FILE_OWNER:
                return self.tr("The file that holds your tokens belongs to another user of this computer.")
            case Distrust.FOLDER_OWNER:
                return self.tr("The folder of your tokens belongs to another user of this computer.")
            case Distrust.FILE_OPEN:
                return self.tr("Other users of this computer may write to the file that holds your tokens.")
            case Distrust.FOLDER_OPEN:
                return self.tr("Other users of this computer may write to the folder of your tokens.")
            case _ as never:
                assert_never(never)

    def _remedy(self, reason: Distrust) -> str:
        match reason:
            case Distrust.LINK:
                return self.tr("Put the file itself there in place of the link, then try again.")
            case Distrust.NO_FILE:
                return self.tr("Put the file itself there, then try again.")
            case Distrust.FILE_OWNER | Distrust.FOLDER_OWNER:
                return self.tr(
                    "It has to belong to you. If it is yours, perhaps brought back by an administrator, have it given "
                    "to you and try again; if you do not know it, ask who put it there."
                )
            case Distrust.FILE_OPEN:
                return self.tr("Only you may read and write it (mode 600). Set that, then try again.")
            case Distrust.FOLDER_OPEN:
                return self.tr("Only you may write to it (mode 700). Set that, then try again.")
            case _ as never:
                assert_never(never)

    def failed(self, error: FileFailed) -> Sentence:
        return Sentence(
            "danger", self._file(error.reason), self.tr("Nothing was changed."), self._file_advice(error.reason)
        )

    def _disk(self, reason: str) -> str:
        match reason:
            case "ENOSPC" | "EDQUOT":
                return self.tr("The disk is full.")
            case "EFBIG":
                return self.tr("The file that holds your tokens may not grow any more.")
            case "EROFS":
                return self.tr("The disk can only be read.")
            case "EACCES" | "EPERM":
                return self.tr("You may not write where your tokens are stored.")
            case _:
                return self.tr("The disk did not take the change ({0}).").format(reason)

    def _disk_advice(self, reason: str) -> str:
        if reason in {"ENOSPC", "EDQUOT", "EFBIG"}:
            return self.tr("Make some room and try again.")
        return self.tr("The page “About” says which folder it is.")

    def _file(self, reason: str) -> str:
        match reason:
            case "ENOENT" | "ENOTDIR":
                return self.tr("There is no such file or folder.")
            case "ENOSPC" | "EDQUOT" | "EFBIG":
                return self.tr("There is no room for the file.")
            case "EROFS":
                return self.tr("The disk of this file can only be read.")
            case "EACCES" | "EPERM":
                return self.tr("You may not use this file or folder.")
            case _:
                return self.tr("This file cannot be used ({0}).").format(reason)

    def _file_advice(self, reason: str) -> str:
        if reason in {"ENOSPC", "EDQUOT", "EFBIG"}:
            return self.tr("Make some room, or choose another disk.")
        return self.tr("Choose another place and try again.")
