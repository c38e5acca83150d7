"""When copies of the vault are made, what they never replace, and putting one back."""

import os
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from services.room import Room
from support.flows import PIN

from softtoken.services import access
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    AddToken,
    ChangePin,
    CheckHealth,
    CopyInformation,
    CreateVault,
    GenerateOathOtp,
    GetInformation,
    KeyringProblem,
    ListCopies,
    ListTokens,
    Lock,
    NewRecoveryCode,
    OpenVault,
    ProtectVault,
    RemoveToken,
    Reset,
    RestoreCopy,
    RoundTrip,
    Start,
    Status,
    Unlock,
    VaultCondition,
)
from softtoken.vault.copies import Copies
from softtoken.vault.errors import Distrust, KeystoreProblem, VaultDamaged, VaultMissing, VaultUntrusted
from softtoken.vault.schema import VERSION
from softtoken.vault.store import Vault, delete_vault

DAY = 86_400
PASSPHRASE = "correct horse"
RELEASED = Path(__file__).parents[1] / "vaults"


@pytest.fixture
def controller(room: Room) -> MasterController:
    controller = room.controller()
    controller.post(CreateVault())
    return controller


def link(number: int = 0, kind: str = "totp") -> str:
    counter = "&counter=5" if kind == "hotp" else ""
    return f"otpauth://{kind}/Example:token{number}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ{'ABCDEFGH'[number]}{counter}"


def copies(controller: MasterController) -> tuple[CopyInformation, ...]:
    return controller.post(ListCopies()).copies


def copy_files(room: Room) -> list[Path]:
    return sorted((room.home.folder / "copies").glob("*"))


def damage(path: Path, how: str) -> None:
    """As a disk, a crash or a stranger may."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    content = bytearray(path.read_bytes())
    match how:
        case "header":
            content[:100] = bytes(100)
        case "truncated":
            del content[5000:]
        case "empty":
            content.clear()
        case "text":
            content[:] = b"not a database\n" * 100
        case "schema":
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE VIEW seen AS SELECT * FROM token")
            connection.close()
            return
        case "page":
            content[4096 : 2 * 4096] = os.urandom(4096)
        case "missing":
            path.unlink()
            return
    path.write_bytes(content)


DAMAGES = ["header", "truncated", "empty", "text", "schema", "page", "missing"]


def test_a_vault_without_tokens_has_no_copies(controller: MasterController, room: Room) -> None:
    room.clock.move(3 * DAY)
    controller.post(ListTokens())
    assert copies(controller) == ()
    assert not (room.home.folder / "copies").exists()


def test_a_copy_is_made_when_a_token_is_added_and_then_once_a_day(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    assert [copy.number for copy in copies(controller)] == [1]
    for _ in range(3):
        room.clock.move(3600)
        controller.post(ListTokens())
    assert [copy.number for copy in copies(controller)] == [1]
    made = []
    for _ in range(5):
        room.clock.move(DAY)
        controller.post(ListTokens())
        made.append([copy.number for copy in copies(controller)])
    assert made == [[2, 1], [3, 2, 1], [4, 3, 2], [5, 4, 3], [6, 5, 4]]
    newest = copies(controller)[0]
    assert (newest.whole, newest.made_at, newest.slots) == (True, room.clock.now(), ("KEYRING", "RECOVERY"))


def test_a_run_that_follows_a_day_later_makes_one_at_its_start(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    controller.close()
    room.clock.move(DAY)
    assert len(copies(room.controller())) == 2
    assert len(copies(room.controller())) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes; the profile folder's rights protect it")
def test_copies_are_their_owners_alone(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    (file,) = copy_files(room)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_is_added_today_is_in_todays_copy(controller: MasterController, room: Room) -> None:
    for number in range(4):
        controller.post(AddToken(link(number)))
    assert [copy.number for copy in copies(controller)] == [4]
    controller.close()
    damage(room.home.vault, "header")
    again = room.unstarted()
    assert again.post(RestoreCopy()).status is Status.OK
    assert len(again.post(Start()).tokens) == 4


def test_a_clock_that_was_wrong_stops_no_copies(controller: MasterController, room: Room) -> None:
    room.clock.move(1000 * DAY)
    controller.post(AddToken(link()))
    room.clock.move(-1000 * DAY + 3601)
    numbers = []
    for _ in range(3):
        controller.post(ListTokens())
        numbers.append([copy.number for copy in copies(controller)])
        room.clock.move(DAY)
    assert numbers == [[2, 1], [3, 2, 1], [4, 3, 2]]


def test_no_copy_keeps_what_was_removed(controller: MasterController, room: Room) -> None:
    first = controller.post(AddToken(link(0))).token
    room.clock.move(DAY)
    controller.post(AddToken(link(1)))
    assert len(copies(controller)) == 2
    assert first is not None
    controller.post(RemoveToken(first.id))
    assert [copy.number for copy in copies(controller)] == [3]
    (second,) = controller.post(ListTokens()).tokens
    controller.post(RemoveToken(second.id))
    assert copies(controller) == ()
    assert copy_files(room) == []


def test_a_replaced_secret_opens_no_copy(controller: MasterController, room: Room) -> None:
    """Else a recovery code that somebody read over a shoulder would open what is beside the vault for days."""
    controller.post(AddToken(link()))
    old = controller.post(NewRecoveryCode()).recovery_code
    new = controller.post(NewRecoveryCode()).recovery_code
    controller.close()
    room.keystore.items.clear()
    damage(room.home.vault, "header")
    again = room.unstarted()
    assert again.post(RestoreCopy()).status is Status.OK
    assert again.post(OpenVault(recovery_code=old)).status is Status.WRONG_CREDENTIALS
    assert again.post(OpenVault(recovery_code=new)).vault is VaultCondition.OPEN


def committed_then(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Do something once the new recovery code is in the file, and before anybody is told."""
    protect = Vault.protect

    def protected(self: Vault, *given: Any, **named: Any) -> None:
        protect(self, *given, **named)
        action()

    monkeypatch.setattr(Vault, "protect", protected)


