"""A single-threaded program for tests that need processes: several on one vault, killed ones, and poor disks.

Arguments: a command and its parameters as one JSON object. Prints one JSON value.
"""

import itertools
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from softtoken.engine.tokens import CredentialState
from softtoken.services.access import VaultAccess
from softtoken.services.events import KeyringProblem, VaultCondition
from softtoken.services.vault_making import VaultMaking
from softtoken.vault.errors import VaultError, VaultUnwritable
from softtoken.vault.evidence import Evidence, parse_evidence
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import create_vault, open_vault, read_header, vault_exists

SECRET = KeyringSecret(bytes(32))
VAULT_ID = "00" * 16


def _take_next(state: CredentialState) -> tuple[CredentialState, int]:
    return replace(state, counter=state.counter + 1), state.counter


def take(path: Path, credential_id: str, count: int, secret: KeyringSecret) -> list[int]:
    """Counters taken one after the other; the vault is opened anew a few times on the way."""
    taken = []
    vault = open_vault(path, secret)
    for number in range(count):
        if number % 10 == 9:
            vault.close()
            vault = open_vault(path, secret)
        taken.append(vault.update(credential_id, _take_next))
    vault.close()
    return taken


def kill_create(folder: Path, step: int) -> dict[str, int]:
    """Kill create_vault at each step-th event; what is left must be nothing or a whole vault."""
    seen = {"absent": 0, "whole": 0, "leftovers": 0}
    for number in itertools.count(1, step):
        home = folder / str(number)
        path = home / "vault.sqlite"
        finished = _forked(partial(_create_and_die, path, number))
        if vault_exists(path):
            vault = open_vault(path, SECRET)
            assert vault.recovery_pending
            vault.close()
            seen["whole"] += 1
        else:
            seen["absent"] += 1
            seen["leftovers"] += home.is_dir() and bool(os.listdir(home))
            create_vault(path, VAULT_ID, [SECRET]).close()
            open_vault(path, SECRET).close()
        if finished:
            break
    return seen


def kill_update(path: Path, credential_id: str, step: int, secret: KeyringSecret) -> dict[str, int]:
    """Kill a process that takes counters at each step-th event; no counter that it told may come again."""
    told_before, kills = -1, 0

    def body(writer: int, number: int) -> None:
        vault = open_vault(path, secret)
        sys.setprofile(_killer(number))
        for _ in range(3):
            os.write(writer, b"%d\n" % vault.update(credential_id, _take_next))
        sys.setprofile(None)
        vault.close()

    for number in itertools.count(1, step):
        reader, writer = os.pipe()
        finished = _forked(partial(body, writer, number), close=reader)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = [int(line) for line in pipe]
        assert told == sorted(set(told)), told
        assert not told or told[0] > told_before, (told, told_before)
        vault = open_vault(path, secret)
        counter = vault.state(credential_id).counter
        vault.close()
        assert counter > max(told, default=told_before), (counter, told)
        told_before = max(told, default=told_before)
        if finished:
            break
        kills += 1
    return {"kills": kills}


