"""The client over real sockets: what a server, a network or a proxy can do to a call."""

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from iaa.certificates import Authority
from iaa.scripted import Request, Script, ScriptedServer

from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import (
    AnswerFault,
    AuthenticationFailed,
    BadAnswer,
    Forbidden,
    IaaError,
    NotFound,
    Reason,
    ServerFault,
    Unreachable,
    ValidationFailed,
)
from softtoken.iaa.messages import LoginRequest
from softtoken.iaa.proxies import system_proxy
from softtoken.iaa.transport import DeadlineTransport
from softtoken.iaa.trust import os_trust

LOGIN = LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00")
LIMIT = 0.4


def failure(client: IaaClient) -> IaaError:
    with client, pytest.raises(IaaError) as caught:
        client.login("a@b", LOGIN)
    assert caught.value.__context__ is None
    return caught.value


def unreachable(client: IaaClient) -> tuple[Reason, bool]:
    error = failure(client)
    assert isinstance(error, Unreachable)
    return error.reason, error.sent


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_login(server: ScriptedServer, client: IaaClient) -> None:
    server.script = lambda request: request.answer(
        200, b'{"riskResponseCode":0,"sessionStatus":"accepted"}', log_correlation_id="c-7"
    )
    answer = client.login("a/ü@b", LOGIN)
    assert (answer.session_status, answer.log_correlation_id) == ("accepted", "c-7")
    [(method, path, headers, body)] = server.seen
    assert (method, path) == ("POST", "/v1/users/a%2F%C3%BC@b/login")
    assert b"714346" in body
    assert headers["User-Agent"].startswith("SoftToken/")
    assert set(headers) == {
        "Host", "Accept", "Accept-Encoding", "Connection", "User-Agent", "Content-Type", "Content-Length",
    }  # fmt: skip


def test_localhost_needs_no_name_server(server: ScriptedServer) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(host)

    transport = DeadlineTransport(resolve=resolve)
    with IaaClient(f"http://localhost:{server.server_port}", transport=transport) as client:
        assert client.login("a@b", LOGIN).session_status is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ValidationFailed),
        (403, Forbidden),
        (404, NotFound),
        (409, AuthenticationFailed),
        (500, ServerFault),
        (502, ServerFault),
    ],
)
def test_statuses(server: ScriptedServer, client: IaaClient, status: int, kind: type[IaaError]) -> None:
    server.script = lambda request: request.answer(
        status, b'{"error":"x","message":"Authentication failed"}', log_correlation_id="c-8"
    )
    error = failure(client)
    assert type(error) is kind
    assert (error.http_status, error.message, error.log_correlation_id) == (status, "Authentication failed", "c-8")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server: ScriptedServer, client: IaaClient, status: int) -> None:
    server.script = lambda request: request.answer(status, b"", Location=f"{server.origin}/elsewhere")
    error = failure(client)
    assert isinstance(error, BadAnswer)
    assert error.fault is AnswerFault.REDIRECT
    assert len(server.seen) == 1


def test_cookies_are_not_kept(server: ScriptedServer, client: IaaClient) -> None:
    server.script = lambda request: request.answer(200, b"{}", Set_Cookie="a=b; Path=/")
    client.login("a@b", LOGIN)
    client.login("a@b", LOGIN)
    assert all("Cookie" not in headers for _, _, headers, _ in server.seen)


def test_a_content_type_does_not_decide(server: ScriptedServer, client: IaaClient) -> None:
    server.script = lambda request: request.answer(200, b'{"sessionStatus":"accepted"}', "text/html")
    assert client.login("a@b", LOGIN).session_status == "accepted"
    server.script = lambda request: request.answer(200, b"<html>sign in</html>", "application/json")
    error = failure(client)
    assert isinstance(error, BadAnswer)
    assert error.fault is AnswerFault.NOT_JSON


