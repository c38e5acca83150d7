"""How users and credentials stand: choosing whom codes are for, and what is known without making one."""

from softtoken.clock import Clock
from softtoken.engine.pin import delay_left, tries_left
from softtoken.engine.tokens import Token, UserIdentifier
from softtoken.services.config import McConfig
from softtoken.services.events import (
    CredentialInformation,
    GetCredentialInformation,
    OfflineLogin,
    OfflineLoginResult,
    Status,
)
from softtoken.services.holdings import read_holdings
from softtoken.services.options import resynchronises_every_login
from softtoken.services.session import SessionCell
from softtoken.services.unlocking import Unlocking
from softtoken.services.wishes import Refused, Wish, any_drift, beyond, login_drift
from softtoken.vault.pinwrap import KeyForm
from softtoken.vault.store import Vault


class StandingService:
    """Nothing here takes a counter."""

    def __init__(self, session: SessionCell, clock: Clock, unlocking: Unlocking) -> None:
        self._session = session
        self._clock = clock
        self._unlocking = unlocking

    def offline_login(self, vault: Vault, config: McConfig, event: OfflineLogin) -> OfflineLoginResult:
        """Make a user the current one; with a PIN, prove and cache it where that is allowed."""
        user = event.user_identifier or _last_logged_in(vault)
        wish = Wish(user or _NOBODY, event.pin, drift=any_drift, counters=lambda _state, _atc: 0, least=0)
        form = self._unlocking.check(vault, config, wish)
        if isinstance(form, Refused):
            # that the PIN is still to be given is no fault of choosing a user
            later = event.pin is None and form.status is Status.INVALID_STATE
            return OfflineLoginResult(Status.OK, user) if later else _result(form)
        if event.pin is None:
            return OfflineLoginResult(Status.OK, user)
        if form is KeyForm.MASKED:  # only the server could tell
            return OfflineLoginResult(Status.NOT_SUPPORTED)
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            return _result(unlocked)
        return OfflineLoginResult(Status.OK, user, unlocked.retry_counter, unlocked.retry_delay)

    def credential_information(
        self, vault: Vault, config: McConfig, event: GetCredentialInformation
    ) -> CredentialInformation:
        """What a page or a help desk wants to know of a credential."""
        token = read_holdings(vault).managed(event.user_identifier)
        if token is None or token.policy is None:
            return CredentialInformation(Status.INVALID_USER_ID)
        protection = event.protection or token.usual_protection
        credential = vault.credential(token.id, protection)
        if credential is None:
            return CredentialInformation(Status.INVALID_PARAMETER)
        state, policy = vault.state(credential.id), token.policy
        counted = credential.key.form.counts_tries
        always = self._session.get().resynchronise_next or resynchronises_every_login(vault, config)
        first = state.resynchronise or always
        return CredentialInformation(
            Status.OK,
            protection,
            counter=state.counter,
            used=state.atc.used,
            warn=policy.atc.warn,
            limit=policy.atc.limit,
            resynchronise=state.resynchronise,
            resynchronises_at_login=first,
            login_refused=not first and beyond(login_drift(state, policy.atc), state),
            logged_in_once=vault.token_state(token.id).logged_in_once,
            verified_here=counted,
            retry_counter=tries_left(state.tries, policy.retry) if counted else None,
            retry_delay=delay_left(state.tries, self._clock.uptime()) if counted else None,
        )


_NOBODY = UserIdentifier("", "")


def _result(refused: Refused) -> OfflineLoginResult:
    return OfflineLoginResult(refused.status, None, refused.retry_counter, refused.retry_delay)


def _last_logged_in(vault: Vault) -> UserIdentifier | None:
    def last(token: Token) -> int:
        return vault.token_state(token.id).last_login or 0

    managed = [token for token in read_holdings(vault).tokens if token.account is not None]
    latest = max(managed, key=last, default=None)
    return latest.account.identifier if latest and latest.account and last(latest) else None
