"""All 10,000 four-digit PINs, tried by a program that has the vault file, or the file and the keyring's item.

The lowest cost that a file may name is used, which is what the attacker would like best. What a guess costs there and
as the product stores PINs is printed.
"""

import base64
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from vault import pin_attacker
from vault.test_vault_format import Reader
from vault.vault_samples import CHEAP, managed_entry

from softtoken.engine.managed import managed_otp
from softtoken.engine.tokens import ProtectionType
from softtoken.vault.envelope import KdfParameters, derive
from softtoken.vault.pinwrap import WrappedKey, mask_with_pin, seal_with_pin
from softtoken.vault.slots import KeyringSecret, new_device_key, new_recovery_secret
from softtoken.vault.store import create_vault, new_id, open_vault

PIN = "7301"
ALL = 10_000
HALVES = ((0, ALL // 2), (ALL // 2, ALL))
DIGEST = bytes(range(64))
COUNTER, AT = 42, 1_800_000_000


@dataclass(frozen=True, slots=True)
class Loot:
    """A closed vault with one managed token. key: of its PIN credential."""

    path: Path
    keyring: KeyringSecret
    key: bytes


@dataclass(frozen=True, slots=True)
class Tried:
    """keys: what each PIN gave, if it gave one. per_guess: seconds on one core."""

    keys: dict[str, bytes]
    per_guess: float


def _vault(path: Path, wrap: Callable[[bytes, str, str, KdfParameters], WrappedKey]) -> Loot:
    entry = managed_entry()
    place = next(i for i, one in enumerate(entry.credentials) if one.protection is ProtectionType.PIN)
    credentials, keys = list(entry.credentials), list(entry.keys)
    keys[place] = os.urandom(32)
    old = credentials[place]
    credentials[place] = replace(old, key=wrap(keys[place], PIN, old.id, CHEAP))
    keyring = KeyringSecret(new_device_key())
    vault = create_vault(path, new_id(), [keyring, new_recovery_secret()])
    vault.add_token(entry.token, credentials, entry.state)
    vault.close()
    return Loot(path, keyring, keys[place])


def _try_all(loot: Loot, *, with_keyring: bool) -> Tried:
    """Two programs, half of the PINs each."""
    folders = (Path(pin_attacker.__file__).parents[1], Path(pin_attacker.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    device_key = loot.keyring.device_key.hex() if with_keyring else None
    order = json.dumps({"file": str(loot.path), "device_key": device_key})
    programs = [
        subprocess.Popen(
            [sys.executable, pin_attacker.__file__, str(first), str(last)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for first, last in HALVES
    ]
    for program in programs:
        assert program.stdin
        program.stdin.write(order)
        program.stdin.close()
        program.stdin = None
    answers = [json.loads(program.communicate(timeout=900)[0]) for program in programs]
    keys = {pin: bytes.fromhex(key) for answer in answers for pin, key in answer["keys"].items()}
    return Tried(keys, sum(answer["seconds"] for answer in answers) / ALL)


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Loot:
    """allowOfflinePinVerification = false."""
    return _vault(tmp_path_factory.mktemp("masked") / "home" / "vault.sqlite", mask_with_pin)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Loot:
    """allowOfflinePinVerification = true."""
    return _vault(tmp_path_factory.mktemp("sealed") / "home" / "vault.sqlite", seal_with_pin)


@pytest.fixture(scope="module")
def masked_tried(masked: Loot) -> Tried:
    return _try_all(masked, with_keyring=True)


def test_the_file_alone_tells_nothing_in_either_mode(masked: Loot, sealed: Loot) -> None:
    for loot in (masked, sealed):
        assert _try_all(loot, with_keyring=False).keys == {}


def test_file_and_keyring_do_not_tell_the_pin_of_a_masked_key(masked: Loot, masked_tried: Tried) -> None:
    """Every PIN gives a key, no two the same, and nothing that is stored anywhere speaks of one of them."""
    keys = masked_tried.keys
    assert len(keys) == len(set(keys.values())) == ALL
    assert keys[PIN] == masked.key, "the attacker does have the right key among them"
    assert {len(key) for key in keys.values()} == {32}
    assert {len(_code(key)) for key in keys.values()} == {8}
    stored = _everything_readable(masked)
    assert [pin for pin, key in keys.items() if any(trace in stored for trace in _traces(key))] == []
    assert _code(masked.key).encode() not in stored
    # the keys are as even as random ones: each bit is set in half of them, the right one or not
    for bit in range(256):
        share = sum(key[bit // 8] >> bit % 8 & 1 for key in keys.values()) / ALL
        assert 0.47 < share < 0.53  # six standard deviations


def test_one_observed_code_tells_it(masked: Loot, masked_tried: Tried) -> None:
    """The control, and what docs/threat-model.md warns of: a code with its counter and time is what was missing."""
    observed = _code(masked.key)
    fitting = [pin for pin, key in masked_tried.keys.items() if _code(key) == observed]
    assert PIN in fitting
    assert len(fitting) <= 3  # others fit by chance, one in 100,000,000 each


def test_file_and_keyring_tell_the_pin_of_a_sealed_key(sealed: Loot, capsys: pytest.CaptureFixture[str]) -> None:
    """The same attacker succeeds where the device verifies the PIN; it is a matter of time alone."""
    tried = _try_all(sealed, with_keyring=True)
    assert tried.keys == {PIN: sealed.key}
    as_stored = _seconds(KdfParameters())
    with capsys.disabled():
        sys.stdout.write(
            f"\n  a guess: {tried.per_guess * 1000:.1f} ms at the lowest cost, {as_stored * 1000:.0f} ms as stored; "
            f"all PINs as stored, one computer: {as_stored * 10**4 / 60:.0f} minutes for 4 digits, "
            f"{as_stored * 10**6 / 3600:.0f} hours for 6, {as_stored * 10**8 / 86400:.0f} days for 8\n"
        )


def test_a_pin_is_never_stored_at_a_lower_cost_than_was_tried_here() -> None:
    for field, lower in (("memory_kib", CHEAP.memory_kib - 1), ("passes", 0), ("lanes", 0)):
        with pytest.raises(ValueError, match="bounds"):
            replace(CHEAP, **{field: lower})


def _code(key: bytes) -> str:
    return managed_otp(key, COUNTER, None, DIGEST, AT, 8).code


def _traces(key: bytes) -> list[bytes]:
    """What a careless program might have kept of a key: long enough that none is met by chance."""
    whole = [key, *(hashlib.new(name, key).digest() for name in ("md5", "sha1", "sha256", "sha512"))]
    return [form for one in whole for form in (one, one.hex().encode(), base64.b64encode(one).rstrip(b"="))]


def _everything_readable(loot: Loot) -> bytes:
    """All that file and keyring item hold, opened: each cell's plaintext as it is, and the bytes of its base64, too."""
    reader = Reader(loot.path, "KEYRING", loot.keyring.device_key)
    with closing(reader.connection):
        settings = [reader.setting(name) for (name,) in reader.connection.execute("SELECT name FROM setting")]
        text = json.dumps([reader.tokens(), settings])
        slots = reader.connection.execute("SELECT header, wrapped, digest FROM slot").fetchall()
    inside = [base64.b64decode(one) for one in re.findall(r"[A-Za-z0-9+/]{42,}={0,2}", text) if len(one) % 4 == 0]
    return b"".join([text.encode(), *inside, *itertools.chain(*slots), loot.keyring.device_key, loot.path.read_bytes()])


def _seconds(kdf: KdfParameters) -> float:
    begun = time.perf_counter()
    for number in range(3):
        derive(b"%d" % number, bytes(16), kdf)
    return (time.perf_counter() - begun) / 3


def test_the_traces_would_be_found(tmp_path: Path) -> None:
    """Of the same vault with the key beside its masked form."""
    loot = _vault(tmp_path / "home" / "vault.sqlite", mask_with_pin)
    vault = open_vault(loot.path, loot.keyring)
    vault.update_options(lambda options: replace(options, device_name=loot.key.hex()))
    vault.close()
    assert any(trace in _everything_readable(loot) for trace in _traces(loot.key))
