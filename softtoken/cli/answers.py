"""How a command answers: a sentence for people or one JSON object, and an exit status."""

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from softtoken.services.events import KeyringProblem, Status

DONE, REFUSED, USAGE, ENVIRONMENT = 0, 1, 2, 3

_STATUS_SENTENCES = {
    Status.OK: "Done.",
    Status.ATC_EXPIRES_SOON: "This code works. Log in soon: only a few more can be made before a login is needed.",
    Status.USER_CANCEL: "Cancelled. Nothing was changed.",
    Status.USER_CONFIRMATION_TIMEOUT: "The login timed out before it was confirmed. Start it again.",
    Status.INVALID_PIN: "That PIN is wrong.",
    Status.PIN_BLOCKED: "The PIN is blocked: too many wrong tries. Ask your organisation for a new activation code.",
    Status.TEMPORARY_LOCKED: "Too many wrong PINs. Wait before trying again; the PIN was not looked at.",
    Status.WRONG_CREDENTIALS: "The server or the vault refused that. Nothing was changed; check it and try again.",
    Status.ACTIVATION_CODE_EXPIRED: "That activation code has expired. Ask for a new one. Nothing was stored.",
    Status.INVALID_ACTIVATION_CODE: (
        "That activation code is mistyped, unknown or already used. Nothing was stored; check it or ask for a new one."
    ),
    Status.INVALID_NEW_PIN_FORMAT: "That PIN cannot be used; choose another. Nothing was stored.",
    Status.LOCKED_USER: "The user or the registration is locked on the server. Ask your organisation to unlock it.",
    Status.INVALID_STATE: "That cannot be done now.",
    Status.INVALID_PARAMETER: "A value is malformed. Nothing was changed.",
    Status.INVALID_USER_ID: "There is no such user or token.",
    Status.USER_ID_ALREADY_EXISTS: "This user is already activated here. Remove that token first to activate again.",
    Status.NEGATIVE: "The server waits for another step before it accepts the login.",
    Status.ATC_EXPIRED: "This token has made all the codes that it can. Ask for a new activation code.",
    Status.ACCESS_DENIED: "The login was declined.",
    Status.FAILED: "It did not work.",
    Status.LOGIN_REQUIRED: "Log in once before more codes can be made (softtoken login).",
    Status.OFFLINE_NOT_ACTIVATED: "Offline codes are switched off in this installation's mc_config.json.",
    Status.NOT_SUPPORTED: "This installation's backend has no offline codes (mc_config.json).",
}

KEYRING_SENTENCES = {
    KeyringProblem.NONE: "",
    KeyringProblem.MISSING: "This system has no keyring that can be used.",
    KeyringProblem.LOCKED: "The system's keyring is locked.",
    KeyringProblem.NO_ANSWER: "The system's keyring did not answer.",
    KeyringProblem.ITEM_MISSING: "The system's keyring no longer holds this vault's key.",
    KeyringProblem.FAILED: "The system's keyring failed.",
}


def sentence(status: Status, detail: str = "") -> str:
    """What a status means for the person who typed the command."""
    return _STATUS_SENTENCES[status] + (f" ({detail})" if detail else "")


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

    def refuse(self, status: Status, detail: str = "", **fields: Any) -> NoReturn:
        """An expected refusal: its status name, exit 1."""
        text = sentence(status, detail)
        self.finish({"status": status.value, "message": text, **fields}, f"{status.value}: {text}", REFUSED)

    def end(self, status: Status, document: dict[str, Any], text: str) -> NoReturn:
        """Done or refused, as the status says; the document is the same either way."""
        good = status in (Status.OK, Status.ATC_EXPIRES_SOON)
        self.finish(document, text, DONE if good else REFUSED)
