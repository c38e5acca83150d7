"""Sentences for the history: one for each entry, and for what is wrong with the trail."""

from typing import assert_never

from PySide6.QtCore import QDateTime, QLocale, QObject

from softtoken.formats.shown_text import shown_text
from softtoken.services.events import AuditKind
from softtoken.ui.audit_answer_words import AuditAnswerWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.widgets.protection_picker import ProtectionNames
from softtoken.vault.audit import AuditEntry, AuditNote, FoundFault, TrailFault

_ISOLATE, _END = "\u2068", "\u2069"


class AuditWords(QObject):
    """Names came from servers and links: they cannot turn or hide the words around them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers = AuditAnswerWords(self)
        self._protections = ProtectionNames(self)

    def sentence(self, entry: AuditEntry) -> str:
        """What happened; an entry of a later release is told by its own word."""
        note = entry.note
        try:
            kind = AuditKind(note.kind)
        except ValueError:
            return shown_text(note.kind)
        return self._of_token(kind, note) or self._of_computer(kind, note)

    def day(self, seconds: int) -> str:
        """The day of an entry by this computer's time zone."""
        return QLocale().toString(QDateTime.fromSecsSinceEpoch(seconds).date(), QLocale.FormatType.LongFormat)

    def time(self, entry: AuditEntry) -> str:
        """The time of day, and what is to be known of this entry's place in the trail."""
        told = QLocale().toString(QDateTime.fromSecsSinceEpoch(entry.note.time).time(), QLocale.FormatType.ShortFormat)
        parts = [told, self.tr("no. {0}").format(entry.number)]
        if entry.note.late:
            parts.append(self.tr("written down later"))
        return " · ".join(parts)

    def moved(self, seconds: int) -> str:
        """The clock was set between two entries of one run."""
        minutes = round(abs(seconds) / 60)
        much = self.tr("{0} h").format(round(minutes / 60)) if minutes >= 100 else self.tr("{0} min").format(minutes)
        if seconds > 0:
            return self.tr("Before this, the computer's clock was set forward by about {0}.").format(much)
        return self.tr("Before this, the computer's clock was set back by about {0}.").format(much)

    def faults(self, faults: tuple[FoundFault, ...]) -> Sentence | None:
        """None for a trail that is whole."""
        if not faults:
            return None
        shown = [self.fault(fault) for fault in faults[:5]]
        if len(faults) > len(shown):
            shown.append(self.tr("Further places: {0}.").format(len(faults) - len(shown)))
        advice = self.tr("If you cannot explain it, show it to your organisation before you trust this computer.")
        return Sentence(
            "danger",
            self.tr("This history is not whole: the file was damaged, or somebody changed it."),
            self.tr("Your tokens are not affected by that. What can be read is shown below."),
            "\n".join([advice, *shown]),
        )

    def fault(self, found: FoundFault) -> str:
        which = (
            self.tr("Entry {0}").format(found.first)
            if found.first == found.last
            else self.tr("Entries {0} to {1}").format(found.first, found.last)
        )
        match found.fault:
            case TrailFault.MISSING:
                return self.tr("{0}: missing.").format(which)
            case TrailFault.UNREADABLE:
                return self.tr("{0}: cannot be read.").format(which)
            case TrailFault.REPLACED:
                return self.tr("{0}: not what was written there last.").format(which)
            case TrailFault.ADDED:
                return self.tr("{0}: does not belong here.").format(which)
            case TrailFault.RESTARTED:
                return self.tr("{0}: what came before it may not be all.").format(which)
            case TrailFault.HEAD_LOST:
                return self.tr("Nothing says any more how far this history goes.")
            case _ as never:
                assert_never(never)

    def _of_token(self, kind: AuditKind, note: AuditNote) -> str:
        """Of a token or a login; empty for the others."""
        facts, answer = note.facts, self._answers
        who, how = self._who(note), self._how(note)
        match kind:
            case AuditKind.CODE:
                if facts.get("for_login"):
                    return self.tr("A code for a login was made for {0}{1}.").format(who, how)
                return self.tr("A code was made for {0}{1}.").format(who, how)
            case AuditKind.SEQUENCE:
                return self.tr("A code for machines was made for {0}{1}.").format(who, how)
            case AuditKind.SIGNATURE:
                return self.tr("A transaction was signed by {0}{1}.").format(who, how)
            case AuditKind.HELP_DESK_CODE:
                return self.tr("A code for the help desk was made for {0}{1}.").format(who, how)
            case AuditKind.RESYNCHRONISATION_CODES:
                return self.tr("Codes to resynchronise were made for {0}{1}.").format(who, how)
            case AuditKind.OFFLINE_LOGIN:
                return self.tr("The PIN of {0} was right.").format(who)
            case AuditKind.PIN_FAILED:
                return self.tr("Wrong PIN for {0}. Tries left: {1}.").format(who, facts.get("tries_left", "?"))
            case AuditKind.PIN_BLOCKED:
                return self.tr("The PIN of {0} is blocked after too many wrong tries.").format(who)
            case AuditKind.BIOMETRIC_FAILED:
                tries = facts.get("tries_left", "?")
                return self.tr("Fingerprint or face of {0} not recognised. Tries left: {1}.").format(who, tries)
            case AuditKind.BIOMETRIC_BLOCKED:
                return self.tr("Fingerprint and face of {0} are not asked for until the PIN was right.").format(who)
            case AuditKind.PIN_CHANGE:
                return self.tr("PIN of {0}: {1}").format(who, answer.pin_change(facts))
            case AuditKind.ACTIVATION:
                return self.tr("Activation for {0}: {1}").format(who, answer.activation(facts))
            case AuditKind.REACTIVATION:
                return self.tr("New activation of {0}: {1}").format(who, answer.activation(facts))
            case AuditKind.RESYNCHRONISATION:
                return self.tr("Resynchronisation of {0}: {1}").format(who, answer.resynchronisation(facts))
            case AuditKind.LOGIN:
                return self.tr("Login of {0}: {1}").format(who, answer.login(facts))
            case AuditKind.APPROVAL:
                return self.tr("Approving a login of {0}: {1}").format(who, answer.approval(facts))
            case AuditKind.TOKEN_ADDED:
                return self.tr("{0} was added.").format(who)
            case AuditKind.TOKEN_REMOVED:
                return self.tr("{0} was removed.").format(who)
            case AuditKind.TOKEN_RENAMED:
                return self.tr("{0} was renamed to {1}.").format(
                    who, _named(facts.get("new_issuer"), facts.get("new_name"))
                )
            case _:
                return ""

    def _of_computer(self, kind: AuditKind, note: AuditNote) -> str:
        facts = note.facts
        match kind:
            case AuditKind.CREATED:
                return self.tr("The storage for tokens was set up.")
            case AuditKind.OPENED:
                return self.tr("Your tokens were opened with {0}.").format(self._answers.way(facts))
            case AuditKind.OPEN_FAILED:
                return self.tr("Somebody tried to open your tokens; wrong: {0}.").format(self._answers.way(facts))
            case AuditKind.LOCKED:
                return self._answers.lock(facts)
            case AuditKind.LOGGED_OUT:
                return self.tr("Logged out.")
            case AuditKind.PROTECTED_ANEW:
                return self.tr("Your tokens are opened with {0} from now on, and the recovery code is new.").format(
                    self._answers.way(facts)
                )
            case AuditKind.RECOVERY_CODE_RENEWED:
                return self.tr("A new recovery code was made. The old one stopped working.")
            case AuditKind.RECOVERY_CODE_CONFIRMED:
                return self.tr("The recovery code was confirmed as written down.")
            case AuditKind.RESTORED_FILE:
                return self.tr("What is stored was found to be older than it should be, or edited.")
            case AuditKind.POLICY:
                return self.tr("The configuration of this computer is new or was changed.")
            case AuditKind.SETTING:
                value = facts.get("value", "")
                return self.tr("Setting “{0}” is now: {1}").format(
                    self._answers.setting(str(facts.get("setting", ""))), self._answers.value(value)
                )
            case AuditKind.RESET:
                return self.tr("Deleting everything was asked for.")
            case AuditKind.BACKUP:
                return self.tr("A backup was written. Tokens in it: {0}.").format(facts.get("tokens", "?"))
            case AuditKind.BACKUP_RESTORED:
                return self.tr("A backup was read. Tokens added from it: {0}.").format(facts.get("added", "?"))
            case AuditKind.COPY_RESTORED:
                return self.tr("A copy of the storage for tokens was put back.")
            case AuditKind.HISTORY_EXPORTED:
                return self.tr("This history was exported.")
            case AuditKind.HISTORY_GAP:
                return self.tr("Entries that could not be written down here: {0}.").format(facts.get("lost", "?"))
            case _:
                return kind.value

    def _who(self, note: AuditNote) -> str:
        facts = note.facts
        if "name" in facts or "issuer" in facts:
            return _named(facts.get("issuer"), facts.get("name"))
        return _named("", facts.get("asked_for")) if facts.get("asked_for") else self.tr("an unknown token")

    def _how(self, note: AuditNote) -> str:
        parts = []
        protection = self._answers.protection(note.facts.get("protection"))
        if protection is not None:
            parts.append(self._protections.name(protection))
        if (counter := note.facts.get("counter")) is not None:
            parts.append(self.tr("counter {0}").format(counter))
        return f" ({', '.join(parts)})" if parts else ""


def _named(issuer: object, name: object) -> str:
    text = " – ".join(str(part) for part in (issuer, name) if part)
    return f"{_ISOLATE}{shown_text(text)}{_END}"
