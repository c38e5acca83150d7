"""The keyring as a witness: what starts, late answers and lost items make of an older or an honest file."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.flows import MemoryKeystore
from vault.vault_samples import managed_entry

from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import CredentialState
from softtoken.services import witness
from softtoken.services.access import VaultAccess
from softtoken.services.events import KeyringProblem, Status, VaultCondition
from softtoken.services.vault_making import VaultMaking
from softtoken.services.witness import Witness
from softtoken.vault import database
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import Evidence
from softtoken.vault.store import Vault

RELEASED = Path(__file__).parents[1] / "vaults" / "format-1.sqlite"
ENTRY = managed_entry()
PIN_CREDENTIAL = ENTRY.credentials[1]


class Computer:
    """One vault file and one keyring, and programs that come and go."""

    def __init__(self, path: Path, keystore: MemoryKeystore) -> None:
        self.path = path
        self.keystore = keystore
        self._open: list[VaultAccess] = []

    def program(self) -> VaultAccess:
        access = VaultAccess(self.path, self.keystore)
        self._open.append(access)
        return access

    def started(self, problem: KeyringProblem = KeyringProblem.NONE) -> VaultAccess:
        """A program that the keyring opened the vault for."""
        access = self.program()
        assert access.start(5) == (VaultCondition.OPEN, problem)
        return access

    def making(self, access: VaultAccess) -> VaultMaking:
        return VaultMaking(self.path, self.keystore, access)

    def close(self) -> None:
        for access in self._open:
            access.close()

    def known(self) -> int | None:
        """The generation that the keyring holds."""
        (generation,) = self.keystore.generations.values() or (None,)
        return generation

    def put_back(self, copy: bytes) -> None:
        self.close()
        self.path.write_bytes(copy)

    def copied(self) -> bytes:
        self.close()
        return self.path.read_bytes()


def _vault(access: VaultAccess) -> Vault:
    assert access.vault is not None
    return access.vault


def _state(access: VaultAccess) -> CredentialState:
    return _vault(access).state(PIN_CREDENTIAL.id)


@pytest.fixture
def keystore() -> MemoryKeystore:
    return MemoryKeystore()


@pytest.fixture
def computer(tmp_path: Path, keystore: MemoryKeystore) -> Iterator[Computer]:
    """With a vault that holds one managed token."""
    made = Computer(tmp_path / "home" / "vault.sqlite", keystore)
    access = made.program()
    assert made.making(access).create(None, 5).status is Status.OK
    _vault(access).add_token(ENTRY.token, ENTRY.credentials, ENTRY.state)
    access.close()
    yield made
    made.close()


def test_each_run_tells_the_keyring(computer: Computer) -> None:
    for _ in range(3):
        access = computer.started()
        assert computer.known() == _vault(access).generation()
        _vault(access).set_recovery_pending(False)
        assert not access.restored
        access.close()


def test_an_older_file_is_distrusted_once(computer: Computer) -> None:
    copy = computer.copied()
    computer.started().close()
    computer.put_back(copy)
    access = computer.started()
    assert access.restored
    assert _state(access).resynchronise
    assert _state(access).tries.failed == 3
    again = computer.started()
    assert not again.restored


def test_a_file_put_back_after_a_witnessed_try_is_seen(computer: Computer) -> None:
    access = computer.started()
    computer_file = computer.copied()
    access = computer.started()
    wait = access.witness()
    wait()
    _vault(access).update(PIN_CREDENTIAL.id, lambda state: (CredentialState(99), None))
    access.witness()()
    assert computer.known() == _vault(access).generation()
    computer.put_back(computer_file)
    assert computer.started().restored


def test_a_copy_gives_no_try_back_where_the_keyring_has_no_room_for_all(computer: Computer) -> None:
    """Each time that it was put back a blocked PIN had one more try, if fifteen other tokens were in the vault."""
    access = computer.started()
    others = [managed_entry() for _ in range(15)]
    for entry in others:
        _vault(access).add_token(entry.token, entry.credentials, entry.state)
    guessed = others[-1].credentials[1].id
    copy = computer.copied()
    blocked = RetryState(failed=ENTRY.token.policy.retry.max_tries if ENTRY.token.policy else 0)
    access = computer.started()
    _vault(access).update(guessed, lambda state: (replace(state, tries=blocked), None))
    access.witness()()
    for _ in range(2):
        computer.put_back(copy)
        access = computer.started()
        assert access.restored
        assert _vault(access).state(guessed).tries.failed == blocked.failed


def test_a_file_ahead_of_the_keyring_is_a_crash(computer: Computer) -> None:
    access = computer.started()
    for pending in (True, False, True):
        _vault(access).set_recovery_pending(pending)
    access.close()
    assert not computer.started().restored


def test_a_generation_that_was_taken_away_is_no_way_around_it(computer: Computer, keystore: MemoryKeystore) -> None:
    copy = computer.copied()
    computer.started().close()
    computer.put_back(copy)
    keystore.evidences.clear()
    access = computer.started()
    assert access.restored
    assert _state(access).resynchronise
    access.close()
    assert not computer.started().restored


def _computer_of_the_first_release(folder: Path, keystore: MemoryKeystore) -> Computer:
    home = folder / "old"
    home.mkdir(mode=0o700)
    path = home / "vault.sqlite"
    path.touch(0o600)
    path.write_bytes(RELEASED.read_bytes())
    keystore.items["0123456789abcdef" * 2] = b"k" * 32
    return Computer(path, keystore)


@pytest.mark.parametrize("first", ["keyring", "recovery"])
def test_a_vault_of_the_first_release_is_not_taken_for_a_restored_one(
    tmp_path: Path, keystore: MemoryKeystore, first: str
) -> None:
    computer = _computer_of_the_first_release(tmp_path, keystore)
    if first == "recovery":  # a locked keyring, the day after the update
        keystore.problem = KeystoreProblem.LOCKED
        access = computer.program()
        assert access.start(5) == (VaultCondition.NEEDS_PASSPHRASE, KeyringProblem.LOCKED)
        assert access.open("released with 0.1", None) is Status.OK
        _vault(access).set_recovery_pending(False)
        access.close()
        keystore.problem = None
    for _ in range(2):
        access = computer.started()
        assert not access.restored
        access.witness()()  # the start may have noted the keyring's name, which is told with the first event
        assert computer.known() == _vault(access).generation()
        access.close()


@pytest.mark.parametrize("moment", ["read", "read_evidence"])
def test_two_programs_that_find_no_generation_at_once_accuse_nobody(
    tmp_path: Path, keystore: MemoryKeystore, moment: str
) -> None:
    """Window and command line, both started just after the update."""
    computer = _computer_of_the_first_release(tmp_path, keystore)
    ask = getattr(keystore, moment)

    def overtaken(vault_id: str) -> object:
        answer = ask(vault_id)
        setattr(keystore, moment, ask)
        other = computer.started()
        _vault(other).set_recovery_pending(False)
        assert not other.restored
        return answer

    setattr(keystore, moment, overtaken)
    assert not computer.started().restored
    computer.close()
    assert not computer.started().restored
    computer.close()


def test_the_first_witnessed_run_waits_for_a_keyring_that_takes_its_generation(
    computer: Computer, keystore: MemoryKeystore
) -> None:
    """Otherwise the next start would find a file that says it has a witness, and none."""
    path = computer.path.with_name("old.sqlite")
    path.touch(0o600)
    path.write_bytes(RELEASED.read_bytes())
    keystore.items["0123456789abcdef" * 2] = b"k" * 32
    keystore.evidences.clear()
    other = Computer(path, keystore)
    keystore.keeps_nothing = KeystoreProblem.FAILED
    access = other.started(KeyringProblem.FAILED)
    with pytest.raises(KeystoreError):
        access.witness()()
    _vault(access).set_recovery_pending(False)
    access.close()
    keystore.keeps_nothing = None
    access = other.started()
    assert not access.restored
    access.witness()()  # this start has noted the keyring's name
    assert other.known() == _vault(access).generation()
    access.close()


def test_a_keyring_that_cannot_be_read_opens_nothing_and_one_that_cannot_be_written_does(
    computer: Computer, keystore: MemoryKeystore
) -> None:
    def refuse(*arguments: object) -> int:
        raise KeystoreError(KeystoreProblem.LOCKED)

    read, keystore.read_evidence = keystore.read_evidence, refuse  # type: ignore[method-assign,assignment]
    assert computer.program().start(5) == (VaultCondition.NEEDS_RECOVERY, KeyringProblem.LOCKED)
    keystore.read_evidence, keystore.keeps_nothing = read, KeystoreProblem.LOCKED  # type: ignore[method-assign]
    before = computer.known()
    access = computer.started(KeyringProblem.LOCKED)
    assert not access.restored
    assert computer.known() == before
    with pytest.raises(KeystoreError) as caught:
        access.witness()()
    assert caught.value.problem is KeystoreProblem.LOCKED
    keystore.keeps_nothing = None
    access.witness()()
    assert computer.known() == _vault(access).generation()


def test_a_keyring_that_takes_nothing_is_told_until_it_does(computer: Computer, keystore: MemoryKeystore) -> None:
    keystore.keeps_nothing = KeystoreProblem.FAILED
    access = computer.started(KeyringProblem.FAILED)
    keystore.keeps_nothing = KeystoreProblem.LOCKED
    assert access.start(5) == (VaultCondition.OPEN, KeyringProblem.LOCKED)
    keystore.keeps_nothing = None
    assert access.start(5) == (VaultCondition.OPEN, KeyringProblem.NONE)
    assert computer.known() == _vault(access).generation()
    keystore.keeps_nothing = KeystoreProblem.FAILED
    assert access.start(5) == (VaultCondition.OPEN, KeyringProblem.NONE), "a start of an open vault asks for no news"
    access.lock()
    assert access.start(5) == (VaultCondition.OPEN, KeyringProblem.FAILED)


def test_what_the_keyring_kept_opens_no_older_file_once_a_passphrase_took_over(
    computer: Computer, keystore: MemoryKeystore
) -> None:
    """The keyring may be why somebody changes."""
    older = computer.path.read_bytes()
    access = computer.started()
    keystore.biometrics[_vault(access).vault_id] = b"b" * 32
    assert computer.making(access).protect("correct horse", 5).status is Status.OK
    assert keystore.biometrics, "fingers are asked as before"
    computer.put_back(older)
    assert computer.program().start(5) == (VaultCondition.NEEDS_RECOVERY, KeyringProblem.ITEM_MISSING)


def test_a_keyring_comes_back_after_a_passphrase(computer: Computer) -> None:
    access = computer.started()
    assert computer.making(access).protect("correct horse", 5).status is Status.OK
    assert computer.making(access).protect(None, 5).status is Status.OK
    access.close()
    assert not computer.started().restored


def test_a_passphrase_that_takes_over_needs_no_keyring(computer: Computer, keystore: MemoryKeystore) -> None:
    keystore.keeps_nothing = KeystoreProblem.FAILED
    access = computer.started(KeyringProblem.FAILED)
    assert computer.making(access).protect("correct horse", 5).status is Status.OK
    assert access.start(5) == (VaultCondition.OPEN, KeyringProblem.NONE)


def test_a_keyring_that_answers_no_writing_does_not_hold_up_the_opening(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer.started().close()
    prompt = _Prompt()
    prompt.items, prompt.evidences = computer.keystore.items, computer.keystore.evidences
    monkeypatch.setattr(witness, "PATIENCE", 0.02)
    access = Computer(computer.path, prompt).program()
    assert access.start(600) == (VaultCondition.OPEN, KeyringProblem.NO_ANSWER)
    prompt.let.set()
    access.close()


def test_what_no_keyring_opens_has_no_witness(computer: Computer, keystore: MemoryKeystore) -> None:
    access = computer.program()
    access.witness()()
    made = computer.started()
    assert computer.making(made).protect("correct horse", 5).status is Status.OK
    known = computer.known()
    made.witness()()
    made.close()
    copy = computer.copied()
    keystore.problem = KeystoreProblem.MISSING
    access = computer.program()
    assert access.open("correct horse", None) is Status.OK
    _vault(access).set_recovery_pending(False)
    access.witness()()
    computer.put_back(copy)
    access = computer.program()
    assert access.open("correct horse", None) is Status.OK
    assert not access.restored, "without a keyring an older file is not seen"
    assert computer.known() == known


@pytest.mark.parametrize("version", [3, 2, 1], ids=["as it is", "turned back to 2", "turned back to 1"])
def test_a_cell_put_back_is_seen_without_a_keyring(computer: Computer, version: int) -> None:
    made = computer.started()
    computer.making(made).protect("correct horse", 5)
    made.close()
    with closing(sqlite3.connect(computer.path)) as connection:
        (old,) = connection.execute("SELECT state FROM credential WHERE id = ?", (PIN_CREDENTIAL.id,)).fetchone()
    access = computer.program()
    access.open("correct horse", None)
    _vault(access).update(PIN_CREDENTIAL.id, lambda state: (CredentialState(99), None))
    access.close()
    with closing(sqlite3.connect(computer.path)) as connection:
        connection.execute("UPDATE credential SET state = ? WHERE id = ?", (old, PIN_CREDENTIAL.id))
        connection.execute(f"PRAGMA user_version = {version}")
        if version < 3:
            connection.execute("DROP TABLE audit")  # else it is no file of that format
        connection.commit()
    access = computer.program()
    assert access.open("correct horse", None) is Status.OK
    assert access.restored
    assert _state(access).resynchronise


def test_an_older_file_opened_by_the_recovery_code_is_seen_when_the_keyring_takes_over(
    computer: Computer, keystore: MemoryKeystore
) -> None:
    first = computer.started()
    code = computer.making(first).new_recovery_code().recovery_code
    copy = computer.copied()
    for _ in range(3):
        computer.started().close()
    computer.put_back(copy)
    keystore.items.clear()
    access = computer.program()
    assert access.open(None, code) is Status.OK
    found = [access.restored]
    assert computer.making(access).protect(None, 5).status is Status.OK
    assert [*found, access.restored] == [False, True]
    assert _state(access).resynchronise
    assert computer.known() is not None
    access.witness()()
    access.close()
    assert not computer.started().restored


def test_an_empty_keyring_that_takes_over_has_nothing_to_say(computer: Computer, keystore: MemoryKeystore) -> None:
    """A new computer, or a keyring that was deleted: the recovery code is for that day."""
    code = computer.making(computer.started()).new_recovery_code().recovery_code
    computer.close()
    keystore.items.clear()
    keystore.evidences.clear()
    access = computer.program()
    access.open(None, code)
    assert computer.making(access).protect(None, 5).status is Status.OK
    assert not access.restored
    access.close()
    assert not computer.started().restored


def test_a_keyring_that_took_over_is_told_in_the_same_run(computer: Computer) -> None:
    """Else a try that fails now would come back with the file of a moment before."""
    code = computer.making(computer.started()).new_recovery_code().recovery_code
    computer.close()
    access = computer.program()
    access.open(None, code)
    assert computer.making(access).protect(None, 5).status is Status.OK
    _vault(access).update(PIN_CREDENTIAL.id, lambda state: (replace(state, tries=RetryState(failed=3)), None))
    access.witness()()
    assert computer.known() == _vault(access).generation()
    computer.close()


def test_protecting_says_that_the_keyring_takes_no_generation(computer: Computer, keystore: MemoryKeystore) -> None:
    access = computer.started()

    def refuse(vault_id: str, evidence: Evidence) -> None:
        raise KeystoreError(KeystoreProblem.FAILED)

    write, keystore.write_evidence = keystore.write_evidence, refuse  # type: ignore[method-assign]
    made = computer.making(access).protect(None, 5)
    assert (made.status, made.keyring, made.recovery_code) == (Status.FAILED, KeyringProblem.FAILED, None)
    fresh = Computer(computer.path.with_name("fresh.sqlite"), keystore)
    made = fresh.making(fresh.program()).create(None, 5)
    assert (made.status, made.keyring) == (Status.FAILED, KeyringProblem.FAILED)
    assert not fresh.path.exists()
    keystore.write_evidence = write  # type: ignore[method-assign]
    access.close()
    assert not computer.started().restored


def test_a_vault_that_another_program_keeps_opens_and_the_next_change_checks(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = computer.copied()
    computer.started().close()
    computer.put_back(copy)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    lock = sqlite3.connect(computer.path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    access = computer.started()
    lock.execute("ROLLBACK")
    lock.close()
    _vault(access).set_recovery_pending(False)
    assert access.restored
    assert _state(access).resynchronise


def test_deleting_the_vault_takes_its_generation_along(computer: Computer, keystore: MemoryKeystore) -> None:
    access = computer.started()
    access.reset()
    assert (keystore.items, keystore.generations) == ({}, {})


class _Prompt(MemoryKeystore):
    """Takes a generation only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.asked = threading.Event()

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        self.asked.set()
        self.let.wait()
        super().write_evidence(vault_id, evidence)


