"""The real window over a disk that takes nothing, a folder that may not be written, and a second window."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from support.flows import DIGEST, PIN, ManualClock, MemoryKeystore, Tenant, activate, identifier
from support.person import Person

from softtoken.engine.hotp import hotp
from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.client import IaaClient
from softtoken.services.controller import MasterController
from softtoken.services.events import AddToken, CreateVault, GetCredentialInformation
from softtoken.services.home import Home
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.oath import OathView
from softtoken.ui.views.remove import RemoveView
from softtoken.ui.views.unusable import UnusableView

if sys.platform != "win32":
    import resource

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="users, rights and resource limits of POSIX")

Controllers = Callable[..., MasterController]
SitDown = Callable[[MasterController], Person]
SECRET = b"12345678901234567890"
COUNTED = "otpauth://hotp/Toolshed:build?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0&digits=8"
TIMED = "otpauth://totp/Example:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8"
REFUSED = "The disk did not take the change"
NOBODY = 65534


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows or is written, as the kernel sees it; a real full disk would need a mount."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """Root may write anywhere, so become somebody else, whose folder it is from now on."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def make(controller: MasterController, *links: str) -> None:
    controller.post(CreateVault())
    for link in links:
        assert controller.post(AddToken(link)).token is not None
    controller.close()


def open_token(person: Person, place: int = 0) -> OathView:
    home = person.on(HomeView)
    person.until(lambda: len(home._cards) > place)
    person.click(home._cards[place])
    return person.on(OathView)


def next_code(person: Person, page: OathView, before: str | None = None) -> str:
    person.click(page.next)
    person.until(lambda: page.code.shown_code() not in {None, before})
    code = page.code.shown_code()
    assert code is not None
    return code


def test_a_counter_is_not_spent_on_a_full_disk(sit_down: SitDown, make_controller: Controllers) -> None:
    make(make_controller(), COUNTED)
    person = sit_down(make_controller())
    page = open_token(person)
    first = next_code(person, page)
    with full_disk():
        person.click(page.next)
        person.until(lambda: person.sees(REFUSED))
        assert page.code.shown_code() is None
        assert person.sees("Nothing was changed.")
        person.click(page.next)
        person.until(lambda: page.next.isEnabled() and person.sees(REFUSED))
        assert page.code.shown_code() is None
    second = next_code(person, page)
    assert [first, second] == [hotp(SECRET, counter, 8) for counter in (0, 1)]
    assert not person.sees(REFUSED)


def test_a_pin_try_is_not_spent_on_a_full_disk(sit_down: SitDown, make_controller: Controllers, tenant: Tenant) -> None:
    first = make_controller()
    _, token = activate(first, tenant)
    first.close()
    controller = make_controller()
    person = sit_down(controller)
    home = person.on(HomeView)
    person.click(home._cards[0])
    page = person.on(ManagedView)
    person.click(person.choice("PIN"))
    with full_disk():
        person.type(page.pin.edit, PIN)
        person.key(Qt.Key.Key_Return)
        person.until(lambda: person.sees(REFUSED))
        assert page.code.shown_code() is None
    known = controller.post(GetCredentialInformation(identifier(token), ProtectionType.PIN))
    assert known.retry_counter == 5
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    assert tenant.login("alice", person.copied_code()).is_success


def test_a_folder_that_may_only_be_read_is_said_and_nothing_is_lost(
    sit_down: SitDown, keystore: MemoryKeystore, clock: ManualClock
) -> None:
    # pytest's own folders are closed to everybody else
    with tempfile.TemporaryDirectory() as folder:
        parent, home = Path(folder), Home(Path(folder) / "home")
        parent.chmod(0o755)
        home.folder.mkdir(mode=0o700)
        controllers: list[MasterController] = []

        def controller() -> MasterController:
            controllers.append(MasterController(home, keystore, clock, IaaClient, lambda: DIGEST))
            return controllers[-1]

        make(controller(), COUNTED)
        person = sit_down(controller())
        code = next_code(person, open_token(person))
        person.window.close()
        for one in controllers:
            one.close()
        with as_owner(home.folder):
            home.folder.chmod(0o500)
            before = home.vault.read_bytes()
            person = sit_down(controller())
            page = person.on(UnusableView)
            person.until(lambda: person.sees("You may not write where your tokens are stored."))
            assert person.sees("Nothing was changed.")
            person.until(lambda: person.sees("home"))
            assert not page.copy.isVisible(), "nothing is damaged"
            assert home.vault.read_bytes() == before
            home.folder.chmod(0o700)
            person.click(page.again)
            assert next_code(person, open_token(person)) == hotp(SECRET, 1, 8) != code
            person.window.close()
            for one in controllers:
                one.close()


def test_two_windows_go_on_and_no_counter_comes_twice(
    sit_down: SitDown, make_controller: Controllers, tenant: Tenant
) -> None:
    first = make_controller()
    activate(first, tenant)
    assert first.post(AddToken(COUNTED)).token is not None
    first.close()
    controllers = [make_controller(), make_controller()]  # first: each writes the configuration anew
    people = [sit_down(controller) for controller in controllers]
    pages = [open_token(person, 1) for person in people]
    shown: list[str] = []
    for _ in range(6):
        before = [page.code.shown_code() for page in pages]
        for person, page in zip(people, pages, strict=True):
            person.click(page.next)  # both are under way before either is looked at
        for person, page, old in zip(people, pages, before, strict=True):
            person.until(lambda page=page, old=old: page.code.shown_code() not in {None, old})  # type: ignore[misc]
            shown.append(str(page.code.shown_code()))
    assert sorted(shown) == sorted(hotp(SECRET, counter, 8) for counter in range(12))

    # the activated token's counter goes on from window to window, and the server takes each code
    for person in [*people, *people]:
        person.key(Qt.Key.Key_Escape)
        person.click(person.on(HomeView)._cards[0])
        managed = person.on(ManagedView)
        person.click(person.choice("No PIN"))
        person.until(lambda page=managed: page.code.shown_code() is not None)  # type: ignore[misc]
        assert tenant.login("alice", str(managed.code.shown_code())).is_success


def test_what_one_window_removed_is_gone_in_the_other(sit_down: SitDown, make_controller: Controllers) -> None:
    make(make_controller(), COUNTED, TIMED)
    controllers = [make_controller(), make_controller()]
    one, other = (sit_down(controller) for controller in controllers)
    page = open_token(other)
    one.click(open_token(one).remove)
    confirm = one.on(RemoveView)
    one.click(confirm.understood)
    one.click(confirm.remove)
    one.on(HomeView)
    one.until(lambda: one.sees("anna") and not one.sees("build"))
    other.click(page.next)
    other.until(lambda: page.problem.isVisible())
    assert page.code.shown_code() is None
    other.key(Qt.Key.Key_Escape)
    other.click(other.on(HomeView)._cards[1])
    timed = other.on(OathView)
    other.until(lambda: timed.code.shown_code() is not None)
