"""The recovery code in a file, in a folder that others may use, too."""

import os
import stat
import sys
from pathlib import Path

import pytest

from softtoken.ui.desktop.recovery_sheet import RecoverySheet
from softtoken.vault.errors import FileFailed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and open files are POSIX's")

CODE = "205X-08MJ-7F68-JCQN"


def test_it_is_its_owners_alone_whatever_was_there(tmp_path: Path) -> None:
    path = tmp_path / "softtoken-recovery.txt"
    path.write_text("older" * 1000)
    path.chmod(0o666)
    before = os.umask(0)
    try:
        RecoverySheet().save(CODE, path)
    finally:
        os.umask(before)
    assert path.read_text() == RecoverySheet().text(CODE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [path.name]


def test_who_has_the_older_file_open_does_not_read_what_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "softtoken-recovery.txt"
    path.write_text("older")
    path.chmod(0o644)
    with path.open() as somebody:
        RecoverySheet().save(CODE, path)
        assert somebody.read() == "older"


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    theirs, path = tmp_path / "theirs", tmp_path / "softtoken-recovery.txt"
    theirs.write_text("untouched")
    path.symlink_to(theirs)
    RecoverySheet().save(CODE, path)
    assert theirs.read_text() == "untouched"
    assert not path.is_symlink()


def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(FileFailed):
        RecoverySheet().save(CODE, path)
    assert os.listdir(tmp_path) == ["taken"]
