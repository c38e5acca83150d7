"""What this process asks of the system against being read from outside: no core dumps, no tracing, private files.

Done before anything secret is in memory. Whatever the system refuses is left out and told (`report`), never a reason
not to start: without it the program is as safe as any other. docs/hardening.md says what each measure is worth.
"""

import os
import sys
from collections.abc import Mapping, Sequence

from softtoken.hardening.measures import Act, Hardening, Measure, Protection, Standing

__all__ = ["DEBUGGABLE", "Measure", "Protection", "Standing", "harden", "hide_secrets", "refuse_tracing", "report"]

DEBUGGABLE = "SOFTTOKEN_DEBUGGABLE"
"""An environment variable for developers: `1` leaves tracing and core dumps as they are. Not for frozen programs."""

_TRACING = frozenset({Measure.NO_TRACING, Measure.NO_CORE_DUMPS, Measure.NO_CRASH_REPORTS})


def exemptions(environment: Mapping[str, str], *, frozen: bool) -> dict[Measure, Standing]:
    """What is not done in this environment.

    The developer's variable works in a checkout or an installed wheel alone: who could set it there could as well
    change the program's files. A shipped program has no such switch.
    """
    if environment.get(DEBUGGABLE) == "1" and not frozen:
        return dict.fromkeys(_TRACING, Standing.LEFT_OUT)
    # the portals tell whom they serve from /proc/PID/root, which is closed then (xdg-desktop-portal's issue 785)
    if environment.get("SNAP") and environment.get("SNAP_NAME"):
        return {Measure.NO_TRACING: Standing.IN_SNAP}
    return {}


def this_process() -> Hardening:
    """For the system that this runs on."""
    acts: dict[Measure, Act]
    if sys.platform == "win32":
        from softtoken.hardening.windows import acts_of_windows

        acts = acts_of_windows()
    else:
        from softtoken.hardening.posix import acts_of_posix

        acts = acts_of_posix(sys.platform)
    return Hardening(acts, exemptions(os.environ, frozen=bool(getattr(sys, "frozen", False))))


def hide_secrets(schemes: Sequence[str], options: Sequence[str]) -> None:
    """Arguments that hold an activation code or a key: other users must not see them here."""
    if sys.platform.startswith("linux"):
        from softtoken.hardening.arguments import hide_secrets as hide

        hide(schemes, options)


_THIS = this_process()  # a process has one state, whoever asks
harden, refuse_tracing, report = _THIS.harden, _THIS.refuse_tracing, _THIS.report
