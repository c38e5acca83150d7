"""Damaged, truncated and edited vaults: noticed, never believed, never replaced by an empty one."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault.vault_samples import Entry, Sample

from softtoken.engine.tokens import ProtectionType
from softtoken.vault.errors import VaultDamaged, VaultError, VaultTooNew, WrongSecret
from softtoken.vault.schema import VERSION
from softtoken.vault.slots import KeyringSecret, SlotKind
from softtoken.vault.store import Vault, create_vault, new_id, open_vault, read_header, vault_exists


def _judge(sample: Sample) -> int:
    """Read all of it. Returns how many tokens were whole; anything wrong that is not said fails."""
    try:
        vault = sample.open()
    except VaultError:
        assert vault_exists(sample.path)
        return 0
    whole = 0
    with closing(vault):
        try:
            found = vault.tokens()
        except VaultError:
            return 0
        expected = {entry.token.id: entry for entry in sample.entries}
        for token in found.tokens:
            assert token == expected[token.id].token
        assert len(found.tokens) + len(found.damaged) >= len(expected), "a token vanished without a word"
        for token in found.tokens:
            whole += _whole(vault, expected[token.id])
        assert vault.recovery_pending in {True, False}
        assert not vault.audit_trail().entries, "an entry out of nothing"
    return whole


def _whole(vault: Vault, entry: Entry) -> bool:
    """Is every value of it as it was stored? Each is, or VaultError is raised."""
    try:
        assert vault.token_state(entry.token.id) == entry.state
        for stored in entry.credentials:
            found = vault.credential(entry.token.id, stored.protection)
            assert found is not None, "a credential vanished without a word"
            assert (found.id, found.token_id, found.key) == (stored.id, entry.token.id, stored.key)
            assert vault.state(stored.id) == stored.state
    except VaultError:
        return False
    return True


def _flip(path: Path, position: int, change: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        (old,) = file.read(1)
        file.seek(position)
        file.write(bytes([old ^ change]))


def _positions(size: int) -> Iterable[int]:
    """Every header byte of the file and of each page, and every eleventh of the rest."""
    pages = range(0, size, 4096)
    return sorted({*range(108), *(page + i for page in pages for i in range(24)), *range(0, size, 11)})


def test_no_flipped_byte_yields_a_wrong_value(sample: Sample) -> None:
    size = sample.path.stat().st_size
    assert _judge(sample) == 3
    outcomes = set()
    for position in _positions(size):
        change = 1 << position % 8 if position % 2 else 0xFF
        _flip(sample.path, position, change)
        damaged = sample.path.read_bytes()
        outcomes.add(_judge(sample))
        assert sample.path.read_bytes() == damaged, "reading changed the file"
        _flip(sample.path, position, change)
    assert outcomes == {0, 2, 3}, "one bad row leaves two others"
    assert _judge(sample) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0, 2**32), st.binary(min_size=1, max_size=300))
def test_no_overwritten_stretch_yields_a_wrong_value(sample: Sample, position: int, garbage: bytes) -> None:
    good = sample.path.read_bytes()
    position %= len(good)
    sample.path.write_bytes((good[:position] + garbage + good[position + len(garbage) :])[: len(good)])
    _judge(sample)
    for suffix in ("-wal", "-shm"):
        sample.path.with_name(sample.path.name + suffix).unlink(missing_ok=True)
    sample.path.write_bytes(good)


@pytest.mark.parametrize("keep", [0, 1, 15, 16, 99, 100, 512, 4095, 4096, 8192, 12288, 16384])
def test_a_truncated_vault_is_damaged_and_stays_as_it_is(sample: Sample, keep: int) -> None:
    os.truncate(sample.path, keep)
    left = sample.path.read_bytes()
    for call in (sample.open, lambda: read_header(sample.path)):
        with pytest.raises(VaultDamaged):
            call()
    assert sample.path.read_bytes() == left


def test_a_vault_cut_by_one_byte_loses_no_token_silently(sample: Sample) -> None:
    last = sample.path.read_bytes()[-1]
    os.truncate(sample.path, sample.path.stat().st_size - 1)
    # SQLite reads what is missing of the last page as zeros: in one file of 256 nothing is lost
    assert (_judge(sample) == 3) is (last == 0)


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(84), bytes(8192)])
def test_another_file_is_no_vault(sample: Sample, content: bytes) -> None:
    sample.path.write_bytes(content)
    with pytest.raises(VaultDamaged):
        read_header(sample.path)
    assert sample.path.read_bytes() == content


def test_another_database_is_no_vault(sample: Sample) -> None:
    sample.path.unlink()
    _edit(sample, "CREATE TABLE token (id, body)")
    sample.path.chmod(0o600)
    with pytest.raises(VaultDamaged, match="not a vault"):
        sample.open()


def test_a_damaged_log_goes_back_to_an_earlier_state_at_most(sample: Sample) -> None:
    credential_id = sample.hotp.credentials[0].id
    vault = sample.open()
    for _ in range(3):
        vault.update(credential_id, lambda state: (replace(state, counter=state.counter + 1), None))
    wal = sample.path.with_name(sample.path.name + "-wal")
    kept = sample.path.read_bytes(), wal.read_bytes()
    vault.close()
    path = sample.path.with_name("copy.sqlite")
    log = sample.path.with_name("copy.sqlite-wal")
    seen = set()
    for position in range(0, len(kept[1]), 61):
        path.write_bytes(kept[0])
        log.write_bytes(kept[1])
        for name in (path, log):
            name.chmod(0o600)
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
        _flip(log, position, 0xFF)
        vault = open_vault(path, sample.keyring)
        seen.add(vault.state(credential_id).counter)
        assert len(vault.tokens().tokens) == 3
        vault.close()
    assert seen <= {7, 8, 9, 10}


def _edit(sample: Sample, *statements: str) -> None:
    with closing(sqlite3.connect(sample.path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _token(entry: Entry) -> str:
    return f"id = '{entry.token.id}'"


def _credential(entry: Entry, index: int = 0) -> str:
    return f"id = '{entry.credentials[index].id}'"


def _swap(sample: Sample, table: str, column: str, one: str, other: str) -> None:
    with closing(sqlite3.connect(sample.path)) as connection:
        select = f"SELECT {column} FROM {table} WHERE "  # noqa: S608
        cells = [connection.execute(select + where).fetchone()[0] for where in (one, other)]
        assert cells[0] != cells[1]
        for where, cell in ((other, cells[0]), (one, cells[1])):
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (cell,))  # noqa: S608
        connection.commit()


def test_token_rows_that_changed_places_are_refused(sample: Sample) -> None:
    _swap(sample, "token", "body", _token(sample.managed), _token(sample.hotp))
    vault = sample.open()
    assert vault.tokens().tokens == (sample.masked.token,)
    assert set(vault.tokens().damaged) == {sample.managed.token.id, sample.hotp.token.id}
    vault.close()


@pytest.mark.parametrize("column", ["body", "state", "token"])
def test_credential_rows_that_changed_places_are_refused(sample: Sample, column: str) -> None:
    one, other = sample.hotp, sample.masked
    _swap(sample, "credential", column, _credential(one), _credential(other))
    vault = sample.open()
    for entry in (one, other):
        if column in {"state", "token"}:
            with pytest.raises(VaultDamaged) as caught:
                vault.state(entry.credentials[0].id)
            assert caught.value.row_id == entry.credentials[0].id
            with pytest.raises(VaultDamaged):
                vault.update(entry.credentials[0].id, lambda state: (state, None))
        if column in {"body", "token"}:
            with pytest.raises(VaultDamaged):
                vault.credential(entry.token.id, entry.credentials[0].protection)
    assert vault.credential(sample.managed.token.id, ProtectionType.PIN) is not None
    vault.close()


def test_columns_that_changed_places_are_refused(sample: Sample) -> None:
    _edit(sample, f"UPDATE token SET body = state, state = body WHERE {_token(sample.hotp)}")  # noqa: S608
    vault = sample.open()
    assert vault.tokens().damaged == (sample.hotp.token.id,)
    with pytest.raises(VaultDamaged):
        vault.token_state(sample.hotp.token.id)
    vault.close()


def test_credentials_of_one_token_that_changed_places_are_refused(sample: Sample) -> None:
    entry = sample.managed
    _swap(sample, "credential", "state", _credential(entry, 0), _credential(entry, 1))
    vault = sample.open()
    for credential in entry.credentials:
        with pytest.raises(VaultDamaged):
            vault.state(credential.id)
    vault.close()


def test_rows_of_another_vault_are_refused(sample: Sample, tmp_path: Path) -> None:
    """The same ids and places, but another vault."""
    other = create_vault(tmp_path / "other" / "vault.sqlite", new_id(), [sample.keyring])
    other.add_token(sample.hotp.token, sample.hotp.credentials)
    other.close()
    _edit(
        sample,
        f"ATTACH '{other.path}' AS other",
        f"UPDATE token SET body = (SELECT body FROM other.token) WHERE {_token(sample.hotp)}",  # noqa: S608
    )
    vault = sample.open()
    assert vault.tokens().damaged == (sample.hotp.token.id,)
    vault.close()


def test_a_row_that_is_there_twice_is_refused(sample: Sample) -> None:
    """An old copy of a row beside the present one: neither may be believed."""
    _edit(
        sample,
        f"INSERT INTO token (id, body, state) SELECT id, body, state FROM token WHERE {_token(sample.hotp)}",  # noqa: S608
        "INSERT INTO credential (id, token, body, state) SELECT id, token, body, state FROM credential"  # noqa: S608
        f" WHERE {_credential(sample.masked)}",
    )
    vault = sample.open()
    assert vault.tokens().damaged == (sample.hotp.token.id,)
    with pytest.raises(VaultDamaged):
        vault.token_state(sample.hotp.token.id)
    with pytest.raises(VaultDamaged):
        vault.state(sample.masked.credentials[0].id)
    with pytest.raises(VaultDamaged):
        vault.credential(sample.masked.token.id, ProtectionType.PIN)
    vault.close()


def test_a_credential_that_is_gone_is_said(sample: Sample) -> None:
    _edit(sample, f"DELETE FROM credential WHERE {_credential(sample.managed, 1)}")  # noqa: S608
    vault = sample.open()
    with pytest.raises(VaultDamaged, match="missing"):
        vault.credential(sample.managed.token.id, ProtectionType.PIN)
    assert vault.credential(sample.managed.token.id, ProtectionType.NO_PIN) is not None
    vault.close()


def test_a_damaged_credential_leaves_its_neighbours_and_its_token_can_be_removed(sample: Sample) -> None:
    _edit(sample, f"UPDATE credential SET body = x'00', state = 5 WHERE {_credential(sample.managed, 1)}")  # noqa: S608
    vault = sample.open()
    with pytest.raises(VaultDamaged):
        vault.credential(sample.managed.token.id, ProtectionType.PIN)
    with pytest.raises(VaultDamaged):
        vault.state(sample.managed.credentials[1].id)
    assert vault.credential(sample.managed.token.id, ProtectionType.NO_PIN) is not None
    assert vault.remove_token(sample.managed.token.id)
    vault.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER UPDATE ON credential BEGIN DELETE FROM token; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE INDEX i ON token (id)",
        "DROP TABLE setting",
        "ALTER TABLE token ADD COLUMN more",
    ],
)
def test_a_changed_schema_is_refused(sample: Sample, statement: str) -> None:
    _edit(sample, statement)
    with pytest.raises(VaultDamaged, match="schema"):
        sample.open()


def test_a_later_format_is_too_new_and_left_alone(sample: Sample) -> None:
    later = VERSION + 1
    _edit(sample, f"PRAGMA user_version = {later}", "CREATE TABLE later (x)")
    before = sample.path.read_bytes()
    for call in (sample.open, lambda: read_header(sample.path)):
        with pytest.raises(VaultTooNew) as caught:
            call()
        assert caught.value.version == later
    assert sample.path.read_bytes() == before


def test_a_damaged_slot_leaves_the_others(sample: Sample) -> None:
    _edit(sample, "UPDATE slot SET wrapped = x'00' WHERE kind = 'KEYRING'")
    header = read_header(sample.path)
    assert (header.vault_id, header.slot_kinds, header.damaged_slots) == (
        sample.vault_id,
        (SlotKind.RECOVERY,),
        1,
    )
    with pytest.raises(VaultDamaged, match="slot"):
        sample.open()
    vault = open_vault(sample.path, sample.recovery)
    vault.replace_slot(sample.keyring)
    vault.close()
    sample.open().close()


def test_without_any_slot_it_is_damaged_and_not_locked(sample: Sample) -> None:
    _edit(sample, "DELETE FROM slot")
    with pytest.raises(VaultDamaged, match="slot"):
        read_header(sample.path)


def test_slots_do_not_open_another_vault(sample: Sample, tmp_path: Path) -> None:
    other = create_vault(tmp_path / "other" / "vault.sqlite", new_id(), [sample.keyring])
    other.close()
    _edit(
        sample,
        f"ATTACH '{other.path}' AS other",
        "DELETE FROM main.slot WHERE kind = 'KEYRING'",
        "INSERT INTO main.slot SELECT * FROM other.slot",
    )
    with pytest.raises(VaultDamaged, match="different vaults"):
        sample.open()


def test_a_lost_note_on_the_recovery_code_counts_as_pending(sample: Sample) -> None:
    vault = sample.open()
    vault.set_recovery_pending(False)
    vault.close()
    _edit(sample, "UPDATE setting SET body = x'0102'")
    vault = sample.open()
    seen = [vault.recovery_pending]
    vault.set_recovery_pending(False)
    seen.append(vault.recovery_pending)
    vault.close()
    assert seen == [True, False]


def test_a_wrong_secret_changes_nothing(sample: Sample) -> None:
    before = sample.path.read_bytes()
    with pytest.raises(WrongSecret):
        open_vault(sample.path, KeyringSecret(bytes(32)))
    assert sample.path.read_bytes() == before
