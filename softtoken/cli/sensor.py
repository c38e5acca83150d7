"""Posting what may ask for a finger or a face: hints on standard error, and Ctrl-C stops the asking."""

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from softtoken.cli.sensor_words import HINTS
from softtoken.services.events import BiometricPrompt, CancelBiometric, Event, Notification

if TYPE_CHECKING:
    from softtoken.cli.context import Context

R = TypeVar("R")
_WAKE = 0.25
"""Seconds after which Ctrl-C is heard on a system whose waits cannot be interrupted."""


def post_asking(run: "Context", event: Event[R]) -> R:
    """The event's result. Ctrl-C while somebody is waited for ends that, with USER_CANCEL; else it ends the command."""
    asking = False

    def hear(told: Notification) -> None:
        nonlocal asking
        if isinstance(told, BiometricPrompt):
            asking = told.hint is not None
            if told.hint is not None:
                run.answer.aside(HINTS[told.hint])

    controller = run.controller
    unsubscribe = controller.subscribe(hear)
    # the waiting is another thread's: this one has to hear Ctrl-C
    lane = ThreadPoolExecutor(1)
    try:
        future = lane.submit(controller.post, event)
        while True:
            try:
                if wait([future], _WAKE).done:
                    return future.result()
            except KeyboardInterrupt:
                if not asking:
                    raise
                controller.post(CancelBiometric())
    finally:
        unsubscribe()
        lane.shutdown(wait=False)
