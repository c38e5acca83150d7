"""The one door to sentences: a problem or a piece of news in, words for a person out."""

from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.services.events import CredentialInformation, KeyringProblem, LoginResult, Status
from softtoken.ui.approval_words import ApprovalWords
from softtoken.ui.failures import Failures
from softtoken.ui.login_words import LoginWords
from softtoken.ui.refusals import Refusals
from softtoken.ui.sentence import Sentence
from softtoken.ui.standing_words import StandingWords
from softtoken.ui.states import (
    ActivationNews,
    ApprovalNews,
    Crash,
    Done,
    Failure,
    LoginNews,
    Looked,
    News,
    PinNews,
    Problem,
    Refusal,
    ResyncNews,
)


class Sentences(QObject):
    """Sentences are made when they are shown, so they are in the language of that moment."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._refusals = Refusals(self)
        self._failures = Failures(self)
        self.logins = LoginWords(self)
        self.approvals = ApprovalWords(self)
        self.standings = StandingWords(self)

    def standing(self, information: CredentialInformation | None) -> Sentence | None:
        """What stands in the way of the next code of a credential, or will soon; None for nothing."""
        return None if information is None else self.standings.sentence(information)

    def resynchronised(self, problem: Problem | None) -> Sentence:
        """What became of a resynchronisation."""
        return self.tell(problem) or Sentence(
            "good",
            self.tr("Token and server agree on the counter."),
            "",
            self.tr("Codes can be made again, with or without a network."),
        )

    def tell(self, problem: Problem | None) -> Sentence | None:
        """The sentence for a problem; None for none."""
        match problem:
            case None:
                return None
            case Refusal():
                return self._refusals.tell(problem)
            case Failure():
                return self._failures.tell(problem)
            case _ as never:
                assert_never(never)

    def login(self, result: LoginResult | None, problem: Problem | None) -> Sentence:
        """What became of a login: the server's verdict, or what came between."""
        if result is not None:
            return self.logins.verdict(result)
        return self.tell(problem) or Sentence("danger", self.tr("The login did not succeed."))

    def first_login(self, result: LoginResult | None) -> Sentence:
        """The login that ends an activation: made, refused, not finished, or never answered."""
        if result is not None and result.status is Status.NEGATIVE:
            return Sentence(
                "warning",
                self.tr("The first login is still to be made: the server wants more than one code."),
                self.tr("The activation stands."),
                self.tr("Log in, and Soft Token asks for what the server wants."),
            )
        if result is not None:
            return self.logins.verdict(result)
        return Sentence(
            "warning",
            self.tr("The first login is still to be made: no server answered."),
            self.tr("The activation stands."),
            self.tr("Codes can be made after one login."),
        )

    def keyring(self, problem: KeyringProblem) -> str:
        return self._failures.keyring(problem)

    def news(self, news: News) -> Sentence:
        match news:
            case LoginNews():
                told = self.login(news.result, news.problem)
                what = self.tr("{0}: {1}").format(news.who, told.what)
                return Sentence(told.kind, what, told.kept, told.advice)
            case ApprovalNews():
                return self.approvals.news(news, self.tell(news.problem))
            case Looked():
                return self.approvals.looked(news)
            case ActivationNews(problem=None):
                return Sentence("good", self.tr("{0}: this computer is activated.").format(news.who))
            case ActivationNews():
                refused = self.tell(news.problem)
                reason = refused.what if refused else ""
                return Sentence(
                    refused.kind if refused else "danger",
                    self.tr("{0}: activation failed. {1}").format(news.who, reason),
                    refused.kept if refused else "",
                    refused.advice if refused else "",
                )
            case ResyncNews(problem=None):
                return Sentence("good", self.tr("{0}: token and server agree again.").format(news.who))
            case PinNews(problem=None):
                return Sentence("good", self.tr("{0}: the new PIN holds.").format(news.who))
            case ResyncNews() | PinNews():
                told = self.tell(news.problem) or Sentence("danger", self.tr("This did not work."))
                what = self.tr("{0}: {1}").format(news.who, told.what)
                return Sentence(told.kind, what, told.kept, told.advice)
            case Crash():
                return self._failures.crash(news.where)
            case Failure():
                return self._failures.tell(news)
            case Done():
                return self._done(news)
            case _ as never:
                assert_never(never)

    def _done(self, done: Done) -> Sentence:
        match done:
            case Done.REMOVED:
                return Sentence("good", self.tr("The token was removed."))
            case Done.ADDED:
                return Sentence("good", self.tr("The token was added."))
            case Done.RESET:
                return Sentence("good", self.tr("Everything that Soft Token had stored was deleted."))
            case Done.RENAMED:
                return Sentence("good", self.tr("The token was renamed."))
            case Done.PIN_CHANGED:
                return Sentence("good", self.tr("The PIN was changed. The old one no longer works."))
            case Done.LOGGED_OUT:
                return Sentence("good", self.tr("Logged out. Remembered PINs are forgotten."))
            case Done.CODE_NOT_SENT:
                return Sentence(
                    "info",
                    self.tr("You left before the code was sent, so the login was not made."),
                    self.tr("The code that was made for it is used up."),
                    self.tr("Log in again when you like."),
                )
            case Done.SAVED:
                return Sentence("good", self.tr("Saved."), "", self.tr("Keep the file where others do not look."))
            case Done.RECOVERY_CONFIRMED:
                return Sentence("good", self.tr("Recovery code confirmed."))
            case Done.PUT_BACK:
                return Sentence("good", self.tr("The copy of your tokens was put back."))
            case Done.LINK_WAITS:
                return Sentence(
                    "info",
                    self.tr("A link was opened while your tokens are locked."),
                    self.tr("Nothing was done with it yet."),
                    self.tr("Unlock your tokens to go on with it."),
                )
            case Done.BAD_LINK:
                return Sentence(
                    "warning",
                    self.tr("This link cannot be used."),
                    self.tr("Nothing was changed."),
                    self.tr("Ask for it again, or type what it says."),
                )


def accepted(result: LoginResult | None) -> bool:
    """Did the server let the user in?"""
    return result is not None and result.status is Status.OK
