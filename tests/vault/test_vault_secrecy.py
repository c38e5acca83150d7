"""Nothing readable on the disk, and no secret in what is printed."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from vault.vault_samples import CHEAP, PIN, Sample

from softtoken.engine.tokens import CredentialState
from softtoken.vault.errors import KeystoreError, KeystoreProblem, VaultError, WrongSecret
from softtoken.vault.files import beside
from softtoken.vault.pinwrap import seal_with_pin
from softtoken.vault.slots import PassphraseSecret, SlotKind, new_recovery_secret
from softtoken.vault.store import open_vault


def _on_disk(sample: Sample) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(sample.path.parent.iterdir()))


def _secrets(sample: Sample) -> list[bytes]:
    """All that must not be seen: keys, PIN, names, user, issuer, and JSON's own words."""
    texts = [PIN, "hermione", "hogwarts", "gringotts", "Gringotts", "Owl", "kingsley", "VDS1000007"]
    texts += ["gateway.example", "0a1b2c3d", "correct horse", "counter", "issuer", "SEALED", "HOTP"]
    secrets = [text.encode() for text in texts] + [sample.keyring.device_key, sample.recovery.code]
    for entry in sample.entries:
        secrets += [*entry.keys, *(key.hex().encode() for key in entry.keys)]
        secrets += [credential.key.blob for credential in entry.credentials]
    return secrets


def test_nothing_readable_in_the_file_or_its_log(sample: Sample) -> None:
    vault = sample.open()
    vault.replace_slot(PassphraseSecret("correct horse"))
    for entry in sample.entries:
        vault.rename_token(entry.token.id, entry.token.issuer, entry.token.name + "2")
        for credential in entry.credentials:
            vault.update(credential.id, lambda state: (type(state)(state.counter + 1), None))
    open_bytes = _on_disk(sample)
    assert len(open_bytes) > sample.path.stat().st_size, "the log is looked at, too"
    vault.close()
    for content in (open_bytes, _on_disk(sample)):
        assert not [secret for secret in _secrets(sample) if secret in content]


def _cells(sample: Sample, sql: str) -> list[bytes]:
    with closing(sqlite3.connect(sample.path)) as connection:
        return [cell for row in connection.execute(sql) for cell in row if isinstance(cell, bytes)]


def test_what_is_replaced_or_removed_is_overwritten(sample: Sample) -> None:
    vault = sample.open()
    stored = sample.managed.credentials[1]
    old = _cells(sample, f"SELECT body FROM credential WHERE id = '{stored.id}'")  # noqa: S608
    vault.replace_key(stored.id, seal_with_pin(bytes(32), "024680", stored.id, CHEAP))
    assert old[0] not in _on_disk(sample)

    old = _cells(sample, "SELECT wrapped FROM slot WHERE kind = 'KEYRING'")
    vault.replace_slot(sample.keyring)
    assert old[0] not in _on_disk(sample)
    old = _cells(sample, "SELECT wrapped FROM slot WHERE kind = 'RECOVERY'")
    vault.protect([new_recovery_secret()])
    assert old[0] not in _on_disk(sample)
    vault.replace_slot(PassphraseSecret("correct horse"))
    old = _cells(sample, "SELECT wrapped FROM slot WHERE kind = 'KEYRING'")
    vault.remove_slot(SlotKind.KEYRING)
    assert old[0] not in _on_disk(sample)

    old = _cells(sample, "SELECT body, state FROM token") + _cells(sample, "SELECT body, state FROM credential")
    for entry in sample.entries:
        vault.remove_token(entry.token.id)
    content = _on_disk(sample)
    assert not [cell for cell in old if cell[:64] in content]
    vault.close()


def test_what_a_killed_program_replaced_is_overwritten_at_the_next_start(sample: Sample, tmp_path: Path) -> None:
    """Its change was in the log alone, and the file without its log still opened with the old secret."""
    old = _cells(sample, "SELECT wrapped FROM slot WHERE kind = 'RECOVERY'")
    killed = tmp_path / "killed"
    killed.mkdir(mode=0o700)
    with closing(sample.open()) as vault:
        vault._database.checkpoint = lambda: None  # type: ignore[method-assign]  # where it is killed
        vault.protect([new_recovery_secret()])
        for suffix in ("", "-wal"):
            shutil.copy(beside(sample.path, suffix), killed)
    left = replace(sample, path=killed / sample.path.name)
    assert old[0] in left.path.read_bytes()
    with closing(left.open()) as vault:
        assert old[0] not in _on_disk(left)
        with pytest.raises(WrongSecret):
            open_vault(left.path, sample.recovery)
        assert vault.recovery_pending


def test_lengths_do_not_tell_the_counter(sample: Sample) -> None:
    def set_to(counter: int) -> Callable[[CredentialState], tuple[CredentialState, None]]:
        return lambda _: (CredentialState(counter), None)

    sizes = set()
    for counter in (0, 9, 10, 65535):
        vault = sample.open()
        vault.update(sample.hotp.credentials[0].id, set_to(counter))
        vault.close()
        sizes.add(tuple(len(cell) for cell in _cells(sample, "SELECT state FROM credential")))
    assert len(sizes) == 1


@pytest.mark.parametrize("value", ["key", "secret", "pending", "vault"])
def test_nothing_printed_holds_a_secret(sample: Sample, value: str) -> None:
    vault = sample.open()
    shown = {
        "key": lambda: repr(vault.credential(sample.managed.token.id, sample.managed.credentials[0].protection)),
        "secret": lambda: repr((sample.keyring, sample.recovery, PassphraseSecret("correct horse"))),
        "pending": lambda: repr(vault.token_state(sample.managed.token.id)),
        "vault": lambda: repr(vars(vault)),
    }[value]()
    for secret in (*_secrets(sample), repr(sample.keyring.device_key).encode()):
        if secret not in {b"0a1b2c3d", b"HOTP", b"SEALED"}:
            assert secret not in shown.encode("utf-8", "surrogateescape")
    assert repr(sample.managed.keys[0])[2:-1] not in shown
    vault.close()


def test_errors_carry_data_and_no_sentence_for_people() -> None:
    error = KeystoreError(KeystoreProblem.LOCKED)
    assert error.problem is KeystoreProblem.LOCKED
    assert not issubclass(KeystoreError, VaultError)
