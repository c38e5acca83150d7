"""Locking the product: what is forgotten, what is refused, what is dropped, and what alone opens it again."""

import dataclasses
import gc
import shutil
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from services.room import Room, log_in, standing
from support.flows import BOTH, PIN, ManualClock, MemoryKeystore

from softtoken.engine.managed import managed_otp
from softtoken.engine.tokens import Otp, ProtectionType, UserIdentifier
from softtoken.services import access, otp, unlocking, vault_making
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    AuditKind,
    AwaitLogin,
    CancelBiometric,
    CheckHealth,
    CreateVault,
    Event,
    GenerateOtp,
    GetBiometricInformation,
    GetHistory,
    GetInformation,
    GetLockAfter,
    GetLoginData,
    GetState,
    KeyringProblem,
    ListCopies,
    ListTokens,
    Lock,
    LockKind,
    LockReason,
    Login,
    OpenVault,
    ProtectVault,
    Reset,
    RestoreCopy,
    SdkState,
    SetLockAfter,
    Start,
    Status,
    Unlock,
    VaultCondition,
)
from softtoken.services.lock_gate import ALWAYS
from softtoken.services.session import CachedPin, MadeCode
from softtoken.vault.cells import Cells
from softtoken.vault.copies import Copies
from softtoken.vault.pinwrap import unwrap
from softtoken.vault.slots import SlotKind
from softtoken.vault.store import VaultOptions

PASSPHRASE = "a test's own passphrase"


@pytest.fixture
def held(room: Room) -> tuple[MasterController, UserIdentifier]:
    """A keyring vault with one user's token, its PIN cached, logged in."""
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    assert log_in(controller, alice).status is Status.OK
    return controller, alice


def with_passphrase(room: Room) -> MasterController:
    room.keystore.problem = None
    controller = room.controller()
    assert controller.post(CreateVault(PASSPHRASE)).status is Status.OK
    return controller


def count(room: Room, alice: UserIdentifier, protection: ProtectionType) -> int:
    with room.vault() as vault:
        id_, _ = room.wrapped(alice, protection)
        return vault.state(id_).counter


def instance(kind: type[Event[Any]]) -> Event[Any]:
    """An event of this type; what is in it does not matter to a lock."""
    needed = [f for f in dataclasses.fields(kind) if _is_needed(f)]  # type: ignore[arg-type]
    return kind(*[None for _ in needed])


