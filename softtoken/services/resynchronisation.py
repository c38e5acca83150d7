"""Agreeing on the counter with the server: two consecutive codes for sync-authenticator, and what follows."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.engine.atc import AtcState
from softtoken.engine.distrust import MARGIN, skipped
from softtoken.engine.tokens import CredentialState, ResynchronisationCodes, Token
from softtoken.iaa.errors import (
    AuthenticationFailed,
    Conflict,
    Forbidden,
    IaaError,
    NotFound,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.iaa.messages import InvalidRequest
from softtoken.services.connections import Connect
from softtoken.services.counting import forgive_after_server
from softtoken.services.events import Resynchronize, ResynchronizeResult, Status
from softtoken.services.holdings import read_holdings
from softtoken.vault.errors import VaultError
from softtoken.vault.pinwrap import KeyForm
from softtoken.vault.store import Vault

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient

_LOG = logging.getLogger(__name__)


def resynchronise(vault: Vault, connect: Connect, event: Resynchronize) -> ResynchronizeResult:
    """Send the codes for a managed token. Raises Unreachable; the codes are spent then, and new ones may be made."""
    token = read_holdings(vault).managed(event.user_identifier)
    if token is None or token.account is None:
        return ResynchronizeResult(Status.INVALID_USER_ID)
    with connect(token.account.origin) as client:
        return synchronise(vault, client, token, event.codes)


def synchronise(vault: Vault, client: "IaaClient", token: Token, codes: ResynchronisationCodes) -> ResynchronizeResult:
    """OK, WRONG_CREDENTIALS, LOCKED_USER, INVALID_USER_ID, or NOT_SUPPORTED: the server does not offer it.

    Raises Unreachable, and ServerFault or BadAnswer for what says neither yes nor no.
    """
    if token.account is None:
        return ResynchronizeResult(Status.INVALID_USER_ID)
    user = f"{token.account.user_id}@{token.account.domain}"
    try:
        client.sync_authenticator(user, codes.first, codes.second, token.account.serial)
    except InvalidRequest:
        return ResynchronizeResult(Status.INVALID_PARAMETER)
    except IaaError as error:
        status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
        if status is None and error.http_status in _NOT_OFFERED:
            status = Status.NOT_SUPPORTED
        if status is None:
            raise
        if status is Status.INVALID_USER_ID and "user" not in error.message.casefold():
            # not the user is unknown there, but the device, since another took its place, or the path
            gone = error.message.casefold().startswith("authenticator")
            status = Status.WRONG_CREDENTIALS if gone else Status.NOT_SUPPORTED
        if isinstance(error, AuthenticationFailed):
            _noted(lambda: _refused(vault, token, codes))
        return ResynchronizeResult(status, error.message, error.log_correlation_id)
    _noted(lambda: _confirmed(vault, token, codes))
    return ResynchronizeResult(Status.OK)


def confirm_counter(vault: Vault, credential_id: str, accepted: int) -> None:
    """The server accepted a code with this ATC: only the codes made since then still count as drift."""

    def confirmed(state: CredentialState) -> tuple[CredentialState, None]:
        # an answer that comes late must neither raise the drift nor speak for a counter that was moved ahead since
        made_since = max(0, state.counter - accepted - 1)
        distrusted = state.resynchronise and made_since > MARGIN
        return replace(state, atc=AtcState(min(state.atc.used, made_since)), resynchronise=distrusted), None

    vault.update(credential_id, confirmed)


def _confirmed(vault: Vault, token: Token, codes: ResynchronisationCodes) -> None:
    credential = vault.credential(token.id, codes.protection)
    if credential is not None:
        confirm_counter(vault, credential.id, codes.atc)
        forgive_after_server(vault, token, codes.protection)


def _refused(vault: Vault, token: Token, codes: ResynchronisationCodes) -> None:
    """After a restore the key is right and the counter too low: skip on. A masked key may be wrong: that tells nothing.

    Only if no later codes were made meanwhile, so that one refusal skips once.
    """
    credential = vault.credential(token.id, codes.protection)
    if credential is None or credential.key.form is KeyForm.MASKED:
        return

    def skip(state: CredentialState) -> tuple[CredentialState, None]:
        stale = state.resynchronise and state.counter <= codes.atc + 2
        return (skipped(state) if stale else state), None

    vault.update(credential.id, skip)


def _noted(note: Callable[[], None]) -> None:
    """What the server said stands whatever becomes of the note."""
    try:
        note()
    except VaultError as error:
        _LOG.warning("the server's answer could not be noted in the vault: %s", type(error).__name__)


_REFUSALS: tuple[tuple[type[IaaError], Status], ...] = (
    (AuthenticationFailed, Status.WRONG_CREDENTIALS),
    (UserLocked, Status.LOCKED_USER),
    (UserDisabled, Status.LOCKED_USER),
    (NotFound, Status.INVALID_USER_ID),
    (Forbidden, Status.NOT_SUPPORTED),
    # the body's field names are inferred, so a server that offers the call may not know them
    (ValidationFailed, Status.NOT_SUPPORTED),
    (Conflict, Status.NOT_SUPPORTED),
)
_NOT_OFFERED = {405, 501}
