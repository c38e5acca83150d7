"""The command that agrees with the server on the counter, online or through the help desk."""

from typing import Any

import click

from softtoken.cli.context import Context
from softtoken.cli.credentials import Chosen, choose
from softtoken.cli.options import command_options, pin_fd, protection
from softtoken.cli.sentences import sentence
from softtoken.services.events import (
    GetResynchronizationData,
    PrepareResynchronization,
    Resynchronize,
    ResynchronizeResult,
    Status,
)


@click.command()
@click.argument("token")
@protection
@click.option("--data", is_flag=True, help="Send nothing; show a code and its counter to read out to the help desk.")
@pin_fd
@command_options
def resync(
    run: Context,
    token: str,
    protection: str | None,
    data: bool,  # noqa: FBT001 - click hands flags in by name
    pin_fd: int | None,
) -> None:
    """Resynchronise TOKEN's counter with its server."""
    chosen = choose(run, token, protection, lacks="server to agree with")
    pin = chosen.ask_pin(pin_fd)
    if data:
        _show_data(run, chosen, pin)
    prepared = chosen.post(run, PrepareResynchronization(chosen.user, pin, chosen.protection))
    fields: dict[str, Any] = {
        "atc": prepared.codes.atc if prepared.codes else None,
        "retry_counter": prepared.retry_counter,
        "retry_delay": prepared.retry_delay,
        "detail": "",
        "log_correlation_id": None,
        **chosen.sensor(prepared.biometric),
    }
    if prepared.codes is None:
        tries = (prepared.retry_counter, prepared.retry_delay)
        text = chosen.refusal(prepared.status, *tries, biometric=prepared.biometric)
        run.answer.end(prepared.status, chosen.document(prepared.status, **fields), text)
    result = run.controller.post(Resynchronize(chosen.user, prepared.codes))
    fields |= {"detail": result.detail, "log_correlation_id": result.log_correlation_id}
    run.answer.end(result.status, chosen.document(result.status, **fields), _verdict(chosen, result))


def spelt(digits: str, group: int) -> str:
    """In groups counted from the right, as one reads a number out."""
    first = len(digits) % group
    groups = [digits[start : start + group] for start in range(first, len(digits), group)]
    return " ".join([digits[:first], *groups] if first else groups)


def _show_data(run: Context, chosen: Chosen, pin: str | None) -> None:
    result = chosen.post(run, GetResynchronizationData(chosen.user, pin, chosen.protection))
    document = chosen.document(
        result.status,
        code=result.otp,
        atc=result.atc,
        retry_counter=result.retry_counter,
        retry_delay=result.retry_delay,
        **chosen.sensor(result.biometric),
    )
    if result.otp is None or result.atc is None:
        text = chosen.refusal(result.status, result.retry_counter, result.retry_delay, biometric=result.biometric)
        run.answer.end(result.status, document, text)
    account = chosen.token.account
    serial = account.serial if account else ""
    text = (
        "Read this out to your help desk:\n\n"
        f"    serial number   {serial}\n"
        f"    code            {spelt(result.otp, 4)}\n"
        f"    counter         {spelt(str(result.atc), 3)}\n\n"
        f"Once they have entered it: {chosen.command('login')}"
    )
    run.answer.end(result.status, document, text)


def _verdict(chosen: Chosen, result: ResynchronizeResult) -> str:
    if result.status is Status.OK:
        return "The server and this computer agree on the counter: codes can be made."
    by_phone = f"{chosen.command('resync')} --data"
    reasons = {
        Status.WRONG_CREDENTIALS: (
            "The server refused the codes and counts that as one wrong code. A wrong PIN gives this. "
            f"If the PIN is right, ask your help desk, with: {by_phone}"
        ),
        Status.NOT_SUPPORTED: f"The server does not offer this. Ask your help desk, with: {by_phone}",
        Status.INVALID_USER_ID: "The server knows no such user.",
    }
    text = f"{result.status.value}: {reasons.get(result.status) or sentence(result.status)}"
    if result.detail:
        text += f" The server says: {result.detail}."
    if result.log_correlation_id:
        text += f" log-correlation-id: {result.log_correlation_id}"
    return text


COMMANDS = (resync,)
