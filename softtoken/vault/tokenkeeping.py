"""The tokens of the vault: what may be shown of them, and the part that changes with use."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from softtoken.engine.tokens import Token
from softtoken.vault.openfile import OpenFile
from softtoken.vault.values import NewCredential, TokenList, TokenState

_NEW = TokenState()


class TokenKeeping(OpenFile):
    """The vault's tokens. Methods that name one raise NotStored if there is none."""

    def tokens(self) -> TokenList:
        """All tokens in the order of adding. An unreadable one is named, and hides no other."""
        with self._reading() as tables:
            return tables.tokens.list()

    def add_token(
        self,
        token: Token,
        credentials: Sequence[NewCredential],
        state: TokenState = _NEW,
        *,
        replaces: Sequence[str] = (),
    ) -> None:
        """All or nothing; the tokens that it replaces go in the same step.

        ValueError if an id is malformed or taken, or the credentials do not fit the token.
        """
        offered = sorted(credential.protection for credential in credentials)
        if not offered or offered != sorted(set(token.protections)) or len(offered) != len(token.protections):
            raise ValueError("a token has exactly one credential for each of its protections")
        with self._writing() as tables:
            for old in replaces:
                tables.tokens.remove(old)
            seq = tables.tokens.add(token, state)
            for credential in credentials:
                tables.credentials.add(token.id, seq, credential)
        self._database.checkpoint()

    def remove_token(self, token_id: str) -> bool:
        """Its credentials go too, overwritten in the file; also if it is damaged. False: no such token."""
        with self._writing() as tables:
            removed = tables.tokens.remove(token_id)
        self._database.checkpoint()
        return removed

    def rename_token(self, token_id: str, issuer: str, name: str) -> None:
        with self._writing() as tables:
            tables.tokens.replace(replace(tables.tokens.get(token_id), issuer=issuer, name=name))

    def token_state(self, token_id: str) -> TokenState:
        with self._reading() as tables:
            return tables.tokens.state(token_id)

    def update_token(
        self, token_id: str, transition: Callable[[TokenState], TokenState], *, replaces: Sequence[str] = ()
    ) -> None:
        """As `update`, for a token's state; the tokens that it replaces go in the same step, keys and all."""
        with self._writing() as tables:
            state = tables.tokens.state(token_id)
            new = transition(state)
            for old in replaces:
                tables.tokens.remove(old)
            if new != state:
                tables.tokens.set_state(token_id, new)
        if replaces:
            self._database.checkpoint()
