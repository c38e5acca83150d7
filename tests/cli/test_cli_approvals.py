"""Approving and declining logins in a terminal, run for real: one process a command, a sandbox that asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli.test_cli_prompts import converse
from support.flows import PIN, WRONG_PIN, Tenant
from support.program import PASSPHRASE, Program

from softtoken.clock import SystemClock
from softtoken.manifest import app_digest
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings

MESSAGE = {"title": {"text": "Login request"}, "subject": "Tap here", "challenge": "Is this you?\x1b[2J"}


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    folder = tmp_path_factory.mktemp("sandbox")
    clock = SystemClock()
    server = SandboxServer(SandboxSettings(data_folder=folder, app_digests=(app_digest(),), clock=clock, digits=8))
    server.start()
    yield Tenant(server.url, folder)
    server.stop()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, tenant: Tenant) -> Program:
    """Activated for alice."""
    made = Program(tmp_path_factory.mktemp("home"))
    made.activate(tenant.url, "alice", tenant.register("alice"), PIN)
    return made


def ask(tenant: Tenant, code: int = 22, session: str = "ab12") -> str:
    rules = {"rules": [{"riskResponseCode": code}]}
    assert httpx.put(f"{tenant.url}/softtoken/v1/rules/alice", json=rules, timeout=10).is_success
    body = {
        "objectType": "AdaptiveLoginInput",
        "relationshipRef": "alice",
        "sessionID": session,
        "clientIP": "192.0.2.7",
        "loginMessage": MESSAGE,
    }
    answer = httpx.post(f"{tenant.url}/v1/users/alice@sandbox/login", json=body, timeout=10).json()
    assert answer["sessionStatus"] == "pending"
    request_id: str = answer["requestID"]
    return request_id


def became(tenant: Tenant, request_id: str) -> Any:
    return httpx.get(f"{tenant.url}/v1/sessions/{request_id}", timeout=10).json()["sessionStatus"]


@pytest.fixture(autouse=True)
def _nothing_else_waits(program: Program, tenant: Tenant) -> Iterator[None]:
    yield
    for one in program.json("approvals")["approvals"]:
        program.json("decline", "alice", one["request_id"])


def test_nothing_waits(program: Program) -> None:
    assert program.json("approvals") == {"status": "OK", "approvals": [], "unanswered": []}
    assert program.run("approvals", "alice").stdout == "Nothing waits for approval.\n"


def test_what_waits(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant)
    (one,) = program.json("approvals", "alice")["approvals"]
    assert 30 <= one.pop("seconds_left") <= 60
    assert len(one.pop("token")) == 32
    assert one == {
        "request_id": request_id,
        "kind": "login",
        "risk_response_code": 22,
        "protections": ["pin"],
        "title": "Login request",
        "subject": "Tap here",
        "challenge": "Is this you?\x1b[2J",
        "client_ip": "192.0.2.7",
    }
    printed = program.run("approvals").stdout
    assert printed.startswith(f"{request_id}  sandbox: alice@sandbox")
    for line in (
        "Title: Login request",
        "Subject: Tap here",
        "Message: Is this you?\ufffd[2J",
        "Comes from: 192.0.2.7",
    ):
        assert line in printed
    assert "\x1b" not in printed


def test_an_approval(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant)
    done = program.run("approve", "alice", request_id, pin=PIN)
    assert (done.returncode, done.stdout) == (0, "Approved: it goes ahead.\n")
    assert "Message: Is this you?" in done.stderr  # shown before the PIN was asked for
    assert became(tenant, request_id) == "accepted"


@pytest.mark.parametrize(("code", "pin"), [(21, None), (22, PIN)])
def test_where_nobody_can_be_asked_a_part_of_the_id_is_not_enough(
    program: Program, tenant: Tenant, code: int, pin: str | None
) -> None:
    """What is shown after the command was given is read by nobody."""
    request_id = ask(tenant, code)
    done = program.run("approve", "alice", request_id[:8], pin=pin)
    assert (done.returncode, done.stdout) == (2, "")
    assert "whole id" in done.stderr
    assert "--yes" in done.stderr
    assert became(tenant, request_id) == "pending"
    assert program.run("approve", "alice", request_id[:8], "--yes", pin=pin).returncode == 0
    assert became(tenant, request_id) == "accepted"


@pytest.mark.parametrize(("typed", "status", "ended"), [("y", 0, "accepted"), ("", 1, "pending")])
def test_somebody_who_is_asked_for_no_pin_is_asked_for_a_yes(
    program: Program, tenant: Tenant, typed: str, status: int, ended: str
) -> None:
    request_id = ask(tenant, 21)
    lines = [("Passphrase of this vault: ", PASSPHRASE), ("Approve it? [y/N]: ", typed)]
    exited, screen = converse(program, ["approve", "alice", request_id], lines)
    assert (exited, became(tenant, request_id)) == (status, ended), screen
    assert screen.index("Message: Is this you?") < screen.index("Approve it?")


def test_an_approval_for_programs(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant)
    answer = program.json("approve", "alice", request_id, pin=PIN)
    assert (answer["status"], answer["request_id"], answer["outdated"]) == ("OK", request_id, None)
    assert (answer["retry_counter"], answer["retry_delay"]) == (5, 0)


def test_a_decline(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant)
    done = program.run("decline", "alice", request_id)
    assert (done.returncode, done.stdout) == (0, "Declined: it does not go ahead.\n")
    assert became(tenant, request_id) == "refused"


def test_without_a_pin_where_none_is_demanded(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant, 21)
    assert program.run("approve", "alice", request_id).returncode == 0
    assert became(tenant, request_id) == "accepted"


def test_a_protection_that_does_not_do(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant)
    done = program.run("approve", "alice", request_id, "--protection", "no-pin")
    assert (done.returncode, done.stdout) == (1, "")
    assert "This request can be approved here with: pin." in done.stderr
    assert became(tenant, request_id) == "pending"


def test_a_wrong_pin(program: Program, tenant: Tenant) -> None:
    request_id = ask(tenant)
    answer = program.json("approve", "alice", request_id, pin=WRONG_PIN, expect=1)
    assert (answer["status"], answer["retry_counter"]) == ("INVALID_PIN", 4)
    assert became(tenant, request_id) == "pending"
    assert program.json("approve", "alice", request_id, pin=PIN)["status"] == "OK"


def test_a_request_that_nobody_made(program: Program, tenant: Tenant) -> None:
    for command in ("approve", "decline"):
        answer = program.json(command, "alice", "0123456789abcdef", expect=1)
        assert answer["status"] == "INVALID_PARAMETER"
        assert "softtoken approvals alice" in answer["message"]


def test_the_beginning_of_several_ids(program: Program, tenant: Tenant) -> None:
    ask(tenant, 22, "ab12")
    request_id = ask(tenant, 22, "cd34")
    # four characters may or may not tell them apart, three never do
    assert program.json("approve", "alice", request_id[:3], pin=PIN, expect=1)["status"] == "INVALID_PARAMETER"
    assert program.json("approve", "alice", request_id, pin=PIN)["status"] == "OK"


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    clock = SystemClock()
    server = SandboxServer(SandboxSettings(data_folder=folder, app_digests=(app_digest(),), clock=clock))
    server.start()
    tenant = Tenant(server.url, folder)
    lonely = Program(tmp_path / "home")
    try:
        lonely.activate(tenant.url, "bob", tenant.register("bob"), PIN)
    finally:
        server.stop()
    for arguments in (("approvals",), ("approvals", "bob"), ("decline", "bob", "0123")):
        assert lonely.json(*arguments, expect=3)["error"] == "Unreachable"


def test_imported_tokens_have_no_logins(tmp_path: Path) -> None:
    only = Program(tmp_path / "home")
    only.json("add", "-", stdin="otpauth://totp/Example:anna?secret=GEZDGNBVGY3TQOJQ&issuer=Example\n")
    assert only.json("approvals", expect=1)["status"] == "NOT_SUPPORTED"
    assert only.json("approvals", "anna", expect=1)["status"] == "NOT_SUPPORTED"
