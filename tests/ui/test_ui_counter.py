"""How a token's counter stands, resynchronising it, and what a login says of it; as somebody at the window sees it."""

import pytest
from PySide6.QtCore import Qt
from ui.conftest import User
from ui.fake_controller import ACCEPTED, PIN, REFUSED_CODE, managed_token
from ui.test_ui_journeys import open_token

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.ui import states as st
from softtoken.ui.views.activation_form import ActivationFormView
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.resync_result import ResyncResultView
from softtoken.ui.views.support_code import SupportCodeView
from softtoken.ui.views.working import WorkingView

NO_PIN = (ProtectionType.NO_PIN,)
ONLY_PIN = (ProtectionType.PIN,)


def on_page(user: User, protections: tuple[ProtectionType, ...] = NO_PIN, used: int = 0) -> ManagedView:
    """The page of the one token that there is."""
    token = managed_token(protections=protections)
    user.controller.tokens = [token]
    for protection in protections:
        user.controller.used[token.id, protection] = used
    open_token(user, 0)
    page = user.on(ManagedView)
    user.idle()
    return page


def test_the_counter_is_one_quiet_line_that_follows_each_code(user: User) -> None:
    page = on_page(user, used=3)
    assert user.told() == ""
    assert page.counter.text() == (
        "Codes since the last synchronisation: 3. Left until a login is required: 17. The next login resynchronises."
    )
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "synchronisation: 4. Left until a login is required: 16." in page.counter.text())


def test_the_line_says_when_it_resynchronises_only_on_request(user: User) -> None:
    user.controller.every_login = False
    page = on_page(user)
    assert page.counter.text().endswith("It resynchronises only when you ask for it.")


def test_a_limit_that_comes_near_is_said_with_and_without_a_code(user: User) -> None:
    page = on_page(user, used=15)
    assert user.told().startswith("Log in soon. Codes left: 5.")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    assert "This code is good." in user.told()


def test_at_the_limit_the_page_offers_login_and_resynchronisation_and_no_code(user: User) -> None:
    page = on_page(user, used=20)
    assert user.told().startswith("Log in before the next code. Nothing was lost: 20 codes")
    assert not page.show_code.isVisible()
    assert page.log_in.hasFocus()
    assert page.resync.isVisible()
    user.key(Qt.Key.Key_Return)
    user.click(user.on(AskView).go_on)
    user.on(LoginResultView)
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)
    user.until(lambda: "synchronisation: 0." in page.counter.text())
    assert user.told() == ""
    assert page.show_code.isVisible()


def test_the_last_code_before_the_limit_leads_to_the_same_state(user: User) -> None:
    page = on_page(user, used=19)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "required: 0." in page.counter.text())
    assert page.code.shown_code() is not None, "the code on the page is good until its time is over"
    assert not page.new.isVisible()
    user.clock.pass_seconds(30)
    user.until(lambda: page.code.shown_code() is None)
    assert user.told().startswith("Log in before the next code.")


def test_a_pin_is_not_asked_for_where_no_code_can_be_made(user: User) -> None:
    page = on_page(user, ONLY_PIN, used=20)
    assert not page.pin.isVisible()
    assert page.log_in.hasFocus()


def test_a_used_up_counter_needs_a_new_activation_code(user: User) -> None:
    token = managed_token(protections=NO_PIN)
    user.controller.counters[token.id] = 65535
    page = on_page(user)
    assert "used up all of its codes" in user.told()
    assert not page.log_in.isVisible()
    assert page.renew.hasFocus()


def test_a_restored_token_says_so_until_it_met_its_server(user: User) -> None:
    token = managed_token(protections=NO_PIN)
    user.controller.restored = {token.id}
    user.controller.tokens = [token]
    user.controller.vault = ev.VaultCondition.OPEN
    user.flow.start()
    home = user.on(HomeView)
    user.idle()
    assert home._restored.isVisible()
    assert "Nothing is lost." in home._restored.accessibleName()
    user.click(home._restored.understood)
    assert not home._restored.isVisible()
    user.click(home._cards[0])
    page = user.on(ManagedView)
    user.until(lambda: "older than what this computer has seen" in user.told())
    user.click(page.resync)
    user.on(ResyncResultView)
    user.key(Qt.Key.Key_Return)
    page = user.on(ManagedView)
    user.until(lambda: page.show_code.isVisible() and user.told() == "")


