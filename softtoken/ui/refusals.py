"""Sentences for expected outcomes: a status, and what was being done."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from softtoken.services.events import Status
from softtoken.ui.activation_words import ActivationWords
from softtoken.ui.approval_words import ApprovalWords
from softtoken.ui.backup_words import BackupWords
from softtoken.ui.biometric_words import BiometricWords
from softtoken.ui.credential_words import CredentialWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Refusal, Task
from softtoken.ui.step_words import StepWords

if TYPE_CHECKING:
    from collections.abc import Callable


class Refusals(QObject):
    """One method per task; what a task does not know by itself is said by the status alone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._activations = ActivationWords(self)
        self._approvals = ApprovalWords(self)
        self._backups = BackupWords(self)
        self._biometrics = BiometricWords(self)
        self._credentials = CredentialWords(self)
        self._steps = StepWords(self)

    def tell(self, refusal: Refusal) -> Sentence:
        told = self._by_sensor(refusal) or self._by_task(refusal) or self._by_status(refusal.status)
        return Sentence(told.kind, told.what, told.kept, told.advice, refusal.detail, refusal.correlation_id or "")

    def _by_sensor(self, refusal: Refusal) -> Sentence | None:
        return self._biometrics.refused(refusal, self._credentials.nothing(refusal.task)) if refusal.sensor else None

    def _by_task(self, refusal: Refusal) -> Sentence | None:
        speakers: dict[Task, Callable[[Refusal], Sentence | None]] = {
            Task.ACTIVATE: self._activations.activate,
            Task.REACTIVATE: self._activations.reactivate,
            Task.LOGIN: self._credentials.log_in,
            Task.MAKE_CODE: self._credentials.make,
            Task.SIGN: self._credentials.make,
            Task.SUPPORT_CODE: self._credentials.make,
            Task.APPROVE: self._approvals.refuse,
            Task.DECLINE: self._approvals.refuse,
            Task.RESYNCHRONISE: self._credentials.resynchronise,
            Task.CHANGE_PIN: self._credentials.change_pin,
            Task.RENAME: self._rename,
            Task.DEVICE_NAME: self._settings,
            Task.SETTING: self._settings,
            Task.OPEN_VAULT: self._open_vault,
            Task.CREATE_VAULT: self._passphrase,
            Task.PROTECT_VAULT: self._passphrase,
            Task.TYPED_LOGIN: self._typed_login,
            Task.STEP_UP: self._steps.refused,
            Task.ADD: self._add,
            Task.REMOVE: self._remove,
            Task.BACKUP: self._backups.refuse,
            Task.RESTORE_BACKUP: self._backups.refuse,
            Task.PUT_BACK: self._backups.not_put_back,
        }
        speaker = speakers.get(refusal.task)
        return speaker(refusal) if speaker else None

    def _open_vault(self, refusal: Refusal) -> Sentence | None:
        match refusal.status:
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("That did not open your tokens."),
                    self.tr("Nothing was changed."),
                    self.tr("Check capital letters and the keyboard layout, then try again as often as you need."),
                )
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("This is not a complete recovery code."),
                    self.tr("Nothing was changed."),
                    self.tr("A symbol is missing or mistyped. It has six groups of four symbols and one of three."),
                )
            case _:
                return None

    def _passphrase(self, refusal: Refusal) -> Sentence | None:
        if refusal.status is Status.INVALID_PARAMETER:
            return Sentence(
                "danger",
                self.tr("This passphrase is too short."),
                self.tr("Nothing was stored."),
                self.tr("Use at least eight characters."),
            )
        return None

    def _typed_login(self, refusal: Refusal) -> Sentence | None:
        if refusal.status is Status.INVALID_PARAMETER:
            return Sentence(
                "danger",
                self.tr("The server address, the user name or the code cannot be right."),
                self.tr("Nobody was logged in."),
                self.tr("Check all three."),
            )
        return None

    def _add(self, refusal: Refusal) -> Sentence | None:
        if refusal.status is Status.INVALID_PARAMETER:
            return Sentence(
                "danger",
                self._fault(refusal.fault),
                self.tr("Nothing was stored."),
                self.tr("Copy the whole link again."),
            )
        return None

    def _remove(self, refusal: Refusal) -> Sentence | None:
        if refusal.status is Status.INVALID_STATE:
            return Sentence(
                "warning",
                self.tr("This user is logged in."),
                self.tr("The token was not removed."),
                self.tr("Removing it now logs the user out first."),
            )
        return None

    def _rename(self, refusal: Refusal) -> Sentence | None:
        match refusal.status:
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("The token cannot be called that."),
                    self.tr("It keeps its name."),
                    self.tr("Use 1 to 255 characters that can be printed."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "warning",
                    self.tr("This token is no longer here."),
                    self.tr("It was removed, perhaps in another window, so nothing was renamed."),
                    self.tr("Go back to the list of tokens."),
                )
            case _:
                return None

    def _settings(self, refusal: Refusal) -> Sentence | None:
        match refusal.task, refusal.status:
            case Task.DEVICE_NAME, Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("This computer cannot be called that."),
                    self.tr("It keeps its name."),
                    self.tr("Use up to 64 characters that can be printed."),
                )
            case Task.SETTING, Status.ACCESS_DENIED:
                return Sentence(
                    "warning",
                    self.tr("The configuration of this computer decides this."),
                    self.tr("The setting stays as it was."),
                    self.tr("Ask who manages this computer."),
                )
            case _, Status.INVALID_STATE:
                return Sentence(
                    "warning",
                    self.tr("Your tokens are not open, so nothing can be stored."),
                    self.tr("The settings stay as they were."),
                    self.tr("Open your tokens and try again."),
                )
            case _:
                return None

    def _fault(self, fault: str | None) -> str:
        match fault:
            case "NOT_OTPAUTH":
                return self.tr("This is not an otpauth link: it has to begin with otpauth://.")
            case "TOO_LONG":
                return self.tr("This link is too long to be one.")
            case "BAD_ENCODING":
                return self.tr("A part of this link was damaged in copying.")
            case "REPEATED":
                return self.tr("This link says the same thing twice, and differently.")
            case "UNSUPPORTED_TYPE":
                return self.tr("This link is for a kind of token that is not supported; TOTP and HOTP are.")
            case "NO_SECRET" | "BAD_SECRET":
                return self.tr("The secret key in this link is missing or damaged.")
            case "BAD_ALGORITHM":
                return self.tr("This link asks for an algorithm that is not supported; SHA-1, SHA-256 and SHA-512 are.")
            case "BAD_DIGITS":
                return self.tr("This link asks for a number of digits that is not supported.")
            case "BAD_PERIOD":
                return self.tr("This link asks for a time step that is not supported.")
            case "BAD_COUNTER":
                return self.tr("The counter in this link is missing or not a number.")
            case _:
                return self.tr("This link cannot be read.")

    def _by_status(self, status: Status) -> Sentence:
        unchanged = self.tr("Nothing was changed.")
        match status:
            case Status.INVALID_STATE:
                return Sentence(
                    "warning",
                    self.tr("This is not possible at the moment."),
                    unchanged,
                    self.tr("Go back and try again."),
                )
            case Status.NOT_SUPPORTED:
                return Sentence(
                    "warning",
                    self.tr("This is not supported with the present configuration."),
                    unchanged,
                    self.tr("Ask who manages this computer."),
                )
            case Status.ACCESS_DENIED:
                return Sentence(
                    "danger", self.tr("The server refused this."), unchanged, self.tr("Ask your organisation.")
                )
            case _:
                return Sentence(
                    "danger",
                    self.tr("This did not work ({0}).").format(status.value),
                    unchanged,
                    self.tr("Try again; if it stays so, give this word to support: {0}.").format(status.value),
                )
