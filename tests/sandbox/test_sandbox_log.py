"""The live request log: what it shows, what it masks, how long it remembers, and that nothing of it reaches a disk."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox.device import NO_PIN, PIN, Device, origin_of
from sandbox.tenant import ACCEPTED, Tenant

from softtoken.sandbox.masking import BODY_LIMIT, MASK, SHOWN, masked_body

Tenants = Callable[..., Tenant]
LOG = "/softtoken/v1/log"
JSON = "application/json"


@pytest.fixture
def tenant(make_tenant: Tenants) -> Tenant:
    return make_tenant()


def entries(tenant: Tenant, **query: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tenant.http.get(LOG, params=query).json()["entries"]
    return found


def test_an_entry(tenant: Tenant) -> None:
    answer = tenant.http.get("/v1/sessions/0?secret=1")
    (entry,) = entries(tenant)
    milliseconds = entry.pop("milliseconds")
    assert 0 <= milliseconds < 30_000
    assert entry == {
        "number": 1,
        "at": tenant.clock.now(),
        "method": "GET",
        "path": "/v1/sessions/0",
        "status": 200,
        "correlationID": answer.headers["log-correlation-id"],
        "injected": "",
        "request": "",
        "answer": '{"sessionStatus": "unknown"}',
    }


def test_what_is_masked(tenant: Tenant) -> None:
    """Every secret of a whole life of a user goes over the wire; none is in the log."""
    static, email = "Planted-Static-1", "planted@example.test"
    made = tenant.register("alice", staticPassword=static, emailAddress=email)
    device = Device(
        origin_of(tenant.url), "alice@sandbox", made["registrationID"], made["activationPassword"], NO_PIN | PIN
    )
    content = tenant.open(device)
    signature = device.otp(tenant.clock.now(), "PIN")
    assert tenant.activate(device.registration_id, signature).is_success
    codes = [device.otp(tenant.clock.now()) for _ in range(6)]
    assert tenant.login("alice", codes[0]).json() == ACCEPTED
    tenant.login("alice", credentials={"passKey": static})
    tenant.own("alice", "verify", OTP=codes[1])
    tenant.own("alice", "verify", signature=codes[2], dataFields=["DE89"])
    tenant.http.post("/v1/users/alice/unlock")
    resynchronisation = device.resync(counter=100)
    tenant.own("alice", "resynchronise", code=resynchronisation, atc=100)
    tenant.sync("alice", codes[3], codes[4])
    tenant.http.post("/bank/login", data={"user": "alice", "code": codes[5]})
    tenant.http.post("/v1/users/alice/login", json={"otp": codes[5], "Password": {"new": static}, "pin": int(codes[5])})
    tenant.http.post("/v1/users/alice/login", content=f'{{"OTP": "{codes[5]}', headers={"Content-Type": JSON})
    tenant.http.post("/v1/users/alice/login", content=codes[5])
    tenant.http.get(f"/v1/sessions/0?code={codes[5]}")
    page = tenant.http.post("/bank/register", data={"user": "alice"})
    tenant.rules("alice", {"riskResponseCode": 3})
    tenant.http.post("/v1/users/alice/unlock")
    tenant.login("alice")
    sent = [found["virtualOTP"] for found in tenant.http.get("/softtoken/v1/sessions").json()["sessions"]]
    activation = page.text.split('id="activation-code">')[1].split("</p>")[0]
    groups = [part.split("<")[0] for part in activation.split('class="group">')[1:]]

    text = json.dumps(entries(tenant))
    secrets = [static, email, made["activationPassword"], device.device_code[:40], signature, resynchronisation]
    secrets += [*codes, *(entry["key"] for entry in content["credentials"]), *(code for code in sent if code)]
    secrets += [group for group in groups if len(group) > 8]
    assert any(code for code in sent)
    assert [secret for secret in secrets if secret in text] == []
    assert '\\"OTP\\": \\"' in text  # the field itself is named
    assert '\\"userID\\": \\"alice\\"' in text
    kept = b"".join(file.read_bytes() for file in tenant.folder.iterdir())
    assert b"/v1/users/alice" not in kept


def test_a_field_that_nobody_knows_is_masked() -> None:
    body = {
        "riskResponseCode": 5,
        "challengeAnswer": "1",
        "list": ["a", {"name": "b", "OTP": 1}],
        "none": None,
        "ok": True,
    }
    masked = json.loads(masked_body(JSON, json.dumps(body).encode(), len(json.dumps(body))))
    assert masked == {
        "riskResponseCode": 5,
        "challengeAnswer": MASK,
        "list": [MASK, {"name": "b", "OTP": MASK}],
        "none": None,
        "ok": MASK,
    }


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        (JSON, b"", ""),
        (JSON, b"{", "(malformed, 1 bytes)"),
        (JSON, b"[" * 5000, "(malformed, 5000 bytes)"),
        (JSON, b'"secret"', f'"{MASK}"'),
        (JSON, b'{"userID":"' + b"x" * 400 + b'"}', '{"userID": "' + "x" * 300 + '…"}'),
        (JSON, b" " * (BODY_LIMIT + 1), f"(application/json, {BODY_LIMIT + 1} bytes)"),
        ("text/html; charset=utf-8", b"<p>", "(text/html, 3 bytes)"),
        ("secret/secret", b"abc", "(of another type, 3 bytes)"),
        ("", b"abc", "(of another type, 3 bytes)"),
        ("application/x-www-form-urlencoded", b"user=alice&code=1+2", f'{{"user": "alice", "code": "{MASK}"}}'),
        ("application/x-www-form-urlencoded", b"\xff", "(malformed, 1 bytes)"),
    ],
)
def test_bodies(content_type: str, body: bytes, shown: str) -> None:
    kept = body[:BODY_LIMIT]
    assert json_or_text(masked_body(content_type, kept, len(body))) == json_or_text(shown)


HALVES = (b'{"userID":"\\ud800"}', b'{"\\udfff":1}', b'{"userID":"\xed\xa0\x80"}')
"""Half a character, as JSON can spell it and as bytes that are no UTF-8; each as the log writes it is JSON again."""


def test_half_a_character_leaves_the_log_readable(tenant: Tenant) -> None:
    for body in HALVES:
        tenant.http.post("/v1/users/register", content=body, headers={"Content-Type": JSON})
    shown = [json.loads(entry["request"]) for entry in entries(tenant)]
    assert shown == [{"userID": "\ud800"}, {"\udfff": MASK}, {"userID": "\ud800"}]
    assert tenant.http.get("/admin/log").is_success


def json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


SECRET = "ZmVybi1zZWNyZXQ"
VALUES = st.recursive(
    st.sampled_from([SECRET, 1, None, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=12).filter(lambda name: name not in SHOWN), VALUES, max_size=4))
def test_no_value_of_an_unknown_field_is_ever_shown(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    assert SECRET not in masked_body(JSON, raw, len(raw))


def test_it_forgets(tenant: Tenant) -> None:
    for number in range(503):
        tenant.http.get(f"/v1/sessions/{number}")
    seen = entries(tenant)
    assert [entry["number"] for entry in seen] == list(range(4, 504))
    assert [entry["path"] for entry in entries(tenant, after=502)] == ["/v1/sessions/502"]
    assert entries(tenant, after=503) == []
    assert len(entries(tenant, after=9999)) == 500  # a number from before a restart
    assert tenant.http.delete(LOG).is_success
    assert entries(tenant) == []
    tenant.http.get("/v1/sessions/0")
    assert [entry["number"] for entry in entries(tenant)] == [504]


def test_watching_is_not_logged(tenant: Tenant) -> None:
    for path in (LOG, "/admin", "/admin/log", "/assets/bank.css", "/docs", "/docs/swagger-ui.css"):
        tenant.http.get(path)
    assert entries(tenant) == []
    tenant.http.get("/nothing")
    tenant.http.get("/v1/sessions/0", headers={"Host": "evil.test"})
    assert [entry["status"] for entry in entries(tenant)] == [404, 403]


def test_what_happens_is_told_at_once(tenant: Tenant) -> None:
    told: list[list[dict[str, Any]]] = []

    def watch() -> None:
        told.append(httpx.get(f"{tenant.url}{LOG}?timeoutSeconds=50", timeout=60).json()["entries"])

    thread = threading.Thread(target=watch)
    thread.start()
    tenant.http.get("/v1/sessions/0")
    thread.join(20)
    assert [entry["path"] for (entry,) in told] == ["/v1/sessions/0"]


@pytest.mark.parametrize("query", ["after=-1", "after=x", f"after={2**60}", "timeoutSeconds=-1", "timeoutSeconds=1.5"])
def test_questions_that_make_no_sense(tenant: Tenant, query: str) -> None:
    assert tenant.http.get(f"{LOG}?{query}").status_code == 400


def test_a_restart_forgets(make_tenant: Tenants) -> None:
    before = make_tenant()
    before.http.get("/v1/sessions/0")
    assert len(entries(before)) == 1
    assert before.server is not None
    before.server.stop()
    assert entries(make_tenant()) == []
