"""Users and tokens: activating, adding, listing, removing."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from softtoken.engine.tokens import ProtectionType, Token, UserIdentifier
from softtoken.services.events.logins import LoginResult
from softtoken.services.events.vocabulary import Event, SdkState, Status, StatusResult
from softtoken.vault.biometrics.protocol import BiometricProblem


@dataclass(frozen=True, slots=True)
class Activate(Event["ActivationResult"]):
    """Activate this device for a user with a code from the organisation (MC-SDK ActivateEvent).

    server: a URL. user: `user` or `user@domain`. pin: needed if PIN is among the protections, else None. BIOMETRIC
    comes with PIN only, which is the way on when the sensor fails. The person is asked for it before the code is sent.
    The vault must be open. With auto_login the first login follows; activation stands even if that fails.
    """

    server: str
    user: str
    activation_code: str = field(repr=False)
    protections: AbstractSet[ProtectionType]
    pin: str | None = field(default=None, repr=False)
    auto_login: bool = True


@dataclass(frozen=True, slots=True)
class AddUser(Activate):
    """As Activate, for a second user and further ones: INVALID_STATE while nobody is activated (MC-SDK)."""


@dataclass(frozen=True, slots=True)
class Reactivate(Event["ActivationResult"]):
    """Forgot PIN: a new activation code and a new PIN for a token that is here (MC-SDK ReactivationEvent).

    The old keys stay until the server has taken the new ones, so a refusal changes nothing; then they are gone, and
    with them PIN_BLOCKED. protections: None keeps what the token has. pin: as in Activate.
    INVALID_USER_ID: no such token here. Statuses otherwise as in ActivationResult.
    """

    user_identifier: UserIdentifier
    activation_code: str = field(repr=False)
    pin: str | None = field(default=None, repr=False)
    protections: AbstractSet[ProtectionType] | None = None
    auto_login: bool = True


@dataclass(frozen=True, slots=True)
class ChangePin(Event["ChangePinResult"]):
    """Replace the PIN of a managed token (MC-SDK ChangePIN).

    Where the PIN is verified here this works offline. Where it is not, the server is asked: the old PIN is proved to
    it, and a fresh key comes back, since no key is ever masked twice. May wait for a network, so post it on a lane for
    logins. Raises Unreachable, ServerFault or BadAnswer; the old PIN then still works, and trying again is safe.
    """

    user_identifier: UserIdentifier
    current_pin: str = field(repr=False)
    new_pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangePinResult:
    """OK: the new PIN holds and the old one does not. Anything else: the old one still holds.

    INVALID_PIN, TEMPORARY_LOCKED, PIN_BLOCKED: as for a code, with retry fields. WRONG_CREDENTIALS: the server refused
    the old PIN (it counts that as a wrong code). INVALID_NEW_PIN_FORMAT: `fault` is a PinFault. LOCKED_USER: at the
    server. NOT_SUPPORTED: the server cannot renew keys; a new activation code (Reactivate) changes the PIN there.
    INVALID_PARAMETER: the token has no PIN. INVALID_USER_ID: no such token here, or the server knows it no more.
    FAILED: another program used the token meanwhile; try again.
    """

    status: Status
    retry_counter: int | None = None
    retry_delay: int | None = None
    fault: str | None = None
    detail: str = ""
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ActivationResult:
    """OK: activated; `login` is the first login's result, or None if it was not made or no server answered.

    Refusals, with nothing stored: INVALID_ACTIVATION_CODE (malformed, mistyped or unknown; nothing was sent if
    malformed), ACTIVATION_CODE_EXPIRED, WRONG_CREDENTIALS (the server refused code and user), LOCKED_USER (too many
    tries), USER_ID_ALREADY_EXISTS, INVALID_NEW_PIN_FORMAT, INVALID_PARAMETER (server or user malformed),
    INVALID_STATE (vault not open). INVALID_PIN: an earlier try with this code chose other
    protections or another PIN, and those stand. detail: the server's own sentence, if any. biometric: why there was no
    yes of a finger or a face, with its status (status_of_problem); the code was not sent then and is as good as before.
    """

    status: Status
    token: Token | None = None
    login: LoginResult | None = None
    detail: str = ""
    log_correlation_id: str | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class DeleteUser(Event["DeleteUserResult"]):
    """Remove a managed token. INVALID_STATE while that user is logged in; ("", "") removes all managed tokens."""

    user_identifier: UserIdentifier


@dataclass(frozen=True, slots=True)
class RenameToken(Event[StatusResult]):
    """Call a token something else here. INVALID_USER_ID: no such token. INVALID_PARAMETER: not 1 to 255 printable."""

    token_id: str
    issuer: str
    name: str


@dataclass(frozen=True, slots=True)
class RemoveToken(Event["DeleteUserResult"]):
    """Remove an imported token, or any that cannot be read."""

    token_id: str


@dataclass(frozen=True, slots=True)
class DeleteUserResult:
    """INVALID_USER_ID: there is no such token. tokens: what is left."""

    status: Status
    sdk_state: SdkState
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class AddToken(Event["AddTokenResult"]):
    """Add one imported token from an otpauth link. The vault must be open."""

    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddTokenResult:
    """INVALID_PARAMETER: `fault` names what is wrong with the link (see formats.otpauth.Fault)."""

    status: Status
    token: Token | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ListTokens(Event["ListTokensResult"]):
    """All tokens, and which user is current and logged in."""


@dataclass(frozen=True, slots=True)
class ListTokensResult:
    """counters: per token, the next HOTP counter or the next ATC of its usual credential; None for TOTP.

    damaged: how many stored tokens could not be read; they stay where they are. damaged_ids: what RemoveToken takes.
    login_required: ids of activated tokens whose usual credential makes no code before a login.
    """

    status: Status
    tokens: tuple[Token, ...]
    counters: tuple[int | None, ...] = ()
    damaged: int = 0
    logged_in: UserIdentifier | None = None
    damaged_ids: tuple[str, ...] = ()
    login_required: tuple[str, ...] = ()
