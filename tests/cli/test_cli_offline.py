"""The offline functions on the command line, run for real: one process a command, a sandbox that verifies."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.flows import PIN, WRONG_PIN, Tenant
from support.program import Program

from softtoken.clock import SystemClock
from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import RetryPolicy
from softtoken.manifest import app_digest
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings

NEW_PIN = "739154"
NO_PIN = ("--protection", "no-pin")
LIMIT = 4


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """Short limits, so that few commands reach them; eight digits, so that no wrong code is right by chance."""
    folder = tmp_path_factory.mktemp("sandbox")
    settings = SandboxSettings(
        data_folder=folder,
        app_digests=(app_digest(),),
        clock=SystemClock(),
        digits=8,
        atc=AtcPolicy(warn=LIMIT - 1, limit=LIMIT),
        retry=RetryPolicy(max_tries=3, free_tries=1, first_delay=600),
    )
    server = SandboxServer(settings)
    server.start()
    yield Tenant(server.url, folder)
    server.stop()


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    return "".join(filter(str.isalpha, name)).lower()[:60]


@pytest.fixture
def program(tmp_path: Path, tenant: Tenant, user: str, request: pytest.FixtureRequest) -> Program:
    """Activated for `user`; the parameter, if any, is the configuration's allowOfflinePinVerification."""
    made = Program(tmp_path / "home")
    made.home.mkdir()
    _configure(made, ssms={"allowOfflinePinVerification": getattr(request, "param", True)})
    made.activate(tenant.url, user, tenant.register(user), PIN)
    return made


def _configure(program: Program, **parts: Any) -> None:
    usual = {"ssms": {"allowOfflinePinVerification": True}}
    (program.home / "mc_config.json").write_text(json.dumps({**usual, **parts}))


def _ask(tenant: Tenant, user: str, action: str, body: dict[str, Any]) -> Any:
    answer = httpx.post(f"{tenant.url}/softtoken/v1/users/{user}@sandbox/{action}", json=body, timeout=10)
    assert answer.is_success, answer.text
    return answer.json()["result"]


def _drift(program: Program, user: str) -> None:
    statuses = [program.json("code", user, *NO_PIN)["status"] for _ in range(LIMIT)]
    assert statuses == ["OK"] * (LIMIT - 1) + ["ATC_EXPIRES_SOON"]
    assert program.json("code", user, *NO_PIN, expect=1)["status"] == "LOGIN_REQUIRED"


def test_a_token_out_of_step_says_so_and_is_resynchronised(program: Program, tenant: Tenant, user: str) -> None:
    _drift(program, user)
    told = program.run("code", user, *NO_PIN)
    assert (told.returncode, told.stdout) == (1, "")
    assert f"softtoken login {user} --protection no-pin" in told.stderr
    shown = program.json("show", user, *NO_PIN)
    assert (shown["used"], shown["left"], shown["limit"], shown["login_required"]) == (LIMIT, 0, LIMIT, True)
    assert f"softtoken login {user} --protection no-pin" in program.run("show", user, *NO_PIN).stdout
    # each protection has a counter of its own
    assert program.json("show", user)["login_required"] is False
    for command in (["sequence", user], ["sign", user, "x"]):
        assert program.json(*command, *NO_PIN, expect=1)["status"] == "LOGIN_REQUIRED"
    done = program.json("resync", user, *NO_PIN)
    assert (done["status"], done["atc"]) == ("OK", LIMIT + 1)
    shown = program.json("show", user, *NO_PIN)
    assert (shown["used"], shown["counter"], shown["login_required"]) == (0, LIMIT + 2, False)
    code = program.json("code", user, *NO_PIN)
    assert code["atc"] == LIMIT + 2
    assert tenant.login(user, code["code"]).status_code == 200


def test_the_help_desk_resynchronises_by_telephone(program: Program, tenant: Tenant, user: str) -> None:
    _drift(program, user)
    data = program.json("resync", user, "--data", *NO_PIN)
    assert set(data) == {"token", "protection", "status", "code", "atc", "retry_counter", "retry_delay"}
    assert (data["status"], data["atc"], len(data["code"])) == ("OK", LIMIT, 8)
    spoken = f"{data['code'][:4]} {data['code'][4:]}"
    assert _ask(tenant, user, "resynchronise", {"code": spoken, "atc": data["atc"]}) == "OK"
    assert _ask(tenant, user, "resynchronise", {"code": spoken, "atc": data["atc"]}) == "REPLAY"
    assert program.json("login", user, *NO_PIN)["status"] == "OK"
    assert program.json("code", user, *NO_PIN)["status"] == "OK"


