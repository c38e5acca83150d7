"""The device's side of an activation: its device code, and what the server seals (docs/activation.md)."""

import hashlib
import hmac
from collections.abc import Set as AbstractSet

from softtoken.argon2 import argon2id
from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.address import parse_origin, parse_user
from softtoken.iaa.package import (
    ActivationPackage,
    BadActivationMessage,
    IssuedCredential,
    MessageFault,
    read_package,
)
from softtoken.iaa.sealing import SUITE_NAME, SealedAnswer, encoded, lp

__all__ = ["ActivationPackage", "BadActivationMessage", "DeviceEnrolment", "IssuedCredential", "MessageFault"]


class DeviceEnrolment:
    """One attempt to activate this device. Takes some 150 ms and 64 MiB to make, for Argon2id.

    origin: the server as the device addresses it. user: `user@domain`. password: the activation password,
    not kept. device_code: what add-device sends; the same for the life of this value, so a lost answer can
    be asked for again. The private key exists in this value alone. Raises BadAddress; ValueError without a
    protection.
    """

    __slots__ = ("_answer", "_domain", "_info", "_protections", "_user_id", "device_code")

    def __init__(
        self,
        origin: str,
        user: str,
        registration_id: str,
        password: str,
        protections: AbstractSet[ProtectionType],
    ) -> None:
        if not protections:
            raise ValueError("no protection type")
        self._user_id, self._domain = parse_user(user, "")
        self._protections = frozenset(protections)
        self._answer = SealedAnswer()
        public = self._answer.public
        key = _password_key(password, registration_id)
        address = f"{self._user_id}@{self._domain}"
        transcript = _transcript(parse_origin(origin), address, registration_id, public)
        head = bytes([_VERSION, sum(_BITS[protection] for protection in protections)])
        tag = hmac.digest(key, lp(b"device") + transcript + head, "sha256")
        self._info = lp(b"am2") + lp(key) + lp(transcript)
        self.device_code: str = encoded(head + public + tag)

    def open(self, activation_message_2: str) -> ActivationPackage:
        """What the server issued. Raises BadActivationMessage; the value stays usable for another message."""
        plaintext = self._answer.open(activation_message_2, self._info)
        return read_package(plaintext, self._user_id, self._domain, self._protections)


_VERSION = 1
_PROTOCOL = b"softtoken-activation-1"
_BITS = {ProtectionType.NO_PIN: 1, ProtectionType.PIN: 2, ProtectionType.BIOMETRIC: 4}


def _password_key(password: str, registration_id: str) -> bytes:
    salt = hashlib.sha256(registration_id.encode()).digest()[:16]
    return bytes(argon2id(password.encode(), salt))


def _transcript(origin: str, user: str, registration_id: str, public: bytes) -> bytes:
    parts = (_PROTOCOL, SUITE_NAME, origin.encode(), user.encode(), registration_id.encode(), public)
    return hashlib.sha256(b"".join(map(lp, parts))).digest()
