"""Proxies: which one is used, what it sees, and what is told when it does not help. Over real sockets."""

import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iaa.certificates import Authority
from iaa.scripted import ScriptedServer
from support.connect_proxy import ConnectProxy, proxying

from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.messages import LoginRequest
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable
from softtoken.iaa.proxies import BadProxy, excepted, parse_proxy, system_proxy
from softtoken.iaa.settings import NetworkSettings, PemCertificate, ProxyServer, ProxyUse
from softtoken.iaa.transport import DeadlineTransport

HOST = "gateway.example"
LOGIN = LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00")
LIMIT = 0.4
Run = Callable[..., ConnectProxy]


def here(host: str, port: int) -> Sequence[str]:
    return ("127.0.0.1",)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority, run_server: Callable[..., ScriptedServer]) -> ScriptedServer:
    return run_server(authority.server(HOST))


@pytest.fixture
def run_proxy(server: ScriptedServer) -> Iterator[Run]:
    """Starts CONNECT proxies before the server."""
    with contextlib.ExitStack() as stack:
        yield lambda **how: stack.enter_context(proxying(ConnectProxy(server.server_port, **how)))


@pytest.fixture
def client(authority: Authority) -> Callable[..., IaaClient]:
    """A client that trusts the authority and goes through a proxy."""

    def make(proxy: ProxyServer | ProxyUse, *, seconds: float = 10, **more: Path | PemCertificate) -> IaaClient:
        settings = NetworkSettings(proxy, **more)  # type: ignore[arg-type]
        transport = DeadlineTransport(settings, trust=authority.trusting, resolve=here)
        return IaaClient(f"https://{HOST}", transport=transport, timeout_seconds=seconds)

    return make


def failure(client: IaaClient) -> Unreachable:
    with client, pytest.raises(Unreachable) as caught:
        client.login("a@b", LOGIN)
    assert caught.value.__context__ is None
    return caught.value


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_sees_where_to_and_nothing_of_what(
    authority: Authority, server: ScriptedServer, run_proxy: Run, client: Callable[..., IaaClient], tmp_path: Path,
    scheme: str,
) -> None:  # fmt: skip
    """Also where the way to the proxy is TLS itself, with the request's TLS inside it."""
    password = tmp_path / "password"
    password.write_text("Planted pässword\n", "utf-8")
    password.chmod(0o600)
    proxy = run_proxy(tls=authority.server("127.0.0.1") if scheme == "https" else None)
    server.script = lambda request: request.answer(200, b'{"sessionStatus":"accepted"}' + b" " * 100_000)
    chosen = ProxyServer(f"{scheme}://{proxy.address}", "us:er", password_file=password)
    with client(chosen) as made:
        assert made.login("a@b", LOGIN).session_status == "accepted"
    [head] = proxy.heads
    assert head.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
    said = base64.b64encode("us:er:Planted pässword".encode())
    assert b"Proxy-Authorization: Basic " + said in head
    assert b"714346" not in head
    [(_, path, headers, _)] = server.seen
    assert path == "/v1/users/a@b/login"
    assert [name for name in headers if "proxy" in name.lower()] == []


def test_a_server_that_is_named_by_its_ipv6_address(
    authority: Authority, run_server: Callable[..., ScriptedServer]
) -> None:
    server = run_server(authority.server("2001:db8::7"))
    with proxying(ConnectProxy(server.server_port)) as proxy:
        transport = DeadlineTransport(NetworkSettings(ProxyServer(f"http://{proxy.address}")), trust=authority.trusting)
        with IaaClient("https://[2001:db8::7]:8443", transport=transport) as client:
            client.login("a@b", LOGIN)
    assert proxy.heads[0].startswith(b"CONNECT [2001:db8::7]:8443 HTTP/1.1\r\nHost: [2001:db8::7]:8443\r\n")
    assert server.seen[0][2]["Host"] == "[2001:db8::7]:8443"


