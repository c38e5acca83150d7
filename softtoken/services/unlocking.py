"""From what is asked of a credential to its key and its counters: the reference's checks, the PIN, the writes.

Source: mc-sdk section 8. What a result says of counter and tries is on the disk before the result is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from softtoken.clock import Clock
from softtoken.engine.atc import ATC_END, AtcState, AtcVerdict, judge
from softtoken.engine.pin import (
    RetryState,
    TryAllowed,
    TryBlocked,
    TryDelayed,
    begin_try,
    delay_left,
    refund_try,
    tries_left,
)
from softtoken.engine.tokens import CredentialState, ProtectionType, Token, TokenPolicy, UserIdentifier
from softtoken.secret import Secret
from softtoken.services.config import McConfig, tighten
from softtoken.services.events import Status
from softtoken.services.holdings import Holdings, read_holdings, usual_protection
from softtoken.services.session import CachedPin, SessionCell
from softtoken.services.wishes import Refused, Unlocked, Wish
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


_Charged = tuple[TryAllowed | TryDelayed | TryBlocked, RetryState]


class Unlocking:
    """Opens credentials. The counter and the PIN try are on disk before anything is returned."""

    def __init__(self, session: SessionCell, clock: Clock, witness: Witness) -> None:
        self._session = session
        self._clock = clock
        self._witness = witness

    def unlock(self, vault: Vault, config: McConfig, wish: Wish) -> Unlocked | Refused:
        """The key and the counters, or the status that says why not. Raises KeystoreError; no try is charged then."""
        request = self._check(vault, config, wish)
        if isinstance(request, Refused):
            return request
        if request.credential.key.form is KeyForm.SEALED:
            return self._unlock_sealed(vault, request)
        key = unwrap(request.credential.key, request.credential.id, request.pin)
        # a key that was renewed meanwhile has counters of its own
        counted = vault.update(request.credential.id, _counting(request), expected=request.credential.key)
        return _unlocked(request, key, counted, retry_counter=None, retry_delay=None)

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

        credential = vault.credential(token.id, wish.protection or usual_protection(token))
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
        if credential.key.form is KeyForm.PLAIN:
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
        if credential.key.form is KeyForm.SEALED:
            left, delay = tries_left(state.tries, policy.retry), delay_left(state.tries, self._clock.uptime())
            match begin_try(state.tries, policy.retry, self._clock.uptime()):
                case TryBlocked():
                    return Refused(Status.PIN_BLOCKED, 0, 0)
                case TryDelayed(seconds):
                    return Refused(Status.TEMPORARY_LOCKED, left, seconds)
                case TryAllowed():
                    pass
        verdict = _judged(state, policy, wish, wish.least)
        status = REFUSALS.get(verdict)
        return None if status is None else Refused(status, left, delay)

    def _unlock_sealed(self, vault: Vault, request: _Request) -> Unlocked | Refused:
        """Charge the try on disk, look at the PIN without holding any lock, then refund and count in one step."""
        credential, retry = request.credential, request.policy.retry
        verdict, before = vault.update(credential.id, self._charging(request))
        if not isinstance(verdict, TryAllowed):  # another process used up the try meanwhile
            state = vault.state(credential.id)
            refusal = self._refusal(credential, state, request.policy, request.wish)
            return refusal or Refused(Status.TEMPORARY_LOCKED, tries_left(state.tries, retry), 1)
        charged = verdict.charged

        def uncharge() -> None:
            vault.update(credential.id, lambda s: (replace(s, tries=_uncharged(s.tries, charged, before)), None))

        try:
            witnessed = self._witness()
        except VaultError:  # the PIN was not looked at
            with suppress(VaultError):
                uncharge()
            raise
        key: Secret | None
        try:
            key = unwrap(credential.key, credential.id, request.pin)
        except WrongPin:
            key = None
        try:
            witnessed()  # before anything is made of the outcome: an older file could be put back and tried again
        except KeystoreError:
            uncharge()
            raise
        if key is None:
            self._session.change(request.epoch, lambda session: session.without_pin(request.user))
            left = tries_left(verdict.charged, retry)
            status = Status.INVALID_PIN if left else Status.PIN_BLOCKED
            return Refused(status, left, delay_left(verdict.charged, self._clock.uptime()))
        counted = _persisted(lambda: vault.update(credential.id, _counting(request)))
        if request.cache and request.pin is not None:
            pin = CachedPin(request.user, Secret(request.pin.encode()), credential.key.salt)
            self._session.change(request.epoch, lambda session: replace(session, cached_pin=pin))
        return _unlocked(request, key, counted, retry_counter=retry.max_tries, retry_delay=0)

    def _charging(self, request: _Request) -> Callable[[CredentialState], tuple[CredentialState, _Charged]]:
        """The verdict, and the tries as they were before."""

        def charge(state: CredentialState) -> tuple[CredentialState, _Charged]:
            verdict = begin_try(state.tries, request.policy.retry, self._clock.uptime())
            charged = verdict.charged if isinstance(verdict, TryAllowed) else state.tries
            return replace(state, tries=charged), (verdict, state.tries)

        return charge


@dataclass(frozen=True, slots=True)
class _Counted:
    verdict: AtcVerdict
    counter: int
    taken: int


def _unlocked(
    request: _Request, key: Secret, counted: _Counted, *, retry_counter: int | None, retry_delay: int | None
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


def _judged(state: CredentialState, policy: TokenPolicy, wish: Wish, codes: int) -> AtcVerdict:
    limit = wish.drift(state, policy.atc)
    atc = policy.atc if limit is None else replace(policy.atc, limit=limit)
    return judge(state.counter, state.atc, atc, exempt=limit is None, codes=codes)


def _counting(request: _Request) -> Callable[[CredentialState], tuple[CredentialState, _Counted]]:
    """Take the counters; a right PIN gets its tries back in the same write."""
    wish = request.wish

    def count(state: CredentialState) -> tuple[CredentialState, _Counted]:
        tries = refund_try(state.tries) if request.from_cache else RetryState()
        state = replace(state, tries=tries)
        wanted = wish.counters(state, request.policy.atc)
        codes = wanted if state.counter + wanted <= ATC_END else wish.least
        verdict = _judged(state, request.policy, wish, codes)
        if verdict in REFUSALS:
            return state, _Counted(verdict, state.counter, 0)
        told = state.counter if wish.told else state.told
        counted = replace(state, counter=state.counter + codes, atc=AtcState(state.atc.used + codes), told=told)
        return counted, _Counted(verdict, state.counter, codes)

    return count


def _uncharged(tries: RetryState, charged: RetryState, before: RetryState) -> RetryState:
    """As if the PIN had not been given, the delay that its try began included; another program's tries stay."""
    return before if tries == charged else refund_try(tries)


def is_text(text: str) -> bool:
    """Half a character (a lone surrogate) has no UTF-8, and the exception that says so would quote the PIN."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _only_user(holdings: Holdings, wish: Wish) -> UserIdentifier | None:
    """Without a PIN nobody needs to be named if there is one user alone."""
    managed = [token for token in holdings.tokens if token.account is not None]
    if len(managed) != 1 or (wish.protection or usual_protection(managed[0])) is not ProtectionType.NO_PIN:
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


REFUSALS = {AtcVerdict.LIMIT_REACHED: Status.LOGIN_REQUIRED, AtcVerdict.EXPIRED: Status.ATC_EXPIRED}
