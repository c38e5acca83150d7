"""Planted codes and passwords never get into an error, a repr or the log, and any answer has a typed outcome."""

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iaa.scripted import Request, Script, ScriptedServer

from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import IaaError
from softtoken.iaa.messages import (
    AddDeviceAnswer,
    LoginAnswer,
    LoginRequest,
    RegisterAnswer,
    RegisterRequest,
    SessionAnswer,
)
from softtoken.iaa.refusals import MAX_CORRELATION, clean

OTP = "90417263"
PASSWORD = 'Planted "pass\\word" äöü 1'
DEVICE_CODE = "PlantedDeviceCode"
PROOF = "PlantedProof"
BASE: dict[str, Any] = {"relationship_ref": "a", "session_id": "00"}
LOGIN = LoginRequest(otp=OTP, static_password=PASSWORD, **BASE)
PASS_KEY = LoginRequest(pass_key=PASSWORD, **BASE)
FIDO = LoginRequest(fido_response=PASSWORD, **BASE)
REGISTER = RegisterRequest(user_id="alice", static_password=PASSWORD, device_code=DEVICE_CODE)
FORMS = [
    OTP,
    PASSWORD,
    json.dumps(PASSWORD)[1:-1],
    json.dumps(PASSWORD, ensure_ascii=False)[1:-1],
    quote(PASSWORD, safe=""),
    repr(PASSWORD)[1:-1],
    DEVICE_CODE,
    PROOF,
]

Call = Callable[[IaaClient], object]
CALLS: list[Call] = [
    lambda client: client.login("a@b", LOGIN),
    lambda client: client.login("a@b", PASS_KEY),
    lambda client: client.login("a@b", FIDO),
    lambda client: client.register(REGISTER),
    lambda client: client.add_device("r", DEVICE_CODE),
    lambda client: client.activate("r", OTP),
    lambda client: client.sync_authenticator("a@b", OTP, "31415926"),
    lambda client: client.renew_key("a@b", {"proof": PROOF}),
]


def shown(error: BaseException) -> str:
    """Everything that printing, logging or looking at an error and its chain would show."""
    text = "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    while seen is not None:
        text += f" {seen!r} {seen} {seen.args!r} {vars(seen)!r}"
        seen = seen.__cause__ or seen.__context__
    return text


def answer_or_error(client: IaaClient, call: Call) -> object:
    try:
        return call(client)
    except IaaError as error:
        return error


def outcome(client: IaaClient, call: Call) -> str:
    got = answer_or_error(client, call)
    return shown(got) if isinstance(got, IaaError) else repr(got)


def echo(status: int, body: Callable[[Request], bytes], content_type: str) -> Script:
    def say(request: Request) -> None:
        # the header's own end is where a secret might be cut in two
        asked = json.dumps(json.loads(whole(request)))
        correlation = asked[-MAX_CORRELATION - 9 :]
        request.answer(status, body(request), content_type, log_correlation_id=correlation)

    return say


def whole(request: Request) -> bytes:
    return request.server.seen[-1][3]


def in_a_sentence(request: Request) -> bytes:
    return json.dumps({"message": whole(request).decode(), "error": "Conflict"}).encode()


def in_validation_errors(request: Request) -> bytes:
    values = list(json.loads(whole(request)).values())
    texts = [value for value in values if isinstance(value, str)] + [json.dumps(value) for value in values]
    return json.dumps({"validationErrors": [{"message": text} for text in texts]}).encode()


