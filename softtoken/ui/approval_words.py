"""Sentences for requests that are approved or declined here: what waits, what became of it, why not."""

from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.engine.tokens import ProtectionType
from softtoken.formats.shown_text import shown_text
from softtoken.services.events import ApprovalResult, PendingApproval, SessionOutdated, Status
from softtoken.ui.credential_words import CredentialWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import ApprovalNews, Decision, Gone, Looked, Refusal, Task
from softtoken.ui.widgets.pin_field import countdown


class ApprovalWords(QObject):
    """The server's own texts go through `shown_text` before they are shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._credentials = CredentialWords(self)

    def question(self, kind: str) -> str:
        """The title of a request's page."""
        match kind:
            case "login":
                return self.tr("Approve this login?")
            case "transaction":
                return self.tr("Approve this transaction?")
            case _:
                return self.tr("Approve this request?")

    def waits(self, kind: str) -> str:
        match kind:
            case "login":
                return self.tr("A login waits for your approval.")
            case "transaction":
                return self.tr("A transaction waits for your approval.")
            case _:
                return self.tr("A request waits for your approval.")

    def caution(self, kind: str) -> str:
        if kind == "login":
            return self.tr(
                "Approve only a login that you began yourself, just now. If you did not, decline: somebody may be "
                "trying to get in with your name."
            )
        return self.tr(
            "Approve only what you began yourself, just now, and only if every detail is right. If not, decline: "
            "somebody may be acting in your name."
        )

    def summary(self, approval: PendingApproval) -> str:
        """One line: whose login, its title, where it comes from."""
        who = approval.user_identifier.user_id
        parts = [part for part in (shown_text(approval.title), self.origin(approval)) if part]
        return self.tr("{0}: {1}").format(who, " · ".join(parts)) if parts else who

    def origin(self, approval: PendingApproval) -> str:
        """Where the login comes from; empty if the server does not say."""
        address = shown_text(approval.client_ip)
        return self.tr("from {0}").format(address) if address else ""

    def left(self, seconds: int) -> str:
        return self.tr("{0} left").format(countdown(seconds))

    def demand(self, protection: ProtectionType | None) -> str:
        """What approving takes."""
        match protection:
            case None:
                return self.tr("This computer cannot approve it: it has not got what the server asks for.")
            case ProtectionType.NO_PIN:
                return self.tr("No PIN is asked for: a press on “Approve” is enough.")
            case ProtectionType.PIN:
                return self.tr("Approving asks for your PIN. It stays on this computer.")
            case ProtectionType.BIOMETRIC:
                return self.tr("Approving asks for your fingerprint or face.")
            case _ as never:
                assert_never(never)

    def verdict(self, decision: Decision, result: ApprovalResult) -> Sentence:
        """What the server said to a decision."""
        told = self._taken(decision, result) if result.outdated is None else self._outdated(result.outdated)
        return Sentence(told.kind, told.what, told.kept, told.advice, result.detail, result.log_correlation_id or "")

    def gone(self, gone: Gone) -> Sentence:
        """A request that was shown waits no longer."""
        match gone:
            case Gone.EXPIRED:
                return self._outdated(SessionOutdated.EXPIRED)
            case Gone.ELSEWHERE:
                return Sentence(
                    "info",
                    self.tr("This request waits no longer."),
                    self.tr("It was approved, declined or given up elsewhere."),
                    self.tr("If you did not begin it, tell your organisation."),
                )
            case _ as never:
                assert_never(never)

    def looked(self, looked: Looked) -> Sentence:
        """Nothing was found."""
        if looked.unsupported:
            return Sentence("info", self.tr("None of your tokens can approve anything: its server does not offer it."))
        return Sentence("good", self.tr("Nothing waits for your approval."))

    def news(self, news: ApprovalNews, problem: Sentence | None) -> Sentence:
        """A decision whose page was left. problem: the sentence for what came between."""
        told = problem
        if news.result is not None and (news.result.outdated is not None or news.result.status in _ENDS):
            told = self.verdict(news.decision, news.result)
        elif news.result is not None:
            task = Task.APPROVE if news.decision is Decision.APPROVE else Task.DECLINE
            told = self.refuse(Refusal(task, news.result.status, tries_left=news.result.retry_counter))
        told = told or Sentence("danger", self.tr("Nothing was decided."))
        return Sentence(told.kind, self.tr("{0}: {1}").format(news.who, told.what), told.kept, told.advice)

    def refuse(self, refusal: Refusal) -> Sentence | None:
        """The request still waits. None for what is said by the status alone."""
        waits = self.tr("The request still waits.")
        match refusal.status:
            case Status.WRONG_CREDENTIALS:
                return Sentence(
                    "danger",
                    self.tr("The server refused the approval."),
                    self.tr("The request still waits, and the server counts this as one wrong code."),
                    self.tr(
                        "Enter the PIN with care: a wrong one may go unnoticed here. If it is refused again, decline: "
                        "the request may not be what is shown here."
                    ),
                )
            case Status.LOGIN_REQUIRED:
                return Sentence(
                    "warning",
                    self.tr("Log in here once before you approve anything."),
                    waits,
                    self.tr("Token and server have to agree on the counter again. You can still decline."),
                )
            case Status.INVALID_USER_ID:
                return Sentence(
                    "danger",
                    self.tr("The server does not know this computer any more."),
                    waits,
                    self.tr("Another computer may have taken its place. Ask your organisation for a new code."),
                )
            case Status.NOT_SUPPORTED | Status.INVALID_PARAMETER:
                return Sentence(
                    "warning",
                    self.tr("This computer cannot decide this request."),
                    waits,
                    self.tr("Use another of your devices, or let it run out."),
                )
            case Status.FAILED:
                return Sentence(
                    "warning",
                    self.tr("The server gave an answer that Soft Token does not understand."),
                    self.tr("Whether it was decided is not known."),
                    self.tr("Look where you began it."),
                )
            case _ if refusal.task is Task.APPROVE:
                return self._credentials.make(refusal)
            case _:
                return None

    def _taken(self, decision: Decision, result: ApprovalResult) -> Sentence:
        if result.status is Status.LOCKED_USER:
            return Sentence(
                "danger",
                self.tr("This user is locked or disabled on the server."),
                self.tr("Nothing was approved, and what was waiting has ended."),
                self.tr("Ask your organisation to unlock the user."),
            )
        match decision:
            case Decision.APPROVE:
                return Sentence("good", self.tr("Approved: it goes ahead."))
            case Decision.DECLINE:
                return Sentence(
                    "good",
                    self.tr("Declined: it does not go ahead."),
                    "",
                    self.tr("If you did not begin it, somebody may know your password: tell your organisation."),
                )
            case _ as never:
                assert_never(never)

    def _outdated(self, reason: SessionOutdated) -> Sentence:
        not_you = self.tr("If you did not begin it, tell your organisation.")
        match reason:
            case SessionOutdated.EXPIRED:
                return Sentence(
                    "warning", self.tr("The time for this request is over."), self.tr("Nothing goes ahead."), not_you
                )
            case SessionOutdated.ACCEPTED:
                return Sentence(
                    "warning",
                    self.tr("This request was approved already."),
                    self.tr("It went ahead, so nothing can be changed here."),
                    self.tr("If that was not you, tell your organisation at once."),
                )
            case SessionOutdated.REFUSED:
                return Sentence(
                    "warning", self.tr("This request was declined already."), self.tr("Nothing goes ahead."), not_you
                )
            case SessionOutdated.UNKNOWN:
                return Sentence("warning", self.tr("The server knows this request no more."), "", not_you)
            case _ as never:
                assert_never(never)


_ENDS = frozenset({Status.OK, Status.LOCKED_USER, Status.USER_CONFIRMATION_TIMEOUT})
