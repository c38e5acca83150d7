"""The audit trail in the file: every edit of it is told, none of them touches a token, and old entries go."""

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault.vault_samples import Sample

from softtoken.vault import auditrows
from softtoken.vault.audit import AuditNote, AuditTrail, FoundFault, TrailFault
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import Vault, create_vault

_shared_sample = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
Row = tuple[Any, ...]


def note(number: int) -> AuditNote:
    return AuditNote("CODE", 1_800_000_000 + number, 9000 + number, "0a1b2c3d", "f" * 32, {"counter": number})


@pytest.fixture
def trailed(sample: Sample) -> Sample:
    """Nine entries, two of them written together."""
    with closing(sample.open()) as vault:
        for number in range(1, 8):
            vault.append_audit([note(number)])
        vault.append_audit([note(8), note(9)])
    return sample


def rows(sample: Sample) -> list[Row]:
    with closing(sqlite3.connect(sample.path)) as connection:
        return connection.execute("SELECT seq, body FROM audit ORDER BY seq").fetchall()


def edit(sample: Sample, sql: str, *parameters: object) -> None:
    with closing(sqlite3.connect(sample.path)) as connection:
        connection.execute(sql, parameters)
        connection.commit()


def read(sample: Sample) -> AuditTrail:
    """What is found, by a program that then uses the tokens as ever."""
    with closing(sample.open()) as vault:
        trail = vault.audit_trail()
        vault.begin_run(None)
        assert not vault.restored, "what is done to the trail costs no token its tries"
        assert vault.tokens().tokens == tuple(entry.token for entry in sample.entries)
    return trail


def numbers(trail: AuditTrail) -> list[int]:
    return [entry.number for entry in trail.entries]


def found(*faults: tuple[TrailFault, int, int]) -> tuple[FoundFault, ...]:
    return tuple(FoundFault(*fault) for fault in faults)


def test_what_was_added_is_read_in_its_order(trailed: Sample) -> None:
    trail = read(trailed)
    assert [entry.note for entry in trail.entries] == [note(number) for number in range(1, 10)]
    assert (numbers(trail), trail.faults) == (list(range(1, 10)), ())


@pytest.mark.parametrize(("gone", "first", "last"), [("1", 1, 1), ("5", 5, 5), ("9", 9, 9), ("3, 4, 5", 3, 5)])
def test_a_deleted_entry_is_missed(trailed: Sample, gone: str, first: int, last: int) -> None:
    edit(trailed, f"DELETE FROM audit WHERE seq IN ({gone})")  # noqa: S608
    trail = read(trailed)
    assert trail.faults == found((TrailFault.MISSING, first, last))
    assert len(trail.entries) == 9 - (last - first + 1)


def test_a_trail_that_was_cut_off_is_missed_also_after_it_went_on(trailed: Sample) -> None:
    edit(trailed, "DELETE FROM audit WHERE seq > 6")
    with closing(trailed.open()) as vault:
        vault.append_audit([note(10)])
    trail = read(trailed)
    assert trail.faults == found((TrailFault.MISSING, 7, 9))
    assert numbers(trail) == [1, 2, 3, 4, 5, 6, 10]


def test_all_of_it_deleted_is_missed(trailed: Sample) -> None:
    edit(trailed, "DELETE FROM audit")
    assert read(trailed).faults == found((TrailFault.MISSING, 1, 9))


def test_entries_that_changed_places_are_told(trailed: Sample) -> None:
    old: dict[int, bytes] = dict(rows(trailed))
    edit(trailed, "UPDATE audit SET body = CASE seq WHEN 3 THEN ? ELSE ? END WHERE seq IN (3, 4)", old[4], old[3])
    trail = read(trailed)
    assert trail.faults == found((TrailFault.UNREADABLE, 3, 4))
    assert len(trail.entries) == 7


def test_a_copy_of_an_entry_at_a_new_place_is_told(trailed: Sample) -> None:
    edit(trailed, "INSERT INTO audit SELECT 10, body FROM audit WHERE seq = 9")
    edit(trailed, "INSERT INTO audit SELECT -4, body FROM audit WHERE seq = 9")
    trail = read(trailed)
    assert trail.faults == found((TrailFault.ADDED, -4, -4), (TrailFault.ADDED, 10, 10))
    assert numbers(trail) == list(range(1, 10))


