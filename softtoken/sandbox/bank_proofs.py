"""What a person at the bank's page wants, tried with what they typed, and the page that answers."""

import re
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.errors import SoftTokenError
from softtoken.sandbox.attempts import Answer, Attempt, OtpProof, PasswordProof, Proof, SignatureProof
from softtoken.sandbox.forms import query
from softtoken.sandbox.login import Logins
from softtoken.sandbox.pages import NOTHING, Html, Pages, join
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.rules import Circumstances
from softtoken.sandbox.sessions import Kind, Sessions, Shown
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import authenticators
from softtoken.sandbox.verdicts import NextStep, Verdict, challenge, judge

LONGEST_CODE = 64
LONGEST_PASSWORD = 255


class Mistyped(SoftTokenError):  # noqa: N818 - named after what happened
    """A field cannot be what it is meant to be. The text is for the person who typed it, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A login or a transaction. session: binds the second call to the first. fields: of a transaction, by their
    labels and in the order in which they are signed; hidden: what brings all of it back with the next form.
    """

    kind: Kind
    user: str
    session: str
    shown: Shown
    circumstances: Circumstances
    fields: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> tuple[str, ...]:
        """What is signed."""
        return tuple(self.fields.values())


class Proofs:
    """Tries wishes; the same tenant as the API's."""

    def __init__(self, store: Store, logins: Logins, sessions: Sessions, pages: Pages) -> None:
        self._store = store
        self._logins = logins
        self._sessions = sessions
        self._pages = pages

    def answer(self, wish: Wish, proof: Proof | None) -> Response:
        """The page that says how it went; or, where a trusted device has to answer, the way to the waiting page."""
        attempt = Attempt(
            wish.user,
            adaptive=True,
            session_id=wish.session,
            proof=proof,
            kind=wish.kind,
            values=wish.values,
            shown=wish.shown,
            circumstances=wish.circumstances,
        )
        outcome: Answer | Refusal
        try:
            outcome = self._logins.login(attempt)
        except Refusal as refusal:
            outcome = refusal
        if isinstance(outcome, Answer) and outcome.waits_for_device:
            return RedirectResponse("/bank/waiting?" + query(request=outcome.request_id or ""), HTTPStatus.SEE_OTHER)
        with self._store.transaction() as db:
            verdict = judge(outcome, wish.kind, proof, has_device=bool(authenticators(db, wish.user)))
            pending = self._sessions.find_pending(db, wish.user, None, wish.session, wish.kind, wish.values)
        if pending is not None and verdict.next_step is NextStep.START_AGAIN:
            # a wrong answer leaves the question open
            code = pending["risk_response_code"] or 0
            verdict = replace(verdict, next_step=challenge(code, wish.kind, proof).next_step)
        return HTMLResponse(self._page(wish, outcome, verdict, pending))

    def _page(self, wish: Wish, outcome: Answer | Refusal, verdict: Verdict, pending: sqlite3.Row | None) -> str:
        parts = [signed_fields(self._pages, wish.fields)]
        if pending is not None and pending["challenge"] is not None and verdict.next_step is NextStep.PROVE:
            parts.append(self._pages.fragment("challenge", challenge=pending["challenge"]))
        parts.append(self._step(wish, verdict.next_step))
        if isinstance(outcome, Answer):
            return result_page(
                self._pages, verdict, wish.user, outcome.risk_response_code, outcome.session_status, "200 OK", parts
            )
        said = f"{outcome.status.value} {outcome.status.phrase}: {outcome.message}"
        return result_page(self._pages, verdict, wish.user, None, None, said, parts)

    def _step(self, wish: Wish, step: NextStep) -> Html:
        match step:
            case NextStep.PROVE if wish.kind is Kind.TRANSACTION:
                return self.form(wish, "step_signature")
            case NextStep.PROVE:
                return self.form(wish, "step_code", label="New code")
            case NextStep.SENT_CODE:
                return self.form(wish, "step_code", label="Code that was sent to you")
            case NextStep.PASSWORD:
                return self.form(wish, "step_password")
            case NextStep.UNLOCK:
                return self._pages.fragment("step_unlock", user=wish.user)
            case NextStep.REGISTER:
                return self._pages.fragment("step_register", query=query(user=wish.user))
            case NextStep.START_AGAIN:
                return start_again(self._pages, wish.kind, wish.user)

    def form(self, wish: Wish, name: str, **values: str) -> Html:
        """One of the forms that take a proof."""
        target = "/bank/transaction" if wish.kind is Kind.TRANSACTION else "/bank/login"
        carried = {"user": wish.user, "session": wish.session, **wish.hidden}
        hidden = join(self._pages.fragment("hidden", field=key, value=value) for key, value in carried.items())
        return self._pages.fragment(name, target=target, hidden=hidden, **values)


def read_proof(form: Mapping[str, str]) -> Proof | None:
    """What was typed, if anything. Spaces and hyphens in codes and signatures do not matter.

    Raises Mistyped for what is too long to be anything.
    """
    code, signature = (re.sub(r"[\s-]", "", form.get(name, "")) for name in ("code", "signature"))
    if max(len(code), len(signature)) > LONGEST_CODE:
        raise Mistyped(f"No code and no signature has more than {LONGEST_CODE} characters.")
    password = read_password(form)
    if signature:
        return SignatureProof(signature)
    if code:
        return OtpProof(code)
    return PasswordProof(password) if password is not None else None


def read_password(form: Mapping[str, str]) -> str | None:
    """The static password, if one was typed. Raises Mistyped."""
    password = form.get("password", "")
    if len(password) > LONGEST_PASSWORD:
        raise Mistyped(f"A password has at most {LONGEST_PASSWORD} characters.")
    return password or None


def read_session(form: Mapping[str, str]) -> str:
    """The session that a form goes on with, or a new one."""
    session = form.get("session", "")
    return session if _SESSION.fullmatch(session) else secrets.token_hex(16)


def signed_fields(pages: Pages, fields: Mapping[str, str]) -> Html:
    """A transaction's fields as they are signed; nothing for a login."""
    if not fields:
        return NOTHING
    rows = [pages.fragment("field", label=label, value=value) for label, value in fields.items()]
    return pages.fragment("fields", rows=join(rows))


def start_again(pages: Pages, kind: Kind, user: str) -> Html:
    """The way back to an empty form."""
    where, text = ("/transaction", "New transaction") if kind is Kind.TRANSACTION else ("/login", "Log in again")
    return pages.fragment("step_again", where=where, query=query(user=user), text=text)


def result_page(
    pages: Pages, verdict: Verdict, user: str, code: int | None, status: str | None, said: str, parts: list[Html]
) -> str:
    """A verdict, what may be done next, and below it what the API answered."""
    return pages.page(
        "result",
        verdict.headline,
        user=user,
        tone=verdict.tone.value,
        headline=verdict.headline,
        happened=verdict.happened,
        advice=verdict.advice,
        risk_code="none" if code is None else str(code),
        session_status=status or "none",
        said=said,
        step=join(parts),
    )


_SESSION = re.compile("[0-9a-f]{32}")
