"""A command for a forgotten PIN whose answers are lost: what goes on where it stopped, and what stays as it was."""

from collections.abc import Callable

import pytest
from cli.scripted import Terminal, Told
from support.flows import PIN, Tenant, activate
from support.wire import Wire

from softtoken.services.controller import MasterController

NEW_PIN = "739154"


@pytest.fixture(params=[True, False])
def mode(request: pytest.FixtureRequest) -> bool:
    """allowOfflinePinVerification."""
    value: bool = request.param
    return value


@pytest.fixture
def faults() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def alice(
    terminal: Terminal,
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    mode: bool,
    faults: list[tuple[str, str]],
) -> Terminal:
    """Activated; each command has a controller of its own, over a wire with these faults."""
    first = make_controller(verify_offline=mode)
    activate(first, tenant)
    first.close()
    terminal.over(lambda: make_controller(transport=lambda: Wire(faults), verify_offline=mode))
    return terminal


def _forgot(terminal: Terminal, code: str) -> Told:
    return terminal.run("pin", "forgot", "alice", "--code", code, "--json", secrets={"--pin-fd": NEW_PIN})


def _works(terminal: Terminal, tenant: Tenant, pin: str) -> bool:
    code = terminal.run("code", "alice", "--json", secrets={"--pin-fd": pin}).json["code"]
    return code is not None and tenant.login("alice", code).is_success


def test_the_same_command_goes_on_once_the_keys_are_here(
    alice: Terminal, tenant: Tenant, mode: bool, faults: list[tuple[str, str]]
) -> None:
    faults += [("/activate$", "lost")] * 2
    code = tenant.register("alice")
    lost = _forgot(alice, code)
    assert (lost.status, lost.json["error"]) == (3, "Unreachable")
    assert len(alice.run("list", "--json").json) == 1
    again = _forgot(alice, code)
    assert (again.status, again.json["status"], again.json["login"]) == (0, "OK", "OK")
    (row,) = alice.run("list", "--json").json
    assert row["id"] == again.json["token"]
    assert _works(alice, tenant, NEW_PIN)
    old = alice.run("login", "alice", "--json", secrets={"--pin-fd": PIN})
    assert (old.status, old.json["status"]) == (1, "INVALID_PIN" if mode else "WRONG_CREDENTIALS")


def test_before_that_the_old_pin_holds_and_another_code_is_needed(
    alice: Terminal, tenant: Tenant, faults: list[tuple[str, str]]
) -> None:
    """What opens the server's answer never reaches the disk, so another process cannot ask for it again."""
    faults += [("/add-device$", "lost")] * 2
    code = tenant.register("alice")
    assert _forgot(alice, code).status == 3
    assert _works(alice, tenant, PIN)
    spent = _forgot(alice, code)
    assert (spent.status, spent.json["status"]) == (1, "INVALID_ACTIVATION_CODE")
    assert _works(alice, tenant, PIN)
    assert _forgot(alice, tenant.register("alice")).status == 0
    assert _works(alice, tenant, NEW_PIN)
