"""What a checked server, its steps and a corrected clock are called."""

from typing import assert_never

from PySide6.QtCore import QDateTime, QObject, QTimeZone

from softtoken.clock import ClockCorrection
from softtoken.iaa.errors import Unreachable
from softtoken.iaa.profiles import Environment
from softtoken.services.events import (
    CLOCK_TOLERANCE,
    LONGEST_CORRECTION,
    ServerReport,
    ServerStep,
    ServerVerdict,
    Status,
    StepState,
)
from softtoken.ui.failures import Failures
from softtoken.ui.moments import day_in_words, moment_in_words
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Failure, Task
from softtoken.ui.widgets.words import signed


class ServerWords(QObject):
    """Sentences about servers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._failures = Failures(self)

    def verdict(self, report: ServerReport) -> Sentence:
        """What to make of the whole check."""
        said = self._verdict(report)
        return Sentence(said.kind, said.what, said.kept, said.advice, said.detail, report.log_correlation_id or "")

    def step_name(self, step: ServerStep) -> str:
        match step:
            case ServerStep.NAME:
                return self.tr("Name")
            case ServerStep.CONNECTION:
                return self.tr("Connection")
            case ServerStep.TLS:
                return self.tr("Encryption")
            case ServerStep.ANSWER:
                return self.tr("Answer")
            case ServerStep.TENANT:
                return self.tr("Who answers")
            case ServerStep.CLOCK:
                return self.tr("Clock")
            case _ as never:
                assert_never(never)

    def state_name(self, state: StepState) -> str:
        """For a screen reader, which does not see the icon."""
        match state:
            case StepState.GOOD:
                return self.tr("good")
            case StepState.WARNING:
                return self.tr("to be noted")
            case StepState.BAD:
                return self.tr("failed")
            case StepState.SKIPPED:
                return self.tr("not needed")
            case _ as never:
                assert_never(never)

    def found(self, report: ServerReport, step: ServerStep, state: StepState) -> str:
        """What this step found."""
        match step:
            case ServerStep.NAME:
                return self._name(report, state)
            case ServerStep.CONNECTION:
                return self._connection(report)
            case ServerStep.TLS:
                return self._tls(report, state)
            case ServerStep.ANSWER:
                if report.http_status is None:
                    return self.tr("No answer that a web server would give.")
                return self.tr("The server answered (HTTP {0}).").format(report.http_status)
            case ServerStep.TENANT:
                return self._tenant(report)
            case ServerStep.CLOCK:
                return self.clock(report)
            case _ as never:
                assert_never(never)

    def clock(self, report: ServerReport) -> str:
        """This computer's clock against the server's."""
        skew = report.skew
        if skew is None:
            return self.tr("The server does not tell the time.")
        if abs(skew.seconds) <= CLOCK_TOLERANCE:
            text = self.tr("This computer's clock agrees with the server's, to within {0} s.").format(skew.uncertainty)
        elif skew.seconds > 0:
            text = self.tr("This computer's clock is {0} s behind the server's (give or take {1} s).").format(
                skew.seconds, skew.uncertainty
            )
        else:
            text = self.tr("This computer's clock is {0} s ahead of the server's (give or take {1} s).").format(
                -skew.seconds, skew.uncertainty
            )
        if abs(skew.seconds) > LONGEST_CORRECTION:
            text += " " + self.tr("That is too much to be corrected here: set the clock of this computer.")
        elif report.correction:
            text += " " + self.tr("Codes are corrected by {0} s.").format(signed(report.correction))
        return text

    def corrected(self, correction: ClockCorrection) -> str:
        """By how much, since when, and by whose clock."""
        when = moment_in_words(correction.measured_at)
        return self.tr("Codes are corrected by {0} s, measured on {1} at {2}.").format(
            signed(correction.seconds), when, correction.server
        )

    def environment(self, environment: Environment) -> str:
        """What people call it."""
        match environment:
            case Environment.SANDBOX:
                return self.tr("Sandbox")
            case Environment.STAGING_NA1:
                return self.tr("Staging, North America 1")
            case Environment.STAGING_EU1:
                return self.tr("Staging, Europe 1")
            case Environment.STAGING_EU2:
                return self.tr("Staging, Europe 2")
            case Environment.PRODUCTION:
                return self.tr("Production")
            case Environment.PRODUCTION_NA1:
                return self.tr("Production, North America 1")
            case Environment.PRODUCTION_EU1:
                return self.tr("Production, Europe 1")
            case Environment.PRODUCTION_EU2:
                return self.tr("Production, Europe 2")
            case Environment.ACCEPTANCE_EU1:
                return self.tr("Acceptance, Europe 1")
            case _ as never:
                assert_never(never)

    def _verdict(self, report: ServerReport) -> Sentence:
        if report.status is Status.INVALID_PARAMETER:
            return Sentence(
                "warning",
                self.tr("This cannot be the address of a server."),
                self.tr("Nothing was sent."),
                self.tr("It begins with https:// and has nothing behind the server's name."),
            )
        if report.status is Status.INVALID_USER_ID:
            return Sentence("warning", self.tr("This token is no longer on this computer."))
        match report.verdict:
            case ServerVerdict.TENANT if report.clock_off:
                return Sentence(
                    "warning",
                    self.tr("The server can be used, but its clock and this computer's do not agree."),
                    "",
                    self.tr("Codes depend on the time and may be refused."),
                )
            case ServerVerdict.TENANT:
                return Sentence("good", self.tr("The server can be used from here."))
            case ServerVerdict.LIKELY:
                return Sentence(
                    "warning",
                    self.tr("The server answers like the right one, but did not understand the question."),
                    "",
                    self.tr("Try a login: that will tell."),
                )
            case ServerVerdict.REFUSES:
                return Sentence(
                    "danger",
                    self.tr("The server lets nobody in like this."),
                    "",
                    self.tr("It may want a device certificate, which your organisation sets up."),
                )
            case ServerVerdict.OTHER:
                return Sentence(
                    "danger",
                    self.tr("Something answers there, but it is not a login server of this kind."),
                    "",
                    self.tr("Check the address. In a guest network, its sign-in page may stand in between."),
                )
            case ServerVerdict.FAULT:
                return Sentence(
                    "danger",
                    self.tr("The server has a fault of its own."),
                    "",
                    self.tr("Try again later, or tell your organisation."),
                )
            case ServerVerdict.UNREACHABLE | None:
                if report.reason is None:
                    return Sentence("danger", self.tr("The server was not reached."))
                return self._failures.tell(Failure(Task.CHECK_SERVER, Unreachable(report.reason)))
            case _ as never:
                assert_never(never)

    def _name(self, report: ServerReport, state: StepState) -> str:
        if state is StepState.SKIPPED:
            return self.tr("The address is a number already.") if report.addresses else self.tr("Not looked at.")
        if not report.addresses:
            return self.tr("No address is known for this name.")
        addresses = ", ".join(report.addresses)
        if report.proxy is not None:
            return self.tr("Through the proxy {0}: {1}").format(report.proxy, addresses)
        return addresses

    def _connection(self, report: ServerReport) -> str:
        if report.address is None:
            return self.tr("There is no connection.")
        if report.proxy is not None:
            return self.tr("Connected to the proxy ({0}).").format(report.address)
        return self.tr("Connected to {0}.").format(report.address)

    def _tls(self, report: ServerReport, state: StepState) -> str:
        if report.tls is None:
            if state is StepState.SKIPPED:
                return self.tr("None is needed on this computer itself.")
            return self.tr("There is no secure connection.")
        until = self.tr("unknown")
        if report.tls.valid_until is not None:
            moment = QDateTime.fromSecsSinceEpoch(report.tls.valid_until, QTimeZone.utc())
            until = day_in_words(moment.date())
        return self.tr("{0}. The certificate was issued by {1} and is valid until {2}.").format(
            report.tls.version, report.tls.issuer or self.tr("unknown"), until
        )

    def _tenant(self, report: ServerReport) -> str:
        match report.verdict:
            case ServerVerdict.TENANT:
                return self.tr("An IAA tenant.")
            case ServerVerdict.LIKELY:
                return self.tr("Perhaps an IAA tenant.")
            case ServerVerdict.FAULT:
                return self.tr("Not known, as the server has a fault.")
            case _:
                return self.tr("No IAA tenant.")
