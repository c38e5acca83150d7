"""Files put where another one is, by forked children that are killed or whose disk is full: the old or the new, whole.

    file_driver.py kill|full|tear CYCLES SEED FOLDER   prints {"cycles", "killed", "refused", "in_flight": {...}}

A copy put back in the place of a damaged vault, and a backup or a history written where there is one already. `tear`
kills children that write a file in its place, which has to be seen.
"""

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from vault.cycle_driver import cycle, fill_disk
from vault.vault_samples import hotp_entry, managed_entry

from softtoken.vault.copies import Copies, Rotation
from softtoken.vault.errors import FileFailed, VaultMissing, VaultUnwritable
from softtoken.vault.ownfile import write_whole
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import create_vault, new_id, open_vault

SECRET = KeyringSecret(bytes(32))
NOW = 1_800_000_000
OLD, NEW = b"old " * 50_000, b"new " * 60_000


class Home:
    """A folder with a damaged vault, a whole copy of it, and a backup; as it was at each `reset`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "vault.sqlite"
        self.backup = folder / "backup"
        entries = [managed_entry(), hotp_entry()]
        with closing(create_vault(self.path, new_id(), [SECRET])) as vault:
            for entry in entries:
                vault.add_token(entry.token, entry.credentials, entry.state)
            Copies(self.path).make(vault, NOW, Rotation.DAILY)
        self.held = [entry.token for entry in entries]
        self.damaged = self.path.read_bytes()[:-5000]
        self.path.write_bytes(self.damaged)
        self.backup.write_bytes(OLD)
        self._files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def reset(self) -> None:
        for path in self._folder.rglob("*"):
            if path.is_file() and path not in self._files:
                path.unlink()
        for path, content in self._files.items():
            if not path.exists() or path.read_bytes() != content:
                path.touch(0o600)
                path.write_bytes(content)

    def put_back(self) -> None:
        copies = Copies(self.path)
        copies.put_back(copies.find()[0], NOW + 1)

    def judge_vault(self, *, told: bool) -> None:
        """The damaged file, none beside its copy, or all of the copy; what was damaged is there under some name."""
        copies = Copies(self.path)
        kept = [path.read_bytes() for path in (self.path, *copies.set_aside()) if path.exists()]
        assert self.damaged in kept
        assert [copy.whole for copy in copies.find()] == [True]
        if not self.path.exists():
            try:
                copies.require_vault()
            except VaultMissing:
                self.put_back()
            else:
                raise AssertionError("a vault that is gone would be made anew")
        elif self.path.read_bytes() == self.damaged:
            assert not told
            self.put_back()
        with closing(open_vault(self.path, SECRET)) as vault:
            listed = vault.tokens()
        assert (sorted(map(str, listed.tokens)), listed.damaged) == (sorted(map(str, self.held)), ())

    def judge_backup(self, *, told: bool) -> None:
        found = self.backup.read_bytes()
        assert found == NEW or (found == OLD and not told), (len(found), told)


def tear(home: Home) -> None:
    with home.backup.open("r+b") as file:
        file.truncate()
        for place in range(0, len(NEW), 4096):
            file.write(NEW[place : place + 4096])
            file.flush()


WORK: dict[str, tuple[Callable[[Home], object], Callable[..., None]]] = {
    "put a copy back": (Home.put_back, Home.judge_vault),
    "write over a file": (lambda home: write_whole(home.backup, NEW, replace=True), Home.judge_backup),
}


def main() -> None:
    how, cycles, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    dice = random.Random(seed)
    work = WORK if how != "tear" else {"write over a file": (tear, Home.judge_backup)}
    home = Home(folder)
    largest = max(len(OLD), len(NEW), len(home.damaged))
    seen = {"cycles": 0, "killed": 0, "refused": 0}
    in_flight: Counter[str] = Counter()
    usual = dict.fromkeys(work, 0.01)
    for _ in range(cycles):
        home.reset()
        name = dice.choice(sorted(work))
        do, judge = work[name]
        limit = dice.randrange(0, largest, 512) if how == "full" else None
        after = None if how == "full" else dice.uniform(0, usual[name])
        told, killed, seconds = cycle(partial(carry_out, do, home, limit), after)
        if not killed:
            usual[name] = 0.9 * usual[name] + 0.1 * seconds
        seen["cycles"] += 1
        seen["killed"] += killed
        seen["refused"] += told.count("F")
        in_flight[name] += "D" not in told
        judge(home, told="D" in told)
    json.dump(seen | {"in_flight": dict(in_flight)}, sys.stdout)


def carry_out(do: Callable[[Home], object], home: Home, limit: int | None, writer: int) -> None:
    fill_disk(limit)
    os.write(writer, b"S")
    try:
        do(home)
    except (VaultUnwritable, FileFailed):
        os.write(writer, b"F")
    else:
        os.write(writer, b"D")


if __name__ == "__main__":
    main()
