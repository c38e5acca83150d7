"""The window is locked and unlocked: nothing is left in it, nothing opens it unasked, and the rest stays reachable."""

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot
from ui.backup_scenes import a_copy
from ui.conftest import User, wait_for_state
from ui.fake_controller import ACTIVATION_CODE, PASSPHRASE, PIN, RECOVERY_CODE, FakeController, managed_token
from ui.leftovers import leftovers

from softtoken.engine.tokens import Otp, ProtectionType
from softtoken.services.events import (
    ExportHistory,
    GenerateOtp,
    GenerateOtpResult,
    GetLookForApprovals,
    KeyringProblem,
    ListApprovals,
    ListTokens,
    Lock,
    LockReason,
    Login,
    OpenVault,
    RestoreCopy,
    SetLockAfter,
    Start,
    Status,
    Unlock,
    VaultCondition,
    WriteBackup,
)
from softtoken.ui import states as st
from softtoken.ui.capture_guard import ALLOWED_FOR, Capture, CaptureGuard
from softtoken.ui.flow import Flow
from softtoken.ui.views.about import AboutView
from softtoken.ui.views.activation_form import ActivationFormView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.login_data import LoginDataView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.reset import ResetView
from softtoken.ui.views.settings import SettingsView
from softtoken.ui.views.unlock import UnlockView
from softtoken.ui.views.unusable import UnusableView
from softtoken.ui.views.welcome import WelcomeView
from softtoken.vault.errors import VaultDamaged, VaultUnwritable


@pytest.fixture
def holding(user: User) -> User:
    """At home, with one token."""
    user.controller.vault = VaultCondition.OPEN
    user.controller.tokens.append(managed_token())
    user.flow.start()
    user.on(HomeView)
    user.idle()
    return user


