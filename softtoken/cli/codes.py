"""The commands that make and use codes: code, login."""

import os
import sys
from typing import Any

import click

from softtoken.cli.answers import ENVIRONMENT, sentence
from softtoken.cli.clipboard import copy_text
from softtoken.cli.context import Context, parse_protection, protection_word
from softtoken.cli.options import command_options, pin_fd, protection
from softtoken.cli.secrets import ask, read_standard_input
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    GenerateOathOtp,
    GenerateOtp,
    GenerateOtpResult,
    Login,
    LoginResult,
    LoginWithTypedCode,
    Status,
)
from softtoken.services.otp import MAX_OPTIONAL_DATA


@click.command()
@click.argument("token")
@protection
@click.option("--data", metavar="TEXT", help="Optional data that the code shall cover.")
@click.option("--data-file", type=click.File("rb"), metavar="F", help="The same, from a file (- for standard input).")
@click.option("--at", type=click.IntRange(0, 2**40), metavar="EPOCH", help="For this time instead of now (TOTP only).")
@click.option("--copy", is_flag=True, help="Copy the code instead of printing it.")
@pin_fd
@command_options
def code(
    run: Context,
    token: str,
    protection: str | None,
    data: str | None,
    data_file: Any,
    at: int | None,
    copy: bool,  # noqa: FBT001 - click hands flags in by name
    pin_fd: int | None,
) -> None:
    """Make one code of TOKEN."""
    if data is not None and data_file is not None:
        raise click.UsageError("--data and --data-file exclude each other")
    optional = _optional_data(data, data_file)
    run.open_vault()
    found = run.find_token(token)
    if found.account is None:
        if optional is not None or protection is not None or pin_fd is not None:
            raise click.UsageError("--data, --protection and --pin-fd are for activated tokens")
        chosen, result = ProtectionType.NO_PIN, run.controller.post(GenerateOathOtp(found.id, at))
    else:
        if at is not None:
            raise click.UsageError("--at is for TOTP tokens")
        chosen = _choose(found, protection)
        result = _generate(run, found, chosen, pin_fd, optional, for_login=False)
    document = _document(found, chosen, result)
    if result.otp is None:
        run.answer.end(result.status, document, _refusal(result))
    if copy:
        if not copy_text(result.otp.code):
            run.answer.finish(
                {**document, "status": "ENVIRONMENT", "code": None, "message": "no clipboard program"},
                "No clipboard program was found (wl-copy, xclip, xsel, pbcopy or clip). The code was not shown.",
                ENVIRONMENT,
            )
        run.answer.end(result.status, {**document, "code": None}, "Copied." + _life(result))
    warning = f"\n{sentence(result.status)}" if result.status is not Status.OK else ""
    run.answer.end(result.status, document, result.otp.code + _life(result) + warning)


@click.command()
@click.argument("token", required=False)
@protection
@click.option("--otp-stdin", is_flag=True, help="Send a code from another authenticator, read from standard input.")
@click.option("--server", metavar="URL", help="Without TOKEN: log in there with a code from another authenticator.")
@click.option("--user", metavar="ID", help="Without TOKEN: the user, as user@domain.")
@pin_fd
@command_options
def login(
    run: Context,
    token: str | None,
    protection: str | None,
    otp_stdin: bool,  # noqa: FBT001 - click hands flags in by name
    server: str | None,
    user: str | None,
    pin_fd: int | None,
) -> None:
    """Log in to TOKEN's server with a fresh code, or anywhere with a code from another authenticator."""
    if (token is None) != (server is not None and user is not None) or (token and (server or user)):
        raise click.UsageError("give TOKEN, or both --server and --user")
    if otp_stdin and (protection is not None or pin_fd is not None):
        raise click.UsageError("--otp-stdin excludes --protection and --pin-fd")
    if server is not None and user is not None:
        typed = read_standard_input("Code")
        result = run.controller.post(LoginWithTypedCode(server, user, typed))
        _finish_login(run, {**_NO_CODE, "token": None}, result)
    run.open_vault()
    found = run.find_token(token or "")
    if found.account is None:
        run.answer.refuse(Status.NOT_SUPPORTED, "an imported token has no server to log in to")
    document: dict[str, Any] = {**_NO_CODE, "token": found.id}
    if otp_stdin:
        otp = "".join(read_standard_input("Code").split())
        result = run.controller.post(Login(found.account.identifier, otp))
        _finish_login(run, document, result)
    chosen = _choose(found, protection)
    made = _generate(run, found, chosen, pin_fd, None, for_login=True)
    document = _document(found, chosen, made)
    if made.otp is None:
        run.answer.end(made.status, {**document, **_login_fields(None)}, _refusal(made))
    result = run.controller.post(Login(found.account.identifier, made.otp.code))
    _finish_login(run, document, result)


