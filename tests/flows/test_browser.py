"""A real browser on the bank page, with a code from the running app."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from support.browser import CHROMEDRIVER, CHROMIUM, headless_chromium
from support.flows import PIN, Tenant
from support.person import Person

from softtoken.clock import SystemClock
from softtoken.services.controller import MasterController
from softtoken.ui.views.managed import ManagedView

pytestmark = pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="Chromium and its driver are not installed")


@pytest.fixture
def clock() -> SystemClock:
    """The window, the product and the server all read the machine's clock here."""
    return SystemClock()


def test_register_activate_and_log_in_on_the_bank_page(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    tmp_path: Path,
) -> None:
    with headless_chromium(tmp_path / "profile") as browser:
        browser.go(tenant.url)
        browser.type("input[name=user]", "carol")
        browser.click("form[action='/bank/register'] button")
        activation_code = browser.text("#activation-code")
        assert browser.attribute("#activation-link", "href").startswith("softtoken://activate?")

        person = sit_down(make_controller())
        person.activate(tenant.url, "carol", "".join(activation_code.split()), PIN)
        person.click(_choice(person, "PIN"))
        person.type(person.on(ManagedView).pin.edit, PIN)
        person.key(Qt.Key.Key_Return)
        code = person.copied_code()

        for attempt in ("first", "replay"):
            browser.go(f"{tenant.url}/login")
            browser.type("input[name=user]", "carol")
            browser.type("input[name=code]", code)
            browser.click("form[action='/bank/login'] button")
            verdict = browser.text("#verdict")
            if attempt == "first":
                assert verdict == "You are logged in"
                assert "0" in browser.text("#risk-code")
                assert "accepted" in browser.text("#session-status")
            else:
                assert "logged in" not in verdict


def _choice(person: Person, name: str) -> QAbstractButton:
    page = person.on(ManagedView)
    return next(b for b in page.findChildren(QAbstractButton) if b.isVisible() and b.text() == name)
