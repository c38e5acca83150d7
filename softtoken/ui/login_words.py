"""A login's result in words: what the server decided, whether anything was lost, and what to do now."""

from PySide6.QtCore import QObject

from softtoken.services.events import LoginReason, LoginResult, LoginStep, Resynchronised, Status
from softtoken.ui.risk_words import RiskWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.step_words import StepWords


class LoginWords(QObject):
    """Source of the meanings: iaa-api 6.3, 6.4 and 8.2. steps: of a login that is not finished."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._risks = RiskWords(self)
        self.steps = StepWords(self)

    def verdict(self, result: LoginResult) -> Sentence:
        """What became of the login, and what to do now."""
        if result.resynchronised is Resynchronised.REFUSED:
            return self._not_resynchronised(result)
        told = self._by_reason(result.reason) or self._by_status(result)
        return Sentence(told.kind, told.what, told.kept, told.advice, result.detail)

    def _by_status(self, result: LoginResult) -> Sentence:
        unchanged = self.tr("Your token is unchanged.")
        match result.status:
            case Status.OK:
                return Sentence("good", self.tr("Login accepted."))
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("The server refused the code."),
                    self.tr("Your token is unchanged, and the server counts refused codes."),
                    self.tr("Log in with a new code. Enter a PIN with care: a wrong one may go unnoticed here."),
                )
            case Status.LOCKED_USER:
                return Sentence(
                    "danger",
                    self.tr("This user is locked or disabled on the server."),
                    unchanged,
                    self.tr("Ask your organisation to unlock the user."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "danger",
                    self.tr("The server does not know this user."),
                    self.tr("Your tokens are unchanged."),
                    self.tr("Check the server and the user name, or ask your organisation."),
                )
            case Status.ACCESS_DENIED if result.risk_response_code == _DECLINED:
                return Sentence(
                    "danger",
                    self.tr("The server declined this login: it looks too risky."),
                    unchanged,
                    self.tr("Do not simply repeat it; ask your organisation why."),
                )
            case Status.ACCESS_DENIED:
                return Sentence(
                    "danger",
                    self.tr("This login was declined, by the server or at the device that was asked."),
                    unchanged,
                    self.tr("If you did not decline it yourself, tell your organisation. Else log in again."),
                )
            case Status.USER_CONFIRMATION_TIMEOUT:
                return Sentence(
                    "warning",
                    self.tr("The login timed out."),
                    self.tr("Nothing was lost."),
                    self.tr("Start again with a new code."),
                )
            case Status.USER_CANCEL:
                return Sentence(
                    "info",
                    self.tr("You stopped waiting."),
                    self.tr(
                        "The request stays open on the server for a moment; if it is approved, nobody hears of it."
                    ),
                    self.tr("Log in again when you like."),
                )
            case Status.NEGATIVE:
                return Sentence(
                    "warning",
                    self.tr("The server wants another step."),
                    self.tr("You are not logged in yet."),
                    self.next_step(result),
                )
            case Status.INVALID_PARAMETER:
                return Sentence(
                    "danger",
                    self.tr("The server did not accept what was sent."),
                    unchanged,
                    self.tr("Check the server and the user name."),
                )
            case Status.INVALID_STATE:
                return Sentence(
                    "warning",
                    self.tr("Your tokens were locked meanwhile, so nothing was sent."),
                    unchanged,
                    self.tr("Open them again and log in again."),
                )
            case Status.FAILED if result.session_status == "unknown":
                return Sentence(
                    "danger",
                    self.tr("The server does not say whether it accepts this login: it is handled elsewhere, or over."),
                    unchanged,
                    self.tr("Look at your organisation's own page whether you are logged in; else log in again."),
                )
            case _:
                return Sentence(
                    "danger",
                    self.tr("The login did not succeed."),
                    unchanged,
                    self.tr("Try again with a new code; if it stays so, give the details below to support."),
                )

    def _by_reason(self, reason: LoginReason | None) -> Sentence | None:
        unchanged = self.tr("Your token is unchanged.")
        match reason:
            case LoginReason.LOCKED:
                return Sentence(
                    "danger",
                    self.tr("This user is locked on the server: there were too many wrong codes."),
                    unchanged,
                    self.tr("Ask your organisation to unlock the user. Until then right codes are refused as well."),
                )
            case LoginReason.DISABLED:
                return Sentence(
                    "danger",
                    self.tr("Your organisation has switched this user off."),
                    unchanged,
                    self.tr("Ask your organisation to switch the user on again."),
                )
            case LoginReason.REQUEST_OVER:
                return Sentence(
                    "warning",
                    self.tr("The server does not know this login any more: its time is over."),
                    self.tr("Nothing was lost. A code that was sent with it is used up."),
                    self.tr("Start again with a new code."),
                )
            case LoginReason.DECLINED_BY_USER:
                return Sentence(
                    "danger",
                    self.tr("The login was declined at the device that was asked."),
                    unchanged,
                    self.tr("If it was not you who declined, tell your organisation. Else log in again."),
                )
            case LoginReason.NO_MESSAGE:
                return Sentence(
                    "danger",
                    self.tr("The server could not send its message."),
                    unchanged,
                    self.tr("Try again in a moment; if it stays so, tell your organisation."),
                )
            case LoginReason.BAD_DESTINATION:
                return Sentence(
                    "danger",
                    self.tr("The server could not send its message: the telephone number or address is not valid."),
                    unchanged,
                    self.tr("Ask your organisation which number or address it has for you."),
                )
            case LoginReason.NO_DEVICE:
                return Sentence(
                    "danger",
                    self.tr("The server wanted to ask a device of yours, and has none that it can reach."),
                    unchanged,
                    self.tr("Activate your device, or ask your organisation for another way to log in."),
                )
            case LoginReason.SECURITY_KEY:
                return Sentence(
                    "danger",
                    self.tr("The server wants a security key, which Soft Token does not support."),
                    unchanged,
                    self.tr("Use the key at your organisation's own page, or ask for another way to log in."),
                )
            case LoginReason.TOKEN_GONE:
                return Sentence(
                    "warning",
                    self.tr("This token is no longer on this computer, so nothing was sent."),
                    self.tr("It was removed, perhaps in another window."),
                    self.tr("Go back to the list of tokens."),
                )
            case _:
                return None  # the status says as much

    def aside(self, result: LoginResult) -> str:
        """What is worth no more than a line; empty for nothing."""
        if result.resynchronised is Resynchronised.UNAVAILABLE:
            return self.tr("The server does not offer a resynchronisation, so the login went on without one.")
        if result.resynchronised is Resynchronised.DONE and result.status is Status.OK:
            return self.tr("Token and server agree on the counter.")
        return ""

    def next_step(self, result: LoginResult) -> str:
        """Of a login whose step is not shown: it was left, or nothing here can do it."""
        step = result.pending.step if result.pending else LoginStep.UNSUPPORTED
        match step:
            case LoginStep.APPROVAL:
                return self.tr("Approve it on your device; the result will be shown here.")
            case LoginStep.TOKEN_CODE | LoginStep.PASSWORD | LoginStep.SENT_CODE:
                return self.tr("Choose “Log in” again within a minute, and Soft Token asks for it.")
            case _ if result.risk_response_code in _SECURITY_KEYS:
                return self.tr(
                    "It wants a security key, which Soft Token does not support. Use the key at your organisation's "
                    "own page, or ask for another way to log in."
                )
            case _:
                return self.tr("Soft Token does not know this step. Ask your organisation how to go on.")

    def risk(self, result: LoginResult) -> str:
        """The risk code with its name and meaning."""
        return self._risks.risk(result)

    def session(self, result: LoginResult) -> str:
        """The session status with its meaning."""
        return self._risks.session(result)

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


_DECLINED = 1
_SECURITY_KEYS = (14, 25)