SCRIPTS: list[Script] = [
    *(
        echo(status, body, kind)
        for status in (200, 302, 400, 401, 403, 404, 409, 500)
        for body in (whole, in_a_sentence, in_validation_errors)
        for kind in ("application/json", "text/plain")
    ),
    lambda request: request.raw(b""),
    lambda request: request.raw(whole(request) + b"\r\n\r\n"),
    lambda request: request.raw(b"HTTP/1.1 200 " + whole(request) + b"\r\n\r\n" + whole(request)),
    lambda request: request.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + whole(request)),
]


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_no_secret_comes_back(
    server: ScriptedServer, client: IaaClient, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = SCRIPTS[number]
    for call in CALLS:
        text = outcome(client, call)
        for form in FORMS:
            assert form not in text
    log = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    # what was said in answer may be in httpcore's debug record of the answer's headers; what was asked may not
    asked = "".join(line for line in log.splitlines() if "receive_response" not in line)
    for form in FORMS:
        assert form not in asked


def test_no_secret_when_nobody_answers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def fails(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"lost {request.content!r}", request=request)

    for transport in (httpx.MockTransport(fails), None):
        with IaaClient("http://127.0.0.1:9", transport=transport, sleep=lambda _: None) as client:
            for call in CALLS:
                text = outcome(client, call)
                assert not [form for form in FORMS if form in text]
    assert not [form for form in FORMS if form in caplog.text]


def test_reprs() -> None:
    values = [
        LOGIN,
        PASS_KEY,
        FIDO,
        REGISTER,
        RegisterAnswer(activation_password=PASSWORD, serial_number=None, risk_response_code=0, registration_id="r"),
    ]
    for value in values:
        assert not [form for form in FORMS if form in f"{value!r} {value}"]


@given(
    secret=st.text(min_size=1, max_size=12), before=st.text(max_size=20), after=st.text(max_size=20),
    longest=st.integers(0, 40),
)  # fmt: skip
def test_clean(secret: str, before: str, after: str, longest: int) -> None:
    text = clean(before + secret + after, longest, [secret])
    assert len(text) <= longest
    assert all(char.isprintable() or char.isspace() or ord(char) > 0x9F for char in text)
    if "\N{HORIZONTAL ELLIPSIS}" not in secret:
        assert secret not in text


ANSWERS = (LoginAnswer, RegisterAnswer, AddDeviceAnswer, SessionAnswer, str, type(None))
ALL: list[Call] = [
    *CALLS,
    lambda client: client.session("r"),
    lambda client: client.check_status("a"),
    lambda client: client.unlock("a@b"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["sessionStatus", "riskResponseCode", "requestID", "requestMessage", "challenge", "eventId", "uafStatusCode",
     "activationPassword", "serialNumber", "registrationID", "activationMessage2", "activationStatus", "message",
     "error", "validationErrors", "fidoAuthenticationRequest", "userID"]
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=60),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(FIELDS, JSON, max_size=5).map(lambda value: json.dumps(value).encode()),
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "log-correlation-id", "content-encoding", "location", "content-length"]),
    st.sampled_from(["", "text/plain", "application/json", "gzip", "identity", "x" * 500, "a\x00b", "é"]),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(status=st.integers(100, 999), headers=HEADERS, body=BODIES, call=st.sampled_from(ALL))
def test_any_answer_is_an_answer_or_an_iaa_error(status: int, headers: dict[str, str], body: bytes, call: Call) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        return httpx.Response(status, headers=encoded, stream=httpx.ByteStream(body))

    client = IaaClient("https://acme.example", transport=httpx.MockTransport(handle), sleep=lambda _: None)
    got = answer_or_error(client, call)
    if isinstance(got, IaaError):
        assert len(got.message) <= 300
        assert got.http_status == status
        assert got.log_correlation_id is None or len(got.log_correlation_id) <= 128
    else:
        assert isinstance(got, ANSWERS)
        assert 200 <= status < 300
    repr(got)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=80), http=st.booleans())
def test_any_bytes_from_a_socket_are_an_answer_or_an_iaa_error(
    server: ScriptedServer, client: IaaClient, data: bytes, http: bool
) -> None:
    server.script = lambda request: request.raw((b"HTTP/1.1 200 OK\r\n" if http else b"") + data)
    assert isinstance(answer_or_error(client, lambda client: client.check_status("alice")), str | IaaError)


def test_the_package_is_cheap_until_the_client_is_wanted() -> None:
    import subprocess
    import sys

    code = (
        "import sys, softtoken.iaa as i; i.LoginRequest; i.parse_origin('a.example'); "
        "assert not {'httpx', 'httpcore', 'cryptography', 'msgspec'} & set(sys.modules), sys.modules.keys(); "
        "i.IaaClient; i.DeviceEnrolment; i.ActivationPackage; assert 'httpx' in sys.modules; "
        "[getattr(i, name) for name in i.__all__]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
