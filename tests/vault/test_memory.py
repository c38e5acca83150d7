"""What is left of keys and PINs in the memory of a program that let go of them."""

import os
import secrets
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from support.flows import MemoryKeystore
from support.memory_driver import PROMPT, AlwaysYes
from vault.vault_samples import CHEAP, managed_entry

from softtoken.engine.tokens import CredentialState, ProtectionType
from softtoken.secret import Secret
from softtoken.vault.biometrics.macos import MacBiometrics
from softtoken.vault.biometricwrap import make_lock, open_with_biometrics, seal_with_lock
from softtoken.vault.cells import TABLE_FORMAT, Cells
from softtoken.vault.database import Database
from softtoken.vault.envelope import expand, joined
from softtoken.vault.errors import VaultClosed
from softtoken.vault.pinwrap import mask_with_pin, seal_with_pin, unwrap, wrap_plain
from softtoken.vault.slotrows import read_slots
from softtoken.vault.slots import PassphraseSecret, open_slot
from softtoken.vault.store import NewCredential, create_vault, new_id

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).parents[1] / "support" / "memory_driver.py"
PASSPHRASE, PIN = "correct horse battery", "73019528640291"


def in_memory(pid: int, needles: dict[str, bytes]) -> set[str]:
    """Which of these are anywhere in what the process may write to."""
    found: set[str] = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if "w" not in rights:
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, OverflowError, ValueError):
                continue  # the kernel's own pages
            found |= {name for name, needle in needles.items() if needle in content}
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_of_a_closed_vault_is_found_in_memory(tmp_path: Path) -> None:
    path, vault_id, token = tmp_path / "home" / "vault.sqlite", new_id(), managed_entry().token
    token = replace(token, protections=(*token.protections, ProtectionType.BIOMETRIC))
    plain, sealed = secrets.token_bytes(32), secrets.token_bytes(32)
    credential_id = new_id()
    vault = create_vault(path, vault_id, [PassphraseSecret(PASSPHRASE)])
    keystore, finger_id, finger_key = MemoryKeystore(), new_id(), secrets.token_bytes(32)
    lock = make_lock(MacBiometrics(vault_id, keystore, AlwaysYes()), finger_id, PROMPT)
    stored = [
        NewCredential(new_id(), ProtectionType.NO_PIN, wrap_plain(plain), CredentialState()),
        NewCredential(
            credential_id, ProtectionType.PIN, seal_with_pin(sealed, PIN, credential_id, CHEAP), CredentialState()
        ),
        NewCredential(finger_id, ProtectionType.BIOMETRIC, seal_with_lock(finger_key, lock), CredentialState()),
    ]
    vault.add_token(token, stored)
    vault.close()
    vault_key = key_of(path)
    needles = {
        "vault key": vault_key,
        "table key": bytes(expand(vault_key, vault_id.encode(), joined(TABLE_FORMAT, "credential"))),
        "credential key": sealed,
        "credential key behind a finger": finger_key,
        "what it is sealed under": bytes(lock.wrapping_key),
        "cached PIN": bytes(digit ^ 0x5A for digit in PIN.encode()),
    }
    command = [sys.executable, str(DRIVER), str(path), PASSPHRASE, token.id, PIN, keystore.biometrics[vault_id].hex()]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True, bufsize=1) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        assert in_memory(program.pid, needles) == set(needles), "the control finds less, so this test shows less"
        program.stdin.write("\n")
        assert program.stdout.readline() == "closed\n"
        assert in_memory(program.pid, needles) == set()
        program.stdin.write("\n")
        assert program.wait(60) == 0


def key_of(path: Path) -> bytes:
    database = Database(path)
    with database.reading() as connection:
        _, slots = read_slots(connection, path)
    database.close()
    (slot,) = slots.values()
    return bytes(open_slot(slot, PassphraseSecret(PASSPHRASE)))


def test_a_key_in_use_outlives_a_close_and_none_is_used_after_it() -> None:
    """A cleared key must never seal anything: everybody knows it."""
    cells = Cells("v1", Secret(secrets.token_bytes(32)))
    going, closed = threading.Event(), threading.Event()
    sealed: list[bytes] = []

    def work() -> None:
        with cells.in_use():
            going.set()
            closed.wait(10)
            sealed.append(cells.seal("token", "r", "body", b"{}"))

    before = bytes(cells.vault_key)
    worker = threading.Thread(target=work)
    worker.start()
    going.wait(10)
    cells.close()
    assert cells.vault_key == before
    closed.set()
    worker.join()
    assert Cells("v1", Secret(before)).unseal("token", "r", "body", sealed[0]) == b"{}"
    assert cells.vault_key == bytes(32)
    with pytest.raises(VaultClosed), cells.in_use():
        pass


def test_a_secret_is_cleared_when_nobody_holds_it() -> None:
    secret = Secret(b"0123456789abcdef0123456789abcdef")
    seen = memoryview(secret)
    secret.wipe()
    assert bytes(seen) == bytes(32)
    assert "0123" not in repr(Secret(b"0123"))


def test_what_is_unwrapped_can_be_cleared_and_the_vault_keeps_its_own() -> None:
    key = secrets.token_bytes(32)
    for wrapped in (wrap_plain(key), seal_with_pin(key, PIN, "c1", CHEAP), mask_with_pin(key, PIN, "c1", CHEAP)):
        opened = unwrap(wrapped, "c1", PIN)
        assert isinstance(opened, Secret)
        opened.wipe()
        assert unwrap(wrapped, "c1", PIN) == key


def test_what_a_finger_opens_can_be_cleared() -> None:
    system = MacBiometrics("v1", MemoryKeystore(), AlwaysYes())
    lock = make_lock(system, "c1", PROMPT)
    assert isinstance(lock.wrapping_key, Secret)
    key = secrets.token_bytes(32)
    opened = open_with_biometrics(seal_with_lock(key, lock), "c1", system, PROMPT)
    assert isinstance(opened, Secret)
    assert opened == key
