"""Whatever a server answers to whatever call: a typed value or an IaaError, in time, and no secret in either."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from iaa.every_call import CALLS, FORMS, OTP, SECRET, SHORT, Call, Servers, forms, left_out, refused
from iaa.scripted import Request, ScriptedServer

from softtoken.iaa import (
    AuthenticatorPage,
    ChallengeAnswer,
    IaaError,
    LoginAnswer,
    NextStep,
    Outcome,
    RegisterAnswer,
    SessionAnswer,
    Unreachable,
    UnregisterAnswer,
    UserPage,
    UserRecord,
    Waited,
)
from softtoken.iaa.messages import AddDeviceAnswer

TYPES = (
    LoginAnswer, RegisterAnswer, AddDeviceAnswer, SessionAnswer, UnregisterAnswer, ChallengeAnswer, UserRecord,
    UserPage, AuthenticatorPage, Waited, str, bytes, type(None),
)  # fmt: skip
TIMEOUT = 5.0

WORDS = ["accepted", "pending", "failed", "x" * 300, "\ud800", "\x1b[2J"]
TEXTS = st.text(max_size=20) | st.sampled_from([*FORMS, *WORDS])
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, 5, 21, int(OTP), 10**400, -(2**31), 2**53, 1e308])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["sessionStatus", "riskResponseCode", "requestID", "requestMessage", "challenge", "eventId", "uafStatusCode",
     "activationPassword", "serialNumber", "registrationID", "activationMessage2", "activationStatus", "message",
     "error", "validationErrors", "fidoAuthenticationRequest", "userID", "users", "authenticators", "applications",
     "total", "domain", "authenticatorType", OTP]
)  # fmt: skip
MEMBERS = st.lists(st.tuples(NAMES, JSON), max_size=6)
LIKELY = st.sampled_from(
    [
        [("sessionStatus", "accepted"), ("riskResponseCode", 0)],
        [("sessionStatus", "pending"), ("riskResponseCode", 21), ("requestID", "r")],
        [("sessionStatus", OTP), ("riskResponseCode", int(OTP)), ("requestID", OTP), ("challenge", OTP)],
        [("activationMessage2", OTP), ("activationStatus", OTP), ("serialNumber", OTP), ("message", OTP)],
        [("authenticators", [OTP, {"serialNumber": OTP}]), ("users", [{"userID": OTP}]), ("total", int(OTP))],
        [("authenticators", [{"serialNumber": "VDS1", "applications": [{"name": OTP}], OTP: OTP}])],
    ]
)


def spelt(members: list[tuple[str, object]]) -> bytes:
    """An object as a server might write it: a name may stand twice."""
    return ("{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members) + "}").encode()


ODD = [
    b"",
    b"[" * 100_000,
    b'{"sessionStatus":' * 2_000,
    b'{"sessionStatus":"accepted","more":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"sessionStatus":"accepted","more":1e999}',
    b'{"sessionStatus":"accepted","more":' + b"9" * 5000 + b"}",
    b'{"sessionStatus":"accepted","more":"\\ud800"}',
    b'{"sessionStatus":"accepted","more":"\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"sessionStatus":"accepted"}',
    '{"sessionStatus":"accepted"}'.encode("utf-16"),
    b'{"sessionStatus":NaN}',
    b'{"sessionStatus":"accepted"}{"sessionStatus":"failed"}',
    b"\x89PNG\r\n\x1a\n",
]
BODIES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(ODD),
    JSON.map(lambda value: json.dumps(value).encode()),
    MEMBERS.map(spelt),
    st.tuples(LIKELY, MEMBERS).map(lambda both: spelt([*both[0], *both[1]])),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["content-type", "log-correlation-id", "content-encoding", "location", "content-length", "date",
         "transfer-encoding"]
    ),
    st.sampled_from(["", "text/plain", "application/json", "image/png", "gzip", "identity", "x" * 500, "a\x00b", OTP]),
)  # fmt: skip
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 404, 409, 500, 503]) | st.integers(100, 999)


WHOLE: dict[str, Any] = {"status": 200, "headers": {}, "parts": 1, "seconds": 0, "cut": False}
"""An answer that comes whole and at once."""


class Hours:
    """A clock that only sleeping and slow servers move."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


class Slow(httpx.SyncByteStream):
    """A body in parts that each take their time; it may break off."""

    def __init__(self, body: bytes, parts: int, seconds: float, cut: bool, hours: Hours) -> None:
        self._parts = [body[at :: max(1, parts)] for at in range(parts)] if parts > 1 else [body]
        self._seconds, self._cut, self._hours = seconds, cut, hours

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._hours.now += self._seconds
            yield part
        if self._cut:
            raise httpx.ReadError("")


def answer_or_error(call: Call, servers: Servers) -> object:
    try:
        return call(servers)
    except IaaError as error:
        return error


def test_every_method_is_tried() -> None:
    assert left_out() == set()


