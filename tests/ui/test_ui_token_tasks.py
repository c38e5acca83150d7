"""What else is done with a token: a code for support, signatures, names, other users; and the settings."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from ui.conftest import User
from ui.fake_controller import PIN, hotp_token, managed_token, totp_token
from ui.test_ui_journeys import at_home, open_token

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.new_recovery import NewRecoveryView
from softtoken.ui.views.oath import OathView
from softtoken.ui.views.rename import RenameView
from softtoken.ui.views.reset import ResetView
from softtoken.ui.views.settings import SettingsView
from softtoken.ui.views.sign import SignView
from softtoken.ui.views.support_code import SupportCodeView

NO_PIN, ONLY_PIN = (ProtectionType.NO_PIN,), (ProtectionType.PIN,)


def on_page(user: User, *tokens: Token) -> ManagedView:
    user.controller.tokens = list(tokens)
    open_token(user, 0)
    page = user.on(ManagedView)
    user.idle()
    return page


def at_settings(user: User) -> SettingsView:
    user.controller.tokens = [managed_token()]
    home = at_home(user)
    next(action for action in home.more.menu_shown.actions() if action.text() == "Settings").trigger()
    page = user.on(SettingsView)
    user.idle()
    return page


def paste(edit: QLineEdit, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    edit.setFocus()
    edit.paste()


def test_a_code_for_support_is_hidden_where_codes_are_and_copied_all_the_same(user: User) -> None:
    user.controller.privacy = ev.ScreenPrivacy(Status.OK, hide_codes=True)
    page = on_page(user, managed_token(protections=NO_PIN))
    for _ in range(2):  # the page is made the first time, and found the second
        page.menu.support.trigger()
        user.click(user.on(AskView).go_on)
        code = user.on(SupportCodeView)
        assert code.code.code not in code.code._digits.text().replace("\u00a0", "")
        assert code.code._digits.accessibleName() == "Code hidden. Press Space to show it."
        assert code.counter._digits.text()
        user.click(code.copy)
        assert f"Code: {code.code.code}" in QGuiApplication.clipboard().text()
        code.code.setFocus()
        user.key(Qt.Key.Key_Space)
        assert code.code.code == code.code._digits.text().replace("\u00a0", "")
        user.key(Qt.Key.Key_Escape)
        user.on(ManagedView)


def test_a_code_for_support_is_spelt_and_copied_with_what_is_asked_for(user: User) -> None:
    user.controller.device_name = "Anna's laptop"
    user.controller.counters["managed-anna.berg"] = 1206
    page = on_page(user, managed_token(protections=ONLY_PIN))
    page.menu.support.trigger()
    ask = user.on(AskView)
    assert "uses up one code" in ask._why.text()
    user.type(ask.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    code = user.on(SupportCodeView)
    shown, digits = code.code.code, code.code._digits
    assert len(shown) == 8
    assert digits.text() == f"{shown[:4]}\u00a0{shown[4:]}"
    spoken = QAccessible.queryAccessibleInterface(digits)
    assert spoken is not None
    assert spoken.text(QAccessible.Text.Name) == "Code: " + " ".join(shown)
    assert code.counter._digits.accessibleName() == "Counter: 1 2 0 7"
    user.until(lambda: "Anna's laptop" in code.facts.text)
    assert code.copy.hasFocus()
    user.key(Qt.Key.Key_Return)
    copied = QGuiApplication.clipboard().text()
    for told in (f"Code: {shown}", "Counter: 1207", "User: anna.berg", "Tenant: northwind", "VDS1000001", "laptop"):
        assert told in copied
    assert user.window.clipboard.timer.isActive(), "it is a live code, so it is taken off the clipboard again"
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)
    assert code.code.code == ""


def test_a_code_for_support_can_be_made_when_codes_cannot(user: User) -> None:
    token = managed_token(protections=NO_PIN)
    user.controller.used[token.id, ProtectionType.NO_PIN] = 20
    on_page(user, token).menu.support.trigger()
    user.click(user.on(AskView).go_on)
    user.on(SupportCodeView)


def test_signing_a_transaction(user: User) -> None:
    on_page(user, managed_token(protections=NO_PIN)).menu.sign.trigger()
    page = user.on(SignView)
    assert page.fields.edit.hasFocus()
    assert not page.sign.isEnabled()
    QTest.keyClicks(page.fields.edit, "250.00 EUR")
    user.key(Qt.Key.Key_Return)
    QTest.keyClicks(page.fields.edit, " DE02 1203 ")
    user.key(Qt.Key.Key_Return)
    assert page.fields.note.text().startswith("Data fields: 2.")
    user.key(Qt.Key.Key_Tab)
    assert not page.fields.edit.hasFocus(), "Tab leaves the text"
    user.click(page.sign)
    user.until(page.signature.isVisible)
    (event,) = user.controller.posts(ev.SignTransaction)
    assert event.data_fields == ("250.00 EUR", "DE02 1203")
    assert page.copy.hasFocus()
    user.key(Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == page.signature.code
    QTest.keyClicks(page.fields.edit, "x")
    assert not page.signature.isVisible(), "what stands there now was not signed"
    user.click(page.sign)
    user.until(page.signature.isVisible)
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)
    assert page.fields.edit.toPlainText() == ""


def test_signing_with_a_pin_waits_for_the_fields(user: User) -> None:
    on_page(user, managed_token(protections=ONLY_PIN)).menu.sign.trigger()
    page = user.on(SignView)
    user.type(page.pin.edit, PIN)
    assert not page.pin.submit.isEnabled()
    QTest.keyClicks(page.fields.edit, "250.00 EUR")
    page.pin.edit.setFocus()
    user.key(Qt.Key.Key_Return)
    user.until(page.signature.isVisible)
    assert not page.pin.isVisible()


def test_a_wrong_pin_signs_nothing(user: User) -> None:
    on_page(user, managed_token(protections=ONLY_PIN)).menu.sign.trigger()
    page = user.on(SignView)
    QTest.keyClicks(page.fields.edit, "250.00 EUR")
    user.type(page.pin.edit, "000001")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: user.told() == "Wrong PIN. Nothing was signed. Tries left: 4.")
    assert page.fields.edit.toPlainText() == "250.00 EUR"
    assert page.pin.edit.hasFocus()


def test_signing_where_a_login_is_required_offers_it(user: User) -> None:
    token = managed_token(protections=NO_PIN)
    user.controller.used[token.id, ProtectionType.NO_PIN] = 20
    on_page(user, token).menu.sign.trigger()
    page = user.on(SignView)
    QTest.keyClicks(page.fields.edit, "250.00 EUR")
    user.click(page.sign)
    user.until(page.log_in.isVisible)
    assert user.told().startswith("Log in before the next signature.")
    user.click(page.log_in)
    user.on(AskView)


def test_a_managed_token_is_renamed_in_one_field(user: User) -> None:
    on_page(user, managed_token()).menu.rename.trigger()
    page = user.on(RenameView)
    assert page.issuer.selectedText() == "Northwind Bank"
    assert not page.name.isVisible()
    user.type(page.issuer, "Work")
    user.key(Qt.Key.Key_Return)
    token = user.on(ManagedView)
    assert token.title.text() == "Work"
    assert user.window.banner.text == "The token was renamed."
    assert user.controller.posts(ev.RenameToken) == [ev.RenameToken("managed-anna.berg", "Work", "anna.berg")]


def test_an_imported_token_is_renamed_in_two(user: User) -> None:
    user.controller.tokens = [hotp_token()]
    open_token(user, 0)
    user.click(user.on(OathView).rename)
    page = user.on(RenameView)
    page.name.clear()
    assert not page.save.isEnabled(), "a token has a name"
    paste(page.name, "ci\u202e")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "It keeps its name." in user.told())
    page.name.clear()
    user.type(page.name, "ci")
    user.key(Qt.Key.Key_Return)
    assert user.on(OathView)._account.text() == "ci"


def other() -> Token:
    return managed_token("ben.oak", NO_PIN, issuer="South & Co", tenant="south-retail")


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_another_user_is_a_few_keys_away(user: User) -> None:
    page = on_page(user, managed_token(protections=ONLY_PIN), totp_token(), other())
    user.type(page.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    user.idle()
    page.users.setFocus()
    user.key(Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [(action.text(), action.isChecked()) for action in menu.actions()] == [
        ("Northwind Bank – anna.berg@northwind", True),
        ("South && Co – ben.oak@northwind (tenant south-retail)", False),
    ]
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    user.until(lambda: page.title.text() == "South & Co")
    user.idle()
    assert user.controller.posts(ev.OfflineLogin)[-1].user_identifier == user.controller.current
    assert page.code.shown_code() is None, "the other user's code does not stay"
    assert user.controller.cached_pin is None
    user.flow.codes.switch("managed-anna.berg")
    user.until(page.pin.isVisible)


def test_another_user_addressed_anyhow_has_the_pin_asked_for_again(user: User) -> None:
    page = on_page(user, managed_token(protections=ONLY_PIN), other())
    user.type(page.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    user.key(Qt.Key.Key_Escape)
    user.click(user.on(HomeView)._cards[1])
    user.click(user.on(ManagedView).show_code)
    user.until(lambda: page.code.shown_code() is not None)
    user.key(Qt.Key.Key_Escape)
    user.click(user.on(HomeView)._cards[0])
    assert user.on(ManagedView).pin.isVisible()


def test_nobody_to_switch_to_no_button(user: User) -> None:
    assert not on_page(user, managed_token(), totp_token()).users.isVisible()


def test_the_computer_gets_a_name(user: User) -> None:
    page = at_settings(user)
    assert page.name.hasFocus()
    assert not page.save.isEnabled()
    user.type(page.name, "Anna's laptop")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.name_field.note == "Saved.")
    assert user.controller.device_name == "Anna's laptop"
    user.key(Qt.Key.Key_Escape)
    home = user.on(HomeView)
    assert page.name.text() == ""
    home.settings_chosen.emit()
    user.until(lambda: page.name.text() == "Anna's laptop")


def test_a_name_that_cannot_be_is_told(user: User) -> None:
    page = at_settings(user)
    paste(page.name, "a\u202e")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: user.told().startswith("This computer cannot be called that."))


def test_resynchronising_before_every_login_can_be_switched_off_and_on(user: User) -> None:
    page = at_settings(user)
    assert page.every_login.isChecked()
    assert not page.once.isVisible()
    page.every_login.setFocus()
    user.key(Qt.Key.Key_Space)
    user.until(lambda: not page.every_login.isChecked() and page.once.isVisible())
    user.click(page.once)
    user.until(page._once_set.isVisible)
    assert user.controller.next_login
    user.idle()
    user.click(page.every_login)
    user.until(page.every_login.isChecked)
    assert user.controller.every_login


def test_a_setting_that_is_decided_elsewhere_says_so(user: User) -> None:
    user.controller.answer(ev.SetAtcResynchronizationBeforeEveryLogin, ev.StatusResult(Status.ACCESS_DENIED))
    page = at_settings(user)
    user.click(page.every_login)
    user.until(page._fixed.isVisible)
    user.idle()
    assert page.every_login.isChecked()
    assert not page.every_login.isEnabled()
    assert "configuration" in page.every_login.accessibleDescription()


def test_recovery_code_and_reset_are_reached_from_the_settings_and_lead_back(user: User) -> None:
    page = at_settings(user)
    user.click(page.recovery)
    user.on(NewRecoveryView)
    user.key(Qt.Key.Key_Escape)
    page = user.on(SettingsView)
    user.click(page.reset)
    user.on(ResetView)
    user.key(Qt.Key.Key_Escape)
    user.on(SettingsView)
    user.idle()
