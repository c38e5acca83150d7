"""Logging in in steps: what a command asks for, what it says where nobody can be asked, and going on later."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from cli.scripted import ALICE, CODES, OTP, PIN, USER, Terminal
from cli.test_cli_prompts import converse, program, tenant
from support.flows import PIN as REAL_PIN
from support.flows import Tenant
from support.program import PASSPHRASE, Program

from softtoken.cli import login_steps, logins, secrets
from softtoken.engine.tokens import ProtectionType, Token, UserIdentifier
from softtoken.iaa.messages import LoginAnswer
from softtoken.services import events as ev
from softtoken.services.events import (
    LIFE,
    CodeAnswer,
    LoginReason,
    LoginResult,
    LoginStep,
    PasswordAnswer,
    PendingLogin,
    Resynchronised,
    Status,
)
from softtoken.services.handles import BadHandle, format_handle, parse_handle
from softtoken.services.verdicts import judge

__all__ = ["program", "tenant"]

BARE = replace(ALICE, protections=(ProtectionType.NO_PIN,))
ACCEPTED = LoginResult(Status.OK, 0, "Accept", "accepted")
OPENED = PendingLogin("https://tenant.example", "alice@sandbox", USER, "4ed2", None, None, LoginStep.TOKEN_CODE)
MADE = ev.GenerateOtpResult(Status.OK, OTP, 5, 0, CODES)
CODES_OF_TODAY = (None, 0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 21, 22, 23, 24, 25, 4711)


def waits(code: int | None, challenge: str | None = None, opened: PendingLogin = OPENED) -> LoginResult:
    answer = LoginAnswer(
        session_status="pending",
        risk_response_code=code,
        request_id="77",
        request_message=None,
        challenge=challenge,
        event_id=None,
        fido_authentication_request=None,
        uaf_status_code=None,
        log_correlation_id="corr-7",
    )
    return judge(answer, opened, LIFE)


def script(terminal: Terminal, first: LoginResult, *later: Any, token: Token = ALICE) -> None:
    events: Mapping[Any, Any] = {
        ev.GenerateOtp: MADE,
        ev.Login: first,
        ev.LoginWithTypedCode: first,
        ev.ContinueLogin: list(later) or [ACCEPTED],
        ev.AwaitLogin: list(later) or [ACCEPTED],
    }
    terminal.script(events, (token,))


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody at the terminal: what they type, in this order."""
    typed: list[str] = []
    for module in (login_steps, logins, secrets):
        monkeypatch.setattr(module, "has_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: typed.pop(0))
    return typed


class TestNobodyToAsk:
    @pytest.mark.parametrize("code", CODES_OF_TODAY)
    def test_every_code_ends_with_negative_and_says_how_to_go_on(self, terminal: Terminal, code: int | None) -> None:
        script(terminal, waits(code), token=BARE)
        told = terminal.run("login", "alice", "--risk-first", "--json")
        unknown, at_once = code in {14, 25, 4711}, code in {4, 10}
        if at_once:
            assert (told.status, told.json["status"]) == (0, "OK")
            return
        assert (told.status, told.json["status"]) == (1, "NEGATIVE")
        wanted = told.json["pending"]
        assert (wanted["step"] == "UNSUPPORTED") is unknown
        assert told.json["risk_response_code"] == code
        script(terminal, waits(code), token=BARE)
        said = terminal.run("login", "alice", "--risk-first").err
        assert said.startswith("NEGATIVE: The server wants")
        assert (f"softtoken login --continue {wanted['continue']}" in said) is not unknown

    def test_the_document_has_its_keys(self, terminal: Terminal) -> None:
        script(terminal, waits(10, "5551234"), token=BARE)
        terminal.controller._answers[ev.GenerateOtp] = ev.GenerateOtpResult(Status.ATC_EXPIRED)
        document = terminal.run("login", "alice", "--risk-first", "--json").json
        assert document["status"] == "ATC_EXPIRED"
        assert document["reason"] is None
        assert {key: document["pending"][key] for key in ("step", "protections", "challenge")} == {
            "step": "TOKEN_CODE",
            "protections": ["pin", "biometric", "no-pin"],
            "challenge": "5551234",
        }
        assert document["code"] is None

    def test_a_pin_that_was_handed_over_answers_the_next_step_too(self, terminal: Terminal) -> None:
        script(terminal, waits(10, "5551234"))
        told = terminal.run("login", "alice", "--json", secrets=PIN)
        assert (told.status, told.json["status"], told.json["atc"]) == (0, "OK", 7)
        first, second = (event for event in terminal.controller.posted if isinstance(event, ev.GenerateOtp))
        assert (first.optional_data, second.optional_data) == (None, b"5551234")
        assert (second.pin, second.protection, second.for_login) == ("284917", ProtectionType.PIN, True)
        assert terminal.controller.the(ev.ContinueLogin).answer == CodeAnswer("123456", CODES)

    def test_a_pin_after_the_risk(self, terminal: Terminal) -> None:
        script(terminal, waits(5))
        assert terminal.run("login", "alice", "--risk-first", secrets=PIN).status == 0
        assert terminal.controller.the(ev.Login).otp is None
        assert terminal.controller.the(ev.GenerateOtp).pin == "284917"

    def test_without_a_pin_it_stops_before_a_code_is_made(self, terminal: Terminal) -> None:
        script(terminal, waits(5))
        told = terminal.run("login", "alice", "--protection", "no-pin")
        assert told.status == 1
        assert "a code that is protected by a PIN" in told.err
        assert len([event for event in terminal.controller.posted if isinstance(event, ev.GenerateOtp)]) == 1

    def test_a_token_that_lacks_the_protection(self, terminal: Terminal) -> None:
        script(terminal, waits(5), token=BARE)
        told = terminal.run("login", "alice")
        assert told.status == 1
        assert "activated without" in told.err
        assert "activate with a PIN" in told.err

    def test_the_static_password(self, terminal: Terminal) -> None:
        script(terminal, waits(2))
        told = terminal.run("login", "alice", "--risk-first", secrets={"--password-fd": "Test1234"})
        assert told.status == 0
        assert terminal.controller.the(ev.ContinueLogin).answer == PasswordAnswer("Test1234")

    @pytest.mark.parametrize("resynchronised", [Resynchronised.NOT_ASKED, Resynchronised.REFUSED])
    def test_a_refused_step_is_not_tried_again(self, terminal: Terminal, resynchronised: Resynchronised) -> None:
        wrong = replace(
            waits(5), status=Status.WRONG_CREDENTIALS, detail="Authentication failed", resynchronised=resynchronised
        )
        script(terminal, waits(5), wrong)
        told = terminal.run("login", "alice", secrets=PIN)
        assert told.status == 1
        assert told.err.startswith("WRONG_CREDENTIALS")
        assert "The server says: Authentication failed." in told.err
        assert "softtoken login --continue" in told.err

    @pytest.mark.parametrize(
        ("ended", "status", "said"),
        [
            (ACCEPTED, 0, ""),
            (LoginResult(Status.ACCESS_DENIED, reason=LoginReason.DECLINED_BY_USER), 1, "declined at the device"),
            (LoginResult(Status.USER_CONFIRMATION_TIMEOUT), 1, "timed out"),
            (LoginResult(Status.FAILED, session_status="unknown"), 1, "does not say whether"),
        ],
    )
    def test_waiting(self, terminal: Terminal, ended: LoginResult, status: int, said: str) -> None:
        script(terminal, waits(22), ended)
        told = terminal.run("login", "alice", "--wait", secrets=PIN)
        assert told.status == status
        assert "Waiting for up to a minute for alice@sandbox" in told.err
        assert "softtoken approvals alice\n" in told.err
        assert "The server cannot be reached; asking on." in told.err
        assert "The server answers again." in told.err
        assert said in told.err

    def test_stopped_waiting(self, terminal: Terminal) -> None:
        script(terminal, waits(22), KeyboardInterrupt())
        told = terminal.run("login", "alice", "--wait", secrets=PIN)
        assert told.status == 1
        assert "USER_CANCEL: You stopped waiting." in told.err
        assert "softtoken login --continue" in told.err

    def test_going_on_in_a_later_run(self, terminal: Terminal) -> None:
        script(terminal, waits(5))
        handle = terminal.run("login", "alice", "--risk-first", "--json").json["pending"]["continue"]
        script(terminal, waits(5))
        told = terminal.run("login", "--continue", handle, "--json", secrets=PIN)
        assert (told.status, told.json["status"], told.json["token"]) == (0, "OK", ALICE.id)
        event = terminal.controller.the(ev.ContinueLogin)
        assert event.pending == waits(5).pending
        assert not [event for event in terminal.controller.posted if isinstance(event, ev.Login)]

    def test_going_on_with_a_code_from_elsewhere(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        typed = replace(OPENED, user_identifier=None)
        handle = format_handle(waits(3, None, typed).pending or typed)
        script(terminal, ACCEPTED)
        monkeypatch.setattr(login_steps, "read_standard_input", lambda _: "714 346")
        assert terminal.run("login", "--continue", handle, "--otp-stdin").status == 0
        assert terminal.controller.the(ev.ContinueLogin).answer == CodeAnswer("714346")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--continue", "x", "alice"],
            ["--continue", "x", "--resync"],
            ["--continue", "x"],
            ["--continue", "é"],
            ["alice", "--risk-first", "--resync"],
            ["alice", "--risk-first", "--otp-stdin"],
        ],
    )
    def test_wrong_usage(self, terminal: Terminal, arguments: Sequence[str]) -> None:
        assert terminal.run("login", *arguments).status == 2


