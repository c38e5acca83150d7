"""An older file or cell is seen at the next change, and then no managed credential is believed; nothing else is one."""

import itertools
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault.vault_samples import CHEAP, Entry, Sample, managed_entry

from softtoken.engine.atc import AtcState
from softtoken.engine.distrust import distrusted
from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import CredentialState
from softtoken.vault.audit import AuditNote
from softtoken.vault.errors import NotStored, VaultDamaged
from softtoken.vault.evidence import Evidence
from softtoken.vault.pinwrap import seal_with_pin, unwrap
from softtoken.vault.slots import PassphraseSecret, SlotKind
from softtoken.vault.store import TokenState, Vault, VaultOptions, open_vault

if TYPE_CHECKING:
    from collections.abc import Callable

_shared_sample = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
_CELLS = (("token", "body"), ("token", "state"), ("credential", "body"), ("credential", "state"))


def _use(state: CredentialState) -> tuple[CredentialState, None]:
    """What a code does to its credential."""
    return replace(state, counter=state.counter + 1, atc=AtcState(state.atc.used + 1)), None


def _change_everything(sample: Sample, vault: Vault) -> None:
    """Every cell that can change gets a new version."""
    for entry in sample.entries:
        vault.rename_token(entry.token.id, entry.token.issuer, entry.token.name + "2")
        vault.update_token(entry.token.id, lambda state: replace(state, last_login=(state.last_login or 0) + 1))
        for credential in entry.credentials:
            vault.replace_key(credential.id, credential.key)
            vault.update(credential.id, _use)
    vault.append_audit([AuditNote("CODE", 1_800_000_000, 9000, "0a1b2c3d")])
    vault.set_recovery_pending(False)
    vault.update_options(lambda options: replace(options, device_name=options.device_name + "x"))


Rows = dict[str, list[tuple[Any, ...]]]


def _rows(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as connection:
        tables = ("token", "credential", "setting")
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}  # noqa: S608


def _write(path: Path, sql: str, *parameters: object) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql, parameters)
        connection.commit()


def _look(vault: Vault, sample: Sample) -> list[CredentialState | None]:
    """The states of the managed token's credentials; None for one that cannot be read or is gone."""
    states: list[CredentialState | None] = []
    for credential in sample.managed.credentials:
        try:
            states.append(vault.state(credential.id))
        except (VaultDamaged, NotStored):
            states.append(None)
    return states


def _seen_and_dealt_with(sample: Sample, least: int | None = None) -> None:
    """The next run finds it, once."""
    with closing(sample.open()) as vault:
        vault.begin_run(None if least is None else Evidence(least))
        assert vault.restored
        generation = vault.generation()
        assert generation > (least or 0)
        readable = {token.id for token in vault.tokens().tokens}
        for state in _look(vault, sample):
            if state is not None and sample.managed.token.id in readable:
                assert state.resynchronise
                assert state.tries.failed == 3, "of four tries one is left"
                assert state.atc.used >= 12, "no code is made"
    with closing(sample.open()) as vault:
        vault.begin_run(Evidence(generation))
        assert not vault.restored


@pytest.fixture
def aged(sample: Sample) -> tuple[Sample, Rows]:
    """A vault in which everything changed, and the rows that it had before."""
    with closing(sample.open()) as vault:
        vault.update_options(lambda options: replace(options, device_name="the Burrow"))
    before = _rows(sample.path)
    with closing(sample.open()) as vault:
        _change_everything(sample, vault)
    return sample, before


@_shared_sample
@given(st.data())
def test_one_older_cell_is_seen(aged: tuple[Sample, Rows], data: st.DataObject) -> None:
    sample, before = aged
    kept = sample.path.read_bytes()
    table, column = data.draw(st.sampled_from((*_CELLS, ("setting", "body"))))
    row = data.draw(st.sampled_from(before[table]))
    names = {"token": ("seq", "id", "body", "state"), "credential": ("seq", "id", "token", "body", "state")}
    cell = row[names.get(table, ("name", "body")).index(column)]
    key = "name" if table == "setting" else "seq"
    _write(sample.path, f"UPDATE {table} SET {column} = ? WHERE {key} = ?", cell, row[0])  # noqa: S608
    _seen_and_dealt_with(sample)
    _put(sample.path, kept)


