"""The commands about a server: trying the connection to it."""

import sys
from typing import Any

import click

from softtoken.cli.context import Context
from softtoken.cli.credentials import chosen_of
from softtoken.cli.options import command_options
from softtoken.cli.profiles import server_of, tenant_options
from softtoken.cli.server_words import step_line, verdict_words
from softtoken.engine.tokens import UserIdentifier
from softtoken.services.events import (
    CheckServer,
    CorrectClock,
    ListTokens,
    Notification,
    ServerChecking,
    ServerReport,
    Status,
)


@click.group()
def server() -> None:
    """Try the connection to a server."""


@server.command("test")
@click.argument("which", metavar="[URL|TOKEN]", required=False)
@tenant_options
@click.option("--correct-clock", is_flag=True, help="Correct codes by what the server's clock says, if it is off.")
@command_options
def check(
    run: Context,
    which: str | None,
    tenant: str | None,
    environment: str | None,
    correct_clock: bool,  # noqa: FBT001 - click hands flags in by name
) -> None:
    """Try a server step by step and say what was found.

    URL begins with https://. Without any, it is the server of the only activated token. What is sent is a question
    about a made-up user: it counts no try, changes nothing and holds no secret.
    """
    address = server_of(which if which and "://" in which else None, tenant, environment)
    if address is not None and which is not None and "://" not in which:
        raise click.UsageError("give URL, TOKEN, or --tenant and --environment")
    if address is None or correct_clock:  # a correction is kept in the vault
        run.open_vault()
    user = None if address is not None else _user(run, which)
    report = _carry_out(run, CheckServer(address or "", user))
    if report.status is Status.INVALID_PARAMETER:
        run.answer.refuse(report.status, text="That cannot be the address of a server. Nothing was sent.")
    corrected, lines = False, [] if _is_told(run) else [step_line(report, step) for step, _ in report.steps]
    lines.append(verdict_words(report))
    if report.offered is not None and correct_clock:
        stored = run.controller.post(CorrectClock(report.origin, report.offered)).status
        corrected = stored is Status.OK
        lines.append("Codes are corrected from now on." if corrected else f"{stored.value}: nothing was changed.")
    elif report.offered is not None:
        lines.append("To correct codes by that: the same command with --correct-clock")
    document = {**_document(report), "corrected": corrected}
    run.answer.finish(document, "\n".join(lines), 0 if report.status is Status.OK else 1)


def _user(run: Context, which: str | None) -> UserIdentifier:
    if which is not None:
        return chosen_of(run, run.find_token(which), None, which, lacks="server").user
    managed = [token for token in run.controller.post(ListTokens()).tokens if token.account is not None]
    if len(managed) != 1 or managed[0].account is None:
        raise click.UsageError("give URL, TOKEN, or --tenant and --environment")
    return managed[0].account.identifier


def _carry_out(run: Context, event: CheckServer) -> ServerReport:
    told = 0

    def hear(notification: Notification) -> None:
        nonlocal told
        if isinstance(notification, ServerChecking):
            steps = notification.report.steps
            for step, _ in steps[told:]:
                run.answer.aside(step_line(notification.report, step))
            told = len(steps)

    if not _is_told(run):
        return run.controller.post(event)
    unsubscribe = run.controller.subscribe(hear)
    try:
        return run.controller.post(event)
    finally:
        unsubscribe()


def _is_told(run: Context) -> bool:
    """Does somebody watch? Then each step is said when it ends, and not again at the end."""
    return not run.answer.as_json and sys.stderr is not None and sys.stderr.isatty()


def _document(report: ServerReport) -> dict[str, Any]:
    skew, tls = report.skew, report.tls
    return {
        "status": report.status.value,
        "server": report.origin,
        "verdict": report.verdict.value if report.verdict else None,
        "reason": report.reason.value if report.reason else None,
        "steps": {step.value: state.value for step, state in report.steps},
        "proxy": report.proxy,
        "addresses": list(report.addresses),
        "address": report.address,
        "tls_version": tls.version if tls else None,
        "tls_issuer": tls.issuer if tls else None,
        "tls_valid_until": tls.valid_until if tls else None,
        "http_status": report.http_status,
        "log_correlation_id": report.log_correlation_id,
        "clock_skew": skew.seconds if skew else None,
        "clock_uncertainty": skew.uncertainty if skew else None,
        "clock_correction": report.correction,
        "offered_correction": report.offered.seconds if report.offered else None,
    }


COMMANDS = (server,)
