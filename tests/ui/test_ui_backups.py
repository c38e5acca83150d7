"""Somebody makes a backup, restores one, and puts a copy in the place of what cannot be read."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from ui.backup_scenes import a_copy
from ui.conftest import User
from ui.fake_controller import PASSPHRASE, RECOVERY_CODE, FakeController, totp_token

from softtoken.services import events as ev
from softtoken.services.events import KeyringProblem, Status, VaultCondition
from softtoken.ui.states import ShowRecoveryCode
from softtoken.ui.views.backup import BackupView
from softtoken.ui.views.backup_result import BackupResultView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.oath import OathView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.restore import RestoreView
from softtoken.ui.views.settings import SettingsView
from softtoken.ui.views.unlock import UnlockView
from softtoken.ui.views.unusable import UnusableView
from softtoken.ui.views.welcome import WelcomeView
from softtoken.vault.errors import (
    Distrust,
    FileFailed,
    VaultBusy,
    VaultDamaged,
    VaultMissing,
    VaultUntrusted,
    VaultUnwritable,
)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the file dialogs answer; empty for a person who closes them."""
    names = [str(tmp_path / "a.softtoken-backup")]
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: (names[0] if names else "", ""))
    return names


@pytest.fixture
def settings(user: User, controller: FakeController) -> SettingsView:
    controller.vault = VaultCondition.OPEN
    controller.tokens.append(totp_token())
    user.flow.start()
    user.on(HomeView)
    user.flow.settings.begin()
    user.idle()
    return user.on(SettingsView)


def type_passphrase(user: User, page: BackupView, again: str = PASSPHRASE) -> None:
    user.type(page.passphrase.first, PASSPHRASE)
    user.type(page.passphrase.second, again)


def test_a_backup_is_made(user: User, settings: SettingsView, chosen: list[str]) -> None:
    user.click(settings.backup)
    page = user.on(BackupView)
    type_passphrase(user, page)
    user.click(page.choose)
    result = user.on(BackupResultView)
    (posted,) = user.controller.posts(ev.WriteBackup)
    assert (str(posted.path), posted.passphrase, posted.replace) == (chosen[0], PASSPHRASE, True)
    assert "anna.berg@northwind" in result.facts.text
    assert "new activation code" in result.facts.text
    assert page.passphrase.text == ""
    user.click(result.done)
    user.on(HomeView)


def test_two_passphrases_that_differ_make_no_backup(user: User, settings: SettingsView, chosen: list[str]) -> None:
    user.click(settings.backup)
    page = user.on(BackupView)
    type_passphrase(user, page, again="something else")
    assert not page.choose.isEnabled()


def test_a_dialog_that_is_closed_leaves_everything(user: User, settings: SettingsView, chosen: list[str]) -> None:
    chosen.clear()
    user.click(settings.backup)
    page = user.on(BackupView)
    type_passphrase(user, page)
    user.click(page.choose)
    assert user.controller.posts(ev.WriteBackup) == []
    assert page.passphrase.text == PASSPHRASE
    user.flow.back()
    user.click(user.on(SettingsView).restore)
    user.on(SettingsView)


@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (FileFailed(Path("/x"), "ENOSPC"), "There is no room for the file."),
        (FileFailed(Path("/x"), "EROFS"), "The disk of this file can only be read."),
        (ev.WriteBackupResult(Status.INVALID_PARAMETER, fault=ev.BackupFault.WEAK_PASSPHRASE), "too short"),
    ],
)
def test_a_backup_that_was_not_written_says_why(user: User, settings: SettingsView, answer: object, said: str) -> None:
    user.controller.answer(ev.WriteBackup, answer)
    user.click(settings.backup)
    page = user.on(BackupView)
    type_passphrase(user, page)
    user.click(page.choose)
    user.until(lambda: said in user.told())
    assert page.choose.isEnabled()


def test_a_backup_is_restored(user: User, settings: SettingsView, chosen: list[str]) -> None:
    user.click(settings.restore)
    page = user.on(RestoreView)
    user.type(page.passphrase, "wrong")
    user.click(page.restore)
    user.until(lambda: "not the passphrase" in user.told())
    page = user.on(RestoreView)
    assert page.passphrase.text() == ""
    user.type(page.passphrase, PASSPHRASE)
    user.click(page.restore)
    result = user.on(BackupResultView)
    assert "Added." in result.facts.text
    assert [str(event.path) for event in user.controller.posts(ev.RestoreBackup)] == chosen * 2
    user.click(result.done)
    user.on(HomeView)


@pytest.mark.usefixtures("chosen")
def test_a_new_computer_begins_with_a_backup(user: User) -> None:
    """The vault is made on the way, and its recovery code is not passed over."""
    user.flow.start()
    user.click(user.on(WelcomeView).restore)
    page = user.on(RestoreView)
    user.type(page.passphrase, PASSPHRASE)
    user.click(page.restore)
    result = user.on(BackupResultView)
    assert len(user.controller.posts(ev.CreateVault)) == 1
    user.click(result.done)
    recovery = user.on(RecoveryView)
    groups = RECOVERY_CODE.split("-")
    for edit, place in zip(recovery.groups, recovery._asked, strict=True):
        user.type(edit, groups[place])
    user.click(recovery.confirm)
    user.on(HomeView)


