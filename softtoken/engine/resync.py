"""The verifying side: look-ahead for one code, and resynchronisation by two (RFC 4226 sections 7.4 and E.4).

Every function answers with the counter that the accepted code was made with, or None. The caller then expects
one more than that; an answer is never less than the counter expected before, so no code is accepted twice.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from softtoken.engine.atc import ATC_END
from softtoken.engine.managed import (
    STEP,
    approval_question,
    data_question,
    managed_code,
    parse_sequence,
    renewal_proof,
    resynchronisation_question,
    secure_sequence,
    signature_question,
    untimed_code,
)
from softtoken.secret import Key

LOOK_AHEAD = 20
"""Counters tried beyond the expected one: as many codes as a device makes without its server (AtcPolicy)."""
RESYNCHRONISATION_WINDOW = 1000
"""Counters searched for two consecutive codes: twice the digits make up for the wider search."""

Codes = Callable[[int], Iterator[str]]
"""All codes that are right for a counter, likeliest first."""


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """What a server holds of a managed credential. counter: the next one expected.

    app_digests: of the released versions that are still accepted, latest first (64 bytes each).
    """

    key: Key = field(repr=False)
    counter: int
    app_digests: tuple[bytes, ...]


def verify_code(
    held: HeldCredential,
    code: str,
    optional_data: bytes | None,
    at: int,
    digits: int,
    window: int = LOOK_AHEAD,
) -> int | None:
    """Look for a one-time password, in this time step (at: epoch seconds) and its two neighbours."""
    return find_counter(code, _timed(held, data_question(optional_data), at, digits), held.counter, window, ATC_END)


def verify_approval(
    held: HeldCredential, code: str, fields: Sequence[str], at: int, digits: int, window: int = LOOK_AHEAD
) -> int | None:
    """Look for the code that approves a login, in the same steps. Raises ValueError without fields."""
    return find_counter(code, _timed(held, approval_question(fields), at, digits), held.counter, window, ATC_END)


def verify_signature(held: HeldCredential, code: str, fields: Sequence[str], window: int = LOOK_AHEAD) -> int | None:
    """Look for a transaction signature. Raises ValueError without fields."""
    return find_counter(code, _untimed(held, signature_question(fields)), held.counter, window, ATC_END)


def verify_sequence(
    held: HeldCredential, message: bytes, optional_data: bytes | None, window: int = LOOK_AHEAD
) -> int | None:
    """Check a secure sequence; it says its counter itself."""
    parsed = parse_sequence(message)
    if parsed is None:
        return None
    counter, mac = parsed
    return _proved(held, counter, mac, window, lambda digest: secure_sequence(held.key, counter, optional_data, digest))


def verify_renewal(held: HeldCredential, counter: int, proof: bytes, transcript: bytes) -> int | None:
    """Check the proof that comes with the wish for a new key; 256 bits, so the wide window costs nothing."""
    window = RESYNCHRONISATION_WINDOW
    return _proved(held, counter, proof, window, lambda digest: renewal_proof(held.key, counter, transcript, digest))


def resynchronise(held: HeldCredential, first: str, second: str, window: int = RESYNCHRONISATION_WINDOW) -> int | None:
    """Look for two consecutive resynchronisation codes; the answer is the second one's counter."""
    codes = _untimed(held, resynchronisation_question())
    return find_consecutive(first, second, codes, held.counter, window, ATC_END)


def resynchronise_with_otps(
    held: HeldCredential,
    first: str,
    second: str,
    at: int,
    digits: int,
    window: int = RESYNCHRONISATION_WINDOW,
) -> int | None:
    """Look for two consecutive one-time passwords without optional data, as a person reads them off."""
    codes = _timed(held, data_question(None), at, digits)
    return find_consecutive(first, second, codes, held.counter, window, ATC_END)


def resynchronise_at(held: HeldCredential, code: str, counter: int) -> int | None:
    """Check one resynchronisation code that comes with its counter (RFC 4226 section E.4).

    One counter is one guess at eight digits, so no window is needed: however far the device is ahead, this helps.
    """
    if counter < held.counter:
        return None
    return find_counter(code, _untimed(held, resynchronisation_question()), counter, 0, ATC_END)


def find_counter(code: str, codes: Codes, counter: int, window: int, end: int) -> int | None:
    """The first counter from `counter` to `counter + window`, and before `end`, that makes this code."""
    if not _looks_like_a_code(code):
        return None
    for candidate in range(counter, min(counter + window + 1, end)):
        if _is_among(code, codes(candidate)):
            return candidate
    return None


def find_consecutive(first: str, second: str, codes: Codes, counter: int, window: int, end: int) -> int | None:
    """The counter of the second code, if one in the window makes the first code and the next the second.

    A chance hit of the first code alone does not end the search.
    """
    if not (_looks_like_a_code(first) and _looks_like_a_code(second)):
        return None
    for candidate in range(counter, min(counter + window + 1, end - 1)):
        if _is_among(first, codes(candidate)) and _is_among(second, codes(candidate + 1)):
            return candidate + 1
    return None


def _proved(held: HeldCredential, counter: int, mac: bytes, window: int, make: Callable[[bytes], bytes]) -> int | None:
    """A MAC that comes with its counter: inside the window, before the end, and right for one of the digests."""
    if not held.counter <= counter <= min(held.counter + window, ATC_END - 1):
        return None
    return counter if any(hmac.compare_digest(mac, make(digest)) for digest in held.app_digests) else None


def _looks_like_a_code(code: str) -> bool:
    return code.isascii() and code.isdigit()


def _is_among(code: str, candidates: Iterator[str]) -> bool:
    return any(hmac.compare_digest(code, candidate) for candidate in candidates)


def _timed(held: HeldCredential, question: bytes, at: int, digits: int) -> Codes:
    now = at // STEP
    steps = [step for step in (now, now - 1, now + 1) if step >= 0]

    def codes(counter: int) -> Iterator[str]:
        for app_digest in held.app_digests:
            for step in steps:
                yield managed_code(held.key, counter, question, app_digest, step, digits)

    return codes


def _untimed(held: HeldCredential, question: bytes) -> Codes:
    def codes(counter: int) -> Iterator[str]:
        for app_digest in held.app_digests:
            yield untimed_code(held.key, counter, question, app_digest)

    return codes
