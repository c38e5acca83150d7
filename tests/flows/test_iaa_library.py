"""docs/iaa-client.md, run: an integrator's programs against a real sandbox, and every call of the client."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.flows import PIN, ManualClock, Tenant, activate, identifier

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa import (
    AuthenticationFailed,
    AuthenticatorQuery,
    Ending,
    EventRequest,
    IaaAdministration,
    IaaClient,
    LoginRequest,
    LoginType,
    NextStep,
    NotFound,
    Outcome,
    OwnFileUnusable,
    StandardData,
    TransactionRequest,
    TransactionType,
    UnregisterRequest,
    UserChanges,
    VisualCode,
    new_session_id,
)
from softtoken.services.controller import MasterController
from softtoken.services.events import GenerateOtp, SignTransaction

PAGE = Path(__file__).parents[2] / "docs" / "iaa-client.md"
USER = "alice@sandbox"
FIELDS = ("DE89370400440532013000", "66.66")


def programs() -> list[str]:
    """The page's indented blocks, each a program, in their order."""
    blocks: list[str] = []
    inside = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            if not inside:
                blocks.append("")
            inside = True
            blocks[-1] += line[4:] + "\n"
        elif line:
            inside = False
        elif inside:
            blocks[-1] += "\n"
    return [block.rstrip() for block in blocks]


class Person:
    """Somebody with an activated token, who can be asked for codes."""

    def __init__(self, controller: MasterController, tenant: Tenant) -> None:
        _, self._token = activate(controller, tenant)
        self._controller = controller

    def code(self, protection: ProtectionType = ProtectionType.PIN) -> str:
        pin = PIN if protection is ProtectionType.PIN else None
        made = self._controller.post(GenerateOtp(None, pin, identifier(self._token), protection)).otp
        assert made is not None
        return made.code

    def signature(self) -> str:
        signed = self._controller.post(SignTransaction(FIELDS, PIN, identifier(self._token)))
        assert signed.signature is not None
        return signed.signature


@pytest.fixture
def alice(make_controller: Callable[..., MasterController], tenant: Tenant) -> Person:
    return Person(make_controller(), tenant)


def run(program: str, tenant: Tenant, **given: Any) -> dict[str, Any]:
    """Run it as it stands, with this tenant in place of the page's."""
    source = program.replace("https://acme.sdb.tid.onespan.cloud", tenant.url).replace("alice@acme", USER)
    scope: dict[str, Any] = dict(given)
    exec(compile(source, str(PAGE), "exec"), scope)  # noqa: S102 - our own documentation
    return scope


def demand(tenant: Tenant, *codes: int) -> None:
    """Script what the sandbox's risk engine says to alice."""
    rules = [{"riskResponseCode": code} for code in codes]
    assert httpx.put(f"{tenant.url}/softtoken/v1/rules/alice", json={"rules": rules}).is_success


def first_step() -> LoginRequest:
    return LoginRequest(relationship_ref="alice", session_id=new_session_id(), client_ip="127.0.0.1")


def test_ten_lines(tenant: Tenant, alice: Person, capsys: pytest.CaptureFixture[str]) -> None:
    program = programs()[0]
    assert len(program.splitlines()) == 10
    code = alice.code()
    run(program, tenant, code=code)
    run(program, tenant, code=code)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "logged in"
    assert second.startswith("not logged in: wrong_credentials Authentication failed ")


def test_a_way_of_its_own(tenant: Tenant) -> None:
    administration = run(programs()[1], tenant)["administration"]
    with pytest.raises(OwnFileUnusable):
        administration.user(USER)


@pytest.mark.parametrize(("code", "protection"), [(4, ProtectionType.NO_PIN), (5, ProtectionType.PIN)])
def test_two_steps(tenant: Tenant, alice: Person, code: int, protection: ProtectionType) -> None:
    demand(tenant, code)
    log_in = run(programs()[2], tenant, ask_for_code=lambda: alice.code(protection))["log_in"]
    assert log_in(tenant.url, USER, threading.Event()) is Outcome.ACCEPTED


def test_a_static_password(tenant: Tenant, alice: Person) -> None:
    with IaaAdministration(tenant.url) as administration:
        administration.change_user(USER, UserChanges(static_password="Test1234"))
    demand(tenant, 2)
    log_in = run(programs()[2], tenant, ask_for_password=lambda: "Test1234")["log_in"]
    assert log_in(tenant.url, USER, threading.Event()) is Outcome.ACCEPTED


