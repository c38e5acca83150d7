"""The vault as files on a disk: whom to trust, how one appears at once, how one goes."""

import errno
import itertools
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softtoken.vault.errors import Distrust, VaultBusy, VaultDamaged, VaultExists, VaultUntrusted, VaultUnwritable

SIDE_FILES = ("-wal", "-shm", "-journal")
_STALE_SECONDS = 3600
_LOCK_SECONDS = 5.0
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BINARY = getattr(os, "O_BINARY", 0)


def check_trusted(path: Path) -> None:
    """VaultDamaged if the file is missing; VaultUntrusted if it is a link, not ours, or if others may change it or its
    folder.

    One of ours that others may read is closed to them. Only on POSIX is more than presence judged; on Windows the
    profile folder's own rights protect it.
    """
    if not os.path.lexists(path):
        raise VaultDamaged("missing", path)
    for name in (path, *(beside(path, suffix) for suffix in SIDE_FILES)):
        try:
            status = os.lstat(name)
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(status.st_mode):
            reason = Distrust.LINK if stat.S_ISLNK(status.st_mode) else Distrust.NO_FILE
            raise VaultUntrusted(reason, name, status.st_uid)
        if sys.platform != "win32":
            if status.st_uid != os.geteuid():
                raise VaultUntrusted(Distrust.FILE_OWNER, name, status.st_uid)
            if _others_may_write(status):
                raise VaultUntrusted(Distrust.FILE_OPEN, name, status.st_uid)
            if status.st_mode & _OTHERS:
                # a copy that was put back by hand; encrypted as it is, it is nobody else's business
                with suppress(OSError):
                    os.chmod(name, stat.S_IMODE(status.st_mode) & ~_OTHERS)
    _check_folder(path)


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands there now; None if none does."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def obstacle(path: Path) -> str | None:
    """Why the file or its folder may not be written, as an errno's name; None if they may.

    Asks, and does not try: closing a second descriptor of a file would drop the locks of every connection to it.
    """
    effective = os.access in os.supports_effective_ids
    if all(os.access(name, os.W_OK, effective_ids=effective) for name in (path, path.parent)):
        return None
    if sys.platform != "win32" and os.statvfs(path.parent).f_flag & os.ST_RDONLY:
        return "EROFS"
    return "EACCES"


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextmanager
def disk_faults() -> Iterator[None]:
    """OSErrors as VaultUnwritable."""
    try:
        yield
    except OSError as error:
        raise VaultUnwritable(errno.errorcode.get(error.errno or 0, "EIO")) from error


