"""The flow without widgets: events in the right order, on the right lane, and what becomes of late results."""

from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from ui.conftest import wait_for_state
from ui.fake_controller import (
    ACTIVATION_CODE,
    PIN,
    REFUSED_CODE,
    SECRET_LINK,
    FakeClock,
    FakeController,
    managed_token,
    totp_token,
)

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services import events as ev
from softtoken.services.events import KeyringProblem, Status, VaultCondition
from softtoken.ui import states as st
from softtoken.ui.flow import Flow

BOTH = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})


@pytest.fixture
def opened(qtbot: QtBot, flow: Flow, controller: FakeController) -> Flow:
    """A flow at home, with one token of each kind."""
    controller.vault = VaultCondition.OPEN
    controller.tokens = [managed_token(), totp_token()]
    flow.start()
    wait_for_state(qtbot, flow, st.Home)
    return flow


def settle(qtbot: QtBot, flow: Flow) -> None:
    qtbot.waitUntil(lambda: not flow.stage.token_lane.busy and not flow.stage.login_lane.busy)


def test_network_events_and_vault_events_have_their_own_lanes(
    qtbot: QtBot, opened: Flow, controller: FakeController
) -> None:
    token = controller.tokens[0]
    opened.logins.begin(token.id)
    opened.logins.submit(PIN)
    wait_for_state(qtbot, opened, st.LoginDone)
    settle(qtbot, opened)
    assert controller.threads["GenerateOtp"] == {"token"}
    assert controller.threads["Login"] == {"login"}
    (made,) = controller.posts(ev.GenerateOtp)
    assert made.for_login
    assert made.pin == PIN


def test_a_code_is_made_while_a_login_waits_for_the_network(
    qtbot: QtBot, opened: Flow, controller: FakeController
) -> None:
    gate = controller.gate(ev.Login)
    token = controller.tokens[0]
    opened.logins.begin(token.id)
    opened.asking.choose(ProtectionType.NO_PIN)
    opened.logins.submit(None)
    wait_for_state(qtbot, opened, st.Waiting)
    opened.back()
    opened.codes.open(token.id)
    opened.codes.choose(ProtectionType.NO_PIN, None)
    qtbot.waitUntil(lambda: isinstance(opened.state, st.ManagedPage) and opened.state.otp is not None)
    news: list[Any] = []
    opened.noticed.connect(news.append)
    gate.set()
    qtbot.waitUntil(lambda: bool(news))
    assert isinstance(news[0], st.LoginNews)
    assert news[0].result is not None
    assert news[0].result.status is Status.OK
    assert isinstance(opened.state, st.ManagedPage), "the answer must not tear the person away"


def test_a_second_login_does_not_queue_behind_a_slow_one(
    qtbot: QtBot, opened: Flow, controller: FakeController
) -> None:
    gate = controller.gate(ev.Login)
    opened.logins.begin(controller.tokens[0].id)
    opened.logins.submit(PIN)
    wait_for_state(qtbot, opened, st.Waiting)
    opened.back()
    opened.logins.begin(controller.tokens[0].id)
    assert isinstance(opened.state, st.Waiting)
    gate.set()
    wait_for_state(qtbot, opened, st.LoginDone)
    assert len(controller.posts(ev.Login)) == 1


def test_a_code_made_for_a_page_that_was_left_is_dropped(
    qtbot: QtBot, opened: Flow, controller: FakeController
) -> None:
    gate = controller.gate(ev.GenerateOtp)
    opened.codes.open(controller.tokens[0].id)
    opened.codes.choose(ProtectionType.NO_PIN, None)
    opened.back()
    seen: list[st.State] = []
    opened.changed.connect(seen.append)
    gate.set()
    settle(qtbot, opened)
    assert not [state for state in seen if isinstance(state, st.ManagedPage)]
    assert isinstance(opened.state, st.Home)


