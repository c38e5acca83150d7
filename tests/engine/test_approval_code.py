"""The code of an approval: the page's own example, and that it is nobody else's."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from softtoken.engine.managed import approval_otp, approval_question, data_question, signature_question
from softtoken.engine.resync import HeldCredential, verify_approval, verify_code

KEY = bytes(range(32))
DIGEST = hashlib.sha512(b"").digest()
NOW = 1_800_000_000
FIELDS = ("0123abcd", "login", "192.0.2.7", "Login request", "Tap here", "Are you trying to log in?")
TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=6)


def by_the_page(fields: tuple[str, ...], counter: int, at: int) -> str:
    """docs/approvals.md and RFC 6287 alone."""
    covered = b"\x06" + b"".join(len(text.encode()).to_bytes(4, "big") + text.encode() for text in fields)
    message = (
        b"OCRA-1:HOTP-SHA256-6:C-QH64-S064-T30S\x00"
        + counter.to_bytes(8, "big")
        + hashlib.sha256(covered).digest().ljust(128, b"\x00")
        + DIGEST
        + (at // 30).to_bytes(8, "big")
    )
    mac = hmac.digest(KEY, message, "sha256")
    offset = mac[-1] & 15
    return str((int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF) % 10**6).zfill(6)


def test_the_example_of_the_page() -> None:
    otp = approval_otp(KEY, 5, FIELDS, DIGEST, NOW, 6)
    assert otp.code == "954952" == by_the_page(FIELDS, 5, NOW)
    assert (otp.atc, otp.valid_from, otp.valid_until) == (5, NOW, NOW + 30)


@given(TEXTS, st.integers(0, 65534))
def test_as_the_page_says(fields: list[str], counter: int) -> None:
    assert approval_otp(KEY, counter, fields, DIGEST, NOW, 6).code == by_the_page(tuple(fields), counter, NOW)


@given(TEXTS, TEXTS)
def test_only_the_same_fields_have_the_same_question(these: list[str], those: list[str]) -> None:
    assert (approval_question(these) == approval_question(those)) == (these == those)


@given(st.binary(max_size=200), TEXTS)
def test_no_optional_data_and_no_signature_is_an_approval(data: bytes, fields: list[str]) -> None:
    assert approval_question(fields) not in {data_question(data), data_question(None), signature_question(fields)}


@given(st.integers(0, 20), st.integers(-30, 30))
def test_it_verifies_inside_the_windows(ahead: int, late: int) -> None:
    held = HeldCredential(KEY, 100, (DIGEST,))
    code = approval_otp(KEY, 100 + ahead, FIELDS, DIGEST, NOW, 8).code
    assert verify_approval(held, code, FIELDS, NOW + late, 8) == 100 + ahead


@given(st.sampled_from(range(len(FIELDS))), st.text(max_size=10))
def test_another_text_does_not_verify(place: int, other: str) -> None:
    assume(other != FIELDS[place])
    held = HeldCredential(KEY, 100, (DIGEST,))
    changed = [*FIELDS[:place], other, *FIELDS[place + 1 :]]
    code = approval_otp(KEY, 100, changed, DIGEST, NOW, 8).code
    # a chance hit would be the right code of another counter: none of these few
    right = {approval_otp(KEY, 100 + n, FIELDS, DIGEST, NOW + 30 * t, 8).code for n in range(21) for t in (-1, 0, 1)}
    assert verify_approval(held, code, FIELDS, NOW, 8) is None or code in right


def test_a_counter_that_passed_and_a_plain_code_do_not_verify() -> None:
    held = HeldCredential(KEY, 101, (DIGEST,))
    assert verify_approval(held, approval_otp(KEY, 100, FIELDS, DIGEST, NOW, 8).code, FIELDS, NOW, 8) is None
    code = approval_otp(KEY, 101, FIELDS, DIGEST, NOW, 8).code
    assert verify_code(held, code, None, NOW, 8) is None
    assert verify_code(held, code, "".join(FIELDS).encode(), NOW, 8) is None


def test_out_of_range() -> None:
    with pytest.raises(ValueError, match="request's id"):
        approval_otp(KEY, 0, (), DIGEST, NOW, 6)
    with pytest.raises(ValueError, match="1970"):
        approval_otp(KEY, 0, FIELDS, DIGEST, -1, 6)
    with pytest.raises(ValueError, match="6 or 8"):
        approval_otp(KEY, 0, FIELDS, DIGEST, NOW, 7)
