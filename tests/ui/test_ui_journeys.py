"""Whole journeys through the window, with mouse and keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu
from ui.conftest import User
from ui.fake_controller import (
    ACTIVATION_CODE,
    PASSPHRASE,
    PIN,
    RECOVERY_CODE,
    SECRET_LINK,
    hotp_token,
    managed_token,
    totp_token,
)

from softtoken.engine.tokens import ProtectionType
from softtoken.services import events as ev
from softtoken.services.events import KeyringProblem, Status, VaultCondition
from softtoken.ui.views.about import AboutView
from softtoken.ui.views.activated import ActivatedView
from softtoken.ui.views.activation_form import ActivationFormView
from softtoken.ui.views.add_link import AddLinkView
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.oath import OathView
from softtoken.ui.views.passphrase import PassphraseView
from softtoken.ui.views.protection import ProtectionView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.remove import RemoveView
from softtoken.ui.views.reset import ResetView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.views.starting import StartingView
from softtoken.ui.views.typed_login import TypedLoginView
from softtoken.ui.views.unlock import UnlockView
from softtoken.ui.views.unusable import UnusableView
from softtoken.ui.views.welcome import WelcomeView
from softtoken.ui.views.working import WorkingView
from softtoken.vault.errors import VaultDamaged

SERVER = "https://login.northwind.example"


def confirm_recovery(user: User) -> None:
    """Type back the two groups that the page asks for, as it labels them."""
    page = user.on(RecoveryView)
    groups = RECOVERY_CODE.split("-")
    for edit in page.groups:
        label = next(one for one in page.findChildren(QLabel) if one.buddy() is edit)
        user.type(edit, groups[int(label.text().split()[-1]) - 1].lower())
    user.click(page.confirm)


def at_home(user: User) -> HomeView:
    user.controller.vault = VaultCondition.OPEN
    user.flow.start()
    page = user.on(HomeView)
    user.idle()
    return page


def open_token(user: User, index: int) -> None:
    page = at_home(user)
    user.click(page._cards[index])


def test_the_whole_activation(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.activate)
    form = user.on(ActivationFormView)
    assert form.server.hasFocus()
    user.type(form.server, SERVER)
    user.type(form.user, "anna.berg@northwind")
    user.type(form.code, ACTIVATION_CODE.replace("-", "").lower())
    assert form.code.text() == ACTIVATION_CODE
    assert form.code_field.note == "The code is complete."
    user.key(Qt.Key.Key_Return)
    protection = user.on(ProtectionView)
    user.click(protection.no_pin)
    user.click(protection.pin)
    assert not protection.go_on.isEnabled(), "one type at least has to be chosen"
    user.click(protection.pin)
    user.key(Qt.Key.Key_Return)
    pin = user.on(SetPinView)
    assert pin.pins.first.hasFocus()
    for weak, said in (("12a", "Use digits only."), ("1234", "Too short"), ("123456", "Too simple")):
        pin.pins.first.setText("")
        user.type(pin.pins.first, weak)
        assert said in pin.pins.first_field.note
    pin.pins.first.setText("")
    user.type(pin.pins.first, PIN)
    user.type(pin.pins.second, "9")
    assert pin.pins.second_field.note == "The two are not the same."
    pin.pins.second.setText("")
    user.type(pin.pins.second, PIN)
    user.key(Qt.Key.Key_Return)
    confirm_recovery(user)
    done = user.on(ActivatedView)
    (activate,) = user.controller.posts(ev.Activate)
    assert activate.protections == {ProtectionType.PIN}
    assert (activate.server, activate.user, activate.pin) == (SERVER, "anna.berg@northwind", PIN)
    user.click(done.make)
    token = user.on(ManagedView)
    assert token.pin.edit.hasFocus()


def test_a_pasted_link_fills_in_all_three(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.activate)
    form = user.on(ActivationFormView)
    link = f"softtoken://activate?server=https%3A%2F%2Flogin.northwind.example&user=anna%40northwind&code={ACTIVATION_CODE}"
    QGuiApplication.clipboard().setText(link)
    form.server.paste()
    assert (form.server.text(), form.user.text(), form.code.text()) == (SERVER, "anna@northwind", ACTIVATION_CODE)
    assert form.go_on.hasFocus()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (ACTIVATION_CODE[:-1] + "1", "One symbol of this code is mistyped."),
        (ACTIVATION_CODE.replace("D", "!"), "A symbol in this code never occurs in codes."),
        (ACTIVATION_CODE + "00", "Too long"),
        (ACTIVATION_CODE[:9], "17 symbols"),
    ],
)
def test_a_wrong_activation_code_is_seen_while_typing(user: User, typed: str, said: str) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.activate)
    form = user.on(ActivationFormView)
    user.type(form.server, SERVER)
    user.type(form.user, "anna")
    user.type(form.code, typed)
    assert said in form.code_field.note
    assert not form.go_on.isEnabled()


def test_a_server_without_tls_is_refused_in_the_form(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.activate)
    form = user.on(ActivationFormView)
    user.type(form.server, "http://login.northwind.example")
    user.type(form.user, "anna")
    user.type(form.code, ACTIVATION_CODE)
    user.click(form.go_on)
    assert isinstance(user.window.page, ActivationFormView)
    assert "overheard" in form.server_field.note


def test_escape_walks_back_to_the_beginning(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.activate)
    form = user.on(ActivationFormView)
    user.type(form.server, SERVER)
    user.type(form.user, "anna")
    user.type(form.code, ACTIVATION_CODE)
    user.key(Qt.Key.Key_Return)
    user.on(ProtectionView)
    user.key(Qt.Key.Key_Return)
    pin = user.on(SetPinView)
    user.type(pin.pins.first, PIN)
    user.key(Qt.Key.Key_Escape)
    assert pin.pins.first.text() == ""
    user.on(ProtectionView)
    user.key(Qt.Key.Key_Escape)
    assert user.on(ActivationFormView).user.text() == "anna"
    user.key(Qt.Key.Key_Escape)
    user.on(WelcomeView)
    assert form.code.text() == ""


def test_no_pin_means_a_code_at_once(user: User) -> None:
    user.controller.tokens = [managed_token()]
    open_token(user, 0)
    page = user.on(ManagedView)
    assert not page.code.isVisible(), "no counter is spent unasked"
    user.click(page.picker._buttons[ProtectionType.NO_PIN])
    user.until(lambda: page.code.shown_code() is not None)
    user.click(page.copy)
    assert QGuiApplication.clipboard().text() == page.code.shown_code()


def test_optional_data_goes_into_the_code(user: User) -> None:
    user.controller.tokens = [managed_token(protections=(ProtectionType.NO_PIN,))]
    open_token(user, 0)
    page = user.on(ManagedView)
    user.click(page.unfold)
    user.type(page.data, "Überweisung 7")
    user.click(page.show_code)
    user.until(lambda: page.code.shown_code() is not None)
    assert user.controller.posts(ev.GenerateOtp)[-1].optional_data == "Überweisung 7".encode()


def test_wrong_pins_count_down_and_wait(user: User) -> None:
    user.controller.tokens = [managed_token(protections=(ProtectionType.PIN,))]
    open_token(user, 0)
    page = user.on(ManagedView)
    for left in (4, 3, 2):
        user.type(page.pin.edit, "000001")
        user.key(Qt.Key.Key_Return)
        user.until(lambda left=left: f"Tries left: {left}." in user.told())  # type: ignore[misc]
    user.type(page.pin.edit, PIN)
    assert not page.pin.submit.isEnabled()
    assert page.pin.field.note == "Next try in 1:00"
    user.later(59)
    user.until(lambda: page.pin.field.note == "Next try in 0:01")
    user.later(1)
    user.until(page.pin.submit.isEnabled)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    assert user.told() == ""


def test_a_blocked_pin_says_what_to_do(user: User) -> None:
    user.controller.tokens = [managed_token(protections=(ProtectionType.PIN,))]
    user.controller.answer(ev.GenerateOtp, ev.GenerateOtpResult(Status.PIN_BLOCKED, None, 0, 0))
    open_token(user, 0)
    page = user.on(ManagedView)
    user.type(page.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "new activation code" in user.told())
    assert not page.pin.isVisible()
    assert page.renew.isVisible()
    page.menu.remove.trigger()
    user.on(RemoveView)


def test_login_required_offers_the_login(user: User) -> None:
    user.controller.tokens = [managed_token()]
    user.controller.answer(ev.GenerateOtp, ev.GenerateOtpResult(Status.LOGIN_REQUIRED), None)
    open_token(user, 0)
    page = user.on(ManagedView)
    user.click(page.picker._buttons[ProtectionType.NO_PIN])
    user.until(lambda: "Log in before the next code." in user.told())
    user.until(page.log_in.hasFocus)
    user.key(Qt.Key.Key_Return)
    ask = user.on(AskView)
    user.type(ask.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    result = user.on(LoginResultView)
    assert "Login accepted." in user.told()
    user.click(result.copy)
    assert QGuiApplication.clipboard().text() == "7f3c9a52-0b1e-4c1d-9f0a-2d5b8f6e1c44"
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)


def test_waiting_for_a_login_can_be_left_and_the_answer_comes_anyway(user: User) -> None:
    user.controller.tokens = [managed_token()]
    gate = user.controller.gate(ev.Login)
    open_token(user, 0)
    user.click(user.on(ManagedView).log_in)
    ask = user.on(AskView)
    user.type(ask.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.on(WorkingView)
    user.key(Qt.Key.Key_Escape)
    user.on(HomeView)
    gate.set()
    user.until(lambda: user.window.banner.isVisible())
    assert user.window.banner.text == "anna.berg: Login accepted."
    user.idle()


def test_a_typed_code_needs_no_token(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.typed)
    page = user.on(TypedLoginView)
    user.type(page.server, SERVER)
    user.type(page.user, "anna")
    user.type(page.otp, "714 346")
    user.key(Qt.Key.Key_Return)
    user.on(LoginResultView)
    assert user.controller.posts(ev.LoginWithTypedCode) == [ev.LoginWithTypedCode(SERVER, "anna", "714346")]
    assert page.otp.text() == ""
    user.key(Qt.Key.Key_Escape)
    user.on(WelcomeView)


def test_adding_a_token_from_a_link(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.link)
    page = user.on(AddLinkView)
    assert page.link.echoMode() == QLineEdit.EchoMode.Password, "the link holds the secret"
    user.type(page.link, "otpauth://totp/x")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "secret key" in user.told())
    page.link.setText("")
    user.type(page.link, SECRET_LINK)
    user.key(Qt.Key.Key_Return)
    confirm_recovery(user)
    token = user.on(OathView)
    user.until(lambda: token.code.shown_code() is not None)
    assert page.link.text() == ""


def test_a_counter_moves_only_when_asked(user: User) -> None:
    user.controller.tokens = [hotp_token()]
    open_token(user, 0)
    page = user.on(OathView)
    assert page.code.shown_code() is None
    assert not user.controller.posts(ev.GenerateOathOtp)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    assert "next counter: 1" in page._facts.text()
    assert page.next.hasFocus(), "the next one is one key away"


def test_removing_needs_two_steps(user: User) -> None:
    user.controller.tokens = [managed_token(), totp_token()]
    open_token(user, 0)
    user.on(ManagedView).menu.remove.trigger()
    page = user.on(RemoveView)
    assert "new activation code" in page._means.text()
    assert not page.remove.isEnabled()
    user.key(Qt.Key.Key_Return)
    user.key(Qt.Key.Key_Space)
    user.click(page.remove)
    home = user.on(HomeView)
    user.idle()
    assert [card.token_id for card in home._cards] == [user.controller.tokens[0].id]
    assert user.window.banner.text == "The token was removed."


def test_reset_asks_for_the_word(user: User) -> None:
    user.controller.tokens = [totp_token()]
    at_home(user)
    user.flow.managing.ask_reset()
    page = user.on(ResetView)
    user.type(page.word, "rese")
    assert not page.reset.isEnabled()
    user.type(page.word, "t")
    user.key(Qt.Key.Key_Return)
    user.on(WelcomeView)
    assert user.controller.vault is VaultCondition.ABSENT


def test_about_tells_where_the_data_is_and_copies_it(user: User) -> None:
    user.flow.start()
    user.on(WelcomeView)
    user.click(user.button("About Soft Token"))
    page = user.on(AboutView)
    user.until(lambda: page.copy.isEnabled())
    user.click(page.copy)
    assert "/home/anna/.local/share/softtoken" in QGuiApplication.clipboard().text()


def test_a_passphrase_opens_a_locked_vault(user: User) -> None:
    user.controller.vault = VaultCondition.NEEDS_PASSPHRASE
    user.flow.start()
    page = user.on(UnlockView)
    assert page.passphrase.hasFocus()
    user.type(page.passphrase, "wrong horse")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "That did not open your tokens." in user.told())
    assert page.passphrase.text() == ""
    assert page.passphrase.hasFocus()
    user.type(page.passphrase, PASSPHRASE)
    user.key(Qt.Key.Key_Return)
    user.on(HomeView)


def test_a_silent_keyring_can_be_asked_again_or_gone_round(user: User) -> None:
    user.controller.vault, user.controller.keyring = VaultCondition.NEEDS_PASSPHRASE, KeyringProblem.NO_ANSWER
    user.flow.start()
    page = user.on(UnlockView)
    user.click(page.again)
    user.until(lambda: len(user.controller.posts(ev.Start)) == 2)
    page = user.on(UnlockView)
    user.click(page.use_recovery)
    assert page.recovery.hasFocus()
    user.controller.keyring = KeyringProblem.MISSING
    user.type(page.recovery, RECOVERY_CODE)
    user.key(Qt.Key.Key_Return)
    chosen = user.on(PassphraseView)
    user.type(chosen.first, "another passphrase")
    user.type(chosen.second, "another passphrase")
    user.key(Qt.Key.Key_Return)
    confirm_recovery(user)
    user.on(HomeView)


def test_a_damaged_vault_is_never_replaced_silently(user: User) -> None:
    from pathlib import Path

    path = Path("/home/anna/.local/share/softtoken/vault.sqlite")
    user.controller.answer(ev.Start, VaultDamaged("header", path))
    user.flow.start()
    page = user.on(UnusableView)
    user.until(lambda: page._place.isVisible())
    assert "vault.sqlite" in user.told().replace("\u200b", "")
    user.click(page.again)
    user.until(lambda: len(user.controller.posts(ev.Start)) == 2)
    user.click(user.on(UnusableView).recover)
    user.on(UnlockView)
    assert not [event for event in user.controller.posted if isinstance(event, ev.CreateVault | ev.Reset)]


def test_later_leaves_a_reminder_that_gives_a_new_code(user: User) -> None:
    user.flow.start()
    user.click(user.on(WelcomeView).steps.link)
    user.type(user.on(AddLinkView).link, SECRET_LINK)
    user.key(Qt.Key.Key_Return)
    user.click(user.on(RecoveryView).later)
    user.on(OathView)
    user.key(Qt.Key.Key_Escape)
    home = user.on(HomeView)
    user.click(home.remind)
    confirm_recovery(user)
    user.on(HomeView)
    assert not home.remind.isVisible()


def test_a_slow_start_mentions_the_keyring(user: User) -> None:
    gate = user.controller.gate(ev.Start)
    user.flow.start()
    page = user.on(StartingView)
    user.until(page._hint.isVisible)
    gate.set()
    user.on(WelcomeView)


def test_many_tokens_can_be_searched_and_walked_through(user: User) -> None:
    user.controller.tokens = [totp_token(f"user{number}@example.org", f"Service {number}") for number in range(8)]
    home = at_home(user)
    assert home.search.hasFocus()
    user.type(home.search, "service 5")
    assert [card.token_id for card in home._visible()] == ["totp-user5@example.org"]
    home.search.setText("")
    user.key(Qt.Key.Key_Down)
    user.key(Qt.Key.Key_Down)
    assert home._cards[1].hasFocus()
    user.key(Qt.Key.Key_Return)
    user.on(OathView)
    assert home.search.text() == ""


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_menus_work_from_the_keyboard(user: User) -> None:
    user.controller.tokens = [totp_token()]
    home = at_home(user)
    home.add.setFocus()
    user.key(Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    user.on(AddLinkView)
    user.key(Qt.Key.Key_Escape)
    user.on(HomeView)


def test_a_dismissed_keyring_prompt_can_be_had_again(user: User) -> None:
    user.controller.keyring = KeyringProblem.NO_ANSWER
    user.flow.start()
    user.click(user.on(WelcomeView).steps.link)
    user.type(user.on(AddLinkView).link, SECRET_LINK)
    user.key(Qt.Key.Key_Return)
    page = user.on(PassphraseView)
    user.controller.keyring = KeyringProblem.NONE
    user.click(page.again)
    confirm_recovery(user)
    user.on(OathView)
