"""The device's side of an activation and its codes, written from docs/activation.md and RFC 6287 alone."""

import base64
import hashlib
import hmac
import json
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

DIGEST = hashlib.sha512(b"the release under test").digest()
NO_PIN, PIN, BIOMETRIC = 1, 2, 4
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def lp(value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(4, "big") + raw


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def activation_code(registration_id: str, password: str) -> str:
    """Four groups of four and the check symbol, behind a hyphen."""
    number = 0
    for character in password:
        number = number * 62 + BASE62.index(character)
    number += int(registration_id, 16) << 48
    symbols = "".join(CROCKFORD[number >> 5 * place & 31] for place in reversed(range(16)))
    groups = [symbols[start : start + 4] for start in range(0, 16, 4)]
    return "-".join([*groups, CROCKFORD[number % 37]])


def read_activation_code(code: str) -> tuple[str, str]:
    """Registration id and password."""
    symbols = code.replace("-", "")
    number = 0
    for symbol in symbols[:16]:
        number = number << 5 | CROCKFORD.index(symbol)
    assert CROCKFORD[number % 37] == symbols[16]
    rest = number & (1 << 48) - 1
    password = ""
    for _ in range(8):
        rest, digit = divmod(rest, 62)
        password = BASE62[digit] + password
    return f"{number >> 48:08x}", password


class Device:
    """One device that takes part in one activation."""

    def __init__(
        self,
        origin: str,
        user: str,
        registration_id: str,
        password: str,
        wanted: int = NO_PIN | PIN,
        public: bytes | None = None,
    ) -> None:
        self.registration_id = registration_id
        self.credentials: dict[str, dict[str, Any]] = {}
        self._head = bytes([1, wanted])
        self._k = _derive(registration_id, password)
        mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        self._private = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        self._public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        suite = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
        if public is not None:
            self._public = public
        texts = ("softtoken-activation-1", suite, origin, user, registration_id, self._public)
        self._t = hashlib.sha256(b"".join(lp(text) for text in texts)).digest()

    def code_bytes(self, public: bytes | None = None, head: bytes | None = None) -> bytes:
        head = self._head if head is None else head
        mac = hmac.digest(self._k, lp("device") + self._t + head, "sha256")
        return head + (self._public if public is None else public) + mac

    @property
    def device_code(self) -> str:
        return b64(self.code_bytes())

    def open(self, message: str) -> dict[str, Any]:
        """activationMessage2 to its plaintext; from then on the device makes codes."""
        suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
        plain = suite.decrypt(unb64(message), self._private, lp("am2") + lp(self._k) + lp(self._t))
        content: dict[str, Any] = json.loads(plain)
        self.digits = content["policy"]["digits"]
        for credential in content["credentials"]:
            assert len(base64.b64decode(credential["key"])) == 32
            self.credentials[credential["protection"]] = dict(credential)
        return content

    def otp(
        self,
        at: int,
        protection: str = "NO_PIN",
        counter: int | None = None,
        data: str | None = None,
        digest: bytes = DIGEST,
    ) -> str:
        """The next code of a credential, or the one of this counter."""
        credential = self.credentials[protection]
        if counter is None:
            counter = credential["counter"]
            credential["counter"] = counter + 1
        tagged = b"\x00" if data is None else b"\x01" + data.encode()
        message = b"".join(
            (
                f"OCRA-1:HOTP-SHA256-{self.digits}:C-QH64-S064-T30S".encode() + b"\x00",
                counter.to_bytes(8, "big"),
                hashlib.sha256(tagged).digest().ljust(128, b"\x00"),
                digest,
                (at // 30).to_bytes(8, "big"),
            )
        )
        mac = hmac.digest(base64.b64decode(credential["key"]), message, "sha256")
        offset = mac[-1] & 15
        number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
        return str(number % 10**self.digits).zfill(self.digits)


@cache
def _derive(registration_id: str, password: str) -> bytes:
    salt = hashlib.sha256(registration_id.encode()).digest()[:16]
    kdf = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=65536)
    return kdf.derive(password.encode())


def origin_of(url: str) -> str:
    """scheme://host[:port], lower case, default port left out."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in {None, 80} else "")
