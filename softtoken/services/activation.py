"""Activating a device for a user: from the organisation's code to stored credentials and the first login."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from softtoken.clock import Clock
from softtoken.engine.activation_code import ActivationCode, MalformedActivationCode, parse_activation_code
from softtoken.engine.atc import AtcState
from softtoken.engine.managed import managed_otp
from softtoken.engine.pin import PinRules, judge_new_pin
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    CredentialState,
    OtpProfile,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
)
from softtoken.errors import SoftTokenError
from softtoken.iaa.address import BadAddress, parse_origin, parse_user, usual_domain
from softtoken.iaa.enrolment import ActivationPackage, DeviceEnrolment, IssuedCredential
from softtoken.iaa.errors import (
    AuthenticationFailed,
    Conflict,
    IaaError,
    NotFound,
    RegistrationExpired,
    RegistrationLocked,
    RegistrationUsed,
    Unreachable,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.services.config import McConfig, tighten
from softtoken.services.events import Activate, ActivationResult, GenerateOtp, Login, Status
from softtoken.services.login import ClientFactory, LoginService, is_no_tenant, managed_token
from softtoken.services.otp import OtpService
from softtoken.vault.pinwrap import WrappedKey, mask_with_pin, seal_with_pin, wrap_plain
from softtoken.vault.store import NewCredential, PendingActivation, TokenState, Vault, new_id

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient

SUPPORTED = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
"""The protection types that this build can enable."""

_A = TypeVar("_A")


@dataclass(slots=True)
class _Attempt:
    """An activation under way, kept in memory so that a lost answer is asked for again and not fatal."""

    origin: str
    user: str
    code: ActivationCode = field(repr=False)
    protections: frozenset[ProtectionType]
    device: DeviceEnrolment = field(repr=False)
    package: ActivationPackage | None = field(default=None, repr=False)
    signature: str | None = field(default=None, repr=False)

    def is_for(self, origin: str, user: str, code: ActivationCode, protections: frozenset[ProtectionType]) -> bool:
        return (self.origin, self.user, self.code, self.protections) == (origin, user, code, protections)


class ActivationService:
    """Register code, add-device, store, activate, log in: in this order, each step repeatable."""

    def __init__(
        self,
        otp: OtpService,
        login: LoginService,
        clients: ClientFactory,
        clock: Clock,
        app_digest: Callable[[], bytes],
    ) -> None:
        self._otp = otp
        self._login = login
        self._clients = clients
        self._clock = clock
        self._app_digest = app_digest
        self._attempt: _Attempt | None = None

    def activate(self, vault: Vault, config: McConfig, event: Activate) -> ActivationResult:
        """Activate, or say why not. Raises Unreachable, ServerFault, BadAnswer...: posting the same event again goes on
        where it stopped.
        """
        try:
            code = parse_activation_code(event.activation_code)
        except MalformedActivationCode as error:
            return ActivationResult(Status.INVALID_ACTIVATION_CODE, detail=error.reason.value)
        try:
            origin = parse_origin(event.server)
            user_id, domain = parse_user(event.user, usual_domain(origin))
        except BadAddress as error:
            return ActivationResult(Status.INVALID_PARAMETER, detail=error.reason.value)
        protections = frozenset(event.protections)
        wants_pin = ProtectionType.PIN in protections
        if not protections or not protections <= SUPPORTED or wants_pin != (event.pin is not None):
            return ActivationResult(Status.INVALID_PARAMETER)
        if event.pin is not None and (fault := judge_new_pin(event.pin, PinRules(), user_id)):
            return ActivationResult(Status.INVALID_NEW_PIN_FORMAT, detail=fault.value)

        user = f"{user_id}@{domain}"
        token = next((t for t in vault.tokens().tokens if _is_account(t, origin, user_id, domain)), None)
        pending = vault.token_state(token.id).pending if token else None
        if token and pending is None:
            return ActivationResult(Status.USER_ID_ALREADY_EXISTS)
        try:
            with self._clients(origin) as client:
                resumable = self._attempt and self._attempt.is_for(origin, user, code, protections)
                if token and pending and pending.registration_id == code.registration_id and not resumable:
                    result = self._finish_earlier_run(vault, config, client, token, event)
                else:
                    if token:
                        vault.remove_token(token.id)
                    result = self._enrol(vault, config, client, event, (origin, user, code, protections))
        except IaaError as error:
            status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
            if status is None or is_no_tenant(error):
                raise
            return ActivationResult(status, detail=error.message, log_correlation_id=error.log_correlation_id)
        if result.token is None or not event.auto_login:
            return result
        return self._first_login(vault, config, event, result.token)

    def _enrol(
        self,
        vault: Vault,
        config: McConfig,
        client: "IaaClient",
        event: Activate,
        wanted: tuple[str, str, ActivationCode, frozenset[ProtectionType]],
    ) -> ActivationResult:
        if self._attempt is None or not self._attempt.is_for(*wanted):
            origin, user, code, protections = wanted
            device = DeviceEnrolment(origin, user, code.registration_id, code.password, protections)
            self._attempt = _Attempt(*wanted, device)
        attempt = self._attempt
        registration = attempt.code.registration_id
        if attempt.package is None:
            answer = _repeated(lambda: client.add_device(registration, attempt.device.device_code))
            attempt.package = attempt.device.open(answer.activation_message_2)
        package = attempt.package
        if event.pin is not None and (fault := judge_new_pin(event.pin, package.pin, package.user_id)):
            return ActivationResult(Status.INVALID_NEW_PIN_FORMAT, detail=fault.value)
        if managed_token(vault, package.tenant, package.user_id):
            return ActivationResult(Status.USER_ID_ALREADY_EXISTS)

        token, credentials = _build(package, attempt.origin, config, event.pin)
        first = next((c for c in package.credentials if c.protection is ProtectionType.PIN), package.credentials[0])
        # stored before `activate`: from here on a lost answer costs nothing
        vault.add_token(token, credentials, TokenState(pending=PendingActivation(registration)))
        if attempt.signature is None:
            attempt.signature = self._first_code(first, package.digits)
        signature = attempt.signature
        try:
            _repeated(lambda: client.activate(registration, signature))
        except _FINAL:
            vault.remove_token(token.id)
            self._attempt = None
            raise
        vault.update_token(token.id, lambda state: replace(state, pending=None))
        self._attempt = None
        return ActivationResult(Status.OK, token)

    def _finish_earlier_run(
        self, vault: Vault, config: McConfig, client: "IaaClient", token: Token, event: Activate
    ) -> ActivationResult:
        """The program ended between storing the credentials and the server's answer: send a fresh first code."""
        made = self._otp.generate(vault, config, _login_code(token, event.pin))
        state = vault.token_state(token.id)
        if made.otp is None or state.pending is None:
            return ActivationResult(made.status)
        registration, signature = state.pending.registration_id, made.otp.code
        try:
            _repeated(lambda: client.activate(registration, signature))
        except RegistrationUsed:
            pass  # the earlier run's answer was lost: only this device has the keys, so the used one is ours
        except (RegistrationExpired, RegistrationLocked, NotFound):
            vault.remove_token(token.id)
            raise
        vault.update_token(token.id, lambda current: replace(current, pending=None))
        return ActivationResult(Status.OK, token)

    def _first_code(self, credential: IssuedCredential, digits: int) -> str:
        digest, now = self._app_digest(), self._clock.now()
        return managed_otp(credential.key, credential.counter, None, digest, now, digits).code

    def _first_login(self, vault: Vault, config: McConfig, event: Activate, token: Token) -> ActivationResult:
        """Offline functions need one login first. The activation stands whatever comes of it."""
        assert token.account is not None  # noqa: S101 - narrows the type; managed tokens have one
        made = self._otp.generate(vault, config, _login_code(token, event.pin))
        if made.otp is None:
            return ActivationResult(Status.OK, token)
        try:
            login = self._login.login(vault, Login(token.account.identifier, made.otp.code))
        except SoftTokenError:
            return ActivationResult(Status.OK, token)
        return ActivationResult(Status.OK, token, login)


