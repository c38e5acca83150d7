"""Reading secrets: from a prompt or a file descriptor, never from an argument."""

import os
import sys

import click

MAX_SECRET = 4096


def read_fd(descriptor: int, name: str) -> str:
    """The next line that a file descriptor gives; what follows stays for whoever reads it next."""
    line = bytearray()
    try:
        # byte by byte: two secrets may come over one descriptor, and a buffer would swallow the second
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
            if len(line) > MAX_SECRET:
                raise click.UsageError(f"{name}: longer than {MAX_SECRET} bytes")
    except (OSError, OverflowError):
        raise click.UsageError(f"{name}: file descriptor {descriptor} cannot be read") from None
    try:
        return line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        raise click.UsageError(f"{name}: not UTF-8 text") from None


def ask(label: str, option: str, descriptor: int | None, *, twice: bool = False) -> str:
    """A secret from --OPTION-fd, else from a prompt. Without either a usage error that names the option."""
    if descriptor is not None:
        return read_fd(descriptor, option)
    if not has_terminal():
        raise click.UsageError(f"{label} needed: run this in a terminal, or hand it over with {option} N")
    secret: str = click.prompt(label, hide_input=True, confirmation_prompt=twice, err=True)
    return secret


def read_standard_input(label: str) -> str:
    """One line of standard input, prompted for (unseen) in a terminal."""
    if has_terminal():
        secret: str = click.prompt(label, hide_input=True, err=True)
        return secret
    return read_fd(0, label)


def has_terminal() -> bool:
    """Is there somebody to ask? sys.stdin is None when it was closed."""
    return sys.stdin is not None and sys.stdin.isatty()
