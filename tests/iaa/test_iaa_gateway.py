"""A gateway that asks for the device's certificate, over real TLS: what it is shown, and what is told if not."""

import base64
import contextlib
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iaa.certificates import EXPIRED, NOT_YET, NOW_VALID, Authority, Days, Issued
from iaa.scripted import Request, ScriptedServer

from softtoken.iaa.client import IaaClient
from softtoken.iaa.device_certificate import load_certificate
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.messages import LoginRequest
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable
from softtoken.iaa.settings import NetworkSettings, PemCertificate, Pkcs12Certificate, ProxyUse
from softtoken.iaa.transport import DeadlineTransport
from softtoken.iaa.trust import trust_besides

HOST = "gateway.example"
LOGIN = LoginRequest.with_otp(otp="714346", relationship_ref="a", session_id="00")
PASSPHRASE = "Planted päss phrase"
BOTH = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
Certificate = PemCertificate | Pkcs12Certificate | None
Pem, P12 = PemCertificate, Pkcs12Certificate


def here(host: str, port: int) -> Sequence[str]:
    return ("127.0.0.1",)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of ours; its path."""

    def write(name: str, content: bytes | str, mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    return write


def client_of(server: ScriptedServer, authority: Authority, certificate: Certificate, **more: Any) -> IaaClient:
    way = NetworkSettings(ProxyUse.NONE, certificate=certificate)
    transport = DeadlineTransport(way, trust=authority.trusting, resolve=here, **more)
    return IaaClient(f"https://{HOST}:{server.server_port}", transport=transport)


def log_in(client: IaaClient) -> str | None:
    with client:
        return client.login("a@b", LOGIN).session_status


def failure(client: IaaClient) -> Unreachable:
    with client, pytest.raises(Unreachable) as caught:
        client.login("a@b", LOGIN)
    assert caught.value.__context__ is None
    return caught.value


def file_failure(client: IaaClient) -> tuple[FileRole, FileFault, str]:
    error = failure(client)
    assert isinstance(error, OwnFileUnusable)
    assert (error.reason, error.sent) == (Reason.OWN_FILE, False)
    return error.role, error.fault, error.path.name


Write = Callable[[Callable[..., Path], Issued], Certificate]


def pair(keep: Callable[..., Path], device: Issued) -> Certificate:
    return PemCertificate(keep("device.pem", device.pem, 0o644), keep("device.key", device.key_pem()))


def pair_with_passphrase(keep: Callable[..., Path], device: Issued) -> Certificate:
    key = keep("device.key", device.key_pem(PASSPHRASE))
    return PemCertificate(keep("device.pem", device.pem), key, keep("passphrase", f"{PASSPHRASE}\r\nand a note\n"))


def old_pair_with_passphrase(keep: Callable[..., Path], device: Issued) -> Certificate:
    key = keep("device.key", device.key_pem(PASSPHRASE, PrivateFormat.TraditionalOpenSSL))
    return PemCertificate(keep("device.pem", device.pem), key, keep("passphrase", PASSPHRASE))


def combined(keep: Callable[..., Path], device: Issued) -> Certificate:
    return PemCertificate(keep("device.pem", device.pem + device.key_pem()))


def combined_upside_down(keep: Callable[..., Path], device: Issued) -> Certificate:
    """The authority first, comments in between, as tools export it; the line ends are Windows'."""
    above = Issued(device.key, device.authority, device.authority).pem
    text = b"Bag Attributes\n" + device.key_pem() + above + b"subject=CN = device\n" + device.pem
    return PemCertificate(keep("device.pem", text.replace(b"\n", b"\r\n")))


def open_key_with_a_passphrase_file(keep: Callable[..., Path], device: Issued) -> Certificate:
    return PemCertificate(keep("device.pem", device.pem + device.key_pem()), None, keep("passphrase", PASSPHRASE))


def bundle(keep: Callable[..., Path], device: Issued) -> Certificate:
    return Pkcs12Certificate(keep("device.p12", device.pkcs12()))


