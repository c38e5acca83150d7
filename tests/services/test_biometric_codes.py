"""Codes behind a finger or a face: tries, refunds, what ends them, and the PIN as the way on (docs/offline.md)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from services.room import Room, standing
from support.flows import PIN, WRONG_PIN

from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import CredentialState, ProtectionType, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    BiometricHint,
    BiometricProblem,
    BiometricPrompt,
    BiometricPurpose,
    CancelBiometric,
    DeleteUser,
    GenerateOtp,
    GenerateOtpResult,
    GenerateSecureSequence,
    GetResynchronizationData,
    GetState,
    Lock,
    Login,
    PrepareResynchronization,
    Reset,
    Restart,
    SignTransaction,
    Status,
    Unlock,
)
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.pinwrap import KeyForm

ALL = frozenset(ProtectionType)
BIOMETRIC = ProtectionType.BIOMETRIC
REFUNDED = [problem for problem in BiometricProblem if problem is not BiometricProblem.NO_MATCH]
STATUSES = {
    BiometricProblem.CANCELLED: Status.USER_CANCEL,
    BiometricProblem.TIMED_OUT: Status.USER_CONFIRMATION_TIMEOUT,
    BiometricProblem.LOCKED_OUT: Status.BIOMETRIC_BLOCKED,
    BiometricProblem.CHANGED: Status.BIOMETRIC_CHANGED,
}


@pytest.fixture(params=[True, False], ids=["sealed", "masked"])
def verify(request: pytest.FixtureRequest) -> bool:
    """Is the PIN verified here? The biometric is, either way."""
    checked: bool = request.param
    return checked


@pytest.fixture
def controller(room: Room, verify: bool) -> MasterController:
    room.configure(verify=verify)
    return room.controller()


@pytest.fixture
def alice(room: Room, controller: MasterController, origin: str) -> UserIdentifier:
    return room.activate(controller, origin, protections=ALL)


def code(controller: MasterController, user: UserIdentifier, pin: str | None = None) -> GenerateOtpResult:
    protection = BIOMETRIC if pin is None else ProtectionType.PIN
    return controller.post(GenerateOtp(None, pin, user, protection))


def failed(room: Room, user: UserIdentifier) -> int:
    """What the disk counts against the biometric."""
    id_, _ = room.wrapped(user, BIOMETRIC)
    with room.vault() as vault:
        return vault.state(id_).tries.failed


def test_a_code_that_the_server_accepts(
    room: Room, controller: MasterController, origin: str, alice: UserIdentifier
) -> None:
    room.reader.prompts.clear()
    made = code(controller, alice)
    assert (made.status, made.retry_counter, made.retry_delay, made.biometric) == (Status.OK, 5, 0, None)
    assert room.reader.prompts == ["CODE alice@one"]
    assert made.otp is not None
    assert room.network.verify(origin, "alice", OTP=made.otp.code) == "OK"
    assert code(controller, alice).otp != made.otp


def test_every_use_of_a_credential(controller: MasterController, alice: UserIdentifier) -> None:
    events: list[Any] = [
        GenerateSecureSequence(b"data", None, alice, BIOMETRIC),
        SignTransaction(("12.50",), None, alice, BIOMETRIC),
        GetResynchronizationData(alice, None, BIOMETRIC),
        PrepareResynchronization(alice, None, BIOMETRIC),
    ]
    assert [controller.post(event).status for event in events] == [Status.OK] * 4


def test_every_use_says_why_there_was_none(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    room.reader.state = BiometricProblem.NO_READER
    events: list[Any] = [
        GenerateOtp(None, None, alice, BIOMETRIC),
        GenerateOtp(None, None, alice, BIOMETRIC, for_login=True),
        GenerateSecureSequence(b"data", None, alice, BIOMETRIC),
        SignTransaction(("12.50",), None, alice, BIOMETRIC),
        GetResynchronizationData(alice, None, BIOMETRIC),
        PrepareResynchronization(alice, None, BIOMETRIC),
    ]
    told = [controller.post(event) for event in events]
    assert {(one.status, one.biometric) for one in told} == {(Status.BIOMETRIC_UNAVAILABLE, BiometricProblem.NO_READER)}


def test_a_login(controller: MasterController, alice: UserIdentifier) -> None:
    made = controller.post(GenerateOtp(None, None, alice, BIOMETRIC, for_login=True))
    assert made.otp is not None
    assert controller.post(Login(alice, made.otp.code, made.resynchronisation)).status is Status.OK


def test_the_key_is_not_in_the_file(room: Room, alice: UserIdentifier) -> None:
    _, key = room.wrapped(alice, BIOMETRIC)
    assert (key.form, key.salt, key.pepper, key.kdf) == (KeyForm.BIOMETRIC, b"", b"", None)
    assert len(key.blob) > 60


def test_somebody_elses_finger_is_a_try(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    """Counted on the disk before the outcome is used; delays and the end as for a PIN."""
    seen = []
    room.reader.during = lambda _: seen.append(failed(room, alice))
    room.reader.answers = [BiometricProblem.NO_MATCH] * 9
    results = []
    for _ in range(5):
        results.append(code(controller, alice))
        room.clock.move(results[-1].retry_delay or 0)
    told = [(one.status, one.retry_counter, one.retry_delay) for one in results]
    assert told == [
        (Status.BIOMETRIC_FAILED, 4, 0),
        (Status.BIOMETRIC_FAILED, 3, 0),
        (Status.BIOMETRIC_FAILED, 2, 0),
        (Status.BIOMETRIC_FAILED, 1, 60),
        (Status.BIOMETRIC_BLOCKED, 0, 0),
    ]
    assert seen == [1, 2, 3, 4, 5]
    assert {one.biometric for one in results} == {BiometricProblem.NO_MATCH}
    room.reader.answers, before = [], len(room.reader.prompts)
    assert code(controller, alice) == GenerateOtpResult(Status.BIOMETRIC_BLOCKED, None, 0, 0)
    assert len(room.reader.prompts) == before  # nobody is asked any more


def test_a_delay_asks_nobody(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    room.put(alice, lambda state: _tries(state, RetryState(4, 60, room.clock.up)), BIOMETRIC)
    room.reader.prompts.clear()
    told = code(controller, alice)
    assert (told.status, told.retry_counter, told.retry_delay) == (Status.TEMPORARY_LOCKED, 1, 60)
    assert room.reader.prompts == []


@pytest.mark.parametrize("problem", REFUNDED)
def test_what_came_to_nothing_is_no_try(
    room: Room, controller: MasterController, alice: UserIdentifier, problem: BiometricProblem
) -> None:
    room.put(alice, lambda state: _tries(state, RetryState(3)), BIOMETRIC)
    room.reader.answers = [problem]
    told = code(controller, alice)
    status = STATUSES.get(problem, Status.BIOMETRIC_UNAVAILABLE)
    assert (told.status, told.biometric, told.retry_counter, told.retry_delay) == (status, problem, 2, 0)
    assert failed(room, alice) == 3
    assert code(controller, alice).retry_counter == 5


def test_only_a_right_pin_ends_the_block(
    room: Room, controller: MasterController, alice: UserIdentifier, verify: bool
) -> None:
    """A masked PIN is known to be right once its server took a code of it."""
    room.put(alice, lambda state: _tries(state, RetryState(5)), BIOMETRIC)
    code(controller, alice, WRONG_PIN)
    assert code(controller, alice).status is Status.BIOMETRIC_BLOCKED
    made = controller.post(GenerateOtp(None, PIN, alice, ProtectionType.PIN, for_login=True))
    assert made.otp is not None
    if not verify:
        assert code(controller, alice).status is Status.BIOMETRIC_BLOCKED
        assert controller.post(Login(alice, made.otp.code, made.resynchronisation)).status is Status.OK
    assert code(controller, alice).status is Status.OK


def test_a_remembered_pin_ends_no_block(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    if code(controller, alice, PIN).retry_counter is None:
        return  # masked: nothing is remembered
    room.put(alice, lambda state: _tries(state, RetryState(5)), BIOMETRIC)
    assert controller.post(GenerateOtp(None, None, alice, ProtectionType.PIN)).status is Status.OK
    assert code(controller, alice).status is Status.BIOMETRIC_BLOCKED


def test_a_blocked_pin_leaves_the_biometric(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    room.put(alice, lambda state: _tries(state, RetryState(5)))
    assert code(controller, alice).status is Status.OK


def test_a_pin_for_a_biometric(controller: MasterController, alice: UserIdentifier) -> None:
    assert controller.post(GenerateOtp(None, PIN, alice, BIOMETRIC)).status is Status.INVALID_PARAMETER


def test_what_is_told_while_the_person_is_waited_for(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    told: list[BiometricPrompt] = []
    end = controller.subscribe(lambda one: told.append(one) if isinstance(one, BiometricPrompt) else None)
    room.reader.hints = [BiometricHint.SWIPE, BiometricHint.TRY_AGAIN]
    code(controller, alice)
    end()
    hints: list[BiometricHint | None] = [*room.reader.hints, None]
    assert told == [BiometricPrompt(BiometricPurpose.CODE, hint) for hint in hints]


def held_code(
    room: Room, controller: MasterController, user: UserIdentifier, meanwhile: Callable[[], object]
) -> GenerateOtpResult:
    """Something happens while the person is waited for."""
    room.reader.held = True
    with ThreadPoolExecutor(1) as others:
        future = others.submit(code, controller, user)
        assert room.reader.waiting.wait(20)
        meanwhile()
        return future.result(20)


def test_cancelled_from_another_thread(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    told = held_code(room, controller, alice, lambda: controller.post(CancelBiometric()))
    assert (told.status, told.biometric) == (Status.USER_CANCEL, BiometricProblem.CANCELLED)
    assert failed(room, alice) == 0
    assert controller.post(CancelBiometric()).status is Status.OK  # nobody is waited for


def test_nothing_is_locked_while_the_person_is_waited_for(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    made: list[Status] = []

    def meanwhile() -> None:
        made.append(controller.post(GenerateOtp(None, None, alice, ProtectionType.NO_PIN)).status)
        made.append(code(controller, alice, PIN).status)
        controller.post(CancelBiometric())

    assert held_code(room, controller, alice, meanwhile).status is Status.USER_CANCEL
    assert made == [Status.OK, Status.OK]


def test_a_session_that_ended_meanwhile_gets_nothing(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    """Even where the yes came first, and the end of the session stops the prompt."""

    def end(_: object) -> None:
        controller.post(Restart())

    room.reader.during = end
    told = code(controller, alice)
    assert told.otp is None
    assert told.status in {Status.USER_CANCEL, Status.INVALID_STATE}
    assert failed(room, alice) == 0


def test_an_end_of_the_program_stops_the_prompt_and_costs_no_try(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    ended = threading.Event()

    def close() -> None:
        controller.close()
        ended.set()

    assert held_code(room, controller, alice, close).status is Status.USER_CANCEL
    assert ended.is_set()
    assert failed(room, alice) == 0


def test_locks_stop_the_prompt_and_cost_no_try(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    """Somebody whose screen locks three times while the reader waits must not be blocked by that."""
    for _ in range(3):
        told = held_code(room, controller, alice, lambda: controller.post(Lock()))
        assert told.status is Status.INVALID_STATE
        assert controller.post(GetState()).locked is not None
        assert failed(room, alice) == 0
        assert controller.post(Unlock()).status is Status.OK
    room.reader.held = False
    assert code(controller, alice).retry_counter == 5


def test_a_lock_waits_for_no_prompt_that_does_not_end(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    """The keys go all the same; the try stays counted then."""
    locked = threading.Event()

    def lock() -> None:
        controller.post(Lock())
        locked.set()

    with ThreadPoolExecutor(1) as others:

        def stuck(_: object) -> None:
            others.submit(lock)
            assert locked.wait(20)

        room.reader.during = stuck
        assert code(controller, alice).status is Status.INVALID_STATE
    assert failed(room, alice) == 1


def test_a_keyring_that_hears_nothing(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    """Nothing is made of a yes before the keyring knows of the try."""
    room.keystore.problem = KeystoreProblem.LOCKED
    with pytest.raises(KeystoreError):
        code(controller, alice)
    room.keystore.problem = None
    assert failed(room, alice) == 0
    assert code(controller, alice).status is Status.OK


def test_what_the_system_kept_goes_with_the_token(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    assert len(room.reader.kept) == 1
    controller.post(Restart())
    assert controller.post(DeleteUser(alice)).status is Status.OK
    assert room.reader.kept == {}


def test_what_the_system_kept_goes_with_the_vault(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    assert controller.post(Reset()).status is Status.OK
    assert room.reader.kept == {}


def test_what_was_lost_says_so_and_the_pin_goes_on(
    room: Room, controller: MasterController, alice: UserIdentifier
) -> None:
    room.reader.kept.clear()
    told = code(controller, alice)
    assert (told.status, told.biometric) == (Status.BIOMETRIC_CHANGED, BiometricProblem.CHANGED)
    assert failed(room, alice) == 0
    assert code(controller, alice, PIN).status is Status.OK


def test_another_credentials_blob_opens_nothing(room: Room, controller: MasterController, origin: str) -> None:
    """As somebody would put it who can write the vault."""
    alice = room.activate(controller, origin, protections=ALL)
    bob = room.activate(controller, origin, "bob", protections=ALL)
    (hers, _), (_, his) = room.wrapped(alice, BIOMETRIC), room.wrapped(bob, BIOMETRIC)
    with room.vault() as vault:
        vault.replace_key(hers, his)
    assert code(controller, alice).status is Status.BIOMETRIC_CHANGED


def test_how_it_stands(room: Room, controller: MasterController, alice: UserIdentifier) -> None:
    room.put(alice, lambda state: _tries(state, RetryState(2)), BIOMETRIC)
    told = standing(controller, alice, BIOMETRIC)
    assert (told.verified_here, told.retry_counter, told.retry_delay) == (True, 3, 0)


def _tries(state: CredentialState, tries: RetryState) -> CredentialState:
    return replace(state, tries=tries)
