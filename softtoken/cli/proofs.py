"""The commands that make what is no code for a person to type at a login: sign, sequence."""

import base64
from typing import Any

import click

from softtoken.cli.context import Context
from softtoken.cli.credentials import choose
from softtoken.cli.options import command_options, optional_data, pin_fd, protection, read_optional_data
from softtoken.services.events import GenerateSecureSequence, SignTransaction
from softtoken.services.otp import MAX_OPTIONAL_DATA


@click.command()
@click.argument("token")
@click.argument("field", nargs=-1)
@click.option(
    "--fields-file", type=click.File("rb"), metavar="F", help="One field a line, instead of FIELD (- for stdin)."
)
@protection
@pin_fd
@command_options
def sign(
    run: Context, token: str, field: tuple[str, ...], fields_file: Any, protection: str | None, pin_fd: int | None
) -> None:
    """Sign a transaction's data fields, each FIELD in its order: softtoken sign TOKEN AMOUNT ACCOUNT"""
    fields = _fields(field, fields_file)
    chosen = choose(run, token, protection, lacks="server that verifies signatures")
    result = chosen.post(run, SignTransaction(fields, chosen.ask_pin(pin_fd), chosen.user, chosen.protection))
    document = chosen.document(
        result.status,
        signature=result.signature,
        atc=result.atc,
        retry_counter=result.retry_counter,
        retry_delay=result.retry_delay,
        **chosen.sensor(result.biometric),
    )
    if result.signature is None:
        tries = (result.retry_counter, result.retry_delay)
        run.answer.end(result.status, document, chosen.refusal(result.status, *tries, biometric=result.biometric))
    chosen.warn_if_soon(run, result.status)
    run.answer.end(result.status, document, result.signature)


@click.command()
@click.argument("token")
@protection
@optional_data
@pin_fd
@command_options
def sequence(
    run: Context, token: str, protection: str | None, data: str | None, data_file: Any, pin_fd: int | None
) -> None:
    """Make one secure sequence of TOKEN: a code for machines, 35 bytes, printed as base64url."""
    optional = read_optional_data(data, data_file)
    chosen = choose(run, token, protection, lacks="secure sequences")
    pin = chosen.ask_pin(pin_fd)
    result = chosen.post(run, GenerateSecureSequence(optional, pin, chosen.user, chosen.protection))
    made = result.secure_sequence
    text = None if made is None else base64url(made)
    document = chosen.document(
        result.status,
        secure_sequence=text,
        atc=result.atc,
        retry_counter=result.retry_counter,
        retry_delay=result.retry_delay,
        **chosen.sensor(result.biometric),
    )
    if text is None:
        tries = (result.retry_counter, result.retry_delay)
        run.answer.end(result.status, document, chosen.refusal(result.status, *tries, biometric=result.biometric))
    chosen.warn_if_soon(run, result.status)
    run.answer.end(result.status, document, text)


def base64url(raw: bytes) -> str:
    """Without padding, as everywhere on the wire."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _fields(typed: tuple[str, ...], file: Any) -> tuple[str, ...]:
    if bool(typed) == (file is not None):
        raise click.UsageError("give FIELD..., or --fields-file")
    fields = list(typed) if file is None else _lines(file)
    if not fields or not all(fields):
        raise click.UsageError("a field is empty, and a signature covers no empty field")
    try:
        size = sum(len(text.encode()) for text in fields)
    except UnicodeEncodeError:
        raise click.UsageError("a field is not UTF-8 text") from None
    if size > MAX_OPTIONAL_DATA:
        raise click.UsageError(f"the fields are longer than {MAX_OPTIONAL_DATA} bytes")
    return tuple(fields)


def _lines(file: Any) -> list[str]:
    # the separators may come on top of the fields' own bytes; more than this is refused whatever it holds
    raw: bytes = file.read(2 * MAX_OPTIONAL_DATA + 1)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise click.UsageError("--fields-file: not UTF-8 text") from None
    # not splitlines(): a field may hold characters that are line ends to Unicode and to nobody else
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


COMMANDS = (sign, sequence)
