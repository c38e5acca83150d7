"""The command that logs in: with a token's fresh code, or with a code from elsewhere, in as many steps as it takes."""

from typing import Any

import click

from softtoken.cli.codes import code_document
from softtoken.cli.context import Context, parse_protection
from softtoken.cli.credentials import Chosen, chosen_of
from softtoken.cli.login_steps import GoingOn, chosen_for
from softtoken.cli.login_words import demand, login_fields, login_sentence, to_go_on
from softtoken.cli.options import command_options, pin_fd, protection
from softtoken.cli.profiles import server_of, tenant_options
from softtoken.cli.secrets import has_terminal, read_standard_input
from softtoken.clock import SystemClock
from softtoken.formats.shown_text import shown_text
from softtoken.services.events import (
    EnableAtcResynchronizationDuringNextLogin,
    GenerateOtp,
    Login,
    LoginResult,
    LoginWithTypedCode,
    Resynchronised,
    Status,
)
from softtoken.services.handles import BadHandle, parse_handle


@click.command()
@click.argument("token", required=False)
@protection
@click.option("--resync", is_flag=True, help="Resynchronise the counter with the server first.")
@click.option("--risk-first", is_flag=True, help="Ask the server what it wants before a code is made.")
@click.option("--otp-stdin", is_flag=True, help="Send a code from another authenticator, read from standard input.")
@click.option("--server", metavar="URL", help="Without TOKEN: log in there with a code from another authenticator.")
@tenant_options
@click.option("--user", metavar="ID", help="Without TOKEN: the user, as user@domain.")
@click.option("--continue", "handle", metavar="TEXT", help="Go on with a login that an earlier run left waiting.")
@click.option("--wait/--no-wait", default=None, help="Wait for an approval elsewhere (the default in a terminal).")
@click.option("--password-fd", type=int, metavar="N", help="Read the static password from file descriptor N.")
@pin_fd
@command_options
def login(
    run: Context,
    token: str | None,
    protection: str | None,
    resync: bool,  # noqa: FBT001 - click hands flags in by name
    risk_first: bool,  # noqa: FBT001 - as above
    otp_stdin: bool,  # noqa: FBT001 - as above
    server: str | None,
    tenant: str | None,
    environment: str | None,
    user: str | None,
    handle: str | None,
    wait: bool | None,  # noqa: FBT001 - as above
    password_fd: int | None,
    pin_fd: int | None,
) -> None:
    """Log in to TOKEN's server with a fresh code, or anywhere with a code from another authenticator.

    If the server wants another step it is asked for; where nobody can be asked, the login ends with NEGATIVE and says
    how to go on.
    """
    server = server_of(server, tenant, environment)
    steps = GoingOn(run, None, dict(_NO_CODE), pin_fd=pin_fd, password_fd=password_fd)
    steps.wait = has_terminal() if wait is None else wait
    if handle is not None:
        if token or server or user or resync or risk_first or protection:
            raise click.UsageError("--continue needs no TOKEN, and no option that is for a new login")
        _continue(steps, handle, otp_stdin=otp_stdin)
    if (token is None) != (server is not None and user is not None) or (token and (server or user)):
        raise click.UsageError("give TOKEN, or both --server and --user")
    typed_code = otp_stdin or token is None
    if typed_code and (protection is not None or pin_fd is not None or resync):
        raise click.UsageError("a code from another authenticator excludes --protection, --pin-fd and --resync")
    if risk_first and (otp_stdin or resync):
        raise click.UsageError("--risk-first makes no code yet, so it excludes --otp-stdin and --resync")
    if server is not None and user is not None:
        typed = None if risk_first else read_standard_input("Code")
        _finish(steps, run.controller.post(LoginWithTypedCode(server, user, typed)))
    wanted = None if protection is None else parse_protection(protection)
    run.open_vault()
    chosen = chosen_of(run, run.find_token(token or ""), wanted, token or "", lacks="server to log in to")
    steps.chosen = chosen
    steps.document["token"] = chosen.token.id
    if otp_stdin or risk_first:
        otp = "".join(read_standard_input("Code").split()) if otp_stdin else None
        _finish(steps, run.controller.post(Login(chosen.user, otp)))
    if resync:
        run.controller.post(EnableAtcResynchronizationDuringNextLogin())
    steps.pin, steps.pin_fd = chosen.ask_pin(pin_fd), None
    made = chosen.post(run, GenerateOtp(None, steps.pin, chosen.user, chosen.protection, for_login=True))
    steps.document.update(code_document(chosen.token, chosen.protection, made) | chosen.sensor(made.biometric))
    if made.otp is None:
        tries = (made.retry_counter, made.retry_delay)
        text = chosen.refusal(made.status, *tries, for_login=True, biometric=made.biometric)
        run.answer.end(made.status, {**steps.document, **login_fields(None)}, text)
    _finish(steps, run.controller.post(Login(chosen.user, made.otp.code, made.resynchronisation)), asked=resync)