def lock(user: User) -> UnlockView:
    """By the keyboard, from whatever page is shown."""
    QTest.keyClick(user.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    page = user.on(UnlockView)
    user.until(lambda: user.controller.posts(Lock) != [] and not user.flow.stage.lock_lane.busy)
    return page


def make_code(user: User) -> str:
    page = user.window.page
    assert page is not None
    token = user.controller.tokens[0]
    user.flow.codes.open(token.id)
    shown = user.on(ManagedView)
    user.click(shown.picker._buttons[ProtectionType.PIN])
    user.until(shown.pin.isVisible)
    user.type(shown.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: shown.code.shown_code() is not None)
    user.idle()
    code = shown.code.shown_code()
    assert code is not None
    return code


def test_a_screen_lock_is_opened_by_one_deliberate_click(holding: User) -> None:
    page = lock(holding)
    assert holding.controller.posts(Lock) == [Lock(LockReason.ASKED)]
    assert "screen lock" in page._kind.text()
    assert page.unlock.hasFocus()
    assert not page.use_recovery.isVisible()
    holding.click(page.unlock)
    home = holding.on(HomeView)
    assert len(home._cards) == 1
    assert len(holding.controller.posts(Unlock)) == 1


def test_a_passphrase_vault_asks_for_its_passphrase(holding: User) -> None:
    holding.controller.with_passphrase = True
    page = lock(holding)
    assert page.passphrase.hasFocus()
    assert not page.unlock.isVisible()
    assert not page.again.isVisible()
    assert not page._kind.isVisible()
    holding.type(page.passphrase, "not the passphrase")
    holding.key(Qt.Key.Key_Return)
    holding.until(lambda: "did not open" in holding.told())
    holding.type(page.passphrase, PASSPHRASE)
    holding.key(Qt.Key.Key_Return)
    holding.on(HomeView)
    assert holding.controller.posts(Unlock) == []
    assert len(holding.controller.posts(OpenVault)) == 2


def test_the_recovery_code_opens_a_lock_whose_keyring_refuses(holding: User) -> None:
    page = lock(holding)
    holding.controller.keyring = KeyringProblem.LOCKED
    holding.click(page.unlock)
    holding.until(page.use_recovery.isVisible)
    assert page.unlock.isVisible()
    holding.click(page.use_recovery)
    holding.until(page.recovery.isVisible)
    assert page.again.isVisible()
    assert page.again.text() == "Use the keyring"
    holding.controller.keyring = KeyringProblem.NONE
    holding.type(page.recovery, RECOVERY_CODE)
    holding.key(Qt.Key.Key_Return)
    holding.on(RecoveryView)
    assert holding.flow.stage.locked is None


def test_nothing_of_a_code_or_a_pin_is_left_in_the_window(holding: User) -> None:
    code = make_code(holding)
    page = holding.on(ManagedView)
    holding.click(next(b for b in page.findChildren(QPushButton) if b.isVisible() and b.text() == "Copy"))
    assert QGuiApplication.clipboard().text() == code
    assert leftovers(code)
    lock(holding)
    assert leftovers(code, PIN) == []
    assert QGuiApplication.clipboard().text() == ""


def test_a_pin_that_is_being_typed_goes_with_the_page(holding: User) -> None:
    holding.flow.codes.open(holding.controller.tokens[0].id)
    page = holding.on(ManagedView)
    holding.click(page.picker._buttons[ProtectionType.PIN])
    holding.until(page.pin.isVisible)
    holding.type(page.pin.edit, PIN)
    assert leftovers(PIN)
    lock(holding)
    assert leftovers(PIN) == []


def test_a_clipboard_that_somebody_else_changed_is_left_alone(holding: User) -> None:
    code = make_code(holding)
    page = holding.on(ManagedView)
    holding.click(next(b for b in page.findChildren(QPushButton) if b.isVisible() and b.text() == "Copy"))
    QGuiApplication.clipboard().setText("a shopping list")
    lock(holding)
    assert QGuiApplication.clipboard().text() == "a shopping list"
    assert leftovers(code) == []


def test_the_recovery_code_goes_and_can_be_had_anew(user: User) -> None:
    user.flow.start()
    user.on(WelcomeView)
    user.flow.keeping.ensure_vault(lambda: user.flow.keeping.show_recovery(user.flow.stage.home), user.flow.stage.home)
    user.on(RecoveryView)
    assert leftovers(RECOVERY_CODE)
    page = lock(user)
    assert leftovers(RECOVERY_CODE) == []
    user.click(page.unlock)
    home = user.on(HomeView)
    assert home.remind.isVisible()


def test_a_code_that_comes_after_the_lock_reaches_no_widget(holding: User) -> None:
    holding.flow.codes.open(holding.controller.tokens[0].id)
    page = holding.on(ManagedView)
    made = Otp("90817263", holding.clock.now(), holding.clock.now() + 30, 7)
    holding.controller.answer(GenerateOtp, GenerateOtpResult(Status.OK, made))
    gate = holding.controller.gate(GenerateOtp)
    holding.click(page.picker._buttons[ProtectionType.NO_PIN])
    holding.until(lambda: bool(holding.controller.posts(GenerateOtp)))
    lock(holding)
    gate.set()
    holding.idle()
    assert isinstance(holding.window.page, UnlockView)
    assert isinstance(holding.flow.state, st.Locked)
    assert leftovers(made.code) == []


def test_a_login_that_is_answered_after_the_lock_changes_nothing(holding: User) -> None:
    token = holding.controller.tokens[0]
    gate = holding.controller.gate(Login)
    holding.flow.logins.begin(token.id)
    holding.flow.asking.choose(ProtectionType.NO_PIN)
    holding.flow.submit_ask(None)
    holding.until(lambda: bool(holding.controller.posts(Login)))
    page = lock(holding)
    told: list[object] = []
    holding.flow.noticed.connect(told.append)
    gate.set()
    holding.idle()
    assert holding.window.page is page
    assert told == []
    holding.click(page.unlock)
    holding.on(HomeView)
    assert holding.flow.stage.under_way is None


def test_an_unlocking_under_way_opens_nothing_after_the_next_lock(holding: User) -> None:
    holding.controller.with_passphrase = True
    page = lock(holding)
    gate = holding.controller.gate(OpenVault)
    holding.type(page.passphrase, PASSPHRASE)
    holding.key(Qt.Key.Key_Return)
    holding.until(lambda: bool(holding.controller.posts(OpenVault)))
    holding.flow.lock(LockReason.SUSPEND)
    gate.set()
    holding.idle()
    holding.until(lambda: not holding.flow.stage.lock_lane.busy)
    assert isinstance(holding.flow.state, st.Locked)
    assert holding.flow.state.lock is LockReason.SUSPEND
    assert leftovers(PASSPHRASE) == []


@pytest.mark.parametrize("reason", LockReason)
def test_the_page_says_why(holding: User, reason: LockReason) -> None:
    holding.flow.lock(reason)
    page = holding.on(UnlockView)
    holding.until(page.unlock.isVisible)
    says = {
        LockReason.ASKED: "You locked them.",
        LockReason.IDLE: "Nobody used this window for a while.",
        LockReason.SESSION_LOCKED: "Your screen was locked.",
        LockReason.SUSPEND: "This computer went to sleep.",
        LockReason.USER_SWITCH: "Another user took over the screen.",
    }
    assert page._why.text().startswith(says[reason])


def test_nothing_opens_it_by_itself(holding: User) -> None:
    lock(holding)
    flow, before = holding.flow, len(holding.controller.posted)
    flow.start()
    flow.opening.start()
    flow.open_link("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ")
    flow.approvals.lookout.watch(False)
    flow.approvals.lookout.watch(True)
    flow.approvals.look()
    flow.resyncs.begin(holding.controller.tokens[0].id)
    flow.codes.open(holding.controller.tokens[0].id)
    flow.logins.begin_typed()
    flow.managing.begin_add()
    flow.stage.home()
    flow.back()
    holding.idle()
    assert isinstance(flow.state, st.Locked)
    assert isinstance(holding.window.page, UnlockView)
    assert not {type(one) for one in holding.controller.posted[before:]} & {
        Start, Unlock, OpenVault, ListTokens, ListApprovals, GetLookForApprovals,
    }  # fmt: skip


def test_a_link_waits_until_the_person_has_unlocked(holding: User) -> None:
    from softtoken.ui.views.add_link import AddLinkView

    page = lock(holding)
    told: list[object] = []
    holding.flow.noticed.connect(told.append)
    holding.flow.open_link("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ")
    assert told == [st.Done.LINK_WAITS]
    assert holding.window.page is page
    assert leftovers("GEZDGNBVGY3TQOJQ") == []
    holding.click(page.unlock)
    holding.on(AddLinkView)


def test_settings_about_and_reset_stay_reachable_and_lead_back(holding: User) -> None:
    page = lock(holding)
    holding.click(page.settings)
    settings = holding.on(SettingsView)
    assert not settings.name.isVisible()
    assert not settings.recovery.isVisible()
    assert not settings.lock.isVisible()
    assert not settings.backup.isVisible(), "there is nothing to be backed up that could be read"
    assert settings.reset.isVisible()
    holding.click(settings.login_data)
    holding.on(LoginDataView)
    holding.key(Qt.Key.Key_Escape)
    holding.on(SettingsView)
    holding.key(Qt.Key.Key_Escape)
    holding.on(UnlockView)
    holding.click(holding.button("About"))
    holding.on(AboutView)
    holding.key(Qt.Key.Key_Escape)
    holding.on(UnlockView)
    holding.click(holding.button("Reset everything…"))
    holding.on(ResetView)
    holding.key(Qt.Key.Key_Escape)
    assert holding.on(UnlockView).unlock.isVisible()
    assert holding.controller.posts(Unlock) == []
    holding.click(holding.button("Unlock"))
    holding.on(HomeView)


def test_reset_while_locked_begins_anew(holding: User) -> None:
    lock(holding)
    holding.flow.managing.ask_reset()
    holding.flow.managing.reset()
    holding.on(WelcomeView)
    assert holding.flow.stage.locked is None


def test_escape_dismisses_what_was_typed(holding: User) -> None:
    holding.controller.with_passphrase = True
    page = lock(holding)
    holding.type(page.passphrase, "not the passphrase")
    holding.key(Qt.Key.Key_Return)
    holding.until(lambda: "did not open" in holding.told())
    holding.type(page.passphrase, "half a passp")
    holding.key(Qt.Key.Key_Escape)
    assert page.passphrase.text() == ""
    assert holding.told() == ""
    assert holding.window.page is page
    holding.window.showMinimized()
    assert holding.window.isMinimized()


def test_a_vault_that_was_deleted_meanwhile_is_welcome(holding: User) -> None:
    page = lock(holding)
    holding.controller.vault = VaultCondition.ABSENT
    holding.controller.answer(Unlock, lambda _: holding.controller._started(Status.INVALID_STATE))
    holding.click(page.unlock)
    holding.on(WelcomeView)


@pytest.mark.parametrize("with_passphrase", [False, True])
def test_a_vault_that_broke_while_locked_is_put_back(holding: User, with_passphrase: bool) -> None:
    controller = holding.controller
    controller.with_passphrase = with_passphrase
    controller.copies = (a_copy(controller.clock.now()),)
    broken = VaultDamaged("header", Path("/h/vault.sqlite"))
    controller.answer(OpenVault, broken)
    controller.answer(Unlock, broken)

    def unlock() -> None:
        page = holding.on(UnlockView)
        if with_passphrase:
            holding.type(page.passphrase, PASSPHRASE)
            holding.key(Qt.Key.Key_Return)
        else:
            holding.click(page.unlock)

    lock(holding)
    unlock()
    page = holding.on(UnusableView)
    holding.until(page.copy.isVisible)
    if with_passphrase:
        holding.click(page.again)
        holding.on(UnlockView)
        unlock()
        page = holding.on(UnusableView)
        holding.until(page.copy.isVisible)
    holding.click(page.copy.put_back)
    holding.until(lambda: controller.posts(RestoreCopy) != [])
    unlock()
    holding.on(HomeView)


def test_without_a_vault_what_was_typed_is_forgotten(user: User) -> None:
    user.flow.start()
    user.on(WelcomeView)
    user.flow.activation.begin()
    form = user.on(ActivationFormView)
    user.type(form.code, "SECRETCODE")
    assert leftovers("SECRETCODE")
    user.flow.lock()
    user.on(WelcomeView)
    assert leftovers("SECRETCODE") == []


def test_a_lock_waits_for_nothing_that_is_under_way(holding: User) -> None:
    """The token lane may be held up by the keyring's own prompt."""
    gate = holding.controller.gate(ListTokens)
    holding.flow.stage.refresh()
    holding.until(lambda: holding.flow.stage.token_lane.busy)
    lock(holding)
    assert isinstance(holding.flow.state, st.Locked)
    assert holding.flow.state.kind is not None
    gate.set()


def test_a_file_dialog_that_is_open_writes_nothing_any_more(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.flow.start()
    user.on(WelcomeView)
    user.flow.keeping.ensure_vault(lambda: user.flow.keeping.show_recovery(user.flow.stage.home), user.flow.stage.home)
    page = user.on(RecoveryView)
    written: list[object] = []

    def chosen(*_: object) -> tuple[str, str]:
        user.flow.lock()
        return "/nowhere/recovery.txt", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    monkeypatch.setattr(user.window, "save_recovery", lambda *given: written.append(given))
    user.window.pages.save_wanted.emit(RECOVERY_CODE)
    assert page is not user.window.page
    assert written == []


@pytest.mark.parametrize("asked_for", ["restore", "backup", "history"])
def test_a_file_dialog_is_not_used_after_an_unlocking_either(
    holding: User, monkeypatch: pytest.MonkeyPatch, asked_for: str
) -> None:
    """It stays open while the window is locked and unlocked, and the page that asked for it is shown once more."""
    flow, pages = holding.flow, holding.window.pages

    def begin() -> None:
        {"restore": flow.settings.begin, "backup": flow.backups.begin, "history": flow.history.begin}[asked_for]()
        holding.idle()

    def chosen(*_: object) -> tuple[str, str]:
        holding.click(lock(holding).unlock)
        holding.on(HomeView)
        holding.idle()
        begin()
        return "/nowhere/file", ""

    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, chosen)
    begin()
    page = type(flow.state)
    match asked_for:
        case "restore":
            pages.file_wanted.emit()
        case "backup":
            pages.place_wanted.emit(PASSPHRASE)
        case _:
            pages.export_wanted.emit()
    holding.idle()
    assert type(flow.state) is page
    assert holding.controller.posts(WriteBackup) == []
    assert holding.controller.posts(ExportHistory) == []


def test_a_lock_ends_the_leave_to_capture_the_window(holding: User) -> None:
    """Who was to see the window for a while is not to see what is unlocked later."""

    class Shield:
        def keep_out(self, window: int, hidden: bool) -> bool:
            return True

    capture = CaptureGuard(holding.window, Shield(), holding.clock)
    holding.window.capture = capture
    capture.allow_for_a_while()
    assert capture.standing.left == ALLOWED_FOR
    lock(holding)
    assert capture.standing.capture is Capture.BLOCKED


def test_the_menu_locks(holding: User) -> None:
    home = holding.on(HomeView)
    (action,) = (one for one in home.more.menu_shown.actions() if one.text().startswith("Lock"))
    assert action.text() == "Lock\tCtrl+L"
    action.trigger()
    holding.on(UnlockView)


def test_the_time_without_use_is_read_and_chosen(holding: User) -> None:
    assert holding.flow.stage.lock_after == 300
    holding.flow.settings.begin()
    page = holding.on(SettingsView)
    holding.until(page.lock.choice(900).isEnabled)
    assert page.lock.choice(300).isChecked()
    holding.click(page.lock.choice(900))
    holding.until(page.lock.choice(900).isChecked)
    assert holding.controller.posts(SetLockAfter) == [SetLockAfter(900)]
    assert holding.flow.stage.lock_after == 900
    holding.click(page.lock.choice(0))
    holding.until(lambda: holding.flow.stage.lock_after == 0)
    lock_page = lock(holding)
    holding.click(lock_page.unlock)
    holding.on(HomeView)
    holding.idle()
    assert holding.flow.stage.lock_after == 0


def test_what_a_journey_remembered_is_gone_from_memory(qtbot: QtBot, flow: Flow, controller: FakeController) -> None:
    from softtoken.ui.flows.activation import _Draft

    controller.vault = VaultCondition.OPEN
    flow.start()
    wait_for_state(qtbot, flow, st.Home)
    flow.activation.begin()
    flow.activation.submit_form("https://login.northwind.example", "anna.berg", ACTIVATION_CODE)
    with qtbot.waitSignal(flow.locked):
        flow.lock()
    assert [one for one in gc.get_objects() if isinstance(one, _Draft) and one.code] == []


def test_a_lock_that_fails_is_said_and_told_to_nobody(holding: User) -> None:
    holding.controller.answer(Lock, VaultUnwritable("EIO"))
    with holding.qtbot.assertNotEmitted(holding.flow.locked):
        holding.flow.lock()
        holding.on(UnusableView)
    holding.flow.start()
    assert isinstance(holding.flow.state, st.Locked)  # and what was shown is gone all the same


def test_every_page_can_be_locked_and_nothing_of_it_stays(qtbot: QtBot, flow: Flow, controller: FakeController) -> None:
    """Without a window: the parts of the flow are new after each lock, whatever they remembered."""
    controller.vault = VaultCondition.OPEN
    controller.tokens.append(managed_token())
    flow.start()
    wait_for_state(qtbot, flow, st.Home)
    before = vars(flow).copy()
    with qtbot.waitSignal(flow.locked):
        flow.lock()
    parts = {name for name, part in before.items() if type(part).__module__.startswith("softtoken.ui.flows")}
    assert len(parts) > 12
    assert [name for name in parts if vars(flow)[name] is before[name]] == []
