"""The command that makes a code."""

import sys
from typing import Any

import click

from softtoken.cli.answers import ENVIRONMENT
from softtoken.cli.context import Context, parse_protection, protection_word
from softtoken.cli.credentials import Chosen, chosen_of
from softtoken.cli.options import command_options, optional_data, pin_fd, protection, read_optional_data
from softtoken.cli.sentences import sentence
from softtoken.clipboard import CLEAR_AFTER, copy_for
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import GenerateOathOtp, GenerateOtp, GenerateOtpResult

LONGEST_COPY = 600
"""Seconds for which a code may stay on the clipboard."""


@click.command()
@click.argument("token")
@protection
@optional_data
@click.option("--at", type=click.IntRange(0, 2**40), metavar="EPOCH", help="For this time instead of now (TOTP only).")
@click.option("--copy", is_flag=True, help="Copy the code instead of printing it.")
@click.option(
    "--clear-after",
    type=click.IntRange(1, LONGEST_COPY),
    metavar="SECONDS",
    help=f"With --copy: clear the clipboard after so long ({CLEAR_AFTER} unless given).",
)
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
    clear_after: int | None,
    pin_fd: int | None,
) -> None:
    """Make one code of TOKEN."""
    optional = read_optional_data(data, data_file)
    if clear_after is not None and not copy:
        raise click.UsageError("--clear-after goes with --copy")
    after = (clear_after or CLEAR_AFTER) if copy else None
    wanted = None if protection is None else parse_protection(protection)
    run.open_vault()
    found = run.find_token(token)
    if found.account is None:
        if optional is not None or wanted is not None or pin_fd is not None:
            raise click.UsageError("--data, --protection and --pin-fd are for activated tokens")
        _finish(run, found, None, run.controller.post(GenerateOathOtp(found.id, at)), after)
        return
    if at is not None:
        raise click.UsageError("--at is for TOTP tokens")
    chosen = chosen_of(run, found, wanted, token, lacks="protection")
    pin = chosen.ask_pin(pin_fd)
    result = chosen.post(run, GenerateOtp(optional, pin, chosen.user, chosen.protection))
    _finish(run, found, chosen, result, after)


def code_document(token: Token, chosen: ProtectionType, result: GenerateOtpResult) -> dict[str, Any]:
    """The JSON of `code`, which `login` begins with."""
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


def _finish(
    run: Context, token: Token, chosen: Chosen | None, result: GenerateOtpResult, copy_for_seconds: int | None
) -> None:
    """chosen: None for an imported token. copy_for_seconds: None prints the code instead."""
    document = code_document(token, chosen.protection if chosen else ProtectionType.NO_PIN, result)
    document["clock_correction"] = result.otp.corrected if result.otp else None
    if chosen is not None:
        document |= chosen.sensor(result.biometric)
    if result.otp is None:
        status = result.status
        text = (
            chosen.refusal(status, result.retry_counter, result.retry_delay, biometric=result.biometric)
            if chosen
            else f"{status.value}: {sentence(status)}"
        )
        run.answer.end(status, document, text)
    if chosen is not None:
        chosen.warn_if_soon(run, result.status)
    if copy_for_seconds is not None:
        copied = copy_for(result.otp.code, copy_for_seconds)
        if copied is None:
            run.answer.finish(
                {**document, "status": "ENVIRONMENT", "code": None, "message": "no clipboard program"},
                "No clipboard program was found (wl-copy, xclip, xsel, pbcopy or clip). The code was not shown.",
                ENVIRONMENT,
            )
        after = copy_for_seconds if copied.cleared else None
        text = f"Copied; cleared in {after} seconds." if after else "Copied. Nothing clears it: do so yourself."
        run.answer.end(result.status, {**document, "code": None, "cleared_after": after}, text + _life(result))
    run.answer.end(result.status, document, result.otp.code + _life(result))


def _life(result: GenerateOtpResult) -> str:
    otp = result.otp
    if otp is None or otp.valid_until is None or not (sys.stdout is not None and sys.stdout.isatty()):
        return ""
    corrected = f", corrected by {otp.corrected:+d} s" if otp.corrected else ""
    return f"   (valid for {otp.valid_until - otp.valid_from} seconds{corrected})"


COMMANDS = (code,)
