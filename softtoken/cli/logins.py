"""The command that logs in: with a token's fresh code, or with a code from elsewhere."""

from typing import Any

import click

from softtoken.cli.codes import code_document
from softtoken.cli.context import Context, parse_protection
from softtoken.cli.credentials import Chosen, chosen_of
from softtoken.cli.options import command_options, pin_fd, protection
from softtoken.cli.secrets import read_standard_input
from softtoken.cli.sentences import sentence
from softtoken.services.events import (
    EnableAtcResynchronizationDuringNextLogin,
    GenerateOtp,
    Login,
    LoginResult,
    LoginWithTypedCode,
    Resynchronised,
    Status,
)


@click.command()
@click.argument("token", required=False)
@protection
@click.option("--resync", is_flag=True, help="Resynchronise the counter with the server first.")
@click.option("--otp-stdin", is_flag=True, help="Send a code from another authenticator, read from standard input.")
@click.option("--server", metavar="URL", help="Without TOKEN: log in there with a code from another authenticator.")
@click.option("--user", metavar="ID", help="Without TOKEN: the user, as user@domain.")
@pin_fd
@command_options
def login(
    run: Context,
    token: str | None,
    protection: str | None,
    resync: bool,  # noqa: FBT001 - click hands flags in by name
    otp_stdin: bool,  # noqa: FBT001 - as above
    server: str | None,
    user: str | None,
    pin_fd: int | None,
) -> None:
    """Log in to TOKEN's server with a fresh code, or anywhere with a code from another authenticator."""
    if (token is None) != (server is not None and user is not None) or (token and (server or user)):
        raise click.UsageError("give TOKEN, or both --server and --user")
    typed_code = otp_stdin or token is None
    if typed_code and (protection is not None or pin_fd is not None or resync):
        raise click.UsageError("a code from another authenticator excludes --protection, --pin-fd and --resync")
    if server is not None and user is not None:
        typed = read_standard_input("Code")
        _finish(run, _NO_CODE, run.controller.post(LoginWithTypedCode(server, user, typed)))
    wanted = None if protection is None else parse_protection(protection)
    run.open_vault()
    chosen = chosen_of(run, run.find_token(token or ""), wanted, token or "", lacks="server to log in to")
    if otp_stdin:
        otp = "".join(read_standard_input("Code").split())
        result = run.controller.post(Login(chosen.user, otp))
        _finish(run, {**_NO_CODE, "token": chosen.token.id}, result, chosen)
    if resync:
        run.controller.post(EnableAtcResynchronizationDuringNextLogin())
    pin = chosen.ask_pin(pin_fd)
    made = run.controller.post(GenerateOtp(None, pin, chosen.user, chosen.protection, for_login=True))
    document = code_document(chosen.token, chosen.protection, made)
    if made.otp is None:
        text = chosen.refusal(made.status, made.retry_counter, made.retry_delay)
        run.answer.end(made.status, {**document, **_login_fields(None)}, text)
    result = run.controller.post(Login(chosen.user, made.otp.code, made.resynchronisation))
    _finish(run, document, result, chosen, asked=resync)


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


def _login_fields(result: LoginResult | None) -> dict[str, Any]:
    return {
        "risk_response_code": result.risk_response_code if result else None,
        "risk": result.risk if result else None,
        "session_status": result.session_status if result else None,
        "request_id": result.request_id if result else None,
        "log_correlation_id": result.log_correlation_id if result else None,
        "resynchronised": result.resynchronised.value if result else None,
    }


def _finish(
    run: Context, document: dict[str, Any], result: LoginResult, chosen: Chosen | None = None, *, asked: bool = False
) -> None:
    """The code is spent either way, so the document does not repeat it."""
    whole = {**document, "status": result.status.value, "code": None, **_login_fields(result)}
    if result.status is Status.OK:
        text = "Logged in: the session was accepted." + _resynchronised(result, asked=asked)
    else:
        text = f"{result.status.value}: {_refused(result, chosen)}" + _resynchronised(result, asked=asked)
        if result.detail:
            text += f" The server says: {result.detail}."
    if result.risk:
        text += f" Risk answer: {result.risk_response_code} ({result.risk})."
    if result.log_correlation_id and result.status is not Status.OK:
        text += f" log-correlation-id: {result.log_correlation_id}"
    run.answer.end(result.status, whole, text)


def _resynchronised(result: LoginResult, *, asked: bool) -> str:
    """A server without it is worth a word only to who asked for it: it would come with every login."""
    match result.resynchronised:
        case Resynchronised.DONE:
            return " The counter was resynchronised first."
        case Resynchronised.UNAVAILABLE if asked:
            return " The server does not offer resynchronisation, so the login went on without it."
        case _:
            return ""


def _refused(result: LoginResult, chosen: Chosen | None) -> str:
    unsent = result.resynchronised is Resynchronised.REFUSED and result.status is Status.WRONG_CREDENTIALS
    if unsent and chosen is not None:
        return (
            "The server refused to resynchronise, so the login was not sent. A wrong PIN gives this; try again. "
            f"If the PIN is right, ask your help desk, with: {chosen.command('resync')} --data"
        )
    text = _LOGIN_SENTENCES.get(result.status) or sentence(result.status)
    if result.status is Status.WRONG_CREDENTIALS and chosen is not None:
        text += f" If a fresh one is refused, too: {chosen.command('resync')}"
    return text


_LOGIN_SENTENCES = {
    Status.WRONG_CREDENTIALS: "The server refused the code. A wrong PIN or a used code gives this; make a new one.",
    Status.INVALID_USER_ID: "The server knows no such user.",
    Status.INVALID_PARAMETER: "Server, user or code is malformed. Check them.",
    Status.ACCESS_DENIED: "The login was declined.",
    Status.FAILED: "The server's answer is neither yes nor no.",
}

COMMANDS = (login,)
