"""The command that shows what happened here, as text or JSON lines, and tells the system's log of it."""

import re
import time
from datetime import datetime

import click

from softtoken.cli.audit_words import entry_line, fault_line
from softtoken.cli.context import Context
from softtoken.cli.options import command_options
from softtoken.services.audit_lines import clock_moves
from softtoken.services.events import (
    ExportHistory,
    GetHistory,
    GetSystemLog,
    HistoryResult,
    SendHistory,
    SetSystemLog,
    Status,
)

_AGO = re.compile(r"([0-9]{1,6})([mhd])", re.ASCII)
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


@click.command("audit")
@click.option("--since", metavar="WHEN", help="A date, a date and time, or 30m, 12h, 7d ago. Nothing older.")
@click.option("--token", "wanted", metavar="TOKEN", help="Of this token alone, also if it was removed: id or name.")
@click.option("--system-log", "--to-syslog", "send", is_flag=True, help="Tell the system's log of these entries now.")
@click.option("--forward", type=click.Choice(["on", "off"]), help="Tell the system's log of each new entry, or not.")
@command_options
def audit(run: Context, since: str | None, wanted: str | None, *, send: bool, forward: str | None) -> None:
    """Show what happened here: codes, PINs, logins, settings. Never a code or a key; names are in it.

    --json prints JSON lines, the first of which says what the others are. Exit status 1 if the trail was damaged or
    edited; what can be read is printed all the same.
    """
    start = None if since is None else _moment(since)
    run.open_vault()
    if forward is not None:
        _switch(run, enabled=forward == "on")
    known = run.controller.post(GetHistory())
    token = None if wanted is None else _token(run, known, wanted)
    if send:
        _send(run, SendHistory(start, token))
    if run.answer.as_json:
        exported = run.controller.post(ExportHistory(start, token, "TERMINAL"))
        click.echo("\n".join(exported.lines))
    else:
        moved = clock_moves(known.entries)
        for entry in known.entries:
            if (start is None or entry.note.time >= start) and token in {None, entry.note.token}:
                click.echo(entry_line(entry, moved.get(entry.number)))
    if known.faults:
        run.answer.aside(
            "The trail is not whole: it was damaged, or somebody changed the file. Tokens are not affected."
        )
        for fault in known.faults:
            run.answer.aside(fault_line(fault))
        raise click.exceptions.Exit(1)


def _switch(run: Context, *, enabled: bool) -> None:
    status = run.controller.post(SetSystemLog(enabled)).status
    if status is Status.ACCESS_DENIED:
        run.answer.refuse(status, text="mc_config.json decides whether the system's log is told. Nothing was changed.")
    if status is not Status.OK:
        run.answer.refuse(status)
    now = run.controller.post(GetSystemLog())
    document = {"status": status.value, "forward": now.enabled, "problem": now.problem}
    text = f"Each new entry goes to the system's log: {'yes' if now.enabled else 'no'}."
    if enabled and now.problem:
        text += f" It did not take the first one ({now.problem}); entries are kept here all the same."
    run.answer.finish(document, text)


def _send(run: Context, event: SendHistory) -> None:
    result = run.controller.post(event)
    document = {"status": result.status.value, "sent": result.sent, "problem": result.problem}
    if result.status is Status.OK:
        run.answer.finish(document, f"The system's log was told of {result.sent} entries.")
    told = f"The system's log took {result.sent} entries and then no more ({result.problem}). The trail is unchanged."
    run.answer.end(result.status, document, f"{result.status.value}: {told}")


def _token(run: Context, known: HistoryResult, wanted: str) -> str:
    """The id of the token that is meant, by any name that it had."""
    folded = wanted.casefold()
    found = set()
    for entry in known.entries:
        note = entry.note
        issuer, name = str(note.facts.get("issuer", "")), str(note.facts.get("name", ""))
        names = {name.casefold(), name.partition("@")[0].casefold(), f"{issuer}:{name}".casefold()}
        if note.token and (folded in names or (len(folded) >= 4 and note.token.startswith(folded))):
            found.add(note.token)
    if not found:
        run.answer.refuse(Status.INVALID_USER_ID, text="Nothing is remembered of such a token.")
    if len(found) > 1:
        raise click.UsageError(f"{wanted!r} names several tokens: {', '.join(sorted(id_[:8] for id_ in found))}")
    return found.pop()


def _moment(since: str) -> int:
    """Epoch seconds; without a time zone it is this computer's."""
    if (ago := _AGO.fullmatch(since)) is not None:
        return int(time.time()) - int(ago[1]) * _SECONDS[ago[2]]
    try:
        return int(datetime.fromisoformat(since).astimezone().timestamp())
    except (OverflowError, ValueError) as error:
        raise click.UsageError(f"{since!r} is no time: 2026-11-22, 2026-11-22T09:30 or 12h") from error


COMMANDS = (audit,)
