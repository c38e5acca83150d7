"""Nothing switches the verification of TLS off: no setting, no environment, no line of the program."""

import ast
import itertools
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from iaa.certificates import Authority
from iaa.scripted import Request, ScriptedServer

import softtoken
from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import BadAnswer, Reason, Unreachable
from softtoken.iaa.messages import LoginRequest
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable
from softtoken.iaa.settings import NetworkSettings, PemCertificate, ProxyServer, ProxyUse
from softtoken.iaa.transport import DeadlineTransport
from softtoken.iaa.trust import os_trust

HOST = "gateway.example"
LOGIN = LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00")


def here(host: str, port: int) -> Sequence[str]:
    return ("127.0.0.1",)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def impostor(tmp_path: Path, run_server: Callable[..., ScriptedServer]) -> ScriptedServer:
    """A server with a certificate for the right host from an authority that nobody trusts."""
    folder = tmp_path / "impostor"
    folder.mkdir()
    return run_server(Authority(folder).server(HOST))


def reason(server: ScriptedServer, settings: NetworkSettings) -> Reason:
    transport = DeadlineTransport(settings, resolve=here)
    with IaaClient(f"https://{HOST}:{server.server_port}", transport=transport) as client:
        with pytest.raises(Unreachable) as caught:
            client.login("a@b", LOGIN)
        return caught.value.reason


def every_setting(authority: Authority, folder: Path) -> Iterator[NetworkSettings]:
    device = authority.issue("device-7")
    file = folder / "device.pem"
    file.write_bytes(device.pem + device.key_pem())
    file.chmod(0o600)
    proxies: tuple[ProxyUse | ProxyServer, ...] = (
        ProxyUse.NONE,
        ProxyUse.SYSTEM,
        ProxyServer("http://127.0.0.1:9"),
    )
    for proxy, seconds, ca_file, certificate in itertools.product(
        proxies,
        (0.0, 10.0, 1e9),
        (None, authority.bundle),
        (None, PemCertificate(file)),
    ):
        yield NetworkSettings(proxy, seconds, ca_file, certificate)


