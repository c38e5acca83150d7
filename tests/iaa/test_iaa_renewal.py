"""A fresh key on the wire, against a server written here from docs/activation.md alone."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.package import BadActivationMessage, MessageFault
from softtoken.iaa.renewal import KeyRenewal

OLD, FRESH = bytes(range(32)), bytes(range(100, 132))
DIGEST = hashlib.sha512(b"a release").digest()
ORIGIN, USER, SERIAL = "https://acme.sdb.tid.onespan.cloud", "alice@acme", "VDS1000000"
SUITE = b"MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
ANSWER = {"version": 1, "key": base64.b64encode(FRESH).decode(), "counter": 0}


def lp(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def wish(key: bytes = OLD, counter: int = 7) -> KeyRenewal:
    return KeyRenewal(
        origin=ORIGIN,
        user=USER,
        serial=SERIAL,
        protection=ProtectionType.PIN,
        key=key,
        counter=counter,
        app_digest=DIGEST,
    )


def transcript(body: dict[str, Any], origin: str = ORIGIN) -> bytes:
    texts = (origin, USER, body["serialNumber"], body["protection"], str(body["counter"]))
    parts = [b"softtoken-renewal-1", SUITE, *(text.encode() for text in texts), unb64(body["publicKey"])]
    return hashlib.sha256(b"".join(map(lp, parts))).digest()


def seal(body: dict[str, Any], plaintext: bytes, key: bytes = OLD, origin: str = ORIGIN) -> str:
    public, agreed = unb64(body["publicKey"]), transcript(body, origin)
    recipient = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
    )
    shared = hmac.new(key, lp(b"renewal") + agreed, hashlib.sha256).digest()
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    sealed = suite.encrypt(plaintext, recipient, lp(b"rk") + lp(shared) + lp(agreed))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def test_the_whole_way() -> None:
    asked = wish()
    body = asked.body
    assert set(body) == {"serialNumber", "protection", "counter", "publicKey", "proof"}
    assert (body["serialNumber"], body["protection"], body["counter"]) == (SERIAL, "PIN", 7)
    assert len(unb64(body["publicKey"])) == 1216
    # RFC 6287 written out: suite, 0, C, Q padded to 128 bytes, S
    question = hashlib.sha256(b"\x05" + transcript(body)).digest().ljust(128, b"\0")
    data = b"OCRA-1:HOTP-SHA256-0:C-QH64-S064\0" + (7).to_bytes(8, "big") + question + DIGEST
    assert unb64(body["proof"]) == hmac.new(OLD, data, hashlib.sha256).digest()
    renewed = asked.open(seal(body, json.dumps(ANSWER).encode()))
    assert (renewed.key, renewed.counter) == (FRESH, 0)


def test_every_wish_is_another_one() -> None:
    assert wish().body["publicKey"] != wish().body["publicKey"]
    assert wish(counter=7).body["proof"] != wish(counter=8).body["proof"]


def test_an_answer_made_without_the_old_key_or_for_somewhere_else() -> None:
    asked = wish()
    plaintext = json.dumps(ANSWER).encode()
    for message in (
        seal(asked.body, plaintext, key=FRESH),
        seal(asked.body, plaintext, origin="https://evil.example"),
        seal(wish().body, plaintext),
    ):
        with pytest.raises(BadActivationMessage) as caught:
            asked.open(message)
        assert caught.value.fault is MessageFault.NOT_OURS


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"key": "AAAA"}, {"key": 1}, {"counter": -1}, {"counter": 65535}, {"counter": "0"}],
)
def test_every_field_is_checked(change: dict[str, Any]) -> None:
    asked = wish()
    with pytest.raises(BadActivationMessage) as caught:
        asked.open(seal(asked.body, json.dumps({**ANSWER, **change}).encode()))
    assert caught.value.fault is MessageFault.CONTENT
    assert caught.value.__context__ is None


@given(plaintext=st.binary(max_size=40))
def test_any_plaintext_is_refused(plaintext: bytes) -> None:
    asked = wish()
    with pytest.raises(BadActivationMessage):
        asked.open(seal(asked.body, plaintext))


def test_no_key_shows() -> None:
    asked = wish()
    renewed = asked.open(seal(asked.body, json.dumps(ANSWER).encode()))
    shown = f"{asked!r} {asked} {renewed!r} {renewed}"
    for key in (OLD, FRESH):
        assert key.hex() not in shown
        assert repr(key) not in shown
