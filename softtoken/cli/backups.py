"""The commands backup and restore: to a file of one's own, from it, and from a copy kept beside the vault."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from softtoken.cli.context import Context, title
from softtoken.cli.options import command_options
from softtoken.cli.secrets import ask
from softtoken.cli.sentences import keyring_words
from softtoken.services.events import (
    BackupFault,
    CopyInformation,
    ListCopies,
    RestoreBackup,
    RestoreBackupResult,
    RestoreCopy,
    Restored,
    RestoredToken,
    Start,
    Status,
    VaultCondition,
    WriteBackup,
)

_NEWEST = "newest"
_FAULTS = {
    BackupFault.EXISTS: "There is a file of that name, and it was left alone. Choose another name, or add --force.",
    BackupFault.WEAK_PASSPHRASE: "A passphrase has at least 8 characters. Nothing was written.",
    BackupFault.NOT_A_BACKUP: "That file is no backup of Soft Token. Nothing was changed.",
    BackupFault.TOO_NEW: "A newer version of Soft Token made that backup. Update the program; nothing was changed.",
    BackupFault.DAMAGED: "That backup is damaged. Nothing was changed; try another copy of the file.",
    BackupFault.WRONG_PASSPHRASE: "That is not the passphrase of this backup. Nothing was changed; try again.",
}
_OUTCOMES = {
    Restored.ADDED: "added",
    Restored.ALREADY_THERE: "already there, left as it is",
    Restored.COUNTER_RAISED: "already there; its counter was behind the backup's and was raised",
    Restored.NEEDS_ACTIVATION: "needs a new activation code from your organisation: softtoken activate",
    Restored.UNREADABLE: "an entry of the backup that cannot be read; nothing was added for it",
}

_backup_fd = click.option("--backup-fd", type=int, metavar="N", help="Read the backup's passphrase from descriptor N.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file of that name.")
@_backup_fd
@command_options
def backup(run: Context, file: Path, force: bool, backup_fd: int | None) -> None:  # noqa: FBT001 - click hands flags in
    """Write the imported tokens and the settings to FILE, encrypted with a passphrase of its own.

    Activated tokens are only named in it: a copy of one would be a clone. They need a new activation code.
    """
    run.open_vault()
    passphrase = ask("New passphrase for the backup", "--backup-fd", backup_fd, twice=True)
    made = run.controller.post(WriteBackup(file, passphrase, force))
    if made.fault is not None:
        _refuse(run, made.status, made.fault)
    document = {
        "status": made.status.value,
        "file": str(file),
        "tokens": made.tokens,
        "needs_activation": list(made.managed),
        "unreadable": made.unreadable,
    }
    lines = [f"Wrote {file}: {made.tokens} token(s) and the settings, encrypted."]
    if made.managed:
        lines.append("Not in it, because a copy of an activated token would be a clone (a new activation code each):")
        lines += [f"  {name}" for name in made.managed]
    if made.unreadable:
        lines.append(f"Not in it: {made.unreadable} stored token(s) that cannot be read.")
    run.answer.end(made.status, document, "\n".join(lines))


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--copy",
    "which",
    is_flag=False,
    flag_value=_NEWEST,
    metavar="[WHICH]",
    help="Put back a copy that was kept beside the vault: its number, or the newest whole one.",
)
@click.option("--list", "listing", is_flag=True, help="List the copies that were kept beside the vault.")
@click.option("--force", is_flag=True, help="With --copy: also where the vault can still be read.")
@_backup_fd
@command_options
def restore(
    run: Context,
    file: Path | None,
    which: str | None,
    listing: bool,  # noqa: FBT001 - click hands flags in by name
    force: bool,  # noqa: FBT001
    backup_fd: int | None,
) -> None:
    """Add what is missing from the backup FILE; or, with --copy, put a damaged or lost vault back.

    A backup never replaces what is there. A damaged vault is kept under another name. A copy opens with the keyring,
    recovery code or passphrase of the day it was made, and each activated token then has to log in once.
    """
    if (file is not None) + (which is not None) + listing != 1 or (force and which is None):
        raise click.UsageError("give FILE, --copy or --list; --force goes with --copy")
    if listing:
        _list(run)
    elif which is not None:
        _put_back(run, which, force=force)
    elif file is not None:
        run.open_vault(create=True)
        passphrase = ask("Passphrase of the backup", "--backup-fd", backup_fd)
        _told(run, run.controller.post(RestoreBackup(file, passphrase)))


def _list(run: Context) -> NoReturn:
    copies = run.controller.post(ListCopies()).copies
    lines = [f"{copy.number:>6}  {copy_words(copy)}" for copy in copies] or ["No copies were kept here."]
    run.answer.finish({"status": "OK", "copies": [copy_row(copy) for copy in copies]}, "\n".join(lines))


def _put_back(run: Context, which: str, *, force: bool) -> NoReturn:
    if which != _NEWEST and not which.isdecimal():
        raise click.UsageError("--copy takes the number of a copy (softtoken restore --list) or nothing")
    result = run.controller.post(RestoreCopy(None if which == _NEWEST else int(which), force))
    if result.status is Status.INVALID_STATE:
        text = "The vault here can be read, so nothing was put back. To put a copy in its place all the same: --force"
        run.answer.refuse(result.status, text=text)
    if result.copy is None:
        text = "There is no such copy that is whole. Nothing was changed. See: softtoken restore --list"
        run.answer.refuse(result.status, text=text)
    started = run.controller.post(Start())
    lines = [f"Copy {result.copy.number} was put in place: {copy_words(result.copy)}."]
    if result.kept_as is not None:
        lines.append(f"What was there is kept as {run.home.folder / result.kept_as}")
    lines.append(_opens(started.vault, keyring_words(started), len(started.tokens)))
    lines.append(
        "What was changed since then is lost. Each activated token has to log in once (softtoken login TOKEN); a token "
        "that counts (HOTP) may repeat codes that its server has seen: make the next ones until one is accepted."
    )
    document = {
        "status": result.status.value,
        "copy": copy_row(result.copy),
        "kept_as": result.kept_as,
        "vault": started.vault.value,
        "tokens": len(started.tokens),
    }
    run.answer.finish(document, "\n".join(lines))


def _opens(vault: VaultCondition, keyring: str, tokens: int) -> str:
    match vault:
        case VaultCondition.OPEN:
            return f"It opens: {tokens} token(s)."
        case VaultCondition.NEEDS_PASSPHRASE:
            return f"{keyring} It opens with the passphrase of that day.".strip()
        case _:
            return f"{keyring} It opens with the recovery code of that day: softtoken recover".strip()


def _told(run: Context, result: RestoreBackupResult) -> NoReturn:
    if result.fault is not None:
        _refuse(run, result.status, result.fault)
    lines = [_line(token, result.made_at) for token in result.tokens] or ["The backup holds no tokens."]
    if result.options:
        lines.append("Settings that nobody had changed here were taken over.")
    document = {
        "status": result.status.value,
        "made_at": result.made_at,
        "options": result.options,
        "tokens": [
            {"issuer": token.issuer, "account": token.name, "outcome": token.outcome.value, "counter": token.counter}
            for token in result.tokens
        ],
    }
    run.answer.end(result.status, document, "\n".join(lines))


def _line(token: RestoredToken, made_at: int) -> str:
    name = title(token.issuer, token.name) or "(no name)"
    line = f"{name}: {_OUTCOMES[token.outcome]}"
    if token.outcome is Restored.ADDED and token.counter is not None:
        line += (
            f"; its counter is that of {_day(made_at)}, so codes made since then repeat and are refused: make the next "
            "ones until one is accepted"
        )
    return line


def _refuse(run: Context, status: Status, fault: BackupFault) -> NoReturn:
    run.answer.refuse(status, text=_FAULTS[fault], fault=fault.value)


def copy_words(copy: CopyInformation) -> str:
    if not copy.whole:
        return f"{_day(copy.made_at)}, damaged"
    return f"{_day(copy.made_at)}, opens with {', '.join(slot.lower() for slot in copy.slots)}"


def _day(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")


def copy_row(copy: CopyInformation) -> dict[str, Any]:
    return {"number": copy.number, "made_at": copy.made_at, "slots": list(copy.slots), "whole": copy.whole}


COMMANDS = (backup, restore)
