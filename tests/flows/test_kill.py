"""SIGKILL at any moment: no counter repeats, no PIN try is refunded, the vault opens.

Judged by what the parent saw on the pipe and by what the sandbox said of it, never by looking into the vault.
"""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import kill_driver
from support.flows import PIN, WRONG_PIN, ManualClock, MemoryKeystore, Tenant, activate

from softtoken.services.controller import MasterController

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are POSIX")

KILLS = 200
BETWEEN_COMMIT_AND_DISPLAY = 60
SEED = 20261122


@dataclass
class Seen:
    """What one child showed before it ended. marks: the letters of kill_driver, in order."""

    marks: str = ""
    shown: dict[str, object] | None = None
    seconds: float = 0.0
    killed: bool = False


class Bench:
    """Gives orders to the driver and kills the children that carry them out."""

    def __init__(self, home: Path, device_key: bytes, clock: ManualClock) -> None:
        self.clock = clock
        self.kills = 0
        self.by_phase: dict[str, int] = {}
        driver = Path(kill_driver.__file__)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (driver.parents[2], driver.parents[1])))}
        self._driver = subprocess.Popen(
            [sys.executable, str(driver), str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._write(device_key.hex())

    def close(self) -> None:
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.close()
        self._driver.wait(timeout=30)
        self._driver.stdout.close()

    def run(
        self,
        pin: str | None,
        kill_after: float | None = None,
        *,
        at_commit: bool = False,
        fault: str | None = None,
    ) -> Seen:
        """One child. kill_after: seconds since it began its order; at_commit: the moment the commit is done."""
        order = {
            "pin": pin,
            "at_commit": at_commit,
            "wall": self.clock.wall,
            "up": self.clock.up,
            "fault": fault,
        }
        self._write(json.dumps(order))
        assert self._driver.stdout
        reader = self._driver.stdout.fileno()
        kills = self.kills
        data, child, deadline, started, ended = b"", 0, None, 0.0, 0.0
        while not data.endswith(b"X\n"):
            timeout = 60.0 if deadline is None else max(0.0, deadline - time.perf_counter())
            if not select.select([reader], [], [], timeout)[0]:
                assert deadline is not None, f"the driver fell silent: {data!r}"
                self._kill(child)
                deadline = None
                continue
            chunk = os.read(reader, 4096)
            assert chunk, f"the driver ended: {data!r}"
            data += chunk
            if not child and b"\n" in data:
                child = int(data[1 : data.index(b"\n")])
            if not started and b"S" in data:
                started = time.perf_counter()
                deadline = started + kill_after if kill_after is not None else None
            if b"R" in data and not ended:
                ended = time.perf_counter()
            if at_commit and data.endswith(b"C"):
                self._kill(child)
        marks, _, line = data[data.index(b"\n") + 1 :].removesuffix(b"X\n").partition(b"R")
        shown = json.loads(line) if line.endswith(b"\n") else None
        return Seen(marks.decode() + ("R" if shown else ""), shown, ended - started, self.kills > kills)

    def count(self, seen: Seen) -> None:
        if not seen.killed:
            return
        phase = _PHASES.get(seen.marks[-1:], "before the order")
        self.by_phase[phase] = self.by_phase.get(phase, 0) + 1

    def _write(self, line: str) -> None:
        assert self._driver.stdin
        self._driver.stdin.write(line.encode() + b"\n")
        self._driver.stdin.flush()

    def _kill(self, child: int) -> None:
        with suppress(ProcessLookupError):  # it ended by itself at the same moment
            os.kill(child, signal.SIGKILL)
            self.kills += 1


_PHASES = {
    "S": "before the PIN was looked at",
    "E": "while the PIN was evaluated",
    "C": "between commit and display",
    "R": "after display",
}


@pytest.fixture
def bench(
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    tmp_path: Path,
    keystore: MemoryKeystore,
    clock: ManualClock,
) -> Iterator[Bench]:
    controller = make_controller(verify_offline=True)
    activate(controller, tenant)
    controller.close()
    (device_key,) = keystore.items.values()
    bench = Bench(tmp_path / "home", device_key, clock)
    yield bench
    bench.close()


Counters = dict[str, list[int]]
"""The counters of the codes that were shown, by credential, in their order."""


def test_two_hundred_kills(bench: Bench, tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(SEED)
    counters: Counters = {"PIN": [], "NO_PIN": []}
    code_seconds = max(_good_round(bench, tenant, counters) for _ in range(3))
    wrong_seconds = bench.run(WRONG_PIN).seconds

    for number in range(BETWEEN_COMMIT_AND_DISPLAY):
        seen = bench.run(PIN if number % 2 else None, at_commit=True)
        assert seen.marks.endswith("C")
        bench.count(seen)
        if number % 6 == 5:
            _good_round(bench, tenant, counters)  # keeps the server's counters within their window
    _kills_while_generating(bench, tenant, counters, dice, code_seconds, (KILLS - bench.kills) // 2)
    refunds = _kills_while_entering_a_wrong_pin(bench, tenant, counters, dice, wrong_seconds)

    assert bench.kills == sum(bench.by_phase.values()) >= KILLS
    assert bench.by_phase["between commit and display"] >= 50
    for shown in counters.values():
        assert shown == sorted(set(shown))  # never one twice, never backwards
    assert refunds == 0
    with capsys.disabled():
        where = ", ".join(f"{count} {phase}" for phase, count in sorted(bench.by_phase.items()))
        accepted = sum(map(len, counters.values()))
        sys.stdout.write(f"\n  {bench.kills} kills: {where}; {accepted} codes shown, each accepted once\n")


def _kills_while_generating(
    bench: Bench, tenant: Tenant, counters: Counters, dice: random.Random, length: float, kills: int
) -> None:
    """Kills spread over the length of making a code."""
    target, rounds = bench.kills + kills, 0
    while bench.kills < target:
        pin = PIN if dice.random() < 0.8 else None
        seen = bench.run(pin, kill_after=dice.uniform(0, length * 1.05))
        bench.count(seen)
        if seen.shown is not None and seen.shown["code"] is not None:
            _login(tenant, seen, counters[_credential(pin)])
        rounds += 1
        if rounds % 3 == 0:
            _good_round(bench, tenant, counters)  # a killed right PIN costs a try, as it must


def _kills_while_entering_a_wrong_pin(
    bench: Bench, tenant: Tenant, counters: Counters, dice: random.Random, length: float
) -> int:
    """Kills spread over the length of a wrong PIN. Returns how many evaluated tries were not counted."""
    refunds = 0
    while bench.kills < KILLS:
        _good_round(bench, tenant, counters)
        first = bench.run(WRONG_PIN, kill_after=dice.uniform(0, length * 1.05))
        bench.count(first)
        second = bench.run(WRONG_PIN)
        assert second.shown is not None
        left = second.shown["retry_counter"]
        assert left in (3, 4), second.shown
        if "E" in first.marks and left != 3:
            refunds += 1
    return refunds


def _good_round(bench: Bench, tenant: Tenant, counters: Counters) -> float:
    """Both credentials make a code that is shown and accepted. Returns the seconds that the PIN's code took."""
    bench.clock.move(4000)  # past any delay; the sandbox reads the same clock
    seconds = 0.0
    for pin in (None, PIN):
        seen = bench.run(pin)
        assert seen.shown is not None
        assert seen.shown["status"] == "OK", seen.shown
        assert seen.shown["retry_counter"] == (None if pin is None else 5)
        _login(tenant, seen, counters[_credential(pin)])
        seconds = seen.seconds
    return seconds


def _credential(pin: str | None) -> str:
    return "NO_PIN" if pin is None else "PIN"


def _login(tenant: Tenant, seen: Seen, counters: list[int]) -> None:
    """Every code that was ever shown is accepted by the server, exactly once."""
    assert seen.shown is not None
    code, atc = seen.shown["code"], seen.shown["atc"]
    assert isinstance(code, str)
    assert isinstance(atc, int)
    answer = tenant.login("alice", code)
    assert answer.json() == {"riskResponseCode": 0, "sessionStatus": "accepted"}, (answer.text, atc, counters[-3:])
    counters.append(atc)


def test_a_counter_that_is_not_stored_would_be_seen(bench: Bench, tenant: Tenant) -> None:
    counters: list[int] = []
    _login(tenant, bench.run(None), counters)
    _login(tenant, bench.run(None, fault="counters are not stored"), counters)
    with pytest.raises(AssertionError, match="Authentication failed"):
        _login(tenant, bench.run(None), counters)


def test_a_try_that_is_not_charged_would_be_seen(bench: Bench) -> None:
    first = bench.run(WRONG_PIN, fault="tries are not charged")
    assert "E" in first.marks
    second = bench.run(WRONG_PIN)
    assert second.shown is not None
    assert second.shown["retry_counter"] == 4  # what the big test counts as a refund
