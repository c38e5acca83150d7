"""What a credential's state becomes when the file that holds it was restored or edited."""

from dataclasses import dataclass, replace

from softtoken.engine.atc import ATC_END, AtcPolicy, AtcState
from softtoken.engine.pin import RetryPolicy
from softtoken.engine.resync import RESYNCHRONISATION_WINDOW
from softtoken.engine.tokens import CredentialState

MARGIN = 100
"""Counters kept free for attempts at resynchronising whose answers are lost."""

UNTOLD = 200
"""Counters that may have been taken behind a witness's back: it is not waited for where it guards no PIN.

More than MARGIN, so that a late answer to a code from before cannot pass for one to a code from after.
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a witness outside the file last saw a credential: its counter, the codes used, the PIN tries failed."""

    counter: int
    used: int
    failed: int


def distrusted(state: CredentialState, retry: RetryPolicy, atc: AtcPolicy, seen: Seen | None = None) -> CredentialState:
    """One PIN try is left, no code is made, and the counter is ahead of what may have been used meanwhile.

    With a witness that is known but for a few codes. Without, it is not: the server expects at least `counter - used`,
    so the counter goes as far ahead as two consecutive codes still lie inside its window.
    """
    state, skip = (state, _REACH) if seen is None else (_as_seen(state, seen), UNTOLD)
    ahead = _ahead(state, min(skip, _REACH - state.atc.used))
    return replace(
        ahead,
        atc=AtcState(max(ahead.atc.used, atc.limit)),
        tries=replace(state.tries, failed=max(state.tries.failed, retry.max_tries - 1)),
        resynchronise=True,
    )


def skipped(state: CredentialState) -> CredentialState:
    """Skip the counters that may be used up: a right key's two codes were refused.

    The server was then ahead of the codes that it refused, so what it expects is still within the window.
    Skipped counters count as used: a copy of the file made from here on must not skip them once more.
    """
    return _ahead(state, _REACH)


_REACH = RESYNCHRONISATION_WINDOW - MARGIN


def _as_seen(state: CredentialState, seen: Seen) -> CredentialState:
    """The later of the two; what the server expects at least is what either of them says."""
    counter = max(state.counter, seen.counter)
    expected = max(state.counter - state.atc.used, seen.counter - seen.used)
    tries = replace(state.tries, failed=max(state.tries.failed, seen.failed))
    return replace(state, counter=counter, atc=AtcState(counter - expected), tries=tries)


def _ahead(state: CredentialState, counters: int) -> CredentialState:
    counter = min(state.counter + max(0, counters), ATC_END)
    return replace(state, counter=counter, atc=AtcState(state.atc.used + counter - state.counter))