def test_the_device_certificate_is_for_the_gateway_and_not_for_the_proxy(
    authority: Authority, run_server: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    server = run_server(authority.gateway(HOST))
    asking = authority.server("127.0.0.1")
    asking.verify_mode = ssl.CERT_OPTIONAL
    asking.load_verify_locations(authority.bundle)
    shown: list[object] = []

    class Asking(ConnectProxy):
        def _answer(self, client: socket.socket) -> None:
            with asking.wrap_socket(client, server_side=True) as secured:
                shown.append(secured.getpeercert())
                super()._answer(secured)

    device = authority.issue("device-7")
    file = tmp_path / "device.pem"
    file.write_bytes(device.pem + device.key_pem())
    file.chmod(0o600)
    with proxying(Asking(server.server_port)) as proxy:
        settings = NetworkSettings(ProxyServer(f"https://{proxy.address}"), certificate=PemCertificate(file))
        transport = DeadlineTransport(settings, trust=authority.trusting, resolve=here)
        with IaaClient(f"https://{HOST}", transport=transport) as client:
            client.login("a@b", LOGIN)
    assert shown == [None]
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("407 Proxy Authentication Required", Reason.PROXY_AUTHENTICATION),
        ("403 Forbidden", Reason.PROXY_REFUSED),
        ("405 Method Not Allowed", Reason.PROXY_REFUSED),
        ("302 Found", Reason.PROXY_REFUSED),
        ("200 OK\r\nContent-Length: 9", Reason.PROXY_FAILED),
        ("?", Reason.PROXY_FAILED),
        ("502 Bad Gateway", Reason.PROXY_FAILED),
        ("503 Service Unavailable", Reason.PROXY_FAILED),
        ("504 Gateway Timeout", Reason.PROXY_FAILED),
    ],
)
def test_a_proxy_that_says_no(
    run_proxy: Run, client: Callable[..., IaaClient], server: ScriptedServer, refusal: str, reason: Reason
) -> None:
    proxy = run_proxy(refusal=refusal)
    error = failure(client(ProxyServer(f"http://{proxy.address}")))
    assert (error.reason, error.sent) == (reason, False)
    assert server.seen == []


def test_no_proxy_there(client: Callable[..., IaaClient]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = failure(client(ProxyServer(f"http://127.0.0.1:{unused.getsockname()[1]}")))
    assert (error.reason, error.sent) == (Reason.PROXY_UNREACHABLE, False)


def test_a_proxy_of_an_unknown_name(authority: Authority) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    transport = DeadlineTransport(NetworkSettings(ProxyServer("http://proxy.example")), resolve=resolve)
    error = failure(IaaClient(f"https://{HOST}", transport=transport))
    assert (error.reason, error.sent) == (Reason.PROXY_UNREACHABLE, False)


@pytest.mark.parametrize("tls", [False, True])
def test_a_proxy_whose_own_certificate_is_not_accepted(
    authority: Authority, run_proxy: Run, client: Callable[..., IaaClient], tls: bool
) -> None:
    proxy = run_proxy(tls=authority.server("other.example") if tls else None)
    error = failure(client(ProxyServer(f"https://{proxy.address}")))
    assert (error.reason, error.sent) == (Reason.PROXY_TLS, False)


def test_a_proxy_that_opens_the_connection(
    tmp_path: Path, server: ScriptedServer, run_proxy: Run, client: Callable[..., IaaClient]
) -> None:
    """It is told as such, and only a file of the administrator's makes it acceptable."""
    inspecting = Authority(tmp_path, "Inspection")
    proxy = run_proxy(interception=inspecting.server(HOST))
    error = failure(client(ProxyServer(f"http://{proxy.address}")))
    assert (error.reason, error.sent) == (Reason.INTERCEPTED, False)
    assert server.seen == []
    # trusted besides, the handshake ends well; this proxy then hangs up
    error = failure(client(ProxyServer(f"http://{proxy.address}"), ca_file=inspecting.bundle))
    assert (error.reason, error.sent) == (Reason.LOST, True)


def test_straight_to_the_server_whatever_the_environment_says(
    authority: Authority, server: ScriptedServer, no_environment: pytest.MonkeyPatch
) -> None:
    no_environment.setenv("https_proxy", "http://127.0.0.1:9")
    settings = NetworkSettings(ProxyUse.NONE)
    transport = DeadlineTransport(settings, trust=authority.trusting, resolve=here)
    with IaaClient(f"https://{HOST}:{server.server_port}", transport=transport) as client:
        client.login("a@b", LOGIN)
    assert len(server.seen) == 1


def test_the_environments_proxy_with_its_password(
    server: ScriptedServer, run_proxy: Run, client: Callable[..., IaaClient], no_environment: pytest.MonkeyPatch
) -> None:
    proxy = run_proxy()
    no_environment.setenv("https_proxy", f"http://anna:p%40ss@{proxy.address}")
    with client(ProxyUse.SYSTEM) as made:
        made.login("a@b", LOGIN)
    assert base64.b64encode(b"anna:p@ss") in proxy.heads[0]
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"mute": True},
        {"trickle": 0.05},
        {"refusal": "200 OK"},
    ],
    ids=["mute", "trickle", "tunnel that ends"],
)
@pytest.mark.parametrize("tls", [False, True])
def test_one_limit_holds_through_proxy_and_tls(
    authority: Authority, run_proxy: Run, client: Callable[..., IaaClient], tls: bool, how: dict[str, object]
) -> None:
    """However many reads it takes, and with TLS inside TLS: trickle sends the server's handshake byte by byte."""
    proxy = run_proxy(tls=authority.server("127.0.0.1") if tls else None, **how)
    started = time.monotonic()
    error = failure(client(ProxyServer(f"{'https' if tls else 'http'}://{proxy.address}"), seconds=LIMIT))
    assert time.monotonic() - started < LIMIT * 4
    assert error.sent is False
    assert error.reason in ({Reason.LOST} if "refusal" in how else {Reason.TIMED_OUT})