def kill_write(path: Path, credential_id: str, secret: KeyringSecret) -> dict[str, int]:
    """Kill a process in the middle of a write: the kernel does it where the file would pass a size."""
    kills = survived = 0
    last = -1

    def body(writer: int, limit: int) -> None:
        vault = open_vault(path, secret)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for _ in range(4):
            os.write(writer, b"%d\n" % vault.update(credential_id, _take_next))

    for limit in range(path.stat().st_size // 4096 * 4096, 0, -1024):
        reader, writer = os.pipe()
        finished = _forked(partial(body, writer, limit), close=reader)
        survived += finished
        kills += not finished
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = [int(line) for line in pipe]
        assert all(number > last for number in told), (told, last)
        vault = open_vault(path, secret)
        counter = vault.state(credential_id).counter
        vault.close()
        last = max(told, default=last)
        assert counter > last
    return {"kills": kills, "survived": survived}


def full_disk(path: Path, credential_id: str, secret: KeyringSecret) -> dict[str, Any]:
    """Every operation on a disk that is full at various sizes, then on one that has room again."""
    reasons = set()
    vault = open_vault(path, secret)
    counters = [vault.update(credential_id, _take_next)]
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    for limit in range(512, 40_000, 512):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            counters.append(vault.update(credential_id, _take_next))
        except VaultUnwritable as error:
            reasons.add(error.reason)
        with suppress(VaultUnwritable):
            vault.set_recovery_pending(limit % 1024 == 0)
        fresh = path.parent / f"fresh-{limit}" / "vault.sqlite"
        try:
            create_vault(fresh, VAULT_ID, [SECRET]).close()
        except VaultUnwritable as error:
            reasons.add(error.reason)
            assert not vault_exists(fresh)
            assert not os.listdir(fresh.parent), os.listdir(fresh.parent)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    counters.append(vault.update(credential_id, _take_next))
    vault.close()
    return {"reasons": sorted(reasons), "counters": counters}


def read_only(path: Path, credential_id: str, secret: KeyringSecret) -> dict[str, str]:
    """What a user who may not write meets. As root, first become someone else, who owns the folder."""
    if os.geteuid() == 0:
        for name in (path.parent, path):
            os.chown(name, 65534, 65534)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    outcomes = {}

    def attempt(name: str, call: Callable[[], object]) -> None:
        try:
            call()
            outcomes[name] = "done"
        except VaultError as error:
            outcomes[name] = f"{type(error).__name__} {getattr(error, 'reason', '')}".strip()

    def update() -> None:
        with closing(open_vault(path, secret)) as vault:
            vault.update(credential_id, _take_next)

    os.chmod(path.parent, 0o500)
    attempt("open, folder read-only", lambda: open_vault(path, secret).close())
    attempt("create", lambda: create_vault(path.with_name("new"), VAULT_ID, [SECRET]).close())
    os.chmod(path.parent, 0o700)
    os.chmod(path, 0o400)
    attempt("update, file read-only", update)
    os.chmod(path, 0o600)
    attempt("update", update)
    return outcomes


class FileKeystore:
    """A keyring that outlives its processes. No lock, as between two programs on a real one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def provider(self) -> str | None:
        return "file"

    def read(self, vault_id: str) -> bytes | None:
        key = self._items().get(vault_id)
        return None if key is None else bytes.fromhex(key)

    def write(self, vault_id: str, device_key: bytes) -> None:
        self._store({vault_id: device_key.hex()})

    def read_evidence(self, vault_id: str) -> Evidence | None:
        return parse_evidence(self._items().get(f"{vault_id}.generation"))

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        kept = self.read_evidence(vault_id)
        if kept is None or evidence.generation > kept.generation:
            self._store({f"{vault_id}.generation": evidence.line()})

    def read_biometric(self, vault_id: str) -> bytes | None:
        raise NotImplementedError

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        raise NotImplementedError

    def delete(self, vault_id: str) -> None:
        raise NotImplementedError

    def _items(self) -> dict[str, str]:
        items: dict[str, str] = json.loads(self._path.read_bytes()) if self._path.exists() else {}
        return items

    def _store(self, change: dict[str, str]) -> None:
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(self._items() | change))
        temporary.replace(self._path)


def _run_once(home: Path) -> VaultAccess:
    """Start, change something, tell the keyring. The vault is left open."""
    path, keystore = home / "vault.sqlite", FileKeystore(home / "keyring.json")
    access = VaultAccess(path, keystore)
    if not vault_exists(path):
        VaultMaking(path, keystore, access).create(None, 5)
    condition, problem = access.start(5)
    assert (condition, problem) == (VaultCondition.OPEN, KeyringProblem.NONE), (condition, problem)
    assert access.vault is not None
    access.vault.set_recovery_pending(False)
    access.witness()()
    access.vault.set_recovery_pending(True)
    return access


def kill_run(folder: Path, step: int, released: str | None) -> dict[str, int]:
    """Kill whole runs with a keyring at each step-th event; no later run may take the file for a restored one.

    released: a vault of an earlier format to begin with, whose device key is 32 bytes `k`.
    """
    seen = {"kills": 0, "raised": 0}
    for number in itertools.count(1, step):
        home = folder / str(number)
        home.mkdir(mode=0o700)
        keystore = FileKeystore(home / "keyring.json")
        if released is not None:
            (home / "vault.sqlite").touch(0o600)
            (home / "vault.sqlite").write_bytes(Path(released).read_bytes())
            keystore.write(read_header(home / "vault.sqlite").vault_id, b"k" * 32)
        finished = _forked(partial(_run_and_die, home, number))
        for _ in range(2):
            access = _run_once(home)
            assert not access.restored, number
            assert access.vault is not None
            seen["raised"] = max(seen["raised"], access.vault.generation())
            access.close()
        if finished:
            return seen
        seen["kills"] += 1
    raise AssertionError


def run_often(folder: Path, count: int) -> int:
    """Whole runs beside other processes that do the same. Returns how many took the file for a restored one."""
    restored = 0
    for _ in range(count):
        access = _run_once(folder)
        restored += access.restored
        access.close()
    return restored


def _run_and_die(home: Path, number: int) -> None:
    kill = _killer(number)
    threading.setprofile(kill)  # the keyring is asked in threads of its own
    sys.setprofile(kill)
    _run_once(home).close()
    sys.setprofile(None)


def _forked(body: Callable[[], object], close: int | None = None) -> bool:
    """Run it in a child. True if it came to its end, False if it was killed; any other end is an error."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if close is not None:
                os.close(close)
            body()
            status = 0
        except BaseException as error:  # noqa: BLE001 - a child must not go on as its parent
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return not os.WIFSIGNALED(status)


def _create_and_die(path: Path, number: int) -> None:
    sys.setprofile(_killer(number))
    create_vault(path, VAULT_ID, [SECRET]).close()
    sys.setprofile(None)


def _killer(number: int) -> Callable[[FrameType, str, Any], None]:
    """Counts calls and returns, of C functions too: before and after each thing done to the disk."""
    left = number

    def count(_frame: FrameType, _event: str, _argument: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def main() -> None:
    command, options = sys.argv[1], json.loads(sys.argv[2])
    for name in ("path", "folder"):
        if name in options:
            options[name] = Path(options[name])
    if "secret" in options:
        options["secret"] = KeyringSecret(bytes.fromhex(options["secret"]))
    commands: dict[str, Callable[..., Any]] = {
        "take": take,
        "kill_create": kill_create,
        "kill_update": kill_update,
        "kill_write": kill_write,
        "full_disk": full_disk,
        "read_only": read_only,
        "kill_run": kill_run,
        "run_often": run_often,
    }
    print(json.dumps(commands[command](**options)))


if __name__ == "__main__":
    main()
