"""The sandbox's certificate: one that was handed in, or one that it signs itself and keeps."""

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from softtoken.errors import SoftTokenError

KEY_FILE = "sandbox-tls.pem"
CERTIFICATE_FILE = "sandbox-certificate.pem"
LIFE = timedelta(days=397)
"""Browsers refuse certificates that live longer than 398 days."""
_RENEWED_BEFORE = timedelta(days=30)
_ALWAYS = ("localhost", "127.0.0.1", "::1")

Problem = Literal["unreadable", "no certificate", "no matching key", "encrypted key", "expired", "not yet valid"]


class CertificateUnusable(SoftTokenError):  # noqa: N818 - named after what happened
    """The server cannot show this certificate. path: the file that is at fault."""

    def __init__(self, path: Path, problem: Problem) -> None:
        super().__init__(f"the certificate cannot be used: {problem}")
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: the certificate with its chain, and its key without a passphrase. They may be one file."""

    certificate: Path
    key: Path


def server_context(tls: Tls, now: int) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate. now: epoch seconds. Raises CertificateUnusable."""
    certificate = read_certificate(tls.certificate)
    moment = datetime.fromtimestamp(now, UTC)
    if moment >= certificate.not_valid_after_utc:
        raise CertificateUnusable(tls.certificate, "expired")
    if moment < certificate.not_valid_before_utc:
        raise CertificateUnusable(tls.certificate, "not yet valid")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    asked = False

    def no_passphrase() -> str:
        # without this OpenSSL would ask at the terminal, and a server has nobody there
        nonlocal asked
        asked = True
        return ""

    try:
        context.load_cert_chain(tls.certificate, tls.key, no_passphrase)
    except ssl.SSLError:
        raise CertificateUnusable(tls.key, "encrypted key" if asked else "no matching key") from None
    except OSError:
        raise CertificateUnusable(tls.key, "unreadable") from None
    return context


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file. Raises CertificateUnusable."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError:
        raise CertificateUnusable(path, "unreadable") from None
    except ValueError:
        raise CertificateUnusable(path, "no certificate") from None


def fingerprint(path: Path) -> str:
    """SHA-256 of a certificate as browsers and openssl show it: `AB:CD:…`. Raises CertificateUnusable."""
    return read_certificate(path).fingerprint(SHA256()).hex(":").upper()


def self_signed(folder: Path, names: Sequence[str], now: int) -> Tls:
    """A certificate for these host names and addresses, beside loopback's.

    The one of an earlier start serves again while it fits, so that who trusts it need not be asked again. The file
    `sandbox-certificate.pem` is for them: it has no key. Raises OSError.
    """
    key_file, certificate_file = folder / KEY_FILE, folder / CERTIFICATE_FILE
    tls = Tls(key_file, key_file)
    wanted = {_general_name(name) for name in (*names, *_ALWAYS)}
    if not _fits(tls, wanted, datetime.fromtimestamp(now, UTC)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(key_file, _new(sorted(wanted, key=lambda name: str(name.value)), datetime.fromtimestamp(now, UTC)))
    _write(certificate_file, read_certificate(key_file).public_bytes(Encoding.PEM))
    return tls


def _fits(tls: Tls, wanted: set[x509.GeneralName], moment: datetime) -> bool:
    try:
        server_context(tls, int(moment.timestamp()))
        certificate = read_certificate(tls.certificate)
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (CertificateUnusable, x509.ExtensionNotFound, ValueError):
        return False
    return wanted <= set(held) and moment + _RENEWED_BEFORE < certificate.not_valid_after_utc


def _new(names: Sequence[x509.GeneralName], moment: datetime) -> bytes:
    """Key and certificate. It is no authority: whoever trusts it trusts this server and nothing that it might sign."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Soft Token sandbox")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(hours=1))
        .not_valid_after(moment + LIFE - timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNING, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name.lower())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner only."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
