"""The program `softtoken` in a terminal."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from softtoken import __version__
from softtoken.cli import (
    activation,
    approvals,
    audit,
    backups,
    codes,
    demo,
    device,
    doctor,
    listing,
    lock,
    logins,
    pins,
    proofs,
    resync,
    sandbox,
    servers,
    settings,
    show,
    tokens,
    upkeep,
)
from softtoken.cli.answers import ENVIRONMENT, REFUSED, USAGE, Answer
from softtoken.cli.faults import describe
from softtoken.cli.run import Run
from softtoken.errors import SoftTokenError
from softtoken.iaa.errors import Unreachable
from softtoken.services.events import Status


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="softtoken", message="%(prog)s %(version)s")
@click.option(
    "--home", metavar="DIR", help="Keep everything in this folder instead of the usual one (or SOFTTOKEN_HOME)."
)
@click.pass_obj
def cli(run_of_program: Run, home: str | None) -> None:
    """Soft Token: one-time passwords on this computer, with or without a network.

    Without a command it opens the window.

    Exit status: 0 done; 1 an expected refusal, with its status name; 2 wrong usage; 3 a fault of the environment.
    """
    if home == "":
        raise click.UsageError("--home names no folder")
    run_of_program.given_home = home


for _module in (
    activation,
    listing,
    show,
    codes,
    logins,
    approvals,
    resync,
    proofs,
    pins,
    tokens,
    device,
    settings,
    servers,
    audit,
    lock,
    upkeep,
    backups,
    doctor,
    sandbox,
    demo,
):
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def run(argv: Sequence[str]) -> int:
    """Run a command line; returns the exit status, never raises for what a person or the environment may cause."""
    logging.basicConfig(level=logging.WARNING, format="softtoken: %(message)s")
    of_program = Run(Answer(as_json="--json" in argv))
    if sys.stdout is None:  # closed: a code would be spent and shown to nobody
        click.echo("softtoken: standard output is closed, so nothing was done", err=True)
        return ENVIRONMENT
    try:
        return _carry_out(argv, of_program)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered has nowhere to go
        return ENVIRONMENT
    except OSError as error:  # standard output is closed, or its disk is full: there is no place for a document
        sys.stderr.write(f"softtoken: the answer could not be written ({error.strerror})\n")
        return ENVIRONMENT
    finally:
        of_program.at_end()


def _carry_out(argv: Sequence[str], of_program: Run) -> int:
    def last_words(status: str, text: str, **fields: Any) -> None:
        document = {"status": status, "message": text, **fields}
        of_program.answer.last_words(document, text, to_stderr=True)

    try:
        result = cli.main(args=list(argv), prog_name="softtoken", standalone_mode=False, obj=of_program)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        sys.stdout.flush()
        return error.exit_code
    except click.ClickException as error:
        if not of_program.answer.as_json:
            error.show()
            of_program.answer.last_words({}, "")
        else:
            last_words("USAGE", error.format_message())
        return USAGE
    except (click.Abort, KeyboardInterrupt, EOFError):
        last_words(Status.USER_CANCEL.value, "Cancelled.")
        return REFUSED
    except SoftTokenError as error:
        correlation = getattr(error, "log_correlation_id", None)
        extra = {"log_correlation_id": correlation} if correlation else {}
        if isinstance(error, Unreachable):
            extra["reason"] = error.reason.value
        last_words("ENVIRONMENT", describe(error), error=type(error).__name__, **extra)
        return ENVIRONMENT
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:
            raise
        text = f"{error.filename}: {error.strerror}."
        last_words("ENVIRONMENT", text, error=type(error).__name__)
        return ENVIRONMENT
    return result if isinstance(result, int) else 0
