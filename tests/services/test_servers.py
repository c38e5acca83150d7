"""Checking a server: what each step finds, over real sockets and TLS, and what is never sent."""

import json
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from iaa.certificates import Authority
from iaa.scripted import Request, ScriptedServer, running
from services.room import Room
from support.connect_proxy import ConnectProxy, proxying
from support.flows import ManualClock

from softtoken.clock import SystemClock
from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import Reason
from softtoken.iaa.settings import NetworkSettings, ProxyServer
from softtoken.iaa.skew import ClockSkew
from softtoken.iaa.transport import DeadlineTransport
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Cancellation,
    CheckServer,
    CorrectClock,
    CreateVault,
    Notification,
    ServerChecking,
    ServerReport,
    ServerStep,
    ServerVerdict,
    Status,
    StepState,
)
from softtoken.services.servers import ServerService

GOOD, WARNING, BAD, SKIPPED = StepState.GOOD, StepState.WARNING, StepState.BAD, StepState.SKIPPED
SERVER = "https://tenant.example"


@pytest.fixture
def answering(room: Room) -> Callable[..., MasterController]:
    """A controller whose every request gets this answer."""

    def make(status: int = 200, body: object = None, ahead: int | None = 0, **headers: str) -> MasterController:
        if ahead is not None:
            headers["Date"] = formatdate(room.clock.now() + ahead, usegmt=True)
        content = json.dumps({"activationStatus": "unknown"} if body is None else body)
        answer = httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=headers))
        return room.controller(lambda origin: IaaClient(origin, transport=answer))

    return make


def steps(report: ServerReport) -> dict[ServerStep, StepState]:
    found = dict(report.steps)
    assert len(found) == len(report.steps)
    assert list(found) == sorted(found, key=list(ServerStep).index)
    return found


def check(controller: MasterController, server: str = SERVER) -> ServerReport:
    return controller.post(CheckServer(server))


