"""The history: what each event leaves, that it is stored before the result is seen, and what happens when it is not."""

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from services.room import Room, log_in
from support.flows import DIGEST, PIN

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.errors import Unreachable
from softtoken.services import audit_rules, auditing
from softtoken.services import events as ev
from softtoken.services.audit_lines import clock_moves, policy_digest, policy_facts
from softtoken.services.config import McConfig, Softtoken
from softtoken.services.controller import MasterController
from softtoken.services.events import AuditKind, Status
from softtoken.vault.audit import AuditEntry, AuditNote
from softtoken.vault.errors import VaultUnwritable
from softtoken.vault.store import Vault

LINK = "otpauth://totp/Owl%20Post:errol?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&digits=8"
NEW_PIN = "583920"


def history(controller: MasterController) -> tuple[AuditEntry, ...]:
    result = controller.post(ev.GetHistory())
    assert (result.status, result.faults) == (Status.OK, ())
    return result.entries


def since(controller: MasterController, number: int) -> list[tuple[str, dict[str, Any]]]:
    """Kind and facts of the entries behind one, without the token's names."""
    names = {"issuer", "name"}
    return [
        (entry.note.kind, {name: fact for name, fact in entry.note.facts.items() if name not in names})
        for entry in history(controller)
        if entry.number > number
    ]


def last(controller: MasterController) -> int:
    return history(controller)[-1].number


def test_every_event_says_what_it_leaves(room: Room) -> None:
    known = set(audit_rules.RULES) | audit_rules.SILENT | set(audit_rules.BEFORE)
    assert set(room.controller()._handlers) == known, "a rule in audit_rules.py, or a place in SILENT there"


def test_somebody_elses_finger(room: Room, origin: str) -> None:
    """Each failure that counts, and none that does not."""
    controller = room.controller()
    alice = room.activate(controller, origin, protections=frozenset(ProtectionType))
    start = last(controller)
    no = ev.BiometricProblem.NO_MATCH
    room.reader.answers = [no, ev.BiometricProblem.CANCELLED, no, no, no, no]
    for _ in range(7):
        controller.post(ev.GenerateOtp(None, None, alice, ProtectionType.BIOMETRIC))
        room.clock.move(4000)
    told = [(kind, facts["tries_left"]) for kind, facts in since(controller, start)]
    assert told[:5] == [("BIOMETRIC_FAILED", left) for left in (4, 3, 2, 1)] + [("BIOMETRIC_BLOCKED", 0)]
    assert {kind for kind, _ in told[5:]} == {"BIOMETRIC_BLOCKED"}


