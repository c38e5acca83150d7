"""Activating a device for a user: from the organisation's code to stored credentials and the first login."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from softtoken.engine.activation_code import ActivationCode
from softtoken.engine.managed import managed_otp
from softtoken.engine.pin import judge_new_pin
from softtoken.engine.tokens import (
    Otp,
    ProtectionType,
    Token,
    UserIdentifier,
)
from softtoken.errors import SoftTokenError
from softtoken.iaa.enrolment import ActivationPackage, DeviceEnrolment
from softtoken.iaa.errors import (
    AuthenticationFailed,
    Conflict,
    IaaError,
    NotFound,
    RegistrationExpired,
    RegistrationLocked,
    RegistrationUsed,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.services.activation_wish import Wanted, well_formed
from softtoken.services.biometric_prompts import BiometricPrompts, biometric_ids
from softtoken.services.biometric_report import BiometricReport
from softtoken.services.biometric_setup import BiometricSetup
from softtoken.services.config import McConfig
from softtoken.services.connections import Connect, repeated
from softtoken.services.events import Activate, ActivationResult, Reactivate, Status, status_of_problem
from softtoken.services.holdings import read_holdings
from softtoken.services.issued import build_token, first_credential
from softtoken.services.login import LoginService
from softtoken.services.otp import OtpService
from softtoken.services.session import SessionCell
from softtoken.services.timing import CodeClock
from softtoken.services.verdicts import is_no_tenant
from softtoken.vault.pinwrap import KeyForm
from softtoken.vault.store import PendingActivation, TokenState, Vault

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient


@dataclass(slots=True)
class _Attempt:
    """An activation under way, kept in memory so that a lost answer is asked for again and not fatal.

    Once token_id is set, the credentials are stored and are never made again: a key that is masked twice would tell
    the PIN, and a counter that starts anew would repeat a code.
    """

    origin: str
    user: str
    code: ActivationCode = field(repr=False)
    protections: frozenset[ProtectionType]
    device: DeviceEnrolment = field(repr=False)
    package: ActivationPackage | None = field(default=None, repr=False)
    token_id: str | None = None
    pin: str | None = field(default=None, repr=False)
    signature: Otp | None = None


class ActivationService:
    """add-device, store, activate, log in: in this order, each step repeatable."""

    def __init__(
        self,
        session: SessionCell,
        otp: OtpService,
        login: LoginService,
        connect: Connect,
        clock: CodeClock,
        app_digest: Callable[[], bytes],
        prompts: BiometricPrompts,
        report: BiometricReport,
    ) -> None:
        self._session = session
        self._otp = otp
        self._login = login
        self._connect = connect
        self._clock = clock
        self._app_digest = app_digest
        self._prompts = prompts
        self._biometric = BiometricSetup(prompts)
        self._report = report
        self._attempt: _Attempt | None = None

    def forget(self) -> None:
        """Drop the keys of an activation under way."""
        self._attempt = None
        self._biometric.forget()

    def activate(self, vault: Vault, config: McConfig, event: Activate) -> ActivationResult:
        """Activate, or say why not. Raises Unreachable, ServerFault, BadAnswer...

        Posting the same event again goes on where it stopped, in this run or a later one.
        """
        wanted = well_formed(event)
        if isinstance(wanted, ActivationResult):
            return wanted
        if any(wanted.is_of(token) for token in read_holdings(vault).tokens):
            return ActivationResult(Status.USER_ID_ALREADY_EXISTS)
        return self._run(vault, config, wanted)

    def reactivate(self, vault: Vault, config: McConfig, event: Reactivate) -> ActivationResult:
        """New keys and a new PIN for a token that is here; it makes way once the server has taken them."""
        token = read_holdings(vault).managed(event.user_identifier)
        if token is None or token.account is None:
            return ActivationResult(Status.INVALID_USER_ID)
        account = token.account
        protections = token.protections if event.protections is None else event.protections
        wanted = well_formed(
            Activate(
                account.origin,
                f"{account.user_id}@{account.domain}",
                event.activation_code,
                frozenset(protections),
                event.pin,
                event.auto_login,
            )
        )
        if isinstance(wanted, ActivationResult):
            return wanted
        return self._run(vault, config, replace(wanted, replaced=token))

    def _run(self, vault: Vault, config: McConfig, wanted: Wanted) -> ActivationResult:
        stored = next((t for t in read_holdings(vault).pending if _is_registration(vault, t, wanted)), None)
        if stored is None:
            # before the code is sent, which works once
            problem = self._biometric.prove(vault, wanted.protections, wanted.user)
            if problem is not None:
                return ActivationResult(status_of_problem(problem), biometric=problem)
        try:
            with self._connect(wanted.origin) as client:
                if stored is None:
                    enrolled = self._enrol(vault, config, client, wanted)
                    if isinstance(enrolled, ActivationResult):
                        return enrolled
                    stored = enrolled
                result = self._complete(vault, config, client, wanted, stored)
                if result.token is not None:
                    self._report.tell(vault, client, result.token)
        except IaaError as error:
            status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
            if status is None or is_no_tenant(error):
                raise
            return ActivationResult(status, detail=error.message, log_correlation_id=error.log_correlation_id)
        if result.token is None or result.login is not None or not wanted.auto_login:
            return result
        return self._first_login(vault, config, wanted, result.token)

    def _enrol(self, vault: Vault, config: McConfig, client: "IaaClient", wanted: Wanted) -> Token | ActivationResult:
        """Get the credentials and store them, marked as pending."""
        attempt = self._attempt
        if attempt is None or not _goes_on(attempt, wanted):
            device = DeviceEnrolment(
                wanted.origin, wanted.user, wanted.code.registration_id, wanted.code.password, wanted.protections
            )
            attempt = _Attempt(wanted.origin, wanted.user, wanted.code, wanted.protections, device)
            self._attempt = attempt
        if attempt.package is None:
            answer = repeated(lambda: client.add_device(wanted.code.registration_id, attempt.device.device_code))
            attempt.package = attempt.device.open(answer.activation_message_2)
        package = attempt.package
        if wanted.pin is not None and (fault := judge_new_pin(wanted.pin, package.pin, package.user_id)):
            return ActivationResult(Status.INVALID_NEW_PIN_FORMAT, detail=fault.value)
        holdings = read_holdings(vault)
        user = UserIdentifier(package.tenant, package.user_id)
        other = holdings.managed(user)
        if other is not None and (wanted.replaced is None or other.id != wanted.replaced.id):
            return ActivationResult(Status.USER_ID_ALREADY_EXISTS)
        lock = self._biometric.lock
        token, credentials = build_token(package, wanted.origin, wanted.pin, config, wanted.replaced, lock)
        # stored before `activate`: from here on a lost answer costs nothing
        state = TokenState(
            pending=PendingActivation(wanted.code.registration_id),
            approval_key=package.approval_key,
            biometric_due=lock is not None,
        )
        vault.add_token(token, credentials, state)
        self._biometric.stored()
        attempt.token_id, attempt.pin = token.id, wanted.pin
        first = first_credential(package.credentials)
        digest = self._app_digest()
        attempt.signature = self._clock.making(
            lambda at: managed_otp(first.key, first.counter, None, digest, at, package.digits)
        )
        attempt.package = None
        return token

    def _complete(
        self, vault: Vault, config: McConfig, client: "IaaClient", wanted: Wanted, token: Token
    ) -> ActivationResult:
        """Prove the stored credentials to the server with their first code."""
        if frozenset(token.protections) != wanted.protections:
            return ActivationResult(Status.INVALID_PIN)
        attempt = self._attempt if self._attempt and self._attempt.token_id == token.id else None
        if attempt is not None and attempt.pin != wanted.pin:
            return ActivationResult(Status.INVALID_PIN)
        signature = attempt.signature if attempt else None
        if signature is None or signature.valid_until is None or self._clock.now() >= signature.valid_until:
            made = self._otp.login_code(vault, config, token, wanted.pin, in_use=False)
            if made.otp is None:
                return ActivationResult(made.status)
            signature = made.otp
            if attempt is not None:
                attempt.signature = signature
        code, registration = signature.code, wanted.code.registration_id
        try:
            repeated(lambda: client.activate(registration, code))
        except (RegistrationUsed, RegistrationExpired, RegistrationLocked, NotFound) as error:
            if is_no_tenant(error):
                raise
            return self._proved_by_login(vault, config, wanted, token, error)
        self._done(vault, token, wanted)
        return ActivationResult(Status.OK, token)

    def _proved_by_login(
        self, vault: Vault, config: McConfig, wanted: Wanted, token: Token, refusal: IaaError
    ) -> ActivationResult:
        """An earlier answer may have been lost: whether the server took these keys only a login can tell."""
        proof = self._first_login(vault, config, wanted, token, quiet=False)
        if proof.login is not None and proof.login.status is Status.OK:
            self._done(vault, token, wanted)
            return proof
        told = proof.login.status if proof.login else Status.FAILED
        if told not in {Status.WRONG_CREDENTIALS, Status.INVALID_USER_ID}:
            return ActivationResult(told, detail=proof.login.detail if proof.login else "")
        if isinstance(refusal, RegistrationUsed):
            # only this device has the keys, so they are in use and the PIN is not the one that was set
            return ActivationResult(Status.INVALID_PIN if wanted.pin else Status.INVALID_ACTIVATION_CODE)
        # a masked key's code may be wrong because the PIN is, a distrusted one's because of its counter: no proof
        if not _may_be_right(vault, token):
            kept = biometric_ids(vault, [token])
            vault.remove_token(token.id)
            self._prompts.forget(vault.vault_id, kept)
            self._attempt = None
        raise refusal

    def _done(self, vault: Vault, token: Token, wanted: Wanted) -> None:
        old, user = wanted.replaced, token.account.identifier if token.account else None
        # earlier tries go only now: until the server took these keys, it may have taken theirs
        pending = [one for one in read_holdings(vault).pending if one.account and one.account.identifier == user]
        gone = [one for one in (*pending, *([old] if old else [])) if one.id != token.id]
        kept = biometric_ids(vault, gone)
        vault.update_token(token.id, lambda state: replace(state, pending=None), replaces=[one.id for one in gone])
        self._prompts.forget(vault.vault_id, kept)
        self._attempt = None
        if old is not None and user is not None:  # the old PIN opens nothing any more
            self._session.end(lambda session: replace(session.without_user(user), logged_in=session.logged_in))

    def _first_login(
        self, vault: Vault, config: McConfig, wanted: Wanted, token: Token, *, quiet: bool = True
    ) -> ActivationResult:
        """Offline functions need one login first. If quiet, the activation stands whatever comes of it."""
        try:
            made = self._otp.login_code(vault, config, token, wanted.pin, in_use=quiet)
            if made.otp is None:
                return ActivationResult(Status.OK, token)
            login = self._login.login_token(vault, token, made.otp.code, made.resynchronisation)
        except SoftTokenError:
            if not quiet:
                raise
            return ActivationResult(Status.OK, token)
        return ActivationResult(Status.OK, token, login)


def _goes_on(attempt: _Attempt, wanted: Wanted) -> bool:
    """Is this the same device code again? Not once its credentials are stored, which then speak for themselves."""
    same = (attempt.origin, attempt.user, attempt.code, attempt.protections)
    return attempt.token_id is None and same == (wanted.origin, wanted.user, wanted.code, wanted.protections)


def _is_registration(vault: Vault, token: Token, wanted: Wanted) -> bool:
    pending = vault.token_state(token.id).pending
    return pending is not None and pending.registration_id == wanted.code.registration_id and wanted.is_of(token)


def _may_be_right(vault: Vault, token: Token) -> bool:
    credential = vault.credential(token.id, token.usual_protection)
    if credential is None:
        return False
    return credential.key.form is KeyForm.MASKED or vault.state(credential.id).resynchronise


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
