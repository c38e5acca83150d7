"""What the server's statuses and sentences become."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from softtoken.iaa import errors
from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import AnswerFault, BadAnswer, IaaError, Reason, ServerFault, Unreachable
from softtoken.iaa.messages import LoginRequest

NO_DIGIPASS = "No applicable digipass found. Instance should have both a PNID and a secure channel set."
LOGIN = LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00")


def client_for(*answers: httpx.Response | Exception) -> tuple[IaaClient, list[httpx.Request], list[float]]:
    """A client that gets these answers one after the other; what it sent; how long it paused."""
    sent: list[httpx.Request] = []
    pauses: list[float] = []
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    made = IaaClient("https://acme.example", transport=httpx.MockTransport(handle), sleep=pauses.append)
    return made, sent, pauses


def refused() -> httpx.ConnectError:
    error = httpx.ConnectError("")
    error.__cause__ = ConnectionRefusedError()
    return error


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Authentication failed", errors.AuthenticationFailed),
        ("AUTHENTICATION FAILED.", errors.AuthenticationFailed),
        ("User is disabled", errors.UserDisabled),
        ("User is disabled.", errors.UserDisabled),
        ("User is locked", errors.UserLocked),
        ("  user IS   locked. ", errors.UserLocked),
        ("Invalid Request ID", errors.RequestExpired),
        ("Request ID is invalid", errors.RequestExpired),
        ("Timed out", errors.RequestExpired),
        ("User refused", errors.Refused),
        (
            "Message not sent. Gateway exited with error and reported: invalid_destination.",
            errors.DeliveryFailed,
        ),
        ("Gateway exited with error", errors.DeliveryFailed),
        (f"Failed to send push notification. {NO_DIGIPASS}", errors.DeliveryFailed),
        ("Registration has expired", errors.RegistrationExpired),
        ("Registration was already used.", errors.RegistrationUsed),
        ("registration is locked", errors.RegistrationLocked),
        ("Registration ceremony was not started", errors.Conflict),
        ("License activation limit reached.", errors.Conflict),
        ("", errors.Conflict),
    ],
)
def test_409(message: str, kind: type[IaaError]) -> None:
    client, sent, _ = client_for(httpx.Response(409, json={"error": "Conflict", "message": message}))
    with pytest.raises(IaaError) as caught:
        client.login("a@b", LOGIN)
    assert type(caught.value) is kind
    assert caught.value.http_status == 409
    assert caught.value.message == (" ".join(message.split()) or "Conflict")
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.ValidationFailed),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (500, errors.ServerFault),
        (502, errors.ServerFault),
        (599, errors.ServerFault),
        (301, errors.BadAnswer),
        (401, errors.BadAnswer),
        (429, errors.BadAnswer),
        (101, errors.BadAnswer),
    ],
)
def test_other_statuses(status: int, kind: type[IaaError]) -> None:
    answer = httpx.Response(status, json={"message": "No"}, headers={"log-correlation-id": " abc\x00\x1b[31m "})
    client, _, _ = client_for(answer)
    with pytest.raises(IaaError) as caught:
        client.login("a@b", LOGIN)
    error = caught.value
    assert type(error) is kind
    assert (error.http_status, error.message, error.log_correlation_id) == (status, "No", "abc [31m")


def test_400_joins_the_validation_errors() -> None:
    body = {"message": "Bad", "validationErrors": [{"message": "sessionID: too short"}, 7, {"message": "x: y"}]}
    client, _, _ = client_for(httpx.Response(400, json=body))
    with pytest.raises(errors.ValidationFailed) as caught:
        client.login("a@b", LOGIN)
    assert caught.value.message == "sessionID: too short; x: y"


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"plain words", "text/plain; charset=utf-8", "plain words"),
        (b"<html>sign in</html>", "text/html", ""),
        (b"[1]", "application/json", ""),
        (b'{"message": 5, "error": "Conflict"}', "application/json", "Conflict"),
        (b'{"message": "one\\u0000\\r\\ntwo\\u202e\\u001b[2J"}', "application/json", "one two [2J"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b"[" * 100_000, "application/json", ""),
        (b'{"message": "' + b"x" * 500_000 + b'"}', "application/json", "x" * 300),
        (b"y" * 500_000, "text/plain", "y" * 300),
    ],
)
def test_sentences_of_every_kind(body: bytes, content_type: str, message: str) -> None:
    client, _, _ = client_for(httpx.Response(403, content=body, headers={"content-type": content_type}))
    with pytest.raises(errors.Forbidden) as caught:
        client.login("a@b", LOGIN)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", AnswerFault.NOT_JSON),
        (b"<html>sign in</html>", AnswerFault.NOT_JSON),
        (b'{"x":' + b"[" * 100_000, AnswerFault.NOT_JSON),
        (b'{"sessionStatus":"\xff"}', AnswerFault.NOT_JSON),
        (b"[]", AnswerFault.WRONG_TYPES),
        (b"null", AnswerFault.WRONG_TYPES),
        (b'{"sessionStatus":1}', AnswerFault.WRONG_TYPES),
        (b'{"sessionStatus":"accepted","riskResponseCode":true}', AnswerFault.WRONG_TYPES),
        (b'{"riskResponseCode":"zero"}', AnswerFault.WRONG_TYPES),
        (b'{"riskResponseCode":' + b"9" * 5000 + b"}", AnswerFault.WRONG_TYPES),
        (b'{"sessionStatus":"acc\\u001b[31mepted"}', AnswerFault.WRONG_TYPES),
        (b'{"sessionStatus":"' + b"x" * 256 + b'"}', AnswerFault.WRONG_TYPES),
    ],
)
def test_a_200_that_cannot_be_understood(body: bytes, fault: AnswerFault) -> None:
    client, _, _ = client_for(httpx.Response(200, content=body, headers={"log-correlation-id": "c-9"}))
    with pytest.raises(BadAnswer) as caught:
        client.login("a@b", LOGIN)
    error = caught.value
    assert (error.fault, error.http_status, error.log_correlation_id) == (fault, 200, "c-9")
    assert error.__cause__ is None
    assert error.__context__ is None


def test_what_is_needed_must_be_there() -> None:
    calls: list[Any] = [
        lambda client: client.session("r"),
        lambda client: client.check_status("a"),
        lambda client: client.add_device("r", "code"),
    ]
    for call in calls:
        client, _, _ = client_for(httpx.Response(200, json={}))
        with pytest.raises(BadAnswer):
            call(client)


def test_a_session_query_is_tried_three_times() -> None:
    client, sent, pauses = client_for(
        httpx.ReadError(""), httpx.Response(503), httpx.Response(200, json={"sessionStatus": "pending"})
    )
    assert client.session("r").session_status == "pending"
    assert len(sent) == 3
    assert pauses == sorted(pauses)
    assert 0 < sum(pauses) < 2

    client, sent, _ = client_for(*(httpx.Response(500) for _ in range(9)))
    with pytest.raises(ServerFault):
        client.session("r")
    assert len(sent) == 3


def test_a_session_query_is_not_tried_again_for_nothing() -> None:
    client, sent, _ = client_for(httpx.Response(404))
    with pytest.raises(errors.NotFound):
        client.session("r")
    assert len(sent) == 1


def test_a_post_is_sent_again_only_if_the_connection_was_refused() -> None:
    client, sent, _ = client_for(refused(), refused(), httpx.Response(200))
    client.activate("r", "1")
    assert len(sent) == 3

    for error in (httpx.ReadError(""), httpx.ReadTimeout(""), httpx.ConnectTimeout(""), httpx.Response(503)):
        client, sent, _ = client_for(error, httpx.Response(200))
        with pytest.raises(IaaError):
            client.activate("r", "1")
        assert len(sent) == 1


@pytest.mark.parametrize("error", [httpx.ReadError(""), httpx.Response(503), refused(), httpx.WriteTimeout("")])
def test_a_login_is_sent_once(error: httpx.Response | Exception) -> None:
    client, sent, pauses = client_for(error, httpx.Response(200, json={"sessionStatus": "accepted"}))
    with pytest.raises(IaaError):
        client.login("a@b", LOGIN)
    assert len(sent) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("error", "reason", "sent"),
    [
        (refused(), Reason.REFUSED, False),
        (httpx.ConnectError(""), Reason.OTHER, False),
        (httpx.ProxyError(""), Reason.OTHER, False),
        (httpx.UnsupportedProtocol(""), Reason.OTHER, False),
        (httpx.PoolTimeout(""), Reason.TIMED_OUT, False),
        (httpx.ConnectTimeout(""), Reason.TIMED_OUT, False),
        (httpx.WriteTimeout(""), Reason.TIMED_OUT, True),
        (httpx.ReadTimeout(""), Reason.TIMED_OUT, True),
        (httpx.WriteError(""), Reason.LOST, True),
        (httpx.ReadError(""), Reason.LOST, True),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), Reason.LOST, True),
        (httpx.LocalProtocolError(""), Reason.OTHER, True),
        (httpx.DecodingError(""), Reason.OTHER, True),
    ],
)
def test_transport_errors(error: Exception, reason: Reason, sent: bool) -> None:
    client, _, _ = client_for(error)
    with pytest.raises(Unreachable) as caught:
        client.login("a@b", LOGIN)
    assert (caught.value.reason, caught.value.sent, caught.value.http_status) == (reason, sent, None)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_body_that_never_ends_ends_with_the_time() -> None:
    now = 0.0

    def drip() -> Iterator[bytes]:
        nonlocal now
        while True:
            now += 1
            yield b" "

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return drip()

    client = IaaClient(
        "https://acme.example",
        transport=httpx.MockTransport(lambda request: httpx.Response(200, stream=Endless())),
        timeout_seconds=5,
        monotonic=lambda: now,
    )
    with pytest.raises(Unreachable) as caught:
        client.login("a@b", LOGIN)
    assert (caught.value.reason, caught.value.sent, now) == (Reason.TIMED_OUT, True, 5)


def test_tries_end_with_the_time() -> None:
    now = 0.0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal now
        now += 2.3
        return httpx.Response(503)

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    client = IaaClient(
        "https://acme.example",
        transport=httpx.MockTransport(handle),
        timeout_seconds=5,
        sleep=sleep,
        monotonic=lambda: now,
    )
    with pytest.raises(ServerFault):
        client.session("r")
    # two tries; for the pause before a third there is no time
    assert 4.6 < now < 5
