"""The commands about the vault: recover, reset."""

import click

from softtoken.cli.context import Context
from softtoken.cli.options import command_options
from softtoken.cli.secrets import ask, has_terminal
from softtoken.cli.sentences import KEYRING_SENTENCES
from softtoken.services.events import OpenVault, ProtectVault, Reset, Start, Status, VaultCondition


@click.command()
@click.option("--recovery-fd", type=int, metavar="N", help="Read the recovery code from file descriptor N.")
@command_options
def recover(run: Context, recovery_fd: int | None) -> None:
    """Open the vault with its recovery code and protect it anew: with the keyring, else with a passphrase."""
    start = run.controller.post(Start())
    if start.vault is VaultCondition.ABSENT:
        run.answer.refuse(Status.INVALID_STATE, "nothing is stored here")
    if start.vault is not VaultCondition.OPEN:
        code = ask("Recovery code", "--recovery-fd", recovery_fd)
        opened = run.controller.post(OpenVault(recovery_code=code))
        if opened.status is not Status.OK:
            run.answer.refuse(opened.status, "that recovery code does not open this vault")
        start = opened
    run.tell_restored(start)
    made = run.controller.post(ProtectVault()) if run.passphrase_fd is None else None
    if made is None or made.status is not Status.OK:
        if made is not None and not run.answer.as_json:
            click.echo(f"{KEYRING_SENTENCES[made.keyring]} A passphrase will protect the vault instead.", err=True)
        passphrase = ask("New passphrase for this vault", "--passphrase-fd", run.passphrase_fd, twice=True)
        made = run.controller.post(ProtectVault(passphrase=passphrase))
    if made.status is not Status.OK:
        run.answer.refuse(made.status, "a passphrase has at least 8 characters")
    run.show_recovery_code(made.recovery_code)
    tokens = len(run.controller.post(Start()).tokens)
    document = {"status": "OK", "tokens": tokens}
    text = f"The vault is open and protected anew; {tokens} token(s). The old recovery code no longer works."
    run.answer.finish(document, text)


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@command_options
def reset(run: Context, yes: bool) -> None:  # noqa: FBT001 - click hands flags in by name
    """Delete every token and the vault. There is no way back."""
    if not yes:
        if not has_terminal():
            raise click.UsageError("confirm with --yes")
        typed = click.prompt(f"This deletes everything in {run.home.folder}. Type RESET to go on", err=True)
        if typed != "RESET":
            run.answer.refuse(Status.USER_CANCEL)
    run.controller.post(Reset())
    run.answer.finish({"status": "OK"}, "Every token and the vault were deleted.")


COMMANDS = (recover, reset)
