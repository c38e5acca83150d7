"""Tokens that come from elsewhere: one otpauth link."""

from softtoken.engine.tokens import CredentialState, ProtectionType, Token
from softtoken.formats.otpauth import BadLink, parse_otpauth
from softtoken.services.events import AddToken, AddTokenResult, Status
from softtoken.vault.pinwrap import wrap_plain
from softtoken.vault.store import NewCredential, Vault, new_id


def add_token(vault: Vault, event: AddToken) -> AddTokenResult:
    """Store one OATH token. A bad link is a value; nothing is stored then."""
    try:
        account = parse_otpauth(event.link)
    except BadLink as error:
        return AddTokenResult(Status.INVALID_PARAMETER, fault=error.fault.value)
    token = Token(
        id=new_id(),
        issuer=account.issuer,
        name=account.name,
        profile=account.profile,
        protections=(ProtectionType.NO_PIN,),
    )
    credential = NewCredential(
        new_id(), ProtectionType.NO_PIN, wrap_plain(account.key), CredentialState(account.counter)
    )
    vault.add_token(token, [credential])
    return AddTokenResult(Status.OK, token)
