"""Pages that ask for a protection type and its PIN before something is made with a credential."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.ui.states.logins import OpenLogin
from softtoken.ui.states.problems import Problem


class Purpose(StrEnum):
    """What is made."""

    LOGIN = "LOGIN"
    STEP_UP = "STEP_UP"
    RESYNCHRONISE = "RESYNCHRONISE"
    SUPPORT = "SUPPORT"


@dataclass(frozen=True, slots=True)
class Ask:
    """Which protection, and the PIN if it is needed.

    delay_until: uptime before which no PIN is evaluated. tries_left: of the PIN, None where nothing local counts.
    login: the one that the code is a step of, with STEP_UP.
    """

    token: Token
    protection: ProtectionType
    purpose: Purpose = Purpose.LOGIN
    ask_pin: bool = False
    making: bool = False
    delay_until: int | None = None
    tries_left: int | None = None
    problem: Problem | None = None
    login: OpenLogin | None = None

    @property
    def choices(self) -> tuple[ProtectionType, ...]:
        """What may be picked."""
        return self.token.protections if self.login is None else self.login.usable


@dataclass(frozen=True, slots=True)
class SignPage:
    """A transaction's data fields are signed. signature: of the fields as they stand on the page, None without."""

    token: Token
    protection: ProtectionType
    ask_pin: bool = False
    making: bool = False
    signature: str | None = field(default=None, repr=False)
    login_soon: bool = False
    delay_until: int | None = None
    tries_left: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class SupportCode:
    """What is read to the help desk. device_name is empty until it is known, or if there is none."""

    token: Token
    code: str = field(repr=False)
    counter: int = 0
    device_name: str = ""
