"""The server's half of the activation cryptography: K, T, device code, sealed answer (docs/activation.md)."""

import hashlib
import hmac
from dataclasses import dataclass, field

from softtoken.argon2 import argon2id
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox import sealing
from softtoken.sandbox.sealing import PUBLIC_KEY_LENGTH, SUITE_NAME, lp, read_base64url


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
    return bytes(argon2id(password.encode(), salt))


def parse_device_code(text: str) -> DeviceCode:
    """Raises MalformedDeviceCode."""
    try:
        raw = read_base64url(text)
    except ValueError as error:
        raise MalformedDeviceCode(str(error)) from None
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
    return hashlib.sha256(b"".join(lp(text.encode()) for text in texts) + lp(public_key)).digest()


def is_authentic(code: DeviceCode, mac_key: bytes, agreed: bytes) -> bool:
    """Was the code made by someone who knows the password, for this very exchange?"""
    expected = hmac.digest(mac_key, lp(b"device") + agreed + code.head, "sha256")
    return hmac.compare_digest(expected, code.mac)


def seal(plaintext: bytes, code: DeviceCode, mac_key: bytes, agreed: bytes) -> str:
    """activationMessage2. Raises MalformedDeviceCode for a public key that is none."""
    info = lp(b"am2") + lp(mac_key) + lp(agreed)
    try:
        return sealing.seal(plaintext, code.public_key, info)
    except ValueError:
        raise MalformedDeviceCode("must carry a valid public key") from None


_MAC_LENGTH = 32
_LENGTH = 2 + PUBLIC_KEY_LENGTH + _MAC_LENGTH
_BITS = ((1, ProtectionType.NO_PIN), (2, ProtectionType.PIN), (4, ProtectionType.BIOMETRIC))
_ALL_BITS = 7