def bundle_with_passphrase(keep: Callable[..., Path], device: Issued) -> Certificate:
    return Pkcs12Certificate(keep("device.p12", device.pkcs12(PASSPHRASE)), keep("passphrase", PASSPHRASE))


@BOTH
@pytest.mark.parametrize(
    "write",
    [pair, pair_with_passphrase, old_pair_with_passphrase, combined, combined_upside_down,
     open_key_with_a_passphrase_file, bundle, bundle_with_passphrase],
)  # fmt: skip
def test_the_gateway_is_shown_the_certificate(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path],
    write: Write, version: ssl.TLSVersion,
) -> None:  # fmt: skip
    context = authority.gateway(HOST)
    context.minimum_version = context.maximum_version = version
    server = run_server(context)
    server.script = lambda request: request.answer(200, b'{"sessionStatus":"accepted"}')
    device = authority.issue("device-7")
    assert log_in(client_of(server, authority, write(keep, device))) == "accepted"
    assert len(server.seen) == 1


def test_an_rsa_key_and_intermediate_authorities(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path]
) -> None:
    server = run_server(authority.gateway(HOST))
    device = authority.issue("device-7", key=rsa.generate_private_key(65537, 2048))
    assert log_in(client_of(server, authority, pair(keep, device))) is None
    assert len(server.seen) == 1


def test_a_server_that_does_not_ask_is_shown_none(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path]
) -> None:
    context = authority.server(HOST)
    server = run_server(context)
    log_in(client_of(server, authority, combined(keep, authority.issue("device-7"))))
    assert len(server.seen) == 1


@pytest.mark.parametrize("has_one", [True, False])
def test_a_gateway_that_asks_only_once_it_has_seen_the_request(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path], has_one: bool
) -> None:
    """Post-handshake authentication, as of a web server that wants a certificate below one path alone."""
    context = authority.gateway(HOST)
    context.post_handshake_auth = True
    server = run_server(context)
    shown: list[object] = []

    def ask(request: Request) -> None:
        tls = request.connection
        assert isinstance(tls, ssl.SSLSocket)
        shown.append(tls.getpeercert())
        tls.verify_client_post_handshake()
        tls.do_handshake()  # which sends the question
        tls.settimeout(0.02)
        while not tls.getpeercert() and not request.server.stopping.is_set():
            with contextlib.suppress(TimeoutError):  # the answer comes without a byte of HTTP
                tls.recv(1)
        tls.settimeout(None)
        shown.append(tls.getpeercert())
        request.answer(200, b'{"sessionStatus":"accepted"}')

    server.script = ask
    client = client_of(server, authority, combined(keep, authority.issue("device-7")) if has_one else None)
    if has_one:
        assert log_in(client) == "accepted"
        assert [bool(certificate) for certificate in shown] == [False, True]
    else:
        assert failure(client).sent
        assert [bool(certificate) for certificate in shown] == [False]


@BOTH
def test_it_asks_and_we_have_none(
    authority: Authority, run_server: Callable[..., ScriptedServer], version: ssl.TLSVersion
) -> None:
    context = authority.gateway(HOST)
    context.minimum_version = context.maximum_version = version
    server = run_server(context)
    error = failure(client_of(server, authority, None))
    assert error.reason is Reason.CERTIFICATE_REQUIRED
    # with TLS 1.3 the server says no only after the request left; it never reads it
    assert error.sent is (version is ssl.TLSVersion.TLSv1_3)
    assert server.seen == []


@BOTH
@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (EXPIRED, Reason.CERTIFICATE_EXPIRED),
        (NOT_YET, Reason.CERTIFICATE_NOT_YET_VALID),
        (NOW_VALID, Reason.CERTIFICATE_REFUSED),
    ],
)
def test_it_does_not_take_ours(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path], tmp_path: Path,
    version: ssl.TLSVersion, days: Days, reason: Reason,
) -> None:  # fmt: skip
    """NOW_VALID: it was issued by somebody whom the gateway does not know."""
    context = authority.gateway(HOST)
    context.minimum_version = context.maximum_version = version
    server = run_server(context)
    issuer = Authority(tmp_path, "Other authority") if days is NOW_VALID else authority
    device = issuer.issue("device-7", days=days)
    error = failure(client_of(server, authority, combined(keep, device)))
    assert error.reason is reason
    assert server.seen == []


