"""What goes into a vault comes out of it, whoever asks and however often."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault.vault_samples import CHEAP, Entry, Sample, hotp_entry

from softtoken.engine.atc import AtcState
from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import CredentialState, ProtectionType
from softtoken.vault.database import BUSY_SECONDS, connected
from softtoken.vault.errors import NotStored, VaultClosed, VaultDamaged, WrongSecret
from softtoken.vault.pinwrap import seal_with_pin, unwrap
from softtoken.vault.slots import (
    KeyringSecret,
    PassphraseSecret,
    SlotKind,
    new_device_key,
    new_recovery_secret,
)
from softtoken.vault.store import (
    TokenState,
    Vault,
    VaultHeader,
    create_vault,
    credential_ids,
    new_id,
    open_vault,
    read_header,
    vault_exists,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _raise(state: CredentialState) -> tuple[CredentialState, int]:
    return replace(state, counter=state.counter + 1), state.counter


def test_a_closed_vault_names_its_credentials_and_none_that_are_no_ids(sample: Sample) -> None:
    """The names go to the operating system."""
    expected = [credential.id for entry in sample.entries for credential in entry.credentials]
    assert list(credential_ids(sample.path)) == expected
    with closing(connected(sample.path)) as connection:
        connection.execute("UPDATE credential SET id = '..//Windows Hello' WHERE id = ?", expected[:1])
        connection.execute("UPDATE credential SET id = x'6162' WHERE id = ?", expected[1:2])
    assert list(credential_ids(sample.path)) == expected[2:]


def test_everything_comes_back_after_a_restart(sample: Sample) -> None:
    vault = sample.open()
    assert vault.vault_id == sample.vault_id
    assert vault.path == sample.path
    assert vault.tokens().tokens == tuple(entry.token for entry in sample.entries)
    assert vault.tokens().damaged == ()
    for entry in sample.entries:
        assert vault.token_state(entry.token.id) == entry.state
        for stored, key in zip(entry.credentials, entry.keys, strict=True):
            found = vault.credential(entry.token.id, stored.protection)
            assert found is not None
            assert (found.id, found.token_id, found.key) == (stored.id, entry.token.id, stored.key)
            assert unwrap(found.key, found.id, sample.pin) == key
            assert vault.state(stored.id) == stored.state
    vault.close()


def test_what_is_not_there_is_said_to_be_not_there(sample: Sample) -> None:
    vault = sample.open()
    assert vault.credential(new_id(), ProtectionType.PIN) is None
    assert vault.credential(sample.hotp.token.id, ProtectionType.PIN) is None
    assert vault.remove_token(new_id()) is False
    unknown = new_id()
    calls: list[Callable[[], object]] = [
        lambda: vault.state(unknown),
        lambda: vault.token_state(unknown),
        lambda: vault.update(unknown, _raise),
        lambda: vault.update_token(unknown, lambda state: state),
        lambda: vault.rename_token(unknown, "a", "b"),
        lambda: vault.replace_key(unknown, sample.hotp.credentials[0].key),
    ]
    for call in calls:
        with pytest.raises(NotStored) as caught:
            call()
        assert caught.value.row_id == unknown
    vault.close()


def test_removing_a_token_takes_its_credentials_and_no_others(sample: Sample) -> None:
    vault = sample.open()
    assert vault.remove_token(sample.managed.token.id) is True
    assert vault.tokens().tokens == (sample.hotp.token, sample.masked.token)
    for credential in sample.managed.credentials:
        with pytest.raises(NotStored):
            vault.state(credential.id)
    assert vault.state(sample.hotp.credentials[0].id).counter == 7
    vault.close()


def test_renaming_changes_the_label_alone(sample: Sample) -> None:
    vault = sample.open()
    vault.rename_token(sample.managed.token.id, "Bank", "savings")
    renamed = replace(sample.managed.token, issuer="Bank", name="savings")
    assert vault.tokens().tokens == (renamed, sample.hotp.token, sample.masked.token)
    vault.close()


def test_a_new_key_replaces_the_old_one(sample: Sample) -> None:
    vault = sample.open()
    stored = sample.managed.credentials[1]
    vault.replace_key(stored.id, seal_with_pin(bytes(32), "024680", stored.id, CHEAP))
    found = vault.credential(sample.managed.token.id, ProtectionType.PIN)
    assert found is not None
    assert unwrap(found.key, found.id, "024680") == bytes(32)
    assert vault.state(stored.id) == stored.state
    vault.close()


def test_an_update_that_raises_changes_nothing(sample: Sample) -> None:
    vault = sample.open()
    credential = sample.hotp.credentials[0]

    def refuse(state: CredentialState) -> tuple[CredentialState, None]:
        raise LookupError(state.counter)

    with pytest.raises(LookupError):
        vault.update(credential.id, refuse)
    with pytest.raises(ValueError, match="counter"):
        vault.update(credential.id, lambda state: (replace(state, counter=-1), None))
    assert vault.update(credential.id, _raise) == 7
    vault.close()


def test_an_update_to_the_same_state_writes_nothing(sample: Sample) -> None:
    vault = sample.open()
    wal = sample.path.with_name(sample.path.name + "-wal")
    vault.update(sample.hotp.credentials[0].id, _raise)
    before = wal.read_bytes()
    assert vault.update(sample.hotp.credentials[0].id, lambda state: (state, state.counter)) == 8
    vault.update_token(sample.hotp.token.id, lambda state: state)
    assert wal.read_bytes() == before
    vault.close()


def test_a_tokens_state_changes(sample: Sample) -> None:
    vault = sample.open()
    vault.update_token(sample.managed.token.id, lambda state: replace(state, pending=None))
    assert vault.token_state(sample.managed.token.id) == TokenState(logged_in_once=True)
    vault.close()


@pytest.mark.parametrize("fault", ["token id", "credential id", "malformed", "missing", "surplus", "twice"])
def test_a_token_that_does_not_fit_is_refused_and_nothing_stored(sample: Sample, entry: Entry, fault: str) -> None:
    vault = sample.open()
    token, credential = entry.token, entry.credentials[0]
    match fault:
        case "token id":
            token = replace(token, id=sample.hotp.token.id)
        case "credential id":
            credential = replace(credential, id=sample.hotp.credentials[0].id)
        case "malformed":
            token = replace(token, id="../x")
        case "surplus":
            token = replace(token, protections=())
        case "twice":
            token = replace(token, protections=(ProtectionType.NO_PIN, ProtectionType.NO_PIN))
    credentials = {"missing": [], "twice": [credential, replace(credential, id=new_id())]}
    with pytest.raises(ValueError, match=r"id|credential"):
        vault.add_token(token, credentials.get(fault, [credential]))
    assert len(vault.tokens().tokens) == 3
    vault.close()


counters = st.integers(0, 2**40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.builds(CredentialState, counters, st.builds(AtcState, counters), st.builds(RetryState, *[counters] * 3)))
def test_any_state_survives(sample: Sample, state: CredentialState) -> None:
    vault = sample.open()
    vault.update(sample.hotp.credentials[0].id, lambda _: (state, None))
    vault.close()
    vault = sample.open()
    assert vault.state(sample.hotp.credentials[0].id) == state
    vault.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(), st.text())
def test_any_label_survives_or_is_refused(sample: Sample, issuer: str, name: str) -> None:
    vault = sample.open()
    vault.rename_token(sample.hotp.token.id, issuer, name)
    token = vault.tokens().tokens[1]
    assert (token.issuer, token.name) == (issuer, name)
    vault.close()


def test_threads_share_a_vault_and_no_counter_repeats(sample: Sample) -> None:
    vault = sample.open()
    credential_id = sample.hotp.credentials[0].id
    taken: list[int] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(vault.update(credential_id, _raise) for _ in range(25)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(7, 107))
    vault.close()


def test_a_closed_vault_says_so(sample: Sample) -> None:
    vault = sample.open()
    vault.close()
    vault.close()
    for call in (vault.tokens, vault.slot_kinds, lambda: vault.recovery_pending):
        with pytest.raises(VaultClosed):
            call()
    with pytest.raises(VaultClosed):
        vault.replace_slot(new_recovery_secret())


def test_closing_during_an_update_lets_it_finish(sample: Sample) -> None:
    vault = sample.open()

    def close_meanwhile(state: CredentialState) -> tuple[CredentialState, int]:
        vault.close()
        return _raise(state)

    assert vault.update(sample.hotp.credentials[0].id, close_meanwhile) == 7
    vault = sample.open()
    assert vault.state(sample.hotp.credentials[0].id).counter == 8
    vault.close()


def test_the_header_is_read_without_a_key(sample: Sample) -> None:
    assert read_header(sample.path) == VaultHeader(sample.vault_id, (SlotKind.KEYRING, SlotKind.RECOVERY))


def test_slots_come_and_go(sample: Sample) -> None:
    vault = sample.open()
    passphrase = PassphraseSecret("correct horse battery")
    vault.replace_slot(passphrase)
    assert vault.slot_kinds() == (SlotKind.KEYRING, SlotKind.RECOVERY, SlotKind.PASSPHRASE)
    vault.remove_slot(SlotKind.KEYRING)
    with pytest.raises(ValueError, match="last"):
        vault.remove_slot(SlotKind.PASSPHRASE)
    vault.remove_slot(SlotKind.RECOVERY)
    vault.remove_slot(SlotKind.RECOVERY)
    vault.close()
    with pytest.raises(WrongSecret):
        sample.open()
    with pytest.raises(WrongSecret):
        open_vault(sample.path, sample.recovery)
    vault = open_vault(sample.path, passphrase)
    assert vault.slot_kinds() == (SlotKind.PASSPHRASE,)
    assert len(vault.tokens().tokens) == 3
    vault.close()


def test_a_replaced_slot_shuts_the_old_secret_out(sample: Sample) -> None:
    vault = sample.open()
    new = KeyringSecret(new_device_key())
    vault.replace_slot(new)
    vault.close()
    with pytest.raises(WrongSecret):
        sample.open()
    open_vault(sample.path, new).close()
    open_vault(sample.path, sample.recovery).close()


def test_recovery_stays_pending_until_confirmed(sample: Sample) -> None:
    seen = []
    for pending in (False, True):
        vault = sample.open()
        seen.append(vault.recovery_pending)
        vault.set_recovery_pending(pending)
        seen.append(vault.recovery_pending)
        vault.close()
    assert seen == [True, False, False, True]


def test_a_vault_replaced_while_open_is_noticed(sample: Sample) -> None:
    vault = sample.open()
    copy = sample.path.read_bytes()
    sample.path.rename(sample.path.with_name("old"))
    sample.path.touch(0o600)
    sample.path.write_bytes(copy)
    with pytest.raises(VaultDamaged, match="replaced"):
        vault.update(sample.hotp.credentials[0].id, _raise)
    vault.close()


def test_no_vault_is_no_empty_vault(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    assert not vault_exists(path)
    for call in (lambda: read_header(path), lambda: open_vault(path, KeyringSecret(bytes(32)))):
        with pytest.raises(VaultDamaged, match="missing"):
            call()
    assert not vault_exists(path)


def test_tokens_come_in_the_order_of_adding(sample: Sample) -> None:
    vault = sample.open()
    added = [hotp_entry() for _ in range(6)]
    for one in added:
        vault.add_token(one.token, one.credentials)
    assert vault.tokens().tokens[3:] == tuple(one.token for one in added)
    vault.close()


def test_one_secret_of_a_kind(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    twice = [KeyringSecret(bytes(32)), KeyringSecret(bytes(32))]
    for secrets in ([], twice):
        with pytest.raises(ValueError, match="one secret"):
            create_vault(path, new_id(), secrets)
    with pytest.raises(ValueError, match="short"):
        create_vault(path, new_id(), [PassphraseSecret("1234567")])
    with pytest.raises(ValueError, match="id"):
        create_vault(path, "not an id", twice[:1])
    assert not vault_exists(path)


def test_a_vault_can_be_made_with_the_recovery_code_confirmed(tmp_path: Path) -> None:
    vault: Vault = create_vault(tmp_path / "v", new_id(), [KeyringSecret(bytes(32))], recovery_pending=False)
    assert vault.recovery_pending is False
    vault.close()


def test_every_commit_is_synced_and_what_is_deleted_overwritten(sample: Sample) -> None:
    """No test can pull the plug, so the settings that matter then are looked at."""
    with closing(connected(sample.path)) as connection:
        pragmas = ("journal_mode", "synchronous", "fullfsync", "secure_delete", "foreign_keys", "trusted_schema")
        values = [connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
    assert values == ["wal", 2, 1, 1, 1, 0]
    assert BUSY_SECONDS == 5