def _is_needed(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def is_open(controller: MasterController) -> bool:
    return controller.post(GetState()).vault is VaultCondition.OPEN


@pytest.mark.parametrize("reason", LockReason)
def test_a_lock_takes_the_keys_and_the_session(
    held: tuple[MasterController, UserIdentifier], reason: LockReason
) -> None:
    controller, alice = held
    result = controller.post(Lock(reason))
    assert (result.status, result.kind) == (Status.OK, LockKind.SCREEN)
    assert result.sdk_state is SdkState.UNINITIALISED
    state = controller.post(GetState())
    assert (state.logged_in, state.current_user, state.locked) == (None, None, LockKind.SCREEN)
    assert state.vault is not VaultCondition.OPEN
    assert controller.post(Unlock()).vault is VaultCondition.OPEN
    assert controller.post(GetState()).locked is None
    # the PIN was in the cache before
    assert controller.post(GenerateOtp(None, None, alice, ProtectionType.PIN)).status is Status.INVALID_STATE


def test_the_keys_are_gone_from_every_object(held: tuple[MasterController, UserIdentifier]) -> None:
    controller, _ = held

    def kept() -> list[object]:
        return [one for one in gc.get_objects() if isinstance(one, Cells | CachedPin | MadeCode)]

    def keys() -> list[bytes]:
        return [bytes(key) for one in cells for key in (one.vault_key, *one._subkeys.values())]

    gc.collect()  # of other tests
    held_open = kept()
    assert {type(one) for one in held_open} == {Cells, CachedPin, MadeCode}
    cells = [one for one in held_open if isinstance(one, Cells)]
    assert all(any(key) for key in keys())
    controller.post(Lock())
    # at once, whoever still has the object: a thread that told the keyring may be about to end
    assert not any(any(key) for key in keys())
    for thread in threading.enumerate():
        if thread.name == "keystore":
            thread.join(timeout=10)
    del held_open
    cells.clear()
    gc.collect()
    assert kept() == []


@pytest.mark.expects_log("softtoken.services.auditing")  # the events hold nothing that it could tell
def test_every_event_is_refused_while_locked(held: tuple[MasterController, UserIdentifier]) -> None:
    controller, _ = held
    controller.post(Lock())
    openers = {Unlock, OpenVault}
    kinds: set[type[Event[Any]]] = set(controller._handlers)
    assert {
        Lock, Reset, GetState, GetInformation, GetLoginData, CheckHealth, ListCopies, RestoreCopy,
        GetBiometricInformation, CancelBiometric,
    } == ALWAYS  # fmt: skip
    for kind in kinds - ALWAYS - openers:
        assert controller.post(instance(kind)).status is Status.INVALID_STATE, kind
        assert not is_open(controller), kind
    assert len(kinds) > 40


def test_a_screen_lock_is_opened_by_asking_for_it_and_by_nothing_else(
    held: tuple[MasterController, UserIdentifier],
) -> None:
    controller, _ = held
    controller.post(Lock())
    for _ in range(2):
        assert controller.post(Start()).status is Status.INVALID_STATE
        assert not is_open(controller)
    opened = controller.post(Unlock())
    assert (opened.status, opened.vault, len(opened.tokens)) == (Status.OK, VaultCondition.OPEN, 1)
    assert controller.post(ListTokens()).status is Status.OK


def test_a_keyring_that_refuses_leaves_it_locked(room: Room, held: tuple[MasterController, UserIdentifier]) -> None:
    from softtoken.vault.errors import KeystoreProblem

    controller, _ = held
    controller.post(Lock())
    room.keystore.problem = KeystoreProblem.LOCKED
    refused = controller.post(Unlock())
    assert refused.keyring is KeyringProblem.LOCKED
    assert refused.vault is not VaultCondition.OPEN
    assert controller.post(GetState()).locked is LockKind.SCREEN
    room.keystore.problem = None
    assert controller.post(Unlock()).vault is VaultCondition.OPEN


def test_a_passphrase_vault_is_opened_by_its_passphrase_alone(room: Room) -> None:
    controller = with_passphrase(room)
    assert controller.post(Lock()).kind is LockKind.SECRET
    assert controller.post(Unlock()).status is Status.INVALID_STATE
    assert controller.post(Start()).status is Status.INVALID_STATE
    assert controller.post(OpenVault(passphrase="another passphrase")).status is Status.WRONG_CREDENTIALS
    assert controller.post(GetState()).locked is LockKind.SECRET
    assert controller.post(OpenVault(passphrase=PASSPHRASE)).vault is VaultCondition.OPEN
    assert controller.post(GetState()).locked is None


def test_the_recovery_code_opens_both_kinds(room: Room) -> None:
    controller = room.controller()
    code = controller.post(CreateVault()).recovery_code
    assert code is not None
    controller.post(Lock())
    assert controller.post(OpenVault(recovery_code=code)).vault is VaultCondition.OPEN
    fresh = controller.post(ProtectVault(PASSPHRASE)).recovery_code
    assert controller.post(Lock()).kind is LockKind.SECRET
    assert controller.post(OpenVault(recovery_code=code)).status is Status.WRONG_CREDENTIALS
    assert controller.post(OpenVault(recovery_code=fresh)).vault is VaultCondition.OPEN


def test_a_keyring_that_would_open_it_does_not_where_a_passphrase_locked_it(room: Room) -> None:
    """Another program gives the locked vault a keyring item: what locked it still has to open it."""
    controller = with_passphrase(room)
    controller.post(Lock())
    other = room.controller()
    assert other.post(OpenVault(passphrase=PASSPHRASE)).status is Status.OK
    assert other.post(ProtectVault()).status is Status.OK
    assert controller.post(Unlock()).status is Status.INVALID_STATE
    assert controller.post(Lock()).kind is LockKind.SECRET


def test_a_vault_with_both_slots_is_locked_by_the_passphrase(room: Room) -> None:
    from softtoken.vault.slots import PassphraseSecret

    controller = room.controller()
    controller.post(CreateVault())
    with room.vault() as vault:
        vault.replace_slot(PassphraseSecret(PASSPHRASE))
        assert {SlotKind.KEYRING, SlotKind.PASSPHRASE} <= set(vault.slot_kinds())
    assert controller.post(Lock()).kind is LockKind.SECRET
    assert controller.post(Unlock()).status is Status.INVALID_STATE
    assert controller.post(OpenVault(passphrase=PASSPHRASE)).vault is VaultCondition.OPEN


def test_a_code_that_is_being_made_is_dropped_and_its_counter_stays_taken(
    room: Room, held: tuple[MasterController, UserIdentifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, alice = held
    before = count(room, alice, ProtectionType.NO_PIN)

    def locked_meanwhile(*args: Any) -> Otp:
        controller.post(Lock())
        return managed_otp(*args)

    with monkeypatch.context() as patch:
        patch.setattr(otp, "managed_otp", locked_meanwhile)
        made = controller.post(GenerateOtp(None, None, alice, ProtectionType.NO_PIN))
    assert (made.status, made.otp) == (Status.INVALID_STATE, None)
    assert count(room, alice, ProtectionType.NO_PIN) == before + 1
    controller.post(Unlock())
    assert controller.post(GenerateOtp(None, None, alice, ProtectionType.NO_PIN)).otp is not None


def test_a_pin_that_is_being_looked_at_is_not_remembered(
    held: tuple[MasterController, UserIdentifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, alice = held
    controller.post(Lock())
    controller.post(Unlock())

    def locked_meanwhile(*args: Any) -> Any:
        controller.post(Lock())
        return unwrap(*args)

    with monkeypatch.context() as patch:
        patch.setattr(unlocking, "unwrap", locked_meanwhile)
        assert controller.post(GenerateOtp(None, PIN, alice, ProtectionType.PIN)).status is Status.INVALID_STATE
    controller.post(Unlock())
    assert controller.post(GenerateOtp(None, None, alice, ProtectionType.PIN)).status is Status.INVALID_STATE
    # the try was charged and not given back; the next right PIN brings it back
    assert standing(controller, alice).retry_counter == 4
    assert controller.post(GenerateOtp(None, PIN, alice, ProtectionType.PIN)).retry_counter == 5


def meanwhile(room: Room, monkeypatch: pytest.MonkeyPatch, path: str, action: Callable[[], object]) -> None:
    """Do something after the server has answered a call and before the device has the answer."""
    carry = room.network.carry

    def carried(request: httpx.Request) -> httpx.Response:
        response = carry(request)
        if request.url.path.endswith(path):
            action()
        return response

    monkeypatch.setattr(room.network, "carry", carried)


@pytest.mark.expects_log("softtoken.services.login")
def test_a_login_that_is_answered_after_the_lock_logs_nobody_in(
    room: Room, held: tuple[MasterController, UserIdentifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, alice = held
    code = controller.post(GenerateOtp(None, PIN, alice, for_login=True))
    assert code.otp is not None
    with monkeypatch.context() as patch:
        meanwhile(room, patch, "/login", lambda: controller.post(Lock()))
        result = controller.post(Login(alice, code.otp.code))
    assert result.status is Status.INVALID_STATE
    controller.post(Unlock())
    assert controller.post(GetState()).logged_in is None


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        pytest.param("/activate", Status.OK, id="the server took the keys, and they were stored before"),
        # said in docs/lock.md; the window therefore puts off the lock for idleness
        pytest.param("/add-device", Status.INVALID_ACTIVATION_CODE, id="the code is spent, and nothing was stored yet"),
    ],
)
def test_an_activation_that_is_under_way_is_forgotten_and_repeated(
    room: Room, origin: str, monkeypatch: pytest.MonkeyPatch, step: str, answer: Status
) -> None:
    controller = room.controller()
    controller.post(CreateVault())
    event = Activate(origin, f"alice@{room.network.tenant(origin)}", room.network.register(origin, "alice"), BOTH, PIN)
    with monkeypatch.context() as patch:
        meanwhile(room, patch, step, lambda: controller.post(Lock()))
        assert controller.post(event).status is Status.INVALID_STATE
    assert controller._activation._attempt is None
    controller.post(Unlock())
    assert controller.post(event).status is answer


def locked_after(controller: MasterController, patch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """Lock once this function, as the module calls it, has opened the file, and before anybody has what it opened."""
    whole = getattr(module, name)

    def opened(*args: Any, **named: Any) -> Any:
        vault = whole(*args, **named)
        controller.post(Lock())
        return vault

    patch.setattr(module, name, opened)


def test_a_lock_wins_against_an_opening_that_is_under_way(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = with_passphrase(room)
    controller.post(Lock())
    with monkeypatch.context() as patch:
        locked_after(controller, patch, access, "open_vault")
        assert controller.post(OpenVault(passphrase=PASSPHRASE)).status is Status.INVALID_STATE
    assert not is_open(controller)
    assert controller.post(GetState()).locked is LockKind.SECRET
    assert controller.post(OpenVault(passphrase=PASSPHRASE)).status is Status.OK


@pytest.mark.parametrize("event", [Start(), Unlock()])
def test_a_lock_wins_against_the_keyring(room: Room, monkeypatch: pytest.MonkeyPatch, event: Event[Any]) -> None:
    room.controller().post(CreateVault())
    controller = MasterController(room.home, room.keystore, room.clock, room.network.client)
    with monkeypatch.context() as patch:
        locked_after(controller, patch, access, "open_vault")
        assert controller.post(event).status is Status.INVALID_STATE
    assert not is_open(controller)
    assert controller.post(Start()).status is Status.INVALID_STATE
    assert controller.post(Unlock()).vault is VaultCondition.OPEN
    controller.close()


@pytest.mark.parametrize("event", [Start(), Unlock(), OpenVault(passphrase=PASSPHRASE)], ids=lambda e: type(e).__name__)
def test_a_lock_between_an_event_and_its_opening_leaves_nothing_open(
    room: Room, monkeypatch: pytest.MonkeyPatch, event: Event[Any]
) -> None:
    """Nothing could be done with it, but the keys stayed in memory behind the lock."""
    if isinstance(event, OpenVault):
        with_passphrase(room)
    else:
        room.controller().post(CreateVault())
    controller = MasterController(room.home, room.keystore, room.clock, room.network.client)
    whole = Copies.require_vault

    def locked(copies: Copies) -> None:
        monkeypatch.setattr(Copies, "require_vault", whole)
        controller.post(Lock())
        whole(copies)

    monkeypatch.setattr(Copies, "require_vault", locked)
    assert controller.post(event).status is Status.INVALID_STATE
    assert not is_open(controller)
    assert controller.post(GetState()).locked is not None
    controller.close()


def test_a_vault_that_is_being_made_is_made_and_locked(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = room.controller()
    with monkeypatch.context() as patch:
        locked_after(controller, patch, vault_making, "create_vault")
        made = controller.post(CreateVault())
    assert (made.status, made.recovery_code) == (Status.INVALID_STATE, None)
    assert not is_open(controller)
    opened = controller.post(Unlock())
    assert (opened.vault, opened.recovery_pending) == (VaultCondition.OPEN, True)


def test_without_a_vault_there_is_nothing_to_open_again(room: Room) -> None:
    controller = room.controller()
    result = controller.post(Lock())
    assert (result.status, result.vault, result.kind) == (Status.OK, VaultCondition.ABSENT, None)
    assert controller.post(CreateVault()).status is Status.OK


def test_a_vault_that_was_never_opened_is_locked_as_well(room: Room) -> None:
    room.controller().post(CreateVault())
    controller = MasterController(room.home, room.keystore, room.clock, room.network.client)
    assert controller.post(Lock()).kind is LockKind.SCREEN
    assert controller.post(Start()).status is Status.INVALID_STATE
    assert controller.post(Unlock()).vault is VaultCondition.OPEN
    controller.close()


def test_reset_of_a_locked_vault_begins_anew(held: tuple[MasterController, UserIdentifier]) -> None:
    controller, _ = held
    controller.post(Lock())
    assert controller.post(Reset()).status is Status.OK
    assert controller.post(GetState()).locked is None
    assert controller.post(Start()).vault is VaultCondition.ABSENT
    assert controller.post(CreateVault()).status is Status.OK


def test_a_vault_that_another_program_deleted_is_no_longer_locked(
    room: Room, held: tuple[MasterController, UserIdentifier]
) -> None:
    controller, _ = held
    controller.post(Lock())
    shutil.rmtree(room.home.folder)
    assert controller.post(Unlock()).vault is VaultCondition.ABSENT
    assert controller.post(GetState()).locked is None


@pytest.mark.expects_log("softtoken.services.auditing")
def test_a_lock_reaches_what_was_locked_while_a_login_waited_elsewhere(
    held: tuple[MasterController, UserIdentifier],
) -> None:
    controller, _ = held
    controller.post(Lock())
    assert controller.post(AwaitLogin(None)).status is Status.INVALID_STATE  # type: ignore[arg-type]


def test_the_time_without_use_is_kept_in_the_vault(room: Room) -> None:
    controller = room.controller()
    closed = controller.post(GetLockAfter())
    assert (closed.status, closed.seconds) == (Status.INVALID_STATE, 300)
    controller.post(CreateVault())
    assert controller.post(GetLockAfter()).seconds == 300
    for seconds in (0, 30, 3600, 24 * 3600):
        assert controller.post(SetLockAfter(seconds)).status is Status.OK
        assert controller.post(GetLockAfter()).seconds == seconds
    for seconds in (-1, 1, 29, 24 * 3600 + 1):
        assert controller.post(SetLockAfter(seconds)).status is Status.INVALID_PARAMETER
    assert controller.post(GetLockAfter()).seconds == 24 * 3600


def test_a_time_that_nobody_can_choose_is_the_usual_one(room: Room) -> None:
    controller = room.controller()
    controller.post(CreateVault())
    with room.vault() as vault:
        vault.update_options(lambda options: dataclasses.replace(options, lock_after=7))
    assert controller.post(GetLockAfter()).seconds == VaultOptions().lock_after


def test_a_lock_here_does_not_stop_another_process_with_the_keyring(room: Room) -> None:
    """Said in docs/lock.md: each process opens for itself."""
    controller = room.controller()
    controller.post(CreateVault())
    controller.post(Lock())
    other = MasterController(room.home, room.keystore, ManualClock(), room.network.client)
    assert other.post(Start()).vault is VaultCondition.OPEN
    other.close()


def test_a_keyring_that_is_asked_late_opens_nothing_after_a_lock(room: Room) -> None:
    """A prompt that is answered once the screen was locked."""
    room.controller().post(CreateVault())

    class Late(MemoryKeystore):
        then: Callable[[], object] = staticmethod(lambda: None)

        def read(self, vault_id: str) -> bytes | None:
            self.then()
            return super().read(vault_id)

    late = Late()
    late.items, late.evidences = room.keystore.items, room.keystore.evidences
    controller = MasterController(room.home, late, room.clock, room.network.client)
    late.then = lambda: controller.post(Lock())
    assert controller.post(Start()).status is Status.INVALID_STATE
    assert not is_open(controller)
    controller.close()


def test_the_history_says_why_it_was_locked(held: tuple[MasterController, UserIdentifier]) -> None:
    controller, _ = held
    controller.post(Lock(LockReason.SUSPEND))
    controller.post(Lock(LockReason.IDLE))  # it was locked already
    controller.post(Unlock())
    entries = [(one.note.kind, one.note.facts.get("reason")) for one in controller.post(GetHistory()).entries]
    assert [entry for entry in entries if entry[0] == AuditKind.LOCKED] == [(AuditKind.LOCKED, "SUSPEND")]
