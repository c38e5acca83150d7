"""A word to the server about what this computer's finger or face sensor is worth, repeated until it has been heard."""

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.engine.tokens import Token
from softtoken.errors import SoftTokenError
from softtoken.iaa.errors import Conflict, NotFound, ValidationFailed
from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.vault.store import Vault

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient


class BiometricReport:
    """Once per token and no more. The vault knows whether its server still has to hear it."""

    def __init__(self, prompts: BiometricPrompts) -> None:
        self._prompts = prompts

    def tell(self, vault: Vault, client: "IaaClient", token: Token) -> None:
        """If it is due, on a client of the token's server that has just answered. Never raises a SoftTokenError: what
        the server was asked for stands, and the next contact is another occasion.
        """
        with suppress(SoftTokenError):
            state = vault.token_state(token.id)
            if not state.biometric_due or state.approval_key is None:
                return
            from softtoken.iaa.approvals import ApprovalCalls

            system = self._prompts.system(vault)
            # a server that does not want to know has answered, too
            with suppress(NotFound, ValidationFailed, Conflict):
                ApprovalCalls(client, state.approval_key).tell_biometric(system.binding.value, system.name)
            vault.update_token(token.id, lambda state: replace(state, biometric_due=False))
