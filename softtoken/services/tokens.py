"""The tokens as a list: what there is, renaming, removing."""

from collections.abc import Callable
from dataclasses import dataclass

from softtoken.engine.tokens import Token, TokenType, UserIdentifier
from softtoken.services.biometric_prompts import BiometricPrompts, biometric_ids
from softtoken.services.events import (
    DeleteUser,
    DeleteUserResult,
    ListTokensResult,
    RemoveToken,
    RenameToken,
    SdkState,
    Status,
    StatusResult,
)
from softtoken.services.holdings import read_holdings
from softtoken.services.session import SessionCell
from softtoken.vault.errors import NotStored, VaultDamaged
from softtoken.vault.store import Vault

LONGEST_NAME = 255


class TokenService:
    """state: what the SDK would call the state of the product now."""

    def __init__(self, session: SessionCell, state: Callable[[], SdkState], prompts: BiometricPrompts) -> None:
        self._session = session
        self._state = state
        self._prompts = prompts

    def list(self, vault: Vault) -> ListTokensResult:
        """Every token in use; one that cannot be read is counted and hides no other."""
        holdings = read_holdings(vault)
        rows = [(token, _row(vault, token)) for token in holdings.tokens]
        good = [row for _, row in rows if row is not None]
        damaged = (*holdings.damaged, *(token.id for token, row in rows if row is None))
        return ListTokensResult(
            Status.OK,
            tuple(row.token for row in good),
            tuple(row.counter for row in good),
            len(damaged),
            self._session.get().logged_in,
            damaged,
            tuple(row.token.id for row in good if row.login_required),
        )

    def delete_user(self, vault: Vault, event: DeleteUser) -> DeleteUserResult:
        """A managed token, or all of them; not of somebody who is logged in."""
        user = event.user_identifier
        everyone = user == UserIdentifier("", "")
        logged_in = self._session.get().logged_in
        if logged_in is not None and (everyone or logged_in == user):
            return self._left(vault, Status.INVALID_STATE)
        holdings = read_holdings(vault)
        if everyone:
            doomed = [token for token in holdings.tokens if token.account] + list(holdings.pending)
        else:  # an activation that was never answered has keys, too
            held = (*holdings.tokens, *holdings.pending)
            doomed = [token for token in held if token.account and token.account.identifier == user]
        kept = biometric_ids(vault, doomed)
        for token in doomed:
            vault.remove_token(token.id)
            if token.account:
                gone = token.account.identifier
                self._session.end(lambda session, gone=gone: session.without_user(gone))  # type: ignore[misc]
        self._prompts.forget(vault.vault_id, kept)
        return self._left(vault, Status.OK if doomed or everyone else Status.INVALID_USER_ID)

    def remove(self, vault: Vault, event: RemoveToken) -> DeleteUserResult:
        """An imported token, or one that cannot be read."""
        holdings = read_holdings(vault)
        imported = {token.id for token in holdings.tokens if token.account is None}
        removable = imported | set(self.list(vault).damaged_ids)
        removed = event.token_id in removable and vault.remove_token(event.token_id)
        return self._left(vault, Status.OK if removed else Status.INVALID_USER_ID)

    def rename(self, vault: Vault, event: RenameToken) -> StatusResult:
        """An issuer may be empty, a name may not."""
        issuer, name = event.issuer.strip(), event.name.strip()
        if not name or not all(len(text) <= LONGEST_NAME and text.isprintable() for text in (issuer, name)):
            return StatusResult(Status.INVALID_PARAMETER)
        if all(token.id != event.token_id for token in read_holdings(vault).tokens):
            return StatusResult(Status.INVALID_USER_ID)
        vault.rename_token(event.token_id, issuer, name)
        return StatusResult(Status.OK)

    def _left(self, vault: Vault, status: Status) -> DeleteUserResult:
        return DeleteUserResult(status, self._state(), read_holdings(vault).tokens)


@dataclass(frozen=True, slots=True)
class _Row:
    token: Token
    counter: int | None
    login_required: bool = False


def _row(vault: Vault, token: Token) -> _Row | None:
    """None if the credential that counts cannot be read."""
    if token.profile.type is TokenType.TOTP:
        return _Row(token, None)
    try:
        credential = vault.credential(token.id, token.usual_protection)
        if credential is None:
            return None
        state = vault.state(credential.id)
        if token.policy is None:
            return _Row(token, state.counter)
        used_up = state.atc.used >= token.policy.atc.limit
        first = not vault.token_state(token.id).logged_in_once
        return _Row(token, state.counter, used_up or state.resynchronise or first)
    except NotStored:
        return None
    except VaultDamaged as error:
        if error.row_id is None:
            raise
        return None
