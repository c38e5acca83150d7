"""The command line as a stranger would run it: right input, wrong input, no terminal."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.flows import PIN, WRONG_PIN, Tenant
from support.program import PASSPHRASE, Program

from softtoken import __version__
from softtoken.clock import SystemClock
from softtoken.engine.activation_code import format_activation_code
from softtoken.manifest import app_digest
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings

OATH = "otpauth://totp/Example:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8"
HOTP = "otpauth://hotp/Example:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0"


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    folder = tmp_path_factory.mktemp("sandbox")
    # eight digits: of six, a used code is right by chance once in some thousand runs
    settings = SandboxSettings(data_folder=folder, app_digests=(app_digest(),), clock=SystemClock(), digits=8)
    server = SandboxServer(settings)
    server.start()
    yield Tenant(server.url, folder)
    server.stop()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "home")


@pytest.fixture
def activated(program: Program, tenant: Tenant, request: pytest.FixtureRequest) -> Program:
    user = "".join(filter(str.isalpha, request.node.name)).lower()[:60]  # a PIN may not share digits with it
    program.activate(tenant.url, user, tenant.register(user), PIN)
    return program


def test_version_and_help_import_neither_qt_nor_httpx(program: Program) -> None:
    assert program.run("--version", passphrase=None).stdout == f"softtoken {__version__}\n"
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}

    for argument in ("--version", "--help"):
        done = subprocess.run(
            [sys.executable, "-m", "softtoken", argument], capture_output=True, text=True, env=environment, check=True
        )
        assert __version__ in done.stdout or "Usage" in done.stdout
        assert "PySide6" not in done.stderr
    assert "httpx" not in done.stderr


def test_the_whole_path(program: Program, tenant: Tenant) -> None:
    answer = program.activate(tenant.url, "alice", tenant.register("alice"), PIN)
    assert set(answer) == {
        "status",
        "token",
        "tenant",
        "user",
        "protections",
        "login",
        "risk_response_code",
        "session_status",
        "recovery_code",
    }
    assert answer["protections"] == ["no-pin", "pin"]
    (row,) = program.json("list")
    assert row == {
        "id": answer["token"],
        "tenant": "sandbox",
        "user": "alice",
        "issuer": "sandbox",
        "account": "alice@sandbox",
        "type": "MANAGED",
        "algorithm": "SHA256",
        "digits": 8,
        "period": 30,
        "counter": 2,
        "protections": ["no-pin", "pin"],
    }
    code = program.json("code", "alice", pin=PIN)
    assert set(code) == {
        "token",
        "protection",
        "status",
        "code",
        "atc",
        "valid_from",
        "valid_until",
        "retry_counter",
        "retry_delay",
        "clock_correction",
    }
    assert (code["status"], code["protection"], code["atc"]) == ("OK", "pin", 2)
    assert code["valid_until"] - code["valid_from"] == 30
    assert tenant.login("alice", code["code"]).status_code == 200
    login = program.json("login", "alice", pin=PIN)
    assert (login["status"], login["risk_response_code"], login["risk"], login["session_status"]) == (
        "OK",
        0,
        "Accept",
        "accepted",
    )
    assert login["log_correlation_id"]
    assert login["code"] is None  # spent
    typed = program.json("code", "alice", "--protection", "no-pin")
    assert typed["retry_counter"] is None
    assert program.json("login", "alice", "--otp-stdin", stdin=typed["code"] + "\n")["status"] == "OK"
    again = program.json("login", "alice", "--otp-stdin", stdin=typed["code"] + "\n", expect=1)
    assert again["status"] == "WRONG_CREDENTIALS"
    assert program.json("remove", "alice", "--yes")["left"] == 0
    assert program.json("list") == []


def test_a_link_activates(program: Program, tenant: Tenant) -> None:
    server = tenant.url.replace(":", "%3A").replace("/", "%2F")
    link = f"softtoken://activate?server={server}&user=linda%40sandbox&code={tenant.register('linda')}"
    done = program.run("activate", link, pin=PIN)
    assert done.returncode == 0, done.stderr
    assert "Activated linda@sandbox" in done.stdout
    assert "Recovery code" in done.stdout


def test_a_wrong_pin_counts_across_runs(activated: Program) -> None:
    (row,) = activated.json("list")
    answers = [activated.json("code", row["user"], pin=WRONG_PIN, expect=1) for _ in range(2)]
    assert [(a["status"], a["retry_counter"], a["code"]) for a in answers] == [
        ("INVALID_PIN", 4, None),
        ("INVALID_PIN", 3, None),
    ]
    done = activated.run("code", row["user"], pin=WRONG_PIN)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "INVALID_PIN: That PIN is wrong. Tries left: 2." in done.stderr


def test_oath_tokens(program: Program) -> None:
    assert program.json("add", "-", stdin=OATH + "\n")["status"] == "OK"
    assert program.json("add", "-", stdin=HOTP + "\n")["status"] == "OK"
    assert program.json("code", "Example:alice", "--at", "59")["code"] == "94287082"
    assert [program.json("code", "bob")["code"] for _ in range(3)] == ["755224", "287082", "359152"]
    assert {row["counter"] for row in program.json("list")} == {None, 3}
    assert program.run("code", "bob", "--at", "59").returncode == 1
    plain = program.run("code", "bob")
    assert plain.stdout == "969429\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "status"),
    [
        (["nonsense"], "", 2),
        (["code"], "", 2),
        (["code", "nobody"], "", 1),
        (["add", OATH], "", 2),
        (["add", "-"], "not a link\n", 1),
        (["add", "-"], "", 1),
        (["activate"], "", 2),
        (["activate", "softtoken://elsewhere"], "", 2),
        (["activate", "--server", "x"], "", 2),
        (["activate", "--server", "http://example.com", "--user", "a", "--code", "x", "--protection", "no-pin"], "", 1),
        (["activate", "--server", "x", "--user", "a", "--code", "x", "--protection", "retina"], "", 2),
        (["login"], "", 2),
        (["login", "--server", "http://127.0.0.1:9", "--user", "a"], "123456\n", 3),
        (["login", "x", "--server", "y", "--user", "z"], "", 2),
        (["sandbox", "--host", "192.0.2.1"], "", 2),
        (["sandbox", "--port", "99999"], "", 2),
        (["remove", "x"], "", 1),
        (["reset"], "", 2),
        (["recover"], "", 2),
    ],
)
def test_wrong_input_gets_a_sentence_and_a_status(
    program: Program, arguments: list[str], stdin: str, status: int
) -> None:
    program.json("add", "-", stdin=HOTP + "\n")
    takes_passphrase = arguments[0] not in {"nonsense", "sandbox"}
    done = program.run(*arguments, stdin=stdin, passphrase=PASSPHRASE if takes_passphrase else None)
    assert done.returncode == status, (done.stdout, done.stderr)
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert len(program.json("list")) == 1


def test_a_fault_is_json_too(program: Program) -> None:
    answer = program.json("login", "--server", "http://127.0.0.1:9", "--user", "a", stdin="123456\n", expect=3)
    assert (answer["status"], answer["error"]) == ("ENVIRONMENT", "Unreachable")
    assert program.json("frobnicate", passphrase=None, expect=2)["status"] == "USAGE"


def test_recover_and_reset(activated: Program, tmp_path: Path) -> None:
    first = activated.recovery_code
    forgotten = activated.run("list", passphrase="forgotten all of it")
    assert forgotten.returncode == 1
    wrong = activated.run("recover", extra={"--recovery-fd": "0000-0000"}, passphrase="yet another one")
    assert wrong.returncode == 1
    answer = activated.json("recover", extra={"--recovery-fd": first}, passphrase="yet another one")
    assert answer["tokens"] == 1
    assert answer["recovery_code"] != first
    assert len(activated.json("list", passphrase="yet another one")) == 1
    used = activated.run("recover", extra={"--recovery-fd": first}, passphrase="once more, please")
    assert used.returncode == 1
    assert activated.run("reset", "--yes").returncode == 0
    assert not list((tmp_path / "home").glob("vault*"))
    assert activated.run("list").returncode == 1


def test_a_broken_configuration_names_the_place(activated: Program) -> None:
    config = activated.home / "mc_config.json"
    config.write_text('{"ssms": {"allowOfflinePinVerification": "yes"}}')
    done = activated.run("list")
    assert done.returncode == 3
    assert "$.ssms.allowOfflinePinVerification" in done.stderr
    config.write_text('{"ssms": ')
    assert activated.run("list").returncode == 3
    config.write_text('{"useScp": false, "useSkynet": true, "ssms": {"allowOfflinePinVerification": true}}')
    warned = activated.run("list")
    assert warned.returncode == 0
    assert "useSkynet" in warned.stderr


def test_a_damaged_vault_is_left_alone(activated: Program) -> None:
    vault = activated.home / "vault.sqlite"
    for leftover in activated.home.glob("vault.sqlite-*"):
        leftover.unlink()
    vault.write_bytes(b"this is not a database at all" * 100)
    before = vault.read_bytes()
    done = activated.run("code", "alice", pin=PIN)
    assert done.returncode == 3
    assert str(vault) in done.stderr
    assert vault.read_bytes() == before


def test_a_new_vaults_recovery_code_is_shown_also_when_the_command_fails(program: Program) -> None:
    code = format_activation_code("0a1b2c3d", "3zE6RNH5")
    dead = ["activate", "--server", "http://127.0.0.1:9", "--user", "alice", "--code", code, "--protection", "no-pin"]
    answer = program.json(*dead, expect=3)
    assert answer["error"] == "Unreachable"
    first = answer["recovery_code"]
    assert "recovery_code" not in program.json(*dead, expect=3)  # shown once
    opened = program.json("recover", extra={"--recovery-fd": first}, passphrase="something quite new")
    assert opened["tokens"] == 0


def test_nothing_is_made_for_input_that_cannot_work(program: Program) -> None:
    program.run("activate", "--server", "x", "--user", "a", "--code", "mistyped", pin=PIN)
    program.run("activate", "--server", "x", "--user", "a", "--code", format_activation_code("0a1b2c3d", "3zE6RNH5"))
    program.run("add", "-", stdin="otpauth://totp/x?secret=!!\n")
    assert not program.home.exists()


SHELL = """
softtoken() {{ "{python}" -m softtoken --home "$HOME_DIR" "$@"; }}
set -o pipefail
{script}
"""


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("softtoken code bob --json --at 99999999999999999999999 3<<<$PASS", 2),
        ("softtoken code bob --json --passphrase-fd 99999999999999999999", 2),
        ("softtoken code bob --json --passphrase-fd 3 --data $'\\xff' 3<<<$PASS", 2),
        ("softtoken code bob --json --passphrase-fd 3 --data-file /dev/null 3<<<$PASS", 2),
        ("softtoken list --json <&-", 2),
        ("softtoken add - --json <&-", 2),
        ("softtoken code bob --passphrase-fd 3 3<<<$PASS >&-", 3),
        ("softtoken code bob --passphrase-fd 3 3<<<$PASS >/dev/full", 3),
        ("softtoken code bob --passphrase-fd 3 3<<<$PASS | true", None),
        ("softtoken --home '~nosuch/x' list --json", 3),
        ("softtoken --home '' list --json", 2),
        ("cd $GONE && rmdir $GONE && softtoken --home rel list --json", 3),
        ("softtoken sandbox --json --port 0 --data /proc/nope", 3),
    ],
)
def test_odd_surroundings(program: Program, tmp_path: Path, script: str, status: int | None) -> None:
    """No traceback, and a fault is never taken for a refusal (exit 1)."""
    program.json("add", "-", stdin=HOTP + "\n")
    gone = tmp_path / "gone"
    gone.mkdir()
    environment = {
        **os.environ,
        "HOME_DIR": str(program.home),
        "PASS": PASSPHRASE,
        "GONE": str(gone),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = subprocess.run(
        ["bash", "-c", SHELL.format(python=sys.executable, script=script)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr, done.stderr
    if status is not None:
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    if "--json" in script and done.stdout:
        json.loads(done.stdout)


def test_two_secrets_over_one_descriptor(program: Program, tenant: Tenant) -> None:
    program.activate(tenant.url, "twice", tenant.register("twice"), PIN)
    done = program.run(
        "code",
        "twice",
        "--json",
        "--passphrase-fd",
        "0",
        "--pin-fd",
        "0",
        passphrase=None,
        stdin=f"{PASSPHRASE}\n{PIN}\n",
    )
    assert json.loads(done.stdout)["status"] == "OK"


def test_a_recovery_code_counts_as_seen_only_once_it_was_shown(program: Program, tmp_path: Path) -> None:
    """Killed while the server is waited for: the code was never printed, so the next run makes and shows another."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        code = format_activation_code("0a1b2c3d", "3zE6RNH5")
        reader, writer = os.pipe()
        os.write(writer, f"{PASSPHRASE}\n".encode())
        arguments = ["activate", "--server", url, "--user", "alice", "--code", code, "--protection", "no-pin", "--json"]
        command = [sys.executable, "-m", "softtoken", "--home", str(program.home), *arguments]
        with subprocess.Popen(
            [*command, "--passphrase-fd", str(reader)], pass_fds=[reader], stdout=subprocess.PIPE, text=True
        ) as waiting:
            connection, _ = silent.accept()  # the vault is made, the request is under way
            waiting.kill()
            assert waiting.communicate()[0] == ""
        connection.close()
        os.close(reader)
        os.close(writer)
    answer = program.json("add", "-", stdin=HOTP + "\n")
    opened = program.json("recover", extra={"--recovery-fd": answer["recovery_code"]}, passphrase="something quite new")
    assert opened["tokens"] == 1
    third = program.json("add", "-", stdin=OATH + "\n", passphrase="something quite new")
    assert "recovery_code" not in third  # shown by recover, so it counts as seen