def test_a_login_resynchronises_as_it_is_set_or_when_asked(program: Program, user: str) -> None:
    assert program.json("settings")["resync_before_login"] is True
    assert program.json("login", user, pin=PIN)["resynchronised"] == "DONE"
    assert program.json("settings", "resync-before-login", "off")["resync_before_login"] is False
    assert program.json("show", user)["resynchronises_at_login"] is False
    assert program.json("login", user, pin=PIN)["resynchronised"] == "NOT_ASKED"
    done = program.run("login", user, "--resync", pin=PIN)
    assert (done.returncode, done.stdout) == (
        0,
        "Logged in: the session was accepted. The counter was resynchronised first. Risk answer: 0 (Accept).\n",
    )
    assert program.json("login", user, pin=PIN)["resynchronised"] == "NOT_ASKED"
    _configure(program, softtoken={"resynchroniseBeforeLogin": True})
    refused = program.json("settings", "resync-before-login", "off", expect=1)
    assert refused["status"] == "ACCESS_DENIED"
    assert program.json("settings")["resync_before_login"] is True


def test_a_relying_party_verifies_sequence_and_signature(program: Program, tenant: Tenant, user: str) -> None:
    done = program.run("sequence", user, "--data", "a door", pin=PIN)
    assert done.returncode == 0, done.stderr
    sequence = done.stdout.strip()
    assert len(base64.urlsafe_b64decode(sequence + "=")) == 35
    body = {"secureSequence": sequence, "optionalData": base64.b64encode(b"a door").decode()}
    assert _ask(tenant, user, "verify", body) == "OK"
    assert _ask(tenant, user, "verify", body) == "REPLAY"
    fields = ["EUR 100,00 €", "AT61 1904"]
    lines = "\n".join(fields) + "\n"
    signed = program.json("sign", user, "--fields-file", "-", *NO_PIN, stdin=lines)
    assert len(signed["signature"]) == 8
    forged = {"signature": signed["signature"], "dataFields": ["EUR 900,00 €", "AT61 1904"]}
    assert _ask(tenant, user, "verify", forged) == "WRONG_OTP"
    assert _ask(tenant, user, "verify", {**forged, "dataFields": fields}) == "OK"


@pytest.mark.parametrize("program", [True, False], indirect=True)
def test_a_pin_is_changed(program: Program, user: str, request: pytest.FixtureRequest) -> None:
    seen_here = request.node.callspec.params["program"]
    weak = program.json("pin", "change", user, pin=PIN, extra={"--new-pin-fd": "123456"}, expect=1)
    assert (weak["status"], weak["fault"]) == ("INVALID_NEW_PIN_FORMAT", "TOO_SIMPLE")
    assert program.json("login", user, pin=PIN)["status"] == "OK"
    changed = program.json("pin", "change", user, pin=PIN, extra={"--new-pin-fd": NEW_PIN})
    assert changed["status"] == "OK"
    assert program.json("login", user, pin=NEW_PIN)["status"] == "OK"
    old = program.json("login", user, pin=PIN, expect=1)
    assert old["status"] == ("INVALID_PIN" if seen_here else "WRONG_CREDENTIALS")
    assert old["retry_counter"] == (2 if seen_here else None)
    assert program.json("show", user)["verified_here"] is seen_here


def test_a_pin_change_says_what_a_wrong_pin_costs(program: Program, user: str) -> None:
    new = {"--new-pin-fd": NEW_PIN}
    first = program.json("pin", "change", user, pin=WRONG_PIN, extra=new, expect=1)
    assert (first["status"], first["retry_counter"], first["retry_delay"]) == ("INVALID_PIN", 2, 0)
    second = program.run("pin", "change", user, pin=WRONG_PIN, extra=new)
    assert second.returncode == 1
    assert "INVALID_PIN: That PIN is wrong. Tries left: 1. Next try in" in second.stderr
    third = program.run("pin", "change", user, pin=PIN, extra=new)
    assert third.returncode == 1
    assert third.stderr.startswith("TEMPORARY_LOCKED: ")
    assert "Tries left: 1. Next try in" in third.stderr
    assert "[PIN tries left: 1]" in program.run("list").stdout


def test_a_forgotten_pin_is_replaced(program: Program, tenant: Tenant, user: str) -> None:
    program.json("code", user, pin=WRONG_PIN, expect=1)
    refused = program.json("pin", "forgot", user, "--code", "-", pin="1234", stdin=tenant.register(user), expect=1)
    assert (refused["status"], refused["detail"]) == ("INVALID_NEW_PIN_FORMAT", "TOO_SHORT")
    assert program.json("show", user)["retry_counter"] == 2
    done = program.run("pin", "forgot", user, "--code", "-", pin=NEW_PIN, stdin=tenant.register(user) + "\n")
    assert done.returncode == 0, done.stderr
    assert "The first login was accepted" in done.stdout
    shown = program.json("show", user)
    assert (shown["retry_counter"], shown["protections"]) == (3, ["no-pin", "pin"])
    code = program.json("code", user, pin=NEW_PIN)
    assert tenant.login(user, code["code"]).status_code == 200
    assert program.json("code", user, pin=PIN, expect=1)["status"] == "INVALID_PIN"
    assert len(program.json("list")) == 1


