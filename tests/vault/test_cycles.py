"""10,000 children that write to a vault and are killed, or meet a full disk: nothing is lost, nothing comes back.

And some that put a file in the place of another.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from vault import cycle_driver, file_driver

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork, SIGKILL and resource limits are POSIX")

_TESTS = Path(cycle_driver.__file__).parents[1]
SEED = 20261122
KILLS, FULL = 3500, 1500
"""Cycles of each of the two programs that run beside each other."""
FILES = 400


class Running:
    """A driver in a folder of its own, in memory where there is such a folder: this is not about the disk's speed."""

    def __init__(self, how: str, cycles: int, seed: int, driver: ModuleType = cycle_driver) -> None:
        memory = Path("/dev/shm")
        place = memory if os.access(memory, os.W_OK) else None
        self._folder = tempfile.TemporaryDirectory(dir=place)
        self._program = subprocess.Popen(
            [sys.executable, "-W", "error", str(driver.__file__), how, str(cycles), str(seed), self._folder.name],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (_TESTS, _TESTS.parent)))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> tuple[Any, str]:
        """What it printed, None if it failed; and its errors."""
        output, errors = self._program.communicate(timeout=900)
        self._folder.cleanup()
        return (json.loads(output) if self._program.returncode == 0 else None), errors


def _both(how: str, cycles: int) -> list[dict[str, Any]]:
    ended = [running.end() for running in [Running(how, cycles, SEED + number) for number in range(2)]]
    for seen, errors in ended:
        assert seen is not None, errors[-3000:]
    return [seen for seen, _ in ended]


def _say(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n  {text}\n")


def test_seven_thousand_kills(capsys: pytest.CaptureFixture[str]) -> None:
    seen = _both("kill", KILLS)
    for one in seen:
        assert one["cycles"] == KILLS
        assert one["killed"] > KILLS / 2
        assert set(one["in_flight"]) == set(cycle_driver.OPERATIONS), "each was cut off at least once"
    killed, in_flight = (
        sum(map(count, seen)) for count in (lambda s: s["killed"], lambda s: sum(s["in_flight"].values()))
    )
    _say(capsys, f"{2 * KILLS} children, {killed} killed, {in_flight} of them in the middle of a write")


def test_three_thousand_full_disks(capsys: pytest.CaptureFixture[str]) -> None:
    seen = _both("full", FULL)
    for one in seen:
        assert one["cycles"] == FULL
        assert one["refused"] > FULL / 4
        assert set(one["in_flight"]) == set(cycle_driver.OPERATIONS), "each was refused at least once"
    _say(capsys, f"{2 * FULL} children, {sum(one['refused'] for one in seen)} of them met a full disk")


def test_an_operation_that_is_told_before_it_is_done_would_be_seen() -> None:
    seen, errors = Running("lie", 400, SEED).end()
    assert seen is None
    assert "AssertionError" in errors


@pytest.mark.parametrize(("how", "counted"), [("kill", "killed"), ("full", "refused")])
def test_a_file_in_the_place_of_another_is_one_of_the_two(how: str, counted: str) -> None:
    """A copy put back, and a backup or a history over an older one."""
    seen, errors = Running(how, FILES, SEED, file_driver).end()
    assert seen is not None, errors[-3000:]
    assert seen["cycles"] == FILES
    assert seen[counted] > FILES / 4
    assert all(seen["in_flight"][name] for name in file_driver.WORK), "each was cut off"


def test_a_file_that_is_written_in_its_place_would_be_seen() -> None:
    seen, errors = Running("tear", FILES, SEED, file_driver).end()
    assert seen is None
    assert "AssertionError" in errors
