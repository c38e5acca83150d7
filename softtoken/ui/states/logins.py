"""A login's steps, what became of it or of a resynchronisation, and logging in with a typed code."""

from dataclasses import dataclass

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import LoginResult, PendingLogin
from softtoken.ui.states.problems import Problem


@dataclass(frozen=True, slots=True)
class OpenLogin:
    """A login that waits for its next step. token: None for a typed code."""

    who: str
    token: Token | None
    pending: PendingLogin

    @property
    def usable(self) -> tuple[ProtectionType, ...]:
        """Of the protections that answer, those that the token has; the fittest first."""
        has = () if self.token is None else self.token.protections
        return tuple(one for one in self.pending.protections if one in has)


@dataclass(frozen=True, slots=True)
class StepPage:
    """A pending login asks for something that is typed: a password, a code that was sent, another device's code."""

    login: OpenLogin
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class LoginWait:
    """A pending login waits for somebody at a trusted device.

    offer_approval: this computer may be that device. unreachable: the server did not answer when it was asked last.
    """

    login: OpenLogin
    offer_approval: bool = False
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class LoginDone:
    """What the server said, or what came between. token: None for a typed code.

    drifted: the code may have been refused because the counters are too far apart, so a resynchronisation may help.
    lacking: it waits for a protection that the token has not, so that only another device's code helps. resumable: the
    login is still open on the server.
    """

    who: str
    token: Token | None
    result: LoginResult | None
    problem: Problem | None = None
    drifted: bool = False
    lacking: bool = False
    resumable: bool = False


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