class TestSomebodyToAsk:
    def test_a_pin_is_asked_for_until_it_is_right(self, terminal: Terminal, person: list[str]) -> None:
        script(terminal, waits(5))
        wrong = ev.GenerateOtpResult(Status.INVALID_PIN, None, 4, 0)
        terminal.controller._answers[ev.GenerateOtp] = [MADE, wrong, MADE]
        person += ["284918", "284917"]
        told = terminal.run("login", "alice", "--protection", "no-pin")
        assert told.status == 0, told.err
        assert "a code that is protected by a PIN" in told.err
        assert "That PIN is wrong. Tries left: 4." in told.err
        assert not person

    def test_a_pin_that_only_the_server_finds_wrong_is_asked_for_again(
        self, terminal: Terminal, person: list[str]
    ) -> None:
        wrong = replace(waits(5), status=Status.WRONG_CREDENTIALS, session_status=None)
        script(terminal, waits(5), wrong, ACCEPTED)
        person += ["284918", "284917"]
        told = terminal.run("login", "alice", "--risk-first")
        assert told.status == 0, told.err
        assert "The login is still open: try again." in told.err
        pins = [event.pin for event in terminal.controller.posted if isinstance(event, ev.GenerateOtp)]
        assert pins == ["284918", "284917"]

    @pytest.mark.parametrize(
        ("code", "said", "answer"),
        [
            (2, "static password", PasswordAnswer("714 346")),
            (3, "by SMS", CodeAnswer("714346")),
            (8, "by e-mail", CodeAnswer("714346")),
            (13, "by telephone", CodeAnswer("714346")),
            (5, "of another device", CodeAnswer("714346")),
        ],
    )
    def test_what_is_typed(
        self, terminal: Terminal, person: list[str], code: int, said: str, answer: CodeAnswer | PasswordAnswer
    ) -> None:
        script(terminal, waits(code), token=BARE)
        person += ["714 346"]
        told = terminal.run("login", "alice", "--risk-first")
        assert told.status == 0, told.err
        assert said in told.err
        assert terminal.controller.the(ev.ContinueLogin).answer == answer

    def test_an_approval_is_waited_for_unless_told_otherwise(self, terminal: Terminal, person: list[str]) -> None:
        script(terminal, waits(23))
        told = terminal.run("login", "alice", "--risk-first")
        assert told.status == 0
        assert "with a fingerprint, a face, or its PIN" in told.err
        script(terminal, waits(23))
        told = terminal.run("login", "alice", "--risk-first", "--no-wait")
        assert told.status == 1
        assert "--wait" in told.err
        assert not person