_NO_CODE: dict[str, Any] = {
    "token": None,
    "protection": None,
    "status": None,
    "code": None,
    "atc": None,
    "valid_from": None,
    "valid_until": None,
    "retry_counter": None,
    "retry_delay": None,
}


def _continue(steps: GoingOn, handle: str, *, otp_stdin: bool) -> None:
    """In a later run than the one that began."""
    try:
        pending = parse_handle(handle, SystemClock().uptime())
    except BadHandle:
        raise click.UsageError("--continue: this is not what a login printed") from None
    steps.chosen, steps.typed = chosen_for(steps.run, pending), otp_stdin
    if steps.chosen is not None:
        steps.document["token"] = steps.chosen.token.id
    _finish(steps, LoginResult(Status.NEGATIVE, pending.risk_response_code, pending=pending))


def _finish(steps: GoingOn, result: LoginResult, *, asked: bool = False) -> None:
    """Go on as far as that is possible. The codes are spent either way, so the document does not repeat them."""
    result = steps.finish(result)
    whole = {**steps.document, "status": result.status.value, "code": None, **login_fields(result)}
    if result.status is Status.OK:
        text = "Logged in: the session was accepted." + _resynchronised(result, asked=asked)
    else:
        text = f"{result.status.value}: {_refused(result, steps.chosen)}" + _resynchronised(result, asked=asked)
        if result.detail:
            text += f" The server says: {shown_text(result.detail)}."
    if result.risk:
        text += f" Risk answer: {result.risk_response_code} ({result.risk})."
    if result.log_correlation_id and result.status is not Status.OK:
        text += f" log-correlation-id: {shown_text(result.log_correlation_id)}"
    if result.pending is not None:
        text += f"\n{to_go_on(result.pending)}".rstrip()
    steps.run.answer.end(result.status, whole, text)


def _resynchronised(result: LoginResult, *, asked: bool) -> str:
    """A server without it is worth a word only to who asked for it: it would come with every login."""
    match result.resynchronised:
        case Resynchronised.DONE if result.status is not Status.NEGATIVE:
            return " The counter was resynchronised first."
        case Resynchronised.UNAVAILABLE if asked:
            return " The server does not offer resynchronisation, so the login went on without it."
        case _:
            return ""


def _refused(result: LoginResult, chosen: Chosen | None) -> str:
    if result.status is Status.NEGATIVE and result.pending is not None:
        return demand(result.pending, chosen)
    text = login_sentence(result)
    if result.status is Status.WRONG_CREDENTIALS and chosen is not None:
        if result.resynchronised is Resynchronised.REFUSED:
            return f"{text} If the PIN is right, ask your help desk, with: {chosen.command('resync')} --data"
        text += f" If a fresh one is refused, too: {chosen.command('resync')}"
    return text


COMMANDS = (login,)
