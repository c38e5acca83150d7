"""What a checked server, its clock and a correction are called in a terminal."""

from datetime import UTC, datetime
from typing import assert_never

from softtoken.cli.faults import describe
from softtoken.clock import ClockCorrection
from softtoken.iaa.errors import Unreachable
from softtoken.services.events import (
    CLOCK_TOLERANCE,
    LONGEST_CORRECTION,
    ServerReport,
    ServerStep,
    ServerVerdict,
    StepState,
)


def step_line(report: ServerReport, step: ServerStep) -> str:
    """One step of the check, for people."""
    state = dict(report.steps)[step]
    return f"{_MARKS[state]} {_NAMES[step]:<12} {_found(report, step, state)}"


def verdict_words(report: ServerReport) -> str:
    """What to make of it all, in a sentence or two."""
    text = f"{report.status.value}: " if report.verdict not in (ServerVerdict.TENANT, ServerVerdict.LIKELY) else ""
    match report.verdict:
        case ServerVerdict.TENANT:
            text += f"{report.origin} is an IAA tenant, and can be used from here."
        case ServerVerdict.LIKELY:
            text += f"{report.origin} answers like an IAA tenant, but did not understand the question. Try a login."
        case ServerVerdict.REFUSES:
            text += "The server lets nobody in like this. A gateway may want a device certificate: see docs/servers.md."
        case ServerVerdict.OTHER:
            text += "Something answers there, but no IAA tenant does. Check the address, or a sign-in page in between."
        case ServerVerdict.FAULT:
            text += f"The server has a fault of its own ({report.http_status}). Try again later."
        case ServerVerdict.UNREACHABLE | None:
            text += describe(Unreachable(report.reason)) if report.reason else "The server was not reached."
        case _ as never:
            assert_never(never)
    if report.log_correlation_id:
        text += f" log-correlation-id: {report.log_correlation_id}"
    return text


def correction_words(correction: ClockCorrection | None) -> str:
    """What holds for codes now."""
    if correction is None:
        return "Codes go by this computer's clock, uncorrected."
    return (
        f"Codes are corrected by {signed(correction.seconds)} s, measured {moment(correction.measured_at)} at "
        f"{correction.server}.\nOnce this computer's clock is set right: softtoken device clock --remove"
    )


def signed(seconds: int) -> str:
    """+37, -12."""
    return f"{seconds:+d}"


def moment(epoch: int | None) -> str:
    """A day and a minute, in UTC."""
    if epoch is None:
        return "unknown"
    try:
        return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "unknown"


def _found(report: ServerReport, step: ServerStep, state: StepState) -> str:
    match step:
        case ServerStep.NAME:
            whose = f"the proxy {report.proxy}" if report.proxy else "the name"
            if state is StepState.SKIPPED:
                return "an address needs no look-up"
            return f"{whose} is {', '.join(report.addresses)}" if report.addresses else "the name is not known"
        case ServerStep.CONNECTION:
            through = f" of the proxy {report.proxy}" if report.proxy else ""
            return f"to {report.address}{through}" if report.address else "no connection"
        case ServerStep.TLS:
            if report.tls is None:
                return "none on this computer itself" if state is StepState.SKIPPED else "no secure connection"
            return f"{report.tls.version}, issued by {report.tls.issuer}, valid until {moment(report.tls.valid_until)}"
        case ServerStep.ANSWER:
            return f"HTTP {report.http_status}" if report.http_status else "no HTTP answer"
        case ServerStep.TENANT:
            return "an IAA tenant" if state is StepState.GOOD else "not sure" if state is StepState.WARNING else "no"
        case ServerStep.CLOCK:
            return _clock(report)
        case _ as never:
            assert_never(never)


def _clock(report: ServerReport) -> str:
    skew = report.skew
    if skew is None:
        return "the server tells no time"
    if abs(skew.seconds) <= CLOCK_TOLERANCE:
        text = "agrees with the server's"
    else:
        text = f"is {abs(skew.seconds)} s {'behind' if skew.seconds > 0 else 'ahead of'} the server's"
    text += f" (to within {skew.uncertainty} s, as the server tells whole seconds)"
    if report.correction:
        text += f"; codes are corrected by {signed(report.correction)} s"
    if abs(skew.seconds) > LONGEST_CORRECTION:
        text += "; set this computer's clock"
    return text


_MARKS = {StepState.GOOD: "ok  ", StepState.WARNING: "note", StepState.BAD: "BAD ", StepState.SKIPPED: "-   "}
_NAMES = {
    ServerStep.NAME: "name",
    ServerStep.CONNECTION: "connection",
    ServerStep.TLS: "TLS",
    ServerStep.ANSWER: "answer",
    ServerStep.TENANT: "tenant",
    ServerStep.CLOCK: "clock here",
}
