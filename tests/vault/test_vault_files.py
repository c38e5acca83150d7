"""Whom the vault trusts on a disk, and what it leaves there."""

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from vault.vault_samples import Sample

from softtoken.vault.errors import Distrust, VaultExists, VaultUntrusted
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import create_vault, delete_vault, new_id, read_header, vault_exists

SECRET = KeyringSecret(bytes(32))
posix = pytest.mark.skipif(sys.platform == "win32", reason="rights and links of POSIX")


@contextmanager
def refused(reason: Distrust) -> Iterator[None]:
    """As what it is: were it called damage, a copy would be offered in its place."""
    with pytest.raises(VaultUntrusted) as caught:
        yield
    assert caught.value.reason is reason


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@posix
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vault.sqlite"
    old = os.umask(0)
    try:
        vault = create_vault(path, new_id(), [SECRET])
        vault.set_recovery_pending(False)
        modes = {name: stat.S_IMODE((path.parent / name).stat().st_mode) for name in _names(path.parent)}
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes) >= {"vault.sqlite", "vault.sqlite-wal"}
    assert set(modes.values()) == {0o600}
    vault.close()
    assert _names(path.parent) == ["vault.sqlite"]


def test_an_existing_file_is_never_written_over(sample: Sample) -> None:
    before = sample.path.read_bytes()
    with pytest.raises(VaultExists):
        create_vault(sample.path, new_id(), [SECRET])
    assert sample.path.read_bytes() == before
    assert _names(sample.path.parent) == ["vault.sqlite"]


@posix
def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    path.symlink_to(tmp_path / "elsewhere")
    assert vault_exists(path)
    with pytest.raises(VaultExists):
        create_vault(path, new_id(), [SECRET])
    assert _names(tmp_path) == ["vault.sqlite"]


@posix
def test_a_linked_vault_is_refused(sample: Sample) -> None:
    real = sample.path.rename(sample.path.with_name("real"))
    sample.path.symlink_to(real)
    with refused(Distrust.LINK):
        sample.open()
    with refused(Distrust.LINK):
        read_header(sample.path)


@posix
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_linked_side_file_is_refused(sample: Sample, tmp_path: Path, suffix: str) -> None:
    sample.path.with_name(sample.path.name + suffix).symlink_to(tmp_path / "elsewhere")
    with refused(Distrust.LINK):
        sample.open()


@posix
def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault.sqlite").mkdir()
    with refused(Distrust.NO_FILE):
        read_header(tmp_path / "vault.sqlite")


@posix
def test_a_folder_that_others_may_write_is_refused(sample: Sample) -> None:
    sample.path.parent.chmod(0o777)
    with refused(Distrust.FOLDER_OPEN):
        sample.open()
    with refused(Distrust.FOLDER_OPEN):
        create_vault(sample.path.with_name("other"), new_id(), [SECRET])
    sample.path.parent.chmod(0o755)
    sample.open().close()


@posix
def test_a_file_that_others_may_write_is_refused(sample: Sample) -> None:
    sample.path.chmod(0o606)
    with refused(Distrust.FILE_OPEN):
        sample.open()


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_someone_else_is_refused(sample: Sample) -> None:
    os.chown(sample.path.parent, 65534, 65534)
    with refused(Distrust.FOLDER_OWNER):
        sample.open()
    os.chown(sample.path.parent, 0, 65534)
    sample.path.parent.chmod(0o770)
    with refused(Distrust.FOLDER_OPEN):
        sample.open()
    sample.path.parent.chmod(0o700)
    os.chown(sample.path, 65534, 65534)
    with refused(Distrust.FILE_OWNER):
        sample.open()


@posix
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_a_log_that_somebody_else_left_beside_it_is_refused(sample: Sample, suffix: str) -> None:
    planted = sample.path.with_name(sample.path.name + suffix)
    planted.write_bytes(b"")
    os.chown(planted, 65534, 65534)
    with refused(Distrust.FILE_OWNER):
        read_header(sample.path)


@posix
def test_a_vault_that_others_may_read_is_closed_to_them(sample: Sample) -> None:
    """As a copy is that somebody put back with cp."""
    sample.path.chmod(0o644)
    sample.open().close()
    assert stat.S_IMODE(sample.path.stat().st_mode) == 0o600


@posix
def test_a_home_that_is_a_link_to_another_folder_of_the_user_is_fine(sample: Sample, tmp_path: Path) -> None:
    """People move their homes to other disks; what counts is the folder at the end."""
    linked = tmp_path / "linked"
    linked.symlink_to(sample.path.parent)
    assert read_header(linked / sample.path.name).vault_id == sample.vault_id
    sample.path.parent.chmod(0o777)
    with refused(Distrust.FOLDER_OPEN):
        read_header(linked / sample.path.name)
    sample.path.parent.chmod(0o700)