@pytest.mark.parametrize("reason", list(LoginReason))
def test_every_reason_has_its_words(terminal: Terminal, reason: LoginReason) -> None:
    script(terminal, LoginResult(Status.FAILED, reason=reason, detail="Their words"))
    told = terminal.run("login", "alice", secrets=PIN)
    assert told.status == 1
    plain = "neither yes nor no" in told.err
    assert plain is (reason in {LoginReason.TIMED_OUT, LoginReason.CONFLICT})
    assert "The server says: Their words." in told.err
    script(terminal, LoginResult(Status.FAILED, reason=reason))
    assert terminal.run("login", "alice", "--json", secrets=PIN).json["reason"] == reason.value


def test_a_handle_is_whole_or_none() -> None:
    pending = waits(10, "5551234").pending
    assert pending is not None
    handle = format_handle(pending)
    assert parse_handle(handle, 0) == pending
    for broken in ("", handle[:-3], handle[5:], "e30", "é", handle + "!"):
        with pytest.raises(BadHandle):
            parse_handle(broken, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://tenant.example"},
        {"origin": "https://tenant.example/path"},
        {"origin": "https://TENANT.example"},
        {"origin": "https://tenant.example\x1b[2K"},
        {"user": "alice"},
        {"user": "alice@"},
        {"user": "alice\x1b]0;x@sandbox"},
        {"user_identifier": UserIdentifier("sandbox", "alice\x07")},
        {"session_id": "4e\x07"},
        {"request_id": ".."},
        {"request_id": ""},
        {"request_id": "7\n7"},
        {"challenge": "12\x1b[2K\u202e34"},
        {"challenge": "12\n34"},
    ],
)
def test_a_handle_that_no_login_printed(terminal: Terminal, changes: dict[str, Any]) -> None:
    pending = waits(10, "5551234").pending
    assert pending is not None
    script(terminal, waits(10))
    told = terminal.run("login", "--continue", format_handle(replace(pending, **changes)), "--wait", secrets=PIN)
    assert told.status == 2
    assert "this is not what a login printed" in told.err
    assert "\x1b" not in told.err
    assert not terminal.controller.posted


