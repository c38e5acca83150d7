"""How a command answers: a sentence for people or one JSON object, and an exit status."""

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from softtoken.cli.sentences import sentence
from softtoken.services.events import Status

DONE, REFUSED, USAGE, ENVIRONMENT = 0, 1, 2, 3

RECOVERY_TEXT = """
Recovery code of this vault, shown only now. Write it down; it opens the vault when the keyring or the
passphrase is lost:

    {0}
"""


def _nothing() -> None:
    """What follows where nothing was to be shown."""


class Answer:
    """Prints in the form that the caller asked for. `--json` prints exactly one line on standard output.

    A new recovery code goes with whatever is said last, also when the command fails afterwards: it is shown once.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._recovery_code: str | None = None
        self._shown: Callable[[], None] = _nothing

    @property
    def as_json(self) -> bool:
        return self._as_json

    def disclose(self, recovery_code: str | None, shown: Callable[[], None]) -> None:
        """Keep a new recovery code for the last words; `shown` is called once it was written out, never before."""
        self._recovery_code, self._shown = recovery_code, shown

    def finish(self, document: Any, text: str, code: int = DONE) -> NoReturn:
        """Print and leave with the exit status."""
        self.last_words(document, text, to_stderr=code != DONE)
        raise click.exceptions.Exit(code)

    def last_words(self, document: Any, text: str, *, to_stderr: bool = False) -> None:
        recovery_code, self._recovery_code = self._recovery_code, None
        if recovery_code is not None and isinstance(document, dict):
            document = {**document, "recovery_code": recovery_code}
        self.say(document, text, to_stderr=to_stderr)
        if recovery_code is not None:
            if not self._as_json:
                click.echo(RECOVERY_TEXT.format(recovery_code))
            sys.stdout.flush()
            self._shown()

    def say(self, document: Any, text: str, *, to_stderr: bool = False) -> None:
        if self._as_json:
            click.echo(json.dumps(document))
        elif text:
            click.echo(text, err=to_stderr)

    def aside(self, text: str) -> None:
        """For people only, on standard error."""
        click.echo(text, err=True)

    def refuse(self, status: Status, detail: str = "", *, text: str = "", **fields: Any) -> NoReturn:
        """An expected refusal: its status name, exit 1. text: instead of the status's own sentence."""
        text = text or sentence(status, detail)
        self.finish({"status": status.value, "message": text, **fields}, f"{status.value}: {text}", REFUSED)

    def end(self, status: Status, document: dict[str, Any], text: str) -> NoReturn:
        """Done or refused, as the status says; the document is the same either way."""
        good = status in (Status.OK, Status.ATC_EXPIRES_SOON)
        self.finish(document, text, DONE if good else REFUSED)
