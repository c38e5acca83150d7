"""Options that commands share, and the context that they make."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from softtoken.cli.context import Context

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
