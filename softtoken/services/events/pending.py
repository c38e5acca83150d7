"""A login that its first answer did not finish: what it waits for, and what is needed to go on with it."""

import threading
from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.tokens import ProtectionType, ResynchronisationCodes, UserIdentifier

LIFE = 60
"""Seconds for which a server keeps a pending login (the vendor's pn_auth_timeout; a tenant may keep it longer)."""


class Resynchronised(StrEnum):
    """What became of the resynchronisation before a login.

    UNAVAILABLE: the server does not offer it, so the login went on without. REFUSED: the codes were refused, so the
    login was not sent: one wrong PIN counts once.
    """

    NOT_ASKED = "NOT_ASKED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    UNAVAILABLE = "UNAVAILABLE"


class LoginStep(StrEnum):
    """What a pending login waits for (iaa-api 6.4).

    TOKEN_CODE: a code of an activated device (risk codes 4, 5, 10). PASSWORD: the static password (2). SENT_CODE: a
    code that the server sends by SMS, e-mail or voice (3, 8, 13). APPROVAL: somebody at a trusted device (6, 7, 11,
    21 to 24, and a push without a risk code). UNSUPPORTED: nothing that this program can do or wait for.
    """

    TOKEN_CODE = "TOKEN_CODE"  # noqa: S105 - a step, no secret
    PASSWORD = "PASSWORD"  # noqa: S105 - as above
    SENT_CODE = "SENT_CODE"
    APPROVAL = "APPROVAL"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """What ContinueLogin and AwaitLogin go on with. user: `user@domain`; user_identifier: None for a typed code.

    protections: whose codes or approvals answer, the fittest first; empty where none of this computer's do. challenge:
    what the code has to cover. until: uptime at which the server is expected to give it up. risk_response_code is as
    it came.
    """

    origin: str
    user: str
    user_identifier: UserIdentifier | None
    session_id: str = field(repr=False)
    request_id: str | None
    risk_response_code: int | None
    step: LoginStep
    protections: tuple[ProtectionType, ...] = ()
    challenge: str | None = field(default=None, repr=False)
    until: int = 0
    resynchronised: Resynchronised = Resynchronised.NOT_ASKED

    def left(self, uptime: int) -> int:
        """Seconds until the server is expected to give it up."""
        return max(0, self.until - uptime)


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """A code, made by GenerateOtp(challenge as optional data, for_login=True), sent to the user, or typed.

    resynchronisation: what came with a code that was made here; it is sent first.
    """

    otp: str = field(repr=False)
    resynchronisation: ResynchronisationCodes | None = None


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    """The static password."""

    password: str = field(repr=False)


class Cancellation:
    """Ends a wait from another thread."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def wait(self, seconds: float) -> bool:
        """Sleep so long, or until it is cancelled: True then."""
        return self._cancelled.wait(seconds)
