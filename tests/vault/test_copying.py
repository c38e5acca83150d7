"""Copies as files: what is compared, what is left when a disk fails in the middle, and files of older formats."""

import errno
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
from vault.vault_samples import Sample

from softtoken.engine.distrust import Seen
from softtoken.vault import copies as copies_module
from softtoken.vault import copying, schema
from softtoken.vault.copies import Copies, Rotation
from softtoken.vault.errors import VaultDamaged, VaultError, VaultMissing, VaultUntrusted, VaultUnwritable
from softtoken.vault.evidence import Evidence
from softtoken.vault.files import discard, publish, set_aside

NOW = 1_800_000_000


def made(sample: Sample, now: int = NOW) -> Copies:
    copies = Copies(sample.path)
    vault = sample.open()
    copies.make(vault, now, Rotation.DAILY)
    vault.close()
    return copies


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_a_copy_holds_what_the_vault_holds(sample: Sample) -> None:
    (copy,) = made(sample).find()
    assert (copy.version, copy.vault_id, copy.made_at) == (schema.VERSION, sample.vault_id, NOW)
    assert [file.name for file in copy.path.parent.iterdir()] == [copy.path.name]  # no side files
    with sqlite3.connect(sample.path) as one, sqlite3.connect(copy.path) as other:
        assert copying._content(one) == copying._content(other)
    one.close()
    other.close()


def test_a_copy_is_made_while_the_vault_is_in_use(sample: Sample) -> None:
    """What another connection has committed to the log is in it."""
    first, second = sample.open(), sample.open()
    first.rename_token(sample.hotp.token.id, "New", "name")
    Copies(sample.path).make(second, NOW, Rotation.DAILY)
    first.close()
    second.close()
    (copy,) = Copies(sample.path).find()
    sample.path.unlink()
    Copies(sample.path).put_back(copy, NOW)
    vault = sample.open()
    assert "New" in {token.issuer for token in vault.tokens().tokens}
    vault.close()


def test_a_copy_put_back_is_distrusted_once(sample: Sample) -> None:
    (copy,) = made(sample).find()
    sample.path.unlink()
    assert Copies(sample.path).put_back(copy, NOW) is None
    vault = sample.open()
    id_ = sample.managed.credentials[1].id
    vault.begin_run(Evidence(1, {id_: Seen(60, 3, 3)}))
    state = vault.state(id_)
    assert (vault.restored, state.resynchronise) == (True, True)
    assert state.counter >= 60
    assert state.tries.failed >= 3
    vault.close()
    again = sample.open()
    again.begin_run(None)
    assert not again.restored
    again.close()


@pytest.mark.parametrize("step", ["set_aside", "publish", "read_copy"])
def test_a_fault_in_the_middle_leaves_what_was_there(
    sample: Sample, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy,) = made(sample).find()
    sample.path.write_bytes(b"damaged")
    before = names(sample.path)
    real = getattr(copying, step)

    def fails(*given: object) -> object:
        if step == "read_copy" and given != (copy.path,):
            raise VaultDamaged("differs", sample.path)
        if step != "read_copy":
            raise OSError(errno.ENOSPC, "full")
        return real(*given)

    monkeypatch.setattr(copying, step, fails)
    with pytest.raises(VaultError):
        Copies(sample.path).put_back(copy, NOW)
    assert sample.path.read_bytes() == b"damaged"
    assert names(sample.path) == before
    monkeypatch.undo()
    assert Copies(sample.path).put_back(copy, NOW) is not None
    sample.open().close()


def test_killed_between_the_two_names_it_is_still_no_new_vault(sample: Sample) -> None:
    (copy,) = made(sample).find()
    set_aside(sample.path, "vault.sqlite.damaged-x")
    with pytest.raises(VaultMissing):
        Copies(sample.path).require_vault()
    assert Copies(sample.path).put_back(copy, NOW) is None
    sample.open().close()