def test_restored_data_is_told_once_and_mended_by_a_login(program: Program, tenant: Tenant, user: str) -> None:
    vault = program.home / "vault.sqlite"
    with closing(sqlite3.connect(vault)) as db:
        before = db.execute("SELECT state, seq FROM credential").fetchall()
    used = [program.json("code", user, *NO_PIN)["code"] for _ in range(2)]
    with closing(sqlite3.connect(vault)) as db, db:
        db.executemany("UPDATE credential SET state = ? WHERE seq = ?", before)
    found = program.run("list", "--json")
    assert found.returncode == 0
    assert "Nothing is lost" in found.stderr
    assert len(json.loads(found.stdout)) == 1
    assert program.run("list").stderr == ""
    assert "[login required]  [PIN tries left: 1]" in program.run("list").stdout
    assert program.json("code", user, *NO_PIN, expect=1)["status"] == "LOGIN_REQUIRED"
    shown = program.json("show", user, *NO_PIN)
    assert (shown["resynchronise"], shown["resynchronises_at_login"]) == (True, True)
    assert program.json("login", user, pin=PIN)["resynchronised"] == "DONE"
    assert program.json("login", user, *NO_PIN)["resynchronised"] == "DONE"
    again = program.json("code", user, *NO_PIN)
    assert again["code"] not in used
    assert tenant.login(user, again["code"]).status_code == 200
    assert program.json("code", user, pin=PIN)["retry_counter"] == 3


def test_a_code_for_a_new_pin_works_once(program: Program, tenant: Tenant, user: str) -> None:
    """The same command again is no second new PIN, and what the first one made stays."""
    code = tenant.register(user)
    assert program.json("pin", "forgot", user, "--code", code, pin=NEW_PIN)["status"] == "OK"
    again = program.json("pin", "forgot", user, "--code", code, pin="580631", expect=1)
    assert again["status"] in {"INVALID_ACTIVATION_CODE", "INVALID_PIN"}
    assert again["token"] is None
    assert program.json("code", user, pin=NEW_PIN)["status"] == "OK"


def test_names_outlive_the_program(program: Program, user: str) -> None:
    first = program.json("device")
    assert (len(first["device_id"]), first["device_name"]) == (32, "")
    assert program.json("device", "--name", "Desk 4")["device_name"] == "Desk 4"
    assert program.json("device") == {**first, "device_name": "Desk 4"}
    assert program.json("device", "--name", "x" * 65, expect=1)["status"] == "INVALID_PARAMETER"
    assert program.json("device", "--name", "")["device_name"] == ""
    program.json("rename", user, "  my token ", "--issuer", "Work")
    (row,) = program.json("list")
    assert (row["issuer"], row["account"]) == ("Work", "my token")
    assert program.json("show", "my token")["user"] == user
    assert program.json("rename", "my token", "line\nbreak", expect=1)["status"] == "INVALID_PARAMETER"


def test_a_server_that_is_gone_is_the_environments_fault(tmp_path: Path, user: str) -> None:
    settings = SandboxSettings(data_folder=tmp_path / "sandbox", app_digests=(app_digest(),), clock=SystemClock())
    server = SandboxServer(settings)
    server.start()
    gone = Tenant(server.url, tmp_path)
    program = Program(tmp_path / "home")
    try:
        program.activate(gone.url, user, gone.register(user), PIN)
        code = gone.register(user)
    finally:
        server.stop()
    for arguments in (["resync", user], ["login", user, "--resync"], ["pin", "forgot", user, "--code", code]):
        answer = program.json(*arguments, pin=PIN, expect=3)
        assert (answer["status"], answer["error"]) == ("ENVIRONMENT", "Unreachable")
    # what needs no server works on
    assert program.json("resync", user, "--data", pin=PIN)["status"] == "OK"
    assert program.json("pin", "change", user, pin=PIN, extra={"--new-pin-fd": NEW_PIN})["status"] == "OK"
    assert program.json("code", user, pin=NEW_PIN)["status"] == "OK"


def test_offline_functions_that_are_off_say_so(program: Program, user: str) -> None:
    on = {"allowOfflinePinVerification": True}
    for ssms, backend, status in ({}, "ssms", "OFFLINE_NOT_ACTIVATED"), (on, "maverick", "NOT_SUPPORTED"):
        _configure(program, ssms=ssms, astServerBackend=backend)
        for arguments in (["code", user], ["sequence", user], ["sign", user, "x"], ["resync", user, "--data"]):
            assert program.json(*arguments, pin=PIN, expect=1)["status"] == status
        done = program.run("login", user, pin=PIN)
        assert done.returncode == (0 if backend == "ssms" else 1), done.stderr
    assert "no offline functions" in done.stderr