def test_one_press_resynchronises_where_no_pin_is_needed(user: User) -> None:
    page = on_page(user, used=7)
    user.click(page.resync)
    result = user.on(ResyncResultView)
    assert user.told().startswith("Token and server agree on the counter.")
    (prepared,), (sent,) = user.controller.posts(ev.PrepareResynchronization), user.controller.posts(ev.Resynchronize)
    assert (prepared.pin, prepared.protection) == (None, ProtectionType.NO_PIN)
    assert sent.codes.protection is ProtectionType.NO_PIN
    assert user.controller.threads["PrepareResynchronization"] == {"token"}
    assert user.controller.threads["Resynchronize"] == {"login"}
    assert result.done.hasFocus()
    user.key(Qt.Key.Key_Return)
    user.until(lambda: "synchronisation: 0." in user.on(ManagedView).counter.text())


def test_a_pin_is_asked_once_and_the_remembered_one_is_used(user: User) -> None:
    page = on_page(user, ONLY_PIN)
    user.click(page.resync)
    ask = user.on(AskView)
    user.type(ask.pin.edit, "000001")
    user.key(Qt.Key.Key_Return)
    user.until(lambda: user.told() == "Wrong PIN. Nothing was sent. Tries left: 4.")
    user.type(ask.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.on(ResyncResultView)
    user.key(Qt.Key.Key_Escape)
    user.idle()
    user.click(user.on(ManagedView).resync)
    user.on(ResyncResultView)
    assert [event.pin for event in user.controller.posts(ev.PrepareResynchronization)] == ["000001", PIN, None]


def test_a_pin_that_was_forgotten_meanwhile_is_asked_for(user: User) -> None:
    page = on_page(user, ONLY_PIN)
    user.type(page.pin.edit, PIN)
    user.key(Qt.Key.Key_Return)
    user.until(lambda: page.code.shown_code() is not None)
    user.controller.cached_pin = None
    user.idle()
    user.click(page.resync)
    ask = user.on(AskView)
    user.until(ask.pin.isVisible)
    assert user.told() == ""


def test_waiting_for_a_resynchronisation_can_be_left(user: User) -> None:
    gate = user.controller.gate(ev.Resynchronize)
    page = on_page(user)
    user.click(page.resync)
    user.until(lambda: isinstance(user.flow.state, st.Waiting))
    user.on(WorkingView)
    user.key(Qt.Key.Key_Escape)
    user.on(HomeView)
    gate.set()
    user.until(user.window.banner.isVisible)
    assert user.window.banner.text == "anna.berg: token and server agree again."


def test_a_login_while_a_resynchronisation_waits_shows_what_is_under_way(user: User) -> None:
    gate = user.controller.gate(ev.Resynchronize)
    page = on_page(user)
    user.click(page.resync)
    user.until(lambda: isinstance(user.flow.state, st.Waiting))
    user.key(Qt.Key.Key_Escape)
    user.flow.logins.begin(user.controller.tokens[0].id)
    assert user.flow.state == st.Waiting(st.Task.RESYNCHRONISE, "anna.berg")
    gate.set()
    user.on(ResyncResultView)
    assert not user.controller.posts(ev.Login)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.WRONG_CREDENTIALS, "The server refused the resynchronisation."),
        (Status.LOCKED_USER, "locked or disabled on the server"),
        (Status.NOT_SUPPORTED, "The server does not offer a resynchronisation."),
    ],
)
def test_a_refused_resynchronisation_is_explained(user: User, status: Status, said: str) -> None:
    user.controller.answer(ev.Resynchronize, ev.ResynchronizeResult(status, "Their words", "corr-1"))
    page = on_page(user)
    user.click(page.resync)
    result = user.on(ResyncResultView)
    assert said in user.told()
    assert "Their words" in user.told()
    assert result.again.isVisible() is (status is not Status.NOT_SUPPORTED)
    assert result.log_in.isVisible() is (status is Status.NOT_SUPPORTED)


def test_an_unreachable_server_changes_nothing_and_can_be_asked_again(user: User) -> None:
    user.controller.answer(ev.Resynchronize, Unreachable(Reason.REFUSED, sent=False), None)
    page = on_page(user)
    user.click(page.resync)
    result = user.on(ResyncResultView)
    assert "Nothing was sent. Your token is unchanged." in user.told()
    assert result.again.hasFocus()
    user.key(Qt.Key.Key_Return)
    user.until(lambda: user.told().startswith("Token and server agree"))