def test_no_setting_does(
    authority: Authority, impostor: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    walked = {name: set[object]() for name in NetworkSettings.__dataclass_fields__}
    for settings in every_setting(authority, tmp_path):
        for name, values in walked.items():
            values.add(getattr(settings, name))
        expected = Reason.PROXY_UNREACHABLE if isinstance(settings.proxy, ProxyServer) else Reason.UNKNOWN_AUTHORITY
        assert reason(impostor, settings) is expected
    assert all(len(values) > 1 for values in walked.values()), "a setting that this test does not walk"
    assert impostor.seen == []


def test_a_context_that_does_not_verify_is_not_taken(impostor: ScriptedServer) -> None:
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lax.check_hostname = False
    lax.verify_mode = ssl.CERT_NONE
    nameless = ssl.create_default_context()
    nameless.check_hostname = False
    for context in (lax, nameless):
        transport = DeadlineTransport(trust=partial(_made, context), resolve=here)
        client = IaaClient(f"https://{HOST}:{impostor.server_port}", transport=transport)
        with client, pytest.raises(ValueError, match="does not verify"):
            client.login("a@b", LOGIN)
    assert impostor.seen == []


def _made(context: ssl.SSLContext) -> ssl.SSLContext:
    return context


CHILD = """
import json, os, ssl, sys
from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import IaaError
from softtoken.iaa.trust import os_trust
context = os_trust()
try:
    IaaClient(sys.argv[1]).check_status("a")
    said = "ANSWERED"
except IaaError as error:
    said = str(getattr(error, "reason", error))
usual = ssl.create_default_context()
print(json.dumps({
    "said": said,
    "verifies": context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname,
    "oldest": context.minimum_version,
    "keys": context.keylog_filename,
    "usual_roots": usual.cert_store_stats()["x509_ca"],
    "usual_keys": usual.keylog_filename,
}))
"""


def in_a_process(origin: str, **environment: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, origin],
        env={**os.environ, "PYTHONPATH": str(Path(softtoken.__file__).parents[1]), **environment},
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl program")
def test_no_environment_does(tmp_path: Path, run_server: Callable[..., ScriptedServer]) -> None:
    """Each variable names the impostor's authority, or asks for less than TLS; loopback, so no proxy is in the way."""
    impostor = Authority(tmp_path)
    server = run_server(impostor.server("localhost"))
    folder = tmp_path / "roots"
    folder.mkdir()
    # what OpenSSL looks for in a folder is the hash of the authority's name
    named = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", impostor.bundle], capture_output=True, check=True, text=True
    )
    (folder / f"{named.stdout.strip()}.0").write_bytes(impostor.bundle.read_bytes())
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\n"
        f"CipherString = ALL:@SECLEVEL=0\nVerifyMode = Once\nVerifyCAFile = {impostor.bundle}\n"
    )
    bundle, keys = str(impostor.bundle), str(tmp_path / "keys.log")
    found = in_a_process(
        f"https://localhost:{server.server_port}",
        SSL_CERT_FILE=bundle, SSL_CERT_DIR=str(folder), REQUESTS_CA_BUNDLE=bundle, CURL_CA_BUNDLE=bundle,
        PYTHONHTTPSVERIFY="0", SSLKEYLOGFILE=keys, OPENSSL_CONF=str(configuration),
        NODE_TLS_REJECT_UNAUTHORIZED="0", GIT_SSL_NO_VERIFY="1", HTTPX_VERIFY="0",
    )  # fmt: skip
    assert found["said"] == "UNKNOWN_AUTHORITY"
    assert found["verifies"] is True
    assert found["oldest"] == ssl.TLSVersion.TLSv1_2
    assert found["keys"] is None
    assert server.seen == []
    # the same variables do move Python's usual context, so this test can fail
    assert (found["usual_roots"], found["usual_keys"]) == (1, keys)


def test_no_line_of_the_program_does() -> None:
    """Outside the sandbox, which is a server: no name and no argument that loosens a context of a client."""
    package = Path(softtoken.__file__).parent
    found = []
    for path in sorted(package.rglob("*.py")):
        if "sandbox" in path.relative_to(package).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Attribute(attr=name) | ast.Name(id=name) if name in _LOOSE:
                    found.append(f"{path}:{node.lineno}: {name}")
                case ast.keyword(arg="verify" | "verify_mode" | "check_hostname" as name):
                    found.append(f"{path}:{node.value.lineno}: {name}=")
                case ast.Assign(targets=[ast.Attribute(attr="check_hostname")], value=ast.Constant(value=value)):
                    found += [] if value is True else [f"{path}:{node.lineno}: check_hostname"]
    assert found == []


_LOOSE = {"CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "_create_default_https_context", "wrap_socket"}


def test_a_private_authority_is_trusted_besides_and_not_instead(
    authority: Authority, tmp_path: Path, run_server: Callable[..., ScriptedServer]
) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    private = Authority(folder, "Private authority")
    settings = NetworkSettings(ProxyUse.NONE, ca_file=private.bundle)
    for server in (run_server(authority.server(HOST)), run_server(private.server(HOST))):
        transport = DeadlineTransport(settings, trust=authority.trusting, resolve=here)
        with IaaClient(f"https://{HOST}:{server.server_port}", transport=transport) as client:
            client.login("a@b", LOGIN)
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("content", "mode", "fault"),
    [
        (None, 0, FileFault.MISSING),
        (b"rubbish", 0o600, FileFault.FORMAT),
        (b"", 0o600, FileFault.FORMAT),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o600, FileFault.FORMAT),
        ("good", 0o602, FileFault.EXPOSED),
        ("good", 0o644, None),
    ],
)
def test_a_file_of_authorities(
    tmp_path: Path, run_server: Callable[..., ScriptedServer], content: bytes | str | None, mode: int,
    fault: FileFault | None,
) -> None:  # fmt: skip
    """Everybody may read it, and nobody else may add to it."""
    private = Authority(tmp_path)
    server = run_server(private.server(HOST))
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(private.bundle.read_bytes() if isinstance(content, str) else content)
        file.chmod(mode)
    transport = DeadlineTransport(NetworkSettings(ProxyUse.NONE, ca_file=file), resolve=here)
    with IaaClient(f"https://{HOST}:{server.server_port}", transport=transport) as client:
        if fault is None:
            client.login("a@b", LOGIN)
            return
        with pytest.raises(OwnFileUnusable) as caught:
            client.login("a@b", LOGIN)
    error = caught.value
    assert (error.role, error.fault, error.path, error.sent) == (FileRole.AUTHORITIES, fault, file, False)
    assert server.seen == []


