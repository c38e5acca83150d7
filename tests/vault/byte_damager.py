"""Damages a vault at each place in turn, and reads all of it each time. A program, so that two share the work.

    byte_damager.py flip|cut|flip-log|cut-log FIRST STEP FILE   places FIRST, FIRST + STEP, and so on

FILE: a Logged, pickled. Prints {what was found: how often}; anything that was not said by the vault ends the program.
"""

import json
import os
import pickle
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from vault.test_vault_damage import _judge
from vault.vault_samples import Sample

from softtoken.engine.tokens import ProtectionType
from softtoken.vault.errors import VaultError
from softtoken.vault.evidence import Evidence
from softtoken.vault.store import Vault, vault_exists

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
STATES = {(7, 1): "before both changes", (8, 1): "after the first", (8, 2): "after both"}
"""The HOTP token's counter and the managed PIN's failed tries: what the log's two changes are about."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A vault as it lies on a disk. log: its write-ahead log of two changes, after which `evidence` holds."""

    sample: Sample
    file: bytes
    log: bytes = b""
    evidence: Evidence | None = None


def state(sample: Sample, vault: Vault) -> tuple[int, int]:
    managed = next(one for one in sample.managed.credentials if one.protection is ProtectionType.PIN)
    return vault.state(sample.hotp.credentials[0].id).counter, vault.state(managed.id).tries.failed


def main() -> None:
    how, first, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    logged: Logged = pickle.loads(Path(sys.argv[4]).read_bytes())  # noqa: S301 - the test that started this wrote it
    seen = Counter[str]()
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        sample = replace(logged.sample, path=Path(folder) / "vault.sqlite")
        target = logged.log if how.endswith("log") else logged.file
        for place in range(first, len(target), step):
            damaged = flipped(target, place) if how.startswith("flip") else target[:place]
            seen[_with_log(sample, logged, damaged) if how.endswith("log") else _alone(sample, damaged)] += 1
    json.dump(seen, sys.stdout)


def flipped(content: bytes, place: int) -> bytes:
    """One bit at odd places, all eight at even ones."""
    change = 1 << place % 8 if place % 2 else 0xFF
    return content[:place] + bytes([content[place] ^ change]) + content[place + 1 :]


def _put(sample: Sample, file: bytes, log: bytes | None) -> None:
    for suffix, content in (("", file), ("-wal", log), ("-shm", None)):
        path = sample.path.with_name(sample.path.name + suffix)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
            path.chmod(0o600)


def _alone(sample: Sample, damaged: bytes) -> str:
    _put(sample, damaged, None)
    whole = _judge(sample)
    assert sample.path.read_bytes() == damaged, "reading changed the file"
    return f"{whole} tokens whole"


def _with_log(sample: Sample, logged: Logged, damaged: bytes) -> str:
    """An earlier state at most, and whoever knows the later one from the keyring sees that it is one."""
    _put(sample, logged.file, damaged)
    assert logged.evidence is not None
    try:
        vault = sample.open()
    except VaultError:
        assert vault_exists(sample.path)
        return "refused"
    with closing(vault):
        found = STATES[state(sample, vault)]
        listed = vault.tokens()
        assert not listed.damaged
        assert set(listed.tokens) == {entry.token for entry in sample.entries}
        vault.begin_run(logged.evidence)
        assert vault.restored is (found != "after both"), found
    return found


if __name__ == "__main__":
    main()
