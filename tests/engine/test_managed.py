"""Codes of managed credentials: golden values, the tags of docs/activation.md, life span, arguments."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.managed import (
    data_question,
    managed_code,
    managed_otp,
    parse_sequence,
    renewal_proof,
    renewal_question,
    resynchronisation_code,
    resynchronisation_question,
    secure_sequence,
    sequence_message,
    sequence_question,
    signature_code,
    signature_question,
    untimed_code,
)

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "golden_ocra.json").read_text("utf-8"))
VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "managed.json").read_text("utf-8"))
KEY = GOLDEN["key"].encode()
DIGEST = hashlib.sha512(GOLDEN["session_sha512_of"].encode()).digest()
STEP = int(GOLDEN["step"], 16)


def _golden(suite: str) -> list[Any]:
    (table,) = (table for table in GOLDEN["suites"] if table["suite"] == suite)
    return [pytest.param(case, id=case["code"]) for case in table["cases"]]


def _question(case: dict[str, Any]) -> bytes:
    return hashlib.sha256(GOLDEN["questions_sha256_of"][case["question"]].encode()).digest()


@pytest.mark.parametrize("case", _golden("OCRA-1:HOTP-SHA256-6:C-QH64-S064-T30S"))
def test_golden_codes_of_6_digits(case: dict[str, Any]) -> None:
    assert managed_code(KEY, case["counter"], _question(case), DIGEST, STEP, 6) == case["code"]


@pytest.mark.parametrize("case", _golden("OCRA-1:HOTP-SHA256-8:C-QH64-S064-T30S"))
def test_golden_codes_of_8_digits(case: dict[str, Any]) -> None:
    assert managed_code(KEY, case["counter"], _question(case), DIGEST, STEP, 8) == case["code"]


@pytest.mark.parametrize("case", _golden("OCRA-1:HOTP-SHA256-8:C-QH64-S064"))
def test_golden_codes_without_time(case: dict[str, Any]) -> None:
    assert untimed_code(KEY, case["counter"], _question(case), DIGEST) == case["code"]


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def test_vectors() -> None:
    """What another implementation of docs/activation.md can check itself against."""
    assert VECTORS["key"].encode() == KEY
    assert VECTORS["app_digest_sha512_of"] == GOLDEN["session_sha512_of"]
    for case in VECTORS["codes"]:
        data = _bytes(case["optional_data"])
        otp = managed_otp(KEY, case["counter"], data, DIGEST, VECTORS["at"], case["digits"])
        assert otp.code == case["code"]
    for case in VECTORS["resynchronisation"]:
        assert resynchronisation_code(KEY, case["counter"], DIGEST) == case["code"]
    for case in VECTORS["signatures"]:
        assert signature_code(KEY, case["counter"], case["fields"], DIGEST) == case["code"]
    for case in VECTORS["sequences"]:
        data = _bytes(case["optional_data"])
        mac = secure_sequence(KEY, case["counter"], data, DIGEST)
        assert mac.hex() == case["mac"]
        assert sequence_message(case["counter"], mac).hex() == case["message"]
        assert parse_sequence(bytes.fromhex(case["message"])) == (case["counter"], mac)
    for case in VECTORS["renewals"]:
        transcript = hashlib.sha256(case["transcript_sha256_of"].encode()).digest()
        assert renewal_proof(KEY, case["counter"], transcript, DIGEST).hex() == case["proof"]


def _by_hand(suite: str, counter: int, hashed: bytes, step: int | None) -> bytes:
    """The page's "Codes" section said again in another way."""
    question = hashlib.sha256(hashed).digest() + bytes(96)
    time = b"" if step is None else step.to_bytes(8, "big")
    message = suite.encode() + bytes(1) + counter.to_bytes(8, "big") + question + DIGEST + time
    return hmac.new(KEY, message, hashlib.sha256).digest()


def _shortened(mac: bytes, digits: int) -> str:
    start = mac[31] % 16
    return str(int.from_bytes(mac[start : start + 4], "big") % 2**31).zfill(10)[-digits:]