@pytest.mark.parametrize(("decision", "outcome"), [("accepted", Outcome.ACCEPTED), ("refused", Outcome.REFUSED)])
def test_waiting_for_an_approval(tenant: Tenant, alice: Person, decision: str, outcome: Outcome) -> None:
    demand(tenant, 21)
    with IaaClient(tenant.url) as client:
        answer = client.login(USER, first_step())
        assert (answer.outcome, answer.next_step) == (Outcome.WAITING, NextStep.APPROVAL)
        assert answer.request_id is not None
        url = f"{tenant.url}/softtoken/v1/sessions/{answer.request_id}"
        told: list[str] = []

        def decide(seen: Any) -> None:
            told.append(seen.session_status)
            httpx.put(url, json={"sessionStatus": decision})

        waited = client.await_session(answer.request_id, interval=0.05, told=decide)
    assert (waited.ending, waited.outcome) == (Ending.SETTLED, outcome)
    assert told == ["pending", decision]


def test_a_stopped_wait(tenant: Tenant, alice: Person) -> None:
    demand(tenant, 22)
    stop = threading.Event()
    stop.set()
    log_in = run(programs()[2], tenant)["log_in"]
    assert log_in(tenant.url, USER, stop) is Outcome.UNKNOWN


def test_a_transaction(tenant: Tenant, alice: Person, capsys: pytest.CaptureFixture[str]) -> None:
    run(programs()[3], tenant, signature=alice.signature())
    assert capsys.readouterr().out == "accepted\n"


def test_a_signature_over_something_else(tenant: Tenant, alice: Person) -> None:
    other = TransactionRequest(
        data=StandardData((FIELDS[0], "6666.00"), alice.signature()), object_type=TransactionType.PLAIN
    )
    with IaaClient(tenant.url) as client, pytest.raises(AuthenticationFailed) as caught:
        client.validate_transaction(USER, other)
    assert caught.value.outcome is Outcome.WRONG_CREDENTIALS


def test_an_event_in_two_steps(tenant: Tenant, alice: Person) -> None:
    demand(tenant, 5)
    request = EventRequest(relationship_ref="alice", session_id=new_session_id(), event_type="LoginAttempt")
    with IaaClient(tenant.url) as client:
        answer = client.validate_event(USER, request)
        assert (answer.outcome, answer.next_step) == (Outcome.STEP_UP, NextStep.PIN_CODE)
        proved = client.validate_event(USER, request.with_proof(answer, otp=alice.code()))
    assert proved.outcome is Outcome.ACCEPTED


def test_without_a_risk_engine(tenant: Tenant, alice: Person) -> None:
    with IaaClient(tenant.url) as client:
        answer = client.login(USER, LoginRequest(otp=alice.code(), object_type=LoginType.PLAIN))
    assert (answer.outcome, answer.risk_response_code) == (Outcome.ACCEPTED, None)


def test_both_channels_of_a_wrong_code(make_tenant: Callable[..., Tenant], clock: ManualClock) -> None:
    seen = []
    for mode in ("http409", "status_failed"):
        tenant = make_tenant(clock, name=mode, digits=8, wrong_otp_mode=mode)
        tenant.register("alice")
        with IaaClient(tenant.url) as client:
            request = LoginRequest.with_otp(otp="12345678", relationship_ref="alice", session_id="00")
            try:
                seen.append(client.login(USER, request).outcome)
            except AuthenticationFailed as error:
                seen.append(error.outcome)
    assert seen == [Outcome.WRONG_CREDENTIALS] * 2


def test_an_administrators_day(tenant: Tenant, alice: Person) -> None:
    with IaaAdministration(tenant.url) as administration, IaaClient(tenant.url) as client:
        [serial] = {one.rpartition("-")[0] or one for one in administration.user(USER).authenticators}
        listed = administration.authenticators(AuthenticatorQuery(assigned=True))
        assert any(one.serial_number.startswith(serial) for one in listed.authenticators)
        administration.create_user("bob@sandbox", UserChanges(email_address="bob@example.org"))
        page = administration.users()
        assert {user.user_id for user in page.users} >= {"alice", "bob"}
        administration.change_user("bob@sandbox", UserChanges(enabled=False))
        administration.delete_user("bob@sandbox")
        with pytest.raises(NotFound):
            administration.user("bob@sandbox")
        administration.unlock(USER)
        assert len(client.generate_challenge(USER, length=7).challenge) == 7
        assert client.render("00ff", VisualCode.QR).startswith(b"\x89PNG")
        gone = client.unregister(USER, UnregisterRequest(relationship_ref="alice", session_id="00"))
        assert gone.outcome is Outcome.ACCEPTED
        with pytest.raises(NotFound):
            client.login(USER, first_step())
