"""Backups into files and back: what is added, what is left, counters, and files that cannot be had."""

import base64
import errno
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from services.room import Room, furnished
from support.flows import PIN

from softtoken.engine.tokens import Algorithm, OtpProfile, TokenType
from softtoken.formats.shown_text import shown_text
from softtoken.iaa.fingerprint import CddcExtent
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    AddToken,
    BackupFault,
    CreateVault,
    GenerateOathOtp,
    GetDeviceInformation,
    GetLockAfter,
    GetScreenPrivacy,
    GetState,
    ListTokens,
    RemoveToken,
    RestoreBackup,
    RestoreBackupResult,
    Restored,
    SetAtcResynchronizationBeforeEveryLogin,
    SetDeviceName,
    SetLockAfter,
    SetLoginData,
    SetScreenPrivacy,
    Status,
    WriteBackup,
)
from softtoken.vault import backup
from softtoken.vault.backup import Backup
from softtoken.vault.envelope import KdfParameters, derive
from softtoken.vault.errors import FileFailed

PASSPHRASE = "correct horse"
CHEAP = KdfParameters(memory_kib=8192, passes=1, lanes=1)
TOTP = "otpauth://totp/Example:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HOTP = "otpauth://hotp/Bank:4711?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&counter=5"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "derive", lambda secret, salt, _: derive(secret, salt, CHEAP))


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """Another computer."""
    (tmp_path / "other").mkdir()
    yield from furnished(tmp_path / "other", monkeypatch)


@pytest.fixture
def controller(room: Room) -> MasterController:
    controller = room.controller()
    controller.post(CreateVault())
    controller.post(AddToken(TOTP))
    controller.post(AddToken(HOTP))
    return controller


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "softtoken.backup"


def restored(controller: MasterController, file: Path, passphrase: str = PASSPHRASE) -> RestoreBackupResult:
    return controller.post(RestoreBackup(file, passphrase))


def outcomes(result: RestoreBackupResult) -> dict[str, tuple[Restored, int | None]]:
    return {token.name: (token.outcome, token.counter) for token in result.tokens}


def counter(controller: MasterController, name: str) -> int | None:
    listed = controller.post(ListTokens())
    return next(c for t, c in zip(listed.tokens, listed.counters, strict=True) if t.name == name)


def make_codes(controller: MasterController, name: str, count: int) -> list[str]:
    token = next(token for token in controller.post(ListTokens()).tokens if token.name == name)
    made = [controller.post(GenerateOathOtp(token.id)).otp for _ in range(count)]
    return [otp.code for otp in made if otp is not None]


def test_tokens_come_back_on_another_computer(
    room: Room, other: Room, controller: MasterController, file: Path
) -> None:
    room.activate(controller, room.network.add("one"), "alice")
    written = controller.post(WriteBackup(file, PASSPHRASE))
    assert (written.status, written.tokens, len(written.managed), written.unreadable) == (Status.OK, 2, 1, 0)
    assert "alice" in written.managed[0]
    there = other.controller()
    there.post(CreateVault())
    result = restored(there, file)
    assert outcomes(result) == {
        "anna": (Restored.ADDED, None),
        "4711": (Restored.ADDED, 5),
        next(t.name for t in controller.post(ListTokens()).tokens if t.account): (Restored.NEEDS_ACTIVATION, None),
    }
    assert result.made_at == room.clock.now()
    assert all(token.account is None for token in there.post(ListTokens()).tokens)
    assert make_codes(there, "anna", 1) == make_codes(controller, "anna", 1)
    assert make_codes(there, "4711", 3) == make_codes(controller, "4711", 3)


