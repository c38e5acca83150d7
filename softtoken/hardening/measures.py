"""What may be done about a process, and doing it in an order that leaves out nothing that could be done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """What may be done about a process; each system knows some of them."""

    NO_CORE_DUMPS = "NO_CORE_DUMPS"
    NO_TRACING = "NO_TRACING"
    NO_CRASH_REPORTS = "NO_CRASH_REPORTS"
    SAFE_LIBRARY_SEARCH = "SAFE_LIBRARY_SEARCH"
    PRIVATE_FILES = "PRIVATE_FILES"


class Standing(StrEnum):
    """What became of a measure.

    REFUSED: the system did not let us. LEFT_OUT: the developer's variable says so. IN_SNAP: it would cut a snap off
    from the desktop's portals. NOT_YET: nobody has asked for it in this process.
    """

    ON = "ON"
    REFUSED = "REFUSED"
    LEFT_OUT = "LEFT_OUT"
    IN_SNAP = "IN_SNAP"
    NOT_YET = "NOT_YET"


@dataclass(frozen=True, slots=True)
class Protection:
    """One measure and what became of it."""

    measure: Measure
    standing: Standing


Act = Callable[[], None]
"""Takes one measure; OSError, AttributeError or ValueError if this system does not let it."""


class Hardening:
    """The measures of one process, in the order in which they are taken."""

    def __init__(self, acts: Mapping[Measure, Act], exempt: Mapping[Measure, Standing]) -> None:
        """exempt: measures that are not taken here, and why."""
        self._acts = acts
        self._exempt = exempt
        self._standings = dict.fromkeys(acts, Standing.NOT_YET)

    def harden(self) -> None:
        """Everything but NO_TRACING."""
        for measure in self._acts:
            if measure is not Measure.NO_TRACING:
                self._take(measure)

    def refuse_tracing(self) -> None:
        """From now on no other process of this user may read this one's memory. Cannot be asked back."""
        if Measure.NO_TRACING in self._acts:
            self._take(Measure.NO_TRACING)

    def report(self) -> tuple[Protection, ...]:
        return tuple(Protection(measure, standing) for measure, standing in self._standings.items())

    def _take(self, measure: Measure) -> None:
        if (why := self._exempt.get(measure)) is not None:
            self._standings[measure] = why
            return
        try:
            self._acts[measure]()
        except (OSError, AttributeError, ValueError):
            self._standings[measure] = Standing.REFUSED
        else:
            self._standings[measure] = Standing.ON