def test_the_limit_holds_while_a_file_of_the_settings_is_read(tmp_path: Path) -> None:
    """A folder on a network that is gone: a pipe that nobody writes to does not answer either."""
    import os

    pipe = tmp_path / "ca.pem"
    os.mkfifo(pipe)
    transport = DeadlineTransport(NetworkSettings(ProxyUse.NONE, ca_file=pipe), resolve=here)
    started = time.monotonic()
    error = failure(IaaClient(f"https://{HOST}", transport=transport, timeout_seconds=LIMIT))
    assert time.monotonic() - started < LIMIT * 4
    assert (error.reason, error.sent) == (Reason.TIMED_OUT, False)
    os.close(os.open(pipe, os.O_WRONLY))  # let the thread that was left behind go


@pytest.mark.parametrize(
    ("mode", "content", "fault"),
    [
        (0o644, "secret", FileFault.EXPOSED),
        (0o600, "", FileFault.FORMAT),
    ],
)
def test_a_password_file_that_cannot_be_used(
    tmp_path: Path, client: Callable[..., IaaClient], mode: int, content: str, fault: FileFault
) -> None:
    file = tmp_path / "password"
    file.write_text(content)
    file.chmod(mode)
    error = failure(client(ProxyServer("http://127.0.0.1:9", "anna", password_file=file)))
    assert isinstance(error, OwnFileUnusable)
    assert (error.role, error.fault, error.path) == (FileRole.PROXY_PASSWORD, fault, file)


def test_no_credentials_in_errors_reprs_or_the_log(
    run_proxy: Run, client: Callable[..., IaaClient], no_environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    told = ""
    for refusal in ("", "407 Who are you", "403 No"):
        proxy = run_proxy(refusal=refusal)
        for chosen in (
            ProxyServer(f"http://{proxy.address}", "PlantedUser", "PlantedWord"),
            ProxyUse.SYSTEM,
        ):
            no_environment.setenv("https_proxy", f"PlantedUser:PlantedWord@{proxy.address}")
            made = client(chosen)
            try:
                made.login("a@b", LOGIN)
            except Unreachable as error:
                told += f"{error!r} {error} {vars(error)} {error.__cause__!r} {error.__context__!r}"
            assert b"Basic " + base64.b64encode(b"PlantedUser:PlantedWord") in proxy.heads[-1]
    for setting in ("socks5://PlantedUser:PlantedWord@proxy", "http://PlantedUser:PlantedWord@:x"):
        with pytest.raises(ValueError, match="fields of their own") as refused:
            ProxyServer(setting)
        with pytest.raises(BadProxy) as caught:
            parse_proxy(setting)
        told += f"{refused.value!r} {caught.value!r}"
    told += repr(ProxyServer("http://proxy", "PlantedUser", "PlantedWord"))
    told += repr(parse_proxy("PlantedUser:PlantedWord@proxy"))
    told += caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert "connect_tcp" in told
    for secret in ("PlantedUser", "PlantedWord", base64.b64encode(b"PlantedUser:PlantedWord").decode()):
        assert secret not in told


@pytest.mark.parametrize(
    "text", ["socks5://proxy:1080", "socks://proxy", "ftp://proxy", "http://", "://", "http://a b:x"]
)
def test_what_is_no_proxy(text: str) -> None:
    with pytest.raises(BadProxy):
        parse_proxy(text)
    assert (
        failure(
            IaaClient(f"https://{HOST}", transport=DeadlineTransport(NetworkSettings(ProxyServer(text)), resolve=here))
        ).reason
        is Reason.PROXY_SETTING
    )


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ("proxy", "proxy", 80, False),
        ("proxy:3128", "proxy", 3128, False),
        ("http://proxy:3128/", "proxy", 3128, False),
        ("https://proxy", "proxy", 443, True),
        ("http://[2001:db8::1]:8080", "2001:db8::1", 8080, False),
        ("http://bücher.example", "xn--bcher-kva.example", 80, False),
    ],
)
def test_how_a_proxy_may_be_written(text: str, host: str, port: int, tls: bool) -> None:
    proxy = parse_proxy(text)
    assert (proxy.host, proxy.port, proxy.tls, proxy.credentials) == (host, port, tls, None)


