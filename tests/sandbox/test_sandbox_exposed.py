"""A sandbox that others reach: TLS with real clients, the administration password, and what an outsider may do."""

import asyncio
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from sandbox.device import DIGEST
from sandbox.pages import Page
from sandbox.tenant import ACCEPTED, ManualClock, Tenant

from softtoken.clock import SystemClock
from softtoken.sandbox import login as logins
from softtoken.sandbox.access import is_public
from softtoken.sandbox.administration import FREE_TRIES, SESSION_LIFE, WAIT, network_of
from softtoken.sandbox.app import create_app
from softtoken.sandbox.passwords import hash_password
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import NeedsNames, NeedsPassword, NeedsTls, SandboxSettings
from softtoken.sandbox.tls import (
    CERTIFICATE_FILE,
    KEY_FILE,
    LIFE,
    CertificateUnusable,
    Tls,
    fingerprint,
    self_signed,
    server_context,
)
from softtoken.sandbox.turns import MOST_WAITING, Turns

PASSWORD = "Grüne Wiese, 3 Kühe"
NOW = ManualClock().wall
EVERYWHERE = "0.0.0.0"  # noqa: S104
ADMIN = httpx.BasicAuth("admin", PASSWORD)


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password(PASSWORD)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory, hashed: str) -> Iterator[Tenant]:
    """What an outsider has: the address and the certificate."""
    folder = tmp_path_factory.mktemp("exposed")
    clock = ManualClock()
    clock.wall = SystemClock().now()  # the clients look at the certificate with the machine's clock
    settings = SandboxSettings(
        data_folder=folder,
        app_digests=(DIGEST,),
        clock=clock,
        host=EVERYWHERE,
        hosts=("bank.test",),
        digits=8,
        tls=self_signed(folder, ("bank.test",), clock.now()),
        admin_password_hash=hashed,
    )
    server = SandboxServer(settings)
    server.start()
    assert server.url.startswith("https://bank.test:")
    url = f"https://127.0.0.1:{urlsplit(server.url).port}"
    tenant = Tenant(url, clock, verify=ssl.create_default_context(cafile=folder / CERTIFICATE_FILE))
    yield tenant
    tenant.http.close()
    server.stop()


@pytest.fixture
def tenant(outside: Tenant) -> Tenant:
    outside.clock.move(3600)
    outside.http.cookies.clear()
    return outside


