"""Activation from the device's side, against a server written from docs/activation.md alone."""

import base64
import copy
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.tokens import ProtectionType
from softtoken.errors import SoftTokenError
from softtoken.iaa.address import BadAddress
from softtoken.iaa.enrolment import (
    ActivationPackage,
    BadActivationMessage,
    DeviceEnrolment,
    IssuedCredential,
    MessageFault,
)
from softtoken.iaa.errors import IaaError

ORIGIN, USER, REGISTRATION, PASSWORD = "https://acme.example:8443", "alice@sandbox", "0a1b2c3d", "3zE6RNH5"
BOTH = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
KEYS = (bytes(range(32)), bytes(range(100, 132)))

PACKAGE: dict[str, Any] = {
    "version": 1,
    "tenant": "acme",
    "domain": "sandbox",
    "userID": "alice",
    "serial": "VDS1000000",
    "credentials": [
        {"protection": "NO_PIN", "instance": 1, "key": base64.b64encode(KEYS[0]).decode(), "counter": 0},
        {"protection": "PIN", "instance": 2, "key": base64.b64encode(KEYS[1]).decode(), "counter": 7},
    ],
    "policy": {
        "digits": 6,
        "allowOfflinePinVerification": True,
        "maxTries": 5,
        "freeTries": 3,
        "firstDelay": 60,
        "maxDelay": 3600,
        "atcWarn": 15,
        "atcLimit": 20,
        "pinMinLength": 6,
        "pinMaxLength": 16,
    },
}


def lp(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@lru_cache
def argon2(password: str, salt: bytes) -> bytes:
    # once per password: its cost is the point of it
    return Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=65536).derive(password.encode())


@dataclass(frozen=True)
class Server:
    """The other side. Its own idea of origin, user, registration and password decides whom it can speak to."""

    origin: str = ORIGIN
    user: str = USER
    registration: str = REGISTRATION
    password: str = PASSWORD

    def accepts(self, device_code: str) -> int | None:
        """The protection bits if the code was made with this password for this server and user."""
        raw = unb64(device_code)
        assert len(raw) == 1 + 1 + 1216 + 32
        head, public, tag = raw[:2], raw[2:1218], raw[1218:]
        key, transcript = self.secrets(public)
        expected = hmac.new(key, lp(b"device") + transcript + head, hashlib.sha256).digest()
        return head[1] if head[0] == 1 and tag == expected else None

    def seal(self, device_code: str, plaintext: bytes) -> str:
        public = unb64(device_code)[2:1218]
        key, transcript = self.secrets(public)
        recipient = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
        )
        suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        return b64(suite.encrypt(plaintext, recipient, lp(b"am2") + lp(key) + lp(transcript)))

    def secrets(self, public: bytes) -> tuple[bytes, bytes]:
        registration = self.registration.encode()
        key = argon2(self.password, hashlib.sha256(registration).digest()[:16])
        transcript = hashlib.sha256(
            lp(b"softtoken-activation-1")
            + lp(b"MLKEM768-X25519/HKDF-SHA256/AES-256-GCM")
            + lp(self.origin.encode())
            + lp(self.user.encode())
            + lp(registration)
            + lp(public)
        ).digest()
        return key, transcript


@pytest.fixture(scope="module")
def device() -> DeviceEnrolment:
    return DeviceEnrolment(ORIGIN, USER, REGISTRATION, PASSWORD, BOTH)


@pytest.fixture(scope="module")
def sealed(device: DeviceEnrolment) -> str:
    return Server().seal(device.device_code, json.dumps(PACKAGE).encode())


def fault(device: DeviceEnrolment, message: str) -> BadActivationMessage:
    with pytest.raises(BadActivationMessage) as caught:
        device.open(message)
    error = caught.value
    assert isinstance(error, SoftTokenError)
    assert not isinstance(error, IaaError)
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


def test_the_whole_way(device: DeviceEnrolment, sealed: str) -> None:
    assert Server().accepts(device.device_code) == 0b011
    package = device.open(sealed)
    assert package == ActivationPackage(
        tenant="acme",
        domain="sandbox",
        user_id="alice",
        serial="VDS1000000",
        digits=6,
        allow_offline_pin_verification=True,
        retry=RetryPolicy(5, 3, 60, 3600),
        atc=AtcPolicy(15, 20),
        pin=PinRules(6, 16),
        credentials=(
            IssuedCredential(ProtectionType.NO_PIN, 1, KEYS[0], 0),
            IssuedCredential(ProtectionType.PIN, 2, KEYS[1], 7),
        ),
    )
    # a lost answer is asked for again
    assert device.open(sealed) == package


