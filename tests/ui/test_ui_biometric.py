"""Fingers and faces in the window: choosing them, being asked for one, stopping it, and the PIN as the way on."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pytestqt.qtbot import QtBot
from ui.approval_scenes import waiting_login
from ui.conftest import User, wait_for_state
from ui.fake_controller import ACTIVATION_CODE, PIN, FakeController, managed_token

from softtoken.engine.tokens import ProtectionType
from softtoken.services import events as ev
from softtoken.services.events import (
    Binding,
    BiometricHint,
    BiometricInformation,
    BiometricProblem,
    BiometricPrompt,
    BiometricPurpose,
    Status,
    VaultCondition,
    status_of_problem,
)
from softtoken.ui import states as st
from softtoken.ui.biometric_words import BEYOND_TRYING, BiometricWords
from softtoken.ui.flow import Flow
from softtoken.ui.sentences import Sentences
from softtoken.ui.views.activated import ActivatedView
from softtoken.ui.views.approval import ApprovalView
from softtoken.ui.views.approval_done import ApprovalDoneView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.protection import ProtectionView
from softtoken.ui.views.recovery import RecoveryView
from softtoken.ui.views.working import WorkingView

if TYPE_CHECKING:
    from collections.abc import Callable

BIOMETRIC = ProtectionType.BIOMETRIC
READS = BiometricInformation(Status.OK, "fprintd", Binding.PROMPT, None)
TOKEN = managed_token(protections=tuple(ProtectionType))
NEW_PIN = "284917"


class Waits:
    """A controller that waits for a person until the test, or a cancellation, says what came of it."""

    def __init__(self, controller: FakeController, event: type[Any], purpose: BiometricPurpose) -> None:
        self._controller = controller
        self._purpose = purpose
        self._said = threading.Event()
        self._problem: BiometricProblem | None = None
        self.refused: Callable[[BiometricProblem], Any] = lambda problem: None
        controller.answer(event, self)
        controller.answer(ev.CancelBiometric, self._cancelled)

    def __call__(self, event: Any) -> Any:
        """None is a yes, and the honest controller goes on."""
        self._controller.notify(BiometricPrompt(self._purpose, BiometricHint.TOUCH))
        assert self._said.wait(20)
        self._controller.notify(BiometricPrompt(self._purpose, None))
        self._said.clear()
        return None if self._problem is None else self.refused(self._problem)

    def hint(self, hint: BiometricHint) -> None:
        self._controller.notify(BiometricPrompt(self._purpose, hint))

    def say(self, problem: BiometricProblem | None = None) -> None:
        self._problem = problem
        self._said.set()

    def _cancelled(self, _: object) -> ev.StatusResult:
        self.say(BiometricProblem.CANCELLED)
        return ev.StatusResult(Status.OK)


def no_code(problem: BiometricProblem) -> ev.GenerateOtpResult:
    return ev.GenerateOtpResult(status_of_problem(problem), None, 4, 0, biometric=problem)


@pytest.fixture
def waits(user: User) -> Waits:
    """On the page of a token, with its button pressed."""
    user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [TOKEN]
    user.flow.start()
    user.on(HomeView)
    user.flow.codes.open(TOKEN.id)
    page = user.on(ManagedView)
    user.idle()
    made = Waits(user.controller, ev.GenerateOtp, BiometricPurpose.CODE)
    made.refused = no_code
    user.click(page.picker._buttons[BIOMETRIC])
    user.until(user.window.reader.isVisible)
    return made


def test_a_code_behind_a_finger(user: User, waits: Waits) -> None:
    strip = user.window.reader
    assert "Touch the reader." in strip.text
    waits.hint(BiometricHint.TOO_SHORT)
    user.until(lambda: "Too short" in strip.text)
    waits.say()
    page = user.on(ManagedView)
    user.until(lambda: page.code.shown_code() is not None)
    assert not strip.isVisible()
    assert user.controller.posts(ev.GenerateOtp)[0].protection is BIOMETRIC


def test_cancelled(user: User, waits: Waits) -> None:
    """Nothing is made, nothing is opened, and the page says so."""
    user.click(user.window.reader.cancel)
    user.until(lambda: "You stopped it." in user.told())
    page = user.on(ManagedView)
    assert "No code was made." in user.told()
    assert page.code.shown_code() is None
    assert not user.window.reader.isVisible()


def test_the_pin_instead(user: User, waits: Waits) -> None:
    page = user.on(ManagedView)
    user.click(user.window.reader.use_pin)
    user.until(page.pin.isVisible)
    assert user.told() == ""
    user.controller.script.pop(ev.GenerateOtp)
    user.type(page.pin.edit, PIN)
    user.click(page.pin.submit)
    user.until(lambda: page.code.shown_code() is not None)
    assert user.controller.posts(ev.GenerateOtp)[-1].protection is ProtectionType.PIN


def test_leaving_the_page_stops_it(user: User, waits: Waits) -> None:
    user.click(user.on(ManagedView).back)
    user.on(HomeView)
    user.until(lambda: not user.window.reader.isVisible())
    assert len(user.controller.posts(ev.CancelBiometric)) == 1
    assert not user.window.banner.isVisible()


def test_the_end_of_the_window_stops_it(user: User, waits: Waits) -> None:
    assert user.flow.stop(5.0)
    assert user.controller.posts(ev.CancelBiometric)


@pytest.mark.parametrize("problem", list(BiometricProblem))
def test_every_problem_says_what_happened_and_what_to_do(user: User, waits: Waits, problem: BiometricProblem) -> None:
    waits.say(problem)
    user.until(lambda: bool(user.told()))
    told = user.told()
    assert "No code was made." in told
    assert "PIN" in told
    assert problem.value not in told
    assert user.on(ManagedView).code.shown_code() is None


def test_a_wrong_finger_counts(user: User, waits: Waits) -> None:
    waits.say(BiometricProblem.NO_MATCH)
    user.until(lambda: "Not recognised." in user.told())
    assert "Tries left: 4." in user.told()
    user.click(user.button("Try again"))
    user.until(user.window.reader.isVisible)
    waits.say()
    user.until(lambda: user.on(ManagedView).code.shown_code() is not None)


def test_blocked_until_the_pin_was_right(qapp: object, user: User) -> None:
    words = Sentences(user.window)
    for biometric in (None, BiometricProblem.NO_MATCH):
        refusal = st.Refusal(
            st.Task.MAKE_CODE, Status.BIOMETRIC_BLOCKED, tries_left=0, sensor=True, biometric=biometric
        )
        told = words.tell(refusal)
        assert told is not None
        assert "once it was right" in told.advice
    waiting = st.Refusal(st.Task.MAKE_CODE, Status.TEMPORARY_LOCKED, tries_left=1, sensor=True, wait=60)
    told = words.tell(waiting)
    assert told is not None
    assert "60 seconds" in told.what
    standing = ev.CredentialInformation(Status.OK, BIOMETRIC, 7, 3, 15, 20, logged_in_once=True, retry_counter=0)
    stood = words.standing(standing)
    assert stood is not None
    assert "PIN is blocked" not in stood.text
    assert "once it was right" in stood.advice


def test_every_hint_purpose_and_offer_has_words(user: User) -> None:
    words = BiometricWords(user.window)
    assert all(words.hint(hint) for hint in BiometricHint)
    assert all(words.what_for(purpose) and "alice" in words.reason(purpose, "alice") for purpose in BiometricPurpose)
    offers = {words.offer(replace(READS, problem=problem)) for problem in BiometricProblem}
    assert len(offers) == len(BiometricProblem)
    hardware = BiometricInformation(Status.OK, "Windows Hello", Binding.HARDWARE, None)
    assert "Windows Hello protects the key itself" in words.offer(hardware)
    assert "fprintd only asks" in words.offer(READS)


class TestActivation:
    @pytest.fixture
    def page(self, user: User) -> ProtectionView:
        user.controller.reader = READS
        user.controller.vault = VaultCondition.OPEN
        user.flow.start()
        user.on(HomeView)
        user.flow.activation.begin()
        user.flow.activation.submit_form("https://login.northwind.example", "anna.berg@northwind", ACTIVATION_CODE)
        page = user.on(ProtectionView)
        user.until(page.biometric.isEnabled)
        return page

    def chosen(self, user: User, page: ProtectionView) -> Waits:
        waits = Waits(user.controller, ev.Activate, BiometricPurpose.SET_UP)
        waits.refused = lambda problem: ev.ActivationResult(status_of_problem(problem), biometric=problem)
        page.biometric.setChecked(True)
        user.click(page.go_on)
        user.flow.set_pin(NEW_PIN)
        user.until(user.window.reader.isVisible)
        return waits

    def test_the_choice_says_what_a_yes_is_worth(self, user: User, page: ProtectionView) -> None:
        assert "fprintd only asks" in page.biometric.accessibleDescription()
        assert not page.biometric.isChecked()

    def test_never_without_the_pin(self, user: User, page: ProtectionView) -> None:
        page.biometric.setChecked(True)
        assert page.go_on.isEnabled()
        page.pin.setChecked(False)
        assert not page.go_on.isEnabled()

    def test_what_was_ticked_before_the_reader_was_found_stays(self, user: User, qtbot: QtBot) -> None:
        gate = user.controller.gate(ev.GetBiometricInformation)
        user.controller.reader = READS
        user.controller.vault = VaultCondition.OPEN
        user.flow.start()
        user.on(HomeView)
        user.flow.activation.submit_form("https://login.northwind.example", "anna.berg@northwind", ACTIVATION_CODE)
        page = user.on(ProtectionView)
        page.no_pin.setChecked(False)
        gate.set()
        user.until(page.biometric.isEnabled)
        assert not page.no_pin.isChecked()

    def test_without_a_reader_it_cannot_be_chosen(self, user: User) -> None:
        user.controller.vault = VaultCondition.OPEN
        user.flow.start()
        user.on(HomeView)
        user.flow.activation.submit_form("https://login.northwind.example", "anna.berg@northwind", ACTIVATION_CODE)
        page = user.on(ProtectionView)
        user.idle()
        user.until(lambda: "offers no fingerprint" in page.biometric.accessibleDescription())
        assert not page.biometric.isEnabled()

    def test_the_whole_way(self, user: User, page: ProtectionView) -> None:
        waits = self.chosen(user, page)
        user.on(WorkingView)
        assert "activation code is not sent before" in user.window.reader.text
        waits.say()
        user.on(ActivatedView) if not user.controller.recovery_pending else user.on(RecoveryView)
        assert user.controller.posts(ev.Activate)[0].protections == frozenset(ProtectionType)

    def test_a_failure_leaves_the_code_and_offers_the_choice(self, user: User, page: ProtectionView) -> None:
        self.chosen(user, page).say(BiometricProblem.TIMED_OUT)
        user.on(ProtectionView)
        user.until(lambda: "Nobody came" in user.told())
        assert "as good as before" in user.told()
        user.until(page.biometric.isChecked)
        user.controller.script.pop(ev.Activate)
        page.biometric.setChecked(False)
        user.click(page.go_on)  # the PIN is known already
        user.on(ActivatedView)
        assert user.controller.posts(ev.Activate)[-1].protections == frozenset(ProtectionType) - {BIOMETRIC}

    def test_only_the_pin(self, user: User, page: ProtectionView) -> None:
        self.chosen(user, page)
        user.controller.script.pop(ev.Activate)  # what is under way has its answer already
        user.click(user.window.reader.use_pin)
        user.on(ActivatedView)
        asked = [event.protections for event in user.controller.posts(ev.Activate)]
        assert asked == [frozenset(ProtectionType), frozenset(ProtectionType) - {BIOMETRIC}]

    def test_leaving_does_not_stop_it(self, user: User, page: ProtectionView) -> None:
        waits = self.chosen(user, page)
        user.click(user.on(WorkingView)._leave)
        user.on(HomeView)
        assert user.window.reader.isVisible()
        waits.say()
        user.until(user.window.banner.isVisible)
        assert user.controller.posts(ev.CancelBiometric) == []


class TestReactivation:
    @pytest.mark.parametrize("problem", [BiometricProblem.NO_READER, BiometricProblem.NO_MATCH])
    def test_a_reader_that_is_not_there_is_not_asked_for_again(
        self, qtbot: QtBot, flow: Flow, controller: FakeController, problem: BiometricProblem
    ) -> None:
        controller.vault, controller.tokens = VaultCondition.OPEN, [TOKEN]
        flow.start()
        wait_for_state(qtbot, flow, st.Home)
        controller.answer(ev.Reactivate, ev.ActivationResult(status_of_problem(problem), biometric=problem))
        flow.reactivation.begin(TOKEN.id)
        for _ in range(2):
            flow.reactivation.submit_code(ACTIVATION_CODE)
            flow.set_pin(NEW_PIN)
            state = wait_for_state(qtbot, flow, st.ForgotPin)
            assert isinstance(state.problem, st.Refusal)
            assert state.problem.sensor
        asked = [event.protections for event in controller.posts(ev.Reactivate)]
        dropped = frozenset(ProtectionType) - {BIOMETRIC} if problem in BEYOND_TRYING else None
        assert asked == [None, dropped]


class TestApprovals:
    @pytest.fixture
    def waits(self, user: User) -> Waits:
        user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [TOKEN]
        user.flow.start()
        user.on(HomeView)
        approval = replace(
            waiting_login(TOKEN, user.clock.uptime()),
            risk_response_code=23,
            protections=(BIOMETRIC, ProtectionType.PIN),
        )
        user.flow.stage.go(st.ApprovalPage(TOKEN, approval, BIOMETRIC))
        made = Waits(user.controller, ev.ApproveLogin, BiometricPurpose.APPROVAL)
        made.refused = lambda problem: ev.ApprovalResult(status_of_problem(problem), 4, 0, biometric=problem)
        page = user.on(ApprovalView)
        user.click(page.approve)
        user.until(user.window.reader.isVisible)
        return made

    def test_approved(self, user: User, waits: Waits) -> None:
        waits.say()
        user.on(ApprovalDoneView)

    @pytest.mark.parametrize("problem", [BiometricProblem.TIMED_OUT, BiometricProblem.NO_MATCH])
    def test_a_failure_leaves_it_waiting(self, user: User, waits: Waits, problem: BiometricProblem) -> None:
        waits.say(problem)
        user.until(lambda: "Nothing was approved." in user.told())
        page = user.on(ApprovalView)
        assert page.approve.isVisible()
        user.click(page.use_pin)
        user.until(page.pin.isVisible)

    def test_the_pin_instead(self, user: User, waits: Waits) -> None:
        user.click(user.window.reader.use_pin)
        page = user.on(ApprovalView)
        user.until(page.pin.isVisible)
        user.controller.script.pop(ev.ApproveLogin)
        user.type(page.pin.edit, PIN)
        user.click(page.pin.submit)
        user.on(ApprovalDoneView)
        assert user.controller.posts(ev.ApproveLogin)[-1].protection is ProtectionType.PIN

    def test_leaving_stops_it_silently(self, user: User, waits: Waits) -> None:
        user.click(user.on(ApprovalView).back)
        user.on(HomeView)
        user.until(lambda: not user.window.reader.isVisible())
        assert not user.window.banner.isVisible()
