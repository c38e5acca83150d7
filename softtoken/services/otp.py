"""Making a code: the MC-SDK's three forms of GenerateOtp, decided in the reference's order (mc-sdk section 8)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from softtoken.clock import Clock
from softtoken.engine.atc import AtcState, AtcVerdict, judge
from softtoken.engine.hotp import hotp
from softtoken.engine.managed import managed_otp
from softtoken.engine.pin import (
    RetryPolicy,
    RetryState,
    TryAllowed,
    TryBlocked,
    TryDelayed,
    begin_try,
    delay_left,
    refund_try,
    tries_left,
)
from softtoken.engine.tokens import (
    CredentialState,
    Otp,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
    UserIdentifier,
)
from softtoken.engine.totp import totp
from softtoken.services.config import McConfig, tighten
from softtoken.services.events import GenerateOathOtp, GenerateOtp, GenerateOtpResult, Status
from softtoken.services.holdings import Holdings, read_holdings
from softtoken.services.session import CachedPin, MadeCode, SessionCell
from softtoken.vault.errors import VaultBusy
from softtoken.vault.pinwrap import KeyForm, WrongPin, unwrap
from softtoken.vault.store import Credential, Vault

R = TypeVar("R")

MAX_OPTIONAL_DATA = 65536
"""Bytes; the SDK names no limit, and a code should not be asked to cover a file."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A GenerateOtp that passed every check before the PIN is looked at. pin: given, or cached if `from_cache`."""

    token: Token
    policy: TokenPolicy
    user: UserIdentifier
    credential: Credential
    optional_data: bytes | None = field(repr=False)
    pin: str | None = field(repr=False)
    exempt: bool
    cache: bool
    from_cache: bool
    epoch: int


