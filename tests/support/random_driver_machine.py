"""The computer that the program runs on: its disk, keyring and clocks, power cuts, and copies of the vault file.

A power cut keeps what was on the disk and in the keyring at that moment, whatever the program does on its way out.
"""

import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from support.flows import DIGEST, ManualClock, MemoryKeystore

from softtoken.iaa.client import IaaClient
from softtoken.services.controller import MasterController
from softtoken.services.events import Event
from softtoken.services.home import Home
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import Evidence
from softtoken.vault.store import Vault

R = TypeVar("R")
_CUT_AT = (
    "add_token", "begin_run", "credential", "generation", "remove_token", "replace_key", "state", "tokens", "update",
    "update_options", "update_token",
)  # fmt: skip
_CONTENT = ("SELECT * FROM token", "SELECT * FROM credential", "SELECT * FROM setting")
_FILES = ("vault.sqlite", "vault.sqlite-wal")


class PowerCut(BaseException):
    """The program ends here. No handler of the product's catches it for good."""


@dataclass(frozen=True, slots=True)
class Disk:
    """The vault's files, and for a power cut also the keyring."""

    files: dict[str, bytes]
    evidences: dict[str, Evidence]


class Faults:
    """What goes wrong, and when: a power cut after so many points, what becomes of the next exchanges."""

    def __init__(self, snapshot: Callable[[], Disk]) -> None:
        self._snapshot = snapshot
        self.points: int | None = None
        self.losses: list[str] = []
        self.disk: Disk | None = None
        self.counts: Counter[str] = Counter()

    def point(self) -> None:
        """A moment at which the power may go."""
        if self.points is None or self.disk is not None:
            return
        self.points -= 1
        if self.points < 0:
            self.disk = self._snapshot()
            raise PowerCut

    def exchange(self) -> Iterator[None]:
        """Around one HTTP exchange."""
        self.point()
        fate = self.losses.pop(0) if self.losses else ""
        if fate == "unsent":
            self.counts["never sent"] += 1
            raise httpx.ConnectTimeout("planned")
        yield
        self.point()
        if fate == "lost":
            self.counts["answer lost"] += 1
            raise httpx.ReadError("planned")
        yield

    def clear(self) -> None:
        self.points, self.disk = None, None
        self.losses.clear()


class FaultyKeystore(MemoryKeystore):
    """A keyring that the power cut may hit on either side of each call, and that may stop taking items.

    told: how often its item rose. behind: the last one was not taken, so that the file is ahead by any number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.point: Callable[[], None] = lambda: None
        self.full = False
        self.behind = False
        self.told = 0

    def read(self, vault_id: str) -> bytes | None:
        self.point()
        return super().read(vault_id)

    def read_evidence(self, vault_id: str) -> Evidence | None:
        self.point()
        return super().read_evidence(vault_id)

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        self.point()
        if self.full:
            self.behind = True
            raise KeystoreError(KeystoreProblem.FAILED)
        if evidence.generation > self.generations.get(vault_id, -1):
            self.told += 1
        super().write_evidence(vault_id, evidence)
        self.behind = False
        self.point()


class Machine:
    """One computer with one home. runs: how often the program was started."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, *, verify_offline: bool) -> None:
        self.home = Home(folder)
        folder.mkdir(mode=0o700)
        setting = str(verify_offline).lower()
        text = f'{{"astServerBackend": "ssms", "ssms": {{"allowOfflinePinVerification": {setting}}}}}'
        self.home.config.write_text(text, "utf-8")
        self.clock = ManualClock()
        self.keystore = FaultyKeystore()
        self.faults = Faults(self._disk)
        self.keystore.point = self.faults.point
        self.transport: Callable[[], httpx.BaseTransport] = httpx.HTTPTransport
        self.controller: MasterController | None = None
        self.runs = 0
        for name in _CUT_AT:
            patch.setattr(Vault, name, _with_points(getattr(Vault, name), self.faults.point))

    def start(self) -> MasterController:
        """A new program over the home; nothing was posted yet."""
        assert self.controller is None
        self.runs += 1
        self.controller = MasterController(self.home, self.keystore, self.clock, self._client, lambda: DIGEST)
        return self.controller

    def stop(self) -> None:
        """The program ends in good order."""
        if self.controller is not None:
            self.controller.close()
            self.controller = None

    def post(self, event: Event[R]) -> R:
        """Raises PowerCut, and the program is gone then."""
        assert self.controller is not None
        try:
            result = self.controller.post(event)
            wait_for_the_keyring()
            if self.faults.disk is not None:
                raise PowerCut  # noqa: TRY301 - it hit the keyring's thread, which nobody waited for
        except PowerCut:
            disk = self.faults.disk
            assert disk is not None
            wait_for_the_keyring()
            self.stop()
            self.put(disk)
            self.keystore.evidences = dict(disk.evidences)
            raise
        return result

    def reboot(self, rng: random.Random) -> None:
        """Only with the program stopped."""
        assert self.controller is None
        self.clock.up = rng.randrange(1, 4000)

    def copy(self) -> Disk:
        """Of the vault as it is now, as a backup program takes it; while the program runs or not."""
        with (
            closing(sqlite3.connect(self.home.vault)) as source,
            closing(sqlite3.connect(self.home.folder / "copy")) as target,
        ):
            source.backup(target)
        data = (self.home.folder / "copy").read_bytes()
        (self.home.folder / "copy").unlink()
        return Disk({"vault.sqlite": data}, {})

    def put(self, disk: Disk) -> None:
        """Only with the program stopped."""
        assert self.controller is None
        for name in (*_FILES, "vault.sqlite-shm"):
            (self.home.folder / name).unlink(missing_ok=True)
        for name, data in disk.files.items():
            path = self.home.folder / name
            path.write_bytes(data)
            path.chmod(0o600)

    def content(self) -> list[Any]:
        """Every row of the closed vault, sealed as it is: is another file the same?"""
        with closing(sqlite3.connect(self.home.vault)) as db:
            return [db.execute(sql).fetchall() for sql in _CONTENT]

    def _disk(self) -> Disk:
        paths = [self.home.folder / name for name in _FILES]
        return Disk({path.name: path.read_bytes() for path in paths if path.exists()}, dict(self.keystore.evidences))

    def _client(self, origin: str) -> IaaClient:
        return IaaClient(origin, transport=self.transport(), sleep=lambda _: None)


def wait_for_the_keyring() -> None:
    """What a code tells the keyring is told behind the code's back."""
    for thread in threading.enumerate():
        if thread.name == "keystore":
            thread.join()


def _with_points(method: Callable[..., R], point: Callable[[], None]) -> Callable[..., R]:
    def run(*arguments: Any, **named: Any) -> R:
        point()
        result = method(*arguments, **named)
        point()
        return result

    return run