def test_the_witness_is_told_meanwhile_and_waited_for(computer: Computer) -> None:
    vault = _vault(computer.started())
    prompt = _Prompt()
    wait = Witness(prompt, 30).begin(vault)
    assert prompt.asked.wait(10)
    assert prompt.generations == {}
    prompt.let.set()
    wait()
    assert prompt.generations == {vault.vault_id: vault.generation()}


def test_a_witness_that_does_not_answer_is_given_up(computer: Computer) -> None:
    prompt = _Prompt()
    wait = Witness(prompt, 0.02).begin(_vault(computer.started()))
    with pytest.raises(KeystoreError) as caught:
        wait()
    assert caught.value.problem is KeystoreProblem.NO_ANSWER
    prompt.let.set()


def test_a_word_that_another_program_overwrote_is_said_again(computer: Computer, keystore: MemoryKeystore) -> None:
    """The window read the item, the command line charged a try and had it confirmed, and then the window wrote."""
    window, terminal = computer.started(), computer.started()
    write = keystore.write_evidence

    def overtaken(vault_id: str, evidence: Evidence) -> None:
        keystore.write_evidence = write  # type: ignore[method-assign]
        charged = replace(_state(terminal), tries=RetryState(1))
        _vault(terminal).update(PIN_CREDENTIAL.id, lambda _: (charged, None))
        terminal.witness()()
        keystore.evidences[vault_id] = evidence  # what a keyring without a comparison would keep

    _vault(window).set_recovery_pending(False)
    keystore.write_evidence = overtaken  # type: ignore[method-assign]
    window.witness()()
    assert computer.known() == _vault(terminal).generation()
    (evidence,) = keystore.evidences.values()
    assert evidence.seen[PIN_CREDENTIAL.id].failed == 1


