"""RFC 6287: every table of appendix C, the golden table of the reference, and what is refused."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.ocra import OcraInputs, OcraSuite, QuestionFormat, ocra, ocra_mac, parse_suite
from softtoken.engine.tokens import Algorithm

FOLDER = Path(__file__).parents[1] / "vectors"
RFC: dict[str, Any] = json.loads((FOLDER / "rfc6287.json").read_text("utf-8"))
GOLDEN: dict[str, Any] = json.loads((FOLDER / "golden_ocra.json").read_text("utf-8"))
KEY = b"12345678901234567890"


def _rows(document: dict[str, Any], tables: str) -> list[Any]:
    return [
        pytest.param(table, case, id=f"{table['suite']} {number}")
        for table in document[tables]
        for number, case in enumerate(table["cases"])
    ]


@pytest.mark.parametrize(("table", "case"), _rows(RFC, "tables"))
def test_appendix_c(table: dict[str, Any], case: dict[str, Any]) -> None:
    inputs = OcraInputs(
        question=case["question"],
        second_question=case.get("second_question", ""),
        counter=case.get("counter"),
        password=case["password"].encode() if "password" in case else None,
        step=int(case["step"], 16) if "step" in case else None,
    )
    assert ocra(parse_suite(table["suite"]), table["key"].encode(), inputs) == case["code"]


def test_every_table_of_appendix_c_is_there() -> None:
    assert len(RFC["tables"]) == 11
    assert sum(len(table["cases"]) for table in RFC["tables"]) == 70


@pytest.mark.parametrize(("table", "case"), _rows(GOLDEN, "suites"))
def test_golden_table(table: dict[str, Any], case: dict[str, Any]) -> None:
    suite = parse_suite(table["suite"])
    text = GOLDEN["questions_sha256_of"][case["question"]]
    inputs = OcraInputs(
        question=hashlib.sha256(text.encode()).hexdigest(),
        counter=case["counter"],
        password=GOLDEN["password"].encode() if suite.password else None,
        session=hashlib.sha512(GOLDEN["session_sha512_of"].encode()).digest(),
        step=int(GOLDEN["step"], 16) if suite.time_step else None,
    )
    key = GOLDEN["key"].encode()
    if "mac" in case:
        assert ocra_mac(suite, key, inputs).hex() == case["mac"]
    else:
        assert ocra(suite, key, inputs) == case["code"]


def test_a_full_suite_is_understood() -> None:
    text = "OCRA-1:HOTP-SHA512-10:C-QA64-PSHA256-S512-T48H"
    assert parse_suite(text) == OcraSuite(
        text, Algorithm.SHA512, 10, True, QuestionFormat.ALPHANUMERIC, 64, Algorithm.SHA256, 512, 48 * 3600
    )


def test_a_suite_without_qualifiers_has_the_defaults() -> None:
    suite = parse_suite("OCRA-1:HOTP-SHA1-6:Q-P-S-T")
    assert (suite.question_format, suite.question_length) == (QuestionFormat.NUMERIC, 8)
    assert (suite.counter, suite.password, suite.session_length, suite.time_step) == (
        False,
        Algorithm.SHA1,
        64,
        60,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OCRA-1",
        "OCRA-2:HOTP-SHA1-6:QN08",
        "OCRA-1:TOTP-SHA1-6:QN08",
        "OCRA-1:HOTP-MD5-6:QN08",
        "OCRA-1:HOTP-SHA1-3:QN08",
        "OCRA-1:HOTP-SHA1-11:QN08",
        "OCRA-1:HOTP-SHA1-06:QN08",
        "OCRA-1:HOTP-SHA1-6:",
        "OCRA-1:HOTP-SHA1-6:C",
        "OCRA-1:HOTP-SHA1-6:QN08-C",
        "OCRA-1:HOTP-SHA1-6:QX08",
        "OCRA-1:HOTP-SHA1-6:QN8",
        "OCRA-1:HOTP-SHA1-6:QN08-PMD5",
        "OCRA-1:HOTP-SHA1-6:QN08-S64",
        "OCRA-1:HOTP-SHA1-6:QN08-T1D",
        "OCRA-1:HOTP-SHA1-6:QN08-T1M-S064",
        "OCRA-1:HOTP-SHA1-6:QN08-",
        " OCRA-1:HOTP-SHA1-6:QN08",
        "OCRA-1:HOTP-SHA1-6:QN08\n",
        "OCRA-1:HOTP-SHA1-٦:QN08",
    ],
)
def test_malformed_suites_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^this is no OCRA suite$"):
        parse_suite(text)


_QUESTIONS = "the question of an OCRA suite has 04 to 64 characters"
_SESSIONS = "the session of an OCRA suite has 001 to 512 bytes"
_STEPS = "the time step of an OCRA suite is 1 to 59 seconds or minutes or 1 to 48 hours"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("QN00", _QUESTIONS),
        ("QN03", _QUESTIONS),
        ("QN65", _QUESTIONS),
        ("QN99", _QUESTIONS),
        ("QN08-S000", _SESSIONS),
        ("QN08-S513", _SESSIONS),
        ("QN08-T0S", _STEPS),
        ("QN08-T60S", _STEPS),
        ("QN08-T0M", _STEPS),
        ("QN08-T60M", _STEPS),
        ("QN08-T0H", _STEPS),
        ("QN08-T49H", _STEPS),
    ],
)
def test_suites_out_of_range_are_refused(inputs: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse_suite(f"OCRA-1:HOTP-SHA1-6:{inputs}")


@pytest.mark.parametrize(
    ("inputs", "field", "value"),
    [
        ("QN04", "question_length", 4),
        ("QN64", "question_length", 64),
        ("QN08-S001", "session_length", 1),
        ("QN08-S512", "session_length", 512),
        ("QN08-T1S", "time_step", 1),
        ("QN08-T59S", "time_step", 59),
        ("QN08-T1M", "time_step", 60),
        ("QN08-T59M", "time_step", 59 * 60),
        ("QN08-T1H", "time_step", 3600),
        ("QN08-T48H", "time_step", 48 * 3600),
        ("QN08-T01S", "time_step", 1),
    ],
)
def test_both_ends_of_every_range_are_understood(inputs: str, field: str, value: int) -> None:
    assert getattr(parse_suite(f"OCRA-1:HOTP-SHA1-6:{inputs}"), field) == value


@given(st.text())
def test_any_text_is_a_suite_or_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="OCRA suite"):
        parse_suite(text)


def _hashed(suite: str, data: str) -> bytes:
    return hmac.digest(KEY, suite.encode() + b"\x00" + bytes.fromhex(data), "sha1")


@pytest.mark.parametrize(
    ("suite", "question", "data"),
    [
        ("OCRA-1:HOTP-SHA1-0:QN08", "1", "1"),
        ("OCRA-1:HOTP-SHA1-0:QN08", "00000256", "100"),
        ("OCRA-1:HOTP-SHA1-0:QN64", "9" * 64, f"{10**64 - 1:x}"),
        ("OCRA-1:HOTP-SHA1-0:QH08", "abc", "abc"),
        ("OCRA-1:HOTP-SHA1-0:QH08", "0ABC", "0abc"),
        ("OCRA-1:HOTP-SHA1-0:QA08", "Az09", "417a3039"),
    ],
)
def test_questions_are_padded_behind_their_last_hexadecimal_digit(suite: str, question: str, data: str) -> None:
    assert ocra_mac(parse_suite(suite), KEY, OcraInputs(question=question)) == _hashed(suite, data.ljust(256, "0"))


def test_inputs_are_hashed_in_the_order_of_the_rfc() -> None:
    suite = "OCRA-1:HOTP-SHA1-0:C-QH04-PSHA256-S003-T1H"
    inputs = OcraInputs(question="beef", counter=2, password=b"pw", session=b"abc", step=3)
    password = hashlib.sha256(b"pw").hexdigest()
    data = f"{2:016x}" + "beef".ljust(256, "0") + password + "616263" + f"{3:016x}"
    assert ocra_mac(parse_suite(suite), KEY, inputs) == _hashed(suite, data)


FULL = parse_suite("OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1-S004-T1M")
BARE = parse_suite("OCRA-1:HOTP-SHA1-6:QN08")


FITTING: dict[str, Any] = {"question": "1234", "counter": 1, "password": b"hunter2", "session": b"abcd", "step": 1}
_TOO_LONG = "the question is longer than the OCRA suite allows"
_FORMAT = "the question is not of the format that the OCRA suite names"
_COUNTER = "this OCRA suite needs a counter of 64 bits"
_SESSION = "this OCRA suite needs a session of 4 bytes"
_STEP = "this OCRA suite needs a time step of 64 bits"


@pytest.mark.parametrize(
    ("suite", "changed", "message"),
    [
        (FULL, {"counter": None}, _COUNTER),
        (FULL, {"counter": -1}, _COUNTER),
        (FULL, {"counter": 2**64}, _COUNTER),
        (FULL, {"password": None}, "this OCRA suite needs a password"),
        (FULL, {"session": None}, _SESSION),
        (FULL, {"session": b"abc"}, _SESSION),
        (FULL, {"session": b"abcde"}, _SESSION),
        (FULL, {"step": None}, _STEP),
        (FULL, {"step": -1}, _STEP),
        (FULL, {"step": 2**64}, _STEP),
        (FULL, {"question": ""}, _FORMAT),
        (FULL, {"question": "", "second_question": "1"}, _FORMAT),
        (FULL, {"question": "123456789"}, _TOO_LONG),
        (FULL, {"second_question": "123456789"}, _TOO_LONG),
        (FULL, {"question": "1234567a"}, _FORMAT),
        (FULL, {"second_question": "a"}, _FORMAT),
        (FULL, {"question": "١٢٣٤"}, _FORMAT),
        (parse_suite("OCRA-1:HOTP-SHA1-6:C-QA08-PSHA1-S004-T1M"), {"question": "a b"}, _FORMAT),
        (parse_suite("OCRA-1:HOTP-SHA1-6:C-QH08-PSHA1-S004-T1M"), {"question": "xyz"}, _FORMAT),
    ],
)
def test_inputs_that_do_not_fit_the_suite_are_refused(suite: OcraSuite, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$") as caught:
        ocra(suite, KEY, OcraInputs(**(FITTING | changed)))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("counter", [0, 2**64 - 1])
@pytest.mark.parametrize("step", [0, 2**64 - 1])
def test_both_ends_of_counter_and_time_fit(counter: int, step: int) -> None:
    assert len(ocra(FULL, KEY, OcraInputs(**(FITTING | {"counter": counter, "step": step})))) == 6


@pytest.mark.parametrize("field", ["counter", "password", "session", "step"])
def test_an_input_that_the_suite_does_not_name_is_refused(field: str) -> None:
    """It would look protected and not be."""
    name = "time step" if field == "step" else field
    with pytest.raises(ValueError, match=f"^this OCRA suite takes no {name}$") as caught:
        ocra(BARE, KEY, OcraInputs(question="1234", **{field: FITTING[field]}))
    assert "hunter2" not in str(caught.value)


def test_no_truncation_means_no_digits() -> None:
    suite = parse_suite("OCRA-1:HOTP-SHA1-0:QN08")
    with pytest.raises(ValueError, match=r"^this OCRA suite has no digits$"):
        ocra(suite, KEY, OcraInputs(question="1234"))


def test_inputs_keep_their_secrets_out_of_the_repr() -> None:
    shown = repr(OcraInputs(question="99887766", password=b"hunter2", session=b"session"))
    assert not any(secret in shown for secret in ("99887766", "hunter2", "session'"))