def test_an_oversized_body_is_not_read_to_its_end(server: ScriptedServer, client: IaaClient) -> None:
    def endless(request: Request) -> None:
        request.raw(b"HTTP/1.1 200 OK\r\n\r\n")
        request.drip(b" " * 100_000)

    server.script = endless
    error = failure(client)
    assert isinstance(error, BadAnswer)
    assert error.fault is AnswerFault.TOO_LARGE


def test_a_compressed_body_is_not_unpacked(server: ScriptedServer, client: IaaClient) -> None:
    server.script = lambda request: request.answer(200, b"\x1f\x8b", Content_Encoding="gzip")
    error = failure(client)
    assert isinstance(error, BadAnswer)
    assert error.fault is AnswerFault.ENCODING


def test_a_success_of_activate_needs_no_body(server: ScriptedServer) -> None:
    server.script = lambda request: request.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with IaaClient(server.origin, timeout_seconds=LIMIT) as client:
        client.activate("r", "714346")


def test_a_page_of_some_other_server_is_no_activation(server: ScriptedServer) -> None:
    server.script = lambda request: request.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>")
    with IaaClient(server.origin, timeout_seconds=LIMIT) as client, pytest.raises(BadAnswer):
        client.activate("r", "714346")


def raw(data: bytes) -> Script:
    return lambda request: request.raw(data)


@pytest.mark.parametrize(
    "script",
    [
        raw(b""),
        raw(b"HTTP/1.1 200"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"),
        raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"sessionStatus":"accepted"}'),
        raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n{"sessionStatus":"accepted"}'),
    ],
)
def test_an_answer_that_breaks_off_is_lost(server: ScriptedServer, client: IaaClient, script: Script) -> None:
    server.script = script
    assert unreachable(client) == (Reason.LOST, True)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x46" * 10 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_rubbish_is_no_answer(server: ScriptedServer, client: IaaClient, data: bytes) -> None:
    def say(request: Request) -> None:
        request.raw(data)
        # the connection stays open: what ends the call is the rubbish
        request.server.stopping.wait()

    server.script = say
    error = failure(client)
    assert isinstance(error, BadAnswer)
    assert error.fault is AnswerFault.NOT_HTTP


@pytest.mark.parametrize(
    ("head", "drops"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 403 No\r\n\r\n", b" "),
    ],
)
def test_a_slow_answer_meets_one_limit(server: ScriptedServer, head: bytes, drops: bytes) -> None:
    def slowly(request: Request) -> None:
        request.raw(head)
        request.drip(drops) if drops else request.hold()

    server.script = slowly
    with at_most(LIMIT * 4):
        assert unreachable(IaaClient(server.origin, timeout_seconds=LIMIT)) == (Reason.TIMED_OUT, True)
    assert len(server.seen) == 1


def test_a_login_that_the_server_may_hold_has_that_time_on_top(server: ScriptedServer) -> None:
    def held(request: Request) -> None:
        # longer than the client's own limit
        request.server.stopping.wait(LIMIT * 1.5)
        request.answer(200, b'{"sessionStatus":"accepted"}')

    server.script = held
    patient = LoginRequest(otp="714346", relationship_ref="a", session_id="00", timeout=5)
    with IaaClient(server.origin, timeout_seconds=LIMIT) as client:
        assert client.login("a@b", patient).session_status == "accepted"


def test_refused(free_port: int) -> None:
    pauses: list[float] = []
    client = IaaClient(f"http://127.0.0.1:{free_port}", sleep=pauses.append)
    assert unreachable(client) == (Reason.REFUSED, False)
    assert pauses == []
    with pytest.raises(Unreachable):
        client.activate("r", "1")
    assert len(pauses) == 2


def test_a_lost_add_device_is_asked_for_again_by_the_caller(server: ScriptedServer, client: IaaClient) -> None:
    server.script = lambda request: request.raw(b"")
    with pytest.raises(Unreachable) as caught:
        client.add_device("r", "code")
    assert (caught.value.reason, len(server.seen)) == (Reason.LOST, 1)
    server.script = lambda request: request.answer(200, b'{"activationMessage2":"QUJD"}')
    assert client.add_device("r", "code").activation_message_2 == "QUJD"
    assert server.seen[0][3] == server.seen[1][3]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def here(host: str, port: int) -> Sequence[str]:
    return ("127.0.0.1",)


