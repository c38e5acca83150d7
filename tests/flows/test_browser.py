"""A real browser on the bank's pages, beside the desktop program as a process of its own: link, codes, signatures.

The program is started with the link of the page as its argument, as an operating system hands it over, and stays open:
every code, signature and approval comes from its window.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from support.browser import CHROMEDRIVER, CHROMIUM, Browser, headless_chromium
from support.desktop import Desktop, running_desktop
from support.flows import PIN

from softtoken.clock import SystemClock
from softtoken.manifest import app_digest
from softtoken.sandbox.server import SandboxServer
from softtoken.sandbox.settings import SandboxSettings

pytestmark = pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="Chromium and its driver are not installed")

PASSPHRASE = "correct horse battery"
PAYEE, IBAN, AMOUNT = "Jane Example", "DE89370400440532013000", "66.66"
SIGNED = f"{PAYEE}\n{IBAN}\n{AMOUNT} EUR"


@dataclass
class Customer:
    """Carol, with her browser and her desktop program."""

    url: str
    browser: Browser
    desktop: Desktop
    last: str = ""

    def rule(self, code: int, status: str | None = None) -> None:
        """What the risk engine says to her next attempt."""
        rule = {"riskResponseCode": code} | ({} if status is None else {"sessionStatus": status})
        answer = httpx.put(f"{self.url}/softtoken/v1/rules/carol", json={"rules": [rule]}, timeout=10)
        assert answer.is_success, answer.text

    def code(self, protection: str) -> str:
        """A fresh code, from the window."""
        self.desktop.click(protection)
        if "Make code" in self.desktop.look()["names"]:  # a PIN that was right is remembered for a while
            self.desktop.type("PIN", PIN)
            self.desktop.click("Make code")
        self.last = self.desktop.copy(self.last)
        return self.last

    def signature(self, lines: str) -> str:
        """Over these data fields, from the window."""
        self.desktop.click("More about this token")
        self.desktop.click("Sign a transaction…")
        self.desktop.type("Data fields, one per line", lines)
        self.desktop.click("No PIN")
        self.desktop.click("Sign")
        self.last = self.desktop.copy(self.last)
        self.desktop.click("Back")
        return self.last

    def log_in(self, code: str = "") -> str:
        """The verdict on a login that begins with this code, or with none."""
        self.browser.go(f"{self.url}/login")
        self.browser.type("input[name=user]", "carol")
        if code:
            self.browser.type("input[name=code]", code)
        self.browser.submit("form[action='/bank/login'] button")
        return self.browser.text("#verdict")

    def prepare_payment(self) -> str:
        """Type a payment; the lines that the page wants signed."""
        self.browser.go(f"{self.url}/transaction")
        for name, text in (("user", "carol"), ("payee", PAYEE), ("iban", IBAN), ("amount", AMOUNT)):
            self.browser.type(f"input[name={name}]", text)
        self.browser.submit("form[action='/bank/transaction'] button")
        self.browser.click("summary")
        return self.browser.text("#lines")

    def pay(self, signature: str) -> str:
        self.browser.type("#signature", signature)
        self.browser.submit("form[action='/bank/transaction'] button")
        return self.browser.text("#verdict")


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customer]:
    """Registered on the page, and activated by its link."""
    folder = tmp_path_factory.mktemp("browser")
    # eight digits: of six, a wrong or used code is right by chance once in some thousand runs
    server = SandboxServer(
        SandboxSettings(data_folder=folder / "tenant", app_digests=(app_digest(),), clock=SystemClock(), digits=8)
    )
    server.start()
    try:
        with headless_chromium(folder / "profile") as browser:
            browser.go(server.url)
            browser.type("input[name=user]", "carol")
            browser.submit("form[action='/bank/register'] button")
            link = browser.attribute("#activation-link", "href")
            with running_desktop(folder / "home", link) as desktop:
                _activate(desktop)
                # the page has noticed it by itself
                browser.until_text("#title", "The device is activated")
                yield Customer(server.url, browser, desktop)
                assert desktop.end() == 0
            assert browser.console() == [], "no page may ask for what its security policy forbids"
    finally:
        server.stop()


def test_a_login_is_accepted_once(customer: Customer) -> None:
    code = customer.code("PIN")
    assert customer.log_in(code) == "You are logged in"
    assert customer.browser.text("#risk-code") == "0"
    assert customer.browser.text("#session-status") == "accepted"
    assert customer.log_in(code) == "Wrong code"


def test_a_login_with_a_step_up(customer: Customer) -> None:
    customer.rule(5)
    assert customer.log_in() == "One more step"
    customer.browser.type("#code", customer.code("PIN"))
    customer.browser.submit("form[action='/bank/login'] button")
    customer.browser.until_text("#verdict", "You are logged in")

    customer.rule(10)
    assert customer.log_in() == "One more step"
    customer.desktop.click("Add data to the code")
    customer.desktop.type("Additional data", customer.browser.text("#challenge"))
    customer.browser.type("#code", customer.code("No PIN"))
    customer.browser.submit("form[action='/bank/login'] button")
    customer.browser.until_text("#verdict", "You are logged in")
    customer.desktop.click("Back")
    customer.desktop.click("sandbox, carol@sandbox")


def test_a_login_is_declined(customer: Customer) -> None:
    customer.rule(1)
    code = customer.code("PIN")
    assert customer.log_in(code) == "Declined"
    assert "not looked at" in customer.browser.text("#happened")
    # which is true: the same code logs in now
    assert customer.log_in(code) == "You are logged in"


def test_a_transaction_is_signed(customer: Customer) -> None:
    assert customer.prepare_payment() == SIGNED
    signature = customer.signature(SIGNED)
    assert customer.pay(signature) == "Transaction accepted"
    customer.prepare_payment()
    assert customer.pay(signature) == "Wrong signature"
    # signed is what was shown: another amount is another transaction
    assert customer.pay(customer.signature(SIGNED.replace(AMOUNT, "66.67"))) == "Wrong signature"
    assert customer.pay(customer.signature(SIGNED)) == "Transaction accepted"


def test_a_transaction_is_approved_on_the_device(customer: Customer) -> None:
    customer.rule(21)
    customer.prepare_payment()
    assert customer.pay(customer.signature(SIGNED)) == "Waiting for your device"
    customer.desktop.click("More about this token")
    customer.desktop.click("Look for logins to approve")
    customer.desktop.sees(IBAN)
    customer.desktop.click("Approve")
    # nobody touches the browser: its page follows
    customer.browser.until_text("#verdict", "Transaction accepted")
    customer.desktop.click("Done")


def _activate(desktop: Desktop) -> None:
    """From the link in the form to the token's page."""
    desktop.click("Continue")
    desktop.sees("How should codes be protected?")
    desktop.click("Continue")
    desktop.type("New PIN", PIN)
    desktop.type("The same PIN again", PIN)
    desktop.click("Activate")
    desktop.type("New passphrase", PASSPHRASE)
    desktop.type("The same passphrase again", PASSPHRASE)
    desktop.click("Set the passphrase")
    desktop.sees("Keep your recovery code")
    groups = desktop.copy().split("-")
    for name in desktop.look()["names"]:
        if name.startswith("Group "):
            desktop.type(name, groups[int(name.split()[1]) - 1])
    desktop.click("I have kept it")
    desktop.click("Make a code")
