"""The list of tokens, a token's own page, and what is done to a token."""

from dataclasses import dataclass, field

from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import Otp, ProtectionType, Token, UserIdentifier
from softtoken.services.events import CredentialInformation, KeyringProblem
from softtoken.ui.standing import situation
from softtoken.ui.states.problems import Problem


@dataclass(frozen=True, slots=True)
class Home:
    """The list of tokens. damaged: ids of those that cannot be read. restored: the stored data is older than this
    computer has seen.

    keyring: why the keyring that opened them takes nothing new. login_required: ids of those that make no code before a
    login.
    """

    tokens: tuple[Token, ...]
    recovery_pending: bool = False
    damaged: tuple[str, ...] = ()
    logged_in: UserIdentifier | None = None
    restored: bool = False
    problem: Problem | None = None
    keyring: KeyringProblem = KeyringProblem.NONE
    login_required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagedPage:
    """A managed token.

    protection: chosen for the next code, None before the choice. ask_pin: the PIN is wanted. expired: there was a
    code and its time is over. delay_until: uptime before which no PIN is evaluated. tries_left: of the PIN, None where
    nothing local counts. standings: how its credentials stand, none until known. others: the other users' tokens.
    reachable: its server, at the last call of this run.
    """

    token: Token
    protection: ProtectionType | None = None
    ask_pin: bool = False
    making: bool = False
    otp: Otp | None = field(default=None, repr=False)
    expired: bool = False
    login_soon: bool = False
    delay_until: int | None = None
    tries_left: int | None = None
    standings: tuple[CredentialInformation, ...] = ()
    others: tuple[Token, ...] = ()
    reachable: bool | None = None
    problem: Problem | None = None

    @property
    def standing(self) -> CredentialInformation | None:
        """Of the protection that was chosen; before the choice, of the one where most is to be done."""
        if self.protection is not None:
            return next((one for one in self.standings if one.protection is self.protection), None)
        return max(self.standings, key=lambda one: (situation(one), one.used), default=None)


@dataclass(frozen=True, slots=True)
class OathPage:
    """An imported token. For HOTP a code is made on request only; counter is the next one."""

    token: Token
    counter: int | None = None
    making: bool = False
    otp: Otp | None = field(default=None, repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class AddLink:
    """One otpauth link."""

    link: str = field(default="", repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmRemove:
    """The second step of removing a token. must_log_out: this user is logged in."""

    token: Token
    must_log_out: bool = False
    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmRemoveUnreadable:
    """The second step of removing a token of which nothing but its id can be read."""

    token_id: str
    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """What a token is called here."""

    token: Token
    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ChangePinPage:
    """Current PIN, new one, and that again. verified_here: a wrong PIN is noticed here; None until known.

    busy: it is being changed, where the server is asked perhaps for long; it goes on if the person leaves.
    """

    token: Token
    rules: PinRules
    verified_here: bool | None = None
    busy: bool = False
    tries_left: int | None = None
    delay_until: int | None = None
    problem: Problem | None = None