def test_tls_with_a_trusted_certificate(authority: Authority, run_server: Callable[..., ScriptedServer]) -> None:
    server = run_server(authority.server("iaa.example"))
    transport = DeadlineTransport(trust=authority.trusting, proxy=lambda *_: None, resolve=here)
    with IaaClient(f"https://IAA.example:{server.server_port}", transport=transport) as client:
        client.login("a@b", LOGIN)
    assert server.seen[0][2]["Host"] == f"iaa.example:{server.server_port}"


def test_the_next_address_is_tried(authority: Authority, run_server: Callable[..., ScriptedServer]) -> None:
    server = run_server(authority.server("iaa.example"))
    transport = DeadlineTransport(
        trust=authority.trusting, proxy=lambda *_: None, resolve=lambda host, port: ("127.0.0.77", "127.0.0.1")
    )
    with IaaClient(f"https://iaa.example:{server.server_port}", transport=transport) as client:
        client.login("a@b", LOGIN)
    assert len(server.seen) == 1


def test_an_answer_that_breaks_off_inside_tls_is_lost(
    authority: Authority, run_server: Callable[..., ScriptedServer]
) -> None:
    server = run_server(authority.server("iaa.example"))
    server.script = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    transport = DeadlineTransport(trust=authority.trusting, proxy=lambda *_: None, resolve=here)
    client = IaaClient(f"https://iaa.example:{server.server_port}", transport=transport)
    assert unreachable(client) == (Reason.LOST, True)


def test_no_address_answers(free_port: int) -> None:
    for addresses, reason in ((("127.0.0.77", "127.0.0.1"), Reason.REFUSED), ((), Reason.OTHER)):
        transport = DeadlineTransport(proxy=lambda *_: None, resolve=lambda *_, found=addresses: found)
        client = IaaClient(f"https://iaa.example:{free_port}", transport=transport)
        assert unreachable(client) == (reason, False)


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [("iaa.example", False, Reason.UNKNOWN_AUTHORITY), ("other.example", True, Reason.WRONG_HOST)],
)
def test_tls_with_another_certificate(
    authority: Authority, run_server: Callable[..., ScriptedServer], name: str, trusted: bool, reason: Reason
) -> None:
    server = run_server(authority.server(name))
    trust = authority.trusting if trusted else os_trust
    transport = DeadlineTransport(trust=trust, proxy=lambda *_: None, resolve=here)
    client = IaaClient(f"https://iaa.example:{server.server_port}", transport=transport)
    assert unreachable(client) == (reason, False)
    assert server.seen == []


def test_the_default_client_verifies(authority: Authority, run_server: Callable[..., ScriptedServer]) -> None:
    server = run_server(authority.server("localhost"))
    client = IaaClient(f"https://localhost:{server.server_port}")
    assert unreachable(client) == (Reason.UNKNOWN_AUTHORITY, False)


def test_https_to_a_server_without_tls(server: ScriptedServer) -> None:
    assert unreachable(IaaClient(f"https://127.0.0.1:{server.server_port}")) == (Reason.NOT_TLS, False)


def test_a_handshake_that_never_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, at_most(LIMIT * 4):
        client = IaaClient(f"https://127.0.0.1:{mute.getsockname()[1]}", timeout_seconds=LIMIT)
        assert unreachable(client) == (Reason.TIMED_OUT, False)


def test_a_name_that_does_not_exist() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    transport = DeadlineTransport(proxy=lambda *_: None, resolve=resolve)
    client = IaaClient("https://iaa.example", transport=transport)
    assert unreachable(client) == (Reason.NAME_NOT_FOUND, False)


def test_a_name_server_that_never_answers() -> None:
    over = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        over.wait()
        return ()

    transport = DeadlineTransport(proxy=lambda *_: None, resolve=resolve)
    with at_most(LIMIT * 4):
        client = IaaClient("https://iaa.example", transport=transport, timeout_seconds=LIMIT)
        assert unreachable(client) == (Reason.TIMED_OUT, False)
    over.set()


