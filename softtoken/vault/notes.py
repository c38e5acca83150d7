"""Notes beside the copies: what those hold is being replaced. One that is left behind says that they have to go."""

import os
import re
import secrets
import sys
from contextlib import suppress
from pathlib import Path

NOTES = r"\.replacing-[0-9a-f]{16}"
"""An expression for their names."""

_TRIES = 5
_BINARY = getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class Note:
    """Nobody else takes it for one that was left while it is held; being killed lets go of it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def settle(self) -> None:
        """There is nothing left that has to go."""
        if sys.platform == "win32":  # where an open file cannot be deleted
            self.leave()
        with suppress(OSError):
            os.unlink(self._path)
        if sys.platform != "win32":
            self.leave()

    def leave(self) -> None:
        """For the next one who looks."""
        os.close(self._descriptor)


def put_note(folder: Path) -> Note:
    """A note that outlasts a loss of power. Raises OSError, FileNotFoundError where there is no folder."""
    for _ in range(_TRIES):
        path = folder / f".replacing-{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | _NO_FOLLOW | _BINARY, 0o600)
        # between these two somebody may have taken it for one that was left; then it is his
        if _held(descriptor) and os.path.lexists(path):
            _sync(folder, descriptor)
            return Note(path, descriptor)
        os.close(descriptor)
    raise BlockingIOError


def left_notes(folder: Path) -> list[Note]:
    """Those that nobody holds any more; they are the caller's now. A folder that is missing is fine."""
    found = []
    with suppress(OSError):
        for name in os.listdir(folder):
            if re.fullmatch(NOTES, name):
                with suppress(OSError):
                    descriptor = os.open(folder / name, os.O_RDWR | _NO_FOLLOW | _BINARY)
                    if _held(descriptor):
                        found.append(Note(folder / name, descriptor))
                    else:
                        os.close(descriptor)
    return found


def _held(descriptor: int) -> bool:
    """Is it ours now? A file system that cannot lock says yes."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return sys.platform != "win32" and not isinstance(error, BlockingIOError)
    return True


def _sync(folder: Path, descriptor: int) -> None:
    os.fsync(descriptor)
    if sys.platform != "win32":
        names = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