def test_an_entry_of_another_time_in_its_own_place_is_told(trailed: Sample) -> None:
    """A copy of the file went its own way and wrote another ninth entry with the same key."""
    whole = trailed.path.read_bytes()
    edit(trailed, "DELETE FROM audit WHERE seq = 9")
    with closing(trailed.open()) as vault, vault._writing() as tables:
        audit = auditrows.AuditRows(tables.lookup.connection, tables.cells)
        head = audit.head()
        assert head is not None
        audit._write_head(auditrows.AuditHead(1, 8, rows(trailed)[-1][1][-16:]))
        audit.append([note(77)])
    (_, other) = rows(trailed)[-1]
    trailed.path.write_bytes(whole)
    edit(trailed, "UPDATE audit SET body = ? WHERE seq = 9", other)
    trail = read(trailed)
    assert trail.faults == found((TrailFault.REPLACED, 9, 9))
    assert trail.entries[-1].note == note(77), "it is shown, and said to be wrong"


@_shared_sample
@given(st.integers(0, 8), st.integers(0, 2**20), st.integers(1, 255))
def test_no_flipped_byte_of_an_entry_is_believed(trailed: Sample, place: int, position: int, change: int) -> None:
    number, cell = rows(trailed)[place]
    position %= len(cell)
    flipped = cell[:position] + bytes([cell[position] ^ change]) + cell[position + 1 :]
    edit(trailed, "UPDATE audit SET body = ? WHERE seq = ?", flipped, number)
    trail = read(trailed)
    assert trail.faults == found((TrailFault.UNREADABLE, number, number))
    assert [entry.note for entry in trail.entries] == [note(n) for n in range(1, 10) if n != number]
    edit(trailed, "UPDATE audit SET body = ? WHERE seq = ?", cell, number)


@pytest.mark.parametrize("value", ["x'00'", "x''", "'text'", "7"])
def test_a_cell_of_any_type_is_quarantined(trailed: Sample, value: str) -> None:
    edit(trailed, f"UPDATE audit SET body = {value} WHERE seq = 9")  # noqa: S608
    with closing(trailed.open()) as vault:
        vault.append_audit([note(10)])
    trail = read(trailed)
    assert trail.faults == found((TrailFault.UNREADABLE, 9, 9))
    assert numbers(trail)[-1] == 10


@pytest.mark.parametrize("way", ["DELETE FROM setting WHERE name = 'audit'", "UPDATE setting SET body = x'07'"])
def test_a_lost_head_is_told_and_the_trail_goes_on_behind_what_is_there(trailed: Sample, way: str) -> None:
    edit(trailed, way if way.startswith("DELETE") else f"{way} WHERE name = 'audit'")
    with closing(trailed.open()) as vault:
        trail = vault.audit_trail()
        assert trail.faults == found((TrailFault.HEAD_LOST, 0, 0))
        assert len(trail.entries) == 9
        vault.append_audit([note(10), note(11)])
        assert vault.restored, "the head is a setting, and settings are part of what the file's own head covers"
        trail = vault.audit_trail()
        assert trail.faults == found((TrailFault.RESTARTED, 10, 10))
        assert numbers(trail) == list(range(1, 12))


def test_a_lost_head_and_a_number_beyond_all_measure_hold_nobody_up(trailed: Sample) -> None:
    """Reading asked for each number in between, which no computer comes to the end of."""
    edit(trailed, "DELETE FROM setting WHERE name = 'audit'")
    edit(trailed, "INSERT INTO audit VALUES (?, x'00')", 2**62)
    with closing(trailed.open()) as vault:
        trail = vault.audit_trail()
    assert len(trail.entries) == 9
    assert trail.faults == found((TrailFault.HEAD_LOST, 0, 0), (TrailFault.ADDED, 2**62, 2**62))


def test_an_older_head_of_the_trail_alone_is_told_and_hides_nothing(trailed: Sample) -> None:
    with closing(sqlite3.connect(trailed.path)) as connection:
        (old,) = connection.execute("SELECT body FROM setting WHERE name = 'audit'").fetchone()
    with closing(trailed.open()) as vault:
        vault.append_audit([note(10), note(11)])
    edit(trailed, "UPDATE setting SET body = ? WHERE name = 'audit'", old)
    with closing(trailed.open()) as vault:
        assert vault.audit_trail().faults == found((TrailFault.ADDED, 10, 11))
        vault.append_audit([note(12)])
        trail = vault.audit_trail()
    assert trail.faults == found((TrailFault.RESTARTED, 12, 12))
    assert numbers(trail) == list(range(1, 13))


