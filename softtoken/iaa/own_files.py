"""Reading the files that network settings name: certificates, keys, passphrases."""

import os
import stat
import sys
from enum import StrEnum
from pathlib import Path

from softtoken.iaa.errors import Reason, Unreachable

MAX_FILE = 1024 * 1024
"""Bytes; a bundle of every public authority has a quarter of that."""


class FileRole(StrEnum):
    """What a file of the settings is for."""

    AUTHORITIES = "AUTHORITIES"
    CERTIFICATE = "CERTIFICATE"
    KEY = "KEY"
    PKCS12 = "PKCS12"
    PASSPHRASE = "PASSPHRASE"  # noqa: S105 - a role, no passphrase
    PROXY_PASSWORD = "PROXY_PASSWORD"  # noqa: S105 - a role, no password


class FileFault(StrEnum):
    """Why a file cannot be used.

    FOREIGN: it belongs to another user. EXPOSED: others may read it, or change it or its folder. FORMAT: not
    what it should be. WRONG_KEY: the key belongs to another certificate. UNSUITABLE: too weak or of a kind
    that TLS does not take here.
    """

    MISSING = "MISSING"
    UNREADABLE = "UNREADABLE"
    FOREIGN = "FOREIGN"
    EXPOSED = "EXPOSED"
    FORMAT = "FORMAT"
    NO_KEY = "NO_KEY"
    WRONG_KEY = "WRONG_KEY"
    PASSPHRASE_NEEDED = "PASSPHRASE_NEEDED"  # noqa: S105 - a fault, no passphrase
    WRONG_PASSPHRASE = "WRONG_PASSPHRASE"  # noqa: S105
    UNSUITABLE = "UNSUITABLE"


class OwnFileUnusable(Unreachable):
    """A file that the settings name cannot be used, so nothing was sent."""

    def __init__(self, role: FileRole, fault: FileFault, path: Path) -> None:
        super().__init__(Reason.OWN_FILE)
        self.role = role
        self.fault = fault
        self.path = path

    def __str__(self) -> str:
        return f"{self.role.value}, {self.fault.value}: {self.path}"


def read_public(role: FileRole, path: Path) -> bytes:
    """A file that anybody may read and only its owner may change. Raises OwnFileUnusable."""
    return _read(role, path, stat.S_IWOTH | stat.S_IWGRP)


def read_private(role: FileRole, path: Path) -> bytes:
    """A file with a secret. A group may read it only if it is root's. Raises OwnFileUnusable."""
    return _read(role, path, stat.S_IRWXO | stat.S_IRWXG)


def read_line(role: FileRole, path: Path) -> str:
    """The first line of a file with a secret. Raises OwnFileUnusable."""
    content = read_private(role, path)
    try:
        # an editor on Windows puts a byte-order mark before it
        line = content.decode("utf-8-sig").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise OwnFileUnusable(role, FileFault.FORMAT, path)
    return line


def _read(role: FileRole, path: Path, denied: int) -> bytes:
    content = b""
    try:
        # what is judged is what is read: the open file, whatever its name means a moment later
        with path.open("rb") as file:
            fault = _judge(os.fstat(file.fileno()), denied) or _judge_folder(path)
            if fault is None:
                content = file.read(MAX_FILE + 1)
                fault = FileFault.FORMAT if len(content) > MAX_FILE else None
    except FileNotFoundError:
        fault = FileFault.MISSING
    except (OSError, ValueError):  # ValueError: a name with a zero byte
        fault = FileFault.UNREADABLE
    if fault is not None:
        raise OwnFileUnusable(role, fault, path)
    return content


def _judge(status: os.stat_result, denied: int) -> FileFault | None:
    if not stat.S_ISREG(status.st_mode):
        return FileFault.UNREADABLE
    if sys.platform != "win32":  # there the rights of the profile's folder protect it, and modes say nothing
        if status.st_uid not in (os.geteuid(), 0):
            return FileFault.FOREIGN
        if status.st_gid == status.st_uid:
            denied &= ~stat.S_IRWXG  # a group with its user's number is that user's private one
        elif status.st_uid == 0:
            denied &= ~stat.S_IRGRP
        if status.st_mode & denied:
            return FileFault.EXPOSED
    return None


def _judge_folder(path: Path) -> FileFault | None:
    if sys.platform != "win32":
        status = path.resolve().parent.stat()
        if status.st_uid not in (os.geteuid(), 0):
            return FileFault.FOREIGN
        private_group = status.st_gid == status.st_uid
        changeable = stat.S_IWOTH if private_group else stat.S_IWOTH | stat.S_IWGRP
        # in a sticky folder others cannot put a file of theirs in the place of ours
        if status.st_mode & changeable and not status.st_mode & stat.S_ISVTX:
            return FileFault.EXPOSED
    return None
