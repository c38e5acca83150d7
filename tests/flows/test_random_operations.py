"""Client and sandbox through thousands of random operations: crashes, clock jumps, lost answers, restored files.

Judged by what is seen from outside: codes, statuses, and the server's verdicts and counters. A code has eight digits,
and a login tries 126 of them (two credentials, 21 counters, 3 steps), so that about one run of 2,500 operations in a
thousand sees a wrong code accepted by chance; two such in a run are still taken for chance, three are not (1 in 10^9).

SOFTTOKEN_RANDOM_OPERATIONS and SOFTTOKEN_RANDOM_SEED make longer and other runs.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pytest
from support.random_driver import Driver
from support.random_driver_server import Violation

from softtoken.engine import resync
from softtoken.engine.atc import AtcVerdict
from softtoken.engine.distrust import distrusted
from softtoken.engine.pin import RetryState, TryAllowed
from softtoken.sandbox import relying, verification
from softtoken.sandbox.held import spend
from softtoken.sandbox.store import Store
from softtoken.services import unlocking
from softtoken.services.witness import Witness
from softtoken.vault import database, pinwrap, restore
from softtoken.vault.envelope import KdfParameters
from softtoken.vault.restore import RestoreWatch
from softtoken.vault.store import Vault

OPERATIONS = int(os.environ.get("SOFTTOKEN_RANDOM_OPERATIONS", "2500"))
SEED = int(os.environ.get("SOFTTOKEN_RANDOM_SEED", "1"))
PARTS = [(SEED, True), (SEED + 1, False), (SEED + 2, True), (SEED + 3, False)]
ENOUGH = 1500
"""Operations in which every planted fault shows."""

Drive = Callable[..., Driver]


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """Makes drivers, in a world where time costs less: derivations, syncs to disk, and searches done before."""
    monkeypatch.setattr(pinwrap, "KdfParameters", partial(KdfParameters, 8192, 1, 1))
    for name in ("managed_code", "untimed_code"):
        monkeypatch.setattr(resync, name, lru_cache(200_000)(getattr(resync, name)))
    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, "synchronous = OFF"))
    connect = Store._connect

    def careless(store: Store) -> sqlite3.Connection:
        db = connect(store)
        db.execute("PRAGMA synchronous = OFF")
        return db

    monkeypatch.setattr(Store, "_connect", careless)
    made: list[Driver] = []

    def make(seed: int, *, verify_offline: bool) -> Driver:
        made.append(Driver(tmp_path, monkeypatch, seed, verify_offline=verify_offline))
        return made[-1]

    yield make
    for driver in made:
        driver.close()


@pytest.mark.parametrize(("seed", "verify_offline"), PARTS)
def test_random_operations(drive: Drive, seed: int, verify_offline: bool, capsys: pytest.CaptureFixture[str]) -> None:
    driver = drive(seed, verify_offline=verify_offline)

    driver.run(OPERATIONS)

    with capsys.disabled():
        print(f"\nseed {seed}: {dict(sorted(driver.counts.items()))}\n  {dict(driver.judge.verdicts)}")


def test_sees_a_counter_that_is_not_stored(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vault, "update", lambda vault, row, change: change(vault.state(row))[1])

    with pytest.raises(Violation):
        drive(SEED, verify_offline=False).run(ENOUGH)


def test_sees_a_restored_file_that_is_not_noticed(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RestoreWatch, "told", lambda watch, least: None)

    with pytest.raises(Violation, match="was not noticed"):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_a_code_that_the_keyring_was_not_told_of(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Witness, "begin", lambda witness, vault: lambda: None)

    with pytest.raises(Violation, match="was not told"):
        drive(SEED, verify_offline=False).run(ENOUGH)


@pytest.mark.parametrize("module", [verification, relying])
def test_sees_a_replay_that_is_accepted(drive: Drive, monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    monkeypatch.setattr(module, "spend", lambda db, key, counter: spend(db, key, counter - 1))

    with pytest.raises(Violation):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_a_try_that_is_not_charged_before_the_pin_is_looked_at(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlocking, "begin_try", lambda state, policy, uptime: TryAllowed(state))

    with pytest.raises(Violation):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_tries_that_a_restored_file_brings_back(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "distrusted", lambda *given: replace(distrusted(*given), tries=RetryState()))

    with pytest.raises(Violation, match="foreseen"):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_a_restored_file_whose_counter_stays_behind(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "distrusted", lambda state, retry, atc: replace(state, resynchronise=True))

    with pytest.raises(Violation, match="foreseen"):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_drift_without_a_login_required(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlocking, "judge", lambda *given, **named: AtcVerdict.OK)

    with pytest.raises(Violation):
        drive(SEED, verify_offline=True).run(ENOUGH)
