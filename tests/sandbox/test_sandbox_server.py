"""The server as a process's part: ports, starting and stopping, its one file, and what it refuses to start with."""

import hashlib
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.device import DIGEST
from sandbox.tenant import ManualClock, Tenant

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.managed import managed_otp
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.tokens import ProtectionType
from softtoken.errors import SoftTokenError
from softtoken.sandbox.app_versions import register_own
from softtoken.sandbox.issuing import new_authenticator
from softtoken.sandbox.server import KEEP_ALIVE, CannotListen, SandboxServer
from softtoken.sandbox.settings import NeedsTls, SandboxSettings
from softtoken.sandbox.store import Store, StoreUnusable
from softtoken.sandbox.users import add_user
from softtoken.sandbox.verification import CodeVerifier

Tenants = Callable[..., Tenant]


def chosen(folder: Path, **changes: Any) -> SandboxSettings:
    return SandboxSettings(**{"data_folder": folder, "app_digests": (DIGEST,), "clock": ManualClock(), **changes})


def test_a_free_port_and_an_end(tmp_path: Path) -> None:
    server = SandboxServer(chosen(tmp_path))
    with pytest.raises(RuntimeError):
        _ = server.url
    server.stop()  # not running: nothing happens
    server.start()
    url = server.url
    assert urlsplit(url).hostname == "127.0.0.1"
    assert url.startswith("http://127.0.0.1:")
    assert not url.endswith("/")
    assert httpx.get(f"{url}/v1/sessions/0").is_success
    with pytest.raises(RuntimeError):
        server.start()
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/v1/sessions/0")
    server.start()
    assert httpx.get(f"{server.url}/v1/sessions/0").is_success
    server.stop()


def test_two_servers_share_a_folder(make_tenant: Tenants) -> None:
    one, two = make_tenant(), make_tenant()
    assert one.url != two.url
    one.register("alice")
    assert two.http.get("/v1/users/alice").json() == {"authenticators": []}


def test_a_port_of_ones_own_and_a_taken_one(tmp_path: Path, make_tenant: Tenants) -> None:
    taken = urlsplit(make_tenant().url).port
    assert taken is not None
    server = SandboxServer(chosen(tmp_path / "second", port=taken))
    with pytest.raises(CannotListen) as raised:
        server.start()
    assert (raised.value.host, raised.value.port) == ("127.0.0.1", taken)
    assert isinstance(raised.value, SoftTokenError)
    with pytest.raises(CannotListen):
        server.run_forever()


def test_ipv6_loopback(tmp_path: Path) -> None:
    server = SandboxServer(chosen(tmp_path, host="::1"))
    with suppress(CannotListen):  # on a machine without IPv6 loopback
        server.start()
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(f"{server.url}/v1/sessions/0").is_success
        server.stop()


def test_in_the_foreground(tmp_path: Path) -> None:
    server = SandboxServer(chosen(tmp_path))
    urls: SimpleQueue[str] = SimpleQueue()
    thread = threading.Thread(target=server.run_forever, args=(urls.put,))
    thread.start()
    url = urls.get(timeout=20)
    assert url == server.url
    assert httpx.get(f"{url}/v1/sessions/0", timeout=20).is_success
    server.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_stopping_ends_held_calls(make_tenant: Tenants, tmp_path: Path) -> None:
    server = SandboxServer(chosen(tmp_path))
    server.start()
    answers: list[httpx.Response] = []

    def hold() -> None:
        with httpx.Client(base_url=server.url, timeout=60) as http:
            body = {"objectType": "LoginInput", "timeout": 60}
            http.post("/v1/users/register", json={"objectType": "RegisterUserInputEx", "userID": "alice"})
            answers.append(http.post("/v1/users/alice/login", json=body))

    thread = threading.Thread(target=hold)
    thread.start()
    db = tmp_path / "sandbox.sqlite3"
    while not rows(db, "SELECT count(*) FROM sessions")[0][0]:
        assert thread.is_alive()
    server.stop()
    thread.join(20)
    assert [answer.json() for answer in answers] == [{"sessionStatus": "timeout"}]


def rows(path: Path, query: str) -> list[Any]:
    db = sqlite3.connect(path)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "bank.example", "", "localhost.example"])  # noqa: S104
def test_no_host_beyond_loopback(tmp_path: Path, host: str) -> None:
    with pytest.raises(NeedsTls) as raised:
        chosen(tmp_path, host=host)
    assert raised.value.host == host


