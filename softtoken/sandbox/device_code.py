"""The server's half of the activation cryptography: K, T, device code, sealed answer (docs/activation.md)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from softtoken.engine.tokens import ProtectionType

SUITE_NAME = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"


class MalformedDeviceCode(ValueError):  # noqa: N818 - named after what happened
    """No device code of version 1: wrong length, alphabet, version, protection bits or public key."""


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """head: the version and protection bytes. protections: in the order of their bits."""

    head: bytes
    protections: tuple[ProtectionType, ...]
    public_key: bytes
    mac: bytes = field(repr=False)

    def fingerprint(self) -> bytes:
        """Tells this device code from every other."""
        return hashlib.sha256(self.head + self.public_key + self.mac).digest()


def derive_mac_key(registration_id: str, password: str) -> bytes:
    """K, 32 bytes. Takes 64 MiB and a tenth of a second or more, so never inside a transaction."""
    salt = hashlib.sha256(registration_id.encode()).digest()[:16]
    kdf = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=65536)
    return kdf.derive(password.encode())


def parse_device_code(text: str) -> DeviceCode:
    """Raises MalformedDeviceCode."""
    raw = _base64url(text)
    if len(raw) != _LENGTH:
        raise MalformedDeviceCode(f"must have {_LENGTH} bytes")
    head, public_key, mac = raw[:2], raw[2:-_MAC_LENGTH], raw[-_MAC_LENGTH:]
    if head[0] != 1:
        raise MalformedDeviceCode("must be of version 1")
    wanted = tuple(protection for bit, protection in _BITS if head[1] & bit)
    if not wanted or head[1] & ~_ALL_BITS:
        raise MalformedDeviceCode("must ask for known protection types")
    return DeviceCode(head, wanted, public_key, mac)


def transcript(origin: str, user: str, registration_id: str, public_key: bytes) -> bytes:
    """T, 32 bytes: what both sides must agree on. user: `user@domain`, lower case."""
    texts = ("softtoken-activation-1", SUITE_NAME, origin, user, registration_id)
    return hashlib.sha256(b"".join(_lp(text.encode()) for text in texts) + _lp(public_key)).digest()


def is_authentic(code: DeviceCode, mac_key: bytes, agreed: bytes) -> bool:
    """Was the code made by someone who knows the password, for this very exchange?"""
    expected = hmac.digest(mac_key, _lp(b"device") + agreed + code.head, "sha256")
    return hmac.compare_digest(expected, code.mac)


def seal(plaintext: bytes, code: DeviceCode, mac_key: bytes, agreed: bytes) -> str:
    """activationMessage2. Raises MalformedDeviceCode for a public key that is none."""
    info = _lp(b"am2") + _lp(mac_key) + _lp(agreed)
    try:
        key = hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(code.public_key[:_MLKEM_LENGTH]),
            X25519PublicKey.from_public_bytes(code.public_key[_MLKEM_LENGTH:]),
        )
        sealed = _SUITE.encrypt(plaintext, key, info)
    except ValueError:
        raise MalformedDeviceCode("must carry a valid public key") from None
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


_MLKEM_LENGTH = 1184
_MAC_LENGTH = 32
_LENGTH = 2 + _MLKEM_LENGTH + 32 + _MAC_LENGTH
_BITS = ((1, ProtectionType.NO_PIN), (2, ProtectionType.PIN), (4, ProtectionType.BIOMETRIC))
_ALL_BITS = 7
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _lp(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _base64url(text: str) -> bytes:
    if re.fullmatch("[0-9A-Za-z_-]*", text) is None:
        raise MalformedDeviceCode("must be base64url without padding")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise MalformedDeviceCode("must be base64url without padding") from None
