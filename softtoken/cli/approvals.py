"""The commands about logins that wait for this device: list them, approve one, decline one."""

from typing import Any, NoReturn

import click

from softtoken.cli.context import Context, parse_protection, protection_word, title
from softtoken.cli.credentials import Chosen, choose, chosen_of
from softtoken.cli.faults import describe
from softtoken.cli.options import command_options, pin_fd, protection
from softtoken.cli.secrets import has_terminal
from softtoken.cli.sentences import sentence
from softtoken.clock import SystemClock
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.formats.shown_text import shown_text
from softtoken.iaa.errors import IaaError
from softtoken.services.events import (
    ApprovalResult,
    ApproveLogin,
    DeclineLogin,
    ListApprovals,
    ListApprovalsResult,
    ListTokens,
    PendingApproval,
    SessionOutdated,
    Status,
)

_SHORTEST = 4
"""Characters of a request's id that are enough to name it."""


@click.command()
@click.argument("token", required=False)
@command_options
def approvals(run: Context, token: str | None) -> None:
    """List the logins that wait for this computer's approval: TOKEN's, or everybody's."""
    run.open_vault()
    if token is not None:
        chosen = chosen_of(run, run.find_token(token), None, token, lacks="logins to approve")
        listed = run.controller.post(ListApprovals(chosen.user))
        if listed.status is not Status.OK:
            _refuse_list(run, chosen.word, listed)
        _finish_list(run, [(chosen.token, listed)], [])
    tokens = [one for one in run.controller.post(ListTokens()).tokens if one.account is not None]
    if not tokens:
        run.answer.refuse(Status.NOT_SUPPORTED, text="There is no activated token here: softtoken activate")
    found: list[tuple[Token, ListApprovalsResult]] = []
    faults: list[tuple[Token, IaaError]] = []
    for one in tokens:
        assert one.account is not None  # noqa: S101 - chosen so above
        try:
            found.append((one, run.controller.post(ListApprovals(one.account.identifier))))
        except IaaError as error:  # one server that is down hides no other one's logins
            faults.append((one, error))
    if faults and not any(listed.status is Status.OK for _, listed in found):
        raise faults[-1][1]
    if not any(listed.status is Status.OK for _, listed in found):
        run.answer.refuse(Status.NOT_SUPPORTED, text="None of the tokens can approve logins: no server offers it.")
    _finish_list(run, found, faults)


@click.command()
@click.argument("token")
@click.argument("request")
@protection
@click.option("--yes", is_flag=True, help="Do not ask.")
@pin_fd
@command_options
def approve(
    run: Context,
    token: str,
    request: str,
    protection: str | None,
    yes: bool,  # noqa: FBT001 - click hands flags in by name
    pin_fd: int | None,
) -> None:
    """Approve the login REQUEST of TOKEN, with its PIN where the server asks for that.

    REQUEST is the id that `softtoken approvals` prints, or its beginning. What is approved is shown first, and is what
    the approval's code covers; then the PIN is asked for, or a yes. Where nobody can be asked, REQUEST is the whole id.
    Approve only a login that you began yourself, just now.
    """
    chosen, approval = _find(run, token, request)
    wanted = None if protection is None else parse_protection(protection)
    used = wanted or next(iter(approval.protections), None)
    if used is None or used not in approval.protections:
        can = ", ".join(protection_word(one) for one in approval.protections)
        text = f"This request can be approved here with: {can}." if can else _IMPOSSIBLE
        run.answer.refuse(Status.INVALID_PARAMETER, text=text, **_row(chosen.token, approval))
    run.answer.aside(_told(approval))
    if not yes:
        _confirm(chosen, approval, request, asks_pin=used is ProtectionType.PIN and pin_fd is None)
    with_it = Chosen(chosen.token, chosen.user, used, chosen.word)
    pin = with_it.ask_pin(pin_fd)
    _finish(
        run,
        with_it,
        approval,
        with_it.post(run, ApproveLogin(approval, pin, used)),
        "Approved: it goes ahead.",
    )


@click.command()
@click.argument("token")
@click.argument("request")
@command_options
def decline(run: Context, token: str, request: str) -> None:
    """Decline the login REQUEST of TOKEN. Needs no PIN."""
    chosen, approval = _find(run, token, request)
    run.answer.aside(_told(approval))
    _finish(run, chosen, approval, run.controller.post(DeclineLogin(approval)), "Declined: it does not go ahead.")


def _confirm(chosen: Chosen, approval: PendingApproval, request: str, *, asks_pin: bool) -> None:
    """Whoever approves has read what it is: the person who is asked now, or whoever took the id from a list."""
    if has_terminal():
        if not asks_pin:  # who types the PIN has read what stands above it
            click.confirm("Approve it?", abort=True, err=True)
    elif request != approval.request_id:
        raise click.UsageError(
            "without a terminal give the whole id of the request, as softtoken approvals "
            f"{chosen.word} prints it, or --yes"
        )


_IMPOSSIBLE = "This computer has not got what the server asks for, so it can only decline."