def test_the_log_goes_with_its_file(sample: Sample) -> None:
    """A log left behind would be played into the copy."""
    (copy,) = made(sample).find()
    for suffix in ("-wal", "-shm"):
        sample.path.with_name(f"vault.sqlite{suffix}").write_bytes(b"of the damaged one")
    aside = Copies(sample.path).put_back(copy, NOW)
    assert aside is not None
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"of the damaged one"
    sample.open().close()


def test_a_full_disk_leaves_the_older_copies(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = made(sample)
    before = copies.find()
    vault = sample.open()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    for rotation in Rotation:
        with pytest.raises(VaultUnwritable) as caught:
            copies.make(vault, NOW + 90_000, rotation)
        assert caught.value.reason == "ENOSPC"
    monkeypatch.undo()
    vault.close()
    assert copies.find() == before
    assert [file.name for file in before[0].path.parent.iterdir()] == [before[0].path.name]


def killed_while_copying(sample: Sample, before: str) -> Path:
    """What a run left that was killed just before this step."""

    def dies(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    vault = sample.open()
    child = os.fork()
    if child == 0:
        try:
            setattr(copies_module, before, dies)
            Copies(sample.path).make(vault, NOW, Rotation.ONLY)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    vault.close()
    (left,) = (sample.path.parent / "copies").glob(".vault-*.new")
    assert left.stat().st_size > 4096
    return left


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are POSIX")
@pytest.mark.parametrize("step", ["ONLY", "clear", "forget", "hour"])
def test_what_a_killed_maker_left_goes(sample: Sample, step: str) -> None:
    """It is a whole vault that opens with the secrets of its day, under a name that does not come again."""
    left = killed_while_copying(sample, "publish")
    gone = left.with_name(left.name.removesuffix("new") + "gone")
    journal = left.with_name(f"{left.name}-journal")
    mine = left.with_name(".vault-notes.new")
    for name in (gone, journal, mine):
        name.write_bytes(b"left")
    copies, vault = Copies(sample.path), sample.open()
    copies.make(vault, NOW + 1, Rotation.TODAY)
    assert left.exists()  # it could be another program's, which is at it
    match step:
        case "ONLY":
            copies.make(vault, NOW + 2, Rotation.ONLY)
        case "hour":
            for name in (left, gone, journal):
                os.utime(name, (1, 1))
            copies.make(vault, NOW + 2, Rotation.DAILY)
        case _:
            getattr(copies, step)()
    vault.close()
    assert sorted(file.name for file in left.parent.glob(".*")) == [mine.name]


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
def test_a_copy_of_a_vault_that_is_deleted_meanwhile_is_none(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    copies, vault = made(sample), sample.open()

    def reset_before(temporary: Path, path: Path) -> None:
        discard(sample.path)
        (path.parent / copies.find()[0].path.name).unlink()
        publish(temporary, path)

    monkeypatch.setattr(copies_module, "publish", reset_before)
    with pytest.raises(VaultMissing):
        copies.make(vault, NOW + 90_000, Rotation.DAILY)
    vault.close()
    assert not copies.any()
    copies.require_vault()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes; the profile folder's rights protect it")
def test_a_copy_that_others_may_write_is_not_taken(sample: Sample) -> None:
    copies = made(sample)
    (copy,) = copies.find()
    copy.path.chmod(0o666)
    assert [one.whole for one in copies.find()] == [False]
    with pytest.raises(VaultUntrusted):
        copies.put_back(copy, NOW)
    target = copy.path.with_name("elsewhere")
    copy.path.rename(target)
    target.chmod(0o600)
    copy.path.symlink_to(target)
    assert [one.whole for one in copies.find()] == [False]


def test_every_truncated_copy_is_no_whole_one(sample: Sample) -> None:
    copies = made(sample)
    (copy,) = copies.find()
    content = copy.path.read_bytes()
    for length in range(0, len(content), 512):
        copy.path.write_bytes(content[:length])
        # SQLite reads what is missing of the last page as zeros, which is what an empty table's page has there
        lost = content[:length].ljust(len(content), b"\0") != content or length <= len(content) - 4096
        assert [one.whole for one in copies.find()] == [not lost], length
    shutil.rmtree(copy.path.parent)
    assert copies.find() == ()