def test_the_pin_is_asked_once_where_it_may_be_remembered(
    qtbot: QtBot, opened: Flow, controller: FakeController
) -> None:
    opened.codes.open(controller.tokens[0].id)
    opened.codes.choose(ProtectionType.PIN, None)
    assert isinstance(opened.state, st.ManagedPage)
    assert opened.state.ask_pin
    opened.codes.enter_pin(PIN, b"data")
    qtbot.waitUntil(lambda: isinstance(opened.state, st.ManagedPage) and opened.state.otp is not None)
    opened.codes.new_code(b"data")
    settle(qtbot, opened)
    assert [event.pin for event in controller.posts(ev.GenerateOtp)] == [PIN, None]
    assert [event.optional_data for event in controller.posts(ev.GenerateOtp)] == [b"data", b"data"]
    controller.cached_pin = None  # forgotten behind our back
    opened.codes.new_code(None)
    qtbot.waitUntil(lambda: isinstance(opened.state, st.ManagedPage) and opened.state.ask_pin)
    assert isinstance(opened.state, st.ManagedPage)
    assert opened.state.problem is None, "asking for the PIN again is no mistake of the person"


def test_a_masked_pin_is_asked_each_time(qtbot: QtBot, flow: Flow, controller: FakeController) -> None:
    controller.vault = VaultCondition.OPEN
    controller.tokens = [managed_token(allow=False, protections=(ProtectionType.PIN,))]
    flow.start()
    wait_for_state(qtbot, flow, st.Home)
    flow.codes.open(controller.tokens[0].id)
    flow.codes.enter_pin(PIN, None)
    qtbot.waitUntil(lambda: isinstance(flow.state, st.ManagedPage) and flow.state.otp is not None)
    flow.codes.new_code(None)
    assert isinstance(flow.state, st.ManagedPage)
    assert flow.state.ask_pin
    assert len(controller.posts(ev.GenerateOtp)) == 1


def test_an_expired_code_leaves_the_state(qtbot: QtBot, opened: Flow, controller: FakeController) -> None:
    opened.codes.open(controller.tokens[0].id)
    opened.codes.choose(ProtectionType.NO_PIN, None)
    qtbot.waitUntil(lambda: isinstance(opened.state, st.ManagedPage) and opened.state.otp is not None)
    opened.codes.expire()
    assert isinstance(opened.state, st.ManagedPage)
    assert opened.state.otp is None
    assert opened.state.expired


def test_a_totp_code_is_asked_for_again_at_its_end(
    qtbot: QtBot, opened: Flow, controller: FakeController, clock: FakeClock
) -> None:
    opened.codes.open(controller.tokens[1].id)
    qtbot.waitUntil(lambda: isinstance(opened.state, st.OathPage) and opened.state.otp is not None)
    assert isinstance(opened.state, st.OathPage)
    first = opened.state.otp
    clock.pass_seconds(30)
    opened.codes.expire()
    qtbot.waitUntil(lambda: isinstance(opened.state, st.OathPage) and opened.state.otp not in {None, first})


def test_activation_makes_the_vault_first_and_shows_the_recovery_code_after(
    qtbot: QtBot, flow: Flow, controller: FakeController
) -> None:
    flow.start()
    wait_for_state(qtbot, flow, st.Welcome)
    flow.activation.begin()
    flow.activation.submit_form("https://login.northwind.example", "anna.berg@northwind", ACTIVATION_CODE)
    flow.activation.choose(BOTH)
    flow.activation.set_pin(PIN)
    wait_for_state(qtbot, flow, st.ShowRecoveryCode)
    kinds = [type(event).__name__ for event in controller.posted]
    assert kinds == ["Start", "GetBiometricInformation", "CreateVault", "Activate", "ListTokens"]
    (activate,) = controller.posts(ev.Activate)
    assert (activate.protections, activate.pin, activate.auto_login) == (BOTH, PIN, True)
    assert controller.threads["Activate"] == {"login"}
    flow.keeping.confirm_recovery()
    wait_for_state(qtbot, flow, st.Activated)
    assert not flow.stage.session.recovery_pending


