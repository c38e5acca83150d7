"""The real window whose file breaks, goes, or is replaced while it is open: said, with the way on."""

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from support.flows import Tenant, activate
from support.person import Person

from softtoken.services.controller import MasterController
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.unlock import UnlockView
from softtoken.ui.views.unusable import UnusableView

Controllers = Callable[..., MasterController]
SitDown = Callable[[MasterController], Person]


def sit_before(sit_down: SitDown, make_controller: Controllers, tenant: Tenant) -> Person:
    """A window that shows one token."""
    first = make_controller()
    activate(first, tenant)
    first.close()
    person = sit_down(make_controller())
    home = person.on(HomeView)
    person.until(lambda: bool(home._cards))
    return person


def test_a_file_that_broke_offers_its_copy(
    sit_down: SitDown, make_controller: Controllers, tenant: Tenant, tmp_path: Path
) -> None:
    person = sit_before(sit_down, make_controller, tenant)
    other = tmp_path / "home" / "other"
    other.write_bytes(bytes(4096))
    other.replace(tmp_path / "home" / "vault.sqlite")
    person.click(person.on(HomeView)._cards[0])
    page = person.on(UnusableView)
    person.until(lambda: page.copy.isVisible())
    assert person.sees("Nothing was written to what is there now")
    person.click(page.again)
    person.until(lambda: person.sees("The file that holds your tokens is damaged."))
    page = person.on(UnusableView)
    person.until(lambda: page.copy.isVisible())
    assert not person.window.banner.isVisible(), "said once is enough"
    person.click(page.copy.put_back)
    home = person.on(HomeView)
    person.until(lambda: home._restored.isVisible() and bool(home._cards))
    assert person.sees("alice")


def test_a_file_that_was_replaced_is_opened_anew(
    sit_down: SitDown, make_controller: Controllers, tenant: Tenant, tmp_path: Path
) -> None:
    person = sit_before(sit_down, make_controller, tenant)
    vault = tmp_path / "home" / "vault.sqlite"
    other = vault.with_name("other")
    shutil.copy(vault, other)
    other.chmod(0o600)
    other.replace(vault)
    person.click(person.on(HomeView)._cards[0])
    page = person.on(UnusableView)
    person.until(lambda: person.sees("replaced or removed while it was open"))
    person.click(page.again)
    home = person.on(HomeView)
    person.until(lambda: bool(home._cards))
    person.click(home._cards[0])
    person.on(ManagedView)


def test_a_broken_vault_can_be_locked(
    sit_down: SitDown, make_controller: Controllers, tenant: Tenant, tmp_path: Path
) -> None:
    """Its keys are in memory all the same."""
    person = sit_before(sit_down, make_controller, tenant)
    (tmp_path / "home" / "vault.sqlite").unlink()
    person.click(person.on(HomeView)._cards[0])
    page = person.on(UnusableView)
    person.until(lambda: page.copy.isVisible())
    person.window.setFocus()
    assert person.window._flow.locking.worthwhile
    person.window._flow.lock()
    person.on(UnlockView)
    person.key(Qt.Key.Key_Escape)
    person.on(UnlockView)
