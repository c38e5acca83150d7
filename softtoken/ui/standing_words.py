"""How a credential stands, in words: one quiet line when all is well, a sentence when something is to be done."""

from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.services.events import CredentialInformation
from softtoken.ui.biometric_words import BiometricWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.standing import Situation, situation


class StandingWords(QObject):
    """Every number in it is the controller's."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._biometrics = BiometricWords(self)

    def line(self, information: CredentialInformation) -> str:
        """Codes used, codes left, and when server and token will agree on the counter again.

        Empty where the sentence says that these numbers do not count.
        """
        if situation(information) > Situation.EXHAUSTED:
            return ""
        when = (
            self.tr("The next login resynchronises.")
            if information.resynchronises_at_login
            else self.tr("It resynchronises only when you ask for it.")
        )
        return self.tr("Codes since the last synchronisation: {0}. Left until a login is required: {1}. {2}").format(
            information.used, information.left, when
        )

    def sentence(self, information: CredentialInformation) -> Sentence | None:
        """What stands in the way of the next code; None when nothing does."""
        match situation(information):
            case Situation.WELL:
                return None
            case Situation.NEARLY:
                return Sentence(
                    "info",
                    self.tr("Log in soon. Codes left: {0}.").format(information.left),
                    self.tr("Codes still work."),
                    self.tr("A login, or a resynchronisation, starts the count anew."),
                )
            case Situation.BIOMETRIC_BLOCKED:
                return self._biometrics.blocked(self.tr("Nothing was lost."))
            case Situation.EXHAUSTED:
                return Sentence(
                    "warning",
                    self.tr("Log in before the next code."),
                    self.tr("Nothing was lost: {0} codes were made since token and server last met.").format(
                        information.used
                    ),
                    self.tr("Log in or resynchronise; both need the network once."),
                )
            case Situation.OUT_OF_REACH:
                return Sentence(
                    "warning",
                    self.tr("Resynchronise before the next login."),
                    self.tr(
                        "Nothing was lost: {0} codes were made since token and server last met, "
                        "more than a login can make up for."
                    ).format(information.used),
                    self.tr("Resynchronise; it needs the network once."),
                )
            case Situation.RESTORED:
                return Sentence(
                    "warning",
                    self.tr("This token has to meet its server once."),
                    self.tr(
                        "What is stored here is older than what this computer has seen, perhaps a restored backup. "
                        "Nothing was lost."
                    ),
                    self.tr("Log in or resynchronise. Enter the PIN with care: one try is left.")
                    if information.retry_counter == 1
                    else self.tr("Log in or resynchronise; both need the network once."),
                )
            case Situation.FIRST_LOGIN:
                return Sentence(
                    "info",
                    self.tr("One login is needed before the first code."),
                    self.tr("The activation stands."),
                    self.tr("Log in while this computer has a network."),
                )
            case Situation.PIN_BLOCKED:
                return Sentence(
                    "danger",
                    self.tr("The PIN of this token is blocked."),
                    self.tr("It was entered wrongly too often. Your other tokens are not affected."),
                    self.tr("Ask your organisation for a new activation code, and set a new PIN with it."),
                )
            case Situation.USED_UP:
                return Sentence(
                    "danger",
                    self.tr("This token has used up all of its codes."),
                    self.tr("Your other tokens are not affected."),
                    self.tr("Ask your organisation for a new activation code, and activate this token again."),
                )
            case _ as never:
                assert_never(never)