@posix
def test_a_folder_in_a_sticky_one_for_everybody_is_fine(tmp_path: Path) -> None:
    """As below /tmp: others can neither rename the vault's folder nor look into it."""
    everybody = tmp_path / "everybody"
    everybody.mkdir()
    everybody.chmod(0o1777)
    create_vault(everybody / "own" / "vault.sqlite", new_id(), [SECRET]).close()
    with refused(Distrust.FOLDER_OPEN):
        create_vault(everybody / "vault.sqlite", new_id(), [SECRET])


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_it_says_which_file_and_whose_it_is(sample: Sample) -> None:
    log = sample.path.with_name("vault.sqlite-wal")
    log.write_bytes(b"")
    for path, reason in ((sample.path.parent, "FOLDER_OWNER"), (sample.path, "FILE_OWNER"), (log, "FILE_OWNER")):
        os.chown(path, 65534, 0)
        with pytest.raises(VaultUntrusted) as caught:
            read_header(sample.path)
        assert (caught.value.reason.value, caught.value.path, caught.value.owner) == (reason, path, 65534)
        os.chown(path, 0, 0)
    log.unlink()
    sample.path.chmod(0o666)
    with pytest.raises(VaultUntrusted) as caught:
        read_header(sample.path)
    assert (caught.value.path, caught.value.owner) == (sample.path, 0)


def test_deleting_leaves_nothing(sample: Sample) -> None:
    for name in ("-wal", "-shm", "-journal"):
        sample.path.with_name(sample.path.name + name).write_bytes(b"left")
    sample.path.with_name(".vault.sqlite.00ff.new").write_bytes(b"left")
    sample.path.with_name(".vault.sqlite.00ff.new-wal").write_bytes(b"left")
    neighbour = sample.path.with_name("mc_config.json")
    neighbour.write_text("{}")
    delete_vault(sample.path)
    assert _names(sample.path.parent) == ["mc_config.json"]
    delete_vault(sample.path)
    delete_vault(sample.path.parent / "nowhere" / "vault.sqlite")


@posix
def test_deleting_overwrites_what_it_can(sample: Sample) -> None:
    with sample.path.open("rb") as file:
        size = len(file.read())
        delete_vault(sample.path)
        file.seek(0)
        assert file.read() == bytes(size)


@posix
def test_deleting_spares_a_backup_that_is_a_hard_link(sample: Sample) -> None:
    before = sample.path.read_bytes()
    backup = sample.path.with_name("backup")
    os.link(sample.path, backup)
    delete_vault(sample.path)
    assert backup.read_bytes() == before


@posix
def test_sweeping_spares_a_vault_whose_making_was_killed_at_the_very_end(sample: Sample) -> None:
    """Killed between getting its name and losing the temporary one, a vault has two names."""
    before = sample.path.read_bytes()
    leftover = sample.path.with_name(".vault.sqlite.aa.new")
    os.link(sample.path, leftover)
    os.utime(leftover, (0, 0))
    kept = sample.path.rename(sample.path.with_name("kept"))
    create_vault(sample.path, new_id(), [SECRET]).close()
    assert not leftover.exists()
    assert kept.read_bytes() == before


def test_of_several_creators_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "home" / "vault.sqlite"
    outcomes: list[str] = []
    start = threading.Barrier(6)

    def create() -> None:
        vault_id = new_id()
        start.wait()
        try:
            create_vault(path, vault_id, [SECRET]).close()
        except VaultExists:
            outcomes.append("exists")
        else:
            outcomes.append(vault_id)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("exists") == 5
    assert read_header(path).vault_id in outcomes
    assert _names(path.parent) == ["vault.sqlite"]


@posix
def test_deleting_a_link_leaves_its_target(sample: Sample) -> None:
    real = sample.path.rename(sample.path.with_name("real"))
    before = real.read_bytes()
    sample.path.symlink_to(real)
    delete_vault(sample.path)
    assert not vault_exists(sample.path)
    assert real.read_bytes() == before


def test_a_log_of_a_vault_that_is_gone_is_not_replayed(sample: Sample) -> None:
    wal = sample.path.with_name(sample.path.name + "-wal")
    with closing(sqlite3.connect(sample.path)) as connection:
        connection.execute("UPDATE slot SET digest = zeroblob(32)")
        connection.commit()
        old = wal.read_bytes()
    assert old
    sample.path.unlink()
    wal.write_bytes(old)
    wal.chmod(0o600)
    vault_id = new_id()
    create_vault(sample.path, vault_id, [SECRET]).close()
    assert read_header(sample.path).vault_id == vault_id


def test_leftovers_of_long_ago_are_swept_and_recent_ones_left(tmp_path: Path) -> None:
    old, recent = tmp_path / ".vault.sqlite.aa.new", tmp_path / ".vault.sqlite.bb.new"
    for leftover in (old, recent):
        leftover.write_bytes(b"half")
    hours_ago = recent.stat().st_mtime - 7200
    os.utime(old, (hours_ago, hours_ago))
    create_vault(tmp_path / "vault.sqlite", new_id(), [SECRET]).close()
    assert _names(tmp_path) == [recent.name, "vault.sqlite"]