def test_a_handle_is_waited_for_no_longer_than_a_login_lives() -> None:
    pending = waits(21).pending
    assert pending is not None
    assert parse_handle(format_handle(replace(pending, until=10**15)), 1_000).left(1_000) == LIFE
    assert parse_handle(format_handle(replace(pending, until=1_030)), 1_000).left(1_000) == 30


@pytest.mark.parametrize("refused", [False, True])
def test_what_a_server_says_moves_nothing_on_the_screen(
    terminal: Terminal, person: list[str], *, refused: bool
) -> None:
    odd = replace(waits(10, "12\x1b[2K\u202e34"), log_correlation_id="corr\x9b2J")
    if refused:
        odd = replace(odd, status=Status.WRONG_CREDENTIALS, detail="No\x1b[2J")
    script(terminal, odd, replace(odd, pending=None), token=BARE)
    terminal.controller._answers[ev.GenerateOtp] = [MADE, ev.GenerateOtpResult(Status.ATC_EXPIRED)]
    person += ["714346"] * 3
    told = terminal.run("login", "alice", "--risk-first", "--no-wait")
    assert told.status == 1 or not refused
    assert "over the challenge 12\ufffd[2K\ufffd34" in told.err
    assert ("The server says: No\ufffd[2J." in told.err) is refused
    assert not {"\x1b", "\x9b", "\u202e"} & set(told.out + told.err)


def test_a_step_up_by_hand(program: Program, tenant: Tenant, tmp_path: Path) -> None:
    """A real terminal, sandbox and vault: a code without a PIN, then one with it."""
    rules = {"rules": [{"riskResponseCode": 5, "sessionStatus": "pending"}]}
    assert httpx.put(f"{tenant.url}/softtoken/v1/rules/alice@sandbox", json=rules, timeout=10).is_success
    lines = [("Passphrase of this vault: ", PASSPHRASE), ("PIN: ", REAL_PIN)]
    status, screen = converse(program, ["login", "alice", "--protection", "no-pin"], lines)
    assert status == 0, screen
    assert "The server wants a code that is protected by a PIN." in screen
    assert "Logged in: the session was accepted." in screen
    assert REAL_PIN not in screen