def test_a_failed_activation_can_be_repeated_without_typing(
    qtbot: QtBot, flow: Flow, controller: FakeController
) -> None:
    controller.answer(ev.Activate, Unreachable(Reason.LOST, sent=True), None)
    controller.vault = VaultCondition.OPEN
    flow.start()
    wait_for_state(qtbot, flow, st.Home)
    flow.activation.begin()
    flow.activation.submit_form("https://login.northwind.example", "anna.berg", ACTIVATION_CODE)
    flow.activation.choose(BOTH)
    flow.activation.set_pin(PIN)
    wait_for_state(qtbot, flow, st.ActivationFailed)
    flow.activation.run()
    wait_for_state(qtbot, flow, st.Activated)
    first, second = controller.posts(ev.Activate)
    assert first == second


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (Status.INVALID_ACTIVATION_CODE, st.ActivationForm),
        (Status.WRONG_CREDENTIALS, st.ActivationForm),
        (Status.INVALID_NEW_PIN_FORMAT, st.SetPin),
    ],
)
def test_a_refused_activation_leads_back_to_what_can_be_changed(
    qtbot: QtBot, flow: Flow, controller: FakeController, status: Status, page: type[st.ActivationForm | st.SetPin]
) -> None:
    controller.vault = VaultCondition.OPEN
    controller.answer(ev.Activate, ev.ActivationResult(status, detail="no", log_correlation_id="id"))
    flow.start()
    wait_for_state(qtbot, flow, st.Home)
    flow.activation.begin()
    flow.activation.submit_form("https://login.northwind.example", "anna.berg", ACTIVATION_CODE)
    flow.activation.choose(BOTH)
    flow.activation.set_pin(PIN)
    state = wait_for_state(qtbot, flow, page)
    if status is Status.INVALID_NEW_PIN_FORMAT:
        assert state.problem == st.Refusal(st.Task.ACTIVATE, status, fault="no"), "its detail names a fault of the PIN"
    else:
        assert state.problem == st.Refusal(st.Task.ACTIVATE, status, "no", "id")


def test_an_activation_that_was_left_reports_wherever_one_is(
    qtbot: QtBot, opened: Flow, controller: FakeController
) -> None:
    gate = controller.gate(ev.Activate)
    opened.activation.begin()
    opened.activation.submit_form("https://login.northwind.example", "ben", ACTIVATION_CODE)
    opened.activation.choose(frozenset({ProtectionType.NO_PIN}))
    wait_for_state(qtbot, opened, st.Waiting)
    opened.back()
    assert isinstance(opened.state, st.Home)
    news: list[Any] = []
    opened.noticed.connect(news.append)
    gate.set()
    qtbot.waitUntil(lambda: news == [st.ActivationNews("ben")])
    qtbot.waitUntil(lambda: isinstance(opened.state, st.Home) and len(opened.state.tokens) == 3)


def test_without_a_keyring_the_passphrase_comes_first_and_the_journey_goes_on(
    qtbot: QtBot, flow: Flow, controller: FakeController
) -> None:
    controller.keyring = KeyringProblem.MISSING
    flow.start()
    wait_for_state(qtbot, flow, st.Welcome)
    flow.managing.begin_add()
    flow.managing.add(SECRET_LINK)
    asked = wait_for_state(qtbot, flow, st.ChoosePassphrase)
    assert asked.keyring is KeyringProblem.MISSING
    flow.keeping.set_passphrase("short")
    qtbot.waitUntil(lambda: isinstance(flow.state, st.ChoosePassphrase) and flow.state.problem is not None)
    flow.keeping.set_passphrase("long enough")
    wait_for_state(qtbot, flow, st.ShowRecoveryCode)
    assert len(controller.posts(ev.AddToken)) == 1
    flow.keeping.delay_recovery()
    wait_for_state(qtbot, flow, st.OathPage)
    flow.back()
    assert isinstance(flow.state, st.Home)
    assert flow.state.recovery_pending, "the reminder has to stay"


def test_a_recovery_protects_the_vault_anew_and_shows_a_new_code(
    qtbot: QtBot, flow: Flow, controller: FakeController
) -> None:
    controller.vault, controller.keyring = VaultCondition.NEEDS_RECOVERY, KeyringProblem.ITEM_MISSING
    controller.tokens = [managed_token()]
    flow.start()
    locked = wait_for_state(qtbot, flow, st.Locked)
    assert locked.way is st.Way.RECOVERY
    controller.keyring = KeyringProblem.NONE
    flow.opening.unlock("0004-1061-050R-3GG2-8A1C-60T3-GF6")
    wait_for_state(qtbot, flow, st.ShowRecoveryCode)
    assert len(controller.posts(ev.ProtectVault)) == 1
    flow.keeping.confirm_recovery()
    wait_for_state(qtbot, flow, st.Home)
    assert flow.stage.session.tokens == tuple(controller.tokens)


