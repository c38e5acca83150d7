"""Options that commands share, and the context that they make."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from softtoken.cli.answers import Answer
from softtoken.cli.context import Context

F = TypeVar("F", bound=Callable[..., Any])


def command_options(function: F) -> F:
    """--json and --passphrase-fd; hands a Context in as the first argument and closes it afterwards."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("--passphrase-fd", type=int, metavar="N", help="Read the vault's passphrase from file descriptor N.")
    @functools.wraps(function)
    def wrapper(*args: Any, as_json: bool, passphrase_fd: int | None, **kwargs: Any) -> Any:
        home = click.get_current_context().obj
        run = Context(home, Answer(as_json=as_json), passphrase_fd)
        try:
            return function(run, *args, **kwargs)
        finally:
            run.close()

    return wrapper  # type: ignore[return-value]


pin_fd = click.option("--pin-fd", type=int, metavar="N", help="Read the PIN from file descriptor N.")
protection = click.option("--protection", metavar="TYPE", help="no-pin, pin or biometric (default: PIN if enabled).")
