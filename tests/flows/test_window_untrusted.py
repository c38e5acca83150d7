"""The real window over a vault that somebody else owns, or that is a link: said for what it is, and left alone."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.flows import Tenant, activate
from support.person import Person

from softtoken.services.controller import MasterController
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.unusable import UnusableView

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights and links of POSIX")
Controllers = Callable[..., MasterController]
SitDown = Callable[[MasterController], Person]


@pytest.fixture
def vault(make_controller: Controllers, tenant: Tenant, tmp_path: Path) -> Path:
    """With a token in it, and copies beside it."""
    controller = make_controller()
    activate(controller, tenant)
    controller.close()
    assert (tmp_path / "home" / "copies").is_dir()
    return tmp_path / "home" / "vault.sqlite"


def _refused(person: Person, words: str) -> UnusableView:
    page = person.on(UnusableView)
    person.until(lambda: person.sees(words))
    assert person.sees("nothing was changed or lost")
    assert not person.sees("damaged")
    assert not page.copy.isVisible()
    assert not page.reset.isVisible()
    return page


def test_a_link_is_not_followed(sit_down: SitDown, make_controller: Controllers, vault: Path, tmp_path: Path) -> None:
    moved = vault.rename(tmp_path / "moved.sqlite")
    vault.symlink_to(moved)
    before = moved.read_bytes()
    person = sit_down(make_controller())
    page = _refused(person, "There is a link")
    assert (moved.read_bytes(), vault.is_symlink()) == (before, True)
    vault.unlink()
    shutil.move(moved, vault)
    person.click(page.again)
    person.on(HomeView)
    assert person.sees("alice")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_file_is_not_opened(sit_down: SitDown, make_controller: Controllers, vault: Path) -> None:
    before = vault.read_bytes()
    os.chown(vault, 65534, 65534)
    person = sit_down(make_controller())
    page = _refused(person, "belongs to another user of this computer")
    assert vault.read_bytes() == before
    os.chown(vault, 0, 0)
    person.click(page.again)
    person.on(HomeView)
    assert person.sees("alice")