@pytest.fixture(scope="module")
def certificate(outside: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Path:
    port = urlsplit(outside.url).port
    file = tmp_path_factory.mktemp("trust") / "ca.pem"
    file.write_text(ssl.get_server_certificate(("127.0.0.1", port or 0)), "ascii")
    return file


def chosen(folder: Path, **changes: Any) -> SandboxSettings:
    return SandboxSettings(**{"data_folder": folder, "app_digests": (DIGEST,), "clock": ManualClock(), **changes})


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", "192.168.1.2", "bank.example"])
def test_not_beyond_loopback_without_tls_password_and_names(tmp_path: Path, hashed: str, host: str) -> None:
    tls = Tls(tmp_path / "c", tmp_path / "k")
    with pytest.raises(NeedsTls):
        chosen(tmp_path, host=host, admin_password_hash=hashed, hosts=("a",))
    with pytest.raises(NeedsPassword):
        chosen(tmp_path, host=host, tls=tls, hosts=("a",))
    if host in {EVERYWHERE, "::", ""}:
        with pytest.raises(NeedsNames):
            chosen(tmp_path, host=host, tls=tls, admin_password_hash=hashed)
    else:
        assert host in chosen(tmp_path, host=host, tls=tls, admin_password_hash=hashed).names
    assert "argon2" not in repr(chosen(tmp_path, host=host, tls=tls, admin_password_hash=hashed, hosts=("a",)))


def test_httpx_trusts_it_by_its_certificate_alone(tenant: Tenant) -> None:
    assert tenant.http.get("/").is_success
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(tenant.url)


def test_it_speaks_no_plain_http(tenant: Tenant) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(tenant.url.replace("https:", "http:"))


def test_curl(tenant: Tenant, certificate: Path) -> None:
    curl = shutil.which("curl")
    assert curl is not None
    port = urlsplit(tenant.url).port
    url = f"https://bank.test:{port}/v1/sessions/0"
    there = ("--silent", "--show-error", "--resolve", f"bank.test:{port}:127.0.0.1", url)
    answered = subprocess.run([curl, "--cacert", str(certificate), *there], capture_output=True, text=True, check=True)
    assert answered.stdout == '{"sessionStatus":"unknown"}'
    untrusted = subprocess.run([curl, *there], capture_output=True, text=True, check=False)
    assert untrusted.returncode == 60
    unlisted = ["--cacert", str(certificate), "-H", "Host: evil.test", *there]
    foreign = subprocess.run([curl, *unlisted], capture_output=True, text=True, check=True)
    assert "This host is not served here" in foreign.stdout
    secret = subprocess.run(
        [
            curl,
            "--cacert",
            str(certificate),
            "-u",
            f"admin:{PASSWORD}",
            *there[:-1],
            f"https://bank.test:{port}/v1/users",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"users"' in secret.stdout or '"total"' in secret.stdout


@pytest.mark.parametrize(
    ("version", "works"), [("-tls1_3", True), ("-tls1_2", True), ("-tls1_1", False), ("-tls1", False)]
)
def test_openssl(tenant: Tenant, certificate: Path, version: str, works: bool) -> None:
    openssl = shutil.which("openssl")
    assert openssl is not None
    port = urlsplit(tenant.url).port
    options = ["-connect", f"127.0.0.1:{port}", "-CAfile", str(certificate), "-verify_return_error", version]
    seclevel = ["-cipher", "ALL:@SECLEVEL=0"] if version in {"-tls1_1", "-tls1"} else []
    run = subprocess.run(
        [openssl, "s_client", *options, *seclevel, "-verify_hostname", "bank.test"],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode == 0) == works
    assert ("Verify return code: 0 (ok)" in run.stdout) == works or not works


def test_the_own_certificate_is_kept_while_it_fits(tmp_path: Path) -> None:
    first = self_signed(tmp_path, ("bank.test", "10.1.2.3"), NOW)
    print_of_first = fingerprint(first.certificate)
    assert re.fullmatch("([0-9A-F]{2}:){31}[0-9A-F]{2}", print_of_first)
    assert fingerprint(tmp_path / CERTIFICATE_FILE) == print_of_first
    assert b"PRIVATE KEY" not in (tmp_path / CERTIFICATE_FILE).read_bytes()
    assert b"PRIVATE KEY" in (tmp_path / KEY_FILE).read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert fingerprint(self_signed(tmp_path, ("10.1.2.3",), NOW + 86400).certificate) == print_of_first
    late = NOW + int(LIFE.total_seconds()) - 29 * 86400
    assert fingerprint(self_signed(tmp_path, ("bank.test",), late).certificate) != print_of_first
    third = fingerprint(self_signed(tmp_path, ("bank.test",), NOW).certificate)
    assert fingerprint(self_signed(tmp_path, ("bank.test", "other.test"), NOW).certificate) != third
    (tmp_path / KEY_FILE).write_bytes(b"damaged")
    self_signed(tmp_path, ("bank.test",), NOW)


def test_whoever_trusts_it_trusts_no_authority(tmp_path: Path) -> None:
    tls = self_signed(tmp_path, ("bank.test", "[2001:db8::1]"), NOW)
    made = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bank.test", "localhost"]
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"127.0.0.1", "::1", "2001:db8::1"}
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=398)


def own(folder: Path, *, passphrase: bytes | None = None, days: int = 10, now: int = NOW) -> Tls:
    """Somebody's own certificate and key, in two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    moment = datetime.fromtimestamp(now, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment + timedelta(days=min(days - 1, 0)) - timedelta(hours=1))
        .not_valid_after(moment + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, SHA256())
    )
    folder.mkdir(exist_ok=True)
    protection = BestAvailableEncryption(passphrase) if passphrase else None
    from cryptography.hazmat.primitives.serialization import NoEncryption

    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection or NoEncryption())
    (folder / "key.pem").write_bytes(encoded)
    return Tls(folder / "cert.pem", folder / "key.pem")


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    good, other = own(tmp_path / "good"), own(tmp_path / "other")
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    server_context(good, NOW)
    cases = (
        (Tls(tmp_path / "none", good.key), "unreadable"),
        (Tls(good.certificate, tmp_path / "none"), "unreadable"),
        (Tls(empty, good.key), "no certificate"),
        (Tls(good.certificate, empty), "no matching key"),
        (Tls(good.certificate, other.key), "no matching key"),
        (own(tmp_path / "locked", passphrase=b"secret"), "encrypted key"),
        (own(tmp_path / "old", days=-1), "expired"),
    )
    for tls, problem in cases:
        with pytest.raises(CertificateUnusable) as raised:
            server_context(tls, NOW)
        assert raised.value.problem == problem
    with pytest.raises(CertificateUnusable) as raised:
        server_context(good, NOW - 86400)
    assert raised.value.problem == "not yet valid"


def test_a_handed_in_certificate_on_loopback(tmp_path: Path) -> None:
    tls = own(tmp_path / "own", now=SystemClock().now())
    server = SandboxServer(chosen(tmp_path / "data", host="localhost", tls=tls, clock=SystemClock()))
    server.start()
    try:
        answer = httpx.get(f"{server.url}/admin", verify=ssl.create_default_context(cafile=tls.certificate))
    finally:
        server.stop()
    assert server.url.startswith("https://localhost:")
    assert answer.is_success  # without a password everybody on this computer may administer


def test_a_certificate_that_cannot_be_used_leaves_nothing_running(tmp_path: Path) -> None:
    server = SandboxServer(chosen(tmp_path, tls=Tls(tmp_path / "none", tmp_path / "none")))
    with pytest.raises(CertificateUnusable):
        server.start()


OPEN = {
    ("POST", "/v1/users/register"),
    ("POST", "/v1/registrations/check-status"),
    ("POST", "/v1/registrations/{registration_id}/add-device"),
    ("POST", "/v1/registrations/{registration_id}/activate"),
    ("POST", "/v1/users/{user:path}/login"),
    ("POST", "/v1/users/{user:path}/events/validate"),
    ("POST", "/v1/users/{user:path}/transactions/validate"),
    ("POST", "/v1/users/{user:path}/sync-authenticator"),
    ("POST", "/v1/users/{user:path}/generate-challenge"),
    ("POST", "/v1/events"),
    ("POST", "/v1/transactions"),
    ("GET", "/v1/sessions/{request_id:path}"),
    ("GET", "/v1/visualcodes/render"),
    ("POST", "/softtoken/v1/users/{user:path}/renew-key"),
    ("GET", "/softtoken/v1/approvals"),
    ("POST", "/softtoken/v1/approvals/{request_id}"),
    ("POST", "/softtoken/v1/device"),
    ("GET", "/"),
    ("GET", "/login"),
    ("GET", "/transaction"),
    ("GET", "/bank/register"),
    ("POST", "/bank/register"),
    ("GET", "/bank/login"),
    ("POST", "/bank/login"),
    ("GET", "/bank/transaction"),
    ("GET", "/bank/waiting"),
    ("GET", "/bank/cancel"),
    ("POST", "/bank/cancel"),
    ("POST", "/bank/transaction"),
    ("GET", "/assets/{name}"),
    ("GET", "/docs"),
    ("GET", "/docs/{name}"),
    ("GET", "/openapi.json"),
    ("GET", "/admin/login"),
    ("POST", "/admin/login"),
}
"""Whoever adds an operation decides here whether outsiders may have it."""


def operations(folder: Path) -> set[tuple[str, str]]:
    """Every method and path that the server has."""
    found: set[tuple[str, str]] = set()

    def walk(routes: list[Any]) -> None:
        for route in routes:
            if hasattr(route, "methods"):
                found.update((method, route.path) for method in route.methods or () if method != "HEAD")
            else:
                walk(route.original_router.routes)  # FastAPI keeps an included router as it is

    walk(create_app(chosen(folder)).routes)
    return found


def test_an_outsider_may_do_what_is_listed_and_nothing_else(tenant: Tenant, tmp_path: Path) -> None:
    every = operations(tmp_path)
    assert len(every) > 60
    assert {operation for operation in every if is_public(*operation)} <= OPEN
    for method, path in sorted(every - OPEN):
        answer = tenant.http.request(method, re.sub(r"\{[^}]*\}", "somebody", path))
        if path.startswith(("/admin", "/support", "/bank/")):
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/admin/login"), (method, path)
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.json() == {"error": "Unauthorized", "message": "The administration password is needed"}
            assert answer.headers["www-authenticate"].startswith("Basic realm=")
            assert answer.headers["log-correlation-id"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/users/victim/unlock/"),
        ("POST", "/v1/users/victim/unlock"),
        ("POST", "/v1/users/x/login/../../victim/unlock"),
        ("POST", "/v1/users/victim%2Funlock"),
        ("POST", "/v1/users/victim/unlock%0A/login"),
        ("POST", "/v1/users/victim/unlock?x=/login"),
        ("GET", "/v1/users/victim%2Flogin"),
        ("DELETE", "/v1/users/register"),
        ("PATCH", "/v1/users/victim/login"),
        ("PUT", "/softtoken/v1/sessions/0"),
        ("GET", "/softtoken/v1/approvals/../log"),
        ("GET", "/softtoken/v1/log?x=/docs"),
        ("POST", "/softtoken/v1/users/victim/verify"),
        ("POST", "/assets/x"),
        ("OPTIONS", "/softtoken/v1/faults"),
        ("HEAD", "/softtoken/v1/log"),
        ("GET", "/nothing"),
    ],
)
def test_no_way_around(tenant: Tenant, method: str, path: str) -> None:
    # as it stands: httpx would resolve the dots
    host = urlsplit(tenant.url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = f"{method} {path} HTTP/1.1\r\nHost: {host.netloc}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", host.port or 0), timeout=10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_a_user_needs_no_password(tenant: Tenant) -> None:
    device = tenant.activated("frida")
    assert tenant.login("frida", device.otp(tenant.clock.now())).json() == ACCEPTED
    tenant.renewed("frida", device)
    assert tenant.http.get("/docs").is_success


def test_the_password(tenant: Tenant) -> None:
    def status(**options: Any) -> int:
        return tenant.http.get("/softtoken/v1/log", **options).status_code

    assert status() == 401
    assert status(auth=ADMIN) == 200
    assert status(auth=("", PASSWORD)) == 200  # there is one administrator: the name says nothing
    assert status(auth=("admin", PASSWORD + " ")) == 401
    assert status(headers={"Authorization": "Basic !!!"}) == 401
    assert status(headers={"Authorization": "Basic YWRtaW4="}) == 401
    assert status(headers={"Authorization": f"Bearer {PASSWORD}".encode()}) == 401
    assert status(auth=ADMIN) == 200


def test_many_right_ones_at_once(tenant: Tenant) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tenant.http.get("/softtoken/v1/faults", auth=ADMIN).status_code, range(8)))
    assert answers == [200] * 8


def test_guessing_takes_time(tenant: Tenant) -> None:
    def status(password: str) -> int:
        return tenant.http.get("/softtoken/v1/faults", auth=("admin", password)).status_code

    assert [status(f"guess {number}") for number in range(FREE_TRIES)] == [401] * FREE_TRIES
    waiting = tenant.http.get("/softtoken/v1/faults", auth=ADMIN)
    assert waiting.status_code == 429
    assert waiting.headers["retry-after"] == str(WAIT)
    page = tenant.http.post("/admin/login", data={"password": PASSWORD})
    assert page.status_code == 429
    assert "Too many wrong passwords" in page.text
    assert tenant.http.get("/login").is_success  # the others notice nothing
    tenant.clock.move(WAIT)
    assert status("guess") == 401
    assert status(PASSWORD) == 429
    tenant.clock.move(WAIT)
    assert status(PASSWORD) == 200
    assert status("guess") == 401


def test_who_guesses_keeps_nobody_else_waiting(tmp_path: Path, hashed: str) -> None:
    """A server on `::` sees IPv4 callers as ::ffff:a.b.c.d; each is one caller, under either name."""
    app = create_app(chosen(tmp_path, admin_password_hash=hashed))

    async def status(address: str, password: str) -> int:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
            return (await http.get("/softtoken/v1/faults", auth=("admin", password))).status_code

    async def told() -> list[int]:
        guesses = [await status("::ffff:192.0.2.9", "guess") for _ in range(FREE_TRIES)]
        return [
            *guesses,
            *[await status(address, PASSWORD) for address in ("::ffff:192.0.2.9", "192.0.2.9", "::ffff:192.0.2.1")],
        ]

    assert asyncio.run(told()) == [*[401] * FREE_TRIES, 429, 429, 200]


def test_whom_an_address_belongs_to() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.9") == network_of("192.0.2.9") != network_of("192.0.2.8")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth0")
    assert network_of("") == ""


def test_logging_in_with_a_browser(tenant: Tenant) -> None:
    sent = tenant.http.get("/admin/log")
    assert sent.headers["location"] == "/admin/login?then=/admin/log"
    page = Page(tenant.http.get(sent.headers["location"]))
    assert page.fields("/admin/login") == {"then": "/admin/log", "username": "administrator", "password": ""}
    wrong = tenant.http.post("/admin/login", data={"then": "/admin/log", "password": "wrong"})
    assert wrong.status_code == 403
    assert "set-cookie" not in wrong.headers
    right = tenant.http.post("/admin/login", data={"then": "/admin/log", "password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, "/admin/log")
    cookie = right.headers["set-cookie"]
    assert cookie.startswith("__Host-softtoken-administration=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "path=/",
        "secure",
        "httponly",
        "samesite=strict",
    }
    assert Page(tenant.http.get("/admin/log")).status == 200
    assert tenant.http.get("/softtoken/v1/log").is_success
    assert tenant.http.get("/support").is_success
    foreign = {"Origin": "https://evil.example"}
    assert tenant.http.post("/admin/log/clear", headers=foreign).status_code == 403
    token = tenant.http.cookies["__Host-softtoken-administration"]
    assert tenant.http.post("/admin/logout").headers["location"] == "/admin/login"
    again = {"Cookie": f"__Host-softtoken-administration={token}"}
    assert tenant.http.get("/softtoken/v1/log", headers=again).status_code == 401


def test_a_session_ends(tenant: Tenant) -> None:
    tenant.http.post("/admin/login", data={"password": PASSWORD})
    assert tenant.http.get("/admin").is_success
    tenant.clock.move(SESSION_LIFE)
    assert tenant.http.get("/admin").status_code == 303


@pytest.mark.parametrize(
    "then", ["https://evil.example", "//evil.example", "/\\evil.example", "", "/admin\\@evil.example", "javascript:1"]
)
def test_logging_in_leads_nowhere_else(tenant: Tenant, then: str) -> None:
    answer = tenant.http.post("/admin/login", data={"then": then, "password": PASSWORD})
    assert answer.headers["location"] == "/admin"


def test_a_known_name_is_taken_over_by_nobody(tenant: Tenant) -> None:
    kind = {"objectType": "AdaptiveRegisterUserInput", "activationType": "offlineMDL"}
    json_type = {"Content-Type": "application/json"}
    tenant.register("gustav")
    for name in ("gustav", "GUSTAV", " gustav ", "gustav@sandbox", "Gustav@SANDBOX"):
        assert tenant.http.post("/v1/users/register", json={**kind, "userID": name}).status_code == 401
        assert tenant.http.post("/bank/register", data={"user": name}).status_code == 303
    object_type = b'"objectType":"AdaptiveRegisterUserInput"'
    for body in (
        b'{%b,"userID":"new1","userID":"gustav"}',
        b'{%b,"userID":"gustav","userID":"new2"}',
        b'{%b,"userID":"","userID":"gustav"}',
        b'{%b,"userID":"gust\\u0061v"}',
        b'{%b,"user\\u0049D":"gustav"}',
        b'{%b,"userID":"gustav","x":' + b"9" * 5000 + b"}",
        b'{%b,"userID":"gustav","x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{%b,"userID":"gustav","x":"\\ud800"}',
    ):
        answer = tenant.http.post("/v1/users/register", content=body.replace(b"%b", object_type), headers=json_type)
        assert answer.status_code == 401, body[:80]
    for form in (b"user=new3&user=gustav", b"user=gustav&user=new3", b"user=%67ustav", b"a=1&user=gustav"):
        form_type = {"Content-Type": "application/x-www-form-urlencoded"}
        assert tenant.http.post("/bank/register", content=form, headers=form_type).status_code == 303, form
    made = tenant.http.post("/v1/users/register", json={**kind, "userID": "gustav"}, auth=ADMIN)
    assert made.is_success


def test_registrations_have_a_rate(tenant: Tenant) -> None:
    for number in range(10):
        tenant.register(f"many{number}")
    body = {"objectType": "RegisterUserInputEx", "userID": "many10"}
    refused = tenant.http.post("/v1/users/register", json=body)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "60"
    assert tenant.http.post("/v1/users/register", json=body, auth=ADMIN).is_success
    tenant.clock.move(60)
    assert tenant.http.post("/v1/users/register", json={**body, "userID": "many11"}).is_success


def test_few_static_passwords_wait(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many an outsider sends at once, codes are still looked at."""
    tenant.register("hanna", staticPassword="Test1234")
    device = tenant.activated("ida")
    begun, go_on = threading.Semaphore(0), threading.Event()

    def slow(password: str, kept: str | None) -> bool:
        begun.release()
        return go_on.wait(30)

    def login() -> httpx.Response:
        return tenant.login("hanna", credentials={"passKey": "Test1234"})

    monkeypatch.setattr(logins, "is_password", slow)
    with ThreadPoolExecutor(MOST_WAITING + 1) as pool:
        try:
            waiting = [pool.submit(login) for _ in range(MOST_WAITING)]
            assert all(begun.acquire(timeout=20) for _ in waiting)
            refused = pool.submit(login).result(10)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            assert tenant.http.post("/bank/register", data={"user": "jan"}).status_code == 429
            assert tenant.login("ida", device.otp(tenant.clock.now())).json() == ACCEPTED
        finally:
            go_on.set()
        assert [answer.result().json() for answer in waiting] == [ACCEPTED] * MOST_WAITING
    assert login().json() == ACCEPTED


def test_all_wait_where_nobody_is_an_outsider() -> None:
    turns = Turns(None)
    with ExitStack() as held:
        for _ in range(10 * MOST_WAITING):
            held.enter_context(turns.one())


def test_a_password_on_loopback(tmp_path: Path, hashed: str) -> None:
    server = SandboxServer(chosen(tmp_path, admin_password_hash=hashed))
    server.start()
    try:
        with httpx.Client(base_url=server.url) as http:
            assert http.get("/softtoken/v1/log").status_code == 401
            cookie = http.post("/admin/login", data={"password": PASSWORD}).headers["set-cookie"]
            assert cookie.startswith("softtoken-administration=")
            assert "secure" not in cookie.lower()
            assert http.get("/softtoken/v1/log").is_success
    finally:
        server.stop()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert hashed.encode() not in kept
    assert PASSWORD.encode() not in kept


def test_without_a_password_nobody_logs_in(tmp_path: Path) -> None:
    server = SandboxServer(chosen(tmp_path))
    server.start()
    try:
        with httpx.Client(base_url=server.url) as http:
            for answer in (http.get("/admin/login"), http.post("/admin/login", data={"password": "x"})):
                assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
            assert "Log out" not in http.get("/admin").text
    finally:
        server.stop()


def command(*arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
    """`softtoken sandbox` with the password on standard input; for what ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "softtoken", "sandbox", "--port", "0", *arguments],
        input=None if password is None else f"{password}\n",
        stdin=subprocess.DEVNULL if password is None else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_the_command_refuses(tmp_path: Path) -> None:
    exposed = ("--host", EVERYWHERE)
    stdin = ("--admin-password-fd", "0")
    data = ("--data", str(tmp_path / "data"))
    locked = own(tmp_path / "locked", passphrase=b"secret", now=SystemClock().now())
    given = ("--tls-cert", str(locked.certificate), "--tls-key", str(locked.key))
    cases = (
        (exposed, None, 2, "HTTPS only"),
        ((*exposed, "--self-signed"), None, 2, "--admin-password-fd"),
        ((*exposed, "--self-signed", "--name", "a.test", *stdin), "short", 2, "at least 12 characters"),
        ((*exposed, "--self-signed", *stdin), PASSWORD, 2, "--name"),
        ((*exposed, "--self-signed", "--name", "ä b", *stdin), PASSWORD, 2, "no host name"),
        (("--self-signed", *given), None, 2, "exclude"),
        (("--tls-key", "key.pem"), None, 2, "--tls-cert"),
        (given, None, 3, "has a passphrase"),
        (("--tls-cert", str(tmp_path / "none")), None, 3, "cannot be read"),
    )
    for arguments, password, status, said in cases:
        ended = command(*arguments, *data, password=password)
        assert (ended.returncode, said in ended.stderr) == (status, True), (arguments, ended.stderr)
        assert "Traceback" not in ended.stderr
        assert PASSWORD not in ended.stdout + ended.stderr


def test_the_command_serves_others(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--host", EVERYWHERE, "--name", "bank.test", "--self-signed", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "softtoken", "sandbox", *arguments, "--admin-password-fd", "0", "--data", tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(f"{PASSWORD}\n")
            program.stdin.flush()
            told = json.loads(program.stdout.readline())
            assert told["url"].startswith("https://bank.test:")
            assert told["fingerprint"] == fingerprint(Path(told["certificate"]))
            trust = ssl.create_default_context(cafile=told["certificate"])
            with httpx.Client(base_url=told["url"].replace("bank.test", "127.0.0.1"), verify=trust) as http:
                assert http.get("/softtoken/v1/log").status_code == 401
                assert http.get("/softtoken/v1/log", auth=ADMIN).is_success
        finally:
            program.terminate()
            program.wait(20)
