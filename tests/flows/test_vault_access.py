"""Protecting the vault anew, whatever fails meanwhile: something that a person has always opens it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from support.flows import PIN, MemoryKeystore, Tenant, activate, identifier

from softtoken.services.controller import MasterController
from softtoken.services.events import (
    ConfirmRecoveryCode,
    CreateVault,
    GenerateOtp,
    GetInformation,
    KeyringProblem,
    ListTokens,
    NewRecoveryCode,
    OpenVault,
    ProtectVault,
    RemoveToken,
    Reset,
    Start,
    Status,
    VaultCondition,
)
from softtoken.vault import database
from softtoken.vault.errors import KeystoreProblem, VaultBusy, VaultError

Controllers = Callable[..., MasterController]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)


class Lock:
    """Another program that holds the vault's write lock."""

    def __init__(self, home: Path) -> None:
        self._connection = sqlite3.connect(home / "vault.sqlite", isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_a_failure_leaves_everything_that_opened_the_vault(
    make_controller: Controllers, tmp_path: Path, keystore: MemoryKeystore, passphrase: str | None
) -> None:
    controller = make_controller()
    made = controller.post(CreateVault())
    controller.post(ConfirmRecoveryCode())
    items = dict(keystore.items)
    controller.close()
    controller = make_controller()
    controller.post(Start())
    lock = Lock(tmp_path / "home")
    with pytest.raises(VaultBusy):
        controller.post(ProtectVault(passphrase=passphrase))
    with pytest.raises(VaultBusy):
        controller.post(NewRecoveryCode())
    lock.release()
    controller.close()
    assert keystore.items == items
    again = make_controller()
    start = again.post(Start())
    assert (start.vault, start.recovery_pending) == (VaultCondition.OPEN, False)
    again.close()
    keystore.items.clear()
    by_paper = make_controller()
    assert by_paper.post(OpenVault(recovery_code=made.recovery_code)).status is Status.OK


def test_a_keyring_item_that_works_is_kept(make_controller: Controllers, keystore: MemoryKeystore) -> None:
    controller = make_controller()
    old = controller.post(CreateVault())
    items = dict(keystore.items)
    anew = controller.post(ProtectVault())
    assert anew.status is Status.OK
    assert keystore.items == items
    assert controller.post(Start()).recovery_pending  # the new code is nobody's yet
    controller.close()
    assert make_controller().post(Start()).vault is VaultCondition.OPEN
    keystore.items.clear()
    other = make_controller()
    assert other.post(OpenVault(recovery_code=old.recovery_code)).status is Status.WRONG_CREDENTIALS
    assert other.post(OpenVault(recovery_code=anew.recovery_code)).status is Status.OK


def test_a_late_answer_of_the_keyring_harms_nothing(make_controller: Controllers, keystore: MemoryKeystore) -> None:
    class Late(MemoryKeystore):
        late: dict[str, bytes]

    controller = make_controller()
    made = controller.post(CreateVault())
    controller.close()
    keystore.items.clear()
    controller = make_controller()
    controller.post(OpenVault(recovery_code=made.recovery_code))
    written: list[tuple[str, bytes]] = []
    write = keystore.write

    def no_answer(vault_id: str, device_key: bytes) -> None:
        written.append((vault_id, device_key))
        keystore.problem = KeystoreProblem.NO_ANSWER
        write(vault_id, device_key)

    keystore.write = no_answer  # type: ignore[method-assign]
    assert controller.post(ProtectVault()).keyring is KeyringProblem.NO_ANSWER
    keystore.problem, keystore.write = None, write  # type: ignore[method-assign]
    assert controller.post(ProtectVault()).status is Status.OK
    for vault_id, device_key in written:
        keystore.items[vault_id] = device_key  # only now the prompt is answered
    controller.close()
    assert make_controller().post(Start()).vault is VaultCondition.OPEN


def test_one_damaged_row_hides_nothing_else(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path, keystore: MemoryKeystore
) -> None:
    controller = make_controller()
    _, alice = activate(controller, tenant, "alice")
    _, bob = activate(controller, tenant, "bob")
    controller.close()
    with sqlite3.connect(tmp_path / "home" / "vault.sqlite") as connection:
        connection.execute("UPDATE token SET state = zeroblob(length(state)) WHERE id = ?", (alice.id,))
    connection.close()
    again = make_controller()
    started = again.post(Start())
    assert started.tokens == (bob,)
    assert started.restored  # a row that is not as it was written may as well be an older one
    listed = again.post(ListTokens())
    assert (listed.tokens, listed.damaged) == ((bob,), 1)
    assert again.post(GenerateOtp(None, PIN, identifier(bob))).status is Status.LOGIN_REQUIRED
    assert again.post(GenerateOtp(None, PIN, identifier(bob), for_login=True)).status is Status.OK
    assert again.post(RemoveToken(alice.id)).status is Status.OK
    assert again.post(ListTokens()).damaged == 0


def test_a_vault_put_back_is_said_once(make_controller: Controllers, tenant: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "home" / "vault.sqlite"
    controller = make_controller()
    _, token = activate(controller, tenant)
    controller.close()
    copy = path.read_bytes()
    controller = make_controller()
    assert not controller.post(Start()).restored
    controller.close()
    path.write_bytes(copy)
    seen = []
    for _ in range(2):
        controller = make_controller()
        seen.append(controller.post(Start()).restored)
        assert controller.post(GenerateOtp(None, PIN, identifier(token))).status is Status.LOGIN_REQUIRED
        controller.close()
    assert seen == [True, False]


def test_information_is_to_be_had_in_any_state(make_controller: Controllers, tmp_path: Path) -> None:
    controller = make_controller()
    assert controller.post(GetInformation()).vault is VaultCondition.ABSENT
    controller.post(CreateVault())
    assert controller.post(GetInformation()).vault is VaultCondition.OPEN
    controller.close()
    for leftover in (tmp_path / "home").glob("vault.sqlite*"):
        leftover.write_bytes(b"rubbish" * 1000)
    again = make_controller()
    with pytest.raises(VaultError):
        again.post(Start())
    told = again.post(GetInformation())
    assert (told.vault, told.data_folder) == (VaultCondition.UNREADABLE, str(tmp_path / "home"))
    assert again.post(Reset()).status is Status.OK
    assert again.post(Start()).vault is VaultCondition.ABSENT
