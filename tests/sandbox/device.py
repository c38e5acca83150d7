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

from softtoken.argon2 import argon2id

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
        self.origin, self.user = origin, user
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
        self.serial = content["serial"]
        self.approval_key = base64.b64decode(content["approvalKey"])
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
        counter = self._next(protection) if counter is None else counter
        question = b"\x00" if data is None else b"\x01" + data.encode()
        return _digits(self._mac(protection, counter, question, digest, self.digits, at // 30), self.digits)

    def approval(self, at: int, fields: list[str], protection: str = "PIN", counter: int | None = None) -> str:
        """The code over a request: its id, kind, client IP, title, subject and challenge."""
        counter = self._next(protection) if counter is None else counter
        covered = b"\x06" + b"".join(lp(text) for text in fields)
        return _digits(self._mac(protection, counter, covered, DIGEST, self.digits, at // 30), self.digits)

    def resync(self, protection: str = "NO_PIN", counter: int | None = None, digest: bytes = DIGEST) -> str:
        """The next resynchronisation code, or the one of this counter: eight digits, without a time."""
        counter = self._next(protection) if counter is None else counter
        return _digits(self._mac(protection, counter, b"\x02", digest, 8), 8)

    def signature(self, fields: list[str], protection: str = "NO_PIN", counter: int | None = None) -> str:
        counter = self._next(protection) if counter is None else counter
        covered = b"\x03" + b"".join(lp(text) for text in fields)
        return _digits(self._mac(protection, counter, covered, DIGEST, 8), 8)

    def sequence(self, data: bytes | None = None, protection: str = "NO_PIN", counter: int | None = None) -> bytes:
        """35 bytes: version, counter, the whole MAC."""
        counter = self._next(protection) if counter is None else counter
        tagged = b"\x04" + (b"\x00" if data is None else b"\x01" + data)
        return b"\x01" + counter.to_bytes(2, "big") + self._mac(protection, counter, tagged, DIGEST, 0)

    def renewal(self, protection: str = "NO_PIN", counter: int | None = None, **other: Any) -> "Renewal":
        """The wish for a new key, with the next counter or this one. other: said in the transcript instead."""
        counter = self._next(protection) if counter is None else counter
        return Renewal(self, protection, counter, **other)

    def _next(self, protection: str) -> int:
        counter: int = self.credentials[protection]["counter"]
        self.credentials[protection]["counter"] = counter + 1
        return counter

    def _mac(
        self, protection: str, counter: int, question: bytes, digest: bytes, digits: int, step: int | None = None
    ) -> bytes:
        """HMAC-SHA256 over the data input of RFC 6287."""
        message = b"".join(
            (
                f"OCRA-1:HOTP-SHA256-{digits}:C-QH64-S064".encode() + (b"" if step is None else b"-T30S") + b"\x00",
                counter.to_bytes(8, "big"),
                hashlib.sha256(question).digest().ljust(128, b"\x00"),
                digest,
                b"" if step is None else step.to_bytes(8, "big"),
            )
        )
        return hmac.digest(base64.b64decode(self.credentials[protection]["key"]), message, "sha256")


class Renewal:
    """One key pair, one transcript, one proof; what is sent and how the answer opens."""

    def __init__(
        self,
        device: Device,
        protection: str,
        counter: int,
        origin: str = "",
        user: str = "",
        serial: str = "",
        public: bytes | None = None,
        digest: bytes = DIGEST,
    ) -> None:
        mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        self._private = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        if public is None:
            public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        said = (origin or device.origin, user or device.user, serial or device.serial, protection, str(counter))
        suite = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
        self._t = hashlib.sha256(b"".join(lp(text) for text in ("softtoken-renewal-1", suite, *said, public))).digest()
        self._old = base64.b64decode(device.credentials[protection]["key"])
        proof = device._mac(protection, counter, b"\x05" + self._t, digest, 0)
        self.body: dict[str, Any] = {
            "serialNumber": device.serial,
            "protection": protection,
            "counter": counter,
            "publicKey": b64(public),
            "proof": b64(proof),
        }

    def open(self, message: str) -> dict[str, Any]:
        """The new credential: key and counter. Raises InvalidTag for what was not sealed for this renewal."""
        suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
        derived = hmac.digest(self._old, lp("renewal") + self._t, "sha256")
        content: dict[str, Any] = json.loads(
            suite.decrypt(unb64(message), self._private, lp("rk") + lp(derived) + lp(self._t))
        )
        assert set(content) == {"version", "key", "counter"}
        assert (content["version"], content["counter"], len(base64.b64decode(content["key"]))) == (1, 0, 32)
        return {"key": content["key"], "counter": content["counter"]}


def _digits(mac: bytes, digits: int) -> str:
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


@cache
def _derive(registration_id: str, password: str) -> bytes:
    salt = hashlib.sha256(registration_id.encode()).digest()[:16]
    # the sandbox may compute one at this moment in another thread of this process
    return bytes(argon2id(password.encode(), salt, memory_kib=65536, passes=3, lanes=4))


def origin_of(url: str) -> str:
    """scheme://host[:port], lower case, default port left out."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in {None, 80} else "")
