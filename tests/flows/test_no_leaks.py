"""Planted secrets: none reaches a log, an output, argv, the environment, a temporary file, the vault or its WAL."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from support.flows import BOTH, DIGEST, MemoryKeystore, Tenant
from support.leaks import files_below, forms, search
from support.program import PASSPHRASE, Program

from softtoken.engine.activation_code import parse_activation_code
from softtoken.engine.tokens import Otp, ResynchronisationCodes, UserIdentifier
from softtoken.errors import SoftTokenError
from softtoken.iaa.errors import IaaError
from softtoken.manifest import app_digest
from softtoken.services import events as ev
from softtoken.services.controller import MasterController
from softtoken.services.events import Status

PIN, WRONG_PIN, NEW_PIN, NEWEST_PIN = "2849170365", "2849170366", "7160358294", "5038261749"
"""Longer than usual, as are the codes (8 digits): six digits turn up in a correlation id by chance."""
OATH_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
OATH_KEY = b"12345678901234567890"


class ProcessWatch:
    """Reads argv and environment of every child of this process while a block runs."""

    def __init__(self) -> None:
        self.places: dict[str, bytes] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.005):
            for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
                for pid in child.read_text().split():
                    for name in ("cmdline", "environ"):
                        try:
                            content = Path(f"/proc/{pid}/{name}").read_bytes()
                        except OSError:
                            continue
                        self.places[f"{name} {hash(content)}"] = content


def server_keys(data_folder: Path) -> dict[str, bytes]:
    """Every 32-byte value that the sandbox holds: the credential keys are among them."""
    found: dict[str, bytes] = {}
    for path in data_folder.glob("*.sqlite*"):
        if path.suffix != ".sqlite" and not path.name.endswith(".sqlite3"):
            continue
        with sqlite3.connect(path) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names from the schema itself
                    for value in row:
                        if isinstance(value, bytes) and len(value) == 32:
                            found[f"key {len(found)} of {table}"] = value
        connection.close()
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_program_leaks_nothing(make_tenant: Callable[..., Tenant], tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    tenant = make_tenant(digits=8, app_digests=(app_digest(), DIGEST))
    program = Program(tmp_path / "home", {"TMPDIR": str(temporary)})
    code = tenant.register("alice")
    codes: list[str] = []
    outputs: list[tuple[str, bytes]] = []

    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        done = program.run(*arguments, **options)  # type: ignore[arg-type]
        outputs.append((f"stderr of {arguments[0]}", done.stderr.encode()))
        return done

    with ProcessWatch() as watch:
        first = run(
            "activate", "--server", tenant.url, "--user", "alice", "--code", "-", "--json", pin=PIN, stdin=code + "\n"
        )
        recovery = json.loads(first.stdout)["recovery_code"]
        for protection in ("pin", "no-pin"):
            made = run("code", "alice", "--protection", protection, "--json", pin=PIN if protection == "pin" else None)
            codes.append(json.loads(made.stdout)["code"])
        assert run("login", "alice", "--json", pin=PIN).returncode == 0
        assert run("code", "alice", "--json", pin=WRONG_PIN).returncode == 1
        assert run("login", "alice", "--otp-stdin", "--json", stdin=codes[0] + "\n").returncode == 1
        assert run("add", "-", stdin=f"otpauth://totp/x:y?secret={OATH_SECRET}\n").returncode == 0
        assert run("add", "-", stdin=f"otpauth://totp/x:y?secret={OATH_SECRET}&digits=99\n").returncode == 1
        assert run("code", "alice", passphrase="wrong " + PASSPHRASE, pin=PIN).returncode == 1
        assert (
            run("activate", "--server", tenant.url, "--user", "bob", "--code", "-", pin=PIN, stdin=code).returncode == 1
        )
        dead = run("activate", "--server", "http://127.0.0.1:9", "--user", "bob", "--code", "-", pin=PIN, stdin=code)
        assert dead.returncode == 3
        outputs += [("stdout of failures", dead.stdout.encode())]
    assert watch.places

    activation = parse_activation_code(code)
    secrets = {
        "PIN": PIN.encode(),
        "wrong PIN": WRONG_PIN.encode(),
        "passphrase": PASSPHRASE.encode(),
        "recovery code": recovery.encode(),
        "bare recovery code": recovery.replace("-", "").encode(),
        "activation password": activation.password.encode(),
        "OATH key": OATH_KEY,
        **{f"code {index}": text.encode() for index, text in enumerate(codes)},
        **server_keys(tenant.data_folder),
    }
    assert len(secrets) >= 11, sorted(secrets)
    vault = files_below(tmp_path / "home")
    assert any(b"SQLite format 3" in content for _, content in vault)
    sandbox_log = [
        place for place in files_below(tenant.data_folder) if ".sqlite" not in place[0] and ".db" not in place[0]
    ]
    places = [*outputs, *watch.places.items(), *vault, *files_below(temporary), *sandbox_log]
    assert search(secrets, places) == []


@pytest.fixture
def tenant(make_tenant: Callable[..., Tenant]) -> Tenant:
    return make_tenant(digits=8)


@pytest.mark.expects_log
@pytest.mark.parametrize("verify_offline", [True, False])
def test_no_exception_repr_or_log_record_holds_a_secret(
    verify_offline: bool,
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    keystore: MemoryKeystore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    controller = make_controller(verify_offline=verify_offline)
    places: list[tuple[str, bytes]] = []
    codes: list[str] = []

    def post(event: ev.Event[object]) -> object:
        places.append((f"repr of {type(event).__name__}", repr(event).encode()))
        try:
            result = controller.post(event)
        except SoftTokenError as error:
            text = f"{error!r} {error} {error.__dict__!r} {error.__cause__!r} {error.__context__!r}"
            places.append((f"exception of {type(event).__name__}", text.encode()))
            return error
        places.append((f"repr of {type(result).__name__}", repr(result).encode()))
        codes.extend(_codes_of(result))
        return result

    created = post(ev.CreateVault())
    assert isinstance(created, ev.CreateVaultResult)
    assert created.recovery_code is not None
    code = tenant.register("alice")
    activated = post(ev.Activate(tenant.url, "alice", code, BOTH, PIN))
    assert isinstance(activated, ev.ActivationResult)
    assert activated.token is not None
    assert activated.token.account is not None
    user = activated.token.account.identifier
    post(ev.GenerateOtp(b"planted optional data", PIN, user))
    post(ev.GenerateOtp(None, WRONG_PIN, user))
    post(ev.Login(user, "999999"))
    post(ev.LoginWithTypedCode(tenant.url, "alice@sandbox", codes[0]))
    dead = post(ev.LoginWithTypedCode("http://127.0.0.1:9", "alice@sandbox", codes[0]))
    assert isinstance(dead, IaaError)
    post(ev.Activate("http://127.0.0.1:9", "bob", code, BOTH, PIN))
    post(ev.AddToken(f"otpauth://totp/x:y?secret={OATH_SECRET}&digits=99"))
    post(ev.AddToken(f"otpauth://totp/x:y?secret={OATH_SECRET}"))
    post(ev.OpenVault(passphrase=PASSPHRASE))
    vault = controller._access.vault
    assert vault is not None
    approval_key = vault.token_state(activated.token.id).approval_key
    assert approval_key is not None
    post(ev.ListTokens())
    post(ev.ListApprovals(user))
    _the_offline_functions(post, user, tenant)
    places.append(("repr of the controller", repr(vars(controller)).encode()))
    places += [("log", record.getMessage().encode() + repr(record.__dict__).encode()) for record in caplog.records]
    secrets = {
        "approval key": approval_key,
        "PIN": PIN.encode(),
        "wrong PIN": WRONG_PIN.encode(),
        "new PIN": NEW_PIN.encode(),
        "newest PIN": NEWEST_PIN.encode(),
        "signed field": b"planted field",
        "passphrase": PASSPHRASE.encode(),
        "recovery code": created.recovery_code.encode(),
        "activation code": code.encode(),
        "activation password": parse_activation_code(code).password.encode(),
        "optional data": b"planted optional data",
        "OATH secret": OATH_SECRET.encode(),
        "OATH key": OATH_KEY,
        "device key": next(iter(keystore.items.values())),
        **{f"code {index}": text.encode() for index, text in enumerate(codes)},
        **server_keys(tenant.data_folder),
    }
    assert len(codes) >= 10
    assert search(secrets, places) == []


def _the_offline_functions(post: Callable[[ev.Event[Any]], object], user: UserIdentifier, tenant: Tenant) -> None:
    post(ev.GenerateSecureSequence(b"planted optional data", PIN, user))
    post(ev.SignTransaction(("planted field", "another"), PIN, user))
    post(ev.GetResynchronizationData(user, PIN))
    prepared = post(ev.PrepareResynchronization(user, PIN))
    assert isinstance(prepared, ev.PrepareResynchronizationResult)
    assert prepared.codes is not None
    post(ev.Resynchronize(user, prepared.codes))
    post(ev.Resynchronize(user, prepared.codes))  # used up: refused
    made = post(ev.GenerateOtp(None, PIN, user, for_login=True))
    assert isinstance(made, ev.GenerateOtpResult)
    assert made.otp is not None
    post(ev.Login(user, made.otp.code, made.resynchronisation))
    assert post(ev.ChangePin(user, PIN, PIN[:4])) != ev.ChangePinResult(Status.OK)
    post(ev.ChangePin(user, WRONG_PIN, NEW_PIN))
    changed = post(ev.ChangePin(user, PIN, NEW_PIN))
    assert isinstance(changed, ev.ChangePinResult)
    assert changed.status is Status.OK
    post(ev.OfflineLogin(user, NEW_PIN))
    renewed = post(ev.Reactivate(user, tenant.register("alice"), NEWEST_PIN))
    assert isinstance(renewed, ev.ActivationResult)
    assert renewed.status is Status.OK
    post(ev.GenerateOtp(None, NEWEST_PIN, user))


def _codes_of(result: object) -> list[str]:
    match result:
        case ev.GenerateOtpResult(otp=Otp(code=code), resynchronisation=pair):
            return [code, *([pair.first, pair.second] if pair else [])]
        case ev.SignTransactionResult(signature=str(code)) | ev.GetResynchronizationDataResult(otp=str(code)):
            return [code]
        case ev.PrepareResynchronizationResult(codes=ResynchronisationCodes(first=first, second=second)):
            return [first, second]
        case ev.GenerateSecureSequenceResult(secure_sequence=bytes(message)):
            return [message[3:].hex()]
    return []


@pytest.fixture
def leaky(tmp_path: Path) -> Callable[[bytes], list[tuple[str, bytes]]]:
    def plant(content: bytes) -> list[tuple[str, bytes]]:
        (tmp_path / "leak").write_bytes(b"\x00 some log line " + content + b" and more\n")
        return files_below(tmp_path)

    return plant


@pytest.mark.parametrize("secret", [PIN.encode(), PASSPHRASE.encode(), bytes(range(32))])
def test_a_planted_leak_is_caught_in_every_form(
    leaky: Callable[[bytes], list[tuple[str, bytes]]], secret: bytes
) -> None:
    for form, content in forms(secret).items():
        assert search({"planted": secret}, leaky(content)), form
    assert search({"planted": secret}, leaky(b"nothing")) == []


def test_a_leak_of_the_product_is_caught(
    make_controller: Callable[..., MasterController], tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    """The same search, with a log line planted in the way of a request."""
    controller = make_controller()
    controller.post(ev.CreateVault())
    token = controller.post(ev.Activate(tenant.url, "alice", tenant.register("alice"), BOTH, PIN)).token
    assert token is not None
    assert token.account is not None
    event = ev.GenerateOtp(None, PIN, token.account.identifier)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("softtoken.services.otp").debug("checking %s for %s", event.pin, event.user_identifier)
    assert controller.post(event).status is Status.OK
    assert search({"PIN": PIN.encode()}, [("log", record.getMessage().encode()) for record in caplog.records])
