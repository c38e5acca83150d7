"""The administration's page that scripts the risk engine: users' queues and the table of rules."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from softtoken.sandbox import census
from softtoken.sandbox.admin_frame import CODE_NAMES, Frame, code_words
from softtoken.sandbox.forms import Form, fault_of, notice, query
from softtoken.sandbox.pages import Html
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.risk import list_rules, set_rules
from softtoken.sandbox.rule_models import RuleInput, TableRuleInput
from softtoken.sandbox.rules import ENDPOINTS, Conditions, TableRule, list_countries, list_table, set_table
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user
from softtoken.sandbox.verdicts import Tone

MOST = 100
"""Answers in one queue, and rules that this page adds up to; the API takes more rules."""
_STATUSES = {
    "": "as the code says",
    "pending": "pending",
    "refused": "refused",
    "timeout": "timeout",
    "failed": "failed",
    "unknown": "unknown",
}
_COMPARISONS = {"lt": "<", "le": "≤", "eq": "=", "ge": "≥", "gt": ">"}


def answers_pages(settings: SandboxSettings, store: Store, frame: Frame) -> APIRouter:
    """`/admin/answers` and what its forms do."""
    router = APIRouter()
    domain = settings.domain

    def page(user: str = "", fault: str = "") -> str:
        with store.transaction() as db:
            lengths = census.queue_lengths(db)
            queues = [(name, list_rules(db, name)) for name in lengths]
            table, countries = list_table(db), list_countries(db)
        queue_rows = [
            (
                frame.link(f"/admin/user?{query(name=name)}", name),
                ", then ".join(f"{code_words(rule.code)} ({rule.status or 'by code'})" for rule in rules),
                frame.button("/admin/answers/clear", "Clear", f"Clear the queue of {name}", user=name),
            )
            for name, rules in queues
        ]
        rule_rows = [_rule(frame, place, line, countries) for place, line in enumerate(table, 1)]
        return frame.page(
            "admin_answers",
            "Answers",
            "/admin/answers",
            notice=notice(frame.pages, fault, Tone.BAD),
            user=user,
            codes=frame.options({str(code): code_words(code) for code in CODE_NAMES}, "5"),
            statuses=frame.options(_STATUSES),
            endpoints=frame.options({"": "any", **{name: name for name in ENDPOINTS}}),
            queues=frame.table(
                "Queues", ("User", "Answers", "Actions"), queue_rows, "Nothing is scripted for anybody."
            ),
            table=frame.table("Rules", ("No.", "If", "Then", "Actions"), rule_rows, "The table has no rules."),
        )

    @router.get("/admin/answers")
    def show(user: str = "") -> HTMLResponse:
        return HTMLResponse(page(user))

    @router.post("/admin/answers/queue")
    def script(form: Form) -> Response:
        try:
            user = read_user(form.get("user", ""), domain)
            rule = RuleInput.model_validate(_filled(form, "riskResponseCode", "sessionStatus")).rule()
        except Refusal as refusal:
            return HTMLResponse(page(form.get("user", ""), fault_of(refusal)), refusal.status)
        except ValidationError:
            return HTMLResponse(page(form.get("user", ""), "There is no such answer."), HTTPStatus.BAD_REQUEST)
        with store.transaction() as db:
            queue = list_rules(db, user)
            full = len(queue) >= MOST
            if not full:
                set_rules(db, user, [*queue, rule])
        if full:
            return HTMLResponse(page(user, f"There are {MOST} answers in this queue already."), HTTPStatus.CONFLICT)
        return _back()

    @router.post("/admin/answers/clear")
    def clear(form: Form) -> Response:
        try:
            with store.transaction() as db:
                set_rules(db, read_user(form.get("user", ""), domain), [])
        except Refusal as refusal:
            return HTMLResponse(page(fault=fault_of(refusal)), refusal.status)
        return _back()

    @router.post("/admin/answers/rule")
    def add_rule(form: Form) -> Response:
        try:
            line = _read_line(form, domain)
        except Refusal as refusal:
            return HTMLResponse(page(fault=fault_of(refusal)), refusal.status)
        except ValidationError as error:
            return HTMLResponse(page(fault=_fault(error)), HTTPStatus.BAD_REQUEST)
        with store.transaction() as db:
            table = list_table(db)
            full = len(table) >= MOST
            if not full:
                set_table(db, [*table, line])
        if full:
            return HTMLResponse(page(fault=f"There are {MOST} rules already."), HTTPStatus.CONFLICT)
        return _back()

    @router.post("/admin/answers/delete")
    def delete_rule(form: Form) -> Response:
        # what was shown, and not only its place: another administrator may have changed the table meanwhile
        with store.transaction() as db:
            table = list_table(db)
            left = [line for place, line in enumerate(table, 1) if form.get("rule") != _name(place, line)]
            set_table(db, left)
        if len(left) == len(table):
            return HTMLResponse(page(fault="The table has changed meanwhile."), HTTPStatus.CONFLICT)
        return _back()

    @router.get("/admin/answers/{action}")
    def back(action: str) -> RedirectResponse:  # noqa: ARG001 - part of the path
        return _back()

    return router


def _back() -> RedirectResponse:
    return RedirectResponse("/admin/answers", HTTPStatus.SEE_OTHER)


def _filled(form: dict[str, str], *names: str) -> dict[str, Any]:
    """What was typed into these fields; numbers as such."""
    typed: dict[str, Any] = {name: form[name].strip() for name in names if form.get(name, "").strip()}
    code = typed.get("riskResponseCode", "")
    if code.isascii() and code.isdigit() and len(code) < 6:
        typed["riskResponseCode"] = int(code)
    return typed


def _read_line(form: dict[str, str], domain: str) -> TableRule:
    """Raises Refusal, ValidationError."""
    names = ("userID", "clientIP", "transactionType", "eventType", "endpoint", "riskResponseCode", "sessionStatus")
    typed = _filled(form, *names)
    if form.get("country", "").strip():
        typed["country"] = form["country"].strip().upper()
    if form.get("comparison"):
        typed["amount"] = _filled(form, "comparison", "value")
    read = TableRuleInput.model_validate(typed)
    return read.line(None if read.userID is None else read_user(read.userID, domain))


def _fault(error: ValidationError) -> str:
    """Which field will not do; never what was typed."""
    places = {str(found["loc"][0]) for found in error.errors(include_input=False) if found["loc"]}
    return f"This cannot be a rule. Look at: {', '.join(sorted(places)) or 'all fields'}."


def _rule(frame: Frame, place: int, line: TableRule, countries: dict[str, str]) -> tuple[str | Html, ...]:
    status = line.rule.status or "by code"
    unknown = line.conditions.country is not None and line.conditions.country not in countries.values()
    return (
        str(place),
        _conditions(line.conditions) + (" (no network is of this country)" if unknown else ""),
        f"{code_words(line.rule.code)} ({status})",
        frame.button("/admin/answers/delete", "Delete", f"Delete rule {place}", rule=_name(place, line)),
    )


def _name(place: int, line: TableRule) -> str:
    return f"{place}: {_conditions(line.conditions)}: {line.rule.code} {line.rule.status}"


def _conditions(asked: Conditions) -> str:
    amount = f"amount {_COMPARISONS[asked.amount.comparison]} {asked.amount.value}" if asked.amount else None
    said = (
        asked.user and f"user {asked.user}",
        asked.client_ip and f"from {asked.client_ip}",
        asked.country and f"in {asked.country}",
        amount,
        asked.transaction_type and f"transaction {asked.transaction_type}",
        asked.event_type and f"event {asked.event_type}",
        asked.endpoint and f"at {asked.endpoint}",
    )
    return ", ".join(part for part in said if part) or "always"
