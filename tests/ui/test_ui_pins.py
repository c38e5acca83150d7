"""The PIN of a token: tries and waits, changing it, having forgotten it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from ui.conftest import User
from ui.fake_controller import ACTIVATION_CODE, PIN, managed_token, totp_token
from ui.test_ui_journeys import open_token

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.ui import states as st
from softtoken.ui.views.activated import ActivatedView
from softtoken.ui.views.activation_failed import ActivationFailedView
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.change_pin import ChangePinView
from softtoken.ui.views.forgot_pin import ForgotPinView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.views.sign import SignView
from softtoken.ui.widgets.pin_field import countdown

ONLY_PIN = (ProtectionType.PIN,)
NEW = "839206"


def on_page(user: User, token: Token | None = None) -> ManagedView:
    user.controller.tokens = [token or managed_token(protections=ONLY_PIN)]
    open_token(user, 0)
    page = user.on(ManagedView)
    user.idle()
    return page


def on_change(user: User, *, allow: bool = True) -> ChangePinView:
    on_page(user, managed_token(protections=ONLY_PIN, allow=allow)).menu.change.trigger()
    page = user.on(ChangePinView)
    user.idle()
    return page


def fill(user: User, page: ChangePinView, current: str = PIN, new: str = NEW) -> None:
    user.type(page.current.edit, current)
    user.type(page.pins.first, new)
    user.type(page.pins.second, new)
    user.key(Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1, "0:01"), (59, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_a_wait_is_told_in_minutes_and_hours(seconds: int, shown: str) -> None:
    assert countdown(seconds) == shown


def test_the_wait_counts_down_as_soon_as_the_page_opens_and_ends_by_itself(user: User) -> None:
    user.controller.tries_left, user.controller.delayed_until = 2, user.clock.up + 3601
    page = on_page(user)
    assert page.pin.field.note == "Next try in 1:00:01"
    user.type(page.pin.edit, PIN)
    assert not page.pin.submit.isEnabled()
    user.later(3541)
    user.until(lambda: page.pin.field.note == "Next try in 1:00")
    user.later(60)
    user.until(page.pin.submit.isEnabled)
    assert page.pin.field.note == "Tries left: 2"
    assert len(user.controller.posts(ev.GenerateOtp)) == 0


def test_tries_are_mentioned_once_one_is_gone(user: User) -> None:
    page = on_page(user)
    assert page.pin.field.note == ""
    user.type(page.pin.edit, "000001")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "Tries left: 4." in user.told())
    user.key(Qt.Key.Key_Escape)
    user.click(user.on(HomeView)._cards[0])
    page = user.on(ManagedView)
    user.until(lambda: page.pin.field.note == "Tries left: 4")


def test_the_login_page_knows_of_the_wait_too(user: User) -> None:
    user.controller.tries_left, user.controller.delayed_until = 2, user.clock.up + 60
    user.click(on_page(user).log_in)
    ask = user.on(AskView)
    user.until(lambda: ask.pin.field.note == "Next try in 1:00")


def test_a_blocked_pin_is_a_state_of_the_page_with_a_way_out(user: User) -> None:
    user.controller.tries_left = 0
    page = on_page(user)
    assert user.told().startswith("The PIN of this token is blocked.")
    assert not page.pin.isVisible()
    assert page.renew.hasFocus()
    user.key(Qt.Key.Key_Return)
    user.on(ForgotPinView)
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)


def test_a_blocked_pin_leaves_codes_without_one(user: User) -> None:
    user.controller.tries_left = 0
    page = on_page(user, managed_token())
    user.click(page.picker._buttons[ProtectionType.NO_PIN])
    user.until(lambda: page.code.shown_code() is not None)
    assert user.told() == ""
    user.click(page.picker._buttons[ProtectionType.PIN])
    assert user.told().startswith("The PIN of this token is blocked.")
    assert page.renew.isVisible()
    assert page.code.shown_code() is None


def test_a_blocked_pin_is_asked_for_nowhere(user: User) -> None:
    user.controller.tries_left = 0
    page = on_page(user, managed_token())
    for begin in (page.log_in.click, page.resync.click, page.menu.support.trigger):
        begin()
        ask = user.on(AskView)
        user.until(ask.renew.isVisible)
        assert "The PIN of this token is blocked." in user.told()
        assert not ask.pin.isVisible()
        assert ask.renew.hasFocus()
        user.click(ask.picker._buttons[ProtectionType.NO_PIN])
        user.until(ask.go_on.isVisible)
        assert user.told() == ""
        user.click(ask.picker._buttons[ProtectionType.PIN])
        user.until(ask.renew.isVisible)
        user.key(Qt.Key.Key_Escape)
        user.on(ManagedView)
        user.idle()
    page.menu.sign.trigger()
    sign = user.on(SignView)
    user.until(sign.renew.isVisible)
    assert not sign.pin.isVisible()
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)
    user.idle()
    page.menu.change.trigger()
    change = user.on(ChangePinView)
    user.until(lambda: "cannot be changed" in user.told())
    assert not change.current.isVisible()
    user.click(change.forgot)
    user.on(ForgotPinView)


def test_the_last_wrong_pin_leads_to_the_blocked_state(user: User) -> None:
    user.controller.tries_left = 1
    page = on_page(user)
    user.type(page.pin.edit, "000001")
    user.key(Qt.Key.Key_Return)
    user.until(page.renew.isVisible)
    user.idle()
    assert user.told().startswith("The PIN of this token is blocked.")
    assert page.renew.hasFocus()


def test_changing_the_pin_without_a_network(user: User) -> None:
    page = on_change(user)
    assert page.current.edit.hasFocus()
    assert "works without a network" in page._how.text()
    user.type(page.current.edit, PIN)
    for typed, said in ((PIN, "That is the old PIN."), ("123456", "Too simple"), ("12", "Too short")):
        page.pins.first.setText("")
        user.type(page.pins.first, typed)
        assert said in page.pins.first_field.note
    page.pins.first.setText("")
    user.type(page.pins.first, NEW)
    user.type(page.pins.second, NEW)
    user.key(Qt.Key.Key_Return)
    token = user.on(ManagedView)
    assert user.controller.pin == NEW
    assert user.window.banner.text.startswith("The PIN was changed.")
    assert user.controller.threads["ChangePin"] == {"login"}
    assert page.current.edit.text() == page.pins.first.text() == page.pins.second.text() == ""
    user.until(lambda: token.pin.edit.hasFocus())


def test_the_old_pin_is_not_remembered_after_a_change(user: User) -> None:
    page = on_page(user)
    user.type(page.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    user.idle()
    page.menu.change.trigger()
    fill(user, user.on(ChangePinView))
    page = user.on(ManagedView)
    user.until(page.pin.isVisible)


def test_a_wrong_current_pin_keeps_the_new_one_typed(user: User) -> None:
    page = on_change(user)
    fill(user, page, current="000001")
    user.until(lambda: user.told() == "The current PIN is wrong. The old PIN still holds. Tries left: 4.")
    assert (page.current.edit.text(), page.pins.first.text()) == ("", NEW)
    assert page.current.edit.hasFocus()
    user.type(page.current.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.on(ManagedView)
    assert user.controller.pin == NEW


def test_waits_hold_for_changing_the_pin_too(user: User) -> None:
    user.controller.tries_left, user.controller.delayed_until = 2, user.clock.up + 60
    page = on_change(user)
    assert page.current.note == "Next try in 1:00"
    fill(user, page)
    assert not user.controller.posts(ev.ChangePin)
    user.later(60)
    user.until(page.change.isEnabled)
    user.click(page.change)
    user.on(ManagedView)


def test_a_rule_that_only_the_server_knows_is_told(user: User) -> None:
    user.controller.answer(ev.ChangePin, ev.ChangePinResult(Status.INVALID_NEW_PIN_FORMAT, fault="REPEATS"))
    page = on_change(user)
    fill(user, page)
    user.until(lambda: "it says the same digits over and over" in user.told())
    assert page.pins.first.text() == ""
    assert page.pins.first.hasFocus()


def test_where_the_server_is_asked_the_page_says_so_first(user: User) -> None:
    page = on_change(user, allow=False)
    assert "the server is asked" in page._how.text()
    assert "a wrong one counts there" in page._how.text()
    fill(user, page, current="000001")
    user.until(lambda: "The server did not accept the current PIN." in user.told())
    assert "The old PIN still holds." in user.told()


def test_without_a_network_the_old_pin_stays_and_one_press_tries_again(user: User) -> None:
    user.controller.answer(ev.ChangePin, Unreachable(Reason.NAME_NOT_FOUND, sent=False), None)
    page = on_change(user, allow=False)
    fill(user, page)
    user.until(lambda: "The PIN was not changed: the old one still works." in user.told())
    assert user.controller.pin == PIN
    user.until(page.change.isEnabled)
    user.click(page.change)
    user.on(ManagedView)
    assert user.controller.pin == NEW


def test_a_server_that_cannot_change_pins_leads_to_forgot_pin(user: User) -> None:
    user.controller.answer(ev.ChangePin, ev.ChangePinResult(Status.NOT_SUPPORTED))
    page = on_change(user, allow=False)
    fill(user, page)
    user.until(lambda: "cannot change PINs" in user.told())
    assert not page.change.isVisible()
    assert page.forgot.hasFocus()
    user.key(Qt.Key.Key_Return)
    user.on(ForgotPinView)


def test_a_change_that_was_left_reports_wherever_one_is(user: User) -> None:
    gate = user.controller.gate(ev.ChangePin)
    page = on_change(user, allow=False)
    fill(user, page)
    user.until(lambda: page.cancel.text() == "Do not wait")
    assert page.cancel.hasFocus()
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)
    gate.set()
    user.until(user.window.banner.isVisible)
    assert user.window.banner.text == "anna.berg: the new PIN holds."


def give_code(user: User, code: str = ACTIVATION_CODE) -> None:
    page = user.on(ForgotPinView)
    page.code.edit.setText("")
    user.type(page.code.edit, code)
    user.key(Qt.Key.Key_Return)


def give_pin(user: User, pin: str = NEW) -> None:
    page = user.on(SetPinView)
    user.type(page.pins.first, pin)
    user.type(page.pins.second, pin)
    user.key(Qt.Key.Key_Return)


def test_forgot_pin_sets_a_new_one_and_keeps_the_token(user: User) -> None:
    token = managed_token(protections=ONLY_PIN, issuer="My bank")
    user.controller.tries_left = 0
    user.controller.tokens = [totp_token(), token]
    open_token(user, 1)
    page = user.on(ManagedView)
    user.until(page.renew.isVisible)
    user.click(page.renew)
    form = user.on(ForgotPinView)
    assert form.code.edit.hasFocus()
    give_code(user, ACTIVATION_CODE.replace("-", "").lower())
    give_pin(user)
    done = user.on(ActivatedView)
    assert done.title.text() == "The token is activated again"
    (event,) = user.controller.posts(ev.Reactivate)
    assert token.account is not None
    assert (event.user_identifier, event.activation_code, event.pin) == (token.account.identifier, ACTIVATION_CODE, NEW)
    assert event.protections is None, "the token keeps what it has"
    user.key(Qt.Key.Key_Escape)
    user.click(done.make)
    page = user.on(ManagedView)
    user.until(page.pin.isVisible)
    assert page.title.text().replace("\u200b", "") == "My bank"
    user.type(page.pin.edit, NEW)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.INVALID_ACTIVATION_CODE, "This activation code is not right for this token, or was used already."),
        (Status.ACTIVATION_CODE_EXPIRED, "expired or was used already"),
        (Status.WRONG_CREDENTIALS, "did not accept this code for the user of this token"),
        (Status.LOCKED_USER, "locked this activation"),
    ],
)
def test_a_refused_code_changes_nothing_and_can_be_entered_again(user: User, status: Status, said: str) -> None:
    user.controller.answer(ev.Reactivate, ev.ActivationResult(status), None)
    on_page(user).pin.forgot.click()
    give_code(user)
    give_pin(user)
    user.on(ForgotPinView)
    assert said in user.told()
    assert "Your token is as it was before." in user.told()
    give_code(user)
    give_pin(user)
    user.on(ActivatedView)


def test_a_lost_answer_can_be_asked_for_again_as_it_is(user: User) -> None:
    user.controller.answer(ev.Reactivate, Unreachable(Reason.LOST, sent=True), None)
    on_page(user).pin.forgot.click()
    give_code(user)
    give_pin(user)
    failed = user.on(ActivationFailedView)
    assert "Your token is as it was; the server may have your code already" in user.told()
    user.click(failed.again)
    user.on(ActivatedView)
    first, second = user.controller.posts(ev.Reactivate)
    assert first == second


def test_another_pin_than_at_an_earlier_try_is_asked_again(user: User) -> None:
    user.controller.answer(ev.Reactivate, ev.ActivationResult(Status.INVALID_PIN), None)
    on_page(user).pin.forgot.click()
    give_code(user)
    give_pin(user, "571394")
    user.until(lambda: "An earlier try with this activation code" in user.told())
    give_pin(user)
    user.on(ActivatedView)


def test_walking_back_from_forgot_pin_forgets_what_was_typed(user: User) -> None:
    on_page(user).pin.forgot.click()
    give_code(user)
    user.on(SetPinView)
    user.key(Qt.Key.Key_Escape)
    form = user.on(ForgotPinView)
    assert form.code.edit.text() == ACTIVATION_CODE
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)
    assert form.code.edit.text() == ""
    assert not user.controller.posts(ev.Reactivate)


def test_a_pasted_link_gives_its_code(user: User) -> None:
    on_page(user).pin.forgot.click()
    form = user.on(ForgotPinView)
    link = f"softtoken://activate?server=https%3A%2F%2Flogin.northwind.example&user=anna%40northwind&code={ACTIVATION_CODE}"
    QGuiApplication.clipboard().setText(link)
    form.code.edit.paste()
    assert form.code.edit.text() == ACTIVATION_CODE
    assert form.go_on.isEnabled()


def test_a_token_without_pin_is_activated_again_without_one(user: User) -> None:
    page = on_page(user, managed_token(protections=(ProtectionType.NO_PIN,)))
    assert page.menu.renew.text() == "Activate again…"
    assert not page.menu.change.isVisible()
    page.menu.renew.trigger()
    give_code(user)
    user.on(ActivatedView)
    assert user.controller.posts(ev.Reactivate)[0].pin is None


def test_a_remembered_pin_does_not_outlive_its_keys(user: User) -> None:
    page = on_page(user)
    user.type(page.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    user.idle()
    page.menu.renew.trigger()
    give_code(user)
    give_pin(user)
    user.click(user.on(ActivatedView).make)
    assert user.on(ManagedView).pin.isVisible()


def test_no_state_of_these_journeys_shows_a_secret_in_its_repr(user: User) -> None:
    seen: list[str] = []
    user.flow.changed.connect(lambda state: seen.append(repr(state)))
    on_page(user).pin.forgot.click()
    give_code(user)
    give_pin(user)
    user.on(ActivatedView)
    everything = "\n".join(seen)
    assert str(st.ForgotPin.__name__) in everything
    assert ACTIVATION_CODE not in everything
    assert NEW not in everything