def test_the_servers_word_counts_where_our_clock_says_otherwise(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path]
) -> None:
    server = run_server(authority.gateway(HOST))
    device = authority.issue("device-7", days=EXPIRED)
    error = failure(client_of(server, authority, combined(keep, device), now=lambda: time.time() - 2.5 * 86400))
    assert error.reason is Reason.CERTIFICATE_EXPIRED
    good = authority.issue("device-8")
    # a certificate that our own clock thinks expired is shown all the same
    log_in(client_of(server, authority, combined(keep, good), now=lambda: time.time() + 50 * 86400))
    assert len(server.seen) == 1


def exposed(keep: Callable[..., Path], device: Issued) -> Certificate:
    return PemCertificate(keep("device.pem", device.pem), keep("device.key", device.key_pem(), 0o644))


def exposed_combined(keep: Callable[..., Path], device: Issued) -> Certificate:
    return PemCertificate(keep("device.pem", device.pem + device.key_pem(), 0o604))


def exposed_pkcs12(keep: Callable[..., Path], device: Issued) -> Certificate:
    return Pkcs12Certificate(keep("device.p12", device.pkcs12(), 0o602))


def exposed_passphrase(keep: Callable[..., Path], device: Issued) -> Certificate:
    return Pkcs12Certificate(keep("device.p12", device.pkcs12("x")), keep("passphrase", "x", 0o644))


def another_key(keep: Callable[..., Path], device: Issued) -> Certificate:
    other = Authority(device_folder(keep)).issue("other")
    return PemCertificate(keep("device.pem", device.pem), keep("device.key", other.key_pem()))


def device_folder(keep: Callable[..., Path]) -> Path:
    folder = keep("marker", "").parent / "other"
    folder.mkdir()
    return folder


def short_key(keep: Callable[..., Path], device: Issued) -> Certificate:
    weak = Authority(device_folder(keep)).issue("weak", key=rsa.generate_private_key(65537, 1024))  # noqa: S505
    return combined(keep, weak)


def broken_certificate(keep: Callable[..., Path], device: Issued) -> Certificate:
    text = device.pem.replace(b"M", b"N", 1)
    return PemCertificate(keep("device.pem", text), keep("device.key", device.key_pem()))


