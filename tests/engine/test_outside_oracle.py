"""The same codes as the `oath` package makes, on random inputs of suites that both support."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softtoken.engine.hotp import hotp
from softtoken.engine.ocra import OcraInputs, ocra, parse_suite
from softtoken.engine.tokens import Algorithm
from softtoken.engine.totp import totp

oath: Any = pytest.importorskip("oath", reason="the oath package is not installed; it is in the dev extra")

KEYS = st.binary(min_size=1, max_size=80)
QUESTIONS = {
    "N": st.text(string.digits, min_size=1, max_size=64),
    "A": st.text(string.ascii_letters + string.digits, min_size=1, max_size=64),
    # the package decodes pairs of digits only
    "H": st.binary(min_size=1, max_size=32).map(bytes.hex),
}


@settings(deadline=None, max_examples=200)
@given(KEYS, st.integers(0, 2**63), st.sampled_from([6, 7, 8]), st.sampled_from(Algorithm))
def test_hotp(key: bytes, counter: int, digits: int, algorithm: Algorithm) -> None:
    theirs = oath.hotp(key.hex(), counter, f"dec{digits}", hash=algorithm.value.lower())
    assert hotp(key, counter, digits, algorithm) == theirs


@settings(deadline=None, max_examples=200)
@given(KEYS, st.integers(0, 2**40), st.integers(1, 86400), st.sampled_from([6, 8]), st.sampled_from(Algorithm))
def test_totp(key: bytes, at: int, period: int, digits: int, algorithm: Algorithm) -> None:
    theirs = oath.totp(key.hex(), f"dec{digits}", t=at, period=period, hash=algorithm.value.lower())
    assert totp(key, at, period, digits, algorithm).code == theirs


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_ocra(data: st.DataObject) -> None:
    question_format = data.draw(st.sampled_from("NAH"))
    question = data.draw(QUESTIONS[question_format])
    parts = [f"Q{question_format}64"]
    ours: dict[str, Any] = {"question": question}
    theirs: dict[str, Any] = {"Q": question}
    if data.draw(st.booleans()):
        parts.insert(0, "C")
        ours["counter"] = theirs["C"] = data.draw(st.integers(0, 2**63))
    if data.draw(st.booleans()):
        parts.append("P" + data.draw(st.sampled_from(Algorithm)).value)
        ours["password"] = theirs["P"] = data.draw(st.binary(max_size=20))
    if data.draw(st.booleans()):
        length = data.draw(st.sampled_from([1, 64, 128, 512]))
        parts.append(f"S{length:03d}")
        ours["session"] = theirs["S"] = data.draw(st.binary(min_size=length, max_size=length))
    if data.draw(st.booleans()):
        parts.append(data.draw(st.sampled_from(["T1S", "T30S", "T59M", "T48H"])))
        ours["step"] = theirs["T_precomputed"] = data.draw(st.integers(0, 2**40))
    digits = data.draw(st.integers(4, 10))
    text = f"OCRA-1:HOTP-{data.draw(st.sampled_from(Algorithm)).value}-{digits}:{'-'.join(parts)}"
    key = data.draw(KEYS)
    code = ocra(parse_suite(text), key, OcraInputs(**ours))
    assert code == oath.str2ocrasuite(text)(key, **theirs)
