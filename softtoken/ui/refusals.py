"""Sentences for expected outcomes: a status, and what was being done."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from softtoken.services.events import Status
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Refusal, Task

if TYPE_CHECKING:
    from collections.abc import Callable


class Refusals(QObject):
    """One method per task; what a task does not know by itself is said by the status alone."""

    def tell(self, refusal: Refusal) -> Sentence:
        told = self._by_task(refusal) or self._by_status(refusal.status)
        return Sentence(told.kind, told.what, told.kept, told.advice, refusal.detail, refusal.correlation_id or "")

    def _by_task(self, refusal: Refusal) -> Sentence | None:
        speakers: dict[Task, Callable[[Refusal], Sentence | None]] = {
            Task.ACTIVATE: self._activate,
            Task.MAKE_CODE: self._make_code,
            Task.OPEN_VAULT: self._open_vault,
            Task.CREATE_VAULT: self._passphrase,
            Task.PROTECT_VAULT: self._passphrase,
            Task.TYPED_LOGIN: self._typed_login,
            Task.ADD: self._add,
            Task.REMOVE: self._remove,
        }
        speaker = speakers.get(refusal.task)
        return speaker(refusal) if speaker else None

    def _activate(self, refusal: Refusal) -> Sentence | None:
        nothing = self.tr("Nothing was stored on this computer.")
        match refusal.status:
            case Status.INVALID_ACTIVATION_CODE:
                return Sentence(
                    "danger",
                    self.tr("This activation code is not right."),
                    nothing,
                    self.tr("Check the server, the user name and the code, or ask your organisation for a new code."),
                )
            case Status.ACTIVATION_CODE_EXPIRED:
                return Sentence(
                    "danger",
                    self.tr("This activation code has expired or was used already."),
                    nothing,
                    self.tr("Ask your organisation for a new code. A code works once and for a few minutes only."),
                )
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("The server did not accept this code for this user."),
                    nothing,
                    self.tr("Check the user name and the code. The server counts wrong tries."),
                )
            case Status.LOCKED_USER:
                return Sentence(
                    "danger",
                    self.tr("The server has locked this activation after too many wrong tries."),
                    nothing,
                    self.tr("Ask your organisation for a new activation code."),
                )
            case Status.USER_ID_ALREADY_EXISTS:
                return Sentence(
                    "warning",
                    self.tr("This user has a token on this computer already."),
                    self.tr("That token was not changed."),
                    self.tr("To activate again, remove that token first."),
                )
            case Status.INVALID_NEW_PIN_FORMAT:
                return Sentence(
                    "danger",
                    self.tr("Your organisation's rules do not allow this PIN."),
                    self.tr("The PIN was not set."),
                    self.tr("Choose another PIN."),
                )
            case Status.INVALID_PIN | Status.TEMPORARY_LOCKED | Status.PIN_BLOCKED:
                return Sentence(
                    "danger",
                    self.tr("An earlier try with this activation code chose another protection or PIN."),
                    self.tr("What the server sent then is kept, as it was protected then."),
                    self.tr("Choose the same protection and PIN as then, or ask your organisation for a new code."),
                )
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("The server address or the user name cannot be right."),
                    self.tr("Nothing was sent."),
                    self.tr("Compare both with what your organisation gave you."),
                )
            case _:
                return None

    def _make_code(self, refusal: Refusal) -> Sentence | None:
        left = refusal.tries_left
        tries = "" if left is None else self.tr("Tries left: {0}.").format(left)
        match refusal.status:
            case Status.INVALID_PIN:
                return Sentence(
                    "danger", self.tr("Wrong PIN."), self.tr("No code was made."), tries or self.tr("Try again.")
                )
            case Status.TEMPORARY_LOCKED:
                return Sentence(
                    "warning",
                    self.tr("Too many wrong PINs: the next try has to wait."),
                    self.tr("This PIN was not looked at, so it does not count as a try."),
                    tries,
                )
            case Status.PIN_BLOCKED:
                return Sentence(
                    "danger",
                    self.tr("The PIN of this token is blocked."),
                    self.tr("It was entered wrongly too often. Your other tokens are not affected."),
                    self.tr("Ask your organisation for a new activation code, remove this token and activate again."),
                )
            case Status.LOGIN_REQUIRED:
                return Sentence(
                    "warning",
                    self.tr("Log in before the next code."),
                    self.tr("Nothing was lost."),
                    self.tr("Token and server have to meet: after activation, and again after many codes."),
                )
            case Status.ATC_EXPIRED:
                return Sentence(
                    "danger",
                    self.tr("This token has used up all of its codes."),
                    self.tr("Your other tokens are not affected."),
                    self.tr("Ask your organisation for a new activation code."),
                )
            case Status.OFFLINE_NOT_ACTIVATED:
                return Sentence(
                    "warning",
                    self.tr("Making codes here is switched off for this token."),
                    self.tr("Nothing was lost, and logging in from this window still works."),
                    self.tr("Your organisation decides this, or the configuration file of this computer."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "warning",
                    self.tr("This token is no longer here."),
                    self.tr("It was removed, perhaps in another window."),
                    self.tr("Go back to the list of tokens."),
                )
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("No code can be made from this."),
                    self.tr("No code was made."),
                    self.tr("Shorten the additional data, or leave it empty."),
                )
            case _:
                return None

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