K, P, C, W = FileRole.KEY, FileRole.PKCS12, FileRole.CERTIFICATE, FileRole.PASSPHRASE
FILES: list[tuple[Write, FileRole, FileFault, str]] = [
    (lambda keep, device: Pem(Path("/nowhere/device.pem")), C, FileFault.MISSING, "device.pem"),
    (lambda keep, device: Pem(keep("device.pem", device.pem), Path("/nowhere/k")), K, FileFault.MISSING, "k"),
    (lambda keep, device: P12(Path("/nowhere/x.p12")), P, FileFault.MISSING, "x.p12"),
    (lambda keep, device: P12(Path("/nowhere/a\0b")), P, FileFault.UNREADABLE, "a\0b"),
    (lambda keep, device: P12(keep("x", "").parent), P, FileFault.UNREADABLE, "{folder}"),
    (exposed, K, FileFault.EXPOSED, "device.key"),
    (exposed_combined, C, FileFault.EXPOSED, "device.pem"),
    (exposed_pkcs12, P, FileFault.EXPOSED, "device.p12"),
    (exposed_passphrase, W, FileFault.EXPOSED, "passphrase"),
    (another_key, K, FileFault.WRONG_KEY, "device.key"),
    (short_key, C, FileFault.UNSUITABLE, "device.pem"),
    (broken_certificate, C, FileFault.FORMAT, "device.pem"),
    (lambda keep, device: Pem(keep("device.pem", device.pem)), C, FileFault.NO_KEY, "device.pem"),
    (lambda keep, device: Pem(keep("device.pem", device.key_pem())), C, FileFault.FORMAT, "device.pem"),
    (lambda keep, device: Pem(keep("device.pem", "rubbish")), C, FileFault.FORMAT, "device.pem"),
    (lambda keep, device: Pem(keep("device.pem", device.pem), keep("k", "rubbish")), K, FileFault.NO_KEY, "k"),
    (
        lambda keep, device: Pem(keep("device.pem", device.pem), keep("k", device.key_pem("x"))),
        K, FileFault.PASSPHRASE_NEEDED, "k",
    ),
    (
        lambda keep, device: Pem(
            keep("device.pem", device.pem), keep("k", device.key_pem("x")), keep("passphrase", "y")
        ),
        K, FileFault.WRONG_PASSPHRASE, "k",
    ),
    (
        lambda keep, device: Pem(keep("device.pem", device.pem + device.key_pem()), None, keep("w", "")),
        W, FileFault.FORMAT, "w",
    ),
    (
        lambda keep, device: Pem(keep("device.pem", device.pem + device.key_pem()), None, keep("w", b"\xff")),
        W, FileFault.FORMAT, "w",
    ),
    (lambda keep, device: P12(keep("x.p12", "rubbish")), P, FileFault.FORMAT, "x.p12"),
    (lambda keep, device: P12(keep("x.p12", device.pem)), P, FileFault.FORMAT, "x.p12"),
    (lambda keep, device: P12(keep("x.p12", b"0" * (2**20 + 1))), P, FileFault.FORMAT, "x.p12"),
    (lambda keep, device: P12(keep("x.p12", device.pkcs12("x"))), P, FileFault.PASSPHRASE_NEEDED, "x.p12"),
    (
        lambda keep, device: P12(keep("x.p12", device.pkcs12(PASSPHRASE)), keep("w", "wrong")),
        P, FileFault.WRONG_PASSPHRASE, "x.p12",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("write", "role", "fault", "name"), FILES)
def test_a_file_that_cannot_be_used_is_named_and_nothing_is_sent(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path],
    write: Write, role: FileRole, fault: FileFault, name: str, tmp_path: Path,
) -> None:  # fmt: skip
    server = run_server(authority.gateway(HOST))
    client = client_of(server, authority, write(keep, authority.issue("device-7")))
    assert file_failure(client) == (role, fault, name.format(folder=tmp_path.name))
    assert server.seen == []


def test_a_folder_that_others_may_change(
    authority: Authority, run_server: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    server = run_server(authority.gateway(HOST))
    folder = tmp_path / "shared"
    folder.mkdir()
    device = authority.issue("device-7")
    file = folder / "device.pem"
    file.write_bytes(device.pem + device.key_pem())
    file.chmod(0o600)
    folder.chmod(0o777)
    assert file_failure(client_of(server, authority, PemCertificate(file))) == (C, FileFault.EXPOSED, "device.pem")
    folder.chmod(0o1777)
    log_in(client_of(server, authority, PemCertificate(file)))


def test_a_file_of_another_user(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    server = run_server(authority.gateway(HOST))
    certificate = combined(keep, authority.issue("device-7"))
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:  # root's files may be anybody's
        os.chown(certificate.file, 4711, 4711)  # type: ignore[union-attr]
    assert file_failure(client_of(server, authority, certificate)) == (C, FileFault.FOREIGN, "device.pem")


def test_a_link_to_the_file_in_use_is_followed(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path], tmp_path: Path
) -> None:
    server = run_server(authority.gateway(HOST))
    combined(keep, authority.issue("device-7"))
    current = tmp_path / "current.pem"
    current.symlink_to(tmp_path / "device.pem")
    log_in(client_of(server, authority, PemCertificate(current)))
    assert len(server.seen) == 1


def test_a_renewed_certificate_needs_no_restart(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path]
) -> None:
    server = run_server(authority.gateway(HOST))
    certificate = combined(keep, authority.issue("device-7", days=EXPIRED))
    assert failure(client_of(server, authority, certificate)).reason is Reason.CERTIFICATE_EXPIRED
    combined(keep, authority.issue("device-7"))
    log_in(client_of(server, authority, certificate))
    assert len(server.seen) == 1