def _is_account(token: Token, origin: str, user_id: str, domain: str) -> bool:
    account = token.account
    return account is not None and (account.origin, account.user_id, account.domain) == (
        origin,
        user_id,
        domain,
    )


def _login_code(token: Token, pin: str | None) -> GenerateOtp:
    assert token.account is not None  # noqa: S101 - narrows the type
    return GenerateOtp(pin=pin, user_identifier=token.account.identifier, for_login=True)


def _build(
    package: ActivationPackage, origin: str, config: McConfig, pin: str | None
) -> tuple[Token, list[NewCredential]]:
    """The token and its credentials as they are stored: the first code of the PIN (else first) credential is taken."""
    server_allows = package.allow_offline_pin_verification
    allow = tighten(config.allow_offline_pin_verification, True if server_allows is None else server_allows)
    order = sorted(package.credentials, key=lambda issued: issued.instance)
    first = next((c for c in order if c.protection is ProtectionType.PIN), order[0])
    token = Token(
        id=new_id(),
        issuer=package.tenant,
        name=f"{package.user_id}@{package.domain}",
        profile=OtpProfile(TokenType.MANAGED, Algorithm.SHA256, package.digits, 30),
        protections=tuple(issued.protection for issued in order),
        account=Account(origin, package.tenant, package.domain, package.user_id, package.serial),
        policy=TokenPolicy(allow, package.retry, package.atc, package.pin),
    )
    credentials = []
    for issued in order:
        credential_id = new_id()
        taken = 1 if issued is first else 0
        state = CredentialState(issued.counter + taken, AtcState(taken))
        key = _wrap(issued, credential_id, pin, sealed=allow is True)
        credentials.append(NewCredential(credential_id, issued.protection, key, state))
    return token, credentials


def _wrap(issued: IssuedCredential, credential_id: str, pin: str | None, *, sealed: bool) -> WrappedKey:
    """Without an explicit permission to verify offline the key is masked: nothing on disk tells a right PIN."""
    if issued.protection is not ProtectionType.PIN or pin is None:
        return wrap_plain(issued.key)
    return (seal_with_pin if sealed else mask_with_pin)(issued.key, pin, credential_id)


def _repeated(call: Callable[[], _A]) -> _A:
    """add-device and activate may be repeated with the same body: a lost answer is asked for once more."""
    try:
        return call()
    except Unreachable as error:
        if not error.sent:
            raise
        return call()


_FINAL = (
    AuthenticationFailed,
    NotFound,
    RegistrationExpired,
    RegistrationLocked,
    RegistrationUsed,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)

_REFUSALS: tuple[tuple[type[IaaError], Status], ...] = (
    (NotFound, Status.INVALID_ACTIVATION_CODE),
    (RegistrationExpired, Status.ACTIVATION_CODE_EXPIRED),
    (RegistrationUsed, Status.INVALID_ACTIVATION_CODE),
    (RegistrationLocked, Status.LOCKED_USER),
    (UserLocked, Status.LOCKED_USER),
    (UserDisabled, Status.LOCKED_USER),
    (AuthenticationFailed, Status.WRONG_CREDENTIALS),
    (ValidationFailed, Status.INVALID_PARAMETER),
    (Conflict, Status.FAILED),
)
