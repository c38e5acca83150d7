"""`softtoken settings` over a real vault: each value as it is read, changed, refused, and decided by mc_config.json."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.scripted import Terminal

from softtoken.services.controller import MasterController
from softtoken.services.events import CreateVault, GetHistory, Start, Status

UNCHOSEN = {
    "status": "OK",
    "device_name": "",
    "resync_before_login": True,
    "login_data": "full",
    "look_for_approvals": True,
    "lock_after": 300,
    "block_capture": True,
    "hide_codes": False,
    "system_log": False,
    "decided_by_configuration": [],
}


@pytest.fixture
def settings(terminal: Terminal, make_controller: Callable[..., MasterController]) -> Terminal:
    """Commands over a vault in which nobody has chosen anything."""
    assert make_controller().post(CreateVault()).status is Status.OK
    terminal.over(make_controller)
    return terminal


def decide(settings: Terminal, make: Callable[..., MasterController], home: Path, **keys: Any) -> None:
    """From now on the configuration decides these."""

    def configured() -> MasterController:
        made = make()
        (home / "mc_config.json").write_text(json.dumps({"softtoken": keys}), "utf-8")
        return made

    settings.over(configured)


def test_all_of_them_are_listed_with_what_they_are(settings: Terminal) -> None:
    assert settings.run("settings", "--json").json == UNCHOSEN
    lines = settings.run("settings").out.splitlines()
    told = {line.split()[0]: line.split(maxsplit=1)[1].split("   ")[0] for line in lines}
    assert told == {
        "device-name": "(none)",
        "resync-before-login": "on",
        "login-data": "full",
        "look-for-approvals": "on",
        "lock-after": "5m",
        "block-capture": "on",
        "hide-codes": "off",
        "system-log": "off",
    }


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="these systems can")
def test_what_this_system_cannot_do_is_said(settings: Terminal) -> None:
    assert (
        "this system cannot do it; hide-codes is the next best thing" in settings.run("settings", "block-capture").out
    )


@pytest.mark.parametrize(
    ("key", "given", "value", "shown"),
    [
        ("device-name", " Desk 4 ", "Desk 4", "Desk 4"),
        ("resync-before-login", "off", False, "off"),
        ("login-data", "Minimal", "minimal", "minimal"),
        ("look-for-approvals", "off", False, "off"),
        ("lock-after", "15m", 900, "15m"),
        ("lock-after", "90", 90, "90s"),
        ("lock-after", "24h", 86400, "24h"),
        ("lock-after", "never", 0, "never"),
        ("block-capture", "off", False, "off"),
        ("hide-codes", "ON", True, "on"),
    ],
)
def test_one_is_changed_and_the_others_stay(
    settings: Terminal, key: str, given: str, value: bool | int | str, shown: str
) -> None:
    told = settings.run("settings", key, given)
    assert (told.status, told.err) == (0, "")
    assert told.out.split(maxsplit=1)[1].split("   ")[0].strip() == shown
    assert settings.run("settings", "--json").json == {**UNCHOSEN, key.replace("-", "_"): value}
    assert settings.run("settings", key).out == told.out


def test_the_log_of_the_system_is_told_or_its_refusal_is(settings: Terminal) -> None:
    told = settings.run("settings", "system-log", "on", "--json")
    assert (told.status, told.json) == (0, {**UNCHOSEN, "system_log": True})
    assert settings.run("settings", "system-log", "off").out.split() == ["system-log", "off"]


def test_a_change_is_in_the_history(settings: Terminal, make_controller: Callable[..., MasterController]) -> None:
    assert settings.run("settings", "hide-codes", "on").status == 0
    controller = make_controller()
    controller.post(Start())
    facts = [dict(entry.note.facts) for entry in controller.post(GetHistory()).entries if entry.note.kind == "SETTING"]
    assert facts == [{"setting": "hide_codes", "value": True}]


@pytest.mark.parametrize(
    ("key", "value", "name", "decided"),
    [
        ("resync-before-login", "on", "resynchroniseBeforeLogin", False),
        ("login-data", "full", "cddc", "none"),
        ("block-capture", "off", "screenCapture", "blocked"),
        ("system-log", "on", "auditToSystemLog", False),
    ],
)
def test_what_the_configuration_decides_is_said_and_stays(
    settings: Terminal,
    make_controller: Callable[..., MasterController],
    tmp_path: Path,
    key: str,
    value: str,
    name: str,
    decided: Any,
) -> None:
    decide(settings, make_controller, tmp_path / "home", **{name: decided})
    before = settings.run("settings", "--json").json
    assert before["decided_by_configuration"] == [key.replace("-", "_")]
    assert f"mc_config.json decides: softtoken.{name}" in settings.run("settings", key).out
    told = settings.run("settings", key, value)
    assert (told.status, told.out) == (1, "")
    assert told.err == (
        f"ACCESS_DENIED: This installation's mc_config.json decides that (softtoken.{name}). Nothing was changed.\n"
    )
    assert settings.run("settings", "--json").json == before


@pytest.mark.parametrize("name", ["x" * 65, "two\nlines"])
def test_a_name_that_is_none_changes_nothing(settings: Terminal, name: str) -> None:
    told = settings.run("settings", "device-name", name)
    assert told.status == 1
    assert told.err.startswith("INVALID_PARAMETER: device-name takes at most 64 printable characters")
    assert settings.run("settings", "--json").json == UNCHOSEN


def test_an_empty_name_takes_it_away(settings: Terminal) -> None:
    settings.run("settings", "device-name", "Desk 4")
    assert settings.run("settings", "device-name", "").out.split() == ["device-name", "(none)"]


def test_a_wrong_value_is_told_before_a_passphrase_is_asked_for(terminal: Terminal) -> None:
    told = terminal.run("settings", "hide-codes", "perhaps", "--json")
    assert (told.status, told.json) == (
        2,
        {"status": "USAGE", "message": "hide-codes takes on or off, not 'perhaps'"},
    )
    assert terminal.controller.posted == []
