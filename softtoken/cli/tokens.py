"""The commands about tokens: activate, list, add, remove."""

from typing import Any

import click

from softtoken.cli.answers import sentence
from softtoken.cli.context import Context, parse_protection, protection_word
from softtoken.cli.options import command_options, pin_fd
from softtoken.cli.secrets import ask, has_terminal, read_standard_input
from softtoken.engine.activation_code import MalformedActivationCode, parse_activation_code
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.formats.activation_link import BadLink, parse_activation_link
from softtoken.formats.otpauth import parse_otpauth
from softtoken.services.events import (
    Activate,
    AddToken,
    DeleteUser,
    ListTokens,
    RemoveToken,
    Status,
)


@click.command()
@click.argument("link", required=False)
@click.option("--server", metavar="URL", help="The server that your organisation named.")
@click.option("--user", metavar="ID", help="Your user, as user or user@domain.")
@click.option("--code", metavar="CODE", help="The activation code (it works once, so it may be an argument).")
@click.option(
    "--protection",
    default="no-pin,pin",
    show_default=True,
    metavar="TYPES",
    help="What to enable, comma-separated: no-pin, pin.",
)
@pin_fd
@command_options
def activate(
    run: Context,
    link: str | None,
    server: str | None,
    user: str | None,
    code: str | None,
    protection: str,
    pin_fd: int | None,
) -> None:
    """Activate this computer with LINK (softtoken://activate?...), or with --server, --user and --code.

    LINK or CODE may be `-`: it is read from standard input then.
    """
    if link is not None:
        if server or user or code:
            raise click.UsageError("give LINK, or --server, --user and --code")
        link = read_standard_input("Activation link") if link == "-" else link
        try:
            parsed = parse_activation_link(link)
        except BadLink as error:
            raise click.UsageError(f"that is no activation link ({error.fault.value})") from None
        server, user, code = parsed.server, parsed.user, parsed.code
    if not (server and user and code):
        raise click.UsageError("give LINK, or --server, --user and --code")
    code = read_standard_input("Activation code") if code == "-" else code
    protections = frozenset(parse_protection(word) for word in protection.split(","))
    # everything that can be wrong without a vault is judged before one is made
    try:
        parse_activation_code(code)
    except MalformedActivationCode as error:
        run.answer.refuse(Status.INVALID_ACTIVATION_CODE, error.reason.value)
    wants_pin = ProtectionType.PIN in protections
    pin = ask("New PIN", "--pin-fd", pin_fd, twice=True) if wants_pin else None
    run.open_vault(create=True)
    result = run.controller.post(Activate(server, user, code, protections, pin))
    while result.status is Status.INVALID_NEW_PIN_FORMAT and pin_fd is None and has_terminal():
        run.answer.aside(f"That PIN cannot be used ({result.detail}). Choose another.")
        pin = ask("New PIN", "--pin-fd", None, twice=True)
        result = run.controller.post(Activate(server, user, code, protections, pin))
    if result.token is None:
        detail = result.detail or _ACTIVATION_DETAILS.get(result.status, "")
        refused = {"status": result.status.value, "token": None, "detail": detail}
        run.answer.end(result.status, refused, f"{result.status.value}: {sentence(result.status, detail)}")
    login = result.login
    document: dict[str, Any] = {
        "status": result.status.value,
        "token": result.token.id,
        "tenant": result.token.account.tenant if result.token.account else None,
        "user": result.token.account.user_id if result.token.account else None,
        "protections": [protection_word(p) for p in result.token.protections],
        "login": login.status.value if login else None,
        "risk_response_code": login.risk_response_code if login else None,
        "session_status": login.session_status if login else None,
    }
    text = f"Activated {result.token.name} at {result.token.issuer}."
    if login is not None and login.status is Status.OK:
        text += " The first login was accepted: codes can be made, with or without a network."
    else:
        text += " The first login was not accepted yet; do it with: softtoken login " + result.token.name
    run.answer.end(result.status, document, text)


@click.command("list")
@command_options
def list_tokens(run: Context) -> None:
    """List the tokens, never a secret."""
    run.open_vault()
    result = run.controller.post(ListTokens())
    rows = [_row(token, counter) for token, counter in zip(result.tokens, result.counters, strict=True)]
    lines = [_line(row) for row in rows] or ["No tokens yet: softtoken activate, or softtoken add -"]
    if result.damaged:
        lines.append(f"{result.damaged} stored token(s) cannot be read; they were left as they are.")
        click.echo(lines[-1], err=True) if run.answer.as_json else None
    run.answer.finish(rows, "\n".join(lines))


@click.command()
@click.argument("source", metavar="-", required=True)
@command_options
def add(run: Context, source: str) -> None:
    """Add one OATH token from an otpauth link, read from standard input: softtoken add -"""
    if source != "-":
        raise click.UsageError("a link holds a secret, so it is read from standard input: softtoken add -")
    link = read_standard_input("otpauth link").strip()
    try:
        parse_otpauth(link)
    except BadLink as error:
        text = f"INVALID_PARAMETER: that is not a usable otpauth link ({error.fault.value}). Nothing was stored."
        document = {"status": Status.INVALID_PARAMETER.value, "token": None, "fault": error.fault.value}
        run.answer.end(Status.INVALID_PARAMETER, document, text)
    run.open_vault(create=True)
    result = run.controller.post(AddToken(link))
    if result.token is None:
        text = f"{result.status.value}: that is not a usable otpauth link ({result.fault}). Nothing was stored."
        document = {"status": result.status.value, "token": None, "fault": result.fault}
        run.answer.end(result.status, document, text)
    token = result.token
    document = {
        "status": result.status.value,
        "token": token.id,
        "issuer": token.issuer,
        "account": token.name,
    }
    run.answer.end(result.status, document, f"Added {token.issuer}: {token.name}.")


@click.command()
@click.argument("token")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command_options
def remove(run: Context, token: str, yes: bool) -> None:  # noqa: FBT001 - click hands flags in by name
    """Remove TOKEN from this computer. An activated one needs a new activation code to come back."""
    run.open_vault()
    found = run.find_token(token)
    if not yes:
        if not has_terminal():
            raise click.UsageError("confirm with --yes")
        click.confirm(f"Remove {found.issuer}: {found.name}? It cannot be brought back", abort=True, err=True)
    event = DeleteUser(found.account.identifier) if found.account else RemoveToken(found.id)
    result = run.controller.post(event)
    document = {"status": result.status.value, "token": found.id, "left": len(result.tokens)}
    done = result.status is Status.OK
    text = f"Removed {found.issuer}: {found.name}." if done else f"{result.status.value}: {sentence(result.status)}"
    run.answer.end(result.status, document, text)


def _row(token: Token, counter: int | None) -> dict[str, Any]:
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


def _line(row: dict[str, Any]) -> str:
    protections = ", ".join(row["protections"])
    return f"{row['id'][:8]}  {row['issuer']}: {row['account']}  ({row['type']}, {row['digits']} digits, {protections})"


_ACTIVATION_DETAILS = {
    Status.INVALID_PIN: (
        "an earlier try with this code chose another protection or PIN; give the same, or ask for a new code"
    )
}

COMMANDS = (activate, list_tokens, add, remove)