def test_links_wait_for_the_person(qtbot: QtBot, controller: FakeController, clock: FakeClock) -> None:
    link = f"softtoken://activate?server=https%3A%2F%2Flogin.northwind.example&user=anna&code={ACTIVATION_CODE}"
    for text, kind in (
        (link, st.ActivationForm),
        (SECRET_LINK, st.AddLink),
        ("softtoken://nonsense", st.ActivationForm),
    ):
        flow = Flow(controller, clock, text)
        flow.start()
        state = wait_for_state(qtbot, flow, kind)
        if text == link:
            assert state == st.ActivationForm("https://login.northwind.example", "anna", ACTIVATION_CODE)
        flow.stop()
    assert {type(event) for event in controller.posted} == {ev.Start}


def test_removing_a_logged_in_user_logs_out_first(qtbot: QtBot, opened: Flow, controller: FakeController) -> None:
    token = controller.tokens[0]
    assert token.account is not None
    controller.logged_in = token.account.identifier
    opened.stage.refresh()
    settle(qtbot, opened)
    opened.managing.ask_remove(token.id)
    assert isinstance(opened.state, st.ConfirmRemove)
    assert opened.state.must_log_out
    opened.managing.remove()
    wait_for_state(qtbot, opened, st.Home)
    settle(qtbot, opened)
    assert [type(e).__name__ for e in controller.posted if isinstance(e, ev.Restart | ev.DeleteUser)] == [
        "Restart",
        "DeleteUser",
    ]
    assert opened.stage.session.tokens == tuple(controller.tokens)


def test_no_state_shows_a_secret_in_its_repr(qtbot: QtBot, flow: Flow, controller: FakeController) -> None:
    seen: list[str] = []
    flow.changed.connect(lambda state: seen.append(repr(state)))
    flow.start()
    wait_for_state(qtbot, flow, st.Welcome)
    flow.activation.begin()
    flow.activation.submit_form("https://login.northwind.example", "anna", ACTIVATION_CODE)
    flow.activation.choose(BOTH)
    flow.activation.set_pin(PIN)
    shown = wait_for_state(qtbot, flow, st.ShowRecoveryCode)
    flow.keeping.confirm_recovery()
    done = wait_for_state(qtbot, flow, st.Activated)
    flow.codes.open(done.token.id)
    flow.codes.choose(ProtectionType.NO_PIN, None)
    qtbot.waitUntil(lambda: isinstance(flow.state, st.ManagedPage) and flow.state.otp is not None)
    assert isinstance(flow.state, st.ManagedPage)
    assert flow.state.otp is not None
    everything = "\n".join(seen)
    for secret in (PIN, ACTIVATION_CODE, shown.code, flow.state.otp.code):
        assert secret not in everything


def test_an_error_keeps_no_frames_and_with_them_no_pin(qtbot: QtBot, opened: Flow, controller: FakeController) -> None:
    controller.answer(ev.GenerateOtp, RuntimeError("boom"))
    opened.codes.open(controller.tokens[0].id)
    opened.codes.choose(ProtectionType.PIN, None)
    opened.codes.enter_pin(PIN, None)
    qtbot.waitUntil(lambda: isinstance(opened.state, st.ManagedPage) and opened.state.problem is not None)
    assert isinstance(opened.state, st.ManagedPage)
    problem = opened.state.problem
    assert isinstance(problem, st.Failure)
    assert problem.error.__traceback__ is None
    assert problem.where.startswith("RuntimeError fake_controller.py:")


def test_a_refused_login_can_be_repeated(qtbot: QtBot, opened: Flow, controller: FakeController) -> None:
    controller.answer(ev.Login, REFUSED_CODE, None)
    opened.logins.begin(controller.tokens[0].id)
    opened.logins.submit(PIN)
    done = wait_for_state(qtbot, opened, st.LoginDone)
    assert done.result == REFUSED_CODE
    opened.logins.again()
    asked = wait_for_state(qtbot, opened, st.Ask)
    assert not asked.ask_pin, "a PIN that was right may be remembered here"
    opened.logins.submit(None)
    done = wait_for_state(qtbot, opened, st.LoginDone)
    assert done.result is not None
    assert done.result.status is Status.OK
