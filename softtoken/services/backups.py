"""Backups: what goes into one, and what comes back from one into a vault that may hold some of it already."""

from collections.abc import Callable
from dataclasses import fields, replace

from softtoken.clock import Clock
from softtoken.engine.tokens import CredentialState, OtpProfile, ProtectionType, Token, TokenType
from softtoken.formats.shown_text import shown_text
from softtoken.services import events as ev
from softtoken.services.events import BackupFault, Restored, RestoredToken, Status
from softtoken.services.holdings import read_holdings
from softtoken.vault.backup import (
    MOST_BYTES,
    Backup,
    BadBackup,
    NamedToken,
    SavedOptions,
    SavedToken,
    decode_backup,
    encode_backup,
)
from softtoken.vault.errors import NotStored, VaultDamaged
from softtoken.vault.ownfile import read_whole, write_whole
from softtoken.vault.pinwrap import KeyForm, wrap_plain
from softtoken.vault.slots import check_passphrase
from softtoken.vault.store import NewCredential, Vault, new_id

_Place = tuple[bytes, OtpProfile]
"""What makes two imported tokens the same: key and profile, whatever they are called."""


def write_backup(clock: Clock) -> Callable[[Vault, ev.WriteBackup], ev.WriteBackupResult]:
    """Raises FileFailed."""

    def write(vault: Vault, event: ev.WriteBackup) -> ev.WriteBackupResult:
        if not check_passphrase(event.passphrase):
            return ev.WriteBackupResult(Status.INVALID_PARAMETER, fault=BackupFault.WEAK_PASSPHRASE)
        holdings = read_holdings(vault)
        tokens, unreadable = _imported(vault, holdings.tokens)
        managed = tuple(_named(token) for token in holdings.tokens if token.account)
        backup = Backup(clock.now(), tokens, managed, _options(vault))
        if not write_whole(event.path, encode_backup(backup, event.passphrase), replace=event.replace):
            return ev.WriteBackupResult(Status.INVALID_PARAMETER, fault=BackupFault.EXISTS)
        names = tuple(_title(token) for token in managed)
        return ev.WriteBackupResult(Status.OK, len(tokens), names, unreadable + len(holdings.damaged))

    return write


def restore_backup(vault: Vault, event: ev.RestoreBackup) -> ev.RestoreBackupResult:
    """Killed in the middle it may be repeated: what was added is there then. Raises FileFailed."""
    data = read_whole(event.path, MOST_BYTES)
    if data is None:
        return ev.RestoreBackupResult(Status.INVALID_PARAMETER, fault=BackupFault.NOT_A_BACKUP)
    try:
        backup = decode_backup(data, event.passphrase)
    except BadBackup as error:
        fault = BackupFault(error.fault.value)
        wrong = fault is BackupFault.WRONG_PASSPHRASE
        return ev.RestoreBackupResult(Status.WRONG_CREDENTIALS if wrong else Status.INVALID_PARAMETER, fault=fault)
    there = _there(vault)
    # whoever made the file may have put anything into its texts, which go to terminals and into logs
    tokens = [
        _restored(vault, replace(one, issuer=shown_text(one.issuer), name=shown_text(one.name)), there)
        for one in backup.tokens
    ]
    active = {_server_and_user(token) for token in read_holdings(vault).tokens}
    for named in backup.managed:
        one = replace(named, issuer=shown_text(named.issuer), name=shown_text(named.name))
        known = (one.server, one.user) in active
        tokens.append(
            RestoredToken(one.issuer, one.name, Restored.ALREADY_THERE if known else Restored.NEEDS_ACTIVATION)
        )
    tokens += [RestoredToken("", "", Restored.UNREADABLE)] * backup.unreadable
    return ev.RestoreBackupResult(Status.OK, tuple(tokens), backup.made_at, _take_options(vault, backup.options))


