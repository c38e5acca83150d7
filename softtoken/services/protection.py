"""Changing a PIN: here, or with a fresh key from the server where only the server can tell a right PIN."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from softtoken.engine.atc import AtcState
from softtoken.engine.pin import judge_new_pin
from softtoken.engine.tokens import CredentialState, ProtectionType, Token
from softtoken.errors import SoftTokenError
from softtoken.iaa.errors import (
    AuthenticationFailed,
    Forbidden,
    IaaError,
    NotFound,
    UserDisabled,
    UserLocked,
)
from softtoken.services.config import McConfig, tighten
from softtoken.services.connections import Connect, repeated
from softtoken.services.events import ChangePin, ChangePinResult, Status
from softtoken.services.holdings import read_holdings
from softtoken.services.otp import OtpService
from softtoken.services.resynchronisation import synchronise
from softtoken.services.session import SessionCell
from softtoken.services.unlocking import Unlocking
from softtoken.services.wishes import Refused, Unlocked, Wish, any_drift
from softtoken.vault.errors import NotStored
from softtoken.vault.pinwrap import KeyForm, mask_with_pin, seal_with_pin
from softtoken.vault.store import Vault

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient
    from softtoken.iaa.renewal import KeyRenewal, RenewedKey


class ProtectionService:
    """PIN changes. At every moment exactly one PIN, the old or the new one, opens the stored key."""

    def __init__(
        self,
        session: SessionCell,
        connect: Connect,
        unlocking: Unlocking,
        otp: OtpService,
        app_digest: Callable[[], bytes],
    ) -> None:
        self._session = session
        self._connect = connect
        self._unlocking = unlocking
        self._otp = otp
        self._app_digest = app_digest

    def change_pin(self, vault: Vault, config: McConfig, event: ChangePin) -> ChangePinResult:
        """Raises Unreachable, ServerFault or BadAnswer where the server is needed; the old PIN holds then."""
        token = read_holdings(vault).managed(event.user_identifier)
        if token is None or token.account is None or token.policy is None:
            return ChangePinResult(Status.INVALID_USER_ID)
        credential = vault.credential(token.id, ProtectionType.PIN)
        if credential is None:
            return ChangePinResult(Status.INVALID_PARAMETER)
        fault = judge_new_pin(event.new_pin, token.policy.pin, token.account.user_id, event.current_pin)
        if fault is not None:
            return ChangePinResult(Status.INVALID_NEW_PIN_FORMAT, fault=fault.value)

        sealed = tighten(config.allow_offline_pin_verification, token.policy.allow_offline_pin_verification) is True
        here = sealed and credential.key.form is KeyForm.SEALED
        unlocked = self._unlocking.unlock(vault, config, _wish(token, event.current_pin, counters=0 if here else 1))
        if isinstance(unlocked, Refused):
            return ChangePinResult(unlocked.status, unlocked.retry_counter, unlocked.retry_delay)
        result = (
            self._seal_anew(vault, unlocked, event.new_pin)
            if here
            else self._renew(vault, unlocked, event.new_pin, sealed=sealed)
        )
        if result.status is Status.OK:
            user = event.user_identifier
            self._session.change(unlocked.epoch, lambda session: session.without_pin(user))
        return result

    def _seal_anew(self, vault: Vault, unlocked: Unlocked, pin: str) -> ChangePinResult:
        credential = unlocked.credential
        wrapped = seal_with_pin(unlocked.key, pin, credential.id)
        vault.replace_key(credential.id, wrapped, expected=credential.key)
        return ChangePinResult(Status.OK, unlocked.retry_counter, unlocked.retry_delay)

    def _renew(self, vault: Vault, unlocked: Unlocked, pin: str, *, sealed: bool) -> ChangePinResult:
        """No key is masked twice, and a sealed one never becomes masked: the server gives a fresh one."""
        from softtoken.iaa.renewal import KeyRenewal  # cryptography's HPKE: only who renews pays

        token, credential = unlocked.token, unlocked.credential
        assert token.account is not None  # noqa: S101 - narrows the type; managed tokens have one
        account = token.account
        user = f"{account.user_id}@{account.domain}"
        wish = KeyRenewal(
            origin=account.origin,
            user=user,
            serial=account.serial,
            protection=credential.protection,
            key=unlocked.key,
            counter=unlocked.counter,
            app_digest=self._app_digest(),
        )
        with self._connect(account.origin) as client:
            renewed = _ask(client, user, wish)
            if isinstance(renewed, ChangePinResult):
                return renewed
            wrap = seal_with_pin if sealed else mask_with_pin
            wrapped = wrap(renewed.key, pin, credential.id)
            # two of its counters go into the codes that prove it
            fresh = CredentialState(renewed.counter + 2, AtcState(2))

            def renew(state: CredentialState) -> CredentialState:
                # whoever took a counter since may have asked for a key as well, and the server keeps the last one only
                if state.counter != unlocked.counter + 1:
                    raise _Overtaken
                return fresh

            try:
                vault.replace_key(credential.id, wrapped, renew, expected=credential.key)
            except (_Overtaken, NotStored):
                return ChangePinResult(Status.FAILED)
            self._prove(vault, client, token, renewed)
        tries = token.policy.retry.max_tries if sealed and token.policy else None
        return ChangePinResult(Status.OK, tries, 0 if tries is not None else None)

    def _prove(self, vault: Vault, client: "IaaClient", token: Token, renewed: "RenewedKey") -> None:
        """The server drops the old key at the new one's first code. If this one is lost, the next code does it."""
        codes = self._otp.resynchronisation_codes(renewed.key, renewed.counter, ProtectionType.PIN)
        try:
            synchronise(vault, client, token, codes)
        except SoftTokenError:
            return


class _Overtaken(Exception):  # noqa: N818 - named after what happened; never leaves this module
    """Another program used the credential between the wish for a fresh key and storing it."""


def _wish(token: Token, pin: str, *, counters: int) -> Wish:
    return Wish(
        None,
        pin,
        ProtectionType.PIN,
        offline=False,
        drift=any_drift,
        counters=lambda _state, _atc: counters,
        least=counters,
        token=token,
    )


def _ask(client: "IaaClient", user: str, wish: "KeyRenewal") -> "RenewedKey | ChangePinResult":
    try:
        message = repeated(lambda: client.renew_key(user, wish.body))
    except IaaError as error:
        status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
        if status is None and error.http_status in _NOT_OFFERED:
            status = Status.NOT_SUPPORTED
        if status is None:
            raise
        if status is Status.INVALID_USER_ID and not _names_ours(error.message):
            status = Status.NOT_SUPPORTED  # the path is unknown there, not the user
        return ChangePinResult(status, detail=error.message, log_correlation_id=error.log_correlation_id)
    return wish.open(message)


def _names_ours(message: str) -> bool:
    said = message.casefold()
    return "user" in said or "authenticator" in said


_REFUSALS: tuple[tuple[type[IaaError], Status], ...] = (
    (AuthenticationFailed, Status.WRONG_CREDENTIALS),
    (UserLocked, Status.LOCKED_USER),
    (UserDisabled, Status.LOCKED_USER),
    (NotFound, Status.INVALID_USER_ID),
    (Forbidden, Status.NOT_SUPPORTED),
)
_NOT_OFFERED = {405, 501}
