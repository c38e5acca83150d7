"""Fingers at the command line, in a process of its own: real fprintd, real gnome-keyring, the sandbox over HTTP."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import fingerprint_program
from support.fingerprints import FINGER, FingerprintBus, fingerprint_bus
from support.flows import Tenant
from support.keyring_desktop import Desktop, needs_keyring

from softtoken.manifest import app_digest
from softtoken.vault.store import read_header

pytestmark = [
    needs_keyring,
    pytest.mark.skipif(sys.platform != "linux", reason="fprintd is a thing of Linux"),
]

ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}
ASKED = "Swipe over the reader. Ctrl-C stops it."
NOT_RECOGNISED = "Not recognised. Try again."
BY_FINGER = "softtoken code alice --protection biometric --json"
BY_PIN = "softtoken code alice --json --pin-fd 3 3<<<$PIN"


@dataclass(frozen=True)
class Told:
    """What a command printed."""

    status: int
    document: Any
    aside: list[str]


class Terminal:
    """One session of the desktop for each command, and somebody at the reader meanwhile."""

    def __init__(self, bus: FingerprintBus, desktop: Desktop) -> None:
        self.bus = bus
        self.desktop = desktop

    def run(self, script: str, *deeds: str | Callable[[], object]) -> Told:
        """deeds: at each hint on standard error the next happens; `Ctrl-C` is pressed, all else is the sensor's."""
        left, aside, program = list(deeds), [], 0
        with self.desktop.running(script) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in map(str.strip, process.stderr):
                if line.isdecimal():
                    program = int(line)
                if line.isdecimal() or line.startswith("dbus-daemon["):
                    continue
                aside.append(line)
                if line not in {ASKED, NOT_RECOGNISED} or not left:
                    continue
                match left.pop(0):
                    case "Ctrl-C":
                        os.kill(program, signal.SIGINT)
                    case str(command):
                        self.bus.finger(command)
                    case happens:
                        happens()
            out = process.stdout.read()
            status = process.wait(60)
        assert out, aside
        return Told(status, json.loads(out), aside)


@pytest.fixture
def tenant(make_tenant: Callable[..., Tenant]) -> Tenant:
    return make_tenant(app_digests=(app_digest(),), digits=8)


@pytest.fixture
def terminal(tmp_path: Path, tenant: Tenant) -> Iterator[Terminal]:
    """alice's finger is enrolled, and her token activated with all three protections; anybody else is mallory."""
    with fingerprint_bus() as bus:
        desktop = Desktop(tmp_path / "user", (fingerprint_program.__file__, bus.socket))
        terminal = Terminal(bus, desktop)
        told = terminal.run(
            f"softtoken activate --server {tenant.url} --user alice --code {tenant.register('alice')} "
            "--protection no-pin,pin,biometric --json --pin-fd 3 3<<<$PIN",
            "SCAN alice",
        )
        assert told.status == 0, told
        assert told.aside[0].startswith("fprintd only asks")
        assert told.aside[1:] == [ASKED]
        assert (told.document["login"], told.document["protections"]) == ("OK", ["no-pin", "pin", "biometric"])
        yield terminal


def test_codes_by_finger_and_the_pin_as_the_way_on(terminal: Terminal, tenant: Tenant) -> None:
    bus = terminal.bus
    made = terminal.run(BY_FINGER, "SCAN mallory", "SCAN alice")
    assert (made.status, made.aside) == (0, [ASKED, NOT_RECOGNISED])
    assert made.document["protection"] == "biometric"
    assert tenant.login("alice", made.document["code"]).json() == ACCEPTED

    # each try is one however its process ends
    strangers = terminal.run(BY_FINGER, *("SCAN mallory",) * 3)
    _no_code(strangers, "BIOMETRIC_FAILED", "NO_MATCH", 4)
    _no_code(terminal.run(BY_FINGER, "SCAN mallory", "Ctrl-C"), "BIOMETRIC_FAILED", "NO_MATCH", 3)
    _no_code(terminal.run(BY_FINGER, "Ctrl-C"), "USER_CANCEL", "CANCELLED", 3)
    said = terminal.run(BY_FINGER.removesuffix(" --json") + " || echo 0", "Ctrl-C").aside
    assert said[-1] == "USER_CANCEL: Cancelled. Nothing was made. The PIN works as before: --protection pin"

    _no_code(terminal.run(BY_FINGER, "UNPLUG"), "BIOMETRIC_UNAVAILABLE", "READER_FAILED", 3)
    bus.kill_fprintd()
    _no_code(terminal.run(BY_FINGER), "BIOMETRIC_UNAVAILABLE", "NO_SERVICE", 3)
    by_pin = terminal.run(BY_PIN)
    assert tenant.login("alice", by_pin.document["code"]).json() == ACCEPTED

    bus.start_fprintd()
    bus.remove(FINGER)
    _no_code(terminal.run(BY_FINGER), "BIOMETRIC_UNAVAILABLE", "NOT_ENROLLED", 5)
    bus.enrol("alice", "left-thumb")
    _no_code(terminal.run(BY_FINGER), "BIOMETRIC_CHANGED", "CHANGED", 5)


def test_a_login_by_finger_and_a_reset_that_leaves_nothing_in_the_keyring(terminal: Terminal) -> None:
    told = terminal.run("softtoken login alice --protection biometric --json", "SCAN alice")
    assert (told.status, told.document["status"], told.document["session_status"]) == (0, "OK", "accepted")
    assert told.aside == [ASKED]

    desktop = terminal.desktop
    vault_id = read_header(desktop.home / "softtoken" / "vault.sqlite").vault_id
    items = (
        f'"{sys.executable}" -c \'import keyring; '
        f'print([(keyring.get_password("softtoken", "{vault_id}" + end) or "-").partition(":")[0] '
        'for end in ("", ".generation", ".biometric")])\''
    )
    assert desktop.run(items).stdout.strip() == "['st1', 'stg2', 'stb1']"
    gone = desktop.run(f"softtoken reset --yes && {items}")
    assert gone.stdout.strip().endswith("['-', '-', '-']"), (gone.stdout, gone.stderr)


def _no_code(told: Told, status: str, why: str, tries: int) -> None:
    document = told.document
    assert (document["status"], document["biometric"], document["retry_counter"]) == (status, why, tries), told
    assert (told.status, document["code"]) == (1, None)
