"""The ends of a run's parts: start and restart, lock and unlock, a copy put back, everything deleted."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from softtoken.services import events as ev
from softtoken.services.access import VaultAccess
from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.services.config import McConfig
from softtoken.services.copies import CopyService
from softtoken.services.events import KeyringProblem, Status, VaultCondition
from softtoken.services.lock_gate import LockGate
from softtoken.services.memory import Memory
from softtoken.services.product_state import ProductState
from softtoken.services.provider import current_provider, recorded_provider
from softtoken.vault.errors import VaultError
from softtoken.vault.keystore import Keystore
from softtoken.vault.store import credential_ids

_A_MOMENT = 3
"""Seconds for a keyring that was just found wanting to say its name."""


class Opening:
    """Handles the events after which the vault is open or not."""

    def __init__(
        self,
        path: Path,
        keystore: Keystore,
        access: VaultAccess,
        gate: LockGate,
        state: ProductState,
        memory: Memory,
        prompts: BiometricPrompts,
        copies: CopyService,
        config: Callable[[], McConfig],
    ) -> None:
        self._path = path
        self._keystore = keystore
        self._access = access
        self._gate = gate
        self._state = state
        self._memory = memory
        self._prompts = prompts
        self._copies = copies
        self._config = config

    def start(self, event: ev.Start) -> ev.StartResult:
        self._config()  # a broken configuration is said at the start, not at the first code
        self._leave_broken()  # its file went, broke, or is another one: what is there now is opened
        condition, keyring = self._access.start(event.keyring_seconds)
        started = self._state.started(Status.OK, condition, keyring)
        if keyring is KeyringProblem.NONE:
            return started
        return replace(
            started,
            keyring_recorded=recorded_provider(self._path),
            keyring_now=current_provider(self._keystore, _A_MOMENT),
        )

    def restart(self, _: ev.Restart) -> ev.StartResult:
        self._memory.end_session()
        return self._state.started(Status.OK, self._access.condition())

    def open(self, event: ev.OpenVault) -> ev.StartResult:
        status = self._access.open(event.passphrase, event.recovery_code)
        return self._state.started(status, self._access.condition())

    def lock(self, _: ev.Lock) -> ev.LockResult:
        kind = self._gate.lock()
        return ev.LockResult(Status.OK, self._state.sdk_state(), self._access.condition(), kind)

    def unlock(self, event: ev.Unlock) -> ev.StartResult:
        condition, keyring = self._access.start(event.keyring_seconds)
        if condition is VaultCondition.ABSENT:
            self._gate.note_gone()
        return self._state.started(Status.OK, condition, keyring)

    def put_back(self, event: ev.RestoreCopy) -> ev.RestoreCopyResult:
        self._leave_broken()
        return self._copies.put_back(event, is_open=self._access.vault is not None)

    def _leave_broken(self) -> None:
        if self._access.is_broken():
            self._memory.forget()
            self._access.close()

    def reset(self, _: ev.Reset) -> ev.StatusResult:
        self._memory.settle()
        vault = self._access.vault
        vault_id = vault.vault_id if vault else ""
        kept: tuple[str, ...] = ()
        with suppress(VaultError):  # whose file broke or is gone must get rid of the rest all the same
            kept = credential_ids(self._path)  # a closed vault tells no more, so which are biometric is not asked
        self._access.reset()
        self._prompts.forget(vault_id, kept)
        self._gate.note_gone()
        self._memory.forget_all()
        return ev.StatusResult(Status.OK)
