"""Every answer of the controller, as a person and as a program are told it. No server, no vault."""

from dataclasses import replace
from typing import Any

import pytest
from cli.scripted import ACTIVATION_CODE, ALICE, CODES, OTP, PIN, Terminal

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services import events as ev
from softtoken.services.events import KeyringProblem, Status
from softtoken.vault.errors import VaultBusy

REFUSALS = [
    ("OFFLINE_NOT_ACTIVATED", None, None, "mc_config.json"),
    ("NOT_SUPPORTED", None, None, "no offline functions"),
    ("LOGIN_REQUIRED", 5, 0, "softtoken login alice"),
    ("PIN_BLOCKED", 0, 0, "softtoken pin forgot alice --code CODE"),
    ("ATC_EXPIRED", 5, 0, "softtoken pin forgot alice --code CODE"),
    ("TEMPORARY_LOCKED", 2, 58, "Tries left: 2. Next try in 58 seconds."),
    ("INVALID_PIN", 4, 0, "That PIN is wrong. Tries left: 4."),
    ("INVALID_PIN", 1, 120, "Tries left: 1. Next try in 120 seconds."),
    ("INVALID_STATE", None, None, "cannot be done now"),
]
CODE = {"code", "atc", "valid_from", "valid_until", "clock_correction"}
MAKERS: list[tuple[list[str], type[Any], type[Any], set[str]]] = [
    (["code", "alice"], ev.GenerateOtp, ev.GenerateOtpResult, CODE),
    (["sequence", "alice"], ev.GenerateSecureSequence, ev.GenerateSecureSequenceResult, {"secure_sequence", "atc"}),
    (["sign", "alice", "EUR 1"], ev.SignTransaction, ev.SignTransactionResult, {"signature", "atc"}),
    (
        ["resync", "alice", "--data"],
        ev.GetResynchronizationData,
        ev.GetResynchronizationDataResult,
        {"code", "atc"},
    ),
]


@pytest.mark.parametrize(("status", "counter", "delay", "words"), REFUSALS)
@pytest.mark.parametrize(("command", "event", "result", "own"), MAKERS, ids=[maker[0][0] for maker in MAKERS])
def test_a_refusal_says_why_and_which_command_helps(
    terminal: Terminal,
    command: list[str],
    event: type[Any],
    result: type[Any],
    own: set[str],
    status: str,
    counter: int | None,
    delay: int | None,
    words: str,
) -> None:
    terminal.script({event: result(Status(status), retry_counter=counter, retry_delay=delay)})
    told = terminal.run(*command, secrets=PIN)
    assert (told.status, told.out) == (1, "")
    assert told.err.startswith(f"{status}: ")
    assert words in told.err
    document = terminal.run(*command, "--json", secrets=PIN).json
    assert set(document) == {"token", "protection", "status", "retry_counter", "retry_delay"} | own
    assert (document["status"], document["retry_counter"], document["retry_delay"]) == (status, counter, delay)
    assert [document[name] for name in own] == [None] * len(own)


def test_a_code_in_the_warning_band_is_alone_on_standard_output(terminal: Terminal) -> None:
    terminal.script(
        {
            ev.GenerateOtp: ev.GenerateOtpResult(Status.ATC_EXPIRES_SOON, OTP, 5, 0),
            ev.GetCredentialInformation: ev.CredentialInformation(Status.OK, ProtectionType.PIN, 8, 17, 15, 20),
        }
    )
    told = terminal.run("code", "alice", secrets=PIN)
    assert (told.status, told.out) == (0, "123456\n")
    assert "softtoken login alice" in told.err
    assert "3 more" in told.err
    told = terminal.run("code", "alice", "--json", secrets=PIN)
    assert (told.json["status"], told.json["code"], told.err) == ("ATC_EXPIRES_SOON", "123456", "")


def test_nothing_comes_between_a_code_that_was_made_and_its_being_shown(terminal: Terminal) -> None:
    terminal.script(
        {ev.GenerateOtp: ev.GenerateOtpResult(Status.ATC_EXPIRES_SOON, OTP), ev.GetCredentialInformation: VaultBusy()}
    )
    told = terminal.run("code", "alice", secrets=PIN)
    assert (told.status, told.out) == (0, "123456\n")
    assert "softtoken login alice" in told.err


def test_a_name_that_a_shell_takes_apart_is_quoted_in_advice(terminal: Terminal) -> None:
    terminal.script({ev.GenerateOtp: ev.GenerateOtpResult(Status.LOGIN_REQUIRED)})
    assert "softtoken login sandbox:alice@sandbox\n" in terminal.run("code", "sandbox:alice@sandbox", secrets=PIN).err
    odd = ev.ListTokensResult(Status.OK, (replace(ALICE, name="my token"),), (7,))
    terminal.script({ev.GenerateOtp: ev.GenerateOtpResult(Status.LOGIN_REQUIRED), ev.ListTokens: odd})
    assert 'softtoken login "my token"\n' in terminal.run("code", "my token", secrets=PIN).err


