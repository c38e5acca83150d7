"""Several processes on one vault, processes killed anywhere, disks that take no more."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from vault.vault_samples import Sample

from softtoken.vault.errors import VaultBusy
from softtoken.vault.store import read_header

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork and resource limits are POSIX")

_DRIVER = Path(__file__).with_name("vault_driver.py")
_ROOT = Path(__file__).parents[2]


def _start(command: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(_DRIVER), command, json.dumps(options, default=str)],
        env={"PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _answer(process: subprocess.Popen[str]) -> Any:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert not errors
    return json.loads(output)


def _run(command: str, **options: object) -> Any:
    return _answer(_start(command, **options))


def _of(sample: Sample) -> dict[str, object]:
    return {
        "path": sample.path,
        "credential_id": sample.hotp.credentials[0].id,
        "secret": sample.keyring.device_key.hex(),
    }


def test_processes_never_take_the_same_counter(sample: Sample) -> None:
    processes = [_start("take", count=60, **_of(sample)) for _ in range(4)]
    taken = [counter for process in processes for counter in _answer(process)]
    assert sorted(taken) == list(range(7, 7 + 240))


def test_killed_while_creating_there_is_a_whole_vault_or_none(tmp_path: Path) -> None:
    seen = _run("kill_create", folder=tmp_path, step=29)
    assert seen["absent"] > 10
    assert seen["whole"] > 0
    assert seen["leftovers"] > 2


def test_killed_while_updating_no_counter_comes_again(sample: Sample) -> None:
    seen = _run("kill_update", step=17, **_of(sample))
    assert seen["kills"] > 15
    vault = sample.open()
    assert len(vault.tokens().tokens) == 3
    vault.close()


def test_killed_in_the_middle_of_a_write_no_counter_comes_again(sample: Sample) -> None:
    seen = _run("kill_write", **_of(sample))
    assert seen["kills"] > 3
    assert read_header(sample.path).vault_id == sample.vault_id


@pytest.mark.parametrize("released", [None, "format-1.sqlite"])
def test_killed_anywhere_in_a_run_the_file_is_not_taken_for_a_restored_one(
    tmp_path: Path, released: str | None
) -> None:
    start = None if released is None else _DRIVER.parents[1] / "vaults" / released
    seen = _run("kill_run", folder=tmp_path, step=37, released=start)
    assert seen["kills"] > 15


def test_programs_beside_each_other_do_not_take_the_file_for_a_restored_one(tmp_path: Path) -> None:
    assert _run("run_often", folder=tmp_path, count=1) == 0
    assert [_answer(process) for process in [_start("run_often", folder=tmp_path, count=25) for _ in range(3)]] == [
        0
    ] * 3


def test_a_full_disk_is_said_and_nothing_is_lost(sample: Sample) -> None:
    seen = _run("full_disk", **_of(sample))
    assert seen["reasons"]
    assert set(seen["reasons"]) <= {"ENOSPC", "EFBIG", "EIO"}
    counters = seen["counters"]
    assert counters == sorted(set(counters))
    vault = sample.open()
    assert len(vault.tokens().tokens) == 3
    assert vault.state(sample.hotp.credentials[0].id).counter > counters[-1]
    vault.close()


def test_a_disk_that_may_not_be_written_is_said(sample: Sample) -> None:
    # pytest's own folders are closed to everybody else, and root may write anywhere
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vault.sqlite"
        shutil.copy(sample.path, path)
        seen = _run("read_only", **_of(sample) | {"path": path})
    assert seen["open, folder read-only"] == "VaultUnwritable EACCES"
    assert seen["create"] == "VaultUnwritable EACCES"
    assert seen["update, file read-only"] == "VaultUnwritable EACCES"
    assert seen["update"] == "done"


def test_a_vault_that_another_one_keeps_is_busy(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    from softtoken.vault import database

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    holder, other = sample.open(), sample.open()
    credential_id = sample.hotp.credentials[0].id

    def meanwhile(state: Any) -> tuple[Any, bool]:
        with pytest.raises(VaultBusy):
            other.update(credential_id, lambda state: (state, None))
        return state, True

    assert holder.update(credential_id, meanwhile)
    holder.close()
    other.close()
