"""The program `softtoken` in a terminal."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from softtoken import __version__
from softtoken.cli import codes, demo, sandbox, tokens, upkeep
from softtoken.cli.answers import ENVIRONMENT, USAGE, Answer
from softtoken.cli.context import Context
from softtoken.cli.faults import describe
from softtoken.errors import SoftTokenError
from softtoken.services.home import find_home


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="softtoken", message="%(prog)s %(version)s")
@click.option(
    "--home",
    metavar="DIR",
    help="Keep everything in this folder (default: SOFTTOKEN_HOME, else the system's).",
)
@click.pass_context
def cli(context: click.Context, home: str | None) -> None:
    """Soft Token: one-time passwords on this computer, with or without a network.

    Without a command it opens the window.

    Exit status: 0 done; 1 an expected refusal, with its status name; 2 wrong usage; 3 a fault of the environment.
    """
    context.obj = find_home(home)


for _module in (tokens, codes, upkeep, sandbox, demo):
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def run(argv: Sequence[str]) -> int:
    """Run a command line; returns the exit status, never raises for what a person may cause."""
    logging.basicConfig(level=logging.WARNING, format="softtoken: %(message)s")
    as_json = "--json" in argv
    try:
        result = cli.main(args=list(argv), prog_name="softtoken", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        return _usage(error, as_json=as_json)
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Cancelled.", err=True)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ENVIRONMENT
    except SoftTokenError as error:
        return _fault(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def _usage(error: click.UsageError, *, as_json: bool) -> int:
    if as_json:
        document = {"status": "USAGE", "message": error.format_message()}
        Answer(as_json=True).say(document, "")
    else:
        error.show()
    return USAGE


def _fault(error: SoftTokenError, *, as_json: bool) -> int:
    text = describe(error)
    document: dict[str, Any] = {"status": "ENVIRONMENT", "error": type(error).__name__, "message": text}
    if correlation := getattr(error, "log_correlation_id", None):
        document["log_correlation_id"] = correlation
    Answer(as_json=as_json).say(document, text, to_stderr=True)
    return ENVIRONMENT


Command = Callable[..., Any]
__all__ = ["Context", "run"]
