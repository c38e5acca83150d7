"""The command that lists the tokens, and what needs somebody's attention."""

from typing import Any

import click

from softtoken.cli.context import Context, protection_word, title
from softtoken.cli.options import command_options
from softtoken.engine.tokens import Token
from softtoken.services.events import (
    CredentialInformation,
    GetCredentialInformation,
    ListTokens,
    ListTokensResult,
    Status,
)
from softtoken.vault.errors import VaultError


@click.command("list")
@command_options
def list_tokens(run: Context) -> None:
    """List the tokens, never a secret."""
    run.open_vault()
    result = run.controller.post(ListTokens())
    rows = [token_row(token, counter) for token, counter in zip(result.tokens, result.counters, strict=True)]
    lines = []
    if not run.answer.as_json:
        lines = [_line(token) + _worth_a_word(run, token) for token in result.tokens]
        lines = lines or ([] if result.damaged else ["No tokens yet: softtoken activate, or softtoken add -"])
    if result.damaged:
        lines.append(_damaged(result))
        click.echo(lines[-1], err=True) if run.answer.as_json else None
    run.answer.finish(rows, "\n".join(lines))


def _damaged(result: ListTokensResult) -> str:
    ids = ", ".join(result.damaged_ids)
    return (
        f"{result.damaged} stored token(s) cannot be read and were left as they are; the others work: {ids}. An older "
        "copy may have them (softtoken restore --list), a backup, or a new activation code. To give one up: "
        "softtoken remove ID"
    )


def token_row(token: Token, counter: int | None) -> dict[str, Any]:
    """A token as `list` prints it, which `show` begins with."""
    return {
        "id": token.id,
        "tenant": token.account.tenant if token.account else None,
        "user": token.account.user_id if token.account else None,
        "issuer": token.issuer,
        "account": token.name,
        "type": token.profile.type.value,
        "algorithm": token.profile.algorithm.value,
        "digits": token.profile.digits,
        "period": token.profile.period,
        "counter": counter,
        "protections": [protection_word(p) for p in token.protections],
    }


def login_required(known: CredentialInformation) -> bool:
    """Is no code made before a login?"""
    return known.left == 0 or known.resynchronise or not known.logged_in_once


def _worth_a_word(run: Context, token: Token) -> str:
    """What needs somebody's attention soon; nothing for a token that is well."""
    if token.account is None:
        return ""
    try:
        known = run.controller.post(GetCredentialInformation(token.account.identifier))
    except VaultError:  # one damaged entry hides no token from the list
        return ""
    if known.status is not Status.OK:
        return ""
    words = []
    if login_required(known):
        words.append("login required")
    elif known.used >= known.warn:
        words.append(f"{known.left} left until a login is required")
    if known.retry_counter == 0:
        words.append("PIN blocked")
    elif known.retry_counter is not None and token.policy and known.retry_counter < token.policy.retry.max_tries:
        words.append(f"PIN tries left: {known.retry_counter}")
    return "".join(f"  [{word}]" for word in words)


def _line(token: Token) -> str:
    protections = ", ".join(protection_word(p) for p in token.protections)
    kind, digits = token.profile.type.value, token.profile.digits
    return f"{token.id[:8]}  {title(token.issuer, token.name)}  ({kind}, {digits} digits, {protections})"


COMMANDS = (list_tokens,)
