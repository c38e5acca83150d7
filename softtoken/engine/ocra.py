"""Challenge-response codes: RFC 6287 (OCRA), every data input, and its text form, the suite."""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.hotp import COUNTER_END, keyed_hash, truncate
from softtoken.engine.tokens import Algorithm
from softtoken.secret import Key


class QuestionFormat(StrEnum):
    """What a challenge question is written in."""

    ALPHANUMERIC = "A"
    NUMERIC = "N"
    HEXADECIMAL = "H"


@dataclass(frozen=True, slots=True)
class OcraSuite:
    """A parsed suite. text is hashed into every code, so it stays as it was written.

    digits: 4 to 10, or 0 for no truncation. question_length: the most characters of one party's question.
    password: the hash of P; session_length: bytes of S; time_step: seconds per step of T; or None.
    """

    text: str
    algorithm: Algorithm
    digits: int
    counter: bool
    question_format: QuestionFormat
    question_length: int
    password: Algorithm | None
    session_length: int | None
    time_step: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcraInputs:
    """What one code is made of; exactly what the suite names, the rest None.

    question: the challenge. second_question: the other party's in mutual challenge-response, put behind it.
    password: the PIN or password itself; it is hashed here as the suite says.
    session: exactly as many bytes as the suite says. step: number of time steps since the epoch.
    """

    question: str = field(repr=False)
    second_question: str = field(default="", repr=False)
    counter: int | None = None
    password: bytes | None = field(default=None, repr=False)
    session: bytes | None = field(default=None, repr=False)
    step: int | None = None


def parse_suite(text: str) -> OcraSuite:
    """Read `OCRA-1:HOTP-<hash>-<digits>:[C-]Q[Fxx][-P[hash]][-S[nnn]][-T[G]]` (RFC 6287 section 6).

    Qualifiers left out have the RFC's defaults: QN08, PSHA1, S064, T1M. Raises ValueError, also for a step of
    0 hours (erratum 3729).
    """
    match = _SUITE.fullmatch(text)
    if match is None:
        raise ValueError("this is no OCRA suite")
    question_length = int(match["length"] or 8)
    if not 4 <= question_length <= 64:
        raise ValueError("the question of an OCRA suite has 04 to 64 characters")
    return OcraSuite(
        text,
        Algorithm(match["hash"]),
        int(match["digits"]),
        match["counter"] is not None,
        QuestionFormat(match["format"] or "N"),
        question_length,
        Algorithm(match["password_hash"] or "SHA1") if match["password"] else None,
        _session_length(match["session_length"]) if match["session"] else None,
        _time_step(match["steps"], match["unit"]) if match["time"] else None,
    )


def ocra(suite: OcraSuite, key: Key, inputs: OcraInputs) -> str:
    """The code: as many digits as the suite says. Raises ValueError for inputs that do not fit the suite.

    A suite with 0 digits has no code in digits; ask ocra_mac.
    """
    if suite.digits == 0:
        raise ValueError("this OCRA suite has no digits")
    return truncate(ocra_mac(suite, key, inputs), suite.digits)


def ocra_mac(suite: OcraSuite, key: Key, inputs: OcraInputs) -> bytes:
    """The whole HMAC: 20, 32 or 64 bytes. Raises ValueError for inputs that do not fit the suite."""
    message = b"".join(
        (
            suite.text.encode("ascii"),
            b"\x00",
            _counter_input(suite, inputs.counter),
            _question_input(suite, inputs.question, inputs.second_question),
            _password_input(suite, inputs.password),
            _session_input(suite, inputs.session),
            _time_input(suite, inputs.step),
        )
    )
    return keyed_hash(key, message, suite.algorithm)


_SUITE = re.compile(
    r"OCRA-1:HOTP-(?P<hash>SHA1|SHA256|SHA512)-(?P<digits>0|[4-9]|10)"
    r":(?P<counter>C-)?Q(?:(?P<format>[ANH])(?P<length>[0-9]{2}))?"
    r"(?P<password>-P(?P<password_hash>SHA1|SHA256|SHA512)?)?"
    r"(?P<session>-S(?P<session_length>[0-9]{3})?)?"
    r"(?P<time>-T(?:(?P<steps>[0-9]{1,2})(?P<unit>[SMH]))?)?"
)
_QUESTION_BYTES = 128
_LONGEST_SESSION = 512
_UNITS = {"S": (1, 59), "M": (60, 59), "H": (3600, 48)}
_QUESTION = {
    QuestionFormat.ALPHANUMERIC: re.compile("[0-9A-Za-z]+"),
    QuestionFormat.NUMERIC: re.compile("[0-9]+"),
    QuestionFormat.HEXADECIMAL: re.compile("[0-9A-Fa-f]+"),
}


def _session_length(text: str | None) -> int:
    length = int(text or 64)
    if not 1 <= length <= _LONGEST_SESSION:
        raise ValueError("the session of an OCRA suite has 001 to 512 bytes")
    return length


def _time_step(steps: str | None, unit: str | None) -> int:
    seconds, most = _UNITS[unit or "M"]
    count = int(steps or 1)
    if not 1 <= count <= most:
        raise ValueError("the time step of an OCRA suite is 1 to 59 seconds or minutes or 1 to 48 hours")
    return count * seconds


def _counter_input(suite: OcraSuite, counter: int | None) -> bytes:
    if not suite.counter:
        return _unnamed(counter, "counter")
    if counter is None or not 0 <= counter < COUNTER_END:
        raise ValueError("this OCRA suite needs a counter of 64 bits")
    return counter.to_bytes(8, "big")


def _question_input(suite: OcraSuite, question: str, second: str) -> bytes:
    """The questions as the RFC's reference code hashes them: in hexadecimal, zeros on the right to 128 bytes.

    The zeros follow the last digit, not the last byte: the number 1 is hashed as 10 00 00, never as 01 00 00.
    """
    for part in (question, second):
        if len(part) > suite.question_length:
            raise ValueError("the question is longer than the OCRA suite allows")
    together = question + second
    if _QUESTION[suite.question_format].fullmatch(together) is None or not question:
        raise ValueError("the question is not of the format that the OCRA suite names")
    match suite.question_format:
        case QuestionFormat.ALPHANUMERIC:
            digits = together.encode("ascii").hex()
        case QuestionFormat.NUMERIC:
            digits = f"{int(together):x}"
        case QuestionFormat.HEXADECIMAL:
            digits = together
    return bytes.fromhex(digits.ljust(2 * _QUESTION_BYTES, "0"))


def _password_input(suite: OcraSuite, password: bytes | None) -> bytes:
    if suite.password is None:
        return _unnamed(password, "password")
    if password is None:
        raise ValueError("this OCRA suite needs a password")
    return hashlib.new(suite.password.value, password).digest()


def _session_input(suite: OcraSuite, session: bytes | None) -> bytes:
    """Exactly the stated length: how to pad a shorter one is where implementations differ."""
    if suite.session_length is None:
        return _unnamed(session, "session")
    if session is None or len(session) != suite.session_length:
        raise ValueError(f"this OCRA suite needs a session of {suite.session_length} bytes")
    return session


def _time_input(suite: OcraSuite, step: int | None) -> bytes:
    if suite.time_step is None:
        return _unnamed(step, "time step")
    if step is None or not 0 <= step < 2**64:
        raise ValueError("this OCRA suite needs a time step of 64 bits")
    return step.to_bytes(8, "big")


def _unnamed(value: object, name: str) -> bytes:
    """A value that the suite does not cover would look protected and not be."""
    if value is not None:
        raise ValueError(f"this OCRA suite takes no {name}")
    return b""
