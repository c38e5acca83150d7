"""Checking a server: one harmless question, watched from the look-up of its name to what its clock says."""

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import msgspec

from softtoken.clock import Clock
from softtoken.iaa.address import BadAddress, parse_origin
from softtoken.iaa.errors import BadAnswer, Unreachable
from softtoken.iaa.own_files import OwnFileUnusable
from softtoken.iaa.refusals import correlation_id
from softtoken.iaa.skew import measure
from softtoken.services.connections import Connect
from softtoken.services.events import (
    CheckServer,
    ServerChecking,
    ServerReport,
    ServerStep,
    ServerVerdict,
    Status,
    StepState,
    TlsFacts,
)
from softtoken.services.holdings import read_holdings
from softtoken.services.timing import correction_seconds
from softtoken.vault.store import Vault

Tell = Callable[[ServerReport], None]


class ServerService:
    """notify: hears of the progress, on a thread of its own."""

    def __init__(self, connect: Connect, clock: Clock, notify: Callable[[ServerChecking], None]) -> None:
        self._connect = connect
        self._clock = clock
        self._notify = notify

    def check(self, vault: Vault | None, event: CheckServer) -> ServerReport:
        """Carry it out. vault: the open one, if any. Raises what the environment did but for the network's faults."""
        origin = _origin(vault, event)
        if isinstance(origin, Status):
            return ServerReport(origin)
        begun = ServerReport(Status.NEGATIVE, origin, correction=correction_seconds(vault))

        def tell(report: ServerReport) -> None:
            if not event.cancellation.cancelled:
                self._notify(ServerChecking(report))

        ended: SimpleQueue[ServerReport | Exception] = SimpleQueue()

        def work() -> None:
            try:
                ended.put(self._ask(begun, tell))
            except Exception as error:  # noqa: BLE001 - carried over to the asking thread
                ended.put(error)

        # a thread to be left behind: whatever the network does, a person who cancels is let go at once. The client's
        # own deadline ends it.
        threading.Thread(target=work, name="server-check", daemon=True).start()
        while not event.cancellation.cancelled:
            try:
                outcome = ended.get(timeout=_LOOK)
            except Empty:
                continue
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        return ServerReport(Status.USER_CANCEL, origin)

    def _ask(self, begun: ServerReport, tell: Tell) -> ServerReport:
        watcher = _Watcher(begun, self._clock, tell)
        try:
            with self._connect(begun.origin) as client:
                # a made-up name: nothing is asked about a real user, and none can be meant by chance
                raw = client.probe(f"connection-test-{token_hex(6)}", watcher)
        except OwnFileUnusable:  # it names a file, which a report has no place for
            raise
        except Unreachable as error:
            return watcher.unreachable(error)
        except BadAnswer as error:
            return watcher.no_answer(error)
        correlation = correlation_id(raw, ())
        watcher.answered(raw.status, correlation)
        return watcher.judge(_verdict(raw.status, raw.body, correlation), raw.date)


