"""The line that a keyring keeps of how far a vault has come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.distrust import Seen
from softtoken.vault.evidence import MOST_SEEN, Evidence, parse_evidence

numbers = st.integers(0, 10**9 - 1)
sightings = st.dictionaries(st.from_regex("[0-9a-f]{32}", fullmatch=True), st.builds(Seen, numbers, numbers, numbers))


@given(st.integers(0, 10**18 - 1), sightings)
def test_what_is_written_is_read(generation: int, seen: dict[str, Seen]) -> None:
    evidence = Evidence(generation, dict(list(seen.items())[:MOST_SEEN]))
    line = evidence.line()
    assert line.isascii()
    assert line.isprintable()
    assert parse_evidence(line) == evidence


def test_known_lines() -> None:
    ours, other = "0123456789abcdef" * 2, "f" * 32
    assert Evidence(7).line() == "stg2:7"
    assert Evidence(42, {ours: Seen(9, 2, 1), other: Seen(65535, 20, 5)}).line() == (
        f"stg2:42:{ours}-9-2-1:{other}-65535-20-5"
    )


def test_the_first_items_said_no_more_than_the_generation() -> None:
    assert parse_evidence("stg1:42") == Evidence(42)


def test_more_than_a_keyring_can_hold_is_left_out() -> None:
    seen = {f"{number:032x}": Seen(number, 0, 0) for number in range(MOST_SEEN + 3)}
    assert parse_evidence(Evidence(1, seen).line()) == Evidence(1, dict(list(seen.items())[:MOST_SEEN]))


def test_what_has_failed_most_is_never_left_out() -> None:
    """What a keyring does not speak of has one try in each older file that is put back, again and again."""
    fresh = {f"{number:032x}": Seen(number, 0, 0) for number in range(MOST_SEEN + 3)}
    attacked = {"e" * 32: Seen(7, 0, 1), "f" * 32: Seen(7, 0, 5)}
    kept = parse_evidence(Evidence(1, {**fresh, **attacked}).line())
    assert kept is not None
    assert len(kept.seen) == MOST_SEEN
    assert attacked.items() <= kept.seen.items()


ONE = "a" * 32 + "-1-2-3"


@pytest.mark.parametrize(
    "line",
    [None, "", "42", "stg1:", "stg1:-1", "stg1:4 2", "stg1:" + "9" * 19, "stg1:\u0662", "stg3:4", "stg2:", "stg2:-1",
     "stg2:1:", f"stg1:1:{ONE}", f"stg2:1{ONE}", f"stg2:1:{ONE}:", f"stg2:1:{ONE[1:]}", f"stg2:1:{ONE}-4",
     f"stg2:1:{ONE.upper()}", f"stg2:1:{ONE}\n", f" stg2:1:{ONE}", f"stg2:1:{'a' * 32}-1-2", f"stg2:\u0661:{ONE}"],
)  # fmt: skip
def test_anything_else_counts_as_lost(line: str | None) -> None:
    assert parse_evidence(line) is None


@given(st.text())
def test_no_text_is_a_fault(line: str) -> None:
    parse_evidence(line)
    parse_evidence(f"stg2:1:{line}")
