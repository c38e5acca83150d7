"""What is remembered beside the vault: the session, an activation under way, a biometric prompt."""

from collections.abc import Callable

from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.services.session import Session, SessionCell


class Memory:
    """All that a lock and an end have to drop, in one place."""

    def __init__(self, session: SessionCell, prompts: BiometricPrompts, forget_activation: Callable[[], None]) -> None:
        self._session = session
        self._prompts = prompts
        self._forget_activation = forget_activation

    def end_session(self) -> None:
        """As at a new start: an activation under way goes on."""
        self._session.end()
        self._prompts.cancel()

    def forget(self) -> None:
        """Everything, before the keys are dropped; a wish for the next login stays."""
        self._session.end()
        self._forget_activation()
        self._prompts.settle(_BEFORE_LOCKING)  # a finger that comes now opens nothing

    def forget_all(self) -> None:
        """The wish too: the program ends, or the vault is gone."""
        self._session.end(lambda _: Session())
        self._forget_activation()

    def settle(self) -> None:
        """Stop every prompt, and give it the time to write what became of it."""
        self._prompts.settle(_PATIENCE)


_PATIENCE = 2.0
"""Seconds for a prompt that was stopped to write what became of it."""
_BEFORE_LOCKING = 0.5
"""The same while the keys wait to be dropped; a try whose prompt does not end in that time stays counted."""
