"""Tokens of each kind, and what is known of a vault that holds them."""

from dataclasses import dataclass, field
from pathlib import Path

from softtoken.engine.atc import AtcPolicy, AtcState
from softtoken.engine.pin import PinRules, RetryPolicy, RetryState
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    CredentialState,
    OtpProfile,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
)
from softtoken.vault.envelope import KdfParameters
from softtoken.vault.pinwrap import mask_with_pin, seal_with_pin, wrap_plain
from softtoken.vault.slots import KeyringSecret, RecoverySecret
from softtoken.vault.store import (
    NewCredential,
    PendingActivation,
    TokenState,
    Vault,
    new_id,
    open_vault,
)

CHEAP = KdfParameters(memory_kib=8192, passes=1, lanes=1)
PIN = "730195"


@dataclass(frozen=True, slots=True)
class Entry:
    """One token with all that was stored for it."""

    token: Token
    credentials: tuple[NewCredential, ...]
    keys: tuple[bytes, ...]
    state: TokenState


@dataclass(frozen=True, slots=True)
class Sample:
    """A closed vault and what is known to be in it."""

    path: Path
    vault_id: str
    keyring: KeyringSecret
    recovery: RecoverySecret
    managed: Entry
    hotp: Entry
    masked: Entry
    pin: str = field(default=PIN)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.managed, self.hotp, self.masked

    def open(self) -> Vault:
        return open_vault(self.path, self.keyring)


def managed_entry() -> Entry:
    token = Token(
        id=new_id(),
        issuer="Gringotts Wizarding Bank",
        name="hermione.granger@hogwarts",
        profile=OtpProfile(TokenType.MANAGED, Algorithm.SHA256, 6, 30),
        protections=(ProtectionType.NO_PIN, ProtectionType.PIN),
        account=Account("https://gateway.example", "gringotts", "hogwarts", "hermione.granger", "VDS1000007"),
        policy=TokenPolicy(True, RetryPolicy(4, 2, 30, 600), AtcPolicy(10, 12), PinRules(4, 8)),
    )
    keys = (bytes(range(32)), bytes(range(100, 132)))
    credentials = []
    for protection, key in zip(token.protections, keys, strict=True):
        credential_id = new_id()
        plain = protection is ProtectionType.NO_PIN
        wrapped = wrap_plain(key) if plain else seal_with_pin(key, PIN, credential_id, CHEAP)
        state = CredentialState(41, AtcState(3), RetryState(1, 60, 9000))
        credentials.append(NewCredential(credential_id, protection, wrapped, state))
    pending = PendingActivation("0a1b2c3d")
    return Entry(token, tuple(credentials), keys, TokenState(logged_in_once=True, pending=pending))


def hotp_entry() -> Entry:
    token = Token(
        new_id(),
        "Ministry of Magic",
        "kingsley@ministry",
        OtpProfile(TokenType.HOTP, Algorithm.SHA1, 8, None),
        (ProtectionType.NO_PIN,),
    )
    key = b"a 20 byte secret....."
    credential = NewCredential(new_id(), ProtectionType.NO_PIN, wrap_plain(key), CredentialState(7))
    return Entry(token, (credential,), (key,), TokenState())


def masked_entry() -> Entry:
    token = Token(
        new_id(),
        "Owl Post",
        "errol",
        OtpProfile(TokenType.TOTP, Algorithm.SHA512, 6, 60),
        (ProtectionType.PIN,),
    )
    key = bytes(range(200, 232))
    credential_id = new_id()
    wrapped = mask_with_pin(key, PIN, credential_id, CHEAP)
    credential = NewCredential(credential_id, ProtectionType.PIN, wrapped, CredentialState())
    return Entry(token, (credential,), (key,), TokenState())