def test_the_address_and_the_user_are_taken_in_their_normal_form() -> None:
    made = DeviceEnrolment("HTTPS://Acme.Example:8443/v1/", "Alice@Sandbox", REGISTRATION, PASSWORD, BOTH)
    assert Server().accepts(made.device_code) == 0b011


@pytest.mark.parametrize(
    ("protections", "bits"),
    [
        ({ProtectionType.NO_PIN}, 1),
        ({ProtectionType.PIN}, 2),
        ({ProtectionType.BIOMETRIC}, 4),
        (set(ProtectionType), 7),
    ],
)
def test_protection_bits(protections: set[ProtectionType], bits: int) -> None:
    assert Server().accepts(DeviceEnrolment(ORIGIN, USER, REGISTRATION, PASSWORD, protections).device_code) == bits


def test_no_protection_and_no_address_are_misuse() -> None:
    with pytest.raises(ValueError, match="protection"):
        DeviceEnrolment(ORIGIN, USER, REGISTRATION, PASSWORD, set())
    with pytest.raises(BadAddress):
        DeviceEnrolment("http://acme.example", USER, REGISTRATION, PASSWORD, BOTH)
    with pytest.raises(BadAddress):
        DeviceEnrolment(ORIGIN, "alice", REGISTRATION, PASSWORD, BOTH)


@pytest.mark.parametrize(
    "server",
    [
        Server(password="3zE6RNH6"),
        Server(origin="https://evil.example:8443"),
        Server(origin="https://acme.example"),
        Server(user="mallory@sandbox"),
        Server(user="alice@other"),
        Server(registration="0a1b2c3e"),
    ],
)
def test_another_server_user_or_code(device: DeviceEnrolment, server: Server) -> None:
    assert server.accepts(device.device_code) is None
    message = server.seal(device.device_code, json.dumps(PACKAGE).encode())
    assert fault(device, message).fault is MessageFault.NOT_OURS


def test_a_message_for_another_device(device: DeviceEnrolment, sealed: str) -> None:
    other = DeviceEnrolment(ORIGIN, USER, REGISTRATION, PASSWORD, BOTH)
    assert other.device_code != device.device_code
    assert fault(other, sealed).fault is MessageFault.NOT_OURS
    # someone in the middle who puts his own key into the device code
    forged = unb64(device.device_code)[:2] + unb64(other.device_code)[2:1218] + unb64(device.device_code)[1218:]
    assert Server().accepts(b64(forged)) is None


def test_every_flipped_part_of_the_device_code_is_noticed(device: DeviceEnrolment) -> None:
    raw = unb64(device.device_code)
    for place in (0, 1, 2, 1185, 1186, 1217, 1218, 1249):
        broken = bytearray(raw)
        broken[place] ^= 1
        assert Server().accepts(b64(bytes(broken))) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(device: DeviceEnrolment, sealed: str, place: int, bit: int) -> None:
    raw = bytearray(unb64(sealed))
    raw[place % len(raw)] ^= 1 << bit
    assert fault(device, b64(bytes(raw))).fault is MessageFault.NOT_OURS


@given(st.binary(max_size=3000) | st.binary(min_size=1120, max_size=1200))
def test_any_bytes_are_refused(device: DeviceEnrolment, data: bytes) -> None:
    fault(device, b64(data))


@given(st.text(max_size=100))
def test_any_text_is_refused(device: DeviceEnrolment, text: str) -> None:
    fault(device, text)


def test_only_one_spelling(device: DeviceEnrolment, sealed: str) -> None:
    for message in ("", sealed + "=", sealed + "\n", " " + sealed, "+" + sealed[1:], sealed + "A", "A" * 65537, "é"):
        assert fault(device, message).fault in (MessageFault.ENCODING, MessageFault.NOT_OURS)
    raw = unb64(sealed)
    # make the last symbol carry spare bits, then set one of them
    message = b64(raw) if len(raw) % 3 else Server().seal(device.device_code, json.dumps(PACKAGE).encode() + b" ")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelt = message[:-1] + alphabet[alphabet.index(message[-1]) ^ 1]
    assert unb64(respelt) == unb64(message)
    assert fault(device, respelt).fault is MessageFault.ENCODING


