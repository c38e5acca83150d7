"""Vaults with managed tokens whose keys a test knows, made directly: no server, and a KDF as cheap as may be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.biometrics import FakeBiometrics

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    CredentialState,
    OtpProfile,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
    UserIdentifier,
)
from softtoken.vault.biometrics.protocol import Cancellation, Prompt
from softtoken.vault.biometricwrap import make_lock, seal_with_lock
from softtoken.vault.envelope import KdfParameters
from softtoken.vault.pinwrap import mask_with_pin, seal_with_pin, wrap_plain
from softtoken.vault.slots import KeyringSecret, new_device_key
from softtoken.vault.store import NewCredential, TokenState, Vault, create_vault, new_id

CHEAP = KdfParameters(memory_kib=8192, passes=1, lanes=1)
DIGITS = 8
"""So that a wrong code is not right by chance."""


@dataclass(frozen=True, slots=True)
class Held:
    """A stored token, and the id and key of each of its credentials. salt: of the wrapping that the PIN opens."""

    user: UserIdentifier
    token: Token
    credentials: dict[ProtectionType, tuple[str, bytes]]
    salt: bytes


def make_vault(path: Path) -> Vault:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return create_vault(path, new_id(), [KeyringSecret(new_device_key())])


def hold(
    vault: Vault,
    name: str,
    pin: str,
    protections: Sequence[ProtectionType],
    *,
    sealed: bool,
    server_allows: bool | None = True,
    state: CredentialState | None = None,
    logged_in_once: bool = True,
    limit: int = 20,
    biometrics: FakeBiometrics | None = None,
) -> Held:
    """An activated token with the policy that docs/offline.md names."""
    user = UserIdentifier("sandbox", name)
    token = Token(
        id=new_id(),
        issuer="sandbox",
        name=f"{name}@sandbox",
        profile=OtpProfile(TokenType.MANAGED, Algorithm.SHA256, DIGITS, 30),
        protections=tuple(protections),
        account=Account("http://127.0.0.1:1", "sandbox", "sandbox", name, "VDS1000000"),
        policy=TokenPolicy(server_allows, RetryPolicy(5, 3, 60, 3600), AtcPolicy(min(15, limit), limit), PinRules()),
    )
    keys, credentials = {}, []
    for protection in protections:
        credential_id, key = new_id(), hashlib.sha256(f"{name} {protection}".encode()).digest()
        if protection is ProtectionType.PIN:
            wrapped = (seal_with_pin if sealed else mask_with_pin)(key, pin, credential_id, CHEAP)
        elif protection is ProtectionType.BIOMETRIC:
            prompt = Prompt("a code", lambda _: None, Cancellation(), 20)
            wrapped = seal_with_lock(key, make_lock(biometrics or FakeBiometrics(), credential_id, prompt))
        else:
            wrapped = wrap_plain(key)
        keys[protection] = (credential_id, key)
        credentials.append(NewCredential(credential_id, protection, wrapped, state or CredentialState()))
    vault.add_token(token, credentials, TokenState(logged_in_once=logged_in_once))
    salt = next((each.key.salt for each in credentials if each.protection is ProtectionType.PIN), b"")
    return Held(user, token, keys, salt)
