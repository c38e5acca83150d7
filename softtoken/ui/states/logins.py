"""What became of a login or a resynchronisation, and logging in with a typed code."""

from dataclasses import dataclass

from softtoken.engine.tokens import Token
from softtoken.services.events import LoginResult
from softtoken.ui.states.problems import Problem


@dataclass(frozen=True, slots=True)
class LoginDone:
    """What the server said, or what came between. token: None for a typed code.

    drifted: the code may have been refused because the counters are too far apart, so a resynchronisation may help.
    """

    who: str
    token: Token | None
    result: LoginResult | None
    problem: Problem | None = None
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class TypedLogin:
    """Log in with a code from another authenticator."""

    server: str = ""
    user: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ResyncDone:
    """Server and device agree on the counter, unless there is a problem."""

    token: Token
    problem: Problem | None = None