@_shared_sample
@given(st.data())
def test_a_deleted_row_is_seen(aged: tuple[Sample, Rows], data: st.DataObject) -> None:
    sample, before = aged
    kept = sample.path.read_bytes()
    table = data.draw(st.sampled_from(sorted(before)))
    row = data.draw(st.sampled_from(before[table]))
    key = "name" if table == "setting" else "seq"
    _write(sample.path, f"DELETE FROM {table} WHERE {key} = ?", row[0])  # noqa: S608
    _seen_and_dealt_with(sample)
    _put(sample.path, kept)


def test_a_token_that_was_removed_and_is_put_back_is_seen(sample: Sample) -> None:
    before = _rows(sample.path)
    with closing(sample.open()) as vault:
        vault.remove_token(sample.managed.token.id)
    for table, row in (
        ("token", before["token"][0]),
        *(("credential", row) for row in before["credential"] if row[2] == before["token"][0][0]),
    ):
        marks = ", ".join("?" * len(row))
        _write(sample.path, f"INSERT INTO {table} VALUES ({marks})", *row)  # noqa: S608
    _seen_and_dealt_with(sample)


def test_tokens_in_another_order_are_seen(sample: Sample) -> None:
    with closing(sqlite3.connect(sample.path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE credential SET token = token + 100 WHERE token = 1")
        connection.execute("UPDATE token SET seq = seq + 100 WHERE seq = 1")
        connection.commit()
    _seen_and_dealt_with(sample)


@pytest.mark.parametrize("head", ["missing", "damaged", "older"])
def test_a_head_that_does_not_fit_is_seen(aged: tuple[Sample, Rows], head: str) -> None:
    sample, before = aged
    match head:
        case "missing":
            _write(sample.path, "DELETE FROM setting WHERE name = 'head'")
        case "damaged":
            _write(sample.path, "UPDATE setting SET body = 5 WHERE name = 'head'")
        case "older":
            (older,) = (body for name, body in before["setting"] if name == "head")
            _write(sample.path, "UPDATE setting SET body = ? WHERE name = 'head'", older)
    _seen_and_dealt_with(sample)


@_shared_sample
@given(st.integers(1, 6), st.integers(0, 5))
def test_a_whole_older_file_is_seen_where_there_is_a_witness(sample: Sample, changes: int, back: int) -> None:
    back %= changes
    kept = sample.path.read_bytes()
    copies = []
    for _ in range(changes):
        copies.append(sample.path.read_bytes())
        with closing(sample.open()) as vault:
            vault.update(sample.managed.credentials[1].id, _use)
            told = vault.generation()
    _put(sample.path, copies[back])
    with closing(sample.open()) as vault:
        vault.begin_run(None)
        assert not vault.restored, "without a witness nobody can tell"
    _put(sample.path, copies[back])
    _seen_and_dealt_with(sample, told)
    _put(sample.path, kept)


def _put(path: Path, content: bytes) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(content)


def _distrusted(entry: Entry) -> list[CredentialState]:
    policy = entry.token.policy
    assert policy is not None
    return [distrusted(credential.state, policy.retry, policy.atc) for credential in entry.credentials]


def test_every_managed_credential_is_distrusted_and_no_imported_one(sample: Sample) -> None:
    second = managed_entry()
    with closing(sample.open()) as vault:
        vault.add_token(second.token, second.credentials, second.state)
        generation = vault.generation()
        vault.begin_run(Evidence(generation + 1))
        for entry in (sample.managed, second):
            assert [vault.state(credential.id) for credential in entry.credentials] == _distrusted(entry)
            assert vault.token_state(entry.token.id) == entry.state
        for entry in (sample.hotp, sample.masked):
            assert [vault.state(one.id) for one in entry.credentials] == [one.state for one in entry.credentials]
        assert (vault.restored, vault.generation()) == (True, generation + 2)


def test_an_unreadable_row_keeps_no_other_from_being_distrusted(sample: Sample) -> None:
    no_pin, pin = sample.managed.credentials
    second = managed_entry()
    with closing(sample.open()) as vault:
        vault.add_token(second.token, second.credentials, second.state)
    _write(sample.path, "UPDATE credential SET state = 5 WHERE id = ?", no_pin.id)
    _write(sample.path, "UPDATE token SET body = x'00' WHERE id = ?", second.token.id)
    with closing(sample.open()) as vault:
        vault.begin_run(None)
        assert vault.restored
        assert vault.state(pin.id) == _distrusted(sample.managed)[1]
        with pytest.raises(VaultDamaged):
            vault.state(no_pin.id)
        assert vault.tokens().damaged == (second.token.id,)
    with closing(sample.open()) as vault:
        vault.begin_run(None)
        assert not vault.restored, "a damaged row is no restored file, again and again"


def test_a_change_sees_the_distrusted_state(sample: Sample) -> None:
    """Nothing is charged or counted on the strength of an older file."""
    pin = sample.managed.credentials[1]
    copy = sample.path.read_bytes()
    with closing(sample.open()) as vault:
        vault.begin_run(Evidence(0))
        told = vault.generation()
    _put(sample.path, copy)
    with closing(sample.open()) as vault:
        vault._watch.told(Evidence(told))
        seen = vault.update(pin.id, lambda state: (state, state))
        assert seen == _distrusted(sample.managed)[1]
        assert vault.restored


def test_a_file_overwritten_while_it_is_open_is_seen(sample: Sample) -> None:
    pin = sample.managed.credentials[1]
    with closing(sample.open()) as vault:
        vault.replace_slot(PassphraseSecret("correct horse"))  # ends with an empty log
        copy = sample.path.read_bytes()
        for _ in range(3):
            vault.update(pin.id, _use)
        vault.replace_slot(PassphraseSecret("correct horse 2"))
        with sample.path.open("r+b") as file:
            file.write(copy)
        for connection in vault._database._free:
            connection.close()  # its cache would hide the overwriting; another thread's would not
        vault._database._free.clear()
        for suffix in ("-wal", "-shm"):
            sample.path.with_name(sample.path.name + suffix).unlink(missing_ok=True)
        vault.update(pin.id, _use)
        assert vault.restored
        assert vault.state(pin.id).resynchronise


def _restored(vault: Vault) -> bool:
    return vault.restored


def _refuse(state: Any) -> Any:
    raise LookupError(state)


@pytest.mark.parametrize("way", ["update", "update_token", "update_options", "replace_key"])
def test_a_transition_that_raises_leaves_all_as_it_was(sample: Sample, way: str) -> None:
    stored = sample.managed.credentials[1]
    before = _rows(sample.path)
    with closing(sample.open()) as vault:
        calls: dict[str, Callable[[], object]] = {
            "update": lambda: vault.update(stored.id, _refuse),
            "update_token": lambda: vault.update_token(
                sample.managed.token.id, _refuse, replaces=[sample.hotp.token.id]
            ),
            "update_options": lambda: vault.update_options(_refuse),
            "replace_key": lambda: vault.replace_key(
                stored.id, seal_with_pin(bytes(32), "024680", stored.id, CHEAP), _refuse
            ),
        }
        with pytest.raises(LookupError):
            calls[way]()
        assert _rows(sample.path) == before
        # also when there is something to be distrusted: the next change does it then
        vault._watch.told(Evidence(99))
        with pytest.raises(LookupError):
            calls[way]()
        assert _rows(sample.path) == before
        assert _restored(vault) is False
        vault.begin_run(None)
        assert (_restored(vault), vault.generation()) == (True, 100)


def test_a_key_and_its_state_change_in_one_step(sample: Sample) -> None:
    stored = sample.managed.credentials[1]
    new = seal_with_pin(bytes(32), "024680", stored.id, CHEAP)
    with closing(sample.open()) as vault:
        generation = vault.generation()
        vault.replace_key(stored.id, new, lambda state: replace(state, tries=RetryState()), expected=stored.key)
        found = vault.credential(sample.managed.token.id, stored.protection)
        assert found is not None
        assert unwrap(found.key, found.id, "024680") == bytes(32)
        assert vault.state(stored.id) == replace(stored.state, tries=RetryState())
        assert vault.generation() == generation + 1
        with pytest.raises(NotStored):
            vault.replace_key(stored.id, stored.key, expected=stored.key)
        assert vault.credential(sample.managed.token.id, stored.protection) == found


def test_a_token_replaces_others_as_it_changes(sample: Sample) -> None:
    with closing(sample.open()) as vault:
        vault.update_token(
            sample.managed.token.id,
            lambda state: replace(state, pending=None, last_login=5),
            replaces=[sample.hotp.token.id, "no-such-token"],
        )
        assert vault.token_state(sample.managed.token.id) == TokenState(logged_in_once=True, last_login=5)
        assert vault.tokens().tokens == (sample.managed.token, sample.masked.token)
        with pytest.raises(NotStored):
            vault.state(sample.hotp.credentials[0].id)
        wal = sample.path.with_name(sample.path.name + "-wal")
        assert wal.stat().st_size == 0, "the removed keys are overwritten in the file"


def test_options_are_kept_and_a_lost_note_gives_the_defaults(sample: Sample) -> None:
    chosen = VaultOptions(resynchronise_before_login=False, device_name="Fluffy's tower \u2603")
    with closing(sample.open()) as vault:
        assert vault.options() == VaultOptions(resynchronise_before_login=True, device_name="")
        vault.update_options(lambda _: chosen)
        generation = vault.generation()
        vault.update_options(lambda options: options)
        assert vault.generation() == generation
    with closing(sample.open()) as vault:
        assert vault.options() == chosen
    _write(sample.path, "UPDATE setting SET body = x'0102' WHERE name = 'options'")
    with closing(sample.open()) as vault:
        assert vault.options() == VaultOptions()


_ACTS = ("use", "refuse", "rename", "remove", "add", "login", "options", "key", "slot", "recovery", "run", "copy")


@_shared_sample
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(_ACTS), st.booleans()), max_size=25))
def test_no_honest_sequence_is_taken_for_a_restored_file(sample: Sample, acts: list[tuple[int, str, bool]]) -> None:
    """Two programs, closed and opened at will, each with what the keyring was told at some earlier time."""
    kept = sample.path.read_bytes()
    vaults: list[Vault | None] = [None, None]
    told = 0
    highest = 0
    for who, act, reopen in acts:
        vault = vaults[who]
        if reopen and vault is not None:
            vault.close()
            vaults[who] = vault = None
        if vault is None:
            vaults[who] = vault = sample.open()
            vault.begin_run(Evidence(told) if reopen and told is not None else None)
        _act(vault, sample, act)
        assert not vault.restored
        assert vault.generation() >= highest
        highest = vault.generation()
        if act == "run":
            told = highest
    for vault in vaults:
        if vault is not None:
            vault.close()
    _put(sample.path, kept)


