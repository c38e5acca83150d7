"""Asking for logins to approve and answering them: what is sent, what is read, and what is never repeated."""

import base64
import contextlib
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iaa.scripted import Request, ScriptedServer

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.approvals import LIFE, LONGEST_LIFE, ApprovalCalls, Decided, WaitingRequest
from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import (
    AuthenticationFailed,
    BadAnswer,
    IaaError,
    NotFound,
    RequestExpired,
    ServerFault,
    Unreachable,
    UserLocked,
)

KEY = bytes(range(200, 232))
ENCODED = base64.urlsafe_b64encode(KEY).decode().rstrip("=")
NOW = 1_800_000_000
WAITING = {
    "requestID": "0123abcd",
    "kind": "transaction",
    "riskResponseCode": 22,
    "protections": ["PIN"],
    "title": "Login request",
    "subject": "Tap here",
    "challenge": "Is this you?",
    "clientIP": "192.0.2.7",
    "expires": NOW + 50,
    "remaining": 42,
}


@pytest.fixture
def calls(client: IaaClient) -> ApprovalCalls:
    return ApprovalCalls(client, KEY)


def answers(server: ScriptedServer, document: Any, status: int = 200) -> None:
    body = json.dumps(document).encode()

    def script(request: Request) -> None:
        request.answer(status, body, log_correlation_id="9d2c")

    server.script = script


def test_what_is_asked_and_read(server: ScriptedServer, calls: ApprovalCalls) -> None:
    answers(server, {"approvals": [WAITING]})
    assert calls.waiting(NOW) == (
        WaitingRequest(
            "0123abcd",
            "transaction",
            22,
            (ProtectionType.PIN,),
            "Login request",
            "Tap here",
            "Is this you?",
            "192.0.2.7",
            42,
        ),
    )
    ((method, path, headers, body),) = server.seen
    assert (method, path, body) == ("GET", "/softtoken/v1/approvals", b"")
    assert headers["Authorization"] == f"SoftToken {ENCODED}"


def test_an_approval(server: ScriptedServer, calls: ApprovalCalls) -> None:
    answers(server, {"sessionStatus": "accepted"})
    assert calls.approve("0123abcd", "12345678") == Decided("accepted", "9d2c")
    ((method, path, headers, body),) = server.seen
    assert (method, path) == ("POST", "/softtoken/v1/approvals/0123abcd")
    assert json.loads(body) == {"decision": "approve", "OTP": "12345678"}
    assert headers["Authorization"] == f"SoftToken {ENCODED}"


def test_a_decline(server: ScriptedServer, calls: ApprovalCalls) -> None:
    answers(server, {"sessionStatus": "refused"})
    assert calls.decline("0123abcd").session_status == "refused"
    assert json.loads(server.seen[0][3]) == {"decision": "decline"}


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"remaining": None}, {"remaining": 50}),
        ({"remaining": None, "expires": None}, {"remaining": LIFE}),
        ({"remaining": "17"}, {"remaining": 17}),
        ({"remaining": -5}, {"remaining": 0}),
        ({"remaining": 10**9}, {"remaining": LONGEST_LIFE}),
        ({"riskResponseCode": None}, {"risk_response_code": None}),
        ({"riskResponseCode": "21"}, {"risk_response_code": 21}),
        ({"protections": ["IRIS", "PIN", "PIN"]}, {"protections": (ProtectionType.PIN,)}),
        ({"protections": []}, {"protections": ()}),
        ({"kind": "enrolment"}, {"kind": "enrolment"}),
        ({"title": None, "subject": None, "challenge": None, "clientIP": None}, {"title": "", "client_ip": ""}),
        ({"title": "a\u202e\n\x00b"}, {"title": "a\u202e\n\x00b"}),  # as it came: it is what the code covers
        ({"somethingNew": {"x": [1]}}, {"request_id": "0123abcd"}),
    ],
)
def test_lenient_reading(
    server: ScriptedServer, calls: ApprovalCalls, change: dict[str, Any], read: dict[str, Any]
) -> None:
    answers(server, {"approvals": [WAITING | change], "more": 1})
    (found,) = calls.waiting(NOW)
    assert {name: getattr(found, name) for name in read} == read


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"approvals": None},
        {"approvals": [{}]},
        {"approvals": [WAITING | {"requestID": "../login"}]},
        {"approvals": [WAITING | {"requestID": ""}]},
        {"approvals": [WAITING | {"title": "x" * 4001}]},
        {"approvals": [WAITING | {"title": 5}]},
        {"approvals": [WAITING | {"kind": "a login"}]},
    ],
)
def test_answers_that_are_none(server: ScriptedServer, calls: ApprovalCalls, document: Any) -> None:
    answers(server, document)
    with pytest.raises(BadAnswer):
        calls.waiting(NOW)


