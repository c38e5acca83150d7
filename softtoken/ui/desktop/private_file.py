"""A file that only this user can read."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Make it, or replace what is in it. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(handle, 0o600)  # the file may have been there before, open to others
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
