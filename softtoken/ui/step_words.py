"""A login's next step in words: what the server wants, who is waited for, and why an answer was refused."""

from PySide6.QtCore import QObject

from softtoken.engine.tokens import ProtectionType
from softtoken.services.events import LoginStep, PendingLogin, Resynchronised, Status
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import OpenLogin, Refusal


class StepWords(QObject):
    """Source: iaa-api 6.4."""

    def wanted(self, login: OpenLogin) -> str:
        """Above a step's inputs."""
        match login.pending.step:
            case LoginStep.PASSWORD:
                return self.tr(
                    "The server wants the static password of {0}, as it was set at registration. "
                    "It is sent to the server and not stored here."
                ).format(login.who)
            case LoginStep.SENT_CODE:
                return self._sent(login.pending)
            case _ if login.token is None:
                return self._own_device(login.pending)
            case _ if login.usable:
                return self._token_code(login.pending)
            case _:
                return self._own_device(login.pending)

    def awaited(self, login: OpenLogin) -> str:
        """Who is waited for, and what else works."""
        match login.pending.risk_response_code:
            case 21:
                return self.tr("Approve this login on the trusted device of {0}. It needs no PIN for that.").format(
                    login.who
                )
            case 22:
                return self.tr("Approve this login on the trusted device of {0}, with its PIN.").format(login.who)
            case 23 | 24:
                return self.tr(
                    "Approve this login on the trusted device of {0}, with a fingerprint, a face, or its PIN."
                ).format(login.who)
            case 11:
                return self.tr(
                    "The server wants {0} to scan an image with another device. Soft Token cannot show the image: "
                    "if your organisation's own page shows it, scan it there."
                ).format(login.who)
            case 7:
                return self.tr("The server asks for approval, with a second factor, on the device of {0}.").format(
                    login.who
                )
            case _:
                return self.tr("The server asks for approval on the device of {0}.").format(login.who)

    def lacking(self, pending: PendingLogin) -> Sentence:
        """It wants a code that this token cannot make."""
        if ProtectionType.NO_PIN in pending.protections:
            what = self.tr("The server wants a code that this token cannot make on this computer.")
        else:
            what = self.tr("The server wants a code that is protected by a PIN, and this token was activated without.")
        return Sentence(
            "warning",
            what,
            self.tr("You are not logged in yet, and nothing is wrong with the token."),
            self.tr(
                "Type a code from another device that has a PIN, if you have one. Else ask your organisation for an "
                "activation code, remove this token, and choose “PIN” when you activate again."
            ),
        )

    def refused(self, refusal: Refusal) -> Sentence | None:
        """An answer was refused, and the login is still open. fault: the step, or that nothing of it was sent."""
        still = self.tr("The login is still open.")
        match refusal.status:
            case Status.WRONG_CREDENTIALS if refusal.fault == Resynchronised.REFUSED.value:
                return Sentence(
                    "danger",
                    self.tr("The server refused to resynchronise, so the code itself was not sent."),
                    self.tr("One wrong code was counted. {0}").format(still),
                    self.tr("Enter the PIN with care: a wrong one may go unnoticed here."),
                )
            case Status.WRONG_CREDENTIALS:
                what, advice = self._wrong(refusal.fault)
                kept = self.tr("It counts refusals; three in a row lock the user. {0}").format(still)
                return Sentence("danger", what, kept, advice)
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("The server did not accept what was sent, or it does not fit."),
                    still,
                    self.tr("Check it and try again."),
                )
            case _:
                return Sentence(
                    "danger",
                    self.tr("This step did not work."),
                    still,
                    self.tr("Try again, or start again with a new login."),
                )

    def _wrong(self, step: str | None) -> tuple[str, str]:
        """What was refused, and what to do."""
        match step:
            case LoginStep.PASSWORD.value:
                return self.tr("The server refused the password."), self.tr("Check capital letters and try again.")
            case LoginStep.SENT_CODE.value:
                return self.tr("The server refused the code."), self.tr("Compare it with the message and try again.")
            case _:
                return (
                    self.tr("The server refused the code."),
                    self.tr("Try again with care: a wrong PIN gives a wrong code and may go unnoticed here."),
                )

    def _sent(self, pending: PendingLogin) -> str:
        match pending.risk_response_code:
            case 3:
                return self.tr("The server sends you a code by SMS. Type it here as soon as it has come.")
            case 8:
                return self.tr("The server sends you a code by e-mail. Type it here as soon as it has come.")
            case _:
                return self.tr("The server calls you and tells you a code. Type it here as soon as you have heard it.")

    def _token_code(self, pending: PendingLogin) -> str:
        match pending.risk_response_code:
            case 5:
                return self.tr(
                    "The server wants to be surer that it is you: with a code that is protected by your PIN. "
                    "The PIN stays on this computer."
                )
            case 10:
                return self.tr(
                    "The server sent a challenge. Soft Token makes a code over it and sends that. "
                    "The PIN stays on this computer."
                )
            case _:
                return self.tr("The server wants one more code. Soft Token makes it and sends it.")

    def _own_device(self, pending: PendingLogin) -> str:
        if pending.challenge is not None:
            return self.tr(
                "The server sent a challenge. Type it into your device, then type here what the device shows."
            )
        if ProtectionType.NO_PIN not in pending.protections:
            return self.tr(
                "The server wants a code that is protected by a PIN or fingerprint. Make one on your device."
            )
        return self.tr("The server wants one more code. Make a new one on your device.")
