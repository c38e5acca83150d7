"""A keyring that opened the tokens and takes nothing new: a quiet card says so, asks again, or is put off."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from ui.conftest import User
from ui.fake_controller import totp_token

from softtoken.services import events as ev
from softtoken.services.events import KeyringProblem, VaultCondition
from softtoken.ui.views.home import HomeView
from softtoken.vault.errors import VaultBusy


def home(user: User, problem: KeyringProblem) -> HomeView:
    user.controller.vault, user.controller.keyring = VaultCondition.OPEN, problem
    user.controller.tokens = [totp_token()]
    user.flow.start()
    page = user.on(HomeView)
    user.idle()
    return page


def test_nothing_is_said_of_a_keyring_that_works(user: User) -> None:
    assert not home(user, KeyringProblem.NONE).keyring.isVisible()


def test_the_card_says_what_happened_and_what_to_do(user: User) -> None:
    page = home(user, KeyringProblem.LOCKED)
    assert page.keyring.isVisible()
    interface = QAccessible.queryAccessibleInterface(page.keyring)
    assert interface is not None
    told = interface.text(QAccessible.Text.Name)
    for words in (
        "keeps nothing new",
        "Unlock the keyring",
        "nothing is lost",
        "Codes without a PIN work",
        "try again here",
    ):
        assert words in told
    assert page._cards[0].hasFocus(), "it is no question that has to be answered first"


def test_it_is_asked_again_until_it_works(user: User) -> None:
    page = home(user, KeyringProblem.LOCKED)
    gate = user.controller.gate(ev.Start)
    user.click(page.keyring.again)
    user.until(lambda: page.keyring.again.text() == "Asking the keyring…")
    gate.set()
    user.idle()
    user.until(lambda: page.keyring.again.text() == "Try again")
    assert page.keyring.isVisible()
    user.controller.keyring = KeyringProblem.NONE
    page.keyring.again.setFocus()
    user.key(Qt.Key.Key_Space)
    user.until(lambda: not page.keyring.isVisible())
    user.click(page._cards[0])
    user.flow.back()
    assert not user.on(HomeView).keyring.isVisible()


def test_asking_in_vain_is_told_and_changes_nothing(user: User) -> None:
    page = home(user, KeyringProblem.FAILED)
    user.controller.answer(ev.Start, VaultBusy())
    user.click(page.keyring.again)
    user.until(lambda: "Another program" in user.window.banner.text)
    assert (page.keyring.isVisible(), page.keyring.again.text()) == (True, "Try again")


def test_put_off_it_stays_away_until_the_next_opening(user: User) -> None:
    page = home(user, KeyringProblem.NO_ANSWER)
    user.click(page.keyring.later)
    assert not page.keyring.isVisible()
    user.click(page._cards[0])
    user.flow.back()
    assert not user.on(HomeView).keyring.isVisible()
    user.flow.start()
    user.on(HomeView)
    user.until(lambda: user.on(HomeView).keyring.isVisible())
