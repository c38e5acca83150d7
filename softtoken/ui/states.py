"""Everything the window can be showing, one frozen value per page."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import Otp, ProtectionType, Token, UserIdentifier
from softtoken.services.events import Information, KeyringProblem, LoginResult, Status, VaultCondition


class Task(StrEnum):
    """What was being done; with a status or an error it decides the sentence."""

    START = "START"
    CREATE_VAULT = "CREATE_VAULT"
    OPEN_VAULT = "OPEN_VAULT"
    PROTECT_VAULT = "PROTECT_VAULT"
    RECOVERY_CODE = "RECOVERY_CODE"
    ACTIVATE = "ACTIVATE"
    MAKE_CODE = "MAKE_CODE"
    LOGIN = "LOGIN"
    TYPED_LOGIN = "TYPED_LOGIN"
    ADD = "ADD"
    REMOVE = "REMOVE"
    LOG_OUT = "LOG_OUT"
    RESET = "RESET"
    ABOUT = "ABOUT"
    SAVE_FILE = "SAVE_FILE"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected outcome that is not the wished one. detail: the server's own sentence."""

    task: Task
    status: Status
    detail: str = ""
    correlation_id: str | None = None
    fault: str | None = None
    tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What the environment did. where: file and line of a fault of the program itself, empty for a known error."""

    task: Task
    error: Exception = field(repr=False)
    where: str = ""


Problem = Refusal | Failure


class Way(StrEnum):
    """How a locked vault is to be opened."""

    KEYRING = "KEYRING"
    PASSPHRASE = "PASSPHRASE"  # noqa: S105 - a way, not a passphrase
    RECOVERY = "RECOVERY"


@dataclass(frozen=True, slots=True)
class Starting:
    """The first frame."""


@dataclass(frozen=True, slots=True)
class Working:
    """Something takes a moment. leavable: it goes on in the background if the person leaves."""

    task: Task
    leavable: bool = False


@dataclass(frozen=True, slots=True)
class Locked:
    """There is a vault and it is not open."""

    condition: VaultCondition
    keyring: KeyringProblem
    way: Way
    problem: Problem | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """The vault cannot be used; nothing is replaced. data_folder: where it lies, None until known."""

    problem: Failure
    data_folder: str | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """Nothing is stored yet."""

    problem: Problem | None = None


class PassphraseFor(StrEnum):
    """Which event the new passphrase goes with."""

    CREATE = "CREATE"
    PROTECT = "PROTECT"


@dataclass(frozen=True, slots=True)
class ChoosePassphrase:
    """No keyring helps, so a passphrase has to."""

    keyring: KeyringProblem
    purpose: PassphraseFor
    problem: Problem | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class ActivationForm:
    """Server, user and code, as far as known."""

    server: str = ""
    user: str = ""
    code: str = field(default="", repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ChooseProtection:
    """Which protection types to enable."""

    user: str
    chosen: frozenset[ProtectionType]


@dataclass(frozen=True, slots=True)
class SetPin:
    """A new PIN, twice."""

    user: str
    rules: PinRules
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ActivationFailed:
    """The environment came between; the same activation can be tried again as it is."""

    user: str
    problem: Failure


@dataclass(frozen=True, slots=True)
class ShowRecoveryCode:
    """Shown once. busy: the confirmation is being stored."""

    code: str = field(repr=False)
    problem: Problem | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Activated:
    """This device is activated; login is the first login's result."""

    token: Token
    login: LoginResult | None


@dataclass(frozen=True, slots=True)
class AddLink:
    """One otpauth link."""

    link: str = field(default="", repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """The list of tokens."""

    tokens: tuple[Token, ...]
    recovery_pending: bool = False
    damaged: int = 0
    logged_in: UserIdentifier | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ManagedPage:
    """A managed token.

    protection: chosen for the next code, None before the choice. ask_pin: the PIN is wanted. expired: there was a
    code and its time is over. delay_until: uptime before which no PIN is evaluated. refused: PIN_BLOCKED,
    LOGIN_REQUIRED and other outcomes that stand until something is done.
    """

    token: Token
    protection: ProtectionType | None = None
    ask_pin: bool = False
    making: bool = False
    otp: Otp | None = field(default=None, repr=False)
    expired: bool = False
    login_soon: bool = False
    delay_until: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class OathPage:
    """An imported token. For HOTP a code is made on request only; counter is the next one."""

    token: Token
    counter: int | None = None
    making: bool = False
    otp: Otp | None = field(default=None, repr=False)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class LoginAsk:
    """Log in with a managed token: which protection, and the PIN if it is needed."""

    token: Token
    protection: ProtectionType
    ask_pin: bool = False
    making: bool = False
    delay_until: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class LoginWaiting:
    """The server has the code and has not answered. who: the user that logs in."""

    who: str


@dataclass(frozen=True, slots=True)
class LoginDone:
    """What the server said, or what came between. token: None for a typed code."""

    who: str
    token: Token | None
    result: LoginResult | None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class TypedLogin:
    """Log in with a code from another authenticator."""

    server: str = ""
    user: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmRemove:
    """The second step of removing a token. must_log_out: this user is logged in."""

    token: Token
    must_log_out: bool = False
    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmReset:
    """Deleting everything."""

    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmNewRecovery:
    """Replacing the recovery code."""

    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Facts for people and for support; information is None while it is fetched."""

    information: Information | None = None
    problem: Problem | None = None


State = (
    Starting
    | Working
    | Locked
    | Unusable
    | Welcome
    | ChoosePassphrase
    | ActivationForm
    | ChooseProtection
    | SetPin
    | ActivationFailed
    | ShowRecoveryCode
    | Activated
    | AddLink
    | Home
    | ManagedPage
    | OathPage
    | LoginAsk
    | LoginWaiting
    | LoginDone
    | TypedLogin
    | ConfirmRemove
    | ConfirmReset
    | ConfirmNewRecovery
    | About
)


@dataclass(frozen=True, slots=True)
class LoginNews:
    """A login that was left has ended."""

    who: str
    result: LoginResult | None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ActivationNews:
    """An activation that was left has ended; problem is None if it worked."""

    who: str
    problem: Problem | None = None


class Done(StrEnum):
    """Things that worked and are worth a word."""

    REMOVED = "REMOVED"
    ADDED = "ADDED"
    RESET = "RESET"
    LOGGED_OUT = "LOGGED_OUT"
    SAVED = "SAVED"
    RECOVERY_CONFIRMED = "RECOVERY_CONFIRMED"
    BAD_LINK = "BAD_LINK"


@dataclass(frozen=True, slots=True)
class Crash:
    """A fault of the program. where: type, file and line; never a message, which could hold a secret."""

    where: str


News = LoginNews | ActivationNews | Done | Crash | Failure