def _imported(vault: Vault, tokens: tuple[Token, ...]) -> tuple[tuple[SavedToken, ...], int]:
    saved, unreadable = [], 0
    for token in tokens:
        if token.account is None:
            one = _saved(vault, token)
            saved += [one] if one is not None else []
            unreadable += one is None
    return tuple(saved), unreadable


def _saved(vault: Vault, token: Token) -> SavedToken | None:
    """None if its key cannot be had: damaged, or gone meanwhile."""
    try:
        credential = vault.credential(token.id, token.protections[0])
        if credential is None or credential.key.form is not KeyForm.PLAIN:
            return None
        counter = vault.state(credential.id).counter if token.profile.type is TokenType.HOTP else 0
    except NotStored:
        return None
    except VaultDamaged as error:
        if error.row_id is None:
            raise
        return None
    return SavedToken(token.issuer, token.name, token.profile, credential.key.blob, counter)


def _there(vault: Vault) -> dict[_Place, str]:
    """For each imported token that can be read the id of its credential."""
    found: dict[_Place, str] = {}
    for token in read_holdings(vault).tokens:
        if token.account is None and (saved := _saved(vault, token)) is not None:
            credential = vault.credential(token.id, token.protections[0])
            if credential is not None:
                found[saved.key, saved.profile] = credential.id
    return found


def _restored(vault: Vault, saved: SavedToken, there: dict[_Place, str]) -> RestoredToken:
    counted = saved.profile.type is TokenType.HOTP
    place = saved.key, saved.profile
    if place not in there:
        credential = NewCredential(
            new_id(), ProtectionType.NO_PIN, wrap_plain(saved.key), CredentialState(saved.counter)
        )
        token = Token(new_id(), saved.issuer, saved.name, saved.profile, (ProtectionType.NO_PIN,))
        vault.add_token(token, [credential])
        there[place] = credential.id
        return RestoredToken(saved.issuer, saved.name, Restored.ADDED, saved.counter if counted else None)
    if not counted:
        return RestoredToken(saved.issuer, saved.name, Restored.ALREADY_THERE)

    def raised(state: CredentialState) -> tuple[CredentialState, tuple[bool, int]]:
        # the higher of both: a lower one would repeat codes
        higher = max(state.counter, saved.counter)
        return replace(state, counter=higher), (higher > state.counter, higher)

    was_lower, counter = vault.update(there[place], raised)
    outcome = Restored.COUNTER_RAISED if was_lower else Restored.ALREADY_THERE
    return RestoredToken(saved.issuer, saved.name, outcome, counter)


def _options(vault: Vault) -> SavedOptions:
    """Not the clock's correction, which is this computer's alone."""
    options, choices = vault.options(), vault.server_choices()
    return SavedOptions(
        options.resynchronise_before_login, options.device_name, choices.login_data, choices.look_for_approvals
    )


def _take_options(vault: Vault, saved: SavedOptions) -> bool:
    """Each where this vault still has what it began with. Were any taken?"""
    before, untouched = _options(vault), SavedOptions()
    chosen = [field.name for field in fields(before) if getattr(before, field.name) != getattr(untouched, field.name)]
    saved = replace(saved, device_name=shown_text(saved.device_name))
    after = replace(saved, **{name: getattr(before, name) for name in chosen})
    if after == before:
        return False
    # `replace`: what no backup knows of, such as when the window locks, stays as it was chosen here
    vault.update_options(
        lambda now: replace(
            now, resynchronise_before_login=after.resynchronise_before_login, device_name=after.device_name
        )
    )
    vault.update_server_choices(
        lambda now: replace(now, login_data=after.login_data, look_for_approvals=after.look_for_approvals)
    )
    return True


def _named(token: Token) -> NamedToken:
    server, user = _server_and_user(token)
    return NamedToken(token.issuer, token.name, server, user)


def _server_and_user(token: Token) -> tuple[str, str]:
    account = token.account
    return (account.origin, f"{account.user_id}@{account.domain}") if account else ("", "")


def _title(token: NamedToken) -> str:
    return f"{token.issuer}: {token.name}" if token.issuer else token.name
