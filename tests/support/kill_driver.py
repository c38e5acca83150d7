"""The program that the kill test kills: reads orders, forks a child for each, and reports what a person would see.

A process of its own, with one thread and everything imported, so that a child is a clean fork and a round costs what
the order costs. On standard output, per order: `P` and the child's pid; `S` the order begins; `E` the PIN is about to
be evaluated; `C` everything is on disk and the code is about to be made; `R` and a JSON line, what is shown; `X` over.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from support.flows import DIGEST

from softtoken.engine.pin import TryAllowed
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.client import IaaClient
from softtoken.services import counting, unlocking
from softtoken.services.controller import MasterController
from softtoken.services.events import GenerateOtp, Start
from softtoken.services.home import Home
from softtoken.vault import pinwrap
from softtoken.vault.evidence import Evidence
from softtoken.vault.store import Vault

USER = UserIdentifier("sandbox", "alice")


class _OneKey:
    def __init__(self, device_key: bytes) -> None:
        self._device_key = device_key

    def provider(self) -> str | None:
        return "memory"

    def read(self, vault_id: str) -> bytes | None:
        return self._device_key

    def write(self, vault_id: str, device_key: bytes) -> None:
        raise NotImplementedError

    def read_evidence(self, vault_id: str) -> Evidence | None:
        return Evidence(0)  # a child's keyring dies with it, so it never knows more than the file

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        pass

    def read_biometric(self, vault_id: str) -> bytes | None:
        raise NotImplementedError

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        raise NotImplementedError

    def delete(self, vault_id: str) -> None:
        raise NotImplementedError


class _GivenClock:
    def __init__(self, wall: int, up: int) -> None:
        self._wall, self._up = wall, up

    def now(self) -> int:
        return self._wall

    def uptime(self) -> int:
        return self._up


def _say(text: str) -> None:
    os.write(1, text.encode())


def _carry_out(home: Path, device_key: bytes, order: dict[str, Any]) -> None:
    unwrap = pinwrap.unwrap

    def marked_unwrap(*arguments: Any) -> Any:
        _say("E")
        return unwrap(*arguments)

    def marked_digest() -> bytes:
        _say("C")
        if order["at_commit"]:
            time.sleep(60)  # the kill ends it: exactly between commit and display
        return DIGEST

    setattr(unlocking, "unwrap", marked_unwrap)  # noqa: B010 - not a name that services export
    _plant(order["fault"])
    clock = _GivenClock(order["wall"], order["up"])
    controller = MasterController(Home(home), _OneKey(device_key), clock, IaaClient, marked_digest)
    controller.post(Start())
    pin = order["pin"]
    protection = ProtectionType.NO_PIN if pin is None else ProtectionType.PIN
    _say("S")
    result = controller.post(GenerateOtp(None, pin, USER, protection, for_login=True))
    made = result.otp
    shown = {
        "status": result.status.value,
        "code": made.code if made else None,
        "atc": made.atc if made else None,
        "retry_counter": result.retry_counter,
    }
    _say("R" + json.dumps(shown) + "\n")


def _plant(fault: str | None) -> None:
    """Break the product on purpose, to show that the test would see it."""
    if fault == "tries are not charged":
        setattr(counting, "begin_try", lambda state, policy, uptime: TryAllowed(state))  # noqa: B010
    if fault == "counters are not stored":
        setattr(Vault, "update", lambda self, row, change, **_: change(self.state(row))[1])  # noqa: B010


def main() -> None:
    home, device_key = Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline())
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _say(f"P{os.getpid()}\n")
            _carry_out(home, device_key, order)
            os._exit(0)
        os.waitpid(child, 0)
        _say("X\n")


if __name__ == "__main__":
    main()
