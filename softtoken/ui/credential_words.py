"""Sentences for what is made with a credential: codes, signatures, resynchronisation, a new PIN."""

from PySide6.QtCore import QObject

from softtoken.services.events import Status
from softtoken.ui.pin_words import PinWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Refusal, Task


class CredentialWords(QObject):
    """None for what these tasks do not know by themselves."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pins = PinWords(self)

    def make(self, refusal: Refusal) -> Sentence | None:
        """A code, a signature, a code for the help desk, the codes of a resynchronisation."""
        tries, nothing = self._tries(refusal), self.nothing(refusal.task)
        match refusal.status:
            case Status.INVALID_PIN:
                return Sentence("danger", self.tr("Wrong PIN."), nothing, tries or self.tr("Try again."))
            case Status.TEMPORARY_LOCKED:
                return Sentence(
                    "warning",
                    self.tr("Too many wrong PINs: the next try has to wait."),
                    self.tr("This PIN was not looked at, so it does not count as a try.") + " " + nothing,
                    tries or self.tr("Wait until the time below is over."),
                )
            case Status.PIN_BLOCKED:
                return Sentence(
                    "danger",
                    self.tr("The PIN of this token is blocked."),
                    self.tr("It was entered wrongly too often. {0} Your other tokens are not affected.").format(
                        nothing
                    ),
                    self.tr("Ask your organisation for a new activation code, and set a new PIN with it."),
                )
            case Status.LOGIN_REQUIRED:
                return Sentence(
                    "warning",
                    self._login_first(refusal.task),
                    self.tr("Nothing was lost."),
                    self.tr("Token and server have to meet: after activation, and again after many codes."),
                )
            case Status.ATC_EXPIRED:
                return Sentence(
                    "danger",
                    self.tr("This token has used up all of its codes."),
                    self.tr("{0} Your other tokens are not affected.").format(nothing),
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
                    self.tr("It was removed, perhaps in another window.") + " " + nothing,
                    self.tr("Go back to the list of tokens."),
                )
            case Status.INVALID_PARAMETER:
                return Sentence("danger", self._unusable(refusal.task), nothing, self._shorten(refusal.task))
            case _:
                return None

    def log_in(self, refusal: Refusal) -> Sentence | None:
        """Refused here, while the login's code was made."""
        if refusal.status is not Status.LOGIN_REQUIRED:
            return self.make(refusal)
        return Sentence(
            "warning",
            self.tr("Resynchronise before this login."),
            self.tr(
                "Nothing was sent and nothing was lost. So many codes were made that the server would refuse this one."
            ),
            self.tr("Go back to the token, choose Resynchronise, and log in then."),
        )

    def resynchronise(self, refusal: Refusal) -> Sentence | None:
        """Refused here, while the codes were made, or by the server."""
        match refusal.status:
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("The server refused the resynchronisation."),
                    self.tr("Your token is unchanged, and the server counts this as one wrong code."),
                    self.tr(
                        "Try again and enter the PIN with care: a wrong one may go unnoticed here. "
                        "If it stays so, call support: the server may not know this computer any more."
                    ),
                )
            case Status.LOCKED_USER:
                return Sentence(
                    "danger",
                    self.tr("This user is locked or disabled on the server."),
                    self.tr("Your token is unchanged, and was not resynchronised."),
                    self.tr("Ask your organisation to unlock the user, then resynchronise again."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "danger",
                    self.tr("The token of this user is not known here or on the server."),
                    self.tr("Nothing was resynchronised, and nothing was lost."),
                    self.tr("Ask your organisation whether this user still has a token."),
                )
            case Status.NOT_SUPPORTED:
                return Sentence(
                    "warning",
                    self.tr("The server does not offer a resynchronisation."),
                    self.tr("Your token is unchanged."),
                    self.tr("Log in instead. If the code is refused, read a code for support to the help desk."),
                )
            case _:
                return self.make(refusal)

    def change_pin(self, refusal: Refusal) -> Sentence | None:
        """Whatever it was, the old PIN still holds."""
        holds = self.tr("The old PIN still holds.")
        match refusal.status:
            case Status.INVALID_PIN:
                return Sentence(
                    "danger",
                    self.tr("The current PIN is wrong."),
                    holds,
                    self._tries(refusal) or self.tr("Enter it again."),
                )
            case Status.TEMPORARY_LOCKED:
                return Sentence(
                    "warning",
                    self.tr("Too many wrong PINs: the next try has to wait."),
                    self.tr("This one was not looked at, so it does not count as a try. The old PIN still holds."),
                    self._tries(refusal) or self.tr("Wait until the time below is over."),
                )
            case Status.PIN_BLOCKED:
                return Sentence(
                    "danger",
                    self.tr("The PIN of this token is blocked, so it cannot be changed."),
                    self.tr("It was entered wrongly too often. Your other tokens are not affected."),
                    self.tr("Ask your organisation for a new activation code, and set a new PIN with it."),
                )
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("The server did not accept the current PIN."),
                    self.tr("The old PIN still holds. The server counts this as a wrong code."),
                    self.tr("Enter the current PIN with care and try again."),
                )
            case Status.INVALID_NEW_PIN_FORMAT:
                return Sentence(
                    "danger",
                    self.tr("Your organisation's rules do not allow the new PIN."),
                    holds,
                    self._pins.named(refusal.fault) or self.tr("Choose another one."),
                )
            case Status.LOCKED_USER:
                return Sentence(
                    "danger",
                    self.tr("This user is locked or disabled on the server, so the PIN was not changed."),
                    holds,
                    self.tr("Ask your organisation to unlock the user, then try again."),
                )
            case Status.NOT_SUPPORTED:
                return Sentence(
                    "warning",
                    self.tr("The server of this token cannot change PINs."),
                    holds,
                    self.tr("A new activation code from your organisation brings a new PIN: choose “Forgot PIN”."),
                )
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "warning",
                    self.tr("This token has no PIN to change."),
                    self.tr("Nothing was changed."),
                    self.tr("Go back; its codes need no PIN."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "warning",
                    self.tr("This token is no longer here."),
                    self.tr("It was removed, perhaps in another window, so no PIN was changed."),
                    self.tr("Go back to the list of tokens."),
                )
            case _:
                return None

    def _tries(self, refusal: Refusal) -> str:
        return "" if refusal.tries_left is None else self.tr("Tries left: {0}.").format(refusal.tries_left)

    def nothing(self, task: Task) -> str:
        """What was not made."""
        match task:
            case Task.SIGN:
                return self.tr("Nothing was signed.")
            case Task.RESYNCHRONISE:
                return self.tr("Nothing was sent.")
            case Task.SUPPORT_CODE:
                return self.tr("No code for support was made.")
            case Task.APPROVE:
                return self.tr("Nothing was approved.")
            case _:
                return self.tr("No code was made.")

    def _login_first(self, task: Task) -> str:
        return (
            self.tr("Log in before the next signature.")
            if task is Task.SIGN
            else self.tr("Log in before the next code.")
        )

    def _unusable(self, task: Task) -> str:
        return (
            self.tr("These data fields cannot be signed.")
            if task is Task.SIGN
            else self.tr("No code can be made from this.")
        )

    def _shorten(self, task: Task) -> str:
        match task:
            case Task.SIGN:
                return self.tr("Fill in one field at least, and shorten them if they are very long.")
            case Task.MAKE_CODE:
                return self.tr("Shorten the additional data, or leave it empty.")
            case _:
                return self.tr("Choose the protection type and enter the PIN again.")