def test_a_refused_resynchronisation_leads_to_a_code_for_support(user: User) -> None:
    user.controller.answer(ev.Resynchronize, ev.ResynchronizeResult(Status.WRONG_CREDENTIALS))
    page = on_page(user)
    user.click(page.resync)
    user.click(user.on(ResyncResultView).support)
    user.click(user.on(AskView).go_on)
    user.on(SupportCodeView)


def test_a_login_hands_on_the_codes_that_resynchronise_first(user: User) -> None:
    page = on_page(user)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    result = user.on(LoginResultView)
    (login,) = user.controller.posts(ev.Login)
    assert login.resynchronisation is not None
    assert result._aside.text() == "Token and server agree on the counter."


def test_a_code_refused_for_its_counter_offers_the_resynchronisation(user: User) -> None:
    user.controller.answer(ev.Login, REFUSED_CODE)
    page = on_page(user, used=20)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    result = user.on(LoginResultView)
    user.until(result.resync.isVisible)
    user.click(result.resync)
    user.on(ResyncResultView)
    user.idle()


def test_a_code_refused_for_its_pin_does_not(user: User) -> None:
    user.controller.answer(ev.Login, REFUSED_CODE)
    page = on_page(user, used=3)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    result = user.on(LoginResultView)
    user.idle()
    assert not result.resync.isVisible()


@pytest.mark.parametrize("used", [3, 20])
def test_a_login_that_was_not_sent_says_so(user: User, used: int) -> None:
    from dataclasses import replace

    refused = replace(REFUSED_CODE, resynchronised=ev.Resynchronised.REFUSED)
    user.controller.answer(ev.Login, refused)
    page = on_page(user, used=used)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    result = user.on(LoginResultView)
    user.idle()
    assert "the login was not sent" in user.told()
    assert "only one wrong code was counted" in user.told()
    assert not result.resync.isVisible(), "it was refused a moment ago"


def test_a_server_without_resynchronisation_is_mentioned_quietly(user: User) -> None:
    from dataclasses import replace

    user.controller.answer(ev.Login, replace(ACCEPTED, resynchronised=ev.Resynchronised.UNAVAILABLE))
    page = on_page(user)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    result = user.on(LoginResultView)
    assert user.told() == "Login accepted."
    assert "does not offer a resynchronisation" in result._aside.text()


def test_a_login_that_was_left_sets_the_page_right_when_it_ends(user: User) -> None:
    gate = user.controller.gate(ev.Login)
    page = on_page(user, used=20)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    user.until(lambda: isinstance(user.flow.state, st.Waiting))
    user.key(Qt.Key.Key_Escape)
    user.click(user.on(HomeView)._cards[0])
    user.until(lambda: user.told().startswith("Log in before the next code."))
    gate.set()
    user.until(lambda: user.told() == "")
    assert page.show_code.isVisible()


def test_an_activation_can_be_prepared_while_a_login_waits(user: User) -> None:
    gate = user.controller.gate(ev.Login)
    page = on_page(user)
    user.click(page.log_in)
    user.click(user.on(AskView).go_on)
    user.until(lambda: isinstance(user.flow.state, st.Waiting))
    user.flow.activation.begin()
    user.on(ActivationFormView)
    gate.set()
    user.until(user.window.banner.isVisible)
    user.idle()


def test_the_list_says_which_token_needs_a_login(user: User) -> None:
    token = managed_token(protections=NO_PIN)
    user.controller.vault, user.controller.tokens = ev.VaultCondition.OPEN, [token]
    user.controller.used[token.id, ProtectionType.NO_PIN] = 19
    user.flow.start()
    home = user.on(HomeView)
    user.idle()
    assert "Login required" not in home._cards[0].accessibleDescription()
    user.click(home._cards[0])
    page = user.on(ManagedView)
    user.idle()
    user.click(page.show_code)
    user.idle()
    user.flow.back()
    assert "Login required" in user.on(HomeView)._cards[0].accessibleDescription()
    user.click(user.on(HomeView)._cards[0])
    user.idle()
    user.click(user.on(ManagedView).resync)
    user.on(ResyncResultView)
    user.idle()
    user.flow.back()
    user.idle()
    user.flow.back()
    assert "Login required" not in user.on(HomeView)._cards[0].accessibleDescription()


def test_the_list_says_it_from_the_start(user: User) -> None:
    user.controller.vault, user.controller.tokens = ev.VaultCondition.OPEN, [managed_token(protections=NO_PIN)]
    user.controller.fresh = {user.controller.tokens[0].id}
    user.flow.start()
    user.until(lambda: "Login required" in user.on(HomeView)._cards[0].accessibleDescription())
