"""The command audit: what it prints, in which form, and what it tells the system's log."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli.scripted import ALICE, Terminal
from support.program import Program

from softtoken.services import events as ev
from softtoken.services.events import AuditKind, Status
from softtoken.vault.audit import AuditEntry, AuditNote, FoundFault, TrailFault

NAMES = {"issuer": "sandbox", "name": "alice@sandbox"}
LINK = "otpauth://totp/Owl%20Post:errol?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&digits=8"


def entry(number: int, kind: str, time: int, token: str = "", uptime: int = 5000, **facts: Any) -> AuditEntry:
    return AuditEntry(number, AuditNote(kind, time, uptime, "0a1b2c3d", token, facts))


TRAIL = (
    entry(1, AuditKind.OPENED, 1_800_000_000, by="KEYRING"),
    entry(2, AuditKind.CODE, 1_800_000_060, ALICE.id, 5060, **NAMES, protection="PIN", counter=7),
    entry(3, AuditKind.TOKEN_REMOVED, 1_800_090_000, "ab" * 16, 5070, issuer="", name="errol the owl\x1b[2J"),
)


@pytest.fixture
def at_terminal(terminal: Terminal) -> Callable[..., Terminal]:
    def script(*faults: FoundFault, **answers: Any) -> Terminal:
        given = {getattr(ev, name): answer for name, answer in answers.items()}
        terminal.script({ev.GetHistory: ev.HistoryResult(Status.OK, TRAIL, faults), **given})
        return terminal

    return script


def test_each_entry_is_a_line(at_terminal: Callable[..., Terminal]) -> None:
    told = at_terminal().run("audit")
    assert (told.status, told.err) == (0, "")
    opened, code, removed = told.out.splitlines()
    assert "OPENED  by=KEYRING" in opened
    assert "CODE  sandbox:alice@sandbox  protection=PIN  counter=7" in code
    assert "\x1b" not in removed
    assert "[clock set by +89930 s before]" in removed


def test_it_is_narrowed_by_time_and_by_token(at_terminal: Callable[..., Terminal]) -> None:
    terminal = at_terminal()
    assert len(terminal.run("audit", "--since", "2027-01-15T09:00:00+00:00").out.splitlines()) == 1
    assert len(terminal.run("audit", "--since", "9999d").out.splitlines()) == 3
    for name in ("alice", "alice@sandbox", "sandbox:alice@sandbox", ALICE.id[:6]):
        assert len(terminal.run("audit", "--token", name).out.splitlines()) == 1, name
    assert "TOKEN_REMOVED" in terminal.run("audit", "--token", "abab").out
    unknown = terminal.run("audit", "--token", "nobody")
    assert (unknown.status, unknown.out) == (1, "")
    assert "Nothing is remembered" in unknown.err


@pytest.mark.parametrize("since", ["yesterday", "2027-13-01", "7w", ""])
def test_a_time_that_is_none_is_said_before_anything_is_opened(
    at_terminal: Callable[..., Terminal], since: str
) -> None:
    terminal = at_terminal()
    told = terminal.run("audit", "--since", since)
    assert told.status == 2
    assert not terminal.controller.posted


def test_a_trail_that_is_not_whole_ends_with_1_and_is_printed(at_terminal: Callable[..., Terminal]) -> None:
    told = at_terminal(FoundFault(TrailFault.MISSING, 4, 6), FoundFault(TrailFault.HEAD_LOST, 0, 0)).run("audit")
    assert told.status == 1
    assert len(told.out.splitlines()) == 3
    for words in ("not whole", "Tokens are not affected", "Entries 4 to 6: missing.", "Nothing says how far"):
        assert words in told.err


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        (ev.SendHistoryResult(Status.OK, 3), 0, "told of 3 entries"),
        (ev.SendHistoryResult(Status.FAILED, 1, "ENOENT"), 1, "took 1 entries and then no more (ENOENT)"),
    ],
)
@pytest.mark.parametrize("option", ["--system-log", "--to-syslog"])
def test_the_systems_log_is_told(
    at_terminal: Callable[..., Terminal], option: str, result: ev.SendHistoryResult, status: int, words: str
) -> None:
    terminal = at_terminal(SendHistory=result)
    told = terminal.run("audit", option, "--token", "alice")
    assert (told.status, words in told.out + told.err) == (status, True)
    assert terminal.controller.the(ev.SendHistory) == ev.SendHistory(None, ALICE.id)
    assert terminal.run("audit", option, "--json").json["sent"] == result.sent


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (Status.OK, 0, "goes to the system's log: yes. It did not take the first one (ENOENT)"),
        (Status.ACCESS_DENIED, 1, "mc_config.json decides"),
        (Status.INVALID_STATE, 1, "INVALID_STATE"),
    ],
)
def test_it_is_switched(at_terminal: Callable[..., Terminal], answer: Status, status: int, words: str) -> None:
    known = ev.SystemLogResult(Status.OK, enabled=True, problem="ENOENT")
    terminal = at_terminal(SetSystemLog=ev.StatusResult(answer), GetSystemLog=known)
    told = terminal.run("audit", "--forward", "on")
    assert (told.status, words in told.out + told.err) == (status, True)


def test_as_json_lines_of_a_real_vault(tmp_path: Path) -> None:
    """Also after a byte of it was changed."""
    program = Program(tmp_path / "home")
    assert program.run("add", "-", stdin=LINK).returncode == 0
    lines = [json.loads(line) for line in program.run("audit", "--json").stdout.splitlines()]
    assert (lines[0]["format"], lines[0]["whole"]) == ("softtoken-audit-1", True)
    assert [line["kind"] for line in lines[1:4]] == ["CREATED", "POLICY", "TOKEN_ADDED"]
    assert "JBSWY3DP" not in json.dumps(lines)
    with closing(sqlite3.connect(tmp_path / "home" / "vault.sqlite")) as connection:
        connection.execute("UPDATE audit SET body = zeroblob(length(body)) WHERE seq = 2")
        connection.commit()
    told = program.run("audit", "--json")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert told.returncode == 1
    assert lines[0]["faults"] == [{"fault": "UNREADABLE", "first": 2, "last": 2}]
    assert "Entry 2: cannot be read." in told.stderr
    assert program.run("list").returncode == 0