def test_what_the_environment_names(no_environment: pytest.MonkeyPatch) -> None:
    assert system_proxy(HOST, 443) is None
    no_environment.setenv("http_proxy", "http://wrong:1")
    assert system_proxy(HOST, 443) is None
    no_environment.setenv("ALL_PROXY", "http://all:1")
    assert system_proxy(HOST, 443) == "http://all:1"
    no_environment.setenv("HTTPS_PROXY", "http://upper:1")
    assert system_proxy(HOST, 443) == "http://upper:1"
    no_environment.setenv("https_proxy", "http://lower:1")
    assert system_proxy(HOST, 443) == "http://lower:1"
    no_environment.setenv("no_proxy", "example")
    assert system_proxy(HOST, 443) is None
    assert system_proxy("elsewhere.test", 443) == "http://lower:1"


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "named"),
    [
        ("", HOST, 443, False),
        ("*", HOST, 443, True),
        ("gateway.example", HOST, 443, True),
        ("GateWay.Example", HOST, 443, True),
        ("example", HOST, 443, True),
        (".example", HOST, 443, True),
        ("*.example", HOST, 443, True),
        ("ample", HOST, 443, False),
        ("a.gateway.example", HOST, 443, False),
        ("other, gateway.example", HOST, 443, True),
        ("other gateway.example", HOST, 443, True),
        ("gateway.example:443", HOST, 443, True),
        ("gateway.example:8443", HOST, 443, False),
        (".example:443", HOST, 443, True),
        (".", HOST, 443, False),
        ("192.0.2.7", "192.0.2.7", 443, True),
        ("192.0.2.0/24", "192.0.2.7", 443, True),
        ("192.0.3.0/24", "192.0.2.7", 443, False),
        ("192.0.2.7:443", "192.0.2.7", 443, True),
        ("192.0.2.7:8443", "192.0.2.7", 443, False),
        ("2001:db8::/32", "2001:db8::1", 443, True),
        ("[2001:db8::1]:443", "2001:db8::1", 443, True),
        ("2001:db8::1", "2001:db8::1", 443, True),
        ("0.2.7", "192.0.2.7", 443, False),
        ("192.0.2.0/24", HOST, 443, False),
    ],
)
def test_what_no_proxy_names(no_proxy: str, host: str, port: int, named: bool) -> None:
    assert excepted(no_proxy, host, port) is named


@given(st.text(max_size=40), st.sampled_from([HOST, "192.0.2.7", "2001:db8::1"]), st.integers(1, 65535))
def test_any_list_has_an_answer(no_proxy: str, host: str, port: int) -> None:
    assert excepted(no_proxy, host, port) in (True, False)
    assert excepted(f"{no_proxy},*", host, port)


@given(st.text(max_size=40))
def test_any_setting_is_a_proxy_or_none(text: str) -> None:
    with contextlib.suppress(BadProxy):
        proxy = parse_proxy(text)
        assert proxy.host
        assert 0 < proxy.port < 65536


def test_the_limit_holds_with_a_device_certificate(
    authority: Authority, run_server: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    """Its handshake comes byte by byte, through the tunnel of a TLS proxy."""
    server = run_server(authority.gateway(HOST))
    device = authority.issue("device-7")
    file = tmp_path / "device.pem"
    file.write_bytes(device.pem + device.key_pem())
    file.chmod(0o600)
    with proxying(ConnectProxy(server.server_port, tls=authority.server("127.0.0.1"), trickle=0.02)) as proxy:
        settings = NetworkSettings(ProxyServer(f"https://{proxy.address}"), certificate=PemCertificate(file))
        transport = DeadlineTransport(settings, trust=authority.trusting, resolve=here)
        started = time.monotonic()
        error = failure(IaaClient(f"https://{HOST}", transport=transport, timeout_seconds=LIMIT))
        assert time.monotonic() - started < LIMIT * 4
    assert (error.reason, error.sent) == (Reason.TIMED_OUT, False)
    assert server.seen == []


@pytest.mark.parametrize(
    "given", [{"url": "http://user:secret@proxy:8080"}, {"url": "http://proxy", "user": "\ud800"},
              {"url": "http://proxy", "user": "a", "password": "\udfff"}]
)  # fmt: skip
def test_what_would_be_shown_or_cannot_be_sent_is_refused_at_once(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fields of their own|half a character") as caught:
        ProxyServer(**given)
    assert "secret" not in str(caught.value)
