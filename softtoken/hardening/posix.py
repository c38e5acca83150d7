"""Linux and macOS: resource limits, prctl, ptrace, umask.

Sources: prctl(2), PR_SET_DUMPABLE; ptrace(2), "ptrace access mode checking"; getrlimit(2); Darwin's <sys/ptrace.h>.
"""

import ctypes
import os
import sys
from typing import Any

from softtoken.hardening.measures import Act, Measure

_PR_SET_DUMPABLE = 4
_PT_DENY_ATTACH = 31
_PRIVATE = 0o077


def acts_of_posix(platform: str) -> dict[Measure, Act]:
    """platform: as sys.platform says."""
    acts: dict[Measure, Act] = {Measure.PRIVATE_FILES: _private_files, Measure.NO_CORE_DUMPS: _no_core_dumps}
    if platform.startswith("linux"):
        acts[Measure.NO_TRACING] = lambda: not_dumpable(_libc())
    elif platform == "darwin":
        acts[Measure.NO_TRACING] = lambda: deny_attach(_libc())
    return acts


def not_dumpable(libc: Any) -> None:
    """Linux: no core dump even through a pipe, no ptrace, and /proc/PID/mem, maps and environ belong to root."""
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("prctl")


def deny_attach(libc: Any) -> None:
    """macOS: debuggers are turned away; the system ends a process that one is attached to already."""
    if libc.ptrace(_PT_DENY_ATTACH, 0, None, 0) != 0:
        raise OSError("ptrace")


def _no_core_dumps() -> None:
    if sys.platform != "win32":
        import resource

        # the hard limit, too: another process of this user could raise the soft one
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _private_files() -> None:
    os.umask(_PRIVATE)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