class OtpService:
    """Codes of managed and imported tokens. The counter and the PIN try are on disk before anything is returned."""

    def __init__(self, session: SessionCell, clock: Clock, app_digest: Callable[[], bytes]) -> None:
        self._session = session
        self._clock = clock
        self._app_digest = app_digest

    def generate(self, vault: Vault, config: McConfig, event: GenerateOtp) -> GenerateOtpResult:
        """One code of a managed token, or the status that says why not."""
        request = self._check(vault, config, event)
        if isinstance(request, GenerateOtpResult):
            return request
        if request.credential.key.form is KeyForm.SEALED:
            return self._generate_sealed(vault, request)
        key = unwrap(request.credential.key, request.credential.id, request.pin)
        counted = vault.update(request.credential.id, _counting(request))
        return self._result(request, key, counted, retry_counter=None, retry_delay=None)

    def generate_oath(self, vault: Vault, event: GenerateOathOtp) -> GenerateOtpResult:
        """One code of an imported token; `at` is for TOTP only."""
        token = next((t for t in vault.tokens().tokens if t.id == event.token_id), None)
        if token is None or token.profile.type is TokenType.MANAGED:
            return GenerateOtpResult(Status.INVALID_USER_ID)
        credential = vault.credential(token.id, ProtectionType.NO_PIN)
        if credential is None:
            return GenerateOtpResult(Status.INVALID_USER_ID)
        key = unwrap(credential.key, credential.id, None)
        profile = token.profile
        if profile.type is TokenType.TOTP and profile.period is not None:
            at = self._clock.now() if event.at is None else event.at
            if at < 0:
                return GenerateOtpResult(Status.INVALID_PARAMETER)
            return GenerateOtpResult(Status.OK, totp(key, at, profile.period, profile.digits, profile.algorithm))
        if event.at is not None:
            return GenerateOtpResult(Status.INVALID_PARAMETER)
        counter = vault.update(credential.id, lambda s: (replace(s, counter=s.counter + 1), s.counter))
        code = hotp(key, counter, profile.digits, profile.algorithm)
        return GenerateOtpResult(Status.OK, Otp(code, self._clock.now(), None, counter))

    def _check(self, vault: Vault, config: McConfig, event: GenerateOtp) -> _Request | GenerateOtpResult:
        """The reference's checks P2 to P10 in their order, then the constructor's own rule. Consumes nothing."""
        if not config.offline_supported:
            return GenerateOtpResult(Status.NOT_SUPPORTED)
        offline = config.allow_offline_pin_verification is not None
        if not offline and not event.for_login:
            return GenerateOtpResult(Status.OFFLINE_NOT_ACTIVATED)
        too_long = event.optional_data is not None and len(event.optional_data) > MAX_OPTIONAL_DATA
        if too_long or event.pin == "":
            return GenerateOtpResult(Status.INVALID_PARAMETER)

        epoch = self._session.epoch
        holdings = read_holdings(vault)
        user = event.user_identifier or self._session.get().known_user or _only_user(holdings, event)
        if user is None:
            return GenerateOtpResult(Status.INVALID_STATE)
        # a login's code may prove an activation whose answer was lost
        token = holdings.managed(user) or (holdings.pending_for(user) if event.for_login else None)
        if token is None or token.policy is None:
            return GenerateOtpResult(Status.INVALID_USER_ID)
        allow = tighten(config.allow_offline_pin_verification, token.policy.allow_offline_pin_verification)
        if allow is None and not event.for_login:
            return GenerateOtpResult(Status.OFFLINE_NOT_ACTIVATED)
        if event.user_identifier is not None:
            self._session.change(epoch, lambda session: session.with_current(user))

        credential = vault.credential(token.id, event.protection or usual_protection(token))
        if credential is None:
            return GenerateOtpResult(Status.INVALID_PARAMETER)
        if not event.for_login and not vault.token_state(token.id).logged_in_once:
            return GenerateOtpResult(Status.LOGIN_REQUIRED)
        state = vault.state(credential.id)
        refusal = self._refusal(credential, state, token.policy, exempt=event.for_login)
        if refusal is not None:
            return refusal

        pin, from_cache = event.pin, False
        cache = allow is True and credential.key.form is KeyForm.SEALED
        if credential.key.form is KeyForm.PLAIN:
            if pin is not None:
                return GenerateOtpResult(Status.INVALID_PARAMETER)
        elif pin is None:
            # wrong tries since, by another program, end what the cache may stand for
            pin = self._session.get().pin_of(user) if cache and not state.tries.failed else None
            from_cache = True
            if pin is None:
                self._session.change(epoch, lambda session: session.without_pin(user))
                return GenerateOtpResult(Status.INVALID_STATE)
        return _Request(
            token,
            token.policy,
            user,
            credential,
            event.optional_data,
            pin,
            exempt=event.for_login,
            cache=cache,
            from_cache=from_cache,
            epoch=epoch,
        )

    def _refusal(
        self, credential: Credential, state: CredentialState, policy: TokenPolicy, *, exempt: bool
    ) -> GenerateOtpResult | None:
        """P7 to P10: what the stored state alone refuses."""
        if credential.key.form is KeyForm.SEALED:
            match begin_try(state.tries, policy.retry, self._clock.uptime()):
                case TryBlocked():
                    return GenerateOtpResult(Status.PIN_BLOCKED, None, 0, 0)
                case TryDelayed(seconds):
                    left = tries_left(state.tries, policy.retry)
                    return GenerateOtpResult(Status.TEMPORARY_LOCKED, None, left, seconds)
                case TryAllowed():
                    pass
        status = _REFUSALS.get(judge(state.counter, state.atc, policy.atc, exempt=exempt))
        if status is None:
            return None
        return GenerateOtpResult(status, None, *self._retry_fields(credential, state, policy.retry))

    def _generate_sealed(self, vault: Vault, request: _Request) -> GenerateOtpResult:
        """Charge the try on disk, look at the PIN without holding any lock, then refund and count in one step."""
        credential, retry = request.credential, request.policy.retry
        verdict = vault.update(credential.id, self._charging(retry))
        if not isinstance(verdict, TryAllowed):  # another process used up the try meanwhile
            state = vault.state(credential.id)
            refusal = self._refusal(credential, state, request.policy, exempt=request.exempt)
            return refusal or GenerateOtpResult(Status.TEMPORARY_LOCKED, None, tries_left(state.tries, retry), 1)
        try:
            key = unwrap(credential.key, credential.id, request.pin)
        except WrongPin:
            self._session.change(request.epoch, lambda session: session.without_pin(request.user))
            left = tries_left(verdict.charged, retry)
            status = Status.INVALID_PIN if left else Status.PIN_BLOCKED
            return GenerateOtpResult(status, None, left, delay_left(verdict.charged, self._clock.uptime()))
        counted = _persisted(lambda: vault.update(credential.id, _counting(request)))
        if request.cache and request.pin is not None:
            pin = CachedPin(request.user, request.pin)
            self._session.change(request.epoch, lambda session: replace(session, cached_pin=pin))
        return self._result(request, key, counted, retry_counter=retry.max_tries, retry_delay=0)

    def _charging(
        self, retry: RetryPolicy
    ) -> Callable[[CredentialState], tuple[CredentialState, TryAllowed | TryDelayed | TryBlocked]]:
        def charge(state: CredentialState) -> tuple[CredentialState, TryAllowed | TryDelayed | TryBlocked]:
            verdict = begin_try(state.tries, retry, self._clock.uptime())
            charged = verdict.charged if isinstance(verdict, TryAllowed) else state.tries
            return replace(state, tries=charged), verdict

        return charge

    def _result(
        self,
        request: _Request,
        key: bytes,
        counted: tuple[AtcVerdict, int],
        *,
        retry_counter: int | None,
        retry_delay: int | None,
    ) -> GenerateOtpResult:
        verdict, counter = counted
        if verdict in _REFUSALS:
            return GenerateOtpResult(_REFUSALS[verdict], None, retry_counter, retry_delay)
        otp = managed_otp(
            key,
            counter,
            request.optional_data,
            self._app_digest(),
            self._clock.now(),
            request.token.profile.digits,
        )
        if request.optional_data is None:
            made = MadeCode(request.user, request.credential.id, counter, otp.code)
            self._session.change(request.epoch, lambda session: session.with_made(made))
        soon = verdict is AtcVerdict.EXPIRES_SOON and not request.exempt
        status = Status.ATC_EXPIRES_SOON if soon else Status.OK
        return GenerateOtpResult(status, otp, retry_counter, retry_delay)

    def _retry_fields(
        self, credential: Credential, state: CredentialState, retry: RetryPolicy
    ) -> tuple[int | None, int | None]:
        if credential.key.form is not KeyForm.SEALED:
            return None, None
        return tries_left(state.tries, retry), delay_left(state.tries, self._clock.uptime())


