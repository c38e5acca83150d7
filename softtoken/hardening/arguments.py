"""Secrets taken out of the arguments that the system shows of this process: on Linux every user may read those.

Source: proc(5), /proc/PID/cmdline and arg_start, arg_end of /proc/PID/stat.
"""

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_ARG_START, _ARG_END = 48 - 3, 49 - 3
"""Their places behind the program's name, which is the second field and may have spaces."""


def hide_secrets(schemes: Sequence[str], options: Sequence[str]) -> None:
    """Overwrite each link of one of these schemes, and what follows one of these options. Best effort.

    Python's own copies stay. Whoever started this program still had it among his arguments, for as long as that took.
    """
    with suppress(OSError, IndexError, ValueError):
        fields = Path("/proc/self/stat").read_text(errors="replace").rpartition(")")[2].split()
        start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
        if not 0 < start < end:
            return
        place, hidden = start, False
        for argument in ctypes.string_at(start, end - start).split(b"\0"):
            shown = next((len(one) + 1 for one in options if argument.startswith(f"{one}=".encode())), len(argument))
            if hidden or argument.strip().lower().startswith(tuple(scheme.encode() for scheme in schemes)):
                shown = 0
            ctypes.memset(place + shown, ord("*"), len(argument) - shown)
            hidden = argument in {one.encode() for one in options}
            place += len(argument) + 1
