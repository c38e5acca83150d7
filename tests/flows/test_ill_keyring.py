"""A keyring that can be read and takes nothing: the vault opens, the start says so, and no try is lost."""

from collections.abc import Callable

import pytest
from support.flows import PIN, MemoryKeystore, Tenant, activate, identifier

from softtoken.engine.tokens import ProtectionType
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    GenerateOtp,
    GetCredentialInformation,
    KeyringProblem,
    Lock,
    Start,
    Status,
    Unlock,
    VaultCondition,
)
from softtoken.vault.errors import KeystoreError, KeystoreProblem

Controllers = Callable[..., MasterController]


@pytest.mark.parametrize("problem", list(KeystoreProblem))
def test_it_is_met_at_the_start_and_blocks_nothing(
    make_controller: Controllers, tenant: Tenant, keystore: MemoryKeystore, problem: KeystoreProblem
) -> None:
    first = make_controller()
    _, token = activate(first, tenant)
    first.close()
    keystore.keeps_nothing = problem
    controller = make_controller()
    started = controller.post(Start())
    assert (started.status, started.vault, started.tokens) == (Status.OK, VaultCondition.OPEN, (token,))
    assert started.keyring is KeyringProblem(problem.value)
    assert started.keyring_now == "memory"
    assert not started.restored

    plain = GenerateOtp(None, None, identifier(token), ProtectionType.NO_PIN)
    assert controller.post(plain).status is Status.OK
    with pytest.raises(KeystoreError):
        controller.post(GenerateOtp(None, PIN, identifier(token)))
    known = controller.post(GetCredentialInformation(identifier(token), ProtectionType.PIN))
    assert known.retry_counter == 5, "the PIN was not looked at"

    keystore.keeps_nothing = None
    assert controller.post(Start()).keyring is KeyringProblem.NONE
    assert controller.post(GenerateOtp(None, PIN, identifier(token))).status is Status.OK


def test_it_is_met_at_an_unlocking(make_controller: Controllers, tenant: Tenant, keystore: MemoryKeystore) -> None:
    controller = make_controller()
    activate(controller, tenant)
    controller.post(Lock())
    keystore.keeps_nothing = KeystoreProblem.LOCKED
    unlocked = controller.post(Unlock())
    assert (unlocked.vault, unlocked.keyring) == (VaultCondition.OPEN, KeyringProblem.LOCKED)
