"""Sentences about backups: what came between, and what became of each token."""

from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.services.events import BackupFault, Restored, RestoredToken, Status
from softtoken.ui.moments import moment_in_words
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Refusal


class BackupWords(QObject):
    """`refuse` is asked by Refusals; the rest by the pages."""

    def refuse(self, refusal: Refusal) -> Sentence | None:
        """None for what the status alone says."""
        unchanged = self.tr("Nothing was changed.")
        match refusal.fault:
            case BackupFault.EXISTS:
                return Sentence(
                    "warning",
                    self.tr("There is a file of that name."),
                    self.tr("It was left alone."),
                    self.tr("Choose another name."),
                )
            case BackupFault.WEAK_PASSPHRASE:
                return Sentence(
                    "danger",
                    self.tr("This passphrase is too short."),
                    self.tr("Nothing was written."),
                    self.tr("Use at least eight characters."),
                )
            case BackupFault.NOT_A_BACKUP:
                return Sentence(
                    "danger",
                    self.tr("This file is no backup of Soft Token."),
                    unchanged,
                    self.tr("Go back and choose another file."),
                )
            case BackupFault.TOO_NEW:
                return Sentence(
                    "warning",
                    self.tr("A newer Soft Token made this backup."),
                    unchanged,
                    self.tr("Install the newest version on this computer."),
                )
            case BackupFault.DAMAGED:
                return Sentence(
                    "danger",
                    self.tr("This backup is damaged."),
                    unchanged,
                    self.tr("If you have the file elsewhere, too, try that one."),
                )
            case BackupFault.WRONG_PASSPHRASE:
                return Sentence(
                    "danger",
                    self.tr("This is not the passphrase of the backup."),
                    unchanged,
                    self.tr("Check capital letters and the keyboard layout, then try again as often as you need."),
                )
            case _:
                return None

    def not_put_back(self, refusal: Refusal) -> Sentence | None:
        if refusal.status is Status.INVALID_PARAMETER:
            return Sentence(
                "danger",
                self.tr("This copy is gone, or damaged, too."),
                self.tr("Nothing was changed."),
                self.tr("Try again: if there is another copy, it is offered then."),
            )
        return None

    def day(self, epoch: int) -> str:
        """Date and time as this computer writes them."""
        return moment_in_words(epoch)

    def outcome(self, token: RestoredToken, made_at: int) -> str:
        """What became of one token, without its name."""
        match token.outcome:
            case Restored.ADDED if token.counter is not None:
                return self.tr(
                    "Added. Its counter is that of {0}: codes made since then repeat and are refused, so make the "
                    "next ones until one is accepted."
                ).format(self.day(made_at))
            case Restored.ADDED:
                return self.tr("Added.")
            case Restored.ALREADY_THERE:
                return self.tr("Already here, and left as it is.")
            case Restored.COUNTER_RAISED:
                return self.tr("Already here. Its counter was behind the backup's and was raised.")
            case Restored.NEEDS_ACTIVATION:
                return self.tr("Needs a new activation code from your organisation.")
            case Restored.UNREADABLE:
                return self.tr("This entry of the backup cannot be read; nothing was added for it.")
            case _ as never:
                assert_never(never)
