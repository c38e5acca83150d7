"""A login's result in words: what the server decided, and what its risk code and session status mean."""

from PySide6.QtCore import QObject

from softtoken.services.events import LoginResult, Resynchronised, Status
from softtoken.ui.sentence import Sentence


class LoginWords(QObject):
    """Source of the meanings: iaa-api 6.3 and 6.4."""

    def verdict(self, result: LoginResult) -> Sentence:
        """What became of the login, and what to do now."""
        if result.resynchronised is Resynchronised.REFUSED:
            return self._not_resynchronised(result)
        match result.status:
            case Status.OK:
                told = Sentence("good", self.tr("Login accepted."))
            case Status.WRONG_CREDENTIALS:
                told = Sentence(
                    "danger",
                    self.tr("The server refused the code."),
                    self.tr("Your token is unchanged, and the server counts refused codes."),
                    self.tr("Log in with a new code. Enter a PIN with care: a wrong one may go unnoticed here."),
                )
            case Status.LOCKED_USER:
                told = Sentence(
                    "danger",
                    self.tr("This user is locked or disabled on the server."),
                    self.tr("Your token is unchanged."),
                    self.tr("Ask your organisation to unlock the user."),
                )
            case Status.INVALID_USER_ID:
                told = Sentence(
                    "danger",
                    self.tr("The server does not know this user."),
                    self.tr("Your tokens are unchanged."),
                    self.tr("Check the server and the user name, or ask your organisation."),
                )
            case Status.ACCESS_DENIED:
                told = Sentence(
                    "danger",
                    self.tr("The server declined this login."),
                    self.tr("Your token is unchanged."),
                    self.tr("Do not simply repeat it; ask your organisation why."),
                )
            case Status.USER_CONFIRMATION_TIMEOUT:
                told = Sentence(
                    "warning",
                    self.tr("The login timed out."),
                    self.tr("Nothing was lost."),
                    self.tr("Start again with a new code."),
                )
            case Status.NEGATIVE:
                told = Sentence(
                    "warning",
                    self.tr("The server wants another step."),
                    self.tr("You are not logged in yet."),
                    self.next_step(result.risk_response_code),
                )
            case Status.INVALID_PARAMETER:
                told = Sentence(
                    "danger",
                    self.tr("The server did not accept what was sent."),
                    self.tr("Your token is unchanged."),
                    self.tr("Check the server and the user name."),
                )
            case _:
                told = Sentence(
                    "danger",
                    self.tr("The login did not succeed."),
                    self.tr("Your token is unchanged."),
                    self.tr("Try again with a new code; if it stays so, give the details below to support."),
                )
        return Sentence(told.kind, told.what, told.kept, told.advice, result.detail)

    def aside(self, result: LoginResult) -> str:
        """What is worth no more than a line; empty for nothing."""
        if result.resynchronised is Resynchronised.UNAVAILABLE:
            return self.tr("The server does not offer a resynchronisation, so the login went on without one.")
        if result.resynchronised is Resynchronised.DONE and result.status is Status.OK:
            return self.tr("Token and server agree on the counter.")
        return ""

    def _not_resynchronised(self, result: LoginResult) -> Sentence:
        if result.status is Status.LOCKED_USER:
            return Sentence(
                "danger",
                self.tr("This user is locked or disabled on the server, so the login was not sent."),
                self.tr("Your token is unchanged."),
                self.tr("Ask your organisation to unlock the user."),
                result.detail,
            )
        return Sentence(
            "danger",
            self.tr("The server refused to resynchronise, so the login was not sent."),
            self.tr("Your token is unchanged, and only one wrong code was counted."),
            self.tr(
                "Log in again and enter the PIN with care: a wrong one may go unnoticed here. "
                "If it stays so, call support: the server may not know this computer any more."
            ),
            result.detail,
        )

    def next_step(self, risk: int | None) -> str:
        """What a challenge asks for, and whether this window can give it."""
        match risk:
            case 4 | 21:
                return self.tr("Log in again with a code that needs no PIN.")
            case 5 | 22:
                return self.tr("Log in again with a code that is protected by a PIN.")
            case 3 | 8 | 13:
                return self.tr("The server sends you a code. Enter it under “Log in with a typed code”.")
            case 2:
                return self.tr("It asks for the static password, which is entered on the organisation's own page.")
            case 6 | 7 | 10 | 11 | 14 | 23 | 24 | 25:
                return self.tr("This step needs another device and cannot be done in this window.")
            case _:
                return self.tr("Soft Token does not know this step. Ask your organisation how to go on.")

    def risk(self, result: LoginResult) -> str:
        """The risk code with its name and meaning."""
        code = result.risk_response_code
        if code is None:
            return self.tr("not part of the answer")
        name = result.risk or self.tr("a code of this organisation's own")
        return self.tr("{0}, {1}: {2}").format(code, name, self._risk_meaning(code))

    def _risk_meaning(self, code: int) -> str:
        match code:
            case 0:
                return self.tr("no further measure is needed")
            case 1:
                return self.tr("the login is declined")
            case 2:
                return self.tr("the static password is wanted")
            case 3:
                return self.tr("a code sent by SMS is wanted")
            case 4:
                return self.tr("a code without PIN is wanted")
            case 5:
                return self.tr("a code protected by PIN or fingerprint is wanted")
            case 6 | 7:
                return self.tr("a confirmation on another device is wanted")
            case 8:
                return self.tr("a code sent by e-mail is wanted")
            case 10:
                return self.tr("the answer to a challenge is wanted")
            case 11:
                return self.tr("a scanned image is wanted")
            case 13:
                return self.tr("a code given by phone call is wanted")
            case 14 | 25:
                return self.tr("a security key is wanted")
            case 21:
                return self.tr("a trusted device without PIN is wanted")
            case 22:
                return self.tr("a trusted device with PIN is wanted")
            case 23 | 24:
                return self.tr("a trusted device with fingerprint or face is wanted")
            case _:
                return self.tr("its meaning is not published")

    def session(self, result: LoginResult) -> str:
        """The session status with its meaning."""
        status = result.session_status
        if status is None:
            return self.tr("not part of the answer")
        match status:
            case "accepted":
                meaning = self.tr("completed")
            case "pending":
                meaning = self.tr("waiting for you")
            case "refused":
                meaning = self.tr("refused by the user")
            case "timeout":
                meaning = self.tr("no response in time")
            case "failed" | "failure":
                meaning = self.tr("the code was not valid")
            case "unknown":
                meaning = self.tr("handled elsewhere")
            case _:
                meaning = self.tr("a status that Soft Token does not know")
        return self.tr("{0}: {1}").format(status, meaning)
