"""backup, restore and doctor from a terminal: words, documents, exit statuses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli.scripted import ALICE, Terminal
from support.program import Program

from softtoken.services import events as ev
from softtoken.services.events import BackupFault, KeyringProblem, Restored, RoundTrip, Status, VaultCondition
from softtoken.vault.errors import Distrust, FileFailed, VaultMissing, VaultUntrusted

HOTP = "otpauth://hotp/Bank:4711?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&counter=5"
SECRET = {"--backup-fd": "battery staple"}
HEALTHY = ev.Health(
    Status.OK, "/h", VaultCondition.OPEN, None, None, ("KEYRING", "RECOVERY"), "KWallet", "KWallet", RoundTrip.GOOD,
    KeyringProblem.NONE, (ev.CopyInformation(3, 1_800_000_000, ("KEYRING",), whole=True),), (), "5f" * 32, None,
)  # fmt: skip


@pytest.fixture
def program(tmp_path: Path) -> Program:
    made = Program(tmp_path / "home")
    assert made.run("add", "-", stdin=HOTP).returncode == 0
    return made


def test_a_backup_travels_to_another_computer(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "b"
    written = program.run("backup", str(file), "--json", extra=SECRET)
    assert (written.returncode, json.loads(written.stdout)["tokens"]) == (0, 1)
    assert b"JBSWY3DP" not in file.read_bytes()
    again = program.run("backup", str(file), extra=SECRET)
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    assert program.run("backup", str(file), "--force", extra=SECRET).returncode == 0
    other = Program(tmp_path / "other")
    wrong = other.run("restore", str(file), "--json", extra={"--backup-fd": "wrong horse"})
    assert (wrong.returncode, json.loads(wrong.stdout)["fault"]) == (1, "WRONG_PASSPHRASE")
    back = other.run("restore", str(file), extra=SECRET)
    assert back.returncode == 0
    assert "Bank: 4711: added; its counter is that of" in back.stdout
    code = json.loads(other.run("code", "4711", "--json").stdout)
    assert code["atc"] == 5


def test_a_passphrase_is_never_an_argument(program: Program, tmp_path: Path) -> None:
    refused = program.run("backup", str(tmp_path / "b"))
    assert (refused.returncode, "--backup-fd" in refused.stderr) == (2, True)
    assert not (tmp_path / "b").exists()


def test_a_damaged_vault_is_put_back(program: Program) -> None:
    vault = program.home / "vault.sqlite"
    whole = vault.read_bytes()
    vault.write_bytes(bytes(100) + whole[100:])
    refused = program.run("list")
    assert refused.returncode == 3
    assert "softtoken restore --copy" in refused.stderr
    listed = json.loads(program.run("restore", "--list", "--json", passphrase=None).stdout)
    assert [(copy["number"], copy["whole"]) for copy in listed["copies"]] == [(1, True)]
    back = program.run("restore", "--copy", "--json", passphrase=None)
    document = json.loads(back.stdout)
    assert (back.returncode, document["vault"], document["copy"]["number"]) == (0, "NEEDS_PASSPHRASE", 1)
    assert (program.home / document["kept_as"]).read_bytes()[:100] == bytes(100)
    rows = json.loads(program.run("list", "--json").stdout)
    assert [row["account"] for row in rows] == ["4711"]
    readable = program.run("restore", "--copy", passphrase=None)
    assert (readable.returncode, "can be read" in readable.stderr) == (1, True)
    assert program.run("restore", "--copy", "1", "--force", passphrase=None).returncode == 0
    assert program.run("restore", "--copy", "9", "--force", passphrase=None).returncode == 1


def test_a_vault_that_is_gone_is_not_made_anew(program: Program) -> None:
    for name in program.home.glob("vault.sqlite*"):
        name.unlink()
    for command in (["list"], ["add", "-"]):
        refused = program.run(*command, stdin=HOTP)
        assert refused.returncode == 3
        assert "is gone, but copies of it are there" in refused.stderr
    assert not (program.home / "vault.sqlite").exists()
    sick = program.run("doctor", "--json", passphrase=None)
    assert (sick.returncode, json.loads(sick.stdout)["vault_fault"]) == (1, "missing")
    assert program.run("restore", "--copy", passphrase=None).returncode == 0
    assert program.run("doctor", passphrase=None).returncode == 0


def test_the_doctor_tells_programs_how_the_process_is_protected(program: Program) -> None:
    told = json.loads(program.run("doctor", "--json", passphrase=None).stdout)
    hardening = json.loads(program.run("device", "hardening", "--json", passphrase=None).stdout)
    assert told["hardening"]
    assert {"status": "OK", **told["hardening"]} == hardening


@pytest.mark.parametrize(
    "arguments",
    [
        ["restore"],
        ["restore", "x", "--copy"],
        ["restore", "--list", "--copy"],
        ["restore", "x", "--force"],
        ["restore", "--copy", "newer"],
    ],
)
def test_wrong_usage(terminal: Terminal, arguments: list[str]) -> None:
    assert terminal.run(*arguments).status == 2


@pytest.mark.parametrize("fault", BackupFault)
def test_every_fault_is_told(terminal: Terminal, fault: BackupFault) -> None:
    terminal.script({ev.RestoreBackup: ev.RestoreBackupResult(Status.INVALID_PARAMETER, fault=fault)})
    told = terminal.run("restore", "file", secrets=SECRET)
    assert told.status == 1
    assert len(told.err) > 40


def test_every_outcome_is_told(terminal: Terminal) -> None:
    tokens = tuple(ev.RestoredToken("Shop", "me", outcome, 4) for outcome in Restored)
    terminal.script({ev.RestoreBackup: ev.RestoreBackupResult(Status.OK, tokens, 1_800_000_000, options=True)})
    told = terminal.run("restore", "file", secrets=SECRET)
    assert told.status == 0
    assert len(set(told.out.splitlines())) == len(Restored) + 1
    document = terminal.run("restore", "file", "--json", secrets=SECRET).json
    assert [token["outcome"] for token in document["tokens"]] == [outcome.value for outcome in Restored]


def test_files_and_vaults_that_cannot_be_had(terminal: Terminal, tmp_path: Path) -> None:
    for reason, words in (
        ("ENOSPC", "disk is full"),
        ("EROFS", "read-only"),
        ("EISDIR", "a folder"),
        ("EWHAT", "EWHAT"),
    ):
        terminal.script({ev.WriteBackup: FileFailed(tmp_path, reason)})
        told = terminal.run("backup", "file", secrets=SECRET)
        assert told.status == 3
        assert words in told.err
        assert "Nothing was changed" in told.err
    terminal.script({ev.Start: VaultMissing(tmp_path)})
    assert "restore --copy" in terminal.run("list").err


def test_a_healthy_house(terminal: Terminal) -> None:
    terminal.script({ev.CheckHealth: HEALTHY})
    told = terminal.run("doctor")
    assert (told.status, told.out.splitlines()[-1]) == (0, "Nothing needs attention.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keyring_now": "KeePassXC"}, "given to KWallet, and this session uses KeePassXC"),
        ({"round_trip": RoundTrip.BAD, "keyring_problem": KeyringProblem.LOCKED}, "keyring is locked"),
        (
            {"round_trip": RoundTrip.READ_ONLY, "keyring_problem": KeyringProblem.FAILED},
            "can be read and keeps nothing new (FAILED). Nothing is lost",
        ),
        ({"obstacle": "EROFS"}, "read-only"),
        ({"configuration": None, "configuration_fault": "/h/mc_config.json: $.ssms: Expected"}, "$.ssms: Expected"),
        ({"vault": VaultCondition.UNREADABLE, "vault_fault": "header"}, "restore --copy"),
        ({"vault": VaultCondition.UNREADABLE, "vault_fault": "header", "copies": ()}, "no copy"),
        ({"vault": VaultCondition.UNREADABLE, "vault_fault": "VaultTooNew"}, "Update the program"),
        ({"copies": (ev.CopyInformation(3, 0, (), whole=False),)}, "disk is failing"),
        ({"set_aside": ("vault.sqlite.damaged-1",)}, "delete them"),
    ],
)
def test_what_needs_attention_is_said(terminal: Terminal, changes: dict[str, object], words: str) -> None:
    terminal.script({ev.CheckHealth: replace(HEALTHY, **changes)})  # type: ignore[arg-type]
    told = terminal.run("doctor")
    assert told.status == 1
    assert words in told.out + told.err
    assert not terminal.run("doctor", "--json").json["healthy"]


@pytest.mark.parametrize(
    ("reason", "found", "advice"),
    [
        (Distrust.LINK, "is a link", "Put the file itself there"),
        (Distrust.NO_FILE, "is no plain file", "Put the vault's file there"),
        (Distrust.FILE_OWNER, "belongs to 4242 and not to you", "chown"),
        (Distrust.FOLDER_OWNER, "belongs to 4242 and not to you", "--home"),
        (Distrust.FILE_OPEN, "may be written by other users", "chmod 600 '/h o/vault.sqlite'"),
        (Distrust.FOLDER_OPEN, "may be written by other users", "chmod 700"),
    ],
)
def test_what_is_not_trusted_is_no_damage(terminal: Terminal, reason: Distrust, found: str, advice: str) -> None:
    error = VaultUntrusted(reason, Path("/h o/vault.sqlite"), 4242)
    terminal.script({ev.Start: error})
    told = terminal.run("list")
    assert told.status == 3
    health = replace(HEALTHY, vault=VaultCondition.UNREADABLE, vault_fault=reason.value, untrusted=error)
    terminal.script({ev.CheckHealth: health})
    doctor = terminal.run("doctor")
    assert doctor.status == 1
    for text in (told.err, doctor.err):
        assert f"vault.sqlite {found}" in text
        assert advice in text
        assert "nothing was changed, and nothing is lost" in text
        assert "softtoken restore" not in text
        assert "softtoken reset" not in text


def test_a_token_that_cannot_be_read_is_given_up_by_its_id(terminal: Terminal) -> None:
    damaged = ev.ListTokensResult(Status.OK, (ALICE,), (7,), 1, None, ("badbad00" * 4,))
    gone = ev.DeleteUserResult(Status.OK, ev.SdkState.LOGIN_REQUIRED, (ALICE,))
    terminal.script({ev.ListTokens: damaged, ev.RemoveToken: gone}, (ALICE,))
    assert "badbad00" in terminal.run("list").out
    told = terminal.run("remove", "badbad00", "--yes")
    assert told.status == 0
    assert terminal.controller.the(ev.RemoveToken) == ev.RemoveToken("badbad00" * 4)
