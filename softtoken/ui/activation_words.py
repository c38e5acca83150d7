"""Sentences for a refused activation, the first one of a user or a new one of a token that is here."""

from PySide6.QtCore import QObject

from softtoken.services.events import Status
from softtoken.ui.pin_words import PinWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Refusal


class ActivationWords(QObject):
    """None for what these tasks do not know by themselves."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pins = PinWords(self)

    def activate(self, refusal: Refusal) -> Sentence | None:
        nothing = self.tr("Nothing was stored on this computer.")
        match refusal.status:
            case Status.INVALID_ACTIVATION_CODE:
                return Sentence(
                    "danger",
                    self.tr("This activation code is not right, or was used already."),
                    nothing,
                    self.tr(
                        "Check the server, the user name and the code. If a lock or an end of the program interrupted "
                        "an earlier try, ask your organisation for a new code."
                    ),
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
                    self._pins.named(refusal.fault) or self.tr("Choose another PIN."),
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

    def reactivate(self, refusal: Refusal) -> Sentence | None:
        """The old keys stay until the server has taken the new ones, so every refusal leaves the token as it is."""
        unchanged = self.tr("Your token is as it was before.")
        match refusal.status:
            case Status.INVALID_ACTIVATION_CODE:
                return Sentence(
                    "danger",
                    self.tr("This activation code is not right for this token, or was used already."),
                    unchanged,
                    self.tr(
                        "Check the code. If a lock or an end of the program interrupted an earlier try, ask your "
                        "organisation for a new one for this user."
                    ),
                )
            case Status.ACTIVATION_CODE_EXPIRED:
                return Sentence(
                    "danger",
                    self.tr("This activation code has expired or was used already."),
                    unchanged,
                    self.tr("Ask your organisation for a new code. A code works once and for a few minutes only."),
                )
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("The server did not accept this code for the user of this token."),
                    unchanged,
                    self.tr("Make sure that the code was issued for this user. The server counts wrong tries."),
                )
            case Status.LOCKED_USER:
                return Sentence(
                    "danger",
                    self.tr("The server has locked this activation after too many wrong tries."),
                    unchanged,
                    self.tr("Ask your organisation for a new activation code."),
                )
            case Status.INVALID_NEW_PIN_FORMAT:
                return Sentence(
                    "danger",
                    self.tr("Your organisation's rules do not allow this PIN."),
                    self.tr("The PIN was not set, and your token is as it was before."),
                    self._pins.named(refusal.fault) or self.tr("Choose another PIN."),
                )
            case Status.INVALID_PIN | Status.TEMPORARY_LOCKED | Status.PIN_BLOCKED:
                return Sentence(
                    "danger",
                    self.tr("An earlier try with this activation code chose another PIN."),
                    self.tr("What the server sent then is kept, as it was protected then."),
                    self.tr("Enter the PIN of that try, or ask your organisation for a new code."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "warning",
                    self.tr("This token is no longer here."),
                    self.tr("It was removed, perhaps in another window. The code was not used."),
                    self.tr("Activate this computer with the code instead."),
                )
            case Status.INVALID_STATE:
                return Sentence(
                    "warning",
                    self.tr("This token cannot be activated again at the moment."),
                    self.tr("It is as it was before, and the code was not used."),
                    self.tr("Go back to the list of tokens and try again."),
                )
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("The code and the PIN do not go with this token."),
                    self.tr("Nothing was sent, and your token is as it was before."),
                    self.tr("Go back and enter them again."),
                )
            case Status.NOT_SUPPORTED:
                return Sentence(
                    "warning",
                    self.tr("The server cannot activate a token that is here already."),
                    unchanged,
                    self.tr("Remove the token, then activate this computer with a new code."),
                )
            case _:
                return None