def test_neither_passphrase_nor_key_is_shown(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Not in an error, a repr or the log, and no temporary file is left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    caplog.set_level("DEBUG")
    server = run_server(authority.gateway(HOST))
    device = authority.issue("device-7")
    certificate = bundle_with_passphrase(keep, device)
    log_in(client_of(server, authority, certificate))
    assert list(temporary.iterdir()) == []
    server.script = lambda request: request.raw(b"")
    error = failure(client_of(server, authority, certificate))
    wrong = failure(client_of(server, authority, Pkcs12Certificate(certificate.file, keep("w", "Wrong one"))))  # type: ignore[union-attr]
    told = f"{error!r} {error} {wrong!r} {wrong} {vars(wrong)} {certificate!r} {caplog.text}"
    for secret in (PASSPHRASE, "Wrong one", device.key_pem().decode().splitlines()[1]):
        assert secret not in told


@pytest.mark.parametrize("oldest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_a_server_with_an_old_tls_is_refused(
    authority: Authority, run_server: Callable[..., ScriptedServer], oldest: ssl.TLSVersion
) -> None:
    context = authority.server(HOST)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = oldest
    server = run_server(context)
    error = failure(client_of(server, authority, None))
    assert (error.reason, error.sent) == (Reason.TLS_VERSION, False)


@BOTH
def test_the_name_is_sent_before_the_certificate_comes(
    authority: Authority, run_server: Callable[..., ScriptedServer], version: ssl.TLSVersion
) -> None:
    context = authority.server(HOST)
    context.minimum_version = context.maximum_version = version
    named: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    server = run_server(context)
    log_in(client_of(server, authority, None))
    assert named == [HOST]


@pytest.mark.parametrize(
    ("days", "self_signed", "reason"),
    [
        (EXPIRED, False, Reason.SERVER_EXPIRED),
        (NOT_YET, False, Reason.SERVER_NOT_YET_VALID),
        (NOW_VALID, True, Reason.SELF_SIGNED),
    ],
)
def test_a_certificate_of_the_servers_that_is_not_accepted(
    authority: Authority, run_server: Callable[..., ScriptedServer], days: Days, self_signed: bool, reason: Reason
) -> None:
    server = run_server(authority.server(HOST, days=days, self_signed=self_signed))
    error = failure(client_of(server, authority, None))
    assert (error.reason, error.sent) == (reason, False)
    assert server.seen == []


def test_a_certificate_that_names_its_host_as_a_common_name_only(
    authority: Authority, run_server: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    issued = authority.issue(HOST)
    pem = tmp_path / "server.pem"
    pem.write_bytes(issued.key_pem() + issued.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = run_server(context)
    settings = NetworkSettings(ProxyUse.NONE, ca_file=authority.bundle)
    client = IaaClient(f"https://{HOST}:{server.server_port}", transport=DeadlineTransport(settings, resolve=here))
    assert failure(client).reason is Reason.WRONG_HOST


def ask(port: int, settings: NetworkSettings) -> str:
    with httpx.Client(transport=DeadlineTransport(settings, resolve=here)) as client:
        return client.get(f"https://{HOST}:{port}/").text


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl program")
def test_a_server_that_somebody_else_wrote(
    authority: Authority, keep: Callable[..., Path], tmp_path: Path, version: str
) -> None:
    """openssl s_server, asking for a certificate and answering each request with a page about the connection."""
    issued = authority.issue(HOST, host=HOST)
    server_file = keep("server.pem", issued.key_pem() + issued.pem)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(server_file), version, "-www",
               "-Verify", "2", "-verify_return_error", "-CAfile", str(authority.bundle), "-naccept", "2"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            port = next(int(line.rpartition(":")[2]) for line in process.stdout if line.startswith("ACCEPT"))
            certificate = combined(keep, authority.issue("device-7"))
            page = ask(port, NetworkSettings(ProxyUse.NONE, ca_file=authority.bundle, certificate=certificate))
            assert "device-7" in page
            with pytest.raises(httpx.TransportError):
                ask(port, NetworkSettings(ProxyUse.NONE, ca_file=authority.bundle))
        finally:
            process.kill()


@pytest.mark.parametrize("form", [["-legacy"], ["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"], []])
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl program")
def test_pkcs12_files_that_somebody_else_wrote(
    authority: Authority, keep: Callable[..., Path], tmp_path: Path, form: list[str]
) -> None:
    """As of old Windows systems (RC2), without any protection, and as of today."""
    device = authority.issue("device-7")
    pem = keep("device.pem", device.pem + device.key_pem())
    out = tmp_path / "device.p12"
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-in", pem, "-out", out, "-passout", f"pass:{'' if form[1:] else 'x'}", *form],
        check=True, capture_output=True,
    )  # fmt: skip
    out.chmod(0o600)
    found = load_certificate(Pkcs12Certificate(out, None if form[1:] else keep("passphrase", "x")))
    assert found.chain == (device.certificate,)


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    folder = tmp_path_factory.mktemp("samples")
    device = Authority(folder).issue("device-7")
    (folder / "passphrase").write_text("x")
    (folder / "passphrase").chmod(0o600)
    keys = (
        device.key_pem(),
        device.key_pem("x"),
        device.key_pem("x", PrivateFormat.TraditionalOpenSSL),
    )
    return folder, [*(device.pem + key for key in keys), device.pkcs12("x"), device.pkcs12()]


@given(
    number=st.integers(0, 4), at=st.floats(0, 1), cut=st.integers(0, 20), put=st.binary(max_size=8),
    encoded=st.booleans(), with_passphrase=st.booleans(),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore:PKCS#12 bundle could not be parsed as DER"
)
def test_any_damage_has_a_name(
    samples: tuple[Path, list[bytes]], number: int, at: float, cut: int, put: bytes, encoded: bool,
    with_passphrase: bool,
) -> None:  # fmt: skip
    """encoded: the damage is inside the base64, so that the structure below it is what is damaged."""
    folder, originals = samples
    file = folder / "damaged"
    original = originals[number]
    if encoded and original.startswith(b"-----"):
        head, _, rest = original.partition(b"-----\n")
        body, end, tail = rest.partition(b"-----END")
        damaged = head + b"-----\n" + base64.encodebytes(damage(base64.b64decode(body), at, cut, put)) + end + tail
    else:
        damaged = damage(original, at, cut, put)
    file.write_bytes(damaged)
    file.chmod(0o600)
    passphrase_file = folder / "passphrase" if with_passphrase else None
    with contextlib.suppress(OwnFileUnusable):
        found = load_certificate(
            Pkcs12Certificate(file, passphrase_file) if number > 2 else PemCertificate(file, None, passphrase_file)
        )
        found.present(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    with contextlib.suppress(OwnFileUnusable):
        trust_besides(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), file)


def damage(data: bytes, at: float, cut: int, put: bytes) -> bytes:
    start = int(at * len(data))
    return data[:start] + put + data[start + cut :]


def test_a_vector_of_an_old_encrypted_key_that_is_cut(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path]
) -> None:
    """cryptography panics at it, which no handler of errors sees."""
    server = run_server(authority.gateway(HOST))
    device = authority.issue("device-7")
    lines = device.key_pem("x", PrivateFormat.TraditionalOpenSSL).split(b"\n")
    short = b"\n".join(line[:-20] if line.startswith(b"DEK-Info") else line for line in lines)
    certificate = PemCertificate(keep("device.pem", device.pem), keep("k", short), keep("passphrase", "x"))
    assert file_failure(client_of(server, authority, certificate)) == (K, FileFault.FORMAT, "k")


def test_a_version_of_certificates_that_nobody_knows(
    authority: Authority, run_server: Callable[..., ScriptedServer], keep: Callable[..., Path]
) -> None:
    server = run_server(authority.gateway(HOST))
    device = authority.issue("device-7")
    der = device.certificate.public_bytes(Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x4c", 1)
    text = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    certificate = PemCertificate(keep("device.pem", text), keep("device.key", device.key_pem()))
    assert file_failure(client_of(server, authority, certificate)) == (C, FileFault.FORMAT, "device.pem")
