"""A system's own prompt, whose call returns when it likes, asked from a thread beside the one that waits for it."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from softtoken.vault.biometrics.protocol import BiometricError, BiometricHint, BiometricProblem, Prompt

_T = TypeVar("_T")


class Aside:
    """One prompt at a time: while a given-up one is still on the screen the next is BUSY.

    An answer that comes after its prompt was given up is dropped, a yes like a no.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()

    def ask(self, call: Callable[[], _T], prompt: Prompt, give_up: Callable[[], None] | None = None) -> _T:
        """What the call returns or raises. CANCELLED and TIMED_OUT do not wait for it.

        give_up: takes the prompt off the screen, where the system lets us; the call then ends in its own time.
        """
        _refuse_cancelled(prompt)
        if not self._asking.acquire(blocking=False):
            raise BiometricError(BiometricProblem.BUSY)
        outcome: Future[_T] = Future()
        stirred = threading.Event()

        def run() -> None:
            try:
                outcome.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                outcome.set_exception(error)
            finally:
                self._asking.release()
                stirred.set()

        # not an executor: the interpreter would wait for its thread at exit
        threading.Thread(target=run, name="biometrics", daemon=True).start()
        prompt.hint(BiometricHint.SYSTEM_PROMPT)
        with prompt.cancellation.waking(stirred.set):
            stirred.wait(prompt.seconds)
        try:
            _refuse_cancelled(prompt)
            if outcome.done():
                return outcome.result()
            raise BiometricError(BiometricProblem.TIMED_OUT)
        finally:
            if give_up is not None and not outcome.done():
                give_up()


def _refuse_cancelled(prompt: Prompt) -> None:
    if prompt.cancellation.cancelled:
        raise BiometricError(BiometricProblem.CANCELLED)
