"""Planted codes and passwords never get into an error, a repr or the log."""

import json
import logging
import traceback
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from iaa.every_call import FORMS, PASSWORD, REQUESTS, SECRET, Call, Servers
from iaa.scripted import Request, Script, ScriptedServer

from softtoken.iaa import IaaError, RegisterAnswer
from softtoken.iaa.refusals import MAX_CORRELATION, clean


def shown(error: BaseException) -> str:
    """Everything that printing, logging or looking at an error and its chain would show."""
    text = "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    while seen is not None:
        text += f" {seen!r} {seen} {seen.args!r} {vars(seen)!r}"
        seen = seen.__cause__ or seen.__context__
    return text


def outcome(servers: Servers, call: Call) -> str:
    got: object
    try:
        got = call(servers)
    except IaaError as error:
        got = error
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
def test_no_secret_comes_back(server: ScriptedServer, caplog: pytest.LogCaptureFixture, number: int) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = SCRIPTS[number]
    servers = Servers(server.origin, timeout_seconds=5, sleep=lambda _: None)
    for call in SECRET:
        text = outcome(servers, call)
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
        servers = Servers("http://127.0.0.1:9", transport=transport, sleep=lambda _: None)
        for call in SECRET:
            text = outcome(servers, call)
            assert not [form for form in FORMS if form in text]
    assert not [form for form in FORMS if form in caplog.text]


def test_reprs() -> None:
    values = [
        *REQUESTS,
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