@given(st.integers(0, 65535), st.none() | st.binary(max_size=100), st.integers(0, 2**40), st.sampled_from([6, 8]))
def test_codes_are_what_the_page_says(counter: int, data: bytes | None, at: int, digits: int) -> None:
    tagged = b"\x00" if data is None else b"\x01" + data
    otp = managed_otp(KEY, counter, data, DIGEST, at, digits)
    suite = f"OCRA-1:HOTP-SHA256-{digits}:C-QH64-S064-T30S"
    assert otp.code == _shortened(_by_hand(suite, counter, tagged, at // 30), digits)
    assert (otp.valid_from, otp.valid_until, otp.atc) == (at, at + 30, counter)


@given(st.integers(0, 65535), st.lists(st.text(), min_size=1, max_size=5), st.none() | st.binary(max_size=50))
def test_the_other_codes_carry_their_own_tags(counter: int, fields: list[str], data: bytes | None) -> None:
    suite = "OCRA-1:HOTP-SHA256-8:C-QH64-S064"
    assert resynchronisation_code(KEY, counter, DIGEST) == _shortened(_by_hand(suite, counter, b"\x02", None), 8)
    signed = b"\x03" + b"".join(len(t.encode()).to_bytes(4, "big") + t.encode() for t in fields)
    assert signature_code(KEY, counter, fields, DIGEST) == _shortened(_by_hand(suite, counter, signed, None), 8)
    tagged = b"\x04" + (b"\x00" if data is None else b"\x01" + data)
    whole = _by_hand("OCRA-1:HOTP-SHA256-0:C-QH64-S064", counter, tagged, None)
    assert secure_sequence(KEY, counter, data, DIGEST) == whole


@given(st.integers(0, 65535), st.binary(min_size=32, max_size=32))
def test_a_renewal_is_proved_over_its_transcript(counter: int, transcript: bytes) -> None:
    whole = _by_hand("OCRA-1:HOTP-SHA256-0:C-QH64-S064", counter, b"\x05" + transcript, None)
    assert renewal_proof(KEY, counter, transcript, DIGEST) == whole


def test_no_use_of_a_key_answers_for_another() -> None:
    """One counter, one text, every use: the tags keep the questions apart."""
    text = b"text"
    questions = [
        data_question(None),
        data_question(text),
        resynchronisation_question(),
        signature_question([text.decode()]),
        sequence_question(None),
        sequence_question(text),
        renewal_question(text),
    ]
    assert len(set(questions)) == len(questions)
    assert {len(question) for question in questions} == {32}


@given(st.integers(0, 65535), st.binary(min_size=32, max_size=32))
def test_a_sequence_message_is_read_back(counter: int, mac: bytes) -> None:
    message = sequence_message(counter, mac)
    assert message == bytes([1, counter // 256, counter % 256]) + mac
    assert parse_sequence(message) == (counter, mac)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01",
        bytes([1, 0, 7]) + bytes(31),
        bytes([1, 0, 7]) + bytes(33),
        bytes([0, 0, 7]) + bytes(32),
        bytes([2, 0, 7]) + bytes(32),
        bytes([255, 0, 7]) + bytes(32),
    ],
)
def test_what_is_no_sequence_message(message: bytes) -> None:
    assert parse_sequence(message) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_a_sequence_message_or_none(message: bytes) -> None:
    parsed = parse_sequence(message)
    assert (parsed is None) is (len(message) != 35 or message[:1] != b"\x01")
    assert parsed is None or sequence_message(*parsed) == message


@pytest.mark.parametrize("counter", [-1, 65536])
def test_a_sequence_has_a_counter_of_16_bits(counter: int) -> None:
    with pytest.raises(OverflowError):
        sequence_message(counter, bytes(32))
    with pytest.raises(ValueError, match="16 bits"):
        secure_sequence(KEY, counter, None, DIGEST)
    with pytest.raises(ValueError, match="16 bits"):
        renewal_proof(KEY, counter, bytes(32), DIGEST)


def test_no_data_is_not_empty_data() -> None:
    assert data_question(None) != data_question(b"")
    assert sequence_question(None) != sequence_question(b"")


@given(
    st.lists(st.text(max_size=5), min_size=1, max_size=4),
    st.lists(st.text(max_size=5), min_size=1, max_size=4),
)
def test_only_the_same_fields_have_the_same_signature(these: list[str], those: list[str]) -> None:
    assert (signature_question(these) == signature_question(those)) is (these == those)


@pytest.mark.parametrize("fields", [["12", "3"], ["1", "23"], ["123", ""], ["", "123"], ["3", "12"]])
def test_a_character_cannot_move_between_fields(fields: list[str]) -> None:
    assert signature_question(fields) != signature_question(["123"])


def test_a_signature_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a signature covers at least one field$"):
        signature_code(KEY, 0, [], DIGEST)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"counter": -1}, "the counter of a managed credential has 16 bits"),
        ({"counter": 65536}, "the counter of a managed credential has 16 bits"),
        ({"app_digest": DIGEST[:63]}, "this OCRA suite needs a session of 64 bytes"),
        ({"app_digest": b""}, "this OCRA suite needs a session of 64 bytes"),
        ({"at": -1}, "a moment is not before 1970"),
        ({"digits": 7}, "a managed code has 6 or 8 digits"),
        ({"digits": 0}, "a managed code has 6 or 8 digits"),
        ({"key": b""}, "the key is empty"),
    ],
)
def test_arguments_out_of_range(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "key": KEY,
        "counter": 0,
        "optional_data": None,
        "app_digest": DIGEST,
        "at": 0,
        "digits": 6,
    }
    with pytest.raises(ValueError, match=f"^{message}$"):
        managed_otp(**(arguments | changed))


@pytest.mark.parametrize("question", [b"", bytes(31), bytes(33)])
def test_a_question_that_is_no_sha_256(question: bytes) -> None:
    with pytest.raises(ValueError, match=r"^the question of a managed code has 32 bytes$"):
        managed_code(KEY, 0, question, DIGEST, STEP, 6)
