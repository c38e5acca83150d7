"""This device's certificate for a gateway that asks for one: read, checked, and handed to TLS."""

import re
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable, read_line, read_private, read_public
from softtoken.iaa.settings import PemCertificate, Pkcs12Certificate

TlsKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
"""The kinds of key that sign in TLS."""


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """A key, its certificate first in `chain`, and those above it.

    source: the file that it came from. valid: epoch seconds from when and until when.
    """

    source: Path
    chain: tuple[x509.Certificate, ...] = field(repr=False)
    key: TlsKey = field(repr=False)
    valid: tuple[int, int]

    def present(self, context: ssl.SSLContext) -> None:
        """Have a TLS context show it to servers that ask. Raises OwnFileUnusable (UNSUITABLE, UNREADABLE)."""
        # ssl reads files alone; what it finds there is sealed with a passphrase that never leaves this call
        passphrase = secrets.token_hex(32).encode()
        sealed = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
        fault = None
        try:
            with tempfile.TemporaryDirectory(prefix="softtoken-") as folder:
                file = Path(folder, "device.pem")
                file.write_bytes(sealed + b"".join(one.public_bytes(Encoding.PEM) for one in self.chain))
                context.load_cert_chain(file, password=passphrase)
            # some gateways ask only once they have seen which path is wanted
            context.post_handshake_auth = True
        except ssl.SSLError:
            fault = FileFault.UNSUITABLE  # such as a key that is too short
        except OSError:
            fault = FileFault.UNREADABLE  # no temporary folder to hand it over in
        if fault is not None:
            raise OwnFileUnusable(FileRole.CERTIFICATE, fault, self.source)


def load_certificate(settings: PemCertificate | Pkcs12Certificate) -> DeviceCertificate:
    """Read a device certificate from its files. Its dates are not judged: the gateway's clock decides.

    Raises OwnFileUnusable.
    """
    passphrase = None
    if settings.passphrase_file is not None:
        passphrase = read_line(FileRole.PASSPHRASE, settings.passphrase_file).encode()
    match settings:
        case PemCertificate():
            return _from_pem(settings, passphrase)
        case Pkcs12Certificate():
            return _from_pkcs12(settings.file, passphrase)


_MALFORMED = (ValueError, TypeError, OverflowError, x509.InvalidVersion)
"""What cryptography raises for files that somebody else wrote."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_ENCRYPTED = (b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")
_DEK_INFO = re.compile(rb"DEK-Info: (?:AES-(?:128|192|256)-CBC,[0-9A-Fa-f]{32}|DES-EDE3-CBC,[0-9A-Fa-f]{16})\s")
"""How the old form of an encrypted key begins; cryptography panics at a vector that is too short."""


def _from_pem(settings: PemCertificate, passphrase: bytes | None) -> DeviceCertificate:
    if settings.key_file is None:
        role, key_path = FileRole.CERTIFICATE, settings.file
        text = key_text = read_private(role, settings.file)
    else:
        role, key_path = FileRole.KEY, settings.key_file
        text = read_public(FileRole.CERTIFICATE, settings.file)
        key_text = read_private(role, key_path)
    chain = tuple(_certificate(block, settings.file) for block in _blocks(text, b"CERTIFICATE"))
    if not chain:
        raise OwnFileUnusable(FileRole.CERTIFICATE, FileFault.FORMAT, settings.file)
    keys = _blocks(key_text, b"PRIVATE KEY")
    if not keys:
        raise OwnFileUnusable(role, FileFault.NO_KEY, key_path)
    key = _pem_key(keys[0], passphrase)
    if isinstance(key, FileFault):
        raise OwnFileUnusable(role, key, key_path)
    return _joined(settings.file, chain, key, role, key_path)


def _blocks(text: bytes, label: bytes) -> list[bytes]:
    return [found[0] for found in _BLOCK.finditer(text) if found[1].endswith(label)]


def _certificate(block: bytes, path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block)
    except _MALFORMED:
        pass
    raise OwnFileUnusable(FileRole.CERTIFICATE, FileFault.FORMAT, path)


def _pem_key(block: bytes, passphrase: bytes | None) -> PrivateKeyTypes | FileFault:
    encrypted = any(mark in block for mark in _ENCRYPTED)
    if b"DEK-Info" in block and _DEK_INFO.search(block) is None:
        return FileFault.FORMAT
    if encrypted and passphrase is None:
        return FileFault.PASSPHRASE_NEEDED
    try:
        # a passphrase for a key that has none is no fault: the key may have been stored openly on purpose
        return load_pem_private_key(block, passphrase if encrypted else None)
    except UnsupportedAlgorithm:
        return FileFault.UNSUITABLE
    except _MALFORMED:
        return FileFault.WRONG_PASSPHRASE if encrypted else FileFault.FORMAT


def _from_pkcs12(path: Path, passphrase: bytes | None) -> DeviceCertificate:
    data = read_private(FileRole.PKCS12, path)
    opened = _opened(data, passphrase)
    if isinstance(opened, FileFault):
        raise OwnFileUnusable(FileRole.PKCS12, opened, path)
    if opened.key is None:
        raise OwnFileUnusable(FileRole.PKCS12, FileFault.NO_KEY, path)
    found = (opened.cert, *opened.additional_certs)
    chain = tuple(one.certificate for one in found if one is not None)
    if not chain:
        raise OwnFileUnusable(FileRole.PKCS12, FileFault.FORMAT, path)
    return _joined(path, chain, opened.key, FileRole.PKCS12, path)


def _opened(data: bytes, passphrase: bytes | None) -> pkcs12.PKCS12KeyAndCertificates | FileFault:
    if _PFX.match(data) is None:
        return FileFault.FORMAT
    # "no passphrase" has two spellings in this format
    for tried in (passphrase,) if passphrase is not None else (None, b""):
        try:
            return pkcs12.load_pkcs12(data, tried)
        except UnsupportedAlgorithm:
            return FileFault.UNSUITABLE
        except _MALFORMED:
            continue
    return FileFault.PASSPHRASE_NEEDED if passphrase is None else FileFault.WRONG_PASSPHRASE


_PFX = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03", re.DOTALL)
"""A sequence that begins with version 3 (RFC 7292 4); anything else would be told as a wrong passphrase."""


def _joined(
    source: Path, chain: tuple[x509.Certificate, ...], key: PrivateKeyTypes, role: FileRole, key_path: Path
) -> DeviceCertificate:
    """The certificate that the key belongs to comes first, wherever the file had it."""
    if not isinstance(key, TlsKey):
        raise OwnFileUnusable(role, FileFault.UNSUITABLE, key_path)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for own in chain:
        if _public_key(own) == public:
            others = tuple(one for one in chain if one is not own)
            return DeviceCertificate(source, (own, *others), key, _validity(own, source))
    raise OwnFileUnusable(role, FileFault.WRONG_KEY, key_path)


def _public_key(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (*_MALFORMED, UnsupportedAlgorithm):
        return None


def _validity(certificate: x509.Certificate, path: Path) -> tuple[int, int]:
    try:
        since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return int(since.timestamp()), int(until.timestamp())
    except _MALFORMED:
        pass
    raise OwnFileUnusable(FileRole.CERTIFICATE, FileFault.FORMAT, path)
