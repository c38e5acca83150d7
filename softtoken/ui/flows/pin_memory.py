"""Whose PIN need not be asked for again in this run. The controller has the last word."""

from softtoken.engine.tokens import Token


class PinMemory:
    """Knows of one token at most, as the controller caches one user's PIN."""

    def __init__(self) -> None:
        self._token_id: str | None = None

    def known(self, token: Token) -> bool:
        """Was this token's PIN given in this run, and may it be remembered?"""
        return self._token_id == token.id

    def given(self, token: Token, *, right: bool, counted: bool) -> None:
        """A PIN was used for this token. counted: it is verified here; else nobody knows yet whether it was right."""
        if right and counted:
            self._token_id = token.id
        elif self._token_id == token.id or right:
            self._token_id = None

    def addressed(self, token: Token) -> None:
        """Another user's PIN is dropped as soon as this one is addressed."""
        if self._token_id != token.id:
            self._token_id = None

    def forget(self) -> None:
        self._token_id = None
