"""What commands tell of a counter and of names: resync, login, show, list, rename, device."""

from pathlib import Path
from typing import Any

import pytest
from cli.scripted import ALICE, CODES, OATH, OTP, PIN, USER, Terminal

from softtoken.engine.tokens import ProtectionType
from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.vault.errors import NotStored, VaultDamaged


def test_resynchronisation_data_is_spelt_for_the_telephone(terminal: Terminal) -> None:
    result = ev.GetResynchronizationDataResult(Status.OK, "01234567", 12345, 5, 0)
    terminal.script({ev.GetResynchronizationData: result})
    told = terminal.run("resync", "alice", "--data", secrets=PIN)
    assert told.status == 0
    for words in ("0123 4567", "12 345", "VDS1000000", "softtoken login alice"):
        assert words in told.out
    document = terminal.run("resync", "alice", "--data", "--json", secrets=PIN).json
    assert (document["code"], document["atc"]) == ("01234567", 12345)


RESYNCS = [
    (ev.ResynchronizeResult(Status.OK), 0, "agree on the counter"),
    (ev.ResynchronizeResult(Status.WRONG_CREDENTIALS, "Authentication failed", "c-1"), 1, "resync alice --data"),
    (ev.ResynchronizeResult(Status.NOT_SUPPORTED), 1, "resync alice --data"),
    (ev.ResynchronizeResult(Status.LOCKED_USER), 1, "locked"),
    (ev.ResynchronizeResult(Status.INVALID_USER_ID), 1, "knows no such user"),
]


@pytest.mark.parametrize(("result", "exit_status", "words"), RESYNCS, ids=lambda part: str(part)[:40])
def test_what_the_server_makes_of_a_resynchronisation(
    terminal: Terminal, result: ev.ResynchronizeResult, exit_status: int, words: str
) -> None:
    prepared = ev.PrepareResynchronizationResult(Status.OK, CODES, 5, 0)
    terminal.script({ev.PrepareResynchronization: prepared, ev.Resynchronize: result})
    told = terminal.run("resync", "alice", secrets=PIN)
    assert told.status == exit_status
    assert words in told.out + told.err
    assert result.detail in told.err
    assert "1111" not in told.out + told.err
    assert terminal.controller.the(ev.Resynchronize) == ev.Resynchronize(USER, CODES)
    assert terminal.run("resync", "alice", "--json", secrets=PIN).json == {
        "token": ALICE.id,
        "protection": "pin",
        "status": result.status.value,
        "atc": 41,
        "retry_counter": 5,
        "retry_delay": 0,
        "detail": result.detail,
        "log_correlation_id": result.log_correlation_id,
    }


def test_a_resynchronisation_with_a_wrong_pin_sends_nothing(terminal: Terminal) -> None:
    terminal.script({ev.PrepareResynchronization: ev.PrepareResynchronizationResult(Status.INVALID_PIN, None, 3, 0)})
    told = terminal.run("resync", "alice", secrets=PIN)
    assert (told.status, told.err) == (1, "INVALID_PIN: That PIN is wrong. Tries left: 3.\n")


@pytest.mark.parametrize(
    ("asked", "outcome", "status", "words"),
    [
        (True, "DONE", "OK", "The counter was resynchronised first."),
        (False, "DONE", "OK", "The counter was resynchronised first."),
        (True, "UNAVAILABLE", "OK", "does not offer resynchronisation"),
        (False, "NOT_ASKED", "OK", "the session was accepted.\n"),
        (False, "UNAVAILABLE", "OK", "the session was accepted.\n"),
        (True, "REFUSED", "WRONG_CREDENTIALS", "the login was not sent"),
        (True, "REFUSED", "LOCKED_USER", "locked on the server"),
    ],
)
def test_a_login_says_what_became_of_its_resynchronisation(
    terminal: Terminal, asked: bool, outcome: str, status: str, words: str
) -> None:
    made = ev.GenerateOtpResult(Status.OK, OTP, 5, 0, CODES)
    result = ev.LoginResult(Status(status), resynchronised=ev.Resynchronised(outcome))
    enabled = ev.StatusResult(Status.OK)
    answers = {
        ev.GenerateOtp: made,
        ev.Login: result,
        ev.EnableAtcResynchronizationDuringNextLogin: enabled,
    }
    terminal.script(answers)
    options = ["--resync"] if asked else []
    told = terminal.run("login", "alice", *options, secrets=PIN)
    assert told.status == (0 if status == "OK" else 1)
    assert words in told.out + told.err
    assert terminal.controller.the(ev.Login) == ev.Login(USER, "123456", CODES)
    posted = [type(event) for event in terminal.controller.posted]
    assert (ev.EnableAtcResynchronizationDuringNextLogin in posted) is asked
    if asked:
        assert posted.index(ev.EnableAtcResynchronizationDuringNextLogin) < posted.index(ev.GenerateOtp)
    document = terminal.run("login", "alice", "--json", *options, secrets=PIN).json
    assert (document["status"], document["resynchronised"]) == (status, outcome)


def test_a_login_that_was_not_sent_has_no_resynchronisation(terminal: Terminal) -> None:
    terminal.script({ev.GenerateOtp: ev.GenerateOtpResult(Status.PIN_BLOCKED, None, 0, 0)})
    document = terminal.run("login", "alice", "--json", secrets=PIN).json
    assert (document["status"], document["resynchronised"], document["risk"]) == ("PIN_BLOCKED", None, None)