@pytest.mark.parametrize("body", [b'{"sessionStatus": null}', b"{}", b"<html>", b""])
def test_decisions_whose_answer_is_none(server: ScriptedServer, calls: ApprovalCalls, body: bytes) -> None:
    server.script = lambda request: request.answer(200, body)
    with pytest.raises(BadAnswer):
        calls.approve("0123abcd", "12345678")


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Unknown approval key", BadAnswer),
        (404, "", NotFound),
        (409, "Authentication failed", AuthenticationFailed),
        (409, "User is locked", UserLocked),
        (409, "Invalid Request ID", RequestExpired),
        (503, "", ServerFault),
    ],
)
def test_refusals(
    server: ScriptedServer, calls: ApprovalCalls, status: int, message: str, kind: type[IaaError]
) -> None:
    answers(server, {"error": "x", "message": message}, status)
    with pytest.raises(kind) as refused:
        calls.approve("0123abcd", "12345678")
    assert (refused.value.http_status, refused.value.log_correlation_id) == (status, "9d2c")


@pytest.mark.parametrize("otp", ["12345678"])
def test_a_code_is_sent_once_whatever_comes_back(server: ScriptedServer, calls: ApprovalCalls, otp: str) -> None:
    for script in (lambda request: request.raw(b""), lambda request: request.answer(503)):
        server.seen.clear()
        server.script = script
        with pytest.raises(IaaError):
            calls.approve("0123abcd", otp)
        assert len(server.seen) == 1


def test_the_question_is_asked_once(server: ScriptedServer, calls: ApprovalCalls) -> None:
    """Who asks will ask again soon: repeating at once would only burden a server in trouble."""
    server.script = lambda request: request.answer(503)
    with pytest.raises(ServerFault):
        calls.waiting(NOW)
    assert len(server.seen) == 1


def test_neither_key_nor_code_is_in_an_error(server: ScriptedServer, calls: ApprovalCalls) -> None:
    sentence = f"bad header SoftToken {ENCODED} and code 12345678"
    answers(server, {"error": "x", "message": sentence}, 409)
    with pytest.raises(IaaError) as refused:
        calls.approve("0123abcd", "12345678")
    told = f"{refused.value!r} {refused.value} {refused.value.message} {vars(refused.value)}"
    assert ENCODED not in told
    assert "12345678" not in told


def test_the_message_is_in_no_repr(server: ScriptedServer, calls: ApprovalCalls) -> None:
    answers(server, {"approvals": [WAITING]})
    told = repr(calls.waiting(NOW))
    assert "Login request" not in told
    assert "192.0.2.7" not in told


def test_a_server_that_says_nothing_costs_no_more_than_the_deadline(server: ScriptedServer) -> None:
    server.script = lambda request: request.hold()
    with IaaClient(server.origin, timeout_seconds=0.2) as client, pytest.raises(Unreachable):
        ApprovalCalls(client, KEY).waiting(NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(sorted(WAITING)), inner),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.binary(max_size=300) | JSON.map(lambda value: json.dumps({"approvals": value}).encode()), st.integers(200, 599)
)
def test_whatever_a_server_answers_is_an_answer_or_an_error(body: bytes, status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    with IaaClient("https://bank.example", transport=transport, sleep=lambda _: None) as client:
        calls = ApprovalCalls(client, KEY)
        for ask in (lambda: calls.waiting(NOW), lambda: calls.decline("0123"), lambda: calls.approve("0123", "123456")):
            with contextlib.suppress(IaaError):
                ask()
