"""A file where a person wants it: read whole, written whole or not at all, for its owner only."""

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softtoken.vault.errors import FileFailed

_BINARY = getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def write_whole(path: Path, data: bytes, *, replace: bool) -> bool:
    """Write it, 0600, durable when this returns. False if there is something of that name and `replace` is not set.

    A link of that name is replaced, not followed. Raises FileFailed; what was there before is there still then.
    """
    with _faults(path):
        if not replace and os.path.lexists(path):
            return False
        temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.new")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                os.replace(temporary, path)
            elif not _named(temporary, path):
                return False
            _sync_folder(path.parent)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
    return True


def read_whole(path: Path, most: int) -> bytes | None:
    """What is in it; None if that is more than so many bytes. Raises FileFailed, also for what is no plain file."""
    with _faults(path):
        descriptor = os.open(path, os.O_RDONLY | _BINARY | _NO_WAIT)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileFailed(path, "EINVAL")
            data = file.read(most + 1)
    return data if len(data) <= most else None


def _named(temporary: Path, path: Path) -> bool:
    """Give it its name, never over another one's."""
    try:
        if sys.platform == "win32":
            os.rename(temporary, path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:
        if os.path.lexists(path):
            return False
        os.rename(temporary, path)  # a file system without hard links, as sticks have
    return True


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        with suppress(OSError):  # the file itself is on the disk
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # the second: a name with a zero byte
        number = error.errno if isinstance(error, OSError) else None
        raise FileFailed(path, errno.errorcode.get(number or 0, "EIO")) from error
