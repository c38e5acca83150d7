"""Another program of the same user, which tries to read a process: what it manages, as JSON on standard output.

Called with the process id, which must not be its child's or parent's.
"""

import ctypes
import json
import os
import sys
from collections.abc import Callable

_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17


def main(pid: int) -> None:
    attempts = {"environ": _environ, "memory": _memory, "attach": _attach}
    print(json.dumps({name: _succeeds(attempt, pid) for name, attempt in attempts.items()}))


def _succeeds(attempt: Callable[[int], None], pid: int) -> bool:
    try:
        attempt(pid)
    except PermissionError:
        return False
    return True


def _environ(pid: int) -> None:
    with open(f"/proc/{pid}/environ", "rb") as environ:
        environ.read()


def _memory(pid: int) -> None:
    with open(f"/proc/{pid}/maps") as maps:
        start = next(int(line.split("-")[0], 16) for line in maps if " rw-p " in line)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(start)
        memory.read(16)


def _attach(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_ATTACH, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(pid, 0x40000000)  # __WALL
    libc.ptrace(_PTRACE_DETACH, pid, None, None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
