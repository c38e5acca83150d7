"""Which calls are tried again, and how long a call may take that the server was asked to hold."""

from typing import Any

import httpx
import pytest
from iaa.every_call import CALLS, Call, Servers, refused

from softtoken.iaa import (
    EventRequest,
    IaaClient,
    IaaError,
    LoginRequest,
    Reason,
    StandardData,
    TransactionRequest,
    TransactionType,
    Unreachable,
)

QUESTIONS = {"session", "render", "user", "users", "authenticators"}
PROOFS = {"login", "validate_event", "validate_transaction", "sync_authenticator"}
BASE: dict[str, Any] = {"relationship_ref": "a", "session_id": "00"}
SIGNED = StandardData(("1",), "12345678")


def tries(call: Call, fault: httpx.Response | Exception) -> int:
    """How often a call is handed to a network where this happens every time."""
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if isinstance(fault, Exception):
            raise fault
        return httpx.Response(fault.status_code)

    with pytest.raises(IaaError):
        call(Servers(transport=httpx.MockTransport(handle), sleep=lambda _: None))
    return len(sent)


@pytest.mark.parametrize("call", [call for call in CALLS if call.method != "await_session"], ids=repr)
def test_questions_are_asked_again_and_nothing_else_that_was_sent(call: Call) -> None:
    expected = 3 if call.method in QUESTIONS else 1
    for fault in (httpx.Response(503), httpx.ReadError(""), httpx.ReadTimeout("")):
        assert tries(call, fault) == expected
    assert tries(call, httpx.Response(404)) == 1
    # where nobody listens nothing was sent
    assert tries(call, refused()) == (1 if call.method in PROOFS else 3)


@pytest.mark.parametrize(
    ("method", "make"),
    [
        ("login", lambda hold: LoginRequest(otp="714346", timeout=hold, **BASE)),
        ("validate_event", lambda hold: EventRequest(otp="714346", event_type="x", timeout=hold, **BASE)),
        (
            "validate_transaction",
            lambda hold: TransactionRequest(data=SIGNED, object_type=TransactionType.PLAIN, timeout=hold),
        ),
    ],
)
def test_a_held_call_has_that_much_longer(method: str, make: Any) -> None:
    now = 0.0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal now
        now += 12
        return httpx.Response(200, json={"sessionStatus": "accepted"})

    client = IaaClient("https://acme.example", transport=httpx.MockTransport(handle), monotonic=lambda: now)
    assert getattr(client, method)("a@b", make(5)).session_status == "accepted"
    for hold in (None, 0):
        with pytest.raises(Unreachable) as caught:
            getattr(client, method)("a@b", make(hold))
        assert (caught.value.reason, caught.value.sent) == (Reason.TIMED_OUT, True)