def test_telling_goes_on_only_for_so_long(computer: Computer, keystore: MemoryKeystore) -> None:
    """Another program that never rests does not hold it up for ever."""
    window, terminal = computer.started(), computer.started()
    write, times = keystore.write_evidence, []

    def overtaken(vault_id: str, evidence: Evidence) -> None:
        times.append(evidence.generation)
        write(vault_id, evidence)
        _vault(terminal).set_recovery_pending(len(times) % 2 == 0)

    keystore.write_evidence = overtaken  # type: ignore[method-assign]
    window.witness()()
    assert len(times) == 5
    assert times == sorted(times)


def test_what_was_begun_arrives_before_the_end(computer: Computer) -> None:
    vault = _vault(computer.started())
    prompt = _Prompt()
    witness = Witness(prompt, 30)
    witness.begin(vault)
    threading.Timer(0.05, prompt.let.set).start()
    witness.end(30)
    assert prompt.generations == {vault.vault_id: vault.generation()}


def test_nothing_looks_at_the_file_after_the_end(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyring that answers late must not make its thread open a file that was deleted or put back meanwhile."""
    vault = _vault(computer.started())
    prompt = _Prompt()
    witness = Witness(prompt, 30)
    wait = witness.begin(vault)
    witness.end(0)
    monkeypatch.setattr(vault, "evidence", lambda: pytest.fail("looked"))
    prompt.let.set()
    wait()
    assert prompt.generations
