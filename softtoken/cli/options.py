"""Options that commands share, and the context that they make."""

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from softtoken.cli.context import Context
from softtoken.services.otp import MAX_OPTIONAL_DATA

if TYPE_CHECKING:
    from softtoken.cli.run import Run

F = TypeVar("F", bound=Callable[..., Any])


def command_options(function: F) -> F:
    """--json and --passphrase-fd; hands a Context in as the first argument; the run closes it."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("--passphrase-fd", type=int, metavar="N", help="Read the vault's passphrase from file descriptor N.")
    @functools.wraps(function)
    def wrapper(*args: Any, as_json: bool, passphrase_fd: int | None, **kwargs: Any) -> Any:
        run_of_program: Run = click.get_current_context().obj
        answer = run_of_program.answer_as(as_json=as_json)
        run = Context(run_of_program.home, answer, passphrase_fd)
        run_of_program.at_end = run.close  # not here: the last words may still need the vault
        return function(run, *args, **kwargs)

    return wrapper  # type: ignore[return-value]


pin_fd = click.option("--pin-fd", type=int, metavar="N", help="Read the PIN from file descriptor N.")
protection = click.option("--protection", metavar="TYPE", help="no-pin, pin or biometric (default: PIN if enabled).")


def optional_data(function: F) -> F:
    """--data and --data-file, for read_optional_data."""
    text = click.option("--data", metavar="TEXT", help="Optional data to be covered.")
    file = click.option("--data-file", type=click.File("rb"), metavar="F", help="The same, from a file (- for stdin).")
    return text(file(function))


def read_optional_data(data: str | None, data_file: Any) -> bytes | None:
    """The bytes of either; at most one more than is allowed, which the service then refuses."""
    if data is not None and data_file is not None:
        raise click.UsageError("--data and --data-file exclude each other")
    if data is not None:
        return os.fsencode(data)  # the bytes that were typed, whatever their encoding
    if data_file is None:
        return None
    content: bytes = data_file.read(MAX_OPTIONAL_DATA + 1)
    return content