_numbers = itertools.count()


def _act(vault: Vault, sample: Sample, act: str) -> None:
    managed = sample.managed
    stored = managed.credentials[1]
    there = managed.token in vault.tokens().tokens
    match act:
        case "add" if not there:
            vault.add_token(managed.token, managed.credentials, managed.state)
        case "remove":
            vault.remove_token(managed.token.id)
        case "use" if there:
            vault.update(stored.id, _use)
        case "refuse" if there:
            with pytest.raises(LookupError):
                vault.update(stored.id, _refuse)
        case "rename":
            vault.rename_token(sample.hotp.token.id, "issuer", str(next(_numbers)))
        case "login" if there:
            vault.update_token(managed.token.id, lambda state: replace(state, last_login=next(_numbers)))
        case "options":
            vault.update_options(lambda options: replace(options, device_name=str(next(_numbers))))
        case "key" if there:
            vault.replace_key(stored.id, stored.key)
        case "slot":
            vault.replace_slot(PassphraseSecret("correct horse")) if next(_numbers) % 8 == 0 else vault.remove_slot(
                SlotKind.PASSPHRASE
            )
        case "recovery":
            vault.set_recovery_pending(next(_numbers) % 2 == 0)
        case "run":
            vault.begin_run(Evidence(vault.generation()))
        case _:
            vault.tokens()


def test_a_copy_that_goes_its_own_way_is_seen_when_it_comes_back(sample: Sample, tmp_path: Path) -> None:
    """A clone on the same computer: whichever is behind what the keyring was told is the restored one."""
    clone = tmp_path / "clone" / "vault.sqlite"
    clone.parent.mkdir(mode=0o700)
    shutil.copy(sample.path, clone)
    with closing(open_vault(clone, sample.keyring)) as vault:
        vault.begin_run(Evidence(0))
    with closing(sample.open()) as vault:
        for _ in range(3):
            vault.begin_run(Evidence(vault.generation()))
        told = vault.generation()
    shutil.copy(clone, sample.path)
    _seen_and_dealt_with(sample, told)