@contextmanager
def temporary_file(path: Path, leftovers: str | None = None) -> Iterator[Path]:
    """An empty file of ours in the vault's folder (made if need be); its name is gone afterwards.

    leftovers: as for `sweep`, what else a run that was killed an hour ago may have left for files like this one.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_folder(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | _NO_FOLLOW | _BINARY, 0o600))
    try:
        for pattern in (_leftovers(path), leftovers):
            if pattern is not None:
                _sweep(path.parent, pattern, older_than=os.lstat(temporary).st_mtime - _STALE_SECONDS)
        yield temporary
    finally:
        for suffix in ("", *SIDE_FILES):
            with suppress(FileNotFoundError):
                os.unlink(beside(temporary, suffix))


def publish(temporary: Path, path: Path) -> None:
    """Give the finished file its name, never over another one (VaultExists); durable when it returns."""
    _sync(temporary)
    with _folder_lock(path.parent):
        if os.path.lexists(path):
            raise VaultExists
        # a log left by a vault that is gone would be replayed into this one
        for suffix in SIDE_FILES:
            with suppress(FileNotFoundError):
                os.unlink(beside(path, suffix))
        try:
            if sys.platform == "win32":
                os.rename(temporary, path)
            else:
                _linked(temporary, path)
        except FileExistsError:
            raise VaultExists from None
        try:
            _sync_folder(path.parent)
        except OSError:
            # the caller is told that there is no vault, so there must be none
            with suppress(OSError):
                os.unlink(path)
            raise


def discard(path: Path) -> None:
    """Delete a vault with its side files and leftovers; a missing one is fine.

    The file loses its name first: killed in between, there is no vault rather than one without its latest
    writes. Overwriting is best effort: a disk that remaps its blocks keeps old ones.
    """
    doomed = path.with_name(f".{path.name}.{secrets.token_hex(8)}.gone")
    with _folder_lock(path.parent):
        with suppress(FileNotFoundError):
            os.rename(path, doomed)
            _sync_folder(path.parent)
        for name in (doomed, *(beside(path, suffix) for suffix in SIDE_FILES)):
            _shred(name)
        _sweep(path.parent, _leftovers(path), older_than=None)
        _sync_folder(path.parent)


def sweep(folder: Path, leftovers: str) -> None:
    """Delete the files that killed runs left half done, and those that others are at; nothing gets its name meanwhile.

    leftovers: an expression for their whole names. A folder that is missing is fine.
    """
    if folder.is_dir():
        with _folder_lock(folder):
            _sweep(folder, leftovers, older_than=None)
            _sync_folder(folder)


def set_aside(path: Path, name: str) -> Path | None:
    """Give the file and its side files another name in their folder; None if there is no file. Nothing is deleted.

    name: a number is put behind it if it is taken.
    """
    with _folder_lock(path.parent):
        if not os.path.lexists(path):
            return None
        aside = next(one for one in _numbered(path.with_name(name)) if not os.path.lexists(one))
        # the file first: a log without its file is nothing, a file without its log would be an older one
        for suffix in ("", *SIDE_FILES):
            with suppress(FileNotFoundError):
                os.rename(beside(path, suffix), beside(aside, suffix))
        _sync_folder(path.parent)
    return aside


def take_back(aside: Path, path: Path) -> None:
    """Undo `set_aside`, unless another file has the name by now."""
    with _folder_lock(path.parent):
        if not os.path.lexists(path):
            for suffix in (*SIDE_FILES, ""):
                with suppress(FileNotFoundError):
                    os.rename(beside(aside, suffix), beside(path, suffix))


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.name}-{number}")


def _others_may_write(status: os.stat_result) -> bool:
    # a group with its user's number is that user's private one; umask 002 comes with those
    private_group = status.st_gid == status.st_uid
    return bool(status.st_mode & (stat.S_IWOTH if private_group else stat.S_IWOTH | stat.S_IWGRP))


def _check_folder(path: Path) -> None:
    if sys.platform != "win32":
        status = os.stat(path.parent)
        if status.st_uid not in (os.geteuid(), 0):
            raise VaultUntrusted(Distrust.FOLDER_OWNER, path.parent, status.st_uid)
        if _others_may_write(status):
            raise VaultUntrusted(Distrust.FOLDER_OPEN, path.parent, status.st_uid)


def _linked(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # a file system without hard links; the folder lock keeps other creators away
        os.rename(temporary, path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW | _BINARY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _shred(path: Path) -> None:
    """Unlink it, overwritten if that was its last name: a copy under another one is somebody's backup."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW | _BINARY)
        try:
            status = os.fstat(descriptor)
            if status.st_nlink == 1:
                os.write(descriptor, bytes(status.st_size))
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    with suppress(FileNotFoundError):
        os.unlink(path)


def _leftovers(path: Path) -> str:
    return rf"\.{re.escape(path.name)}\..*\.(new|gone).*"


def _sweep(folder: Path, leftovers: str, *, older_than: float | None) -> None:
    """Delete what killed runs left half done. older_than: on the file system's own clock; None for all."""
    wanted = re.compile(leftovers)
    for leftover in folder.iterdir():
        if wanted.fullmatch(leftover.name):
            with suppress(OSError):
                if older_than is None or os.lstat(leftover).st_mtime < older_than:
                    _shred(leftover)


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """One creator or deleter at a time. Windows needs none: a file in use cannot be replaced or deleted."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        give_up = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise VaultBusy from None
                time.sleep(0.01)
            except OSError:
                break  # a network file system that cannot lock folders: do without
        yield
    finally:
        os.close(descriptor)
