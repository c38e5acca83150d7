"""Codes of managed credentials: OCRA with the product's own inputs (docs/activation.md, "Codes")."""

import hashlib
from collections.abc import Sequence
from functools import cache

from softtoken.engine.ocra import OcraInputs, OcraSuite, ocra, ocra_mac, parse_suite
from softtoken.engine.tokens import Otp
from softtoken.secret import Key

STEP = 30
"""Seconds per time step, and how long a code is shown for."""
UNTIMED_DIGITS = 8
"""Digits of resynchronisation codes and signatures."""
SEQUENCE_VERSION = 1
_SEQUENCE_BYTES = 1 + 2 + 32


def managed_otp(key: Key, counter: int, optional_data: bytes | None, app_digest: bytes, at: int, digits: int) -> Otp:
    """The code for this counter (ATC) made at this moment (epoch seconds), to be shown for 30 seconds.

    The life span starts when the code is made, not with the step: the server accepts the neighbouring steps,
    so a code made at the end of a step is still good for 30 seconds (mc-sdk section 14).
    app_digest: 64 bytes. digits: 6 or 8. Raises ValueError for arguments out of range.
    """
    if at < 0:
        raise ValueError("a moment is not before 1970")
    code = managed_code(key, counter, data_question(optional_data), app_digest, at // STEP, digits)
    return Otp(code, at, at + STEP, counter)


def approval_otp(key: Key, counter: int, fields: Sequence[str], app_digest: bytes, at: int, digits: int) -> Otp:
    """The code that approves a login: as a one-time password, over what was shown (docs/approvals.md)."""
    if at < 0:
        raise ValueError("a moment is not before 1970")
    code = managed_code(key, counter, approval_question(fields), app_digest, at // STEP, digits)
    return Otp(code, at, at + STEP, counter)


def managed_code(key: Key, counter: int, question: bytes, app_digest: bytes, step: int, digits: int) -> str:
    """The code for Q (32 bytes) and T (a number of 30-second steps) as they are."""
    return ocra(_otp_suite(digits), key, _inputs(counter, question, app_digest, step))


def resynchronisation_code(key: Key, counter: int, app_digest: bytes) -> str:
    """Eight digits that prove the counter and nothing else; without a time, as they may be read out later."""
    return untimed_code(key, counter, resynchronisation_question(), app_digest)


def signature_code(key: Key, counter: int, fields: Sequence[str], app_digest: bytes) -> str:
    """Eight digits that sign a transaction's data fields in their order."""
    return untimed_code(key, counter, signature_question(fields), app_digest)


def untimed_code(key: Key, counter: int, question: bytes, app_digest: bytes) -> str:
    """Eight digits for Q (32 bytes) as it is, without a time."""
    return ocra(_untimed_suite(UNTIMED_DIGITS), key, _inputs(counter, question, app_digest, None))


def secure_sequence(key: Key, counter: int, optional_data: bytes | None, app_digest: bytes) -> bytes:
    """The 32-byte machine-readable form of a code: the whole HMAC, of the same data, without a time."""
    inputs = _inputs(counter, sequence_question(optional_data), app_digest, None)
    return ocra_mac(_untimed_suite(0), key, inputs)


def sequence_message(counter: int, mac: bytes) -> bytes:
    """What a machine is given: version 1, the counter (2 bytes, big-endian), the 32-byte sequence; 35 bytes."""
    return bytes([SEQUENCE_VERSION]) + counter.to_bytes(2, "big") + mac


def parse_sequence(message: bytes) -> tuple[int, bytes] | None:
    """Counter and sequence of such a message; None if it is none."""
    if len(message) != _SEQUENCE_BYTES or message[0] != SEQUENCE_VERSION:
        return None
    return int.from_bytes(message[1:3], "big"), message[3:]


def renewal_proof(key: Key, counter: int, transcript: bytes, app_digest: bytes) -> bytes:
    """32 bytes that prove a key to the server that is to replace it; transcript: what is agreed on, 32 bytes."""
    return ocra_mac(_untimed_suite(0), key, _inputs(counter, renewal_question(transcript), app_digest, None))


def data_question(optional_data: bytes | None) -> bytes:
    """Q of a code: SHA-256 over byte 00, or over byte 01 and the data; so no data differs from empty data."""
    return hashlib.sha256(_data(optional_data)).digest()


def resynchronisation_question() -> bytes:
    """Q of resynchronisation: SHA-256 over byte 02."""
    return hashlib.sha256(b"\x02").digest()


def signature_question(fields: Sequence[str]) -> bytes:
    """Q of a signature: SHA-256 over byte 03 and each field behind its UTF-8 length (4 bytes, big-endian).

    The lengths make sure that moving a character from one field to the next changes the signature.
    Raises ValueError without fields.
    """
    if not fields:
        raise ValueError("a signature covers at least one field")
    return hashlib.sha256(b"\x03" + _prefixed(fields)).digest()


def sequence_question(optional_data: bytes | None) -> bytes:
    """Q of a secure sequence: SHA-256 over byte 04, then as for a code."""
    return hashlib.sha256(b"\x04" + _data(optional_data)).digest()


def renewal_question(transcript: bytes) -> bytes:
    """Q of the proof for a new key: SHA-256 over byte 05 and the transcript."""
    return hashlib.sha256(b"\x05" + transcript).digest()


def approval_question(fields: Sequence[str]) -> bytes:
    """Q of an approval: SHA-256 over byte 06 and each field as for a signature.

    Its own byte, so that nobody's optional data makes a code that approves something. Raises ValueError without fields.
    """
    if not fields:
        raise ValueError("an approval covers at least the request's id")
    return hashlib.sha256(b"\x06" + _prefixed(fields)).digest()


def _prefixed(fields: Sequence[str]) -> bytes:
    encoded = [text.encode() for text in fields]
    return b"".join(len(each).to_bytes(4, "big") + each for each in encoded)


def _data(optional_data: bytes | None) -> bytes:
    return b"\x00" if optional_data is None else b"\x01" + optional_data


def _inputs(counter: int, question: bytes, app_digest: bytes, step: int | None) -> OcraInputs:
    if not 0 <= counter <= 0xFFFF:
        raise ValueError("the counter of a managed credential has 16 bits")
    if len(question) != hashlib.sha256().digest_size:
        raise ValueError("the question of a managed code has 32 bytes")
    return OcraInputs(question=question.hex(), counter=counter, session=app_digest, step=step)


@cache
def _otp_suite(digits: int) -> OcraSuite:
    if digits not in {6, 8}:
        raise ValueError("a managed code has 6 or 8 digits")
    return parse_suite(f"OCRA-1:HOTP-SHA256-{digits}:C-QH64-S064-T30S")


@cache
def _untimed_suite(digits: int) -> OcraSuite:
    return parse_suite(f"OCRA-1:HOTP-SHA256-{digits}:C-QH64-S064")
