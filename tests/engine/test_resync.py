"""The verifying side: what is accepted, what never is, and how much work it takes."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softtoken.engine.hotp import hotp
from softtoken.engine.managed import (
    managed_otp,
    renewal_proof,
    resynchronisation_code,
    secure_sequence,
    sequence_message,
    signature_code,
)
from softtoken.engine.resync import (
    LOOK_AHEAD,
    RESYNCHRONISATION_WINDOW,
    HeldCredential,
    find_consecutive,
    find_counter,
    resynchronise,
    resynchronise_at,
    resynchronise_with_otps,
    verify_code,
    verify_renewal,
    verify_sequence,
    verify_signature,
)
from softtoken.engine.tokens import Algorithm

KEY = b"12345678901234567890123456789012"
DIGESTS = tuple(hashlib.sha512(version.encode()).digest() for version in ("3", "2", "1"))
AT = 1_700_000_010
HELD = HeldCredential(KEY, 100, DIGESTS)


def _code(counter: int, *, data: bytes | None = None, digest: bytes = DIGESTS[0], at: int = AT) -> str:
    return managed_otp(KEY, counter, data, digest, at, 8).code


@given(
    counter=st.integers(0, 60000),
    drift=st.integers(0, LOOK_AHEAD),
    data=st.none() | st.binary(max_size=20),
    digest=st.sampled_from(DIGESTS),
    late=st.integers(0, 30),
)
def test_a_code_within_the_windows_is_found(
    counter: int, drift: int, data: bytes | None, digest: bytes, late: int
) -> None:
    """A code is accepted for as long as the device shows it, wherever in the step it was made."""
    held = HeldCredential(KEY, counter, DIGESTS)
    code = _code(counter + drift, data=data, digest=digest)
    assert verify_code(held, code, data, AT + late, 8) == counter + drift


@pytest.mark.parametrize("ahead", [-20, 0, 1, 30])
def test_a_clock_that_is_a_little_off_is_forgiven(ahead: int) -> None:
    assert verify_code(HELD, _code(100, at=AT + ahead), None, AT, 8) == 100


@pytest.mark.parametrize("seconds", [-60, 61])
def test_a_code_of_another_time_is_refused(seconds: int) -> None:
    assert verify_code(HELD, _code(100, at=AT + seconds), None, AT, 8) is None


@pytest.mark.parametrize("counter", [99, 100 + LOOK_AHEAD + 1])
def test_a_counter_outside_the_window_is_refused(counter: int) -> None:
    assert verify_code(HELD, _code(counter), None, AT, 8) is None


def test_other_data_another_program_or_another_key_is_refused() -> None:
    assert verify_code(HELD, _code(100, data=b"pay 10"), b"pay 100", AT, 8) is None
    assert verify_code(HELD, _code(100, data=b""), None, AT, 8) is None
    assert verify_code(HELD, _code(100, digest=bytes(64)), None, AT, 8) is None
    assert verify_code(replace(HELD, key=b"x" * 32), _code(100), None, AT, 8) is None
    assert verify_code(replace(HELD, app_digests=()), _code(100), None, AT, 8) is None


@pytest.mark.parametrize("code", ["", "1", "1234567", "123456789", "12345abc", "1234 678", "１２３４５６７８", "é"])
def test_what_is_no_code_is_refused_without_an_error(code: str) -> None:
    assert verify_code(HELD, code, None, AT, 8) is None
    assert resynchronise(HELD, code, code) is None
    # the other one may be right
    first, second = (resynchronisation_code(KEY, counter, DIGESTS[0]) for counter in (100, 101))
    assert resynchronise(HELD, first, code) is None
    assert resynchronise(HELD, code, second) is None


def test_at_the_epoch_there_is_no_step_before() -> None:
    assert verify_code(replace(HELD, counter=0), _code(0, at=0), None, 0, 8) == 0


def test_the_last_counter_is_never_accepted() -> None:
    """65535 is the end of the counter (atc.ATC_END): there would be nothing to expect after it."""
    held = replace(HELD, counter=65530)
    assert verify_code(held, _code(65534), None, AT, 8) == 65534
    assert verify_code(held, _code(65535), None, AT, 8) is None
    assert verify_code(replace(HELD, counter=65535), _code(65535), None, AT, 8) is None
    last = [resynchronisation_code(KEY, counter, DIGESTS[0]) for counter in (65533, 65534, 65535)]
    assert resynchronise(held, last[0], last[1]) == 65534
    assert resynchronise(held, last[1], last[2]) is None


def test_a_check_takes_no_more_hmacs_than_it_must() -> None:
    asked: list[int] = []

    def codes(counter: int) -> Iterator[str]:
        for step in range(9):
            asked.append(counter)
            yield f"{counter:04d}{step}"

    assert find_counter("00000", codes, 5, LOOK_AHEAD, 65535) is None
    assert len(asked) == 21 * 9
    asked.clear()
    assert find_counter("00050", codes, 5, LOOK_AHEAD, 65535) == 5
    assert asked == [5]
    asked.clear()
    assert find_consecutive("00050", "99999", codes, 5, 3, 65535) is None
    assert len(asked) == 1 + 9 + 3 * 9


def test_signatures_are_found_by_their_fields() -> None:
    code = signature_code(KEY, 110, ["DE02", "10.00"], DIGESTS[2])
    assert verify_signature(HELD, code, ["DE02", "10.00"]) == 110
    assert verify_signature(HELD, code, ["DE02", "100.0"]) is None
    assert verify_signature(HELD, code, ["10.00", "DE02"]) is None
    assert verify_code(HELD, code, None, AT, 8) is None


def _sequence(counter: int, *, data: bytes | None = None, digest: bytes = DIGESTS[0], key: bytes = KEY) -> bytes:
    return sequence_message(counter, secure_sequence(key, counter, data, digest))


@given(
    counter=st.integers(0, 65534),
    drift=st.integers(0, LOOK_AHEAD),
    data=st.none() | st.binary(max_size=20),
    digest=st.sampled_from(DIGESTS),
)
def test_a_sequence_within_the_window_is_accepted(counter: int, drift: int, data: bytes | None, digest: bytes) -> None:
    sent = min(counter + drift, 65534)
    held = HeldCredential(KEY, counter, DIGESTS)
    assert verify_sequence(held, _sequence(sent, data=data, digest=digest), data) == sent


def test_the_ends_of_a_sequences_window() -> None:
    assert verify_sequence(HELD, _sequence(99), None) is None
    assert verify_sequence(HELD, _sequence(100), None) == 100
    assert verify_sequence(HELD, _sequence(100 + LOOK_AHEAD), None) == 100 + LOOK_AHEAD
    assert verify_sequence(HELD, _sequence(100 + LOOK_AHEAD + 1), None) is None
    assert verify_sequence(HELD, _sequence(105), None, window=5) == 105
    assert verify_sequence(HELD, _sequence(106), None, window=5) is None


def test_a_sequence_at_the_counters_end() -> None:
    """As with codes: 65534 is the last counter, whatever the window would hold."""
    held = replace(HELD, counter=65530)
    assert verify_sequence(held, _sequence(65534), None) == 65534
    assert verify_sequence(held, _sequence(65535), None) is None
    assert verify_sequence(replace(HELD, counter=65535), _sequence(65535), None) is None


def test_a_sequence_of_other_data_another_program_or_another_key_is_refused() -> None:
    assert verify_sequence(HELD, _sequence(100, data=b"pay 10"), b"pay 100") is None
    assert verify_sequence(HELD, _sequence(100, data=b""), None) is None
    assert verify_sequence(HELD, _sequence(100), b"") is None
    assert verify_sequence(HELD, _sequence(100, digest=bytes(64)), None) is None
    assert verify_sequence(HELD, _sequence(100, key=b"x" * 32), None) is None
    assert verify_sequence(replace(HELD, app_digests=()), _sequence(100), None) is None
    assert verify_sequence(HELD, b"", None) is None
    assert verify_sequence(HELD, _sequence(100)[:-1], None) is None
    assert verify_sequence(HELD, b"\x02" + _sequence(100)[1:], None) is None


@given(place=st.integers(0, 34), bit=st.integers(0, 7))
def test_every_damaged_bit_of_a_sequence_is_noticed(place: int, bit: int) -> None:
    message = bytearray(_sequence(110))
    message[place] ^= 1 << bit
    assert verify_sequence(HELD, bytes(message), None) is None


TRANSCRIPT = hashlib.sha256(b"what both sides agree on").digest()


@given(
    counter=st.integers(0, 65534),
    drift=st.integers(0, RESYNCHRONISATION_WINDOW),
    digest=st.sampled_from(DIGESTS),
)
def test_a_renewal_within_the_wide_window_is_accepted(counter: int, drift: int, digest: bytes) -> None:
    sent = min(counter + drift, 65534)
    proof = renewal_proof(KEY, sent, TRANSCRIPT, digest)
    assert verify_renewal(HeldCredential(KEY, counter, DIGESTS), sent, proof, TRANSCRIPT) == sent


@pytest.mark.parametrize(
    ("expected", "counter", "accepted"),
    [
        (100, 99, False),
        (100, 100, True),
        (100, 1100, True),
        (100, 1101, False),
        (65000, 65534, True),
        (65000, 65535, False),
        (65535, 65535, False),
    ],
)
def test_the_ends_of_a_renewals_window(expected: int, counter: int, accepted: bool) -> None:
    proof = renewal_proof(KEY, counter, TRANSCRIPT, DIGESTS[0])
    held = replace(HELD, counter=expected)
    assert verify_renewal(held, counter, proof, TRANSCRIPT) == (counter if accepted else None)


@pytest.mark.parametrize("counter", [-1, 65536, 2**40])
def test_a_renewal_with_a_counter_that_no_credential_has_is_refused_without_an_error(counter: int) -> None:
    assert verify_renewal(replace(HELD, counter=65000), counter, bytes(32), TRANSCRIPT) is None
    assert verify_renewal(replace(HELD, counter=0), counter, bytes(32), TRANSCRIPT) is None


def test_a_renewal_of_something_else_is_refused() -> None:
    proof = renewal_proof(KEY, 110, TRANSCRIPT, DIGESTS[0])
    assert verify_renewal(HELD, 110, proof, TRANSCRIPT) == 110
    assert verify_renewal(HELD, 111, proof, TRANSCRIPT) is None, "another counter"
    assert verify_renewal(HELD, 110, proof, hashlib.sha256(b"other").digest()) is None, "another transcript"
    assert verify_renewal(HELD, 110, proof[:31], TRANSCRIPT) is None, "a part"
    assert verify_renewal(HELD, 110, b"", TRANSCRIPT) is None, "nothing"
    assert verify_renewal(replace(HELD, key=b"x" * 32), 110, proof, TRANSCRIPT) is None, "another key"
    assert verify_renewal(replace(HELD, app_digests=(bytes(64),)), 110, proof, TRANSCRIPT) is None, "another program"
    assert verify_sequence(HELD, sequence_message(110, proof), None) is None, "no sequence"
    whole = secure_sequence(KEY, 110, TRANSCRIPT, DIGESTS[0])
    assert verify_renewal(HELD, 110, whole, TRANSCRIPT) is None, "a sequence over the transcript"


@given(place=st.integers(0, 31), bit=st.integers(0, 7))
def test_every_damaged_bit_of_a_renewal_is_noticed(place: int, bit: int) -> None:
    proof = bytearray(renewal_proof(KEY, 110, TRANSCRIPT, DIGESTS[1]))
    proof[place] ^= 1 << bit
    assert verify_renewal(HELD, 110, bytes(proof), TRANSCRIPT) is None


@settings(max_examples=25)
@given(
    counter=st.integers(0, 60000),
    drift=st.integers(0, RESYNCHRONISATION_WINDOW),
    digest=st.sampled_from(DIGESTS),
)
def test_drift_inside_the_window_always_resynchronises(counter: int, drift: int, digest: bytes) -> None:
    held = HeldCredential(KEY, counter, DIGESTS)
    first, second = (resynchronisation_code(KEY, counter + drift + step, digest) for step in (0, 1))
    assert resynchronise(held, first, second) == counter + drift + 1
    assert resynchronise_at(held, first, counter + drift) == counter + drift


@settings(max_examples=20)
@given(drift=st.integers(0, 200), late=st.integers(0, 30))
def test_two_codes_read_off_the_device_resynchronise_too(drift: int, late: int) -> None:
    """One may be made before a new step begins and one after."""
    first, second = _code(100 + drift, at=AT), _code(101 + drift, at=AT + late)
    assert resynchronise_with_otps(HELD, first, second, AT + late, 8, window=200) == 101 + drift


def test_resynchronisation_is_refused() -> None:
    codes = {counter: resynchronisation_code(KEY, counter, DIGESTS[0]) for counter in (98, 99, 150, 151, 152, 1101)}
    assert resynchronise(HELD, codes[151], codes[150]) is None, "swapped"
    assert resynchronise(HELD, codes[150], codes[152]) is None, "not consecutive"
    assert resynchronise(HELD, codes[150], codes[150]) is None, "one code twice"
    assert resynchronise(HELD, codes[98], codes[99]) is None, "behind"
    assert resynchronise(HELD, _code(150), _code(151)) is None, "one-time passwords"
    assert resynchronise(HELD, codes[150], codes[151], window=49) is None, "too far"
    assert resynchronise_at(HELD, codes[99], 99) is None, "behind"
    assert resynchronise_at(HELD, resynchronisation_code(KEY, 100, DIGESTS[0]), 100) == 100, "the next one expected"
    assert resynchronise_at(HELD, codes[1101], 1101) == 1101, "no window: one counter is one guess"
    assert resynchronise_at(HELD, codes[150], 151) is None, "the code before"
    assert resynchronise_at(HELD, codes[151], 150) is None, "the code after"
    assert verify_code(HELD, codes[150], None, AT, 8) is None, "no one-time password"


def _damaged(code: str, place: int, off: int) -> str:
    return code[:place] + str((int(code[place]) + off) % 10) + code[place + 1 :]


@settings(max_examples=30)
@given(
    counter=st.integers(0, 60000),
    drift=st.integers(0, 60),
    which=st.integers(0, 1),
    place=st.integers(0, 7),
    off=st.integers(1, 9),
)
def test_a_damaged_code_never_resynchronises(counter: int, drift: int, which: int, place: int, off: int) -> None:
    """One wrong digit in either code. A chance hit of both would need 16 digits to agree."""
    held = HeldCredential(KEY, counter, DIGESTS)
    codes = [resynchronisation_code(KEY, counter + drift + step, DIGESTS[0]) for step in (0, 1)]
    codes[which] = _damaged(codes[which], place, off)
    assert resynchronise(held, codes[0], codes[1], window=60) is None


@settings(max_examples=30)
@given(counter=st.integers(1, 60000), drift=st.integers(0, 60), apart=st.integers(-60, 60).filter(lambda n: n != 1))
def test_codes_that_do_not_follow_each_other_never_resynchronise(counter: int, drift: int, apart: int) -> None:
    held = HeldCredential(KEY, counter, DIGESTS)
    first = resynchronisation_code(KEY, counter + drift, DIGESTS[0])
    second = resynchronisation_code(KEY, max(0, counter + drift + apart), DIGESTS[0])
    assert resynchronise(held, first, second, window=60) is None


@settings(max_examples=30)
@given(counter=st.integers(0, 60000), used=st.integers(0, 60), back=st.integers(1, 60))
def test_codes_from_before_never_resynchronise(counter: int, used: int, back: int) -> None:
    """What a server has accepted, or passed over, is gone."""
    first, second = (resynchronisation_code(KEY, counter + step, DIGESTS[0]) for step in (0, 1))
    held = HeldCredential(KEY, counter + back, DIGESTS)
    assert resynchronise(held, first, second, window=60) is None
    assert resynchronise_at(held, first, counter) is None


FINDERS: list[Callable[[HeldCredential, int], int | None]] = [
    lambda held, counter: verify_code(held, _code(counter), None, AT, 8),
    lambda held, counter: verify_signature(held, signature_code(KEY, counter, ["x"], DIGESTS[0]), ["x"]),
    lambda held, counter: verify_sequence(held, _sequence(counter), None),
    lambda held, counter: verify_renewal(
        held, counter, renewal_proof(KEY, counter, TRANSCRIPT, DIGESTS[0]), TRANSCRIPT
    ),
    lambda held, counter: resynchronise_at(held, resynchronisation_code(KEY, counter, DIGESTS[0]), counter),
]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(FINDERS), st.integers(0, 40)), max_size=20))
def test_nothing_is_accepted_twice_whatever_it_is(sent: list[tuple[Callable[..., int | None], int]]) -> None:
    """All uses of a key share one counter: whatever was accepted ends every use of it and of those before."""
    expected = 0
    for find, counter in sent:
        answer = find(HeldCredential(KEY, expected, DIGESTS[:1]), counter)
        if counter < expected:
            assert answer is None
        if answer is not None:
            assert answer == counter
            expected = answer + 1


def test_a_chance_hit_of_the_first_code_does_not_end_the_search() -> None:
    shown = {7: "111111", 8: "222222", 9: "111111", 10: "333333"}
    assert find_consecutive("111111", "333333", lambda c: iter([shown.get(c, "000000")]), 5, 10, 65535) == 10


def test_hotp_tokens_are_searched_the_same_way() -> None:
    def codes(counter: int) -> Iterator[str]:
        yield hotp(b"12345678901234567890", counter, 6, Algorithm.SHA1)

    assert find_counter("969429", codes, 0, 10, 2**64) == 3
    assert find_consecutive("969429", "338314", codes, 0, 10, 2**64) == 4


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("skip"), st.integers(1, 40)),
        st.tuples(st.just("send"), st.integers(0, 3)),
        st.tuples(st.just("replay"), st.integers(0, 50)),
        st.tuples(st.just("resynchronise"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(ACTIONS)
def test_an_accepted_counter_never_goes_back(actions: list[tuple[str, int]]) -> None:
    """A device that skips codes, sends them, repeats old ones and resynchronises, against one server."""
    device, expected = 0, 0
    accepted: list[int] = []
    for action, amount in actions:
        held = HeldCredential(KEY, expected, DIGESTS[:1])
        answer: int | None = None
        if action == "skip":
            device += amount
        elif action == "send":
            answer = verify_code(held, _code(device), None, AT + amount, 8)
            assert (answer == device) is (device - expected <= LOOK_AHEAD)
            device += 1
        elif action == "replay" and accepted:
            old = accepted[amount % len(accepted)]
            assert verify_code(held, _code(old), None, AT, 8) is None
        elif action == "resynchronise":
            first, second = (resynchronisation_code(KEY, device + step, DIGESTS[0]) for step in (0, 1))
            answer = resynchronise(held, first, second)
            device += 2
            assert answer == device - 1
            assert resynchronise(replace(held, counter=device), first, second) is None
        if answer is not None:
            assert answer >= expected
            accepted.append(answer)
            expected = answer + 1


def test_the_key_is_not_in_the_repr() -> None:
    assert "123456" not in repr(HELD)
