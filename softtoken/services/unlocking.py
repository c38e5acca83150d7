"""From what is asked of a credential to its key and its counters: the reference's checks, the proof, the writes.

Source: mc-sdk section 8. What a result says of counter and tries is on the disk before the result is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar, assert_never

from softtoken.clock import Clock
from softtoken.engine.atc import AtcVerdict
from softtoken.engine.pin import TryAllowed, TryBlocked, TryDelayed, begin_try, delay_left, tries_left
from softtoken.engine.tokens import CredentialState, ProtectionType, Token, TokenPolicy, UserIdentifier
from softtoken.secret import Secret
from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.services.config import McConfig, tighten
from softtoken.services.counting import REFUSALS, Charge, Counted, charging, counting, forgive_biometric, judged
from softtoken.services.events import BiometricProblem, Status, status_of_problem
from softtoken.services.holdings import Holdings, read_holdings
from softtoken.services.session import CachedPin, SessionCell
from softtoken.services.wishes import Refused, Unlocked, Wish
from softtoken.vault.biometrics.protocol import BiometricError, Prompt
from softtoken.vault.biometricwrap import open_with_biometrics
from softtoken.vault.errors import KeystoreError, VaultBusy, VaultError
from softtoken.vault.pinwrap import KeyForm, WrongPin, unwrap
from softtoken.vault.store import Credential, Vault

R = TypeVar("R")

Witness = Callable[[], Callable[[], None]]
"""Begins telling the keyring how far the vault has come; what it returns waits for that (KeystoreError)."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A wish that passed every check before the PIN is looked at. pin: given, or cached if `from_cache`."""

    wish: Wish
    token: Token
    policy: TokenPolicy
    user: UserIdentifier
    credential: Credential
    pin: str | None = field(repr=False)
    cache: bool
    from_cache: bool
    epoch: int


