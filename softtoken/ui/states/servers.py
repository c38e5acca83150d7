"""Trying a server, and what a login tells of this computer."""

from dataclasses import dataclass

from softtoken.services.events import LoginData, ServerReport
from softtoken.ui.states.problems import Problem


@dataclass(frozen=True, slots=True)
class ServerCheck:
    """A server is being tried, or was. server: as it was typed, or a token's origin.

    report: what is known by now, None before the first step. kept: a correction can be stored, as the vault is open.
    corrected: the seconds that were just chosen; None before.
    """

    server: str
    report: ServerReport | None = None
    running: bool = True
    kept: bool = False
    storing: bool = False
    corrected: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class LoginDataPage:
    """data: None until it is known."""

    data: LoginData | None = None
    busy: bool = False
    problem: Problem | None = None