def _find(run: Context, token: str, request: str) -> tuple[Chosen, PendingApproval]:
    chosen = choose(run, token, None, lacks="logins to approve")
    listed = run.controller.post(ListApprovals(chosen.user))
    if listed.status is not Status.OK:
        _refuse_list(run, chosen.word, listed)
    found = [one for one in listed.approvals if one.request_id == request]
    found = found or [
        one for one in listed.approvals if len(request) >= _SHORTEST and one.request_id.startswith(request)
    ]
    if not found:
        text = f"No such request waits (any more). See: softtoken approvals {chosen.word}"
        run.answer.refuse(Status.INVALID_PARAMETER, text=text, token=chosen.token.id)
    if len(found) > 1:
        raise click.UsageError(f"{request!r} begins the ids of several requests")
    return chosen, found[0]


def _refuse_list(run: Context, word: str, listed: ListApprovalsResult) -> NoReturn:
    match listed.status:
        case Status.NOT_SUPPORTED:
            text = f"{word} cannot approve logins: its server does not offer it, or did not when it was activated."
        case Status.INVALID_USER_ID:
            text = "The server does not know this computer any more. Ask your organisation for a new activation code."
        case _:
            text = sentence(listed.status, listed.detail)
    correlation = {"log_correlation_id": listed.log_correlation_id} if listed.log_correlation_id else {}
    run.answer.refuse(listed.status, text=text, **correlation)


def _finish_list(
    run: Context, found: list[tuple[Token, ListApprovalsResult]], faults: list[tuple[Token, IaaError]]
) -> NoReturn:
    waiting = [(token, one) for token, listed in found for one in listed.approvals]
    document = {
        "status": Status.OK.value,
        "approvals": [_row(token, one) for token, one in waiting],
        "unanswered": [{"token": token.id, "error": type(error).__name__} for token, error in faults],
    }
    for token, error in faults:
        run.answer.aside(f"{title(token.issuer, token.name)}: {describe(error)}")
    lines = [
        f"{one.request_id}  {title(token.issuer, token.name)}  {_left(one)} seconds left\n{_told(one, indent='    ')}"
        for token, one in waiting
    ]
    run.answer.finish(document, "\n".join(lines) or "Nothing waits for approval.")


def _row(token: Token, approval: PendingApproval) -> dict[str, Any]:
    """The texts are as they came; whoever prints them takes care of what is in them."""
    return {
        "token": token.id,
        "request_id": approval.request_id,
        "kind": approval.kind,
        "risk_response_code": approval.risk_response_code,
        "protections": [protection_word(one) for one in approval.protections],
        "title": approval.title,
        "subject": approval.subject,
        "challenge": approval.challenge,
        "client_ip": approval.client_ip,
        "seconds_left": _left(approval),
    }


def _left(approval: PendingApproval) -> int:
    return approval.left(SystemClock().uptime())


def _told(approval: PendingApproval, indent: str = "") -> str:
    """For people: one line each, so that no text can pass for another."""
    said = [
        ("Kind", approval.kind),
        ("Title", approval.title),
        ("Subject", approval.subject),
        ("Message", approval.challenge),
        ("Comes from", approval.client_ip),
        ("Asks for", ", ".join(protection_word(one) for one in approval.protections) or _IMPOSSIBLE),
    ]
    return "\n".join(f"{indent}{name}: {shown_text(text)}" for name, text in said if text)


def _finish(run: Context, chosen: Chosen, approval: PendingApproval, result: ApprovalResult, good: str) -> NoReturn:
    document = {
        **_row(chosen.token, approval),
        "status": result.status.value,
        "outdated": None if result.outdated is None else result.outdated.value,
        "retry_counter": result.retry_counter,
        "retry_delay": result.retry_delay,
        "detail": result.detail,
        "log_correlation_id": result.log_correlation_id,
        **chosen.sensor(result.biometric),
    }
    text = good if result.status is Status.OK else _refused(chosen, result)
    if result.status is not Status.OK:
        if result.detail:
            text += f" The server says: {shown_text(result.detail)}."
        if result.log_correlation_id:
            text += f" log-correlation-id: {result.log_correlation_id}"
    run.answer.end(result.status, document, text)


def _refused(chosen: Chosen, result: ApprovalResult) -> str:
    if result.outdated is not None:
        return f"{result.status.value}: {_OUTDATED[result.outdated]}"
    told = _SENTENCES.get(result.status)
    if told is not None:
        return f"{result.status.value}: {told}"
    return chosen.refusal(result.status, result.retry_counter, result.retry_delay, biometric=result.biometric)


_OUTDATED = {
    SessionOutdated.EXPIRED: "The time for this request is over. Nothing goes ahead.",
    SessionOutdated.ACCEPTED: "This request was approved already. If that was not you, tell your organisation at once.",
    SessionOutdated.REFUSED: "This request was declined already. Nothing goes ahead.",
    SessionOutdated.UNKNOWN: "The server knows this request no more.",
}
_SENTENCES = {
    Status.WRONG_CREDENTIALS: (
        "The server refused the approval and counts it as a wrong code. It still waits. Enter the PIN with care."
    ),
    Status.INVALID_STATE: "The PIN was not given.",
    Status.NOT_SUPPORTED: "The server does not let this computer decide it.",
    Status.INVALID_USER_ID: "The server does not know this computer any more.",
    Status.FAILED: "The answer is not clear; look where you began it.",
}

COMMANDS = (approvals, approve, decline)
