"""Injected faults: each of them over real HTTP, whom they hit, what state they leave, and that they can be ordered."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from sandbox.tenant import ACCEPTED, SESSION, Tenant
from schemathesis.engine import events, from_schema

from softtoken.sandbox.faults import _draw, _is_endpoint

Tenants = Callable[..., Tenant]
LOST = httpx.RemoteProtocolError
FAULTS = "/softtoken/v1/faults"
FUZZ = {
    "seed": 1,
    "continue-on-failure": True,
    "generation": {"max-examples": 10, "deterministic": True, "no-shrink": True},
    "phases": {"stateful": {"enabled": False}},
}


@pytest.fixture
def tenant(make_tenant: Tenants) -> Tenant:
    return make_tenant()


def order(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    answer = tenant.http.post(FAULTS, json=fields)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def listed(tenant: Tenant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tenant.http.get(FAULTS).json()["faults"]
    return found


def logged(tenant: Tenant) -> dict[str, Any]:
    """The latest entry of the request log, that of a lost answer too."""
    deadline = time.monotonic() + 10
    entries: list[dict[str, Any]] = []
    while not entries and time.monotonic() < deadline:
        entries = tenant.http.get("/softtoken/v1/log").json()["entries"]
    return entries[-1]


def stop(tenant: Tenant) -> None:
    assert tenant.server is not None
    tenant.server.stop()


def test_a_lost_request_has_no_effect(tenant: Tenant) -> None:
    device = tenant.activated("alice")
    order(tenant, fault="drop", endpoint="POST /v1/users/*/login", next=1)
    code = device.otp(tenant.clock.now())
    with pytest.raises(LOST):
        tenant.login("alice", code)
    assert tenant.login("alice", code).json() == ACCEPTED


def test_a_lost_answer_has_its_effect(tenant: Tenant) -> None:
    device = tenant.activated("alice")
    order(tenant, fault="drop", when="after", endpoint="POST /v1/users/*/login", next=2)
    code = device.otp(tenant.clock.now())
    with pytest.raises(LOST):
        tenant.login("alice", code)
    with pytest.raises(LOST):
        tenant.login("alice", "1")
    assert tenant.is_refused(tenant.login("alice", code))  # used up by the login whose answer was lost
    assert tenant.is_refused(tenant.login("alice", "2"))  # the third wrong one
    assert tenant.is_refused(tenant.login("alice", device.otp(tenant.clock.now())), "User is locked")


def test_a_registration_whose_answer_is_lost_exists(tenant: Tenant) -> None:
    order(tenant, fault="drop", when="after", endpoint="/v1/users/register", next=1)
    body = {"objectType": "RegisterUserInputEx", "userID": "alice"}
    with pytest.raises(LOST):
        tenant.http.post("/v1/users/register", json=body)
    assert tenant.http.get("/v1/users/alice").status_code == 200
    order(tenant, fault="drop", when="before", endpoint="/v1/users/register", next=1)
    with pytest.raises(LOST):
        tenant.http.post("/v1/users/register", json=body | {"userID": "bob"})
    assert tenant.http.get("/v1/users/bob").status_code == 404


@pytest.mark.parametrize(("when", "status"), [("before", 404), ("after", 200)])
def test_an_error(tenant: Tenant, when: str, status: int) -> None:
    order(tenant, fault="error", when=when, endpoint="/v1/users/register", next=1)
    answer = tenant.http.post("/v1/users/register", json={"objectType": "RegisterUserInputEx", "userID": "alice"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "Internal Server Error", "message": "An unknown error has occurred."}
    assert answer.headers["log-correlation-id"]
    assert tenant.http.get("/v1/users/alice").status_code == status


@pytest.mark.parametrize(("when", "status"), [("before", 404), ("after", 200)])
def test_a_sign_in_page(tenant: Tenant, when: str, status: int) -> None:
    order(tenant, fault="signInPage", when=when, endpoint="/v1/users/register", next=1)
    answer = tenant.http.post("/v1/users/register", json={"objectType": "RegisterUserInputEx", "userID": "alice"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Sign in" in answer.text
    assert tenant.http.get("/v1/users/alice").status_code == status


def test_half_an_answer(tenant: Tenant) -> None:
    order(tenant, fault="truncated", next=1)
    answer = tenant.http.get("/v1/sessions/0")
    whole = tenant.http.get("/v1/sessions/0")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == whole.content[: len(whole.content) // 2]
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_another_content_type(tenant: Tenant) -> None:
    order(tenant, fault="wrongContentType", next=1)
    answer = tenant.http.get("/v1/sessions/0")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.json() == {"sessionStatus": "unknown"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay(tenant: Tenant, when: str) -> None:
    """Before: the client that gives up has changed nothing yet. After: it has."""
    order(tenant, fault="delay", when=when, seconds=1.5, endpoint="/v1/users/register", next=2)
    body = {"objectType": "RegisterUserInputEx", "userID": "alice"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{tenant.url}/v1/users/register", json=body, timeout=0.7)
    assert tenant.http.get("/v1/users/alice").status_code == (404 if when == "before" else 200)
    started = time.monotonic()
    assert tenant.http.post("/v1/users/register", json=body).status_code == 200
    assert time.monotonic() - started >= 1.4


def test_a_delay_holds_no_server_up(tenant: Tenant) -> None:
    order(tenant, fault="delay", seconds=60, next=1)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(httpx.get(f"{tenant.url}/v1/sessions/0").status_code))
    thread.start()
    while listed(tenant)[0]["injected"] == 0:
        assert thread.is_alive()
    stop(tenant)
    thread.join(20)
    assert answers == [200]


def test_whom_it_hits(tenant: Tenant) -> None:
    alice, bob = tenant.register("alice"), tenant.register("bob")
    order(tenant, fault="error", user="Alice@sandbox", endpoint="/v1/*")
    assert tenant.login("alice", "1").status_code == 500
    assert tenant.login("ALICE", "1").status_code == 500
    assert tenant.login("bob", "1").status_code == 409
    for body in ({"login": "alice"}, {"userID": "ALICE@sandbox"}):
        assert tenant.http.post("/v1/registrations/check-status", json=body).status_code == 500
    assert tenant.http.post("/v1/registrations/check-status", json={"login": "bob"}).status_code == 200
    assert tenant.add_device(alice["registrationID"], "x").status_code == 500
    assert tenant.add_device(bob["registrationID"], "x").status_code == 400
    tenant.http.delete(FAULTS)
    tenant.rules("alice", {"riskResponseCode": 5})
    request_id = tenant.login("alice").json()["requestID"]
    order(tenant, fault="error", user="alice", endpoint="GET /v1/sessions/*")
    assert tenant.http.get(f"/v1/sessions/{request_id}").status_code == 500
    assert tenant.http.get("/v1/sessions/0").status_code == 200


def test_the_bank_page_gets_one_if_asked_for(tenant: Tenant) -> None:
    tenant.register("alice")
    order(tenant, fault="error", user="alice", endpoint="POST /bank/*")
    assert tenant.http.post("/bank/login", data={"user": "bob", "code": "1"}).status_code == 200
    assert tenant.http.post("/bank/login", data={"user": "Alice", "code": "1"}).status_code == 500
    assert tenant.http.get("/login").status_code == 200


def test_for_so_many_requests(tenant: Tenant) -> None:
    order(tenant, fault="error", endpoint="GET /v1/sessions/*", next=2)
    statuses = [tenant.http.get("/v1/sessions/0").status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
    (fault,) = listed(tenant)
    assert (fault["next"], fault["seen"], fault["injected"]) == (0, 2, 2)


def test_a_seed_makes_the_same_choice_again(tenant: Tenant) -> None:
    def run(**fields: Any) -> list[int]:
        order(tenant, fault="error", endpoint="GET /v1/sessions/*", **fields)
        statuses = [tenant.http.get("/v1/sessions/0").status_code for _ in range(40)]
        tenant.http.delete(FAULTS)
        return statuses

    first = run(probability=0.3, seed=4711)
    assert run(probability=0.3, seed=4711) == first
    assert run(probability=0.3, seed=4712) != first
    assert 3 <= first.count(500) <= 25
    assert run(probability=0.3, seed=4711, next=10) == first[:10] + [200] * 30


def test_a_seed_that_nobody_chose_is_told(tenant: Tenant) -> None:
    chosen = order(tenant, fault="error", probability=0.5)["seed"]
    assert isinstance(chosen, int)
    assert order(tenant, fault="error", seed=7)["seed"] == 7


def test_the_first_that_hits_is_it(tenant: Tenant) -> None:
    order(tenant, fault="error", next=1)
    order(tenant, fault="wrongContentType", next=1)
    assert tenant.http.get("/v1/sessions/0").status_code == 500
    assert tenant.http.get("/v1/sessions/0").headers["content-type"].startswith("text/plain")
    assert tenant.http.get("/v1/sessions/0").headers["content-type"] == "application/json"


@pytest.mark.parametrize("endpoint", ["/*", "GET /*", "POST /*", "DELETE /*", "/softtoken/v1/faults*", "/admin*"])
def test_what_orders_them_never_gets_one(tenant: Tenant, endpoint: str) -> None:
    made = order(tenant, fault="drop", endpoint=endpoint)
    for path in ("/admin", "/admin/faults", "/admin/log", "/assets/admin.css", "/docs", "/openapi.json", FAULTS):
        assert tenant.http.get(path).is_success, path
    assert tenant.http.get("/softtoken/v1/log").is_success
    second = order(tenant, fault="error")
    assert tenant.http.post("/admin/faults/delete", data={"number": second["number"]}).status_code == 303
    assert tenant.http.delete(f"{FAULTS}/{made['number']}").is_success
    assert listed(tenant) == []


def test_the_log_says_so(tenant: Tenant) -> None:
    made = order(tenant, fault="drop", when="after", next=1)
    with pytest.raises(LOST):
        tenant.http.get("/v1/sessions/0")
    seen = logged(tenant)
    assert (seen["path"], seen["status"]) == ("/v1/sessions/0", None)
    assert seen["injected"] == f"drop after (fault {made['number']})"
    tenant.http.get("/v1/sessions/0")
    assert logged(tenant)["injected"] == ""


def test_a_restart_changes_nothing(make_tenant: Tenants) -> None:
    before = make_tenant()
    fields = {"fault": "error", "endpoint": "GET /v1/sessions/*", "probability": 0.5, "seed": 1, "next": 30}
    order(before, **fields)
    first = [before.http.get("/v1/sessions/0").status_code for _ in range(10)]
    kept = listed(before)
    stop(before)
    after = make_tenant()
    assert listed(after) == kept
    rest = [after.http.get("/v1/sessions/0").status_code for _ in range(20)]
    after.http.delete(FAULTS)
    order(after, **fields)
    assert [after.http.get("/v1/sessions/0").status_code for _ in range(30)] == first + rest


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": "flood"},
        {"fault": "delay"},
        {"fault": "delay", "seconds": 0},
        {"fault": "delay", "seconds": 61},
        {"fault": "delay", "seconds": "1"},
        {"fault": "truncated", "when": "before"},
        {"fault": "wrongContentType", "when": "before"},
        {"fault": "error", "when": "later"},
        {"fault": "error", "endpoint": "v1"},
        {"fault": "error", "endpoint": "get /v1"},
        {"fault": "error", "endpoint": "/" + "x" * 200},
        {"fault": "error", "next": 0},
        {"fault": "error", "next": True},
        {"fault": "error", "probability": 0},
        {"fault": "error", "probability": 1.1},
        {"fault": "error", "seed": -1},
        {"fault": "error", "seed": 2**53},
        {"fault": "error", "user": ""},
        {"fault": "error", "user": "  "},
    ],
)
def test_what_cannot_be_ordered(tenant: Tenant, body: dict[str, Any]) -> None:
    answer = tenant.http.post(FAULTS, json=body)
    assert answer.status_code == 400
    assert answer.json()["validationErrors"]
    assert listed(tenant) == []


def test_deleting(tenant: Tenant) -> None:
    number = order(tenant, fault="error")["number"]
    assert tenant.http.delete(f"{FAULTS}/{number}").is_success
    assert tenant.http.delete(f"{FAULTS}/{number}").status_code == 404
    assert tenant.http.delete(f"{FAULTS}/x").status_code == 400
    assert tenant.http.delete(f"{FAULTS}/{2**70}").status_code == 400


def test_there_is_an_end(tenant: Tenant) -> None:
    for _ in range(100):
        order(tenant, fault="error", endpoint="/none")
    assert tenant.is_refused(tenant.http.post(FAULTS, json={"fault": "error"}), "There are 100 faults already")


def test_the_session_goes_on_after_a_lost_answer(tenant: Tenant) -> None:
    """What a client does after a time-out: the same session again, with the proof."""
    device = tenant.activated("alice")
    tenant.rules("alice", {"riskResponseCode": 5})
    order(tenant, fault="drop", when="after", user="alice", next=1)
    with pytest.raises(LOST):
        tenant.login("alice")
    answer = tenant.login("alice", device.otp(tenant.clock.now(), "PIN"), SESSION)
    assert answer.json() == ACCEPTED


@pytest.mark.expects_log("uvicorn.error")
def test_the_document_is_what_the_server_does(tenant: Tenant) -> None:
    """As test_sandbox_openapi.py does it for everything else."""
    schema = schemathesis.openapi.from_url(f"{tenant.url}/openapi.json", config=schemathesis.Config.from_dict(FUZZ))
    statuses: set[tuple[str, int]] = set()
    failures: list[str] = []
    for event in from_schema(schema.include(path_regex=f"^{FAULTS}")).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                for name, interaction in recorder.interactions.items():
                    if interaction.response is not None:
                        statuses.add((recorder.label, interaction.response.status_code))
                    checks = recorder.checks.get(name, ())
                    failures += [f"{recorder.label} {check.failure_info}" for check in checks if check.failure_info]
            case events.NonFatalError(value=error) | events.FatalError(exception=error):
                raise error
    assert failures == []
    assert {label for label, status in statuses if status == 200} >= {
        f"GET {FAULTS}",
        f"POST {FAULTS}",
        f"DELETE {FAULTS}",
    }
    assert not any(status >= 500 for _, status in statuses)


@given(st.text("ab/*", max_size=12), st.text("ab/", max_size=12))
def test_stars_stand_for_anything(pattern: str, path: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), path) is not None
    assert _is_endpoint(pattern, "GET", path) == expected
    assert _is_endpoint(f"GET {pattern}", "GET", path) == expected
    assert not _is_endpoint(f"POST {pattern}", "GET", path)


def test_draws_are_spread() -> None:
    drawn = [_draw(seed, count) for seed in range(20) for count in range(200)]
    assert all(0 <= number < 1 for number in drawn)
    assert 0.47 < sum(drawn) / len(drawn) < 0.53