def test_a_protection_that_the_token_has_not_is_named_and_no_pin_is_asked_for(terminal: Terminal) -> None:
    terminal.script({ev.GenerateOtp: ev.GenerateOtpResult(Status.INVALID_PARAMETER)})
    told = terminal.run("code", "alice", "--protection", "biometric")
    assert told.status == 1
    assert "alice has no biometric protection; it has no-pin, pin." in told.err
    assert terminal.controller.the(ev.GenerateOtp).pin is None


def test_a_sequence_is_base64url_without_padding(terminal: Terminal) -> None:
    raw = bytes([1, 0, 41]) + b"\xfb\xff" * 16
    terminal.script({ev.GenerateSecureSequence: ev.GenerateSecureSequenceResult(Status.OK, raw, 41, 5, 0)})
    told = terminal.run("sequence", "alice", "--data", "a door", secrets=PIN)
    assert told.out == "AQAp-__7__v_-__7__v_-__7__v_-__7__v_-__7__v_-_8\n"
    assert terminal.controller.the(ev.GenerateSecureSequence).optional_data == b"a door"
    document = terminal.run("sequence", "alice", "--json", "--protection", "no-pin").json
    assert document == {
        "token": ALICE.id,
        "protection": "no-pin",
        "status": "OK",
        "secure_sequence": told.out.strip(),
        "atc": 41,
        "retry_counter": 5,
        "retry_delay": 0,
    }


def test_fields_are_signed_in_their_order(terminal: Terminal, tmp_path: Any) -> None:
    terminal.script({ev.SignTransaction: ev.SignTransactionResult(Status.OK, "87654321", 12, 5, 0)})
    told = terminal.run("sign", "alice", "EUR 100.00", "AT61 1904", secrets=PIN)
    assert (told.status, told.out) == (0, "87654321\n")
    assert terminal.controller.the(ev.SignTransaction).data_fields == ("EUR 100.00", "AT61 1904")
    file = tmp_path / "fields"
    file.write_bytes("EUR 100,00 €\r\nAT61\x0b1904\n".encode())
    terminal.script({ev.SignTransaction: ev.SignTransactionResult(Status.OK, "87654321", 12, 5, 0)})
    document = terminal.run("sign", "alice", "--fields-file", str(file), "--json", secrets=PIN).json
    assert terminal.controller.the(ev.SignTransaction).data_fields == ("EUR 100,00 €", "AT61\x0b1904")
    assert (document["signature"], document["atc"]) == ("87654321", 12)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"a\n\nb\n", "empty"),
        (b"\xff\n", "UTF-8"),
        (b"x" * 65537, "longer than 65536"),
    ],
)
def test_fields_that_cannot_be_signed_are_wrong_usage(
    terminal: Terminal, tmp_path: Any, content: bytes, words: str
) -> None:
    file = tmp_path / "fields"
    file.write_bytes(content)
    told = terminal.run("sign", "alice", "--fields-file", str(file), secrets=PIN)
    assert told.status == 2
    assert words in told.err
    assert terminal.controller.posted == []


def test_restored_data_is_told_on_standard_error_alone(terminal: Terminal) -> None:
    terminal.script(restored=True)
    for arguments in (["list"], ["list", "--json"], ["show", "alice", "--json"]):
        told = terminal.run(*arguments)
        assert told.status == 0
        assert "older than this computer has seen" in told.err
        assert "Nothing is lost" in told.err
        assert "softtoken login" in told.err
        assert "older" not in told.out
    terminal.script()
    assert terminal.run("list").err == ""


def test_a_keyring_that_keeps_nothing_is_told_where_a_pin_needs_it(terminal: Terminal) -> None:
    made = ev.GenerateOtpResult(Status.OK, OTP, 5, 0)
    terminal.script({ev.GenerateOtp: made}, keyring=KeyringProblem.LOCKED)
    told = terminal.run("code", "alice", "--json", secrets=PIN)
    assert (told.status, told.json["code"]) == (0, OTP.code)
    (line,) = told.err.splitlines()
    assert "keeps nothing new (LOCKED). Nothing is lost" in line
    assert "softtoken doctor" in line
    for arguments in (["list"], ["code", "alice", "--protection", "no-pin"], ["show", "bob"]):
        assert terminal.run(*arguments).err == ""
    masked = replace(ALICE, policy=replace(ALICE.policy, allow_offline_pin_verification=False))  # type: ignore[type-var]
    terminal.script({ev.GenerateOtp: made}, (masked,), keyring=KeyringProblem.LOCKED)
    assert terminal.run("code", "alice", secrets=PIN).err == ""


IMPORTED = [
    ["login", "bob"],
    ["resync", "bob"],
    ["resync", "bob", "--data"],
    ["sign", "bob", "x"],
    ["sequence", "bob"],
    ["pin", "change", "bob"],
    ["pin", "forgot", "bob", "--code", ACTIVATION_CODE],
]