def test_a_frozen_build_does_not_trust_the_folders_of_its_build_machine(
    authority: Authority, tmp_path: Path, run_server: Callable[..., ScriptedServer]
) -> None:
    """Where a bundle of this system is there, that is; else there would be no roots at all."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere = Authority(folder)
    built = ssl.DefaultVerifyPaths("", "", "", str(elsewhere.bundle), "", "/nowhere")
    server = run_server(elsewhere.server(HOST))

    def outcome(*bundles: str, frozen: bool) -> Reason | None:
        transport = DeadlineTransport(
            NetworkSettings(ProxyUse.NONE), trust=lambda: os_trust(lambda: built, bundles, frozen=frozen), resolve=here
        )
        try:
            IaaClient(f"https://{HOST}:{server.server_port}", transport=transport).login("a@b", LOGIN)
        except Unreachable as error:
            return error.reason
        return None

    assert outcome(str(authority.bundle), frozen=True) is Reason.UNKNOWN_AUTHORITY
    assert outcome(frozen=True) is None
    assert outcome(str(authority.bundle), frozen=False) is None


def test_the_systems_roots_are_there() -> None:
    if not any(Path(ssl.get_default_verify_paths().openssl_capath).glob("*.0")):
        assert os_trust().cert_store_stats()["x509_ca"] > 0


def page(text: str) -> Callable[[Request], None]:
    html = f"<html>\r\n<head><title>400</title></head>\r\n<body>\r\n<center>{text}</center>\r\n</body></html>"
    return lambda request: request.answer(400, html.encode(), "text/html", log_correlation_id="c-9")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No required SSL certificate was sent", Reason.CERTIFICATE_REQUIRED),
        ("The SSL certificate error", Reason.CERTIFICATE_REFUSED),
    ],
)
def test_a_gateway_that_says_it_on_a_page(
    server: ScriptedServer, client: IaaClient, text: str, expected: Reason
) -> None:
    """nginx finishes the handshake without a certificate, and then answers 400."""
    server.script = page(text)
    with pytest.raises(Unreachable) as caught:
        client.login("a@b", LOGIN)
    assert (caught.value.reason, caught.value.sent, caught.value.log_correlation_id) == (expected, True, "c-9")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 100\r\n\r\n{}",
        b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000,
        b"Content-Length: 2\r\n\r\n[}",
    ],
    ids=["broken off", "compressed", "too large", "no JSON"],
)
def test_what_support_asks_for_is_in_the_error_of_an_answer_that_is_none(
    server: ScriptedServer, client: IaaClient, head: bytes
) -> None:
    server.script = lambda request: request.raw(b"HTTP/1.1 200 OK\r\nlog-correlation-id: c-714346-7\r\n" + head)
    with pytest.raises((Unreachable, BadAnswer)) as caught:
        client.login("a@b", LOGIN)
    # and the code is not in it, though the server put it there
    assert caught.value.log_correlation_id == "c-\N{HORIZONTAL ELLIPSIS}-7"