def test_nothing_secret_of_a_managed_token_is_in_the_file(
    room: Room, controller: MasterController, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = room.activate(controller, room.network.add("one"), "alice")
    seen: list[bytes] = []
    plaintext = backup._plaintext

    def watched(held: Backup) -> bytes:
        seen.append(plaintext(held))
        return seen[-1]

    monkeypatch.setattr(backup, "_plaintext", watched)
    controller.post(WriteBackup(file, PASSPHRASE))
    _, wrapped = room.wrapped(user)
    for secret in (wrapped.blob, wrapped.salt, wrapped.pepper):
        assert secret
        assert base64.b64encode(secret) not in seen[0]
    assert b'"type":"MANAGED"' not in seen[0]
    assert PIN.encode() not in seen[0]


def test_texts_of_a_file_steer_no_terminal(controller: MasterController, file: Path) -> None:
    steering = "a\x1b]0;b\x07\x1b[2J\u202ec\nd"
    profile = OtpProfile(TokenType.TOTP, Algorithm.SHA1, 6, 30)
    made = Backup(
        1_800_000_000,
        (backup.SavedToken(steering, steering, profile, b"k" * 20, 0),),
        (backup.NamedToken(steering, steering, "https://gateway.example", "alice@hogwarts"),),
        backup.SavedOptions(device_name=steering),
    )
    file.write_bytes(backup.encode_backup(made, PASSPHRASE))
    result = restored(controller, file)
    listed = controller.post(ListTokens()).tokens[-1]
    device = controller.post(GetDeviceInformation()).device_name
    texts = [text for token in result.tokens for text in (token.issuer, token.name)]
    assert {*texts, listed.issuer, listed.name, device} == {shown_text(steering)}
    assert device.isprintable()


def test_what_is_there_is_left_as_it_is(controller: MasterController, file: Path) -> None:
    controller.post(WriteBackup(file, PASSPHRASE))
    make_codes(controller, "4711", 4)
    before = controller.post(ListTokens())
    assert outcomes(restored(controller, file)) == {
        "anna": (Restored.ALREADY_THERE, None),
        "4711": (Restored.ALREADY_THERE, 9),
    }
    assert controller.post(ListTokens()) == before


def test_the_higher_counter_stays(room: Room, other: Room, controller: MasterController, file: Path) -> None:
    there = other.controller()
    there.post(CreateVault())
    there.post(AddToken(HOTP))
    make_codes(controller, "4711", 7)
    controller.post(WriteBackup(file, PASSPHRASE))
    assert outcomes(restored(there, file))["4711"] == (Restored.COUNTER_RAISED, 12)
    assert counter(there, "4711") == 12
    assert make_codes(there, "4711", 1) == make_codes(controller, "4711", 1)
    assert outcomes(restored(there, file))["4711"] == (Restored.ALREADY_THERE, 13)


def test_a_token_that_was_removed_comes_back_as_it_was_then(controller: MasterController, file: Path) -> None:
    controller.post(WriteBackup(file, PASSPHRASE))
    spent = make_codes(controller, "4711", 2)
    token = next(token for token in controller.post(ListTokens()).tokens if token.name == "4711")
    controller.post(RemoveToken(token.id))
    assert outcomes(restored(controller, file))["4711"] == (Restored.ADDED, 5)
    assert make_codes(controller, "4711", 2) == spent  # which is why it is said


def test_settings_come_back_where_nobody_chose_any(
    room: Room, other: Room, controller: MasterController, file: Path
) -> None:
    controller.post(SetDeviceName("Anna's laptop"))
    controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
    controller.post(SetLoginData(CddcExtent.MINIMAL))
    controller.post(WriteBackup(file, PASSPHRASE))
    there = other.controller()
    there.post(CreateVault())
    there.post(SetDeviceName("Desk"))
    assert restored(there, file).options
    assert there.post(GetDeviceInformation()).device_name == "Desk"
    assert not there.post(GetState()).resynchronise_every_login
    assert not restored(there, file).options


def test_a_restore_switches_no_protection_off(
    room: Room, other: Room, controller: MasterController, file: Path
) -> None:
    """None of these is in a backup, so nothing is known about them, and what was chosen here stands."""
    controller.post(SetDeviceName("Anna's laptop"))
    controller.post(WriteBackup(file, PASSPHRASE))
    there = other.controller()
    there.post(CreateVault())
    there.post(SetLockAfter(60))
    there.post(SetScreenPrivacy(block_capture=False, hide_codes=True))
    assert restored(there, file).options
    assert there.post(GetDeviceInformation()).device_name == "Anna's laptop"
    assert there.post(GetLockAfter()).seconds == 60
    privacy = there.post(GetScreenPrivacy())
    assert (privacy.block_capture, privacy.hide_codes) == (False, True)


def test_an_unreadable_token_is_counted_and_left_out(room: Room, controller: MasterController, file: Path) -> None:
    token = next(token for token in controller.post(ListTokens()).tokens if token.name == "anna")
    with sqlite3.connect(room.home.vault) as connection:
        connection.execute(
            "UPDATE credential SET body = zeroblob(64) WHERE token = (SELECT seq FROM token WHERE id = ?)", (token.id,)
        )
    connection.close()
    written = controller.post(WriteBackup(file, PASSPHRASE))
    assert (written.tokens, written.unreadable) == (1, 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_file_is_its_owners_alone_and_whole(controller: MasterController, file: Path) -> None:
    old = os.umask(0)
    try:
        controller.post(WriteBackup(file, PASSPHRASE))
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_a_file_of_that_name_is_left_alone_unless_asked(controller: MasterController, file: Path) -> None:
    file.write_text("mine")
    refused = controller.post(WriteBackup(file, PASSPHRASE))
    assert (refused.status, refused.fault) == (Status.INVALID_PARAMETER, BackupFault.EXISTS)
    assert file.read_text() == "mine"
    assert controller.post(WriteBackup(file, PASSPHRASE, replace=True)).status is Status.OK
    assert restored(controller, file).status is Status.OK


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_is_replaced_and_not_followed(controller: MasterController, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    file.symlink_to(target)
    assert controller.post(WriteBackup(file, PASSPHRASE)).fault is BackupFault.EXISTS
    controller.post(WriteBackup(file, PASSPHRASE, replace=True))
    assert not file.is_symlink()
    assert target.read_text() == "mine"


def test_wrong_secrets_and_files_are_values(controller: MasterController, file: Path) -> None:
    assert controller.post(WriteBackup(file, "short")).fault is BackupFault.WEAK_PASSPHRASE
    assert not file.exists()
    controller.post(WriteBackup(file, PASSPHRASE))
    wrong = restored(controller, file, "wrong horse")
    assert (wrong.status, wrong.fault) == (Status.WRONG_CREDENTIALS, BackupFault.WRONG_PASSPHRASE)
    file.write_bytes(file.read_bytes()[:-100])
    assert restored(controller, file).fault is BackupFault.DAMAGED
    file.write_bytes(b"x" * 100)
    assert restored(controller, file).fault is BackupFault.NOT_A_BACKUP
    file.write_bytes(b'{"format":"softtoken-backup","version":2}\n')
    assert restored(controller, file).fault is BackupFault.TOO_NEW
    with file.open("wb") as sparse:
        sparse.truncate(backup.MOST_BYTES + 1)
    assert restored(controller, file).fault is BackupFault.NOT_A_BACKUP


def test_files_that_cannot_be_had_say_why(controller: MasterController, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "no" / "folder", "ENOENT"), (tmp_path / "a\0b", "EIO")):
        with pytest.raises(FileFailed) as caught:
            controller.post(WriteBackup(path, PASSPHRASE))
        assert caught.value.reason == reason
    with pytest.raises(FileFailed) as caught:
        controller.post(WriteBackup(tmp_path, PASSPHRASE, replace=True))
    assert caught.value.reason in {"EISDIR", "EACCES"}
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileFailed):
            restored(controller, path)


def test_a_full_disk_leaves_what_was_there(
    controller: MasterController, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller.post(WriteBackup(file, PASSPHRASE))
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFailed) as caught:
        controller.post(WriteBackup(file, PASSPHRASE, replace=True))
    assert caught.value.reason == "ENOSPC"
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_without_an_open_vault_nothing_is_done(room: Room, file: Path) -> None:
    closed = room.unstarted()
    assert closed.post(WriteBackup(file, PASSPHRASE)).status is Status.INVALID_STATE
    assert restored(closed, file).status is Status.INVALID_STATE
    assert not file.exists()
