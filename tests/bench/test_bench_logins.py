"""The benchmark in small: what it asserts of the answers. How long they take is not looked at."""

from pathlib import Path

from bench.bench_logins import check, measure


def test_logins_at_once_are_answered_once_each(tmp_path: Path) -> None:
    figures = measure(tmp_path / "tenant", users=8, logins=4)
    assert check(figures, users=8, logins=4) == []
    assert len(figures.outcome.latencies) == 8 * 3


def test_a_code_that_is_accepted_twice_would_be_seen(tmp_path: Path) -> None:
    figures = measure(tmp_path / "tenant", users=2, logins=2)
    figures.outcome.accepted += 1
    figures.outcome.refused -= 1
    assert check(figures, users=2, logins=2) == ["5 accepted and 3 refused, of 4 each"]
