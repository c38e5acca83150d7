"""What is remembered of everything that a server was asked: activations, logins, approvals, resynchronisations."""

from collections.abc import Iterable

from softtoken.engine.tokens import Token
from softtoken.services.audit_drafts import Case, Draft, cut
from softtoken.services.events import (
    ApproveLogin,
    AuditKind,
    LoginResult,
    Resynchronised,
    Status,
)
from softtoken.vault.audit import Fact


def activation(case: Case) -> Iterable[Draft]:
    """Of an activation code nothing is kept."""
    event = case.event
    facts = {"server": cut(event.server), "asked_for": cut(event.user)}
    protections = " ".join(sorted(protection.value for protection in event.protections))
    return _activated(case, AuditKind.ACTIVATION, None, {**facts, "protections": protections})


def reactivation(case: Case) -> Iterable[Draft]:
    return _activated(case, AuditKind.REACTIVATION, case.token, {})


def login(case: Case) -> Iterable[Draft]:
    return [Draft(AuditKind.LOGIN, case.token, _answered(case))]


def typed_login(case: Case) -> Iterable[Draft]:
    """With a code from elsewhere: no token of this computer is concerned."""
    asked: dict[str, Fact] = {"server": cut(case.event.server), "asked_for": cut(case.event.user)}
    return [Draft(AuditKind.LOGIN, None, {**_answered(case), **asked})]


def further_login(case: Case) -> Iterable[Draft]:
    """A second step, or the end of waiting."""
    pending = case.event.pending
    facts: dict[str, Fact] = {**_answered(case), "step": pending.step.value}
    if pending.user_identifier is not None:
        return [Draft(AuditKind.LOGIN, case.known.user(pending.user_identifier), facts)]
    return [Draft(AuditKind.LOGIN, None, {**facts, "server": pending.origin, "asked_for": cut(pending.user)})]


def resynchronisation(case: Case) -> Iterable[Draft]:
    return [Draft(AuditKind.RESYNCHRONISATION, case.token, {**case.said(), "counter": case.event.codes.atc})]


def approval(case: Case) -> Iterable[Draft]:
    """The request's own texts stay out: they may tell of a payment."""
    event, asked = case.event, case.event.approval
    token = case.known.user(asked.user_identifier)
    if failed := case.wrong_pin(token, AuditKind.APPROVAL):
        return failed
    facts: dict[str, Fact] = {**case.said(), **case.told("outdated"), "wanted": cut(asked.kind), "decision": "DECLINE"}
    if isinstance(event, ApproveLogin):
        facts["decision"] = "APPROVE"
        chosen = event.protection or next(iter(asked.protections), None)
        facts["protection"] = chosen.value if chosen else None
    facts["risk_response_code"], facts["client_ip"] = asked.risk_response_code, cut(asked.client_ip)
    return [Draft(AuditKind.APPROVAL, token, facts)]


def pin_change(case: Case) -> Iterable[Draft]:
    """Where only the server tells a right PIN it is asked, too."""
    if failed := case.wrong_pin(case.token, AuditKind.PIN_CHANGE):
        return failed
    return [] if case.status in _NOTHING_DONE else [Draft(AuditKind.PIN_CHANGE, case.token, case.said())]


_NOTHING_DONE = frozenset(
    {
        Status.INVALID_NEW_PIN_FORMAT,
        Status.INVALID_STATE,
        Status.INVALID_PARAMETER,
        Status.TEMPORARY_LOCKED,
        Status.INVALID_USER_ID,
    }
)


def _activated(case: Case, kind: AuditKind, token: Token | None, facts: dict[str, Fact]) -> Iterable[Draft]:
    if case.status is Status.INVALID_STATE:
        return
    token = getattr(case.outcome, "token", None) or token
    serial: dict[str, Fact] = {"serial": token.account.serial} if token and token.account else {}
    yield Draft(kind, token, {**case.said(), **facts, **serial})
    first: LoginResult | None = getattr(case.outcome, "login", None)
    if first is not None:
        yield Draft(AuditKind.LOGIN, token, _answered(Case(case.event, first, case.known)))


def _answered(case: Case) -> dict[str, Fact]:
    facts = {**case.said(), **case.told("risk_response_code", "risk", "session_status", "reason")}
    resynchronised = getattr(case.outcome, "resynchronised", Resynchronised.NOT_ASKED)
    if resynchronised is not Resynchronised.NOT_ASKED:
        facts["resynchronised"] = resynchronised.value
    return facts
