"""The commands that change which tokens there are and what they are called: add, rename, remove."""

from typing import NoReturn

import click

from softtoken.cli.context import Context, title
from softtoken.cli.options import command_options
from softtoken.cli.secrets import has_terminal, read_standard_input
from softtoken.cli.sentences import sentence
from softtoken.formats.activation_link import BadLink
from softtoken.formats.otpauth import parse_otpauth
from softtoken.services.events import AddToken, DeleteUser, ListTokens, RemoveToken, RenameToken, Status

_SHORTEST_ID = 4


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
    run.answer.end(result.status, document, f"Added {title(token.issuer, token.name)}.")


@click.command()
@click.argument("token")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command_options
def remove(run: Context, token: str, yes: bool) -> None:  # noqa: FBT001 - click hands flags in by name
    """Remove TOKEN from this computer. An activated one needs a new activation code to come back."""
    run.open_vault()
    if (damaged := _damaged(run, token)) is not None:
        _remove_damaged(run, damaged, sure=yes)
    found = run.find_token(token)
    if not yes:
        if not has_terminal():
            raise click.UsageError("confirm with --yes")
        click.confirm(f"Remove {title(found.issuer, found.name)}? It cannot be brought back", abort=True, err=True)
    event = DeleteUser(found.account.identifier) if found.account else RemoveToken(found.id)
    result = run.controller.post(event)
    document = {"status": result.status.value, "token": found.id, "left": len(result.tokens)}
    done = result.status is Status.OK
    removed = f"Removed {title(found.issuer, found.name)}."
    text = removed if done else f"{result.status.value}: {sentence(result.status)}"
    run.answer.end(result.status, document, text)


def _damaged(run: Context, wanted: str) -> str | None:
    """The id of a token that cannot be read, if that is what is meant; it has no other name."""
    ids = run.controller.post(ListTokens()).damaged_ids
    found = [one for one in ids if one == wanted or (len(wanted) >= _SHORTEST_ID and one.startswith(wanted))]
    return found[0] if len(found) == 1 else None


def _remove_damaged(run: Context, token_id: str, *, sure: bool) -> NoReturn:
    if not sure:
        if not has_terminal():
            raise click.UsageError("confirm with --yes")
        click.echo(
            "The copies that were kept beside the vault go with it, although an older one may hold it whole: "
            "softtoken restore --list",
            err=True,
        )
        click.confirm(f"Remove {token_id}, which cannot be read? It cannot be brought back", abort=True, err=True)
    result = run.controller.post(RemoveToken(token_id))
    document = {"status": result.status.value, "token": token_id, "left": len(result.tokens)}
    done = result.status is Status.OK
    text = f"Removed {token_id}." if done else f"{result.status.value}: {sentence(result.status)}"
    run.answer.end(result.status, document, text)


@click.command()
@click.argument("token")
@click.argument("name")
@click.option("--issuer", metavar="I", help="A new issuer, too; an empty one takes it away.")
@command_options
def rename(run: Context, token: str, name: str, issuer: str | None) -> None:
    """Call TOKEN something else on this computer. No server is told."""
    run.open_vault()
    found = run.find_token(token)
    shown, name = (found.issuer if issuer is None else issuer.strip()), name.strip()
    status = run.controller.post(RenameToken(found.id, shown, name)).status
    if status is Status.INVALID_PARAMETER:
        text = "A name has 1 to 255 printable characters, an issuer at most 255. Nothing was changed."
        run.answer.refuse(status, text=text)
    if status is not Status.OK:
        run.answer.refuse(status)
    document = {"status": status.value, "token": found.id, "issuer": shown, "account": name}
    run.answer.finish(document, f"Renamed to {title(shown, name)}.")


COMMANDS = (add, rename, remove)
