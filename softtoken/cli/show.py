"""The command that shows all that is known of a token."""

from typing import Any

import click

from softtoken.cli.context import Context, parse_protection, protection_word, title
from softtoken.cli.credentials import Chosen, chosen_of
from softtoken.cli.listing import login_required, token_row
from softtoken.cli.options import command_options, protection
from softtoken.engine.tokens import Token
from softtoken.services.events import CredentialInformation, GetCredentialInformation, ListTokens, Status


@click.command()
@click.argument("token")
@protection
@command_options
def show(run: Context, token: str, protection: str | None) -> None:
    """Show all that is known of TOKEN and of one of its protection types, never a secret."""
    wanted = None if protection is None else parse_protection(protection)
    run.open_vault()
    found = run.find_token(token)
    if found.account is None:
        if wanted is not None:
            raise click.UsageError("--protection is for activated tokens")
        _show_imported(run, found)
    chosen = chosen_of(run, found, wanted, token, lacks="protection")
    known = run.controller.post(GetCredentialInformation(chosen.user, chosen.protection))
    if known.status is not Status.OK:
        refused = chosen.refusal(known.status, None, None)
        run.answer.refuse(known.status, text=refused.removeprefix(f"{known.status.value}: "))
    run.answer.finish(_document(chosen.token, known), _text(chosen, known))


def _show_imported(run: Context, token: Token) -> None:
    listed = run.controller.post(ListTokens())
    counter = next((c for t, c in zip(listed.tokens, listed.counters, strict=True) if t.id == token.id), None)
    document = {**_document(token, None), "counter": counter}
    lines = [title(token.issuer, token.name), *_facts(token)]
    if counter is not None:
        lines.append(_fact("counter", f"{counter} is next"))
    run.answer.finish(document, "\n".join(lines))


def _document(token: Token, known: CredentialInformation | None) -> dict[str, Any]:
    account = token.account
    return {
        "status": Status.OK.value,
        **token_row(token, known.counter if known else None),
        "server": account.origin if account else None,
        "domain": account.domain if account else None,
        "serial": account.serial if account else None,
        "protection": protection_word(known.protection) if known and known.protection else None,
        "used": known.used if known else None,
        "left": known.left if known else None,
        "warn": known.warn if known else None,
        "limit": known.limit if known else None,
        "login_required": login_required(known) if known else None,
        "logged_in_once": known.logged_in_once if known else None,
        "resynchronise": known.resynchronise if known else None,
        "resynchronises_at_login": known.resynchronises_at_login if known else None,
        "verified_here": known.verified_here if known else None,
        "retry_counter": known.retry_counter if known else None,
        "retry_delay": known.retry_delay if known else None,
    }


def _text(chosen: Chosen, known: CredentialInformation) -> str:
    token, account = chosen.token, chosen.token.account
    lines = [title(token.issuer, token.name), *_facts(token)]
    if account is not None:
        lines += [
            _fact("server", account.origin),
            _fact("user", f"{account.user_id}@{account.domain}"),
            _fact("tenant", account.tenant),
            _fact("serial", account.serial),
        ]
    lines += [
        _fact("protections", ", ".join(protection_word(p) for p in token.protections)),
        "",
        f"With protection {protection_word(chosen.protection)}:",
        _fact("counter (ATC)", f"{known.counter} is next"),
        _fact("codes", f"{known.used} since the server last confirmed the counter, {known.left} left"),
        _fact("limits", f"a warning from {known.warn} on, a login is required at {known.limit}"),
        _fact("login", _login_words(chosen, known)),
        _fact("PIN", _pin_words(chosen, known)),
    ]
    return "\n".join(lines)


def _login_words(chosen: Chosen, known: CredentialInformation) -> str:
    text = f"required now: {chosen.command('login')}" if login_required(known) else "not required"
    if known.resynchronise:
        text += "; the stored data was restored, so it resynchronises the counter first"
    elif known.resynchronises_at_login:
        text += "; the next one resynchronises the counter first"
    else:
        text += "; the next one does not resynchronise the counter"
    return text


def _pin_words(chosen: Chosen, known: CredentialInformation) -> str:
    if known.retry_counter is not None:
        if known.retry_counter == 0:
            return f"blocked; with a new activation code: softtoken pin forgot {chosen.word} --code CODE"
        wait = f", the next in {known.retry_delay} seconds" if known.retry_delay else ""
        return f"verified on this computer, tries left: {known.retry_counter}{wait}"
    if protection_word(chosen.protection) == "pin":
        return "verified by the server alone, which counts the wrong ones"
    return "none"


def _facts(token: Token) -> list[str]:
    profile = token.profile
    period = f", every {profile.period} seconds" if profile.period else ""
    return [
        _fact("id", token.id),
        _fact("type", f"{profile.type.value}, {profile.algorithm.value}, {profile.digits} digits{period}"),
    ]


def _fact(name: str, value: str) -> str:
    return f"  {name:<14} {value}"


COMMANDS = (show,)