class Proxy:
    """A CONNECT proxy: tunnels to one port, or refuses. Keeps the heads that it was sent."""

    def __init__(self, port: int | None) -> None:
        self.heads: list[bytes] = []
        self._port = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        client, _ = self._socket.accept()
        with client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.heads.append(head)
            if self._port is None:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                _tunnel(client, server)


def _tunnel(left: socket.socket, right: socket.socket) -> None:
    while True:
        for one in select.select([left, right], [], [])[0]:
            data = one.recv(65536)
            if not data:
                return
            (right if one is left else left).sendall(data)


def test_a_proxy_sees_a_tunnel_and_nothing_else(
    authority: Authority, run_server: Callable[..., ScriptedServer]
) -> None:
    server = run_server(authority.server("iaa.example"))
    proxy = Proxy(server.server_port)
    transport = DeadlineTransport(
        trust=authority.trusting, proxy=lambda *_: f"http://user:pass@{proxy.address}", resolve=lambda *_: ()
    )
    with IaaClient("https://iaa.example", transport=transport) as client:
        client.login("a@b", LOGIN)
    proxy.close()
    [head] = proxy.heads
    assert head.startswith(b"CONNECT iaa.example:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in head
    assert [name for _, _, headers, _ in server.seen for name in headers if "proxy" in name.lower()] == []


def test_a_proxy_that_refuses(authority: Authority) -> None:
    proxy = Proxy(None)
    transport = DeadlineTransport(trust=authority.trusting, proxy=lambda *_: proxy.address)
    assert unreachable(IaaClient("https://iaa.example", transport=transport)) == (Reason.PROXY_AUTHENTICATION, False)
    proxy.close()


def test_a_kind_of_proxy_that_is_not_spoken() -> None:
    transport = DeadlineTransport(proxy=lambda *_: "socks5://127.0.0.1:1080")
    assert unreachable(IaaClient("https://iaa.example", transport=transport)) == (Reason.PROXY_SETTING, False)


@pytest.mark.parametrize("setting", ["http://a b:x", "http://\x00", "://", "http://"])
def test_a_rubbish_proxy_setting(setting: str) -> None:
    transport = DeadlineTransport(proxy=lambda *_: setting, resolve=here)
    assert unreachable(IaaClient("https://iaa.example", transport=transport)) == (Reason.PROXY_SETTING, False)


def test_this_machine_is_reached_without_proxy(server: ScriptedServer) -> None:
    def proxy(host: str, port: int) -> str | None:
        raise AssertionError(host)

    for host in ("127.0.0.1", "localhost"):
        with IaaClient(f"http://{host}:{server.server_port}", transport=DeadlineTransport(proxy=proxy)) as client:
            client.login("a@b", LOGIN)


def test_the_systems_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert system_proxy("iaa.example", 443) == "http://proxy.example:3128"
    assert system_proxy("a.inside.example", 443) is None


def no_roots() -> ssl.DefaultVerifyPaths:
    return ssl.DefaultVerifyPaths("", "", "", "/nowhere", "", "/nowhere")


def test_trust_falls_back_to_the_systems_bundle(
    authority: Authority, run_server: Callable[..., ScriptedServer]
) -> None:
    server = run_server(authority.server("iaa.example"))

    def client(*bundles: str) -> IaaClient:
        transport = DeadlineTransport(trust=lambda: os_trust(no_roots, bundles), proxy=lambda *_: None, resolve=here)
        return IaaClient(f"https://iaa.example:{server.server_port}", transport=transport)

    assert unreachable(client("/nowhere")) == (Reason.UNKNOWN_AUTHORITY, False)
    with client("/nowhere", str(authority.bundle)) as trusting:
        trusting.login("a@b", LOGIN)


def test_the_systems_trust_verifies() -> None:
    context = os_trust()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