@pytest.mark.parametrize(
    "error", [VaultDamaged("header", Path("/h/vault.sqlite")), VaultMissing(Path("/h/vault.sqlite"))]
)
def test_the_newest_copy_is_offered_and_put_back(user: User, controller: FakeController, error: VaultDamaged) -> None:
    controller.vault = VaultCondition.OPEN
    controller.tokens.append(totp_token())
    controller.copies = (a_copy(controller.clock.now()),)
    controller.answer(ev.Start, error)
    user.flow.start()
    page = user.on(UnusableView)
    user.until(lambda: page.copy.isVisible())
    assert page.default is page.copy.put_back
    user.click(page.copy.put_back)
    user.on(HomeView)
    assert user.controller.posts(ev.RestoreCopy) == [ev.RestoreCopy(17)]
    assert user.controller.posts(ev.CreateVault) == []
    assert "put back" in user.window.banner.text


def test_a_copy_that_is_gone_meanwhile_is_said_to_be(user: User, controller: FakeController) -> None:
    controller.copies = (a_copy(controller.clock.now()),)
    controller.answer(ev.Start, VaultDamaged("header", Path("/h/vault.sqlite")))
    controller.answer(ev.RestoreCopy, ev.RestoreCopyResult(Status.INVALID_PARAMETER), VaultUnwritable("ENOSPC"))
    user.flow.start()
    page = user.on(UnusableView)
    user.until(lambda: page.copy.isVisible())
    user.click(page.copy.put_back)
    user.until(lambda: "gone, or damaged" in user.told())
    user.click(page.copy.put_back)
    user.until(lambda: "disk is full" in user.told())
    assert page.copy.put_back.isEnabled()


def test_without_a_copy_none_is_offered(user: User, controller: FakeController) -> None:
    controller.answer(ev.Start, VaultDamaged("header", Path("/h/vault.sqlite")))
    user.flow.start()
    page = user.on(UnusableView)
    user.idle()
    assert not page.copy.isVisible()
    assert page.default is page.again


def test_a_busy_vault_is_no_lost_one(user: User, controller: FakeController) -> None:
    controller.copies = (a_copy(controller.clock.now()),)
    controller.answer(ev.Start, VaultBusy())
    user.flow.start()
    page = user.on(UnusableView)
    user.idle()
    assert not page.copy.isVisible()
    assert controller.posts(ev.ListCopies) == []


def test_another_keyring_is_explained(user: User, controller: FakeController) -> None:
    controller.vault = VaultCondition.NEEDS_RECOVERY
    started = ev.StartResult(
        Status.OK, ev.SdkState.UNINITIALISED, VaultCondition.NEEDS_RECOVERY, KeyringProblem.ITEM_MISSING, (),
        recovery_pending=False, keyring_recorded="GNOME Keyring", keyring_now="KWallet",
    )  # fmt: skip
    controller.answer(ev.Start, started)
    user.flow.start()
    page = user.on(UnlockView)
    assert "given to GNOME Keyring, and this session uses KWallet" in page._why.text()


def test_a_vault_that_is_not_trusted_is_neither_replaced_nor_deleted(user: User) -> None:
    user.controller.copies = (a_copy(user.clock.now()),)
    user.controller.answer(ev.Start, VaultUntrusted(Distrust.FILE_OWNER, Path("/home/anna/vault.sqlite"), 1001))
    user.flow.start()
    page = user.on(UnusableView)
    user.idle()
    assert "belongs to another user" in user.told()
    assert "nothing was changed or lost" in user.told()
    for part in (page.copy, page.recover, page.reset):
        assert not part.isVisible()
    assert user.controller.posts(ev.ListCopies) == []
    assert page.again.hasFocus()
    user.controller.script.clear()
    user.controller.vault = VaultCondition.OPEN
    user.key(Qt.Key.Key_Return)
    user.on(HomeView)


@pytest.mark.parametrize("event", [ev.GenerateOathOtp, ev.ListTokens], ids=lambda event: event.__name__)
def test_a_vault_that_breaks_while_it_is_open_offers_the_copy(user: User, event: type[ev.Event[object]]) -> None:
    user.controller.vault, user.controller.copies = VaultCondition.OPEN, (a_copy(user.clock.now()),)
    user.controller.tokens = [totp_token()]
    user.flow.start()
    home = user.on(HomeView)
    user.idle()
    user.controller.answer(event, VaultDamaged("SQLITE_CORRUPT", Path("/home/anna/vault.sqlite")))
    if event is ev.ListTokens:
        user.flow.stage.refresh()
    else:
        user.click(home._cards[0])
    page = user.on(UnusableView)
    user.until(page.copy.isVisible)
    assert user.told().startswith("The file that holds your tokens is damaged.")
    assert not user.window.banner.isVisible()
    assert user.flow.locking.worthwhile, "the keys of what was open are still there"
    user.controller.script.clear()
    user.click(page.copy.put_back)
    user.on(HomeView)


def test_one_damaged_row_breaks_nothing_else(user: User) -> None:
    user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [totp_token()]
    user.flow.start()
    user.idle()
    user.controller.answer(ev.GenerateOathOtp, VaultDamaged("row", Path("/home/anna/vault.sqlite"), "totp"))
    user.click(user.on(HomeView)._cards[0])
    user.on(OathView)
    user.until(lambda: "A stored token is damaged" in user.told())


def test_a_recovery_code_that_is_being_shown_stays(user: User) -> None:
    user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [totp_token()]
    user.flow.start()
    user.on(HomeView)
    user.idle()
    user.flow.stage.go(ShowRecoveryCode(RECOVERY_CODE))
    user.controller.answer(ev.ListTokens, VaultDamaged("SQLITE_CORRUPT", Path("/home/anna/vault.sqlite")))
    user.flow.stage.refresh()
    user.until(lambda: "is damaged" in user.window.banner.text)
    user.on(RecoveryView)