def confirm_counter(vault: Vault, credential_id: str, accepted: int) -> None:
    """The server accepted a code with this ATC: only the codes made since then still count as drift."""
    vault.update(
        credential_id,
        lambda state: (replace(state, atc=AtcState(max(0, state.counter - accepted - 1))), None),
    )


def _only_user(holdings: Holdings, event: GenerateOtp) -> UserIdentifier | None:
    """Without a PIN nobody needs to be named if there is one user alone."""
    managed = [token for token in holdings.tokens if token.account is not None]
    if len(managed) != 1 or (event.protection or usual_protection(managed[0])) is not ProtectionType.NO_PIN:
        return None
    return managed[0].account.identifier if managed[0].account else None


def _persisted(write: Callable[[], R]) -> R:
    """The PIN was right and its try is charged: a busy vault must not turn that into a wrong one, so insist."""
    for _ in range(2):
        try:
            return write()
        except VaultBusy:
            continue
    return write()


_REFUSALS = {AtcVerdict.LIMIT_REACHED: Status.LOGIN_REQUIRED, AtcVerdict.EXPIRED: Status.ATC_EXPIRED}


def usual_protection(token: Token) -> ProtectionType:
    """What a code is protected with when nobody says: the PIN if there is one."""
    return ProtectionType.PIN if ProtectionType.PIN in token.protections else ProtectionType.NO_PIN


def _counting(
    request: _Request,
) -> Callable[[CredentialState], tuple[CredentialState, tuple[AtcVerdict, int]]]:
    """Take one counter value; a right PIN gets its tries back in the same write."""

    def count(state: CredentialState) -> tuple[CredentialState, tuple[AtcVerdict, int]]:
        tries = refund_try(state.tries) if request.from_cache else RetryState()
        state = replace(state, tries=tries)
        verdict = judge(state.counter, state.atc, request.policy.atc, exempt=request.exempt)
        if verdict in _REFUSALS:
            return state, (verdict, state.counter)
        counted = replace(state, counter=state.counter + 1, atc=AtcState(state.atc.used + 1))
        return counted, (verdict, state.counter)

    return count