@pytest.mark.parametrize("place", [10, 4000, 2**63 - 1])
def test_what_was_put_behind_the_end_is_not_in_the_way(trailed: Sample, place: int) -> None:
    edit(trailed, "INSERT INTO audit VALUES (?, x'00')", place)
    with closing(trailed.open()) as vault:
        vault.append_audit([note(10)])
        trail = vault.audit_trail()
    assert trail.faults == found((TrailFault.RESTARTED, 10, 10))
    assert numbers(trail) == list(range(1, 11))


def test_the_newest_entries_are_kept(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditrows, "KEPT", 5)
    with closing(sample.open()) as vault:
        for number in range(1, 13):
            vault.append_audit([note(number)])
            assert numbers(vault.audit_trail()) == list(range(max(1, number - 4), number + 1))
        vault.append_audit([note(number) for number in range(13, 23)])
    trail = read(sample)
    assert (numbers(trail), trail.faults) == (list(range(18, 23)), ())
    edit(sample, "DELETE FROM audit WHERE seq = 18")
    assert read(sample).faults == found((TrailFault.MISSING, 18, 18)), "the oldest that is kept is covered, too"


def test_an_addition_costs_the_same_however_long_the_trail_is(sample: Sample) -> None:
    def statements(vault: Vault) -> list[str]:
        said: list[str] = []
        with vault._writing() as tables:
            tables.lookup.connection.set_trace_callback(said.append)
            auditrows.AuditRows(tables.lookup.connection, tables.cells).append([note(1)])
            tables.lookup.connection.set_trace_callback(None)
        return [one.partition("VALUES")[0].partition("= '")[0] for one in said]

    with closing(sample.open()) as vault:
        first = statements(vault)
        vault.append_audit([note(number) for number in range(500)])
        assert statements(vault) == first
        assert not any("FROM audit" in one and "MAX" not in one for one in first)


def test_the_policy_is_remembered_with_its_entry(sample: Sample) -> None:
    with closing(sample.open()) as vault:
        assert vault.audited_policy == ""
        vault.append_audit([note(1)], "5f" * 32)
        vault.append_audit([note(2)])
        assert vault.audited_policy == "5f" * 32


def test_entries_of_two_programs_make_one_trail(sample: Sample) -> None:
    def add(begin: int) -> None:
        with closing(sample.open()) as vault:
            for number in range(begin, begin + 40):
                vault.append_audit([note(number)])

    programs = [threading.Thread(target=add, args=(begin,)) for begin in (100, 200, 300)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    trail = read(sample)
    assert (numbers(trail), trail.faults) == (list(range(1, 121)), ())
    for begin in (100, 200, 300):
        counters = [entry.note.facts["counter"] for entry in trail.entries]
        assert [c for c in counters if begin <= int(c or 0) < begin + 40] == list(range(begin, begin + 40))


def test_a_trail_of_another_vault_does_not_belong(trailed: Sample) -> None:
    other_path = trailed.path.parent / "other" / "vault.sqlite"
    with closing(create_vault(other_path, "0" * 32, [KeyringSecret(b"o" * 32)])) as other:
        other.append_audit([note(number) for number in range(1, 10)])
    with closing(sqlite3.connect(other_path)) as connection:
        (stolen,) = connection.execute("SELECT body FROM audit WHERE seq = 4").fetchone()
    edit(trailed, "UPDATE audit SET body = ? WHERE seq = 4", stolen)
    assert read(trailed).faults == found((TrailFault.UNREADABLE, 4, 4))


def test_an_addition_is_all_or_nothing(trailed: Sample) -> None:
    with closing(trailed.open()) as vault:
        unfit = AuditNote("not a word", 1, 1, "0a1b2c3d")
        with pytest.raises(ValueError, match="kind"):
            vault.append_audit([note(10), unfit])
        assert len(vault.audit_trail().entries) == 9
    assert read(trailed).faults == ()
