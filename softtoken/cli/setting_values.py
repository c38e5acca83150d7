"""Each setting of the command line: how it is read, what it takes, and the event that changes it."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from softtoken.iaa.fingerprint import CddcExtent
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    LOCK_AFTER,
    Event,
    GetDeviceInformation,
    GetLockAfter,
    GetLoginData,
    GetLookForApprovals,
    GetScreenPrivacy,
    GetState,
    GetSystemLog,
    SetAtcResynchronizationBeforeEveryLogin,
    SetDeviceName,
    SetLockAfter,
    SetLoginData,
    SetLookForApprovals,
    SetScreenPrivacy,
    SetSystemLog,
    StatusResult,
)

Value = bool | int | str
Change = Event[StatusResult]


@dataclass(frozen=True, slots=True)
class Known:
    """decided: the configuration decides it. note: what this system makes of it."""

    value: Value
    decided: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """takes: its values, for people. parse raises UsageError. decided_by: the configuration's key; empty for none."""

    key: str
    takes: str
    read: Callable[[MasterController], Known]
    parse: Callable[[str], Change]
    show: Callable[[Value], str]
    decided_by: str = ""


def _switch(key: str, change: Callable[[bool], Change]) -> Callable[[str], Change]:
    def parse(word: str) -> Change:
        if word.casefold() not in {"on", "off"}:
            raise click.UsageError(f"{key} takes on or off, not {word!r}")
        return change(word.casefold() == "on")

    return parse


def _on_off(value: Value) -> str:
    return "on" if value else "off"


def _name(value: Value) -> str:
    return str(value) or "(none)"


_TIME = re.compile(r"([0-9]{1,6})(s|m|h|)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_TIMES = "30s to 24h (90s, 5m, 1h), or never"


def _parse_time(word: str) -> Change:
    if word.casefold() in {"never", "off"}:
        return SetLockAfter(0)
    if (found := _TIME.fullmatch(word.casefold())) is None:
        raise click.UsageError(f"lock-after takes {_TIMES}, not {word!r}")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds not in LOCK_AFTER:
        raise click.UsageError(f"lock-after takes {_TIMES}, not {word!r}")
    return SetLockAfter(seconds)


def _show_time(value: Value) -> str:
    seconds = int(value)
    if not seconds:
        return "never"
    unit, name = next((unit, name) for unit, name in ((3600, "h"), (60, "m"), (1, "s")) if seconds % unit == 0)
    return f"{seconds // unit}{name}"


def _parse_extent(word: str) -> Change:
    try:
        return SetLoginData(CddcExtent(word.casefold()))
    except ValueError:
        raise click.UsageError(f"login-data takes none, minimal or full, not {word!r}") from None


def _resynchronises(controller: MasterController) -> Known:
    told = controller.post(GetState())
    return Known(told.resynchronise_every_login, told.resynchronisation_decided)


def _login_data(controller: MasterController) -> Known:
    told = controller.post(GetLoginData())
    return Known(told.extent.value, told.decided)


def _blocks_capture(controller: MasterController) -> Known:
    told = controller.post(GetScreenPrivacy())
    note = "" if sys.platform in {"win32", "darwin"} else "this system cannot do it; hide-codes is the next best thing"
    return Known(told.block_capture, told.forced, note)


def _system_log(controller: MasterController) -> Known:
    told = controller.post(GetSystemLog())
    return Known(told.enabled, told.decided)


def _plain(ask: Event[Any], field: str) -> Callable[[MasterController], Known]:
    return lambda controller: Known(getattr(controller.post(ask), field))


SETTINGS = (
    Setting(
        "device-name",
        'at most 64 printable characters; "" for no name',
        _plain(GetDeviceInformation(), "device_name"),
        SetDeviceName,
        _name,
    ),
    Setting(
        "resync-before-login",
        "on or off: resynchronise the counter before every login",
        _resynchronises,
        _switch("resync-before-login", SetAtcResynchronizationBeforeEveryLogin),
        _on_off,
        "softtoken.resynchroniseBeforeLogin",
    ),
    Setting(
        "login-data",
        "none, minimal or full: what a login tells of this computer",
        _login_data,
        _parse_extent,
        str,
        "softtoken.cddc",
    ),
    Setting(
        "look-for-approvals",
        "on or off: a window asks now and then for logins to approve",
        _plain(GetLookForApprovals(), "enabled"),
        _switch("look-for-approvals", SetLookForApprovals),
        _on_off,
    ),
    Setting(
        "lock-after",
        f"{_TIMES}: a window locks after so long without use",
        _plain(GetLockAfter(), "seconds"),
        _parse_time,
        _show_time,
    ),
    Setting(
        "block-capture",
        "on or off: keep the window out of pictures of the screen",
        _blocks_capture,
        _switch("block-capture", lambda on: SetScreenPrivacy(block_capture=on)),
        _on_off,
        "softtoken.screenCapture",
    ),
    Setting(
        "hide-codes",
        "on or off: a window shows codes only when asked",
        _plain(GetScreenPrivacy(), "hide_codes"),
        _switch("hide-codes", lambda on: SetScreenPrivacy(hide_codes=on)),
        _on_off,
    ),
    Setting(
        "system-log",
        "on or off: tell the system's log of each entry of the history",
        _system_log,
        _switch("system-log", SetSystemLog),
        _on_off,
        "softtoken.auditToSystemLog",
    ),
)
"""In the order in which they are shown."""
