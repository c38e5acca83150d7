"""The real window over a keyring that can be read and takes nothing."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from support.flows import PIN, MemoryKeystore, Tenant, activate
from support.person import Person

from softtoken.services.controller import MasterController
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.vault.errors import KeystoreProblem


def test_it_is_said_on_the_first_page_and_goes_once_the_keyring_works(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    keystore: MemoryKeystore,
) -> None:
    first = make_controller()
    activate(first, tenant)
    first.close()
    keystore.keeps_nothing = KeystoreProblem.LOCKED
    person = sit_down(make_controller())
    home = person.on(HomeView)
    person.until(lambda: home.keyring.isVisible())
    person.click(home._cards[0])
    page = person.on(ManagedView)
    person.click(person.choice("PIN"))
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    person.until(lambda: person.sees("keyring is locked"))
    assert page.code.shown_code() is None

    keystore.keeps_nothing = None
    person.key(Qt.Key.Key_Escape)
    home = person.on(HomeView)
    person.click(home.keyring.again)
    person.until(lambda: not home.keyring.isVisible())
    person.click(home._cards[0])
    page = person.on(ManagedView)
    person.click(person.choice("PIN"))
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    assert tenant.login("alice", person.copied_code()).is_success
