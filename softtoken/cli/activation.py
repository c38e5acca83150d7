"""The command that activates, and what it shares with its sibling for a forgotten PIN."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

import click

from softtoken.cli.context import Context, parse_protection, protection_word
from softtoken.cli.credentials import command_word
from softtoken.cli.options import command_options, pin_fd
from softtoken.cli.profiles import server_of, tenant_options
from softtoken.cli.secrets import ask, has_terminal, read_standard_input
from softtoken.cli.sensor import post_asking
from softtoken.cli.sensor_words import problem_sentence, worth
from softtoken.cli.sentences import pin_fault, sentence
from softtoken.engine.activation_code import MalformedActivationCode, parse_activation_code
from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import ProtectionType
from softtoken.formats.activation_link import BadLink, parse_activation_link
from softtoken.services.events import (
    Activate,
    ActivationResult,
    BiometricProblem,
    Event,
    GetBiometricInformation,
    Status,
)

NEW_PIN = "New PIN"


@click.command()
@click.argument("link", required=False)
@click.option("--server", metavar="URL", help="The server that your organisation named.")
@tenant_options
@click.option("--user", metavar="ID", help="Your user, as user or user@domain.")
@click.option("--code", metavar="CODE", help="The activation code (it works once, so it may be an argument).")
@click.option(
    "--protection",
    default="no-pin,pin",
    show_default=True,
    metavar="TYPES",
    help="What to enable, comma-separated: no-pin, pin, biometric (which needs pin, too).",
)
@pin_fd
@command_options
def activate(
    run: Context,
    link: str | None,
    server: str | None,
    tenant: str | None,
    environment: str | None,
    user: str | None,
    code: str | None,
    protection: str,
    pin_fd: int | None,
) -> None:
    """Activate this computer with LINK (softtoken://activate?...), or with --server, --user and --code.

    LINK or CODE may be `-`: it is read from standard input then.
    """
    server = server_of(server, tenant, environment)
    if link is not None:
        if server or user or code:
            raise click.UsageError("give LINK, or --server, --user and --code")
        link = read_standard_input("Activation link") if link == "-" else link
        try:
            parsed = parse_activation_link(link)
        except BadLink as error:
            raise click.UsageError(f"that is no activation link ({error.fault.value})") from None
        server, user, code = parsed.server, parsed.user, parsed.code
    if not (server and user and code):
        raise click.UsageError("give LINK, or --server, --user and --code")
    protections = parse_protections(protection)
    # everything that can be wrong without a vault is judged before one is made
    code = read_code(run, code)
    pin = ask(NEW_PIN, "--pin-fd", pin_fd, twice=True) if ProtectionType.PIN in protections else None
    run.open_vault(create=True)
    result = post_with_new_pin(
        run, lambda pin: Activate(server, user, code, protections, pin), pin, pin_fd, None, protections
    )
    finish_activation(run, result, "Activated")


def parse_protections(words: str) -> frozenset[ProtectionType]:
    """Comma-separated words."""
    protections = frozenset(parse_protection(word) for word in words.split(","))
    if ProtectionType.BIOMETRIC in protections and ProtectionType.PIN not in protections:
        raise click.UsageError("biometric needs pin, too: it is the way on when the reader fails")
    return protections


def read_code(run: Context, typed: str) -> str:
    """The activation code, from standard input if it is `-`; refused here if it is mistyped."""
    code = read_standard_input("Activation code") if typed == "-" else typed
    try:
        parse_activation_code(code)
    except MalformedActivationCode as error:
        run.answer.refuse(Status.INVALID_ACTIVATION_CODE, error.reason.value)
    return code


def post_with_new_pin(
    run: Context,
    event: Callable[[str | None], Event[ActivationResult]],
    pin: str | None,
    descriptor: int | None,
    rules: PinRules | None,
    protections: AbstractSet[ProtectionType],
) -> ActivationResult:
    """Post; who types in a terminal may choose again while the PIN is not good enough. rules: if known before."""

    def post(pin: str | None) -> ActivationResult:
        asks = ProtectionType.BIOMETRIC in protections
        return post_asking(run, event(pin)) if asks else run.controller.post(event(pin))

    _tell_worth(run, protections)
    result = post(pin)
    while result.status is Status.INVALID_NEW_PIN_FORMAT and descriptor is None and has_terminal():
        run.answer.aside(f"That PIN cannot be used: {pin_fault(result.detail, rules)}. Choose another.")
        pin = ask(NEW_PIN, "--pin-fd", None, twice=True)
        result = post(pin)
    return result


def _tell_worth(run: Context, protections: AbstractSet[ProtectionType]) -> None:
    """What a finger or a face is worth on this computer, before the person decides with one."""
    if ProtectionType.BIOMETRIC in protections:
        information = run.controller.post(GetBiometricInformation())
        if information.usable:
            run.answer.aside(worth(information))


def finish_activation(run: Context, result: ActivationResult, done: str, rules: PinRules | None = None) -> None:
    """Print what became of it. done: the word for success."""
    if result.token is None:
        detail = result.detail or _DETAILS.get(result.status, "")
        refused = {"status": result.status.value, "token": None, "detail": detail}
        if result.biometric is not None:
            text = f"{result.status.value}: {_no_yes(result.biometric)}"
            run.answer.end(result.status, refused | {"biometric": result.biometric.value}, text)
        weak = result.status is Status.INVALID_NEW_PIN_FORMAT
        shown = pin_fault(detail, rules) if weak else detail
        run.answer.end(result.status, refused, f"{result.status.value}: {sentence(result.status, shown)}")
    login, token = result.login, result.token
    document: dict[str, Any] = {
        "status": result.status.value,
        "token": token.id,
        "tenant": token.account.tenant if token.account else None,
        "user": token.account.user_id if token.account else None,
        "protections": [protection_word(p) for p in token.protections],
        "login": login.status.value if login else None,
        "risk_response_code": login.risk_response_code if login else None,
        "session_status": login.session_status if login else None,
    }
    text = f"{done} {token.name} at {token.issuer}."
    if login is not None and login.status is Status.OK:
        text += " The first login was accepted: codes can be made, with or without a network."
    else:
        text += " The first login was not accepted yet; do it with: softtoken login " + command_word(token.name)
    run.answer.end(result.status, document, text)


def _no_yes(problem: BiometricProblem) -> str:
    return (
        f"{problem_sentence(problem)} The activation code was not sent and is as good as before. Try again, or leave "
        "biometric out of --protection."
    )


_DETAILS = {
    Status.INVALID_PIN: (
        "an earlier try with this code chose another protection or PIN; give the same, or ask for a new code"
    )
}

COMMANDS = (activate,)