def test_the_life_of_a_token(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    kinds = [entry.note.kind for entry in history(controller)]
    assert kinds == ["CREATED", "POLICY", "ACTIVATION", "LOGIN"]
    activation = history(controller)[2]
    assert activation.note.facts["asked_for"] == f"alice@{alice.tenant_id}"
    assert (activation.note.facts["status"], activation.note.facts["server"]) == ("OK", origin)
    token = activation.note.token
    assert token == controller.post(ev.ListTokens()).tokens[0].id

    start = last(controller)
    code = controller.post(ev.GenerateOtp(None, PIN, alice)).otp
    assert code is not None
    for _ in range(5):
        controller.post(ev.GenerateOtp(None, "111111", alice, ProtectionType.PIN))
        room.clock.move(4000)
    controller.post(ev.GenerateOtp(None, None, alice, ProtectionType.NO_PIN))
    told = since(controller, start)
    assert told[0] == ("CODE", {"protection": "PIN", "counter": code.atc})
    wrong = [facts["tries_left"] for kind, facts in told if kind == "PIN_FAILED"]
    assert wrong == [4, 3, 2, 1]
    assert told[5] == ("PIN_BLOCKED", {"during": "CODE", "tries_left": 0})
    assert (told[6][0], told[6][1]["protection"]) == ("CODE", "NO_PIN")
    assert {entry.note.token for entry in history(controller)[start:]} == {token}


def test_pins_logins_names_and_settings(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    token = controller.post(ev.ListTokens()).tokens[0]
    start = last(controller)
    assert log_in(controller, alice).status is Status.OK
    assert controller.post(ev.ChangePin(alice, PIN, NEW_PIN)).status is Status.OK
    assert controller.post(ev.ChangePin(alice, "111111", "111112")).status is not Status.OK
    controller.post(ev.RenameToken(token.id, "Bank", "mine"))
    controller.post(ev.SetDeviceName(" the Burrow "))
    controller.post(ev.Restart())
    added = controller.post(ev.AddToken(LINK)).token
    assert added is not None
    controller.post(ev.RemoveToken(added.id))
    controller.post(ev.DeleteUser(alice))
    told = since(controller, start)
    kinds = [kind for kind, _ in told]
    assert kinds[:4] == ["CODE", "LOGIN", "PIN_CHANGE", "PIN_FAILED"]
    assert told[0][1]["for_login"] is True
    assert "resynchronisation_counter" in told[0][1]
    assert (told[1][1]["status"], told[1][1]["resynchronised"]) == ("OK", "DONE")
    assert "log_correlation_id" in told[1][1] or told[1][1]["risk_response_code"] == 0
    assert told[4:] == [
        ("TOKEN_RENAMED", {"new_issuer": "Bank", "new_name": "mine"}),
        ("SETTING", {"setting": "device_name", "value": "the Burrow"}),
        ("LOGGED_OUT", {}),
        ("TOKEN_ADDED", {"type": "TOTP"}),
        ("TOKEN_REMOVED", {}),
        ("TOKEN_REMOVED", {}),
    ]
    removed = history(controller)[-1].note
    assert (removed.facts["issuer"], removed.facts["name"]) == ("Bank", "mine"), "it is named although it is gone"


def test_a_login_that_nobody_answered_is_an_entry_too(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    made = controller.post(ev.GenerateOtp(None, PIN, alice, for_login=True))
    assert made.otp is not None
    start = last(controller)
    room.network.faults.append(("login", "down"))
    with pytest.raises(Unreachable):
        controller.post(ev.Login(alice, made.otp.code))
    ((kind, facts),) = since(controller, start)
    assert (kind, facts["status"], facts["error"]) == ("LOGIN", "FAILED", "Unreachable")
    assert facts["reason"]


def test_no_secret_is_in_it(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    secrets = [PIN, NEW_PIN, "JBSWY3DPEHPK3PXP", "111111", "my transaction"]
    made = controller.post(ev.GenerateOtp(b"my transaction", PIN, alice))
    signed = controller.post(ev.SignTransaction(("my transaction",), PIN, alice))
    sequence = controller.post(ev.GenerateSecureSequence(None, PIN, alice))
    desk = controller.post(ev.GetResynchronizationData(alice, PIN))
    codes = controller.post(ev.PrepareResynchronization(alice, PIN)).codes
    assert made.otp is not None
    assert signed.signature is not None
    assert sequence.secure_sequence is not None
    assert desk.otp is not None
    assert codes is not None
    controller.post(ev.Resynchronize(alice, codes))
    controller.post(ev.OfflineLogin(alice, "111111"))
    controller.post(ev.ChangePin(alice, PIN, NEW_PIN))
    controller.post(ev.AddToken(LINK))
    recovery = controller.post(ev.NewRecoveryCode()).recovery_code
    assert recovery
    secrets += [signed.signature, sequence.secure_sequence.hex(), desk.otp, codes.first, codes.second, recovery]
    exported = controller.post(ev.ExportHistory())
    text = "\n".join(exported.lines)
    assert {"CODE", "SIGNATURE", "SEQUENCE", "HELP_DESK_CODE", "RESYNCHRONISATION"} <= {
        json.loads(line).get("kind") for line in exported.lines
    }
    for secret in secrets:
        assert secret not in text
        assert secret not in repr(controller.post(ev.GetHistory()))
    # six digits may be in an id by chance, so the code is looked for as a value
    assert made.otp.code not in {str(fact) for entry in history(controller) for fact in entry.note.facts.values()}


class Recording:
    """A system's log that looks at the file at the moment of each line."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.lines: list[dict[str, Any]] = []
        self.stored: list[int] = []

    def write(self, line: str) -> None:
        self.lines.append(json.loads(line))
        if self.room.home.vault.exists():
            with self.room.vault() as vault:
                self.stored.append(vault.audit_trail().entries[-1].number)


def over(room: Room, log: Any) -> MasterController:
    """A controller with this log of the system."""
    controller = MasterController(
        room.home, room.keystore, room.clock, room.network.client, lambda: DIGEST, system_log=lambda: log
    )
    room._made.append(controller)
    controller.post(ev.Start())
    return controller


def test_an_entry_is_on_the_disk_before_its_result_is_seen(room: Room, origin: str) -> None:
    """The log is told within `post`, after the file and before the answer."""
    log = Recording(room)
    controller = over(room, log)
    alice = room.activate(controller, origin)
    assert log.lines == [], "nobody has switched it on"
    assert controller.post(ev.SetSystemLog(True)).status is Status.OK
    code = controller.post(ev.GenerateOtp(None, PIN, alice)).otp
    assert code is not None
    assert [line["kind"] for line in log.lines] == ["SETTING", "CODE"]
    assert log.lines[-1]["facts"]["counter"] == code.atc
    assert log.stored == [line["number"] for line in log.lines]
    controller.post(ev.SetSystemLog(False))
    controller.post(ev.GenerateOtp(None, PIN, alice))
    assert [line["facts"].get("value") for line in log.lines[2:]] == [False], "that it ends is said there, too"


def test_one_more_change_for_a_code_at_most(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    with room.vault() as vault:
        before = vault.generation()
        controller.post(ev.GenerateOtp(None, None, alice, ProtectionType.NO_PIN))
        assert vault.generation() == before + 2


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Takes no entry while it is not empty."""
    full: list[bool] = []
    append = Vault.append_audit

    def refused(self: Vault, *given: Any) -> Any:
        if full:
            raise VaultUnwritable("ENOSPC")
        return append(self, *given)

    monkeypatch.setattr(Vault, "append_audit", refused)
    return full


def test_a_failed_write_costs_no_result_and_is_made_good(room: Room, origin: str, full_disk: list[bool]) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    start = last(controller)
    full_disk.append(True)
    first = room.clock.now()
    assert log_in(controller, alice).status is Status.OK
    room.clock.move(60)
    full_disk.clear()
    controller.post(ev.GenerateOtp(None, PIN, alice))
    entries = history(controller)[start:]
    assert [(entry.note.kind, entry.note.late) for entry in entries] == [
        ("CODE", True),
        ("LOGIN", True),
        ("CODE", False),
    ]
    assert [entry.note.time for entry in entries] == [first, first, first + 60], "each has the time when it happened"


def test_what_could_not_even_be_held_is_a_gap(
    room: Room, origin: str, full_disk: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "HELD", 3)
    controller = room.controller()
    alice = room.activate(controller, origin)
    start = last(controller)
    full_disk.append(True)
    for _ in range(8):
        assert controller.post(ev.GenerateOtp(None, None, alice, ProtectionType.NO_PIN)).otp
    full_disk.clear()
    controller.post(ev.GenerateOtp(None, None, alice, ProtectionType.NO_PIN))
    told = since(controller, start)
    assert [kind for kind, _ in told] == ["HISTORY_GAP", "CODE", "CODE", "CODE", "CODE"]
    assert told[0][1] == {"lost": 5}


@pytest.mark.expects_log("softtoken.services.auditing")
def test_a_fault_of_the_trail_itself_costs_no_result(room: Room, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Vault, "append_audit", broken)
    assert log_in(controller, alice).status is Status.OK


def test_a_changed_configuration_is_said_once(room: Room, origin: str) -> None:
    room.activate(room.controller(), origin)
    room.configure(verify=False)
    second = room.controller()
    room.controller()
    policies = [entry.note.facts for entry in history(second) if entry.note.kind == AuditKind.POLICY]
    assert [facts["allow_offline_pin_verification"] for facts in policies] == [True, False]
    assert len({facts["digest"] for facts in policies}) == 2


def test_who_must_not_take_pictures_is_said() -> None:
    assert policy_facts(McConfig())["screen_capture"] is None
    assert policy_facts(McConfig(softtoken=Softtoken(screenCapture="blocked")))["screen_capture"] == "blocked"


def test_the_digest_goes_by_what_a_file_means() -> None:
    from softtoken.services.network_config import Network

    two = {"https://a.example": Network(), "https://b.example": Network(timeoutSeconds=7)}
    turned = dict(reversed(two.items()))
    config = McConfig()
    given = [replace_network(config, two), replace_network(config, turned), config]
    assert policy_digest(given[0]) == policy_digest(given[1]) != policy_digest(given[2])


def replace_network(config: McConfig, network: Any) -> McConfig:
    import msgspec

    return msgspec.structs.replace(config, softtoken=msgspec.structs.replace(config.softtoken, network=network))


def test_a_file_that_was_put_back_is_said(room: Room, origin: str) -> None:
    first = room.controller()
    alice = room.activate(first, origin)
    first.close()
    copy = room.home.folder / "copy"
    shutil.copy(room.home.vault, copy)
    second = room.controller()
    second.post(ev.GenerateOtp(None, PIN, alice))
    second.close()
    shutil.copy(copy, room.home.vault)
    third = room.controller()
    assert [entry.note.kind for entry in history(third)][-2:] == ["OPENED", "RESTORED_FILE"]
    third.post(ev.SetDeviceName("x"))
    assert [entry.note.kind for entry in history(third)].count("RESTORED_FILE") == 1


def test_wrong_passphrases_are_told_once_the_right_one_came(room: Room) -> None:
    room.controller().post(ev.CreateVault("correct horse"))
    controller = room.controller()
    for wrong in ("wrong horse", "another horse"):
        assert controller.post(ev.OpenVault(wrong)).status is Status.WRONG_CREDENTIALS
    assert controller.post(ev.OpenVault("correct horse")).status is Status.OK
    told = [(entry.note.kind, entry.note.facts.get("by"), entry.note.late) for entry in history(controller)]
    assert told[0][:2] == ("CREATED", "PASSPHRASE")
    assert told[2:] == [
        ("OPEN_FAILED", "PASSPHRASE", True),
        ("OPEN_FAILED", "PASSPHRASE", True),
        ("OPENED", "PASSPHRASE", False),
    ]


def test_a_reset_is_told_to_the_log_that_stays(room: Room, origin: str) -> None:
    room.configure(verify=True, auditToSystemLog=True)
    log = Recording(room)
    controller = over(room, log)
    room.activate(controller, origin)
    assert controller.post(ev.SetSystemLog(False)).status is Status.ACCESS_DENIED
    assert controller.post(ev.Reset()).status is Status.OK
    assert [line["kind"] for line in log.lines] == ["CREATED", "POLICY", "ACTIVATION", "LOGIN", "RESET"]
    controller.post(ev.CreateVault())
    assert [entry.note.kind for entry in history(controller)] == ["CREATED", "POLICY"]


def test_two_programs_write_one_trail(room: Room, origin: str) -> None:
    one, other = room.controller(), None
    alice = room.activate(one, origin)
    other = room.controller()
    for controller in (one, other, one, other):
        controller.post(ev.GenerateOtp(None, None, alice, ProtectionType.NO_PIN))
    entries = history(one)
    runs = [entry.note.run for entry in entries if entry.note.kind == AuditKind.CODE]
    assert (runs[0], runs[1]) == (runs[2], runs[3])
    assert len(set(runs)) == 2
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))


def test_a_page_that_makes_codes_by_itself_does_not_fill_the_trail(room: Room) -> None:
    controller = room.controller()
    controller.post(ev.CreateVault())
    token = controller.post(ev.AddToken(LINK)).token
    assert token is not None
    start = last(controller)
    for _ in range(45):
        assert controller.post(ev.GenerateOathOtp(token.id)).otp
        room.clock.move(30)
    assert [kind for kind, _ in since(controller, start)] == ["CODE"] * 3


def test_half_a_character_costs_no_result(room: Room) -> None:
    controller = room.controller()
    controller.post(ev.CreateVault())
    result = controller.post(ev.LoginWithTypedCode("https://nowhere.example", "a\ud800b", "123456"))
    assert result.status is not Status.OK
    assert history(controller)[-1].note.facts["asked_for"] == "a?b"


def test_what_left_by_a_backup_and_came_back(room: Room, tmp_path: Path) -> None:
    controller = room.controller()
    controller.post(ev.CreateVault())
    token = controller.post(ev.AddToken(LINK)).token
    assert token is not None
    start = last(controller)
    backup = tmp_path / "backup"
    assert controller.post(ev.WriteBackup(backup, "correct horse")).status is Status.OK
    assert controller.post(ev.RestoreBackup(backup, "wrong horse")).status is not Status.OK
    controller.post(ev.RemoveToken(token.id))
    made_at = room.clock.now()
    assert controller.post(ev.RestoreBackup(backup, "correct horse")).status is Status.OK
    assert since(controller, start) == [
        ("BACKUP", {"tokens": 1}),
        ("TOKEN_REMOVED", {}),
        ("BACKUP_RESTORED", {"added": 1, "made_at": made_at}),
    ]


def test_a_copy_that_was_put_back_says_so(room: Room) -> None:
    controller = room.controller()
    controller.post(ev.CreateVault())
    controller.post(ev.AddToken(LINK))
    controller.close()
    controller = MasterController(room.home, room.keystore, room.clock, room.network.client)
    room._made.append(controller)
    assert controller.post(ev.RestoreCopy(replace=True)).status is Status.OK
    controller.post(ev.Start())
    assert "COPY_RESTORED" in [entry.note.kind for entry in history(controller)]


def test_what_was_chosen_about_the_screen(room: Room) -> None:
    controller = room.controller()
    controller.post(ev.CreateVault())
    start = last(controller)
    controller.post(ev.SetScreenPrivacy(hide_codes=True))
    assert since(controller, start) == [("SETTING", {"setting": "hide_codes", "value": True})]


def entries_at(*times: tuple[int, int, str, bool]) -> list[AuditEntry]:
    return [
        AuditEntry(number, AuditNote("CODE", time, uptime, run, late=late))
        for number, (time, uptime, run, late) in enumerate(times, 1)
    ]


def test_a_clock_that_was_set_is_seen_within_a_run() -> None:
    a, b = "aaaaaaaa", "bbbbbbbb"
    entries = entries_at(
        (1000, 10, a, False),
        (1100, 110, a, False),
        (90, 200, a, False),
        (9000, 5, b, False),
        (130, 240, a, False),
        (100, 210, a, True),
        (9100, 105, b, False),
        (99999, 106, b, False),
    )
    assert clock_moves(entries) == {3: -1100, 8: 90898}


def test_what_is_chosen(room: Room, origin: str) -> None:
    controller = room.controller()
    alice = room.activate(controller, origin)
    room.clock.move(1000)
    now = room.clock.now()
    controller.post(ev.AddToken(LINK))
    controller.post(ev.GenerateOtp(None, PIN, alice))
    token = next(t.id for t in controller.post(ev.ListTokens()).tokens if t.account)
    header, *rest = [json.loads(line) for line in controller.post(ev.ExportHistory(now, token)).lines]
    assert (header["format"], header["whole"], header["faults"]) == ("softtoken-audit-1", True, [])
    assert "names" in header["contains"]
    assert [line["kind"] for line in rest] == ["CODE"]
    assert rest[0]["token"] == token
    assert history(controller)[-1].note.kind == AuditKind.HISTORY_EXPORTED


def test_a_trail_that_is_not_whole_is_exported_with_its_faults(room: Room, origin: str) -> None:
    import sqlite3
    from contextlib import closing

    controller = room.controller()
    alice = room.activate(controller, origin)
    with closing(sqlite3.connect(room.home.vault)) as connection:
        connection.execute("DELETE FROM audit WHERE seq = 2")
        connection.commit()
    result = controller.post(ev.GetHistory())
    assert [(fault.fault, fault.first) for fault in result.faults] == [("MISSING", 2)]
    header = json.loads(controller.post(ev.ExportHistory()).lines[0])
    assert (header["whole"], header["faults"]) == (False, [{"fault": "MISSING", "first": 2, "last": 2}])
    assert log_in(controller, alice).status is Status.OK


def test_without_a_vault_there_is_no_history(room: Room) -> None:
    controller = room.controller()
    assert controller.post(ev.GetHistory()).status is Status.INVALID_STATE
    assert controller.post(ev.GetSystemLog()) == ev.SystemLogResult(Status.INVALID_STATE)
    assert controller.post(ev.SendHistory()).status is Status.INVALID_STATE
    assert controller.post(ev.ExportHistory()).lines == ()
    unknown = UserIdentifier("no", "body")
    assert controller.post(ev.DeleteUser(unknown)).status is Status.INVALID_STATE


def test_a_lock_whose_entry_waits_takes_the_keys_at_once(room: Room, origin: str) -> None:
    """Another program keeps the file: the entry is stored when it can be, and no key stays for it."""
    controller = room.controller()
    room.activate(controller, origin)
    vault = controller._access.vault
    assert vault is not None
    with closing(sqlite3.connect(room.home.vault, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert controller.post(ev.Lock()).status is Status.OK
        assert vault._cells.vault_key == bytes(32)
        other.execute("ROLLBACK")
    for thread in threading.enumerate():
        if thread.name == auditing.ENTRY_THREAD:
            thread.join(10)
    assert controller.post(ev.Unlock()).status is Status.OK
    told = [(entry.note.kind, entry.note.late) for entry in history(controller)][-2:]
    assert sorted(told) == [("LOCKED", True), ("OPENED", False)]


def test_a_computer_without_a_thread_to_spare_locks(room: Room, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = room.controller()
    room.activate(controller, origin)

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        assert controller.post(ev.Lock()).status is Status.OK
    assert controller.post(ev.ListTokens()).status is Status.INVALID_STATE
    controller.post(ev.Unlock())
    assert ("LOCKED", True) in [(entry.note.kind, entry.note.late) for entry in history(controller)]
