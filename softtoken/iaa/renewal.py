"""The device's side of getting a fresh key for a credential (docs/activation.md, "A fresh key")."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from softtoken.engine.atc import ATC_END
from softtoken.engine.managed import renewal_proof
from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.package import BadActivationMessage, MessageFault
from softtoken.iaa.sealing import SUITE_NAME, SealedAnswer, encoded, lp
from softtoken.secret import Key


@dataclass(frozen=True, slots=True)
class RenewedKey:
    """key: 32 bytes. counter: its first ATC, 0 to 65534."""

    key: bytes = field(repr=False)
    counter: int


class KeyRenewal:
    """One wish for a fresh key, proved with the old one.

    origin, user (`user@domain`): as the device addresses them, lower case. key: the old one; a wrong one makes a
    well-formed wish that the server refuses. counter: an ATC that is used up by this. app_digest: 64 bytes.
    body: what renew-key is sent; the same for the life of this value, so a lost answer can be asked for again.
    """

    __slots__ = ("_answer", "_info", "body")

    def __init__(
        self,
        *,
        origin: str,
        user: str,
        serial: str,
        protection: ProtectionType,
        key: Key,
        counter: int,
        app_digest: bytes,
    ) -> None:
        self._answer = SealedAnswer()
        texts = (_PROTOCOL, SUITE_NAME.decode(), origin, user, serial, protection.value, str(counter))
        parts = [text.encode() for text in texts] + [self._answer.public]
        transcript = hashlib.sha256(b"".join(map(lp, parts))).digest()
        shared = hmac.digest(key, lp(b"renewal") + transcript, "sha256")
        self._info = lp(b"rk") + lp(shared) + lp(transcript)
        self.body: dict[str, Any] = {
            "serialNumber": serial,
            "protection": protection.value,
            "counter": counter,
            "publicKey": encoded(self._answer.public),
            "proof": encoded(renewal_proof(key, counter, transcript, app_digest)),
        }

    def open(self, message: str) -> RenewedKey:
        """What the server issued. Raises BadActivationMessage."""
        plaintext = self._answer.open(message, self._info)
        try:
            wire = msgspec.json.decode(plaintext, type=_Renewed)
        except (ValueError, RecursionError):
            wire = None
        # raised outside the handler: a decoding error would hold on to the key
        if wire is None:
            raise BadActivationMessage(MessageFault.CONTENT)
        return RenewedKey(wire.key, wire.counter)


_PROTOCOL = "softtoken-renewal-1"


class _Renewed(msgspec.Struct):
    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    key: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    counter: Annotated[int, msgspec.Meta(ge=0, lt=ATC_END)]
