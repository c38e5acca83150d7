"""A certificate authority that lives as long as a test, and what it issues."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Days = tuple[float, float]
"""From when until when a certificate is valid, counted from now."""

NOW_VALID: Days = (-1, 1)
EXPIRED: Days = (-3, -2)
NOT_YET: Days = (2, 3)


@dataclass(frozen=True)
class Issued:
    """A key and its certificate, in the forms that files have."""

    key: Key
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, passphrase: str | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
        return self.key.private_bytes(Encoding.PEM, form, _sealing(passphrase))

    def pkcs12(self, passphrase: str | None = None) -> bytes:
        return pkcs12.serialize_key_and_certificates(
            b"device", self.key, self.certificate, [self.authority], _sealing(passphrase)
        )


class Authority:
    """Issues certificates; `trusting()` is a client context that trusts it and nothing else."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._certify(name, self._key, authority=True)
        self.bundle = folder / f"{name.replace(' ', '-').lower()}.pem"
        self.bundle.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.bundle))

    def server(self, name: str, *, days: Days = NOW_VALID, self_signed: bool = False) -> ssl.SSLContext:
        """A server's context. name: the host, or an address."""
        issued = self.issue(name, host=name, days=days, self_signed=self_signed)
        pem = self._folder / f"{name}.pem"
        pem.write_bytes(issued.key_pem() + issued.pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def gateway(self, name: str, clients: "Authority | None" = None) -> ssl.SSLContext:
        """A server's context that asks for a certificate of the authority `clients`, by default this one."""
        context = self.server(name)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations((clients or self).bundle)
        return context

    def issue(
        self,
        name: str,
        *,
        host: str | None = None,
        days: Days = NOW_VALID,
        key: Key | None = None,
        self_signed: bool = False,
    ) -> Issued:
        """A certificate for a server (host) or a client."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        certificate = self._certify(name, key, host=host, days=days, self_signed=self_signed)
        return Issued(key, certificate, self.certificate)

    def _certify(
        self,
        name: str,
        key: Key,
        *,
        host: str | None = None,
        days: Days = NOW_VALID,
        authority: bool = False,
        self_signed: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        signer = key if self_signed else self._key
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(name if self_signed else self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True, content_commitment=False, key_encipherment=False,
                    data_encipherment=False, key_agreement=False, key_cert_sign=authority, crl_sign=authority,
                    encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )
        )  # fmt: skip
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_subject(host)]), critical=False)
        return builder.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _subject(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _sealing(passphrase: str | None) -> KeySerializationEncryption:
    return NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
