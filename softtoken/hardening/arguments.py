"""Links taken out of the arguments that the system shows of this process: on Linux every user may read those.

Source: proc(5), /proc/PID/cmdline and arg_start, arg_end of /proc/PID/stat.
"""

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_ARG_START, _ARG_END = 48 - 3, 49 - 3
"""Their places behind the program's name, which is the second field and may have spaces."""


def hide_links(schemes: Sequence[str]) -> None:
    """Overwrite each argument that begins with one of these; Python's own copies stay. Best effort.

    Whoever handed the link over still had it among his arguments, for as long as that took.
    """
    with suppress(OSError, IndexError, ValueError):
        fields = Path("/proc/self/stat").read_text(errors="replace").rpartition(")")[2].split()
        start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
        if not 0 < start < end:
            return
        place = start
        for argument in ctypes.string_at(start, end - start).split(b"\0"):
            if argument.strip().lower().startswith(tuple(scheme.encode() for scheme in schemes)):
                ctypes.memset(place, ord("*"), len(argument))
            place += len(argument) + 1