def _optional_data(data: str | None, data_file: Any) -> bytes | None:
    if data is not None:
        return os.fsencode(data)  # the bytes that were typed, whatever their encoding
    if data_file is None:
        return None
    content: bytes = data_file.read(MAX_OPTIONAL_DATA + 1)
    return content


def _choose(token: Token, protection: str | None) -> ProtectionType:
    if protection is not None:
        return parse_protection(protection)
    return ProtectionType.PIN if ProtectionType.PIN in token.protections else token.protections[0]


def _generate(
    run: Context,
    token: Token,
    chosen: ProtectionType,
    descriptor: int | None,
    optional: bytes | None,
    *,
    for_login: bool,
) -> GenerateOtpResult:
    if token.account is None:
        return GenerateOtpResult(Status.INVALID_USER_ID)
    wanted = chosen is ProtectionType.PIN or descriptor is not None
    pin = ask("PIN", "--pin-fd", descriptor) if wanted else None
    return run.controller.post(GenerateOtp(optional, pin, token.account.identifier, chosen, for_login))


def _document(token: Token, chosen: ProtectionType, result: GenerateOtpResult) -> dict[str, Any]:
    otp = result.otp
    return {
        "token": token.id,
        "protection": protection_word(chosen),
        "status": result.status.value,
        "code": otp.code if otp else None,
        "atc": otp.atc if otp else None,
        "valid_from": otp.valid_from if otp else None,
        "valid_until": otp.valid_until if otp else None,
        "retry_counter": result.retry_counter,
        "retry_delay": result.retry_delay,
    }


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


def _refusal(result: GenerateOtpResult) -> str:
    text = f"{result.status.value}: {sentence(result.status)}"
    if result.status in (Status.INVALID_PIN, Status.TEMPORARY_LOCKED) and result.retry_counter is not None:
        text += f" Tries left: {result.retry_counter}."
        if result.retry_delay:
            text += f" Next try in {result.retry_delay} seconds."
    return text


def _life(result: GenerateOtpResult) -> str:
    otp = result.otp
    if otp is None or otp.valid_until is None or not (sys.stdout is not None and sys.stdout.isatty()):
        return ""
    return f"   (valid for {otp.valid_until - otp.valid_from} seconds)"


def _login_fields(result: LoginResult | None) -> dict[str, Any]:
    return {
        "risk_response_code": result.risk_response_code if result else None,
        "risk": result.risk if result else None,
        "session_status": result.session_status if result else None,
        "request_id": result.request_id if result else None,
        "log_correlation_id": result.log_correlation_id if result else None,
    }


def _finish_login(run: Context, document: dict[str, Any], result: LoginResult) -> None:
    """The code is spent either way, so the document does not repeat it."""
    whole = {**document, "status": result.status.value, "code": None, **_login_fields(result)}
    if result.status is Status.OK:
        text = "Logged in: the session was accepted."
    else:
        text = f"{result.status.value}: {_LOGIN_SENTENCES.get(result.status) or sentence(result.status)}"
        if result.detail:
            text += f" The server says: {result.detail}."
    if result.risk:
        text += f" Risk answer: {result.risk_response_code} ({result.risk})."
    if result.log_correlation_id and result.status is not Status.OK:
        text += f" log-correlation-id: {result.log_correlation_id}"
    run.answer.end(result.status, whole, text)


_LOGIN_SENTENCES = {
    Status.WRONG_CREDENTIALS: "The server refused the code. A wrong PIN or a used code gives this; make a new one.",
    Status.INVALID_USER_ID: "The server knows no such user.",
    Status.INVALID_PARAMETER: "Server, user or code is malformed. Check them.",
    Status.FAILED: "The server's answer is neither yes nor no.",
}

COMMANDS = (code, login)
