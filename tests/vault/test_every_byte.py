"""Every byte of a vault and of its log flipped, one at a time, and both cut at every length.

Never a crash, never a wrong value, never a missing row unreported, never an empty vault. A log that is damaged is as if
its last changes had not been written, as after a power cut, and the keyring's evidence tells.
"""

import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from vault import byte_damager
from vault.byte_damager import STATES, Logged, state
from vault.vault_samples import Sample

from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import ProtectionType

_TESTS = Path(byte_damager.__file__).parents[1]


def _damage(logged: Logged, how: str, file: Path) -> Counter[str]:
    """Two programs, every other place each. What was found, and how often."""
    file.write_bytes(pickle.dumps(logged))
    programs = [
        subprocess.Popen(
            [sys.executable, "-W", "error", byte_damager.__file__, how, str(first), "2", str(file)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (_TESTS, _TESTS.parent)))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in range(2)
    ]
    seen = Counter[str]()
    for output, errors, status in [(*program.communicate(timeout=900), program.returncode) for program in programs]:
        assert status == 0, errors[-3000:]
        seen.update(json.loads(output))
    return seen


@pytest.fixture
def closed(sample: Sample) -> Logged:
    return Logged(sample, sample.path.read_bytes())


@pytest.fixture
def logged(sample: Sample) -> Logged:
    """With two changes in the log: a counter taken, and a PIN try charged."""
    vault = sample.open()
    vault.begin_run(vault.evidence())  # so that the file is one that the keyring knows of
    vault.close()
    file = sample.path.read_bytes()
    vault = sample.open()
    managed = next(one for one in sample.managed.credentials if one.protection is ProtectionType.PIN)
    assert STATES[state(sample, vault)] == "before both changes"
    vault.update(sample.hotp.credentials[0].id, lambda s: (replace(s, counter=s.counter + 1), None))
    vault.update(managed.id, lambda s: (replace(s, tries=RetryState(s.tries.failed + 1)), None))
    assert STATES[state(sample, vault)] == "after both"
    assert sample.path.read_bytes() == file, "both are in the log alone"
    log = sample.path.with_name(sample.path.name + "-wal").read_bytes()
    made = Logged(sample, file, log, vault.evidence())
    vault.close()
    return made


def test_every_byte_of_the_file_flipped(closed: Logged, tmp_path: Path) -> None:
    seen = _damage(closed, "flip", tmp_path / "logged")
    assert seen.total() == len(closed.file)
    assert set(seen) == {f"{number} tokens whole" for number in (0, 2, 3)}, "one bad row leaves two others"


def test_the_file_cut_at_every_length(closed: Logged, tmp_path: Path) -> None:
    seen = _damage(closed, "cut", tmp_path / "logged")
    assert seen.total() == len(closed.file)
    assert seen["0 tokens whole"] > len(closed.file) / 2


def test_every_byte_of_the_log_flipped(logged: Logged, tmp_path: Path) -> None:
    seen = _damage(logged, "flip-log", tmp_path / "logged")
    assert seen.total() == len(logged.log)
    assert set(seen) - {"refused", "after both"} == {"before both changes", "after the first"}


def test_the_log_cut_at_every_length(logged: Logged, tmp_path: Path) -> None:
    seen = _damage(logged, "cut-log", tmp_path / "logged")
    assert seen.total() == len(logged.log)
    # nothing is missing of a log that was cut behind its last change
    assert set(seen) - {"refused", "after both"} == {"before both changes", "after the first"}
