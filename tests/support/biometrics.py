"""A sensor without a person: what it says is decided beforehand, and it keeps the contract of every real one."""

import threading
from secrets import token_bytes
from typing import TYPE_CHECKING

from softtoken.secret import Key, Secret
from softtoken.vault.biometrics.protocol import (
    Binding,
    BiometricError,
    BiometricHint,
    BiometricProblem,
    Prompt,
)
from softtoken.vault.envelope import Tampered, joined, seal, unseal_secret

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeBiometrics:
    """answers: what the next prompts bring; None is a yes, and so is each after the last.

    during: called while the person is waited for, with the prompt. held: hold every prompt until it is stopped.
    prompts: the reasons that were shown, in their order. kept: what the system keeps, by credential.
    """

    name = "fake reader"

    def __init__(self, binding: Binding = Binding.PROMPT) -> None:
        self.binding = binding
        self.state: BiometricProblem | None = None
        self.answers: list[BiometricProblem | None] = []
        self.hints: list[BiometricHint] = [BiometricHint.TOUCH]
        self.during: Callable[[Prompt], None] = lambda _: None
        self.held = False
        self.waiting = threading.Event()
        self.prompts: list[str] = []
        self.kept: dict[str, bytes] = {}

    def problem(self) -> BiometricProblem | None:
        return self.state

    def wrap(self, key: Key, credential_id: str, prompt: Prompt) -> bytes:
        self._ask(prompt)
        self.kept[credential_id] = token_bytes(32)
        return seal(self.kept[credential_id], key, joined("fake", credential_id))

    def unwrap(self, blob: bytes, credential_id: str, prompt: Prompt) -> Secret:
        kept = self.kept.get(credential_id)
        if kept is None:
            raise BiometricError(BiometricProblem.CHANGED)
        self._ask(prompt)
        try:
            return unseal_secret(kept, blob, joined("fake", credential_id))
        except Tampered:
            raise BiometricError(BiometricProblem.CHANGED) from None

    def forget(self, credential_id: str) -> None:
        self.kept.pop(credential_id, None)

    def _ask(self, prompt: Prompt) -> None:
        if self.state is not None:
            raise BiometricError(self.state)
        self.prompts.append(prompt.reason)
        for hint in self.hints:
            prompt.hint(hint)
        self.during(prompt)
        stopped = threading.Event()
        with prompt.cancellation.waking(stopped.set):
            self.waiting.set()
            if self.held:
                stopped.wait(prompt.seconds)
        self.waiting.clear()
        if prompt.cancellation.cancelled:
            raise BiometricError(BiometricProblem.CANCELLED)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise BiometricError(answer)
