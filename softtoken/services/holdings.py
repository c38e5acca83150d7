"""What the vault holds, sorted: tokens in use, activations that were never answered, and damaged rows."""

from dataclasses import dataclass

from softtoken.engine.tokens import Token, UserIdentifier
from softtoken.vault.errors import NotStored, VaultDamaged
from softtoken.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Holdings:
    """pending: the server has not confirmed them. damaged: ids of tokens that cannot be read.

    One bad row never hides the others.
    """

    tokens: tuple[Token, ...]
    pending: tuple[Token, ...]
    damaged: tuple[str, ...]

    def managed(self, user: UserIdentifier) -> Token | None:
        """The token in use that a user identifier names."""
        return next((token for token in self.tokens if _belongs(token, user)), None)

    def pending_for(self, user: UserIdentifier) -> Token | None:
        """The token whose activation was never answered."""
        return next((token for token in self.pending if _belongs(token, user)), None)


def read_holdings(vault: Vault) -> Holdings:
    """Raises VaultDamaged only if the file as a whole cannot be read."""
    listed = vault.tokens()
    tokens: list[Token] = []
    pending: list[Token] = []
    damaged = list(listed.damaged)
    for token in listed.tokens:
        try:
            waiting = token.account is not None and vault.token_state(token.id).pending is not None
        except NotStored:
            continue  # another program removed it meanwhile
        except VaultDamaged as error:
            if error.row_id is None:
                raise
            damaged.append(token.id)
        else:
            (pending if waiting else tokens).append(token)
    return Holdings(tuple(tokens), tuple(pending), tuple(damaged))


def _belongs(token: Token, user: UserIdentifier) -> bool:
    return token.account is not None and token.account.identifier == user