class Unlocking:
    """Opens credentials. The counter and the PIN try are on disk before anything is returned."""

    def __init__(self, session: SessionCell, clock: Clock, witness: Witness, prompts: BiometricPrompts) -> None:
        self._session = session
        self._clock = clock
        self._witness = witness
        self._prompts = prompts

    def unlock(self, vault: Vault, config: McConfig, wish: Wish) -> Unlocked | Refused:
        """The key and the counters, or the status that says why not. Raises KeystoreError; no try is charged then."""
        request = self._check(vault, config, wish)
        if isinstance(request, Refused):
            return request
        match request.credential.key.form:
            case KeyForm.SEALED:
                return self._unlock_sealed(vault, request)
            case KeyForm.BIOMETRIC:
                with self._prompts.asking(wish.purpose, request.token.name) as prompt:
                    return self._unlock_biometric(vault, request, prompt)
            case KeyForm.PLAIN | KeyForm.MASKED:
                key = unwrap(request.credential.key, request.credential.id, request.pin)
                # a key that was renewed meanwhile has counters of its own
                counted = vault.update(request.credential.id, _counting(request), expected=request.credential.key)
                return _unlocked(request, key, counted, retry_counter=None, retry_delay=None)
            case _ as never:
                assert_never(never)

    def check(self, vault: Vault, config: McConfig, wish: Wish) -> KeyForm | Refused:
        """Every check but the PIN's own; the user becomes the current one. How the key is kept, if all hold."""
        request = self._check(vault, config, wish)
        return request if isinstance(request, Refused) else request.credential.key.form

    def _check(self, vault: Vault, config: McConfig, wish: Wish) -> _Request | Refused:
        """The reference's checks P2 to P10 in their order, then the constructor's own rule. Consumes nothing."""
        if not config.offline_supported:
            return Refused(Status.NOT_SUPPORTED)
        if wish.offline and config.allow_offline_pin_verification is None:
            return Refused(Status.OFFLINE_NOT_ACTIVATED)
        if wish.pin == "" or not is_text(wish.pin or "") or not wish.well_formed:
            return Refused(Status.INVALID_PARAMETER)

        epoch = self._session.epoch
        token, user = wish.token, wish.user
        if token is None:
            holdings = read_holdings(vault)
            user = user or self._session.get().known_user or _only_user(holdings, wish)
            if user is None:
                return Refused(Status.INVALID_STATE)
            token = holdings.managed(user)
        if token is None or token.account is None or token.policy is None:
            return Refused(Status.INVALID_USER_ID)
        user = token.account.identifier
        allow = tighten(config.allow_offline_pin_verification, token.policy.allow_offline_pin_verification)
        if wish.offline and allow is None:
            return Refused(Status.OFFLINE_NOT_ACTIVATED)
        if wish.user is not None:
            self._session.change(epoch, lambda session: session.with_current(user))

        credential = vault.credential(token.id, wish.protection or token.usual_protection)
        if credential is None:
            return Refused(Status.INVALID_PARAMETER)
        if wish.offline and not vault.token_state(token.id).logged_in_once:
            return Refused(Status.LOGIN_REQUIRED)
        state = vault.state(credential.id)
        refusal = self._refusal(credential, state, token.policy, wish)
        if refusal is not None:
            return refusal

        pin, from_cache = wish.pin, False
        cache = wish.remember and allow is True and credential.key.form is KeyForm.SEALED
        if credential.key.form in {KeyForm.PLAIN, KeyForm.BIOMETRIC}:
            if pin is not None:
                return Refused(Status.INVALID_PARAMETER)
        elif pin is None:
            # wrong tries since, by another program, end what the cache may stand for
            usable = cache and not state.tries.failed
            pin = self._session.get().pin_for(user, credential.key.salt) if usable else None
            from_cache = True
            if pin is None:
                self._session.change(epoch, lambda session: session.without_pin(user))
                return Refused(Status.INVALID_STATE)
        return _Request(wish, token, token.policy, user, credential, pin, cache, from_cache, epoch)

    def _refusal(
        self, credential: Credential, state: CredentialState, policy: TokenPolicy, wish: Wish
    ) -> Refused | None:
        """P7 to P10: what the stored state alone refuses."""
        left = delay = None
        if credential.key.form.counts_tries:
            left, delay = tries_left(state.tries, policy.retry), delay_left(state.tries, self._clock.uptime())
            match begin_try(state.tries, policy.retry, self._clock.uptime()):
                case TryBlocked():
                    return Refused(_BLOCKED[credential.key.form], 0, 0)
                case TryDelayed(seconds):
                    return Refused(Status.TEMPORARY_LOCKED, left, seconds)
                case TryAllowed():
                    pass
        verdict = judged(state, policy, wish, wish.least)
        status = REFUSALS.get(verdict)
        return None if status is None else Refused(status, left, delay)

    def _unlock_sealed(self, vault: Vault, request: _Request) -> Unlocked | Refused:
        """Charge the try on disk, look at the PIN without holding any lock, then refund and count in one step."""
        credential, retry = request.credential, request.policy.retry

        def look() -> Secret | None:
            try:
                return unwrap(credential.key, credential.id, request.pin)
            except WrongPin:
                return None

        charged = self._charged(vault, request)
        if isinstance(charged, Refused):
            return charged
        key = self._tried(vault, charged, look)
        if key is None:
            self._session.change(request.epoch, lambda session: session.without_pin(request.user))
            return self._failed(request, charged, Status.INVALID_PIN)
        counted = _persisted(lambda: vault.update(credential.id, _counting(request)))
        if not request.from_cache:
            forgive_biometric(vault, request.token)
        if request.cache and request.pin is not None:
            pin = CachedPin(request.user, Secret(request.pin.encode()), credential.key.salt)
            self._session.change(request.epoch, lambda session: replace(session, cached_pin=pin))
        return _unlocked(request, key, counted, retry_counter=retry.max_tries, retry_delay=0)

    def _unlock_biometric(self, vault: Vault, request: _Request, prompt: Prompt) -> Unlocked | Refused:
        """The same with a finger or a face. Only somebody else's uses the try up, not a prompt that came to nothing."""
        credential, retry = request.credential, request.policy.retry
        charged = self._charged(vault, request)
        if isinstance(charged, Refused):
            return charged

        def look() -> Secret | BiometricProblem:
            system = self._prompts.system(vault)
            try:
                return open_with_biometrics(credential.key, credential.id, system, prompt)
            except BiometricError as error:
                return error.problem
            except KeystoreError:  # nobody was looked at
                charged.give_back(vault)
                raise

        key = self._tried(vault, charged, look)
        if key is BiometricProblem.NO_MATCH:
            return self._failed(request, charged, Status.BIOMETRIC_FAILED, key)
        if isinstance(key, BiometricProblem):
            charged.give_back(vault)
            left = tries_left(charged.before, retry)
            delay = delay_left(charged.before, self._clock.uptime())
            return Refused(status_of_problem(key), left, delay, key)
        if self._session.epoch != request.epoch:  # who asked has logged out meanwhile
            charged.give_back(vault)
            return Refused(Status.INVALID_STATE, tries_left(charged.before, retry), 0)
        # a key that was set up anew meanwhile has counters of its own
        counted = _persisted(lambda: vault.update(credential.id, _counting(request), expected=credential.key))
        return _unlocked(request, key, counted, retry_counter=retry.max_tries, retry_delay=0)

    def _charged(self, vault: Vault, request: _Request) -> Charge | Refused:
        """Count the try on disk, as if it had failed."""
        credential, retry = request.credential, request.policy.retry
        verdict, before = vault.update(credential.id, charging(request.policy.retry, self._clock.uptime()))
        if isinstance(verdict, TryAllowed):
            return Charge(credential.id, verdict.charged, before)
        # another process used up the try meanwhile
        state = vault.state(credential.id)
        refusal = self._refusal(credential, state, request.policy, request.wish)
        return refusal or Refused(Status.TEMPORARY_LOCKED, tries_left(state.tries, retry), 1)

    def _tried(self, vault: Vault, charge: Charge, look: Callable[[], R]) -> R:
        """What `look` found. Nothing is made of it before the keyring knows of the try."""
        try:
            witnessed = self._witness()
        except VaultError:  # nothing was looked at
            with suppress(VaultError):
                charge.give_back(vault)
            raise
        found = look()
        try:
            witnessed()  # before anything is made of the outcome: an older file could be put back and tried again
        except KeystoreError:
            charge.give_back(vault)
            raise
        return found

    def _failed(
        self, request: _Request, charge: Charge, status: Status, biometric: BiometricProblem | None = None
    ) -> Refused:
        left = tries_left(charge.charged, request.policy.retry)
        told = status if left else _BLOCKED[request.credential.key.form]
        return Refused(told, left, delay_left(charge.charged, self._clock.uptime()), biometric)