def test_six_digits_unless_asked_otherwise(tmp_path: Path) -> None:
    assert chosen(tmp_path).digits == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_digests": (b"short",)},
        {"digits": 7},
        {"port": -1},
        {"port": 65536},
        {"tenant": ""},
        {"tenant": "Sandbox"},
        {"tenant": "a@b"},
        {"wrong_otp_mode": "sometimes"},
        {"activations_per_user": -1},
        {"retry": RetryPolicy(max_tries=0)},
        {"retry": RetryPolicy(free_tries=-1)},
        {"retry": RetryPolicy(first_delay=-1)},
        {"retry": RetryPolicy(first_delay=61, max_delay=60)},
        {"atc": AtcPolicy(warn=21, limit=20)},
        {"atc": AtcPolicy(warn=-1)},
        {"atc": AtcPolicy(warn=0, limit=0)},
        {"atc": AtcPolicy(limit=1001)},
        {"pin": PinRules(min_length=0)},
        {"pin": PinRules(min_length=8, max_length=7)},
    ],
)
def test_settings_out_of_range(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        chosen(tmp_path, **wrong)


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    Store(folder)
    file = folder / "sandbox.sqlite3"
    if os.name != "posix":
        return  # Windows keeps its rights elsewhere: the folder has its owner's
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    file.chmod(0o644)
    Store(folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_unusable_file_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    file.write_bytes(b"something else entirely " * 100)
    with pytest.raises(StoreUnusable) as raised:
        SandboxServer(chosen(tmp_path)).start()
    assert raised.value.path == file
    assert file.read_bytes() == b"something else entirely " * 100


def test_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path)
    db = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreUnusable, match="version 99"):
        Store(tmp_path)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable):
        Store(tmp_path / "file" / "folder")


def test_a_transaction_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def break_off() -> None:
        with store.transaction() as db:
            add_user(db, "alice", None)
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    with store.transaction() as db:
        assert db.execute("SELECT count(*) FROM users").fetchone()[0] == 0


@settings(max_examples=20)
@given(counters=st.lists(st.integers(0, 60), min_size=1, max_size=8), late=st.integers(-2, 2))
def test_a_counter_never_goes_back(tmp_path_factory: pytest.TempPathFactory, counters: list[int], late: int) -> None:
    """Accepted exactly if within 20 of what is expected, now or in a neighbouring step; then one more is expected."""
    store, clock = Store(tmp_path_factory.mktemp("counter")), ManualClock()
    clock.wall = 1_760_000_000
    verifier = CodeVerifier(clock, digest_check=True)
    digests = tuple(hashlib.sha512(bytes([number])).digest() for number in range(3))
    with store.transaction() as db:
        register_own(db, digests)
        add_user(db, "alice", None)
        # fixed keys and eight digits: with random ones a refused counter's code is now and then another counter's, too
        chosen_settings = SandboxSettings(data_folder=Path(), app_digests=(), clock=clock, digits=8)
        new_authenticator(db, chosen_settings, "alice", "VDS1000000", tuple(ProtectionType))
        db.execute("UPDATE authenticators SET user_id = 'alice'")
        for protection in ProtectionType:
            fixed = hashlib.sha256(protection.encode()).digest()
            db.execute("UPDATE credentials SET key = ? WHERE protection = ?", (fixed, protection))
        key = hashlib.sha256(b"PIN").digest()
        expected = 0
        for count, counter in enumerate(counters):
            at = clock.now() // 30 * 30 + 30 * late
            code = managed_otp(key, counter, None, digests[count % 3], at, 8).code
            accepted = verifier.accept(db, "alice", code)
            assert accepted == (abs(late) <= 1 and expected <= counter <= expected + 20)
            if accepted:
                expected = counter + 1
            held = db.execute("SELECT protection, counter FROM credentials").fetchall()
            assert {row["protection"]: row["counter"] for row in held} == {"NO_PIN": 0, "PIN": expected, "BIOMETRIC": 0}


def test_an_idle_connection_outlives_its_client(make_tenant: Callable[..., Tenant]) -> None:
    """Were the server first, a code sent at that moment would be lost."""
    server = make_tenant().server
    assert server is not None
    assert server._server is not None
    kept_by_clients = httpx.Limits().keepalive_expiry
    assert kept_by_clients is not None
    assert server._server.config.timeout_keep_alive == KEEP_ALIVE > 2 * kept_by_clients