class _Watcher:
    """Writes the report while the exchange goes on; a Watch."""

    def __init__(self, report: ServerReport, clock: Clock, tell: Tell) -> None:
        parts = urlsplit(report.origin)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._report = report
        self._clock = clock
        self._tell = tell
        self._before = clock.now()

    def resolved(self, host: str, addresses: Sequence[str]) -> None:
        proxy = None if host == self._host else host
        literal = tuple(addresses) == (host,)
        self._put(replace(self._report, proxy=proxy, addresses=tuple(addresses)))
        self._made(ServerStep.NAME, StepState.SKIPPED if literal else StepState.GOOD)

    def connected(self, host: str, address: str) -> None:  # noqa: ARG002 - told by `resolved` before
        self._put(replace(self._report, address=address))
        self._made(ServerStep.CONNECTION)

    def secured(self, host: str, tls: ssl.SSLObject | ssl.SSLSocket) -> None:
        if host == self._host:  # and not the proxy's own
            self._put(replace(self._report, tls=_facts(tls)))
            self._made(ServerStep.TLS)

    def unreachable(self, error: Unreachable) -> ServerReport:
        """The step that was being taken failed."""
        failed = self._next()
        self._reach(failed)
        self._step(failed, StepState.BAD)
        return self._end(replace(self._report, verdict=ServerVerdict.UNREACHABLE, reason=error.reason))

    def no_answer(self, error: BadAnswer) -> ServerReport:
        """Something was said, and nothing that a tenant would."""
        self._reach(ServerStep.ANSWER)
        self._step(ServerStep.ANSWER, StepState.BAD)
        self._put(replace(self._report, log_correlation_id=error.log_correlation_id))
        return self._end(replace(self._report, verdict=ServerVerdict.OTHER, http_status=error.http_status))

    def answered(self, status: int, correlation: str | None) -> None:
        self._reach(ServerStep.ANSWER)
        self._put(replace(self._report, http_status=status, log_correlation_id=correlation))
        self._step(ServerStep.ANSWER, StepState.BAD if status >= _FAULTS else StepState.GOOD)

    def judge(self, verdict: ServerVerdict, date: str | None) -> ServerReport:
        self._put(replace(self._report, verdict=verdict))
        self._step(ServerStep.TENANT, _TENANT_STATES[verdict])
        report = replace(self._report, skew=measure(date, self._before, self._clock.now()))
        clock = StepState.SKIPPED if report.skew is None else StepState.WARNING if report.clock_off else StepState.GOOD
        self._put(report)
        self._step(ServerStep.CLOCK, clock)
        return self._end(self._report)

    def _made(self, step: ServerStep, state: StepState = StepState.GOOD) -> None:
        """Another step on the way to the question; the round trip begins with the last one."""
        self._before = self._clock.now()
        self._step(step, state)

    def _next(self) -> ServerStep:
        done = {step for step, _ in self._report.steps}
        return next(step for step in ServerStep if step not in done and (self._tls or step is not ServerStep.TLS))

    def _reach(self, step: ServerStep) -> None:
        """What came before and was not seen need not be looked at."""
        for earlier in ServerStep:
            if earlier is step:
                return
            if all(done is not earlier for done, _ in self._report.steps):
                self._step(earlier, StepState.SKIPPED)

    def _step(self, step: ServerStep, state: StepState) -> None:
        if all(done is not step for done, _ in self._report.steps):
            self._put(replace(self._report, steps=(*self._report.steps, (step, state))))
            self._tell(self._report)

    def _end(self, report: ServerReport) -> ServerReport:
        good = report.verdict in (ServerVerdict.TENANT, ServerVerdict.LIKELY)
        return replace(report, status=Status.OK if good else Status.FAILED)

    def _put(self, report: ServerReport) -> None:
        self._report = report


def _origin(vault: Vault | None, event: CheckServer) -> str | Status:
    if event.user_identifier is None:
        try:
            return parse_origin(event.server)
        except BadAddress:
            return Status.INVALID_PARAMETER
    token = None if vault is None else read_holdings(vault).managed(event.user_identifier)
    return Status.INVALID_USER_ID if token is None or token.account is None else token.account.origin


def _verdict(status: int, body: bytes, correlation: str | None) -> ServerVerdict:
    answer = _object(body)
    if 200 <= status < 300 and isinstance(answer.get("activationStatus"), str):
        return ServerVerdict.TENANT
    if status >= _FAULTS:
        return ServerVerdict.FAULT
    if status in (401, 403):
        return ServerVerdict.REFUSES
    if 400 <= status < _FAULTS and correlation and isinstance(answer.get("message"), str):
        return ServerVerdict.LIKELY
    return ServerVerdict.OTHER


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _facts(tls: ssl.SSLObject | ssl.SSLSocket) -> TlsFacts:
    certificate: dict[str, Any] = tls.getpeercert() or {}
    names = {name: text for part in certificate.get("issuer", ()) for name, text in part}
    issuer = " ".join(str(names[name]) for name in ("organizationName", "commonName") if name in names)
    try:
        until = int(ssl.cert_time_to_seconds(certificate["notAfter"]))
    except (KeyError, ValueError):
        until = None
    return TlsFacts(tls.version() or "", _shown(issuer), until)


def _shown(text: str) -> str:
    """Fit to be shown: a server chose it."""
    return "".join(char for char in text if char.isprintable())[:_LONGEST_SHOWN]


_LOOK = 0.05
"""Seconds between two looks at whether it was cancelled."""
_FAULTS = 500
_LONGEST_SHOWN = 200
_TENANT_STATES = {
    ServerVerdict.TENANT: StepState.GOOD,
    ServerVerdict.LIKELY: StepState.WARNING,
    ServerVerdict.REFUSES: StepState.BAD,
    ServerVerdict.OTHER: StepState.BAD,
    ServerVerdict.FAULT: StepState.SKIPPED,
    ServerVerdict.UNREACHABLE: StepState.SKIPPED,
}
