"""A login elsewhere that the real window approves or declines, against the real sandbox over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from support.flows import PIN, Tenant
from support.person import Person

from softtoken.clock import SystemClock
from softtoken.services.controller import MasterController
from softtoken.ui.views.approval import ApprovalView
from softtoken.ui.views.approval_done import ApprovalDoneView
from softtoken.ui.views.managed import ManagedView


@pytest.fixture
def clock() -> SystemClock:
    """The window, the product and the server all read the machine's clock here."""
    return SystemClock()


def held_login(tenant: Tenant, code: int, session: str) -> dict[str, Any]:
    """As the bank's server makes it: the call returns when the device has answered."""
    rules = {"rules": [{"riskResponseCode": code}]}
    assert httpx.put(f"{tenant.url}/softtoken/v1/rules/alice", json=rules, timeout=10).is_success
    body = {
        "objectType": "AdaptiveLoginInput",
        "relationshipRef": "alice",
        "sessionID": session,
        "clientIP": "192.0.2.7",
        "timeout": 50,
        "loginMessage": {"title": {"text": "Login to the bank"}, "challenge": "The page shows 73."},
    }
    answer: dict[str, Any] = httpx.post(f"{tenant.url}/v1/users/alice@sandbox/login", json=body, timeout=70).json()
    return answer


@pytest.mark.parametrize("verify_offline", [True, False])
def test_approved_and_declined(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    verify_offline: bool,
) -> None:
    person = sit_down(make_controller(verify_offline=verify_offline))
    person.activate(tenant.url, "alice", tenant.register("alice"), PIN)
    person.on(ManagedView)
    strip = person.window.approvals
    with ThreadPoolExecutor(1) as bank:
        login = bank.submit(held_login, tenant, 22, "ab12")
        person.until(strip.isVisible)
        person.click(strip.look)
        page = person.on(ApprovalView)
        assert person.sees("Login to the bank")
        assert person.sees("192.")
        person.click(page.approve)
        person.type(page.pin.edit, PIN)
        person.key(Qt.Key.Key_Return)
        person.click(person.on(ApprovalDoneView).done)
        assert login.result(60) == {"riskResponseCode": 0, "sessionStatus": "accepted"}

        login = bank.submit(held_login, tenant, 21, "cd34")
        person.until(lambda: strip.isVisible() and strip.look.isVisible())
        person.click(strip.look)
        person.click(person.on(ApprovalView).decline)
        person.on(ApprovalDoneView)
        assert login.result(60)["sessionStatus"] == "refused"
    assert not strip.isVisible()
