"""The commands about a PIN: change it, or replace one that was forgotten."""

import click

from softtoken.cli.activation import (
    NEW_PIN,
    finish_activation,
    parse_protections,
    post_with_new_pin,
    read_code,
)
from softtoken.cli.context import Context
from softtoken.cli.credentials import Chosen, choose
from softtoken.cli.options import command_options, pin_fd
from softtoken.cli.secrets import ask, has_terminal
from softtoken.cli.sentences import pin_fault
from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import ProtectionType
from softtoken.services.events import ChangePin, ChangePinResult, Reactivate, Status


@click.group()
def pin() -> None:
    """Change the PIN of a token, or replace a forgotten one."""


@pin.command()
@click.argument("token")
@pin_fd
@click.option("--new-pin-fd", type=int, metavar="N", help="Read the new PIN from file descriptor N.")
@command_options
def change(run: Context, token: str, pin_fd: int | None, new_pin_fd: int | None) -> None:
    """Replace the PIN of TOKEN. Where only the server can verify it, the server is asked."""
    chosen = choose(run, token, None, lacks="PIN")
    if ProtectionType.PIN not in chosen.token.protections:
        run.answer.refuse(Status.INVALID_PARAMETER, text=f"{chosen.word} has no PIN.")
    current = ask("Current PIN", "--pin-fd", pin_fd)
    new = ask(NEW_PIN, "--new-pin-fd", new_pin_fd, twice=True)
    result = run.controller.post(ChangePin(chosen.user, current, new))
    while result.status is Status.INVALID_NEW_PIN_FORMAT and new_pin_fd is None and has_terminal():
        run.answer.aside(f"That PIN cannot be used: {pin_fault(result.fault or '', _rules(chosen))}. Choose another.")
        new = ask(NEW_PIN, "--new-pin-fd", None, twice=True)
        result = run.controller.post(ChangePin(chosen.user, current, new))
    document = {
        "token": chosen.token.id,
        "status": result.status.value,
        "fault": result.fault,
        "detail": result.detail,
        "retry_counter": result.retry_counter,
        "retry_delay": result.retry_delay,
        "log_correlation_id": result.log_correlation_id,
    }
    run.answer.end(result.status, document, _verdict(chosen, result))


@pin.command()
@click.argument("token")
@click.option("--code", required=True, metavar="CODE", help="The new activation code, or - for standard input.")
@click.option("--protection", metavar="TYPES", help="What to enable (default: as it is): no-pin, pin, biometric.")
@pin_fd
@command_options
def forgot(run: Context, token: str, code: str, protection: str | None, pin_fd: int | None) -> None:
    """Replace a forgotten or blocked PIN of TOKEN with a new activation code from your organisation.

    The old keys stay until the server has taken the new ones. Interrupted, give the same command again: it goes on,
    or it says that the code is used up and the old PIN still holds.
    """
    wanted = None if protection is None else parse_protections(protection)
    code = read_code(run, code)
    chosen = choose(run, token, None, lacks="PIN")
    rules = _rules(chosen)
    needs_pin = ProtectionType.PIN in (chosen.token.protections if wanted is None else wanted)
    new = ask(NEW_PIN, "--pin-fd", pin_fd, twice=True) if needs_pin else None
    enabled = frozenset(chosen.token.protections) if wanted is None else wanted
    result = post_with_new_pin(run, lambda new: Reactivate(chosen.user, code, new, wanted), new, pin_fd, rules, enabled)
    finish_activation(run, result, "Activated anew:", rules)


def _rules(chosen: Chosen) -> PinRules | None:
    return chosen.token.policy.pin if chosen.token.policy else None


def _verdict(chosen: Chosen, result: ChangePinResult) -> str:
    if result.status is Status.OK:
        return "The PIN was changed. The old one no longer works."
    if result.status is Status.INVALID_NEW_PIN_FORMAT:
        reason = pin_fault(result.fault or "", _rules(chosen))
        return f"{result.status.value}: That PIN cannot be used: {reason}. The old PIN still holds."
    renewed = f"softtoken pin forgot {chosen.word} --code CODE"
    reasons = {
        Status.WRONG_CREDENTIALS: "The server refused the old PIN and counts that as a wrong code. It still holds.",
        Status.NOT_SUPPORTED: (
            f"The server cannot renew keys, so here a PIN is changed with a new activation code: {renewed}"
        ),
        Status.INVALID_USER_ID: "The server knows no such user.",
    }
    if result.status in reasons:
        text = f"{result.status.value}: {reasons[result.status]}"
        if result.detail:
            text += f" The server says: {result.detail}."
    else:
        text = chosen.refusal(result.status, result.retry_counter, result.retry_delay, result.detail)
    if result.log_correlation_id:
        text += f" log-correlation-id: {result.log_correlation_id}"
    return text


COMMANDS = (pin,)