def only_todays(room: Room, controller: MasterController, number: int) -> None:
    """No copy is left that the old secret opens, and no note of that."""
    assert [copy.number for copy in copies(controller)] == [number]
    assert len(copy_files(room)) == 1


def test_a_lock_in_the_middle_leaves_no_copy_that_the_old_code_opens(
    controller: MasterController, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller.post(AddToken(link()))
    with monkeypatch.context() as patch:
        committed_then(patch, lambda: controller.post(Lock()))
        assert controller.post(NewRecoveryCode()).status is Status.INVALID_STATE
    assert [copy.number for copy in copies(controller)] == [1]  # nobody has a key to make another one
    controller.post(Unlock())
    only_todays(room, controller, 2)
    controller.post(ListTokens())
    only_todays(room, controller, 2)


def test_a_lock_inside_a_pin_change_leaves_no_copy_with_the_old_pin(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.configure(verify=True)
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    (before,) = copies(controller)
    replace_key = Vault.replace_key

    def locked_then(self: Vault, *given: Any, **named: Any) -> None:
        replace_key(self, *given, **named)
        controller.post(Lock())

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "replace_key", locked_then)
        assert controller.post(ChangePin(alice, PIN, "739152")).status is Status.INVALID_STATE
    controller.post(Unlock())
    only_todays(room, controller, before.number + 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are POSIX")
def test_killed_before_the_new_copy_no_old_one_stays(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    controller.close()
    child = os.fork()
    if child == 0:
        try:
            again = room.controller()
            committed_then(pytest.MonkeyPatch(), lambda: os.kill(os.getpid(), signal.SIGKILL))
            again.post(NewRecoveryCode())
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    closed = room.unstarted()
    assert [copy.number for copy in copies(closed)] == [1]
    assert closed.post(Start()).vault is VaultCondition.OPEN
    only_todays(room, closed, 2)


def test_a_change_that_was_refused_replaces_no_copy(room: Room) -> None:
    room.configure(verify=True)
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"))
    room.clock.move(DAY)
    controller.post(ListTokens())
    before = copies(controller)
    assert len(before) == 2
    assert controller.post(ChangePin(alice, "111119", "739152")).status is Status.INVALID_PIN
    assert (copies(controller), len(copy_files(room))) == (before, 2)


def test_what_another_change_is_at_is_not_taken_for_left(
    controller: MasterController, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would find no note of its own when it is cut off after that."""
    controller.post(AddToken(link()))

    def others_look() -> None:
        other = room.controller()
        assert len(other.post(ListTokens()).tokens) == 1
        assert [copy.number for copy in copies(other)] == [1]
        other.close()
        controller.post(Lock())

    with monkeypatch.context() as patch:
        committed_then(patch, others_look)
        controller.post(NewRecoveryCode())
    controller.post(Unlock())
    only_todays(room, controller, 2)


def test_a_copy_opens_with_the_secrets_of_its_day(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    assert controller.post(ProtectVault(passphrase=PASSPHRASE)).status is Status.OK
    (copy,) = copies(controller)
    assert copy.slots == ("RECOVERY", "PASSPHRASE")


@pytest.mark.parametrize(
    "damaging",
    [
        "UPDATE token SET body = zeroblob(64) WHERE id = ?",
        "UPDATE token SET state = zeroblob(64) WHERE id = ?",
        "DELETE FROM credential WHERE token = (SELECT seq FROM token WHERE id = ?)",
    ],
)
def test_a_damaged_row_never_gets_into_a_copy(controller: MasterController, room: Room, damaging: str) -> None:
    tokens = [controller.post(AddToken(link(number))).token for number in range(2)]
    controller.close()
    assert tokens[0] is not None
    with sqlite3.connect(room.home.vault) as connection:
        connection.execute(damaging, (tokens[0].id,))
    connection.close()
    for _ in range(5):
        room.clock.move(DAY)
        again = room.controller()
        assert [copy.number for copy in copies(again)] == [2]
        assert again.post(NewRecoveryCode()).status is Status.OK
        assert [copy.number for copy in copies(again)] == [2]
        again.close()


def test_a_damaged_copy_takes_no_whole_ones_place(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    for _ in range(2):
        room.clock.move(DAY)
        controller.post(ListTokens())
    newest = max(copy_files(room), key=lambda path: int(path.name.split("-")[1]))
    newest.write_bytes(newest.read_bytes()[:-4096])
    assert [(copy.number, copy.whole) for copy in copies(controller)] == [(3, False), (2, True), (1, True)]
    room.clock.move(DAY)
    controller.post(ListTokens())
    assert [(copy.number, copy.whole) for copy in copies(controller)] == [(4, True), (2, True), (1, True)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_folder_that_takes_nothing_fails_nothing(controller: MasterController, room: Room) -> None:
    """A plain file in the folder's place stops even root."""
    (room.home.folder / "copies").write_text("somebody's")
    assert controller.post(AddToken(link())).status is Status.OK
    room.clock.move(DAY)
    assert controller.post(ListTokens()).status is Status.OK
    assert controller.post(ListCopies()).copies == ()
    controller.close()
    assert room.controller().post(Start()).vault is VaultCondition.OPEN


def test_copies_of_others_are_not_touched(controller: MasterController, room: Room) -> None:
    folder = room.home.folder / "copies"
    folder.mkdir(mode=0o700)
    (folder / "vault-x.sqlite").write_text("mine")
    (folder / "notes.txt").write_text("mine")
    controller.post(AddToken(link()))
    assert len(copies(controller)) == 1
    controller.post(Reset())
    assert sorted(path.name for path in copy_files(room)) == ["notes.txt", "vault-x.sqlite"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_vault_that_cannot_be_read_is_put_back(controller: MasterController, room: Room, how: str) -> None:
    controller.post(AddToken(link(0, "hotp")))
    room.clock.move(DAY)
    controller.post(ListTokens())
    controller.close()
    damage(room.home.vault, how)
    damaged = room.home.vault.read_bytes() if how != "missing" else b""

    again = room.unstarted()
    with pytest.raises(VaultMissing if how == "missing" else VaultDamaged):
        again.post(Start())
    assert again.post(GetInformation()).vault is VaultCondition.UNREADABLE
    if how == "missing":
        with pytest.raises(VaultMissing):
            again.post(CreateVault())
        with pytest.raises(VaultMissing):
            again.post(OpenVault(passphrase=PASSPHRASE))
        assert not room.home.vault.exists()
    else:
        assert room.home.vault.read_bytes() == damaged

    put_back = again.post(RestoreCopy())
    assert (put_back.status, put_back.copy and put_back.copy.number) == (Status.OK, 2)
    if how == "missing":
        assert put_back.kept_as is None
    else:
        assert put_back.kept_as is not None
        assert (room.home.folder / put_back.kept_as).read_bytes() == damaged
    started = again.post(Start())
    assert (started.vault, len(started.tokens), started.restored) == (VaultCondition.OPEN, 1, True)
    made = again.post(GenerateOathOtp(started.tokens[0].id))
    assert made.otp is not None
    assert made.otp.atc == 5


def test_a_vault_that_can_be_read_is_not_replaced_unasked(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    assert controller.post(RestoreCopy()).status is Status.INVALID_STATE
    assert controller.post(RestoreCopy(replace=True)).status is Status.INVALID_STATE  # open
    controller.close()
    closed = room.unstarted()
    assert closed.post(RestoreCopy()).status is Status.INVALID_STATE
    assert closed.post(RestoreCopy(replace=True)).status is Status.OK
    assert len(closed.post(Start()).tokens) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps others from a file that is open")
@pytest.mark.parametrize("how", ["missing", "replaced"])
def test_an_open_vault_whose_file_breaks_is_put_back(controller: MasterController, room: Room, how: str) -> None:
    controller.post(AddToken(link()))
    break_open(room.home.vault, how)
    for event in (ListTokens(), Start()):
        with pytest.raises(VaultDamaged):
            controller.post(event)
    assert controller.post(RestoreCopy()).status is Status.OK
    assert len(controller.post(Start()).tokens) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps others from a file that is open")
@pytest.mark.parametrize("how", ["missing", "replaced"])
def test_an_open_vault_whose_file_breaks_can_be_reset(controller: MasterController, room: Room, how: str) -> None:
    controller.post(AddToken(link()))
    break_open(room.home.vault, how)
    assert controller.post(Reset()).status is Status.OK
    assert [path.name for path in room.home.folder.iterdir()] == []
    assert controller.post(CreateVault()).status is Status.OK


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps others from a file that is open")
def test_a_vault_that_somebody_else_put_back_is_opened_and_not_replaced(
    controller: MasterController, room: Room
) -> None:
    controller.post(AddToken(link()))
    controller.post(ListTokens())
    other = room.home.vault.with_name("other")
    with sqlite3.connect(room.home.vault) as source, sqlite3.connect(other) as target:
        source.backup(target)
    source.close()
    target.close()
    other.chmod(0o600)
    other.replace(room.home.vault)
    assert controller.post(RestoreCopy()).status is Status.INVALID_STATE
    assert len(controller.post(Start()).tokens) == 1


def break_open(path: Path, how: str) -> None:
    """A file that this program has open."""
    if how == "missing":
        path.unlink()
    else:
        path.with_name("other").write_bytes(path.read_bytes()[:4096])
        path.with_name("other").replace(path)


def test_a_damaged_slot_is_damage(controller: MasterController, room: Room) -> None:
    """The keyring's way in is gone, and the copy has it still."""
    controller.post(AddToken(link()))
    controller.close()
    with sqlite3.connect(room.home.vault) as connection:
        connection.execute("UPDATE slot SET digest = zeroblob(32) WHERE kind = 'KEYRING'")
    connection.close()
    again = room.unstarted()
    assert again.post(Start()).vault is VaultCondition.NEEDS_RECOVERY
    assert again.post(RestoreCopy()).status is Status.OK
    assert again.post(Start()).vault is VaultCondition.OPEN


def test_only_a_whole_copy_is_put_back(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    room.clock.move(DAY)
    controller.post(ListTokens())
    controller.close()
    damage(room.home.vault, "truncated")
    newest = copy_files(room)[-1]
    newest.write_bytes(b"")
    again = room.unstarted()
    assert again.post(RestoreCopy(number=2)).status is Status.INVALID_PARAMETER
    assert again.post(RestoreCopy(number=9)).status is Status.INVALID_PARAMETER
    put_back = again.post(RestoreCopy())
    assert put_back.copy is not None
    assert put_back.copy.number == 1


def test_without_copies_nothing_is_put_back(controller: MasterController, room: Room) -> None:
    controller.close()
    damage(room.home.vault, "truncated")
    again = room.unstarted()
    assert again.post(ListCopies()).newest_whole is None
    assert again.post(RestoreCopy()).status is Status.INVALID_PARAMETER
    with pytest.raises(VaultDamaged):
        again.post(Start())


def test_what_was_set_aside_is_never_written_over(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    controller.close()
    names = set()
    for content in (b"one", b"two", b"three"):
        room.home.vault.write_bytes(content)
        again = room.unstarted()
        name = again.post(RestoreCopy()).kept_as
        assert name is not None
        assert (room.home.folder / name).read_bytes() == content
        names.add(name)
    assert len(names) == 3


@pytest.mark.parametrize("how", ["header", "missing"])
def test_a_reset_takes_copies_and_what_was_set_aside(controller: MasterController, room: Room, how: str) -> None:
    controller.post(AddToken(link()))
    controller.close()
    damage(room.home.vault, "text")
    room.unstarted().post(RestoreCopy())
    damage(room.home.vault, how)
    again = room.unstarted()
    assert again.post(Reset()).status is Status.OK
    assert [path.name for path in room.home.folder.iterdir()] == []
    assert again.post(Start()).vault is VaultCondition.ABSENT
    assert room.keystore.items == {}  # its item's name was known from a copy


@pytest.mark.skipif(os.name == "nt", reason="Windows closes the vault first")
def test_a_reset_leaves_no_copy_that_was_made_meanwhile(
    controller: MasterController, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another lane has the vault open until its file is gone; a copy alone would be a lost vault."""
    controller.post(AddToken(link()))

    def delete(path: Path) -> None:
        room.clock.move(DAY)
        controller.post(ListTokens())
        assert len(copies(controller)) == 1
        delete_vault(path)

    monkeypatch.setattr(access, "delete_vault", delete)
    assert controller.post(Reset()).status is Status.OK
    assert [path.name for path in room.home.folder.iterdir()] == []
    assert controller.post(Start()).vault is VaultCondition.ABSENT


def test_without_a_keyring_a_copy_is_distrusted_too(controller: MasterController, room: Room) -> None:
    """Nobody remembers how far the file had come, so that it was put back has to stand in the file itself."""
    controller.post(AddToken(link()))
    controller.post(ProtectVault(passphrase=PASSPHRASE))
    controller.close()
    room.keystore.problem = KeystoreProblem.MISSING
    damage(room.home.vault, "header")
    again = room.unstarted()
    again.post(RestoreCopy())
    assert again.post(OpenVault(passphrase=PASSPHRASE)).restored
    again.close()
    once_more = room.unstarted()
    assert not once_more.post(OpenVault(passphrase=PASSPHRASE)).restored


@pytest.mark.parametrize("version", [one for one in (1, 2) if one < VERSION])
def test_before_a_migration_the_old_file_is_copied(room: Room, version: int) -> None:
    """Put back, it is migrated once more, and distrusted although the oldest format had no way to say so."""
    shutil.copy(RELEASED / f"format-{version}.sqlite", room.home.vault)
    room.home.vault.chmod(0o600)
    vault_id, device_key = {1: ("0123456789abcdef" * 2, b"k" * 32), 2: ("fedcba9876543210" * 2, b"K" * 32)}[version]
    room.keystore.items[vault_id] = device_key
    first = room.controller()
    assert Copies(room.home.vault).find()[-1].version == version
    first.close()
    damage(room.home.vault, "header")
    again = room.unstarted()
    oldest = copies(again)[-1].number
    assert again.post(RestoreCopy(oldest)).status is Status.OK
    started = again.post(Start())
    assert (started.vault, started.restored) == (VaultCondition.OPEN, True)


def test_health_is_looked_at_in_any_state(controller: MasterController, room: Room) -> None:
    controller.post(AddToken(link()))
    well = controller.post(CheckHealth())
    assert (well.vault, well.round_trip, well.obstacle) == (VaultCondition.OPEN, RoundTrip.GOOD, None)
    assert len(room.keystore.items) == 1  # the one that was tried is gone
    room.keystore.keeps_nothing = KeystoreProblem.FAILED
    read_only = controller.post(CheckHealth())
    assert (read_only.round_trip, read_only.keyring_problem) == (RoundTrip.READ_ONLY, KeyringProblem.FAILED)
    controller.close()
    room.keystore.problem = KeystoreProblem.LOCKED
    damage(room.home.vault, "header")
    ill = room.unstarted().post(CheckHealth())
    assert (ill.vault, ill.vault_fault) == (VaultCondition.UNREADABLE, "SQLITE_NOTADB")
    assert (ill.round_trip, ill.keyring_problem) == (RoundTrip.BAD, KeyringProblem.LOCKED)
    assert [copy.whole for copy in ill.copies] == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="rights and links of POSIX")
@pytest.mark.parametrize("reason", [Distrust.LINK, Distrust.FILE_OPEN, Distrust.FOLDER_OPEN])
def test_what_is_only_not_trusted_is_not_replaced(controller: MasterController, room: Room, reason: Distrust) -> None:
    controller.post(AddToken(link()))
    controller.close()
    path = room.home.vault
    before, moved = path.read_bytes(), path.with_name("moved")
    match reason:
        case Distrust.LINK:
            path.rename(moved)
            path.symlink_to(moved)
        case Distrust.FILE_OPEN:
            path.chmod(0o666)
        case _:
            path.parent.chmod(0o777)
    fresh = room.unstarted()
    for event in (Start(), OpenVault(recovery_code="0004-1061-050R-3GG2-8A1C-60T3-GF6"), RestoreCopy()):
        with pytest.raises(VaultUntrusted) as caught:
            fresh.post(event)
        assert caught.value.reason is reason
    health = fresh.post(CheckHealth())
    assert (health.vault, health.vault_fault) == (VaultCondition.UNREADABLE, reason.value)
    assert health.untrusted is not None
    assert (path.read_bytes(), path.is_symlink()) == (before, reason is Distrust.LINK)

    if path.is_symlink():
        path.unlink()
        moved.rename(path)
    path.chmod(0o600)
    path.parent.chmod(0o700)
    started = fresh.post(Start())
    assert (started.vault, len(started.tokens), started.restored) == (VaultCondition.OPEN, 1, False)


def test_a_configuration_that_stops_every_start_is_seen(controller: MasterController, room: Room) -> None:
    first = controller.post(CheckHealth())
    assert first.configuration_fault is None
    room.configure(verify=True, screenCapture="blocked")
    second = room.unstarted().post(CheckHealth())
    assert second.configuration not in {None, first.configuration}
    room.configure(verify=True, screenCapture="off")
    ill = room.unstarted().post(CheckHealth())
    assert ill.configuration is None
    assert str(room.home.config) in (ill.configuration_fault or "")
    assert "$.softtoken.screenCapture" in (ill.configuration_fault or "")


def test_a_vault_with_a_passphrase_needs_no_keyring_to_be_healthy(controller: MasterController, room: Room) -> None:
    controller.post(ProtectVault(passphrase=PASSPHRASE))
    room.keystore.problem = KeystoreProblem.MISSING
    well = controller.post(CheckHealth())
    assert (well.round_trip, well.slots) == (RoundTrip.NOT_TRIED, ("RECOVERY", "PASSPHRASE"))
