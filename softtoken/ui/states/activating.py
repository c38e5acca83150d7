"""Pages of an activation, the first one of a user or a new one of a token that is here."""

from dataclasses import dataclass, field

from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import BiometricInformation, LoginResult
from softtoken.ui.states.problems import Failure, Problem


@dataclass(frozen=True, slots=True)
class ActivationForm:
    """Server, user and code, as far as known."""

    server: str = ""
    user: str = ""
    code: str = field(default="", repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ChooseProtection:
    """Which protection types to enable. biometric: what the computer offers, None until known."""

    user: str
    chosen: frozenset[ProtectionType]
    biometric: BiometricInformation | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ForgotPin:
    """A new activation code for a token that is here; with it a new PIN."""

    token: Token
    code: str = field(default="", repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class SetPin:
    """A new PIN, twice. token: the one that is activated again, None for a new one."""

    user: str
    rules: PinRules
    problem: Problem | None = None
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class ActivationFailed:
    """The environment came between; the same activation can be tried again as it is. token: as in SetPin."""

    user: str
    problem: Failure
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Activated:
    """This device is activated; login is the first login's result. again: the token was here before."""

    token: Token
    login: LoginResult | None
    again: bool = False