@pytest.mark.parametrize("arguments", IMPORTED, ids=" ".join)
def test_what_an_imported_token_has_not_is_said(terminal: Terminal, arguments: list[str]) -> None:
    told = terminal.run(*arguments)
    assert told.status == 1
    assert told.err.startswith("NOT_SUPPORTED: An imported token has no ")
    assert terminal.run(*arguments, "--json").json["status"] == "NOT_SUPPORTED"


WRONG = [
    (["show"], 2, "Missing argument"),
    (["show", "nobody"], 1, "softtoken list"),
    (["show", "alice", "--protection", "retina"], 2, "choose no-pin, pin or biometric"),
    (["resync"], 2, "Missing argument"),
    (["resync", "alice"], 2, "PIN needed"),
    (["login", "alice", "--resync", "--otp-stdin"], 2, "excludes"),
    (["login", "--server", "https://x", "--user", "y", "--resync"], 2, "excludes"),
    (["pin"], 2, "change"),
    (["pin", "guess"], 2, "No such command"),
    (["pin", "change"], 2, "Missing argument"),
    (["pin", "change", "alice"], 2, "Current PIN needed"),
    (["pin", "forgot", "alice"], 2, "--code"),
    (["pin", "forgot", "alice", "--code", "mistyped"], 1, "INVALID_ACTIVATION_CODE"),
    (["pin", "forgot", "alice", "--code", ACTIVATION_CODE], 2, "New PIN needed"),
    (["pin", "forgot", "alice", "--code", ACTIVATION_CODE, "--protection", "retina"], 2, "choose no-pin"),
    (["pin", "forgot", "alice", "--code", ACTIVATION_CODE, "--protection", "biometric"], 2, "biometric needs pin"),
    (["sign", "alice"], 2, "give FIELD"),
    (["sign", "alice", ""], 2, "empty"),
    (["sign", "alice", "x", "--fields-file", "/dev/null"], 2, "give FIELD"),
    (["sign", "alice", "--fields-file", "/nonexistent"], 2, "No such file"),
    (["sequence", "alice", "--data", "x", "--data-file", "/dev/null"], 2, "exclude each other"),
    (["rename", "alice"], 2, "Missing argument"),
    (["device", "Desk 4"], 2, "No such command"),
    (["settings", "colour"], 2, "is not one of"),
    (["settings", "hide-codes", "maybe"], 2, "takes on or off, not 'maybe'"),
    (["settings", "lock-after", "soon"], 2, "30s to 24h"),
    (["settings", "lock-after", "29"], 2, "30s to 24h"),
    (["settings", "lock-after", "25h"], 2, "30s to 24h"),
    (["settings", "login-data", "some"], 2, "none, minimal or full"),
]


@pytest.mark.parametrize(
    ("arguments", "status", "words"), WRONG, ids=lambda part: " ".join(part) if isinstance(part, list) else ""
)
def test_wrong_input(terminal: Terminal, arguments: list[str], status: int, words: str) -> None:
    told = terminal.run(*arguments)
    assert told.status == status
    assert words in told.err
    assert told.out == ""
    changed = {ev.ChangePin, ev.Reactivate, ev.Resynchronize, ev.Login, ev.GenerateSecureSequence, ev.SignTransaction}
    assert not changed & {type(event) for event in terminal.controller.posted}


def test_a_field_of_bytes_that_are_no_text_is_wrong_usage(terminal: Terminal) -> None:
    told = terminal.run("sign", "alice", "\udcff")
    assert told.status == 2
    assert "not UTF-8" in told.err


@pytest.mark.parametrize(
    ("arguments", "secrets", "event"),
    [
        (["resync", "alice"], PIN, ev.Resynchronize),
        (["pin", "change", "alice"], {**PIN, "--new-pin-fd": "739154"}, ev.ChangePin),
        (["pin", "forgot", "alice", "--code", ACTIVATION_CODE], PIN, ev.Reactivate),
        (["login", "alice"], PIN, ev.Login),
    ],
    ids=lambda part: " ".join(part[:2]) if isinstance(part, list) else "",
)
def test_an_unreachable_server_is_the_environments_fault(
    terminal: Terminal, arguments: list[str], secrets: dict[str, str], event: type[Any]
) -> None:
    answers = {
        ev.PrepareResynchronization: ev.PrepareResynchronizationResult(Status.OK, CODES),
        ev.GenerateOtp: ev.GenerateOtpResult(Status.OK, OTP),
        event: Unreachable(Reason.REFUSED),
    }
    terminal.script(answers)
    told = terminal.run(*arguments, secrets=secrets)
    assert (told.status, told.out) == (3, "")
    assert "cannot be reached" in told.err
    told = terminal.run(*arguments, "--json", secrets=secrets)
    assert (told.json["status"], told.json["error"]) == ("ENVIRONMENT", "Unreachable")
