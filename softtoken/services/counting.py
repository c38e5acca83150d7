"""What a use of a credential writes: the counters that it takes, and the tries that it gives back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from softtoken.engine.atc import ATC_END, AtcState, AtcVerdict, judge
from softtoken.engine.pin import (
    RetryPolicy,
    RetryState,
    TryAllowed,
    TryBlocked,
    TryDelayed,
    begin_try,
    refund_try,
)
from softtoken.engine.tokens import CredentialState, ProtectionType, Token, TokenPolicy
from softtoken.services.events import Status
from softtoken.services.wishes import Wish
from softtoken.vault.errors import VaultError
from softtoken.vault.pinwrap import KeyForm
from softtoken.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Counted:
    """counter: the first of `taken` counters."""

    verdict: AtcVerdict
    counter: int
    taken: int


def judged(state: CredentialState, policy: TokenPolicy, wish: Wish, codes: int) -> AtcVerdict:
    """May so many counters be taken?"""
    limit = wish.drift(state, policy.atc)
    atc = policy.atc if limit is None else replace(policy.atc, limit=limit)
    return judge(state.counter, state.atc, atc, exempt=limit is None, codes=codes)


def counting(
    wish: Wish, policy: TokenPolicy, *, from_cache: bool
) -> Callable[[CredentialState], tuple[CredentialState, Counted]]:
    """Take the counters; what opened the key gets its tries back in the same write."""

    def count(state: CredentialState) -> tuple[CredentialState, Counted]:
        tries = refund_try(state.tries) if from_cache else RetryState()
        state = replace(state, tries=tries)
        wanted = wish.counters(state, policy.atc)
        codes = wanted if state.counter + wanted <= ATC_END else wish.least
        verdict = judged(state, policy, wish, codes)
        if verdict in REFUSALS:
            return state, Counted(verdict, state.counter, 0)
        told = state.counter if wish.told else state.told
        counted = replace(state, counter=state.counter + codes, atc=AtcState(state.atc.used + codes), told=told)
        return counted, Counted(verdict, state.counter, codes)

    return count


@dataclass(frozen=True, slots=True)
class Charge:
    """A try that is counted on disk as if it had failed. before: the tries as they were."""

    credential_id: str
    charged: RetryState
    before: RetryState

    def give_back(self, vault: Vault) -> None:
        """As if nothing had been tried, the delay that the try began included; another program's tries stay."""
        vault.update(self.credential_id, self._given_back)

    def _given_back(self, state: CredentialState) -> tuple[CredentialState, None]:
        tries = self.before if state.tries == self.charged else refund_try(state.tries)
        return replace(state, tries=tries), None


Verdict = TryAllowed | TryDelayed | TryBlocked


def charging(
    policy: RetryPolicy, uptime: int
) -> Callable[[CredentialState], tuple[CredentialState, tuple[Verdict, RetryState]]]:
    """Count a try before it is made; the verdict, and the tries as they were before."""

    def charge(state: CredentialState) -> tuple[CredentialState, tuple[Verdict, RetryState]]:
        verdict = begin_try(state.tries, policy, uptime)
        charged = verdict.charged if isinstance(verdict, TryAllowed) else state.tries
        return replace(state, tries=charged), (verdict, state.tries)

    return charge


def forgive_biometric(vault: Vault, token: Token) -> None:
    """A right PIN gives the biometric its tries back. What the PIN was for stands whatever becomes of this."""
    if ProtectionType.BIOMETRIC not in token.protections:
        return
    with suppress(VaultError):
        credential = vault.credential(token.id, ProtectionType.BIOMETRIC)
        if credential is not None and vault.state(credential.id).tries != RetryState():
            vault.update(credential.id, lambda state: (replace(state, tries=RetryState()), None))


def forgive_after_server(vault: Vault, token: Token, protection: ProtectionType) -> None:
    """The server took this protection's code: that proves a PIN that is masked, and so was typed just now."""
    if protection is not ProtectionType.PIN or ProtectionType.BIOMETRIC not in token.protections:
        return
    with suppress(VaultError):
        credential = vault.credential(token.id, protection)
        if credential is not None and credential.key.form is KeyForm.MASKED:
            forgive_biometric(vault, token)


REFUSALS = {AtcVerdict.LIMIT_REACHED: Status.LOGIN_REQUIRED, AtcVerdict.EXPIRED: Status.ATC_EXPIRED}
