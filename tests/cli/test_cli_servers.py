"""The commands about servers, what a login tells, and the clock: words, documents, exit statuses."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from cli.scripted import ACTIVATION_CODE, ALICE, OATH, OTP, USER, Terminal
from support.flows import ManualClock, Tenant

from softtoken.clock import ClockCorrection, SystemClock
from softtoken.iaa.errors import Reason
from softtoken.iaa.fingerprint import CddcExtent, CddcForm
from softtoken.iaa.skew import ClockSkew
from softtoken.services import events as ev
from softtoken.services.controller import MasterController
from softtoken.services.events import ServerReport, ServerStep, ServerVerdict, Status, StepState

NORTHWIND = "https://northwind.sdb.tid.onespan.cloud"
TENANT = ServerReport(
    Status.OK,
    NORTHWIND,
    tuple((step, StepState.GOOD) for step in ServerStep),
    addresses=("192.0.2.7", "192.0.2.8"),
    address="192.0.2.7",
    tls=ev.TlsFacts("TLSv1.3", "Northwind CA", 1_800_000_000),
    http_status=200,
    verdict=ServerVerdict.TENANT,
    skew=ClockSkew(1, 1, 1_790_000_000),
)
SLOW = replace(
    TENANT,
    steps=(*TENANT.steps[:-1], (ServerStep.CLOCK, StepState.WARNING)),
    skew=ClockSkew(37, 1, 1_790_000_000),
)
CLOSED = ServerReport(
    Status.FAILED,
    NORTHWIND,
    ((ServerStep.NAME, StepState.GOOD), (ServerStep.CONNECTION, StepState.BAD)),
    addresses=("192.0.2.7",),
    verdict=ServerVerdict.UNREACHABLE,
    reason=Reason.REFUSED,
)
RAW = '{"browser":{"userAgent":"SoftToken/1.0"}}'
SENT = '"cddc":{"browserCDDC":{"fingerprintRaw":' + json.dumps(RAW) + ',"fingerprintHash":"ab12"}}'
DATA = ev.LoginData(
    Status.OK, CddcExtent.FULL, decided=False, known=True, form=CddcForm.BROWSER, cddc=SENT, raw=RAW, hash="ab12",
    user_agent="SoftToken/1.0",
)  # fmt: skip


def test_a_good_server_step_by_step(terminal: Terminal) -> None:
    terminal.script({ev.CheckServer: TENANT})
    told = terminal.run("server", "test", NORTHWIND)
    assert told.status == 0
    assert terminal.controller.the(ev.CheckServer) == ev.CheckServer(NORTHWIND)
    lines = told.out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == ["ok"] * 6
    assert "192.0.2.7, 192.0.2.8" in lines[0]
    assert lines[2].endswith("TLSv1.3, issued by Northwind CA, valid until 2027-01-15 08:00 UTC")
    assert "agrees with the server's (to within 1 s" in lines[5]
    assert lines[6] == f"{NORTHWIND} is an IAA tenant, and can be used from here."
    assert not [event for event in terminal.controller.posted if isinstance(event, ev.Start)]  # no vault for an address


def test_the_document(terminal: Terminal) -> None:
    terminal.script({ev.CheckServer: SLOW})
    assert terminal.run("server", "test", NORTHWIND, "--json").json == {
        "status": "OK", "server": NORTHWIND, "verdict": "TENANT", "reason": None,
        "steps": {
            "NAME": "GOOD", "CONNECTION": "GOOD", "TLS": "GOOD", "ANSWER": "GOOD", "TENANT": "GOOD", "CLOCK": "WARNING",
        },
        "proxy": None, "addresses": ["192.0.2.7", "192.0.2.8"], "address": "192.0.2.7",
        "tls_version": "TLSv1.3", "tls_issuer": "Northwind CA", "tls_valid_until": 1_800_000_000,
        "http_status": 200, "log_correlation_id": None, "clock_skew": 37, "clock_uncertainty": 1,
        "clock_correction": 0, "offered_correction": 37, "corrected": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (CLOSED, "FAILED: The server cannot be reached: it refuses connections."),
        (replace(CLOSED, reason=None), "was not reached"),
        (replace(TENANT, status=Status.FAILED, verdict=ServerVerdict.OTHER, http_status=404), "no IAA tenant"),
        (replace(TENANT, status=Status.FAILED, verdict=ServerVerdict.REFUSES, http_status=403), "device certificate"),
        (replace(TENANT, status=Status.FAILED, verdict=ServerVerdict.FAULT, http_status=503), "(503)"),
        (
            replace(TENANT, status=Status.FAILED, verdict=ServerVerdict.FAULT, log_correlation_id="9d2c"),
            "log-correlation-id: 9d2c",
        ),
    ],
)
def test_a_server_that_cannot_be_used(terminal: Terminal, report: ServerReport, word: str) -> None:
    terminal.script({ev.CheckServer: report})
    told = terminal.run("server", "test", NORTHWIND)
    assert told.status == 1
    assert word in told.err
    assert terminal.run("server", "test", NORTHWIND, "--json").json["status"] == "FAILED"


def test_what_is_no_address(terminal: Terminal) -> None:
    terminal.script({ev.CheckServer: ServerReport(Status.INVALID_PARAMETER)})
    told = terminal.run("server", "test", "http://")
    assert (told.status, told.out) == (1, "")
    assert told.err.startswith("INVALID_PARAMETER: That cannot be the address")


def test_a_tokens_server_and_the_only_one(terminal: Terminal) -> None:
    for which in (["alice"], []):
        terminal.script({ev.CheckServer: TENANT})
        assert terminal.run("server", "test", *which).status == 0
        assert terminal.controller.the(ev.CheckServer) == ev.CheckServer("", USER)
    terminal.script({}, tokens=(OATH,))
    assert terminal.run("server", "test").status == 2
    terminal.script({}, tokens=(ALICE, replace(ALICE, id="1a1b2c3d4e5f")))
    assert terminal.run("server", "test").status == 2
    terminal.script({})
    assert terminal.run("server", "test", "bob").status == 1  # an imported token has no server


def test_a_correction_is_chosen_and_only_then_kept(terminal: Terminal) -> None:
    terminal.script({ev.CheckServer: SLOW})
    told = terminal.run("server", "test", NORTHWIND)
    assert "is 37 s behind the server's" in told.out
    assert "--correct-clock" in told.out
    assert not [event for event in terminal.controller.posted if isinstance(event, ev.CorrectClock)]
    terminal.script({ev.CheckServer: SLOW, ev.CorrectClock: ev.StatusResult(Status.OK)})
    told = terminal.run("server", "test", NORTHWIND, "--correct-clock")
    assert told.out.splitlines()[-1] == "Codes are corrected from now on."
    assert terminal.controller.the(ev.CorrectClock) == ev.CorrectClock(NORTHWIND, ClockSkew(37, 1, 1_790_000_000))
    terminal.script({ev.CheckServer: TENANT})
    assert terminal.run("server", "test", NORTHWIND, "--correct-clock", "--json").json["corrected"] is False


def test_who_watches_is_told_each_step_when_it_ends(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal.script({ev.CheckServer: TENANT})
    screen, ended = Watched(), list[str]()

    def subscribe(receiver: object) -> object:
        assert callable(receiver)
        for count in range(1, 7):
            receiver(ev.ServerChecking(replace(TENANT, steps=TENANT.steps[:count])))
        receiver(ev.Busy())
        return lambda: ended.append("ended")

    monkeypatch.setattr(terminal.controller, "subscribe", subscribe, raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    told = terminal.run("server", "test", NORTHWIND)
    assert len(screen.getvalue().splitlines()) == 6
    assert told.out.splitlines() == [f"{NORTHWIND} is an IAA tenant, and can be used from here."]
    assert ended == ["ended"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tenant", "northwind"),
        ("--environment", "sdb"),
        ("--tenant", "northwind", "--environment", "moon"),
        ("--tenant", "north.wind", "--environment", "sdb"),
        (NORTHWIND, "--tenant", "northwind", "--environment", "sdb"),
        ("alice", "--tenant", "northwind", "--environment", "sdb"),
    ],
)
def test_a_tenant_is_named_whole_or_not_at_all(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    terminal.script({ev.CheckServer: TENANT})
    assert terminal.run("server", "test", *arguments).status == 2
    assert terminal.controller.posted == []


def test_a_tenant_by_name_wherever_a_server_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    named = ("--tenant", "Northwind", "--environment", "SDB")
    terminal.script({ev.CheckServer: TENANT})
    terminal.run("server", "test", *named)
    assert terminal.controller.the(ev.CheckServer).server == NORTHWIND
    accepted = ev.LoginResult(Status.OK)
    terminal.script({ev.LoginWithTypedCode: accepted})
    monkeypatch.setattr(sys, "stdin", io.StringIO("714346\n"))
    assert terminal.run("login", *named, "--user", "alice").status == 0
    assert terminal.controller.the(ev.LoginWithTypedCode).server == NORTHWIND
    terminal.script({ev.Activate: ev.ActivationResult(Status.OK, ALICE, accepted)})
    told = terminal.run("activate", *named, "--user", "alice", "--code", ACTIVATION_CODE, "--protection", "no-pin")
    assert told.status == 0, told.err
    assert terminal.controller.the(ev.Activate).server == NORTHWIND
    assert terminal.run("activate", "--server", NORTHWIND, *named, "--user", "a", "--code", "b").status == 2


def test_what_a_login_tells_is_shown_to_the_letter(terminal: Terminal) -> None:
    terminal.script({ev.GetLoginData: DATA})
    told = terminal.run("device", "data")
    assert told.status == 0
    assert SENT in told.out.splitlines()
    assert terminal.run("device", "data", "--json").json == {
        "status": "OK", "send": "full", "decided_by_configuration": False, "user_agent": "SoftToken/1.0",
        "form": "browserCDDC", "cddc": {"browserCDDC": {"fingerprintRaw": RAW, "fingerprintHash": "ab12"}},
    }  # fmt: skip


def test_nothing_is_told_and_the_configuration_decides(terminal: Terminal) -> None:
    none = replace(DATA, extent=CddcExtent.NONE, decided=True, cddc="", raw="", hash="", form=CddcForm.MOBILE)
    terminal.script({ev.GetLoginData: none, ev.SetLoginData: ev.StatusResult(Status.OK)})
    told = terminal.run("device", "data", "--send", "none")
    assert terminal.controller.the(ev.SetLoginData) == ev.SetLoginData(CddcExtent.NONE)
    assert "A login tells nothing of this computer." in told.out
    assert "(mc_config.json decides)" in told.out
    document = terminal.run("device", "data", "--json").json
    assert (document["cddc"], document["form"]) == (None, "mobileCDDC")
    terminal.script({ev.SetLoginData: ev.StatusResult(Status.ACCESS_DENIED)})
    told = terminal.run("device", "data", "--send", "full")
    assert told.status == 1
    assert "softtoken.cddc" in told.err
    assert terminal.run("device", "data", "--send", "everything").status == 2


def test_the_clock_is_shown_and_let_go(terminal: Terminal) -> None:
    holds = ClockCorrection(-12, 1_800_000_000, NORTHWIND)
    terminal.script({ev.GetClockCorrection: ev.ClockInformation(Status.OK, holds)})
    told = terminal.run("device", "clock")
    assert told.out.startswith(f"Codes are corrected by -12 s, measured 2027-01-15 08:00 UTC at {NORTHWIND}.")
    assert terminal.run("device", "clock", "--json").json == {
        "status": "OK", "clock_correction": -12, "measured_at": 1_800_000_000, "server": NORTHWIND,
    }  # fmt: skip
    answers = {
        ev.RemoveClockCorrection: ev.StatusResult(Status.OK),
        ev.GetClockCorrection: ev.ClockInformation(Status.OK),
    }
    terminal.script(answers)
    assert terminal.run("device", "clock", "--remove").out == "Codes go by this computer's clock, uncorrected.\n"
    assert terminal.controller.the(ev.RemoveClockCorrection)
    terminal.script({**answers, ev.RemoveClockCorrection: ev.StatusResult(Status.INVALID_STATE)})
    assert terminal.run("device", "clock", "--remove").status == 1


def test_a_corrected_code_says_so(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    corrected = replace(OTP, corrected=37)
    terminal.script({ev.GenerateOathOtp: ev.GenerateOtpResult(Status.OK, corrected)})
    assert terminal.run("code", "bob", "--json").json["clock_correction"] == 37
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert terminal.run("code", "bob").out == "123456   (valid for 30 seconds, corrected by +37 s)\n"


def test_a_real_tenant_and_a_clock_that_is_off(
    terminal: Terminal, tenant: Tenant, clock: ManualClock, make_controller: Callable[[], MasterController]
) -> None:
    """Over a socket; the server's clock is the machine's, and ours is made wrong."""
    clock.wall = SystemClock().now() - 600
    make_controller().post(ev.CreateVault())
    terminal.over(make_controller)
    report = terminal.run("server", "test", tenant.url, "--json").json
    assert (report["status"], report["verdict"], report["http_status"]) == ("OK", "TENANT", 200)
    assert report["log_correlation_id"]
    assert 590 <= report["clock_skew"] <= 700
    assert report["offered_correction"] == report["clock_skew"]
    corrected = terminal.run("server", "test", tenant.url, "--correct-clock", "--json").json
    assert corrected["corrected"] is True
    assert 590 <= terminal.run("device", "clock", "--json").json["clock_correction"] <= 700
    assert terminal.run("device", "clock", "--remove", "--json").json["clock_correction"] == 0
    nobody = terminal.run("server", "test", tenant.url.replace("127.0.0.1", "127.0.0.2"), "--json")
    assert (nobody.status, nobody.json["verdict"]) == (1, "UNREACHABLE")


def test_the_devices_name_is_a_matter_of_its_own(terminal: Terminal) -> None:
    terminal.script({ev.GetDeviceInformation: ev.DeviceInformation(Status.OK, "5f" * 16, "laptop")})
    assert terminal.run("device").out == f"id    {'5f' * 16}\nname  laptop\n"
    assert terminal.run("device", "--name", "x", "data").status == 2
