"""From what a server issued to the token and the credentials as they are stored."""

from collections.abc import Sequence

from softtoken.engine.atc import AtcState
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
from softtoken.iaa.enrolment import ActivationPackage, IssuedCredential
from softtoken.services.config import McConfig, tighten
from softtoken.vault.biometricwrap import BiometricLock, seal_with_lock
from softtoken.vault.pinwrap import WrappedKey, mask_with_pin, seal_with_pin, wrap_plain
from softtoken.vault.store import NewCredential, new_id


def first_credential(credentials: Sequence[IssuedCredential]) -> IssuedCredential:
    """Whose code proves the activation: the PIN's if there is one, else the first one's (docs/activation.md)."""
    order = sorted(credentials, key=lambda issued: issued.instance)
    return next((issued for issued in order if issued.protection is ProtectionType.PIN), order[0])


def build_token(
    package: ActivationPackage,
    origin: str,
    pin: str | None,
    config: McConfig,
    old: Token | None,
    lock: BiometricLock | None = None,
) -> tuple[Token, list[NewCredential]]:
    """The token and its credentials as they are stored: the first code of the PIN (else first) credential is taken.

    old: the token that this one replaces, and whose names it keeps. lock: what the person proved, for BIOMETRIC;
    ValueError without it.
    """
    server_allows = package.allow_offline_pin_verification
    server_allows = True if server_allows is None else server_allows
    sealed = tighten(config.allow_offline_pin_verification, server_allows) is True
    order = sorted(package.credentials, key=lambda issued: issued.instance)
    first = first_credential(order)
    token = Token(
        id=new_id(),
        issuer=old.issuer if old else package.tenant,
        name=old.name if old else f"{package.user_id}@{package.domain}",
        profile=OtpProfile(TokenType.MANAGED, Algorithm.SHA256, package.digits, 30),
        protections=tuple(issued.protection for issued in order),
        account=Account(origin, package.tenant, package.domain, package.user_id, package.serial),
        policy=TokenPolicy(server_allows, package.retry, package.atc, package.pin),
    )
    credentials = []
    for issued in order:
        biometric = issued.protection is ProtectionType.BIOMETRIC
        credential_id = lock.credential_id if biometric and lock else new_id()
        taken = 1 if issued is first else 0
        state = CredentialState(issued.counter + taken, AtcState(taken))
        key = _behind(lock, issued.key) if biometric else _wrap(issued, credential_id, pin, sealed=sealed)
        credentials.append(NewCredential(credential_id, issued.protection, key, state))
    return token, credentials


def _behind(lock: BiometricLock | None, key: bytes) -> WrappedKey:
    if lock is None:
        raise ValueError("nobody was asked for a finger or a face")
    return seal_with_lock(key, lock)


def _wrap(issued: IssuedCredential, credential_id: str, pin: str | None, *, sealed: bool) -> WrappedKey:
    """Without an explicit permission to verify offline the key is masked: nothing on disk tells a right PIN."""
    if issued.protection is not ProtectionType.PIN or pin is None:
        return wrap_plain(issued.key)
    return (seal_with_pin if sealed else mask_with_pin)(issued.key, pin, credential_id)
