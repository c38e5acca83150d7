"""Logins in steps: the window over the real controller, vault and HTTP, against a real sandbox."""

from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from ui.conftest import User
from ui.test_ui_real import PIN, activate, enter_pin, person, tenant

from softtoken.engine.tokens import ProtectionType
from softtoken.ui.views.approval import ApprovalView
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.login_step import LoginStepView
from softtoken.ui.views.login_waiting import LoginWaitingView
from softtoken.ui.views.managed import ManagedView

__all__ = ["person", "tenant"]


def send(method: str, url: str, body: Any = None) -> Any:
    answer = httpx.request(method, url, json=body, timeout=10)
    assert answer.is_success, answer.text
    return answer.json()


def challenged(tenant: str, person: User, code: int) -> None:
    """The next login, with a code that needs no PIN, is answered with this risk code."""
    rules = {"rules": [{"riskResponseCode": code, "sessionStatus": "pending"}]}
    send("PUT", f"{tenant}/softtoken/v1/rules/demo@sandbox", rules)
    person.click(person.on(ManagedView).log_in)
    page = person.on(AskView)
    person.click(page.picker._buttons[ProtectionType.NO_PIN])
    person.click(page.go_on)


def accepted(person: User) -> None:
    page = person.on(LoginResultView)
    assert person.told() == "Login accepted."
    person.idle()
    person.click(page.done)
    person.idle()


def test_every_step_that_can_be_made_here(person: User, tenant: str) -> None:
    activate(person)
    challenged(tenant, person, 5)
    page = person.on(AskView)
    person.until(page.pin.isVisible)
    enter_pin(person, page.pin, "274952")
    person.until(lambda: "Tries left: 4." in person.told())
    enter_pin(person, page.pin, PIN)
    accepted(person)

    challenged(tenant, person, 10)
    person.until(lambda: person.on(AskView)._challenge.isVisible())
    person.key(Qt.Key.Key_Return)  # the PIN is remembered
    accepted(person)

    challenged(tenant, person, 3)
    step = person.on(LoginStepView)
    (session,) = [one for one in send("GET", f"{tenant}/softtoken/v1/sessions")["sessions"] if one.get("virtualOTP")]
    person.type(step.code, session["virtualOTP"])
    person.key(Qt.Key.Key_Return)
    accepted(person)


@pytest.mark.parametrize("approved", [True, False])
def test_a_trusted_device_answers(person: User, tenant: str, approved: bool) -> None:
    """Approved on this very computer, or declined on another one."""
    activate(person)
    challenged(tenant, person, 22)
    page = person.on(LoginWaitingView)
    if approved:
        person.until(page.approve.isVisible)
        person.click(page.approve)
        approval = person.on(ApprovalView)
        person.click(approval.approve)
        person.until(lambda: approval.pin.isVisible())
        enter_pin(person, approval.pin, PIN)
        accepted(person)
        return
    (request,) = [
        one["requestID"]
        for one in send("GET", f"{tenant}/softtoken/v1/sessions")["sessions"]
        if one["sessionStatus"] == "pending"
    ]
    send("PUT", f"{tenant}/softtoken/v1/sessions/{request}", {"sessionStatus": "refused"})
    person.on(LoginResultView)
    assert person.told().startswith("This login was declined")
    person.idle()
