"""Codes behind the real fprintd: which fingers are a try, counted on disk, when the question ends early."""

import sys
from collections.abc import Iterator

import pytest
from services.room import Room
from support.fingerprints import FingerprintBus, fingerprint_bus
from support.flows import DIGEST

from softtoken.engine.tokens import ProtectionType
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    BiometricHint,
    BiometricProblem,
    BiometricPrompt,
    CancelBiometric,
    GenerateOtp,
    Notification,
    Status,
)
from softtoken.vault.biometrics.linux import LinuxBiometrics

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fprintd is a thing of Linux")

BIOMETRIC = ProtectionType.BIOMETRIC


@pytest.fixture
def desk() -> Iterator[FingerprintBus]:
    with fingerprint_bus() as bus:
        yield bus


@pytest.fixture
def controller(room: Room, desk: FingerprintBus) -> Iterator[MasterController]:
    controller = MasterController(
        room.home,
        room.keystore,
        room.clock,
        room.network.client,
        lambda: DIGEST,
        biometrics=lambda vault_id: LinuxBiometrics(vault_id, room.keystore, desk.socket),
    )
    yield controller
    controller.close()


def test_a_wrong_finger_and_then_a_cancel_is_a_try(
    room: Room, desk: FingerprintBus, controller: MasterController
) -> None:
    """Else somebody at the desk could try finger after finger."""
    whose = ["alice"]

    def at_the_reader(told: Notification) -> None:
        match told:
            case BiometricPrompt(_, BiometricHint.SWIPE):
                desk.finger(f"SCAN {whose[0]}")
            case BiometricPrompt(_, BiometricHint.NOT_RECOGNISED):
                controller.post(CancelBiometric())
            case _:
                pass

    controller.subscribe(at_the_reader)
    alice = room.activate(controller, room.network.add("one"), protections=frozenset(ProtectionType))
    whose[0] = "mallory"
    results = [controller.post(GenerateOtp(None, None, alice, BIOMETRIC)) for _ in range(2)]
    told = [(one.status, one.biometric, one.retry_counter) for one in results]
    assert told == [(Status.BIOMETRIC_FAILED, BiometricProblem.NO_MATCH, left) for left in (4, 3)]
    id_, _ = room.wrapped(alice, BIOMETRIC)
    with room.vault() as vault:
        assert vault.state(id_).tries.failed == 2
