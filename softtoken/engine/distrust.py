"""What a credential's state becomes when the file that holds it was restored or edited."""

from dataclasses import replace

from softtoken.engine.atc import ATC_END, AtcPolicy, AtcState
from softtoken.engine.pin import RetryPolicy
from softtoken.engine.resync import RESYNCHRONISATION_WINDOW
from softtoken.engine.tokens import CredentialState

MARGIN = 100
"""Counters kept free for attempts at resynchronising whose answers are lost."""


def distrusted(state: CredentialState, retry: RetryPolicy, atc: AtcPolicy) -> CredentialState:
    """One PIN try is left, no code is made, and the counter is ahead of what may have been used meanwhile.

    How many codes were made since the file was copied is unknown. The server expects at least `counter - used`, so
    this far ahead two consecutive codes still lie inside its window, whatever it expects now up to this counter.
    """
    ahead = skipped(state, state.atc.used)
    return replace(
        ahead,
        atc=AtcState(max(ahead.atc.used, atc.limit)),
        tries=replace(state.tries, failed=max(state.tries.failed, retry.max_tries - 1)),
        resynchronise=True,
    )


def skipped(state: CredentialState, used: int = 0) -> CredentialState:
    """Skip the counters that may be used up: again, if a right key's two codes were refused.

    The server was then ahead of the codes that it refused, so what it expects is still within the window.
    Skipped counters count as used: a copy of the file made from here on must not skip them once more.
    """
    wanted = max(0, RESYNCHRONISATION_WINDOW - MARGIN - used)
    counter = min(state.counter + wanted, ATC_END)
    return replace(state, counter=counter, atc=AtcState(state.atc.used + counter - state.counter))
