"""Client and sandbox through thousands of random operations: crashes, clock jumps, lost answers, restored files.

Judged by what is seen from outside: codes, statuses, and the server's verdicts and counters. A code has eight digits,
and a login tries 126 of them (two credentials, 21 counters, 3 steps), so that about one run of 2,500 operations in a
thousand sees a wrong code accepted by chance; two such in a run are still taken for chance, three are not (1 in 10^9).

SOFTTOKEN_RANDOM_OPERATIONS and SOFTTOKEN_RANDOM_SEED make longer and other runs.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pytest
from support.flows import PIN, Tenant, activate, identifier
from support.parts import remembering
from support.random_driver import Driver
from support.random_driver_judge import Violation
from support.random_driver_machine import wait_for_the_keyring

from softtoken.engine import resync
from softtoken.engine.atc import AtcVerdict
from softtoken.engine.distrust import distrusted
from softtoken.engine.pin import RetryState, TryAllowed
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox import relying, verification
from softtoken.sandbox.held import spend
from softtoken.sandbox.store import Store
from softtoken.services import counting
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    GenerateOtp,
    PrepareResynchronization,
    Reactivate,
    Resynchronize,
    Start,
    Status,
)
from softtoken.vault import database, pinwrap, restore
from softtoken.vault.envelope import KdfParameters, derive
from softtoken.vault.restore import RestoreWatch
from softtoken.vault.store import Vault

OPERATIONS = int(os.environ.get("SOFTTOKEN_RANDOM_OPERATIONS", "2500"))
SEED = int(os.environ.get("SOFTTOKEN_RANDOM_SEED", "1"))
PARTS = [(SEED, True), (SEED + 1, False), (SEED + 2, True), (SEED + 3, False)]
ENOUGH = 1000
"""Operations in which every planted fault shows; they do within some dozens."""

Drive = Callable[..., Driver]


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """Makes drivers, in a world where time costs less: derivations and searches done before, syncs to disk."""
    monkeypatch.setattr(pinwrap, "KdfParameters", partial(KdfParameters, 8192, 1, 1))
    monkeypatch.setattr(pinwrap, "derive", remembering(derive))
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
    monkeypatch.setattr(Vault, "update", lambda vault, row, change, **_: change(vault.state(row))[1])

    with pytest.raises(Violation):
        drive(SEED, verify_offline=False).run(ENOUGH)


def test_sees_a_restored_file_that_is_not_noticed(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RestoreWatch, "told", lambda watch, least: None)

    with pytest.raises(Violation, match=r"was not noticed|foreseen"):
        drive(SEED, verify_offline=True).run(ENOUGH)


@pytest.mark.parametrize("module", [verification, relying])
def test_sees_a_replay_that_is_accepted(drive: Drive, monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    monkeypatch.setattr(module, "spend", lambda db, key, counter: spend(db, key, counter - 1))

    with pytest.raises(Violation):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_a_try_that_is_not_charged_before_the_pin_is_looked_at(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "begin_try", lambda state, policy, uptime: TryAllowed(state))

    with pytest.raises(Violation):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_tries_that_a_restored_file_brings_back(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "distrusted", lambda *given: replace(distrusted(*given), tries=RetryState()))

    with pytest.raises(Violation, match="foreseen"):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_a_restored_file_whose_counter_stays_behind(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "distrusted", lambda state, *_: replace(state, resynchronise=True))

    with pytest.raises(Violation, match="foreseen"):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_sees_drift_without_a_login_required(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "judge", lambda *given, **named: AtcVerdict.OK)

    with pytest.raises(Violation):
        drive(SEED, verify_offline=True).run(ENOUGH)


def test_a_copy_made_in_the_very_run_that_goes_on_is_seen_to_be_one(
    tmp_path: Path, tenant: Tenant, make_controller: Callable[..., MasterController]
) -> None:
    """The keyring heard of PINs and starts alone, so that codes without a PIN could be made once more."""
    controller = make_controller()
    _, token = activate(controller, tenant)
    make = GenerateOtp(None, None, identifier(token), ProtectionType.NO_PIN)
    controller.post(make)
    copied = _copy(tmp_path)
    controller.post(make)
    wait_for_the_keyring()
    controller.close()
    _put_back(tmp_path, copied)
    restarted = make_controller()

    started = restarted.post(Start())

    assert started.restored
    assert restarted.post(make).status is Status.LOGIN_REQUIRED


def test_a_device_whose_place_another_took_is_refused_and_does_not_hear_of_a_missing_endpoint(
    tmp_path: Path, tenant: Tenant, make_controller: Callable[..., MasterController]
) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    copied = _copy(tmp_path)
    controller.post(Reactivate(identifier(token), tenant.register("alice"), "739155"))
    wait_for_the_keyring()  # it looks at the file once more, and the log is emptied when nobody does
    controller.close()
    _put_back(tmp_path, copied)
    restarted = make_controller()
    restarted.post(Start())
    prepared = restarted.post(PrepareResynchronization(identifier(token), PIN))
    assert prepared.codes is not None

    result = restarted.post(Resynchronize(identifier(token), prepared.codes))

    assert result.status is Status.WRONG_CREDENTIALS


def _copy(folder: Path) -> bytes:
    """The vault's file as a backup program takes it."""
    with (
        closing(sqlite3.connect(folder / "home" / "vault.sqlite")) as vault,
        closing(sqlite3.connect(folder / "copy")) as target,
    ):
        vault.backup(target)
    return (folder / "copy").read_bytes()


def _put_back(folder: Path, copied: bytes) -> None:
    (folder / "home" / "vault.sqlite").write_bytes(copied)