def _counting(request: _Request) -> Callable[[CredentialState], tuple[CredentialState, Counted]]:
    return counting(request.wish, request.policy, from_cache=request.from_cache)


def _unlocked(
    request: _Request, key: Secret, counted: Counted, *, retry_counter: int | None, retry_delay: int | None
) -> Unlocked | Refused:
    if counted.verdict in REFUSALS:
        return Refused(REFUSALS[counted.verdict], retry_counter, retry_delay)
    return Unlocked(
        request.token,
        request.user,
        request.credential,
        key,
        counted.counter,
        counted.taken,
        counted.verdict is AtcVerdict.EXPIRES_SOON,
        retry_counter,
        retry_delay,
        request.epoch,
    )


def is_text(text: str) -> bool:
    """Half a character (a lone surrogate) has no UTF-8, and the exception that says so would quote the PIN."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _only_user(holdings: Holdings, wish: Wish) -> UserIdentifier | None:
    """Without a PIN nobody needs to be named if there is one user alone."""
    managed = [token for token in holdings.tokens if token.account is not None]
    if len(managed) != 1 or (wish.protection or managed[0].usual_protection) is not ProtectionType.NO_PIN:
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


_BLOCKED = {KeyForm.SEALED: Status.PIN_BLOCKED, KeyForm.BIOMETRIC: Status.BIOMETRIC_BLOCKED}