def test_show_tells_all_and_no_secret(terminal: Terminal) -> None:
    told = terminal.run("show", "alice")
    assert told.status == 0
    for words in (
        "https://tenant.example",
        "VDS1000000",
        "7 is next",
        "3 since the server last confirmed the counter, 17 left",
        "from 15 on",
        "required at 20",
        "tries left: 5",
    ):
        assert words in told.out
    assert terminal.run("show", "alice", "--json").json == {
        "status": "OK",
        "id": ALICE.id,
        "tenant": "sandbox",
        "user": "alice",
        "issuer": "sandbox",
        "account": "alice@sandbox",
        "type": "MANAGED",
        "algorithm": "SHA256",
        "digits": 6,
        "period": 30,
        "counter": 7,
        "protections": ["no-pin", "pin"],
        "server": "https://tenant.example",
        "domain": "sandbox",
        "serial": "VDS1000000",
        "protection": "pin",
        "used": 3,
        "left": 17,
        "warn": 15,
        "limit": 20,
        "login_required": False,
        "logged_in_once": True,
        "resynchronise": False,
        "resynchronises_at_login": False,
        "verified_here": False,
        "retry_counter": 5,
        "retry_delay": 0,
    }


def _known(**fields: Any) -> ev.CredentialInformation:
    usual = {"counter": 30, "used": 0, "warn": 15, "limit": 20, "logged_in_once": True}
    return ev.CredentialInformation(Status.OK, ProtectionType.PIN, **{**usual, **fields})


@pytest.mark.parametrize(
    ("known", "shown", "listed"),
    [
        (_known(used=20), "required now: softtoken login alice", "[login required]"),
        (_known(logged_in_once=False), "required now", "[login required]"),
        (_known(resynchronise=True, resynchronises_at_login=True), "restored", "[login required]"),
        (_known(resynchronises_at_login=True), "the next one resynchronises", None),
        (_known(used=18), "2 left", "[2 left until a login is required]"),
        (_known(retry_counter=2, retry_delay=44), "tries left: 2, the next in 44 seconds", "[PIN tries left: 2]"),
        (_known(retry_counter=0, retry_delay=0), "softtoken pin forgot alice", "[PIN blocked]"),
        (_known(retry_counter=5, retry_delay=0, verified_here=True), "verified on this computer", None),
        (_known(), "verified by the server alone", None),
    ],
)
def test_what_needs_attention_is_shown_and_listed(
    terminal: Terminal, known: ev.CredentialInformation, shown: str, listed: str | None
) -> None:
    terminal.script({ev.GetCredentialInformation: known})
    assert shown in terminal.run("show", "alice").out
    alice, bob = terminal.run("list").out.splitlines()
    assert (listed is None and "[" not in alice) or (listed is not None and alice.endswith(listed))
    assert "[" not in bob
    rows = terminal.run("list", "--json").json
    assert set(rows[0]) == set(rows[1])
    assert "used" not in rows[0]


def test_a_damaged_entry_hides_no_token(terminal: Terminal, tmp_path: Path) -> None:
    terminal.script({ev.GetCredentialInformation: VaultDamaged("tampered", tmp_path, "0a1b2c3d4e5f")})
    told = terminal.run("list")
    assert (told.status, len(told.out.splitlines())) == (0, 2)
    told = terminal.run("show", "alice")
    assert (told.status, told.out) == (3, "")
    assert "One entry of the vault cannot be read (tampered). It was left as it is" in told.err


def test_a_token_that_another_program_removed_is_said_to_be_gone(terminal: Terminal) -> None:
    terminal.script({ev.RenameToken: NotStored("token", ALICE.id)})
    told = terminal.run("rename", "alice", "Alice")
    assert told.status == 3
    assert "removed or replaced that token meanwhile" in told.err


def test_show_of_an_imported_token_has_nothing_of_a_server(terminal: Terminal) -> None:
    told = terminal.run("show", "bob")
    assert told.status == 0
    assert "TOTP" in told.out
    assert "server" not in told.out
    document = terminal.run("show", "bob", "--json").json
    assert (document["server"], document["left"], document["counter"]) == (None, None, None)
    assert terminal.run("show", "bob", "--protection", "pin").status == 2


def test_a_token_is_renamed(terminal: Terminal) -> None:
    terminal.script({ev.RenameToken: ev.StatusResult(Status.OK)})
    told = terminal.run("rename", "bob", "Robert")
    assert (told.status, told.out) == (0, "Renamed to Example: Robert.\n")
    assert terminal.controller.the(ev.RenameToken) == ev.RenameToken(OATH.id, "Example", "Robert")
    document = terminal.run("rename", "bob", "Robert", "--issuer", "Shop", "--json").json
    assert document == {"status": "OK", "token": OATH.id, "issuer": "Shop", "account": "Robert"}
    terminal.script({ev.RenameToken: ev.StatusResult(Status.INVALID_PARAMETER)})
    told = terminal.run("rename", "bob", "")
    assert told.status == 1
    assert "1 to 255 printable characters" in told.err


def test_this_computer_has_a_name(terminal: Terminal) -> None:
    answers = {
        ev.SetDeviceName: ev.StatusResult(Status.OK),
        ev.GetDeviceInformation: ev.DeviceInformation(Status.OK, "ab" * 16, "Desk 4"),
    }
    terminal.script(answers)
    assert terminal.run("device").out == f"id    {'ab' * 16}\nname  Desk 4\n"
    assert ev.SetDeviceName not in [type(event) for event in terminal.controller.posted]
    document = terminal.run("device", "--name", "Desk 4", "--json").json
    assert document == {"status": "OK", "device_id": "ab" * 16, "device_name": "Desk 4"}
    assert terminal.controller.the(ev.SetDeviceName) == ev.SetDeviceName("Desk 4")
    terminal.script({**answers, ev.SetDeviceName: ev.StatusResult(Status.INVALID_PARAMETER)})
    told = terminal.run("device", "--name", "x" * 65)
    assert told.status == 1
    assert "at most 64 printable characters" in told.err