def test_a_tenant_over_tls_step_by_step(room: Room, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = ScriptedServer(authority.server("localhost"))

    def answer(request: Request) -> None:
        request.answer(200, b'{"activationStatus":"unknown"}', log_correlation_id="9d2c-4711")

    server.script = answer
    with running(server):
        origin = f"https://localhost:{server.server_port}"
        transport = DeadlineTransport(trust=authority.trusting)
        controller = room.controller(lambda origin: IaaClient(origin, transport=transport))
        heard: list[Notification] = []
        controller.subscribe(heard.append)
        room.clock.wall = SystemClock().now()
        report = check(controller, origin)
    assert (report.status, report.verdict, report.origin) == (Status.OK, ServerVerdict.TENANT, origin)
    assert steps(report) == dict.fromkeys(ServerStep, GOOD)
    assert report.address == "127.0.0.1"
    assert report.proxy is None
    assert report.tls is not None
    assert report.tls.issuer == "Test authority"
    assert report.tls.version.startswith("TLSv1.")
    assert report.tls.valid_until is not None
    assert abs(report.tls.valid_until - room.clock.now() - 86_400) < 100
    assert (report.http_status, report.log_correlation_id) == (200, "9d2c-4711")
    told = [each.report for each in heard if isinstance(each, ServerChecking)]
    assert [len(each.steps) for each in told] == [1, 2, 3, 4, 5, 6]
    assert all(each.status is Status.NEGATIVE for each in told)
    # one question, about nobody, with no secret
    ((method, path, headers, body),) = server.seen
    assert (method, path) == ("POST", "/v1/registrations/check-status")
    asked = json.loads(body)
    assert asked.pop("login").startswith("connection-test-")
    assert asked == {"timeoutSeconds": "0"}
    assert "Authorization" not in headers


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_through_a_proxy_its_address_and_the_servers_certificate_are_told(
    room: Room, tmp_path: Path, scheme: str
) -> None:
    authority = Authority(tmp_path)
    server = ScriptedServer(authority.server("gateway.example"))
    server.script = lambda request: request.answer(200, b'{"activationStatus":"unknown"}')
    tls = authority.server("localhost") if scheme == "https" else None
    with running(server), proxying(ConnectProxy(server.server_port, tls=tls)) as proxy:
        chosen = ProxyServer(f"{scheme}://{proxy.address.replace('127.0.0.1', 'localhost')}")
        transport = DeadlineTransport(NetworkSettings(chosen), trust=authority.trusting)
        controller = room.controller(lambda origin: IaaClient(origin, transport=transport))
        report = check(controller, "https://gateway.example")
    assert (report.status, report.proxy, report.address) == (Status.OK, "localhost", "127.0.0.1")
    assert steps(report)[ServerStep.TLS] is GOOD
    assert report.tls is not None
    assert report.tls.issuer == "Test authority"
    # a proxy that is not there is no step of the server's
    gone = check(controller, "https://gateway.example")
    assert (gone.verdict, gone.proxy) == (ServerVerdict.UNREACHABLE, "localhost")
    assert steps(gone) == {ServerStep.NAME: GOOD, ServerStep.CONNECTION: BAD}


def test_two_checks_ask_about_two_names(answering: Callable[..., MasterController], room: Room) -> None:
    names = []

    def answer(request: httpx.Request) -> httpx.Response:
        names.append(json.loads(request.read())["login"])
        return httpx.Response(200, json={"activationStatus": "unknown"})

    controller = room.controller(lambda origin: IaaClient(origin, transport=httpx.MockTransport(answer)))
    assert check(controller).verdict is check(controller).verdict is ServerVerdict.TENANT
    assert len(set(names)) == 2


def test_a_certificate_that_nobody_vouches_for(room: Room, tmp_path: Path) -> None:
    server = ScriptedServer(Authority(tmp_path).server("localhost"))
    with running(server):
        controller = room.controller(IaaClient)
        report = check(controller, f"https://localhost:{server.server_port}")
    assert (report.status, report.verdict) == (Status.FAILED, ServerVerdict.UNREACHABLE)
    assert steps(report) == {ServerStep.NAME: GOOD, ServerStep.CONNECTION: GOOD, ServerStep.TLS: BAD}
    assert report.reason not in (None, Reason.LOST, Reason.TIMED_OUT, Reason.REFUSED)
    assert server.seen == []  # nothing was asked of it


def test_a_port_that_nobody_listens_at(room: Room) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        report = check(room.controller(IaaClient), f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert (report.verdict, report.reason) == (ServerVerdict.UNREACHABLE, Reason.REFUSED)
    assert steps(report) == {ServerStep.NAME: SKIPPED, ServerStep.CONNECTION: BAD}


def test_a_name_that_nobody_knows(room: Room) -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port}")

    transport = DeadlineTransport(resolve=unknown, proxy=lambda *_: None)
    report = check(room.controller(lambda origin: IaaClient(origin, transport=transport)))
    assert (report.verdict, report.reason) == (ServerVerdict.UNREACHABLE, Reason.NAME_NOT_FOUND)
    assert steps(report) == {ServerStep.NAME: BAD}


def test_a_server_that_says_nothing_is_given_up_at_the_deadline(room: Room) -> None:
    server = ScriptedServer()
    server.script = Request.hold
    with running(server):
        report = check(room.controller(lambda origin: IaaClient(origin, timeout_seconds=0.2)), server.origin)
    assert (report.verdict, report.reason) == (ServerVerdict.UNREACHABLE, Reason.TIMED_OUT)
    assert steps(report) == {
        ServerStep.NAME: SKIPPED, ServerStep.CONNECTION: GOOD, ServerStep.TLS: SKIPPED, ServerStep.ANSWER: BAD,
    }  # fmt: skip


def test_whoever_cancels_is_let_go_at_once(room: Room) -> None:
    server, cancellation, asked = ScriptedServer(), Cancellation(), threading.Event()

    def hold(request: Request) -> None:
        asked.set()
        request.hold()

    server.script = hold
    heard: list[Notification] = []
    with running(server):
        controller = room.controller(lambda origin: IaaClient(origin, timeout_seconds=20))
        controller.subscribe(heard.append)

        def cancel() -> None:
            assert asked.wait(10)
            heard.clear()
            cancellation.cancel()

        threading.Thread(target=cancel).start()
        report = controller.post(CheckServer(server.origin, cancellation=cancellation))
    assert (report.status, report.steps) == (Status.USER_CANCEL, ())
    for thread in threading.enumerate():
        if thread.name == "server-check":
            thread.join(10)
    assert not any(isinstance(each, ServerChecking) for each in heard)  # what is left behind is silent


@pytest.mark.parametrize(
    ("status", "body", "correlation", "verdict", "tenant"),
    [
        (200, {"activationStatus": "pending"}, "", ServerVerdict.TENANT, GOOD),
        (200, {}, "", ServerVerdict.OTHER, BAD),
        (200, [], "", ServerVerdict.OTHER, BAD),
        (302, {}, "", ServerVerdict.OTHER, BAD),
        (404, {"message": "x"}, "", ServerVerdict.OTHER, BAD),
        (400, {"message": "Input data validation failed."}, "9d2c", ServerVerdict.LIKELY, WARNING),
        (401, {}, "", ServerVerdict.REFUSES, BAD),
        (403, {"message": "x"}, "9d2c", ServerVerdict.REFUSES, BAD),
        (500, {"message": "x"}, "9d2c", ServerVerdict.FAULT, SKIPPED),
        (503, {}, "", ServerVerdict.FAULT, SKIPPED),
    ],
)
def test_who_answers_there(
    answering: Callable[..., MasterController],
    status: int,
    body: object,
    correlation: str,
    verdict: ServerVerdict,
    tenant: StepState,
) -> None:
    headers = {"log-correlation-id": correlation} if correlation else {}
    report = check(answering(status, body, **headers))
    assert (report.verdict, steps(report)[ServerStep.TENANT]) == (verdict, tenant)
    assert report.status is (Status.OK if tenant in (GOOD, WARNING) else Status.FAILED)
    assert report.http_status == status
    assert report.log_correlation_id == (correlation or None)


def test_a_web_page_and_rubbish_are_no_tenant(room: Room) -> None:
    server = ScriptedServer()
    with running(server):
        controller = room.controller(IaaClient)
        server.script = lambda request: request.answer(200, b"<html>It works!</html>", "text/html")
        page = check(controller, server.origin)
        server.script = lambda request: request.raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        rubbish = check(controller, server.origin)
    assert page.verdict is rubbish.verdict is ServerVerdict.OTHER
    assert steps(page)[ServerStep.ANSWER] is GOOD
    assert steps(rubbish) == {
        ServerStep.NAME: SKIPPED, ServerStep.CONNECTION: GOOD, ServerStep.TLS: SKIPPED, ServerStep.ANSWER: BAD,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ahead", "state", "offered"),
    [(0, GOOD, None), (5, GOOD, None), (6, WARNING, 6), (-3600, WARNING, -3600), (86_401, WARNING, None)],
)
def test_the_servers_clock(
    answering: Callable[..., MasterController], room: Room, ahead: int, state: StepState, offered: int | None
) -> None:
    report = check(answering(ahead=ahead))
    assert report.skew == ClockSkew(ahead, 1, room.clock.now())
    assert steps(report)[ServerStep.CLOCK] is state
    assert report.offered == (None if offered is None else ClockSkew(offered, 1, room.clock.now()))


def test_a_server_without_a_date_tells_no_time(answering: Callable[..., MasterController]) -> None:
    report = check(answering(ahead=None))
    assert (report.skew, report.offered, steps(report)[ServerStep.CLOCK]) == (None, None, SKIPPED)
    assert report.status is Status.OK


def test_who_is_no_tenant_is_not_asked_the_time(answering: Callable[..., MasterController]) -> None:
    report = check(answering(200, {}, ahead=3600))
    assert report.skew is not None
    assert report.offered is None


def test_a_slow_answer_offers_nothing(room: Room) -> None:
    def slowly(_: httpx.Request) -> httpx.Response:
        room.clock.move(12)
        date = formatdate(room.clock.now() + 60, usegmt=True)
        return httpx.Response(200, json={"activationStatus": "unknown"}, headers={"Date": date})

    controller = room.controller(lambda origin: IaaClient(origin, transport=httpx.MockTransport(slowly)))
    report = check(controller)
    assert report.skew is not None
    assert report.skew.uncertainty > 5
    assert report.offered is None


def test_with_a_correction_that_holds_nothing_more_is_offered(answering: Callable[..., MasterController]) -> None:
    controller = answering(ahead=300)
    controller.post(CreateVault())
    offer = check(controller).offered
    assert offer is not None
    assert controller.post(CorrectClock(SERVER, offer)).status is Status.OK
    report = check(controller)
    assert (report.correction, report.offered) == (300, None)
    assert steps(report)[ServerStep.CLOCK] is GOOD


def test_a_clock_that_was_set_right_is_offered_to_go_uncorrected(answering: Callable[..., MasterController]) -> None:
    controller = answering(ahead=0)
    controller.post(CreateVault())
    controller.post(CorrectClock(SERVER, ClockSkew(300, 1, 1_800_000_000)))
    report = check(controller)
    assert steps(report)[ServerStep.CLOCK] is WARNING
    assert report.offered is not None
    assert report.offered.seconds == 0


@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=80) | st.sampled_from([b'{"activationStatus":1}', b'{"activationStatus":"\\u202e"}']),
    date=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
    correlation=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
)
def test_no_answer_breaks_it(status: int, body: bytes, date: str, correlation: str) -> None:
    headers = {b"Date": date.encode("latin-1"), b"log-correlation-id": correlation.encode("latin-1")}
    answer = httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))
    service = ServerService(lambda origin: IaaClient(origin, transport=answer), ManualClock(), lambda _: None)
    report = service.check(None, CheckServer(SERVER))
    assert report.verdict is not None
    assert report.status is (Status.OK if report.verdict in ("TENANT", "LIKELY") else Status.FAILED)
    assert (report.log_correlation_id or "").isprintable()
    steps(report)


@pytest.mark.parametrize("server", ["", "http://tenant.example", "https://a b", "ftp://x", "https://user@host"])
def test_what_is_no_address_is_not_asked(answering: Callable[..., MasterController], server: str) -> None:
    assert check(answering(), server) == ServerReport(Status.INVALID_PARAMETER)


def test_a_tokens_own_server(room: Room) -> None:
    controller = room.controller()
    origin = room.network.add("one")
    alice = room.activate(controller, origin, pin=None)
    before = len(room.network.requests)
    report = controller.post(CheckServer(user_identifier=alice))
    assert (report.status, report.origin, report.verdict) == (Status.OK, origin, ServerVerdict.TENANT)
    assert room.network.requests[before:] == ["/v1/registrations/check-status"]
    nobody = type(alice)("one", "nobody")
    assert controller.post(CheckServer(user_identifier=nobody)).status is Status.INVALID_USER_ID
