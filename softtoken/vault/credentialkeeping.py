"""The credentials of the vault: wrapped keys and their counters."""

from collections.abc import Callable
from typing import TypeVar

from softtoken.engine.tokens import CredentialState, ProtectionType
from softtoken.vault.openfile import OpenFile
from softtoken.vault.pinwrap import WrappedKey
from softtoken.vault.values import Credential

R = TypeVar("R")


def _unchanged(state: CredentialState) -> CredentialState:
    return state


class CredentialKeeping(OpenFile):
    """The vault's credentials. Methods that name one raise NotStored if there is none."""

    def credential(self, token_id: str, protection: ProtectionType) -> Credential | None:
        """None if there is no such token, or it has no such protection. One that is lost is VaultDamaged."""
        with self._reading() as tables:
            found = tables.credentials.find(token_id, protection)
            if found is not None or not tables.tokens.exists(token_id):
                return found
            if protection in tables.tokens.get(token_id).protections:
                raise tables.lookup.damaged("credential missing", token_id)
            return None

    def state(self, credential_id: str) -> CredentialState:
        with self._reading() as tables:
            return tables.credentials.state(credential_id)

    def update(
        self,
        credential_id: str,
        transition: Callable[[CredentialState], tuple[CredentialState, R]],
        *,
        expected: WrappedKey | None = None,
    ) -> R:
        """Read, change and store a credential's state in one step; it is on the disk before this returns.

        transition: pure and quick, since every other writer waits for it; if it raises, all is as it was.
        expected: the key that the state is meant for; NotStored if another program put a different one there meanwhile.
        """
        with self._writing() as tables:
            tables.credentials.require_key(credential_id, expected)
            state = tables.credentials.state(credential_id)
            new, result = transition(state)
            if new != state:
                tables.credentials.set_state(credential_id, new)
        return result

    def replace_key(
        self,
        credential_id: str,
        key: WrappedKey,
        transition: Callable[[CredentialState], CredentialState] = _unchanged,
        *,
        expected: WrappedKey | None = None,
    ) -> None:
        """A new key, and the state that goes with it, in one step. The old wrapping is overwritten in the file.

        expected: the key that it replaces; NotStored if another program put a different one there meanwhile.
        """
        with self._writing() as tables:
            new = transition(tables.credentials.state(credential_id))
            tables.credentials.require_key(credential_id, expected)
            tables.credentials.replace_key(credential_id, key)
            tables.credentials.set_state(credential_id, new)
        self._database.checkpoint()