@pytest.mark.parametrize("call", CALLS, ids=repr)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    status=STATUSES, headers=HEADERS, body=BODIES, parts=st.integers(1, 4), seconds=st.sampled_from([0, 0, 0.4, 3, 99]),
    cut=st.sampled_from([False, False, False, True]),
)  # fmt: skip
@example(**WHOLE, body=spelt([("sessionStatus", OTP), ("riskResponseCode", int(OTP))]))
@example(**WHOLE, body=spelt([(OTP, OTP)]))
@example(**WHOLE, body=spelt([("sessionStatus", "accepted"), ("sessionStatus", "failed")]))
def test_any_answer_to_any_call(
    call: Call, status: int, headers: dict[str, str], body: bytes, parts: int, seconds: float, cut: bool
) -> None:
    hours = Hours()

    def handle(request: httpx.Request) -> httpx.Response:
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        return httpx.Response(status, headers=encoded, stream=Slow(body, parts, seconds, cut, hours))

    servers = Servers(
        transport=httpx.MockTransport(handle), timeout_seconds=TIMEOUT, sleep=hours.sleep, monotonic=hours.monotonic
    )
    got = answer_or_error(call, servers)
    if isinstance(got, IaaError):
        assert len(got.message) <= 300
        assert got.log_correlation_id is None or len(got.log_correlation_id) <= 128
        assert got.__context__ is None
        assert isinstance(got, Unreachable) or got.http_status == status
        shown = f"{got!r} {got} {got.args!r} {vars(got)!r}"
    else:
        assert isinstance(got, TYPES)
        assert isinstance(got, Waited) or 200 <= status < 300
        # a bare text or picture is what was asked for, and is shown by nobody's repr
        shown = "" if isinstance(got, str | bytes) else f"{got!r} {got}"
    assert not [form for form in forms(*call.secrets) if form in shown]
    if isinstance(got, IaaError | LoginAnswer | SessionAnswer | UnregisterAnswer | Waited):
        assert isinstance(got.outcome, Outcome)
    if isinstance(got, LoginAnswer):
        assert isinstance(got.next_step, NextStep)
    # the last part of an answer may be late by itself; nothing is begun after the end
    assert hours.now <= TIMEOUT + seconds


ERRORS = [refused(), httpx.ConnectTimeout(""), httpx.ReadError(""), httpx.ReadTimeout(""), httpx.WriteError("")]
FAULTS = st.lists(st.sampled_from([*ERRORS, 200, 204, 302, 409, 500, 503]), min_size=1, max_size=4)


@pytest.mark.parametrize("call", SECRET, ids=repr)
@given(faults=FAULTS)
def test_what_carries_a_secret_is_never_sent_twice(call: Call, faults: list[int | httpx.HTTPError]) -> None:
    handed: list[bool] = []

    def handle(request: httpx.Request) -> httpx.Response:
        fault = faults[min(len(handed), len(faults) - 1)]
        handed.append(not isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout))
        if isinstance(fault, httpx.HTTPError):
            raise fault
        return httpx.Response(fault, json={})

    servers = Servers(transport=httpx.MockTransport(handle), sleep=lambda _: None)
    got = answer_or_error(call, servers)
    if isinstance(got, Unreachable):
        assert got.sent is handed[-1]
    assert handed.count(True) <= 1
    # and what proves a user is not even handed to the network again
    if call.method in {"login", "validate_event", "validate_transaction", "sync_authenticator"}:
        assert len(handed) == 1


@pytest.mark.parametrize("call", SECRET, ids=repr)
def test_a_server_that_hangs_up_sees_a_secret_once(server: ScriptedServer, call: Call) -> None:
    server.script = lambda request: request.raw(b"")
    with pytest.raises(IaaError):
        call(Servers(server.origin, timeout_seconds=5, sleep=lambda _: None))
    assert len(server.seen) == 1


GARBAGE = [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x00",
    b"HTTP/9.9 200 OK\r\n\r\n{}",
    b"SSH-2.0-OpenSSH_9.6\r\n",
]


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_garbage_from_a_real_socket(server: ScriptedServer, call: Call) -> None:
    servers = Servers(server.origin, timeout_seconds=2, sleep=lambda _: None)
    for garbage in GARBAGE:
        server.script = lambda request, garbage=garbage: request.raw(garbage)  # type: ignore[misc]
        assert isinstance(answer_or_error(call, servers), (*TYPES, IaaError))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=80), http=st.booleans(), call=st.sampled_from(SHORT))
def test_any_bytes_from_a_real_socket(server: ScriptedServer, data: bytes, http: bool, call: Call) -> None:
    server.script = lambda request: request.raw((b"HTTP/1.1 200 OK\r\n" if http else b"") + data)
    servers = Servers(server.origin, timeout_seconds=5, sleep=lambda _: None)
    assert isinstance(answer_or_error(call, servers), (*TYPES, IaaError))


def drips(request: Request) -> None:
    request.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    request.drip(b" ")


@pytest.mark.parametrize("call", SHORT, ids=repr)
def test_no_call_outlives_its_deadline_on_a_real_socket(server: ScriptedServer, call: Call) -> None:
    for script in (drips, Request.hold):
        server.script = script
        start = time.monotonic()
        with pytest.raises(Unreachable):
            call(Servers(server.origin, timeout_seconds=0.15, sleep=lambda _: None))
        assert time.monotonic() - start < 5
