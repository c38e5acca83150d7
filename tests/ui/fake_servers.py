"""The part of the stand-in that checks servers, corrects the clock and tells what a login says."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from softtoken.clock import ClockCorrection
from softtoken.engine.tokens import Otp
from softtoken.iaa.fingerprint import CddcExtent, CddcForm, Display, collect
from softtoken.iaa.skew import ClockSkew
from softtoken.services import events as ev
from softtoken.services.events import ServerReport, ServerStep, ServerVerdict, Status, StepState

NORTHWIND = "https://northwind.sdb.tid.onespan.cloud"


def good_report(now: int, *, behind: int = 0) -> ServerReport:
    """A tenant whose clock is so many seconds ahead of this computer's."""
    steps = tuple((step, StepState.GOOD) for step in ServerStep)
    if abs(behind) > 5:
        steps = (*steps[:-1], (ServerStep.CLOCK, StepState.WARNING))
    return ServerReport(
        Status.OK,
        NORTHWIND,
        steps,
        addresses=("192.0.2.7", "2001:db8::7"),
        address="192.0.2.7",
        tls=ev.TlsFacts("TLSv1.3", "Northwind Trust Services", now + 90 * 86_400),
        http_status=200,
        verdict=ServerVerdict.TENANT,
        skew=ClockSkew(behind, 1, now),
        log_correlation_id="7c1e-40b2",
    )


def login_data(extent: CddcExtent, *, decided: bool = False) -> ev.LoginData:
    """As the real service shows it."""
    raw = hashed = sent = ""
    if extent is not CddcExtent.NONE:
        display = Display((1920, 1080), (460, 700))
        cddc = collect("0.1.0", display, extent=extent, platform="linux", machine="x86_64")
        raw, hashed = cddc.fingerprint_raw, cddc.fingerprint_hash
        body = {"browserCDDC": {"fingerprintRaw": raw, "fingerprintHash": hashed}}
        sent = json.dumps({"cddc": body}, separators=(",", ":"))[1:-1]
    return ev.LoginData(
        Status.OK, extent, decided=decided, known=True, form=CddcForm.BROWSER, cddc=sent, raw=raw, hash=hashed,
        user_agent="SoftToken/0.1.0",
    )  # fmt: skip


@dataclass
class FakeServers:
    """behind: seconds that this computer's clock is behind every server's."""

    behind: int = field(default=0, kw_only=True)
    correction: ClockCorrection | None = field(default=None, kw_only=True)
    extent: CddcExtent = field(default=CddcExtent.FULL, kw_only=True)

    @property
    def offset(self) -> int:
        return self.correction.seconds if self.correction else 0

    def corrected(self, otp: Otp) -> Otp:
        """With its life span in this computer's time."""
        until = None if otp.valid_until is None else otp.valid_until - self.offset
        return replace(otp, valid_from=otp.valid_from - self.offset, valid_until=until, corrected=self.offset)

    def server_handlers(self) -> dict[type[ev.Event[Any]], Callable[[Any], Any]]:
        return {
            ev.CheckServer: self._check,
            ev.CorrectClock: self._correct,
            ev.RemoveClockCorrection: self._remove,
            ev.GetClockCorrection: lambda _: ev.ClockInformation(Status.OK, self.correction),
            ev.GetLoginData: lambda _: login_data(self.extent),
            ev.SetLoginData: self._choose,
        }

    def _check(self, event: ev.CheckServer) -> ServerReport:
        if event.cancellation.cancelled:
            return ServerReport(Status.USER_CANCEL, NORTHWIND)
        report = good_report(self.clock.now(), behind=self.behind)  # type: ignore[attr-defined]
        return replace(report, origin=event.server or NORTHWIND, correction=self.offset)

    def _correct(self, event: ev.CorrectClock) -> ev.StatusResult:
        skew = event.skew
        self.correction = ClockCorrection(skew.seconds, skew.measured_at, event.server) if skew.seconds else None
        return ev.StatusResult(Status.OK)

    def _remove(self, _: ev.RemoveClockCorrection) -> ev.StatusResult:
        self.correction = None
        return ev.StatusResult(Status.OK)

    def _choose(self, event: ev.SetLoginData) -> ev.StatusResult:
        self.extent = event.extent
        return ev.StatusResult(Status.OK)