def changed(path: str, value: object) -> bytes:
    """The package with one field changed, or without it (value: ...)."""
    package: Any = copy.deepcopy(PACKAGE)
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place = package
    for step in parents:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(package).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tenant", ...),
        ("tenant", ""),
        ("tenant", "x" * 256),
        ("tenant", "a\u001b[31m"),
        ("tenant", 5),
        ("serial", ""),
        ("userID", "mallory"),
        ("domain", "other"),
        ("credentials", []),
        ("credentials", None),
        ("credentials/0", ...),
        ("credentials/0/protection", "PIN"),
        ("credentials/0/protection", "BIOMETRIC"),
        ("credentials/0/protection", "FACE"),
        ("credentials/0/instance", 0),
        ("credentials/0/instance", 2),
        ("credentials/0/instance", 100),
        ("credentials/0/key", base64.b64encode(bytes(31)).decode()),
        ("credentials/0/key", base64.b64encode(bytes(33)).decode()),
        ("credentials/0/key", "!"),
        ("credentials/0/key", PACKAGE["credentials"][1]["key"]),
        ("credentials/0/counter", -1),
        ("credentials/0/counter", 65535),
        ("credentials/0/counter", "0"),
        ("credentials/0/counter", True),
        ("policy", ...),
        ("policy/digits", 7),
        ("policy/digits", "6"),
        ("policy/allowOfflinePinVerification", "yes"),
        ("policy/maxTries", 0),
        ("policy/maxTries", -1),
        ("policy/maxTries", 1001),
        ("policy/freeTries", -1),
        ("policy/firstDelay", -1),
        ("policy/firstDelay", 3601),
        ("policy/maxDelay", 10**9),
        ("policy/maxDelay", ...),
        ("policy/atcWarn", -1),
        ("policy/atcLimit", 0),
        ("policy/atcLimit", 10**30),
        ("policy/pinMinLength", 3),
        ("policy/pinMinLength", 17),
        ("policy/pinMaxLength", 65),
    ],
)
def test_every_field_is_checked(device: DeviceEnrolment, path: str, value: object) -> None:
    error = fault(device, Server().seal(device.device_code, changed(path, value)))
    assert error.fault is MessageFault.CONTENT
    assert PACKAGE["credentials"][1]["key"] not in f"{error!r} {error}"


@pytest.mark.parametrize(
    ("path", "value", "field", "expected"),
    [
        ("policy/allowOfflinePinVerification", ..., "allow_offline_pin_verification", None),
        ("policy/allowOfflinePinVerification", None, "allow_offline_pin_verification", None),
        ("policy/allowOfflinePinVerification", False, "allow_offline_pin_verification", False),
        ("policy/digits", 8, "digits", 8),
        ("userID", "Alice", "user_id", "alice"),
        ("domain", "SANDBOX", "domain", "sandbox"),
        ("newField", {"a": 1}, "tenant", "acme"),
    ],
)
def test_what_may_vary(device: DeviceEnrolment, path: str, value: object, field: str, expected: object) -> None:
    package = device.open(Server().seal(device.device_code, changed(path, value)))
    assert getattr(package, field) == expected


@pytest.mark.parametrize("plaintext", [b"", b"{}", b"[]", b"\xff", b"[" * 60000, b'{"version":1}'])
def test_plaintext_that_is_no_package(device: DeviceEnrolment, plaintext: bytes) -> None:
    message = Server().seal(device.device_code, plaintext)
    assert fault(device, message).fault in (MessageFault.CONTENT, MessageFault.ENCODING)


def test_another_version_is_named(device: DeviceEnrolment) -> None:
    message = Server().seal(device.device_code, changed("version", 2))
    assert fault(device, message).fault is MessageFault.VERSION


def test_no_secret_shows(device: DeviceEnrolment, sealed: str) -> None:
    package = device.open(sealed)
    shown = f"{device!r} {device} {package!r} {package.credentials!r}"
    for key in KEYS:
        assert repr(key) not in shown
        assert key.hex() not in shown
    assert PASSWORD not in shown
    kept = [getattr(device, name) for name in DeviceEnrolment.__slots__]
    assert not hasattr(device, "__dict__")
    assert all(PASSWORD.encode() not in value for value in kept if isinstance(value, bytes))
    assert all(PASSWORD not in value for value in kept if isinstance(value, str))
