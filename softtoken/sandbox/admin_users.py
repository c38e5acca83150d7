"""The administration's pages about users: the list, and one user with tokens, counters and what is scripted."""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox import census
from softtoken.sandbox.admin_frame import Frame, code_words
from softtoken.sandbox.forms import Form, fault_of, notice, query
from softtoken.sandbox.pages import NOTHING, Html, join
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.risk import list_rules
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import (
    LOCK_THRESHOLD,
    authenticators,
    is_locked,
    list_users,
    read_user,
    require_user,
    set_disabled,
    unlock,
)
from softtoken.sandbox.verdicts import Tone

_PAGE = 50
_ACTIONS = frozenset({"unlock", "disable", "enable"})


def users_pages(settings: SandboxSettings, store: Store, frame: Frame) -> APIRouter:
    """`/admin`, `/admin/user` and what its buttons do."""
    router = APIRouter()

    @router.get("/admin")
    def users(q: str = "", page: int = 1) -> HTMLResponse:
        return HTMLResponse(_users(store, frame, q, min(max(1, page), 10**6)))

    @router.get("/admin/user")
    def user(name: str = "") -> HTMLResponse:
        try:
            return HTMLResponse(_user(settings, store, frame, read_user(name, settings.domain)))
        except Refusal as refusal:
            return HTMLResponse(_users(store, frame, name, 1, fault_of(refusal)), refusal.status)

    @router.post("/admin/user/{action}")
    def act(action: str, form: Form) -> Response:
        name = form.get("user", "")
        if action not in _ACTIONS:
            return HTMLResponse(_users(store, frame, "", 1, "There is no such action."), HTTPStatus.NOT_FOUND)
        try:
            named = read_user(name, settings.domain)
            with store.transaction() as db:
                if action == "unlock":
                    unlock(db, named)
                else:
                    set_disabled(db, named, disabled=action == "disable")
        except Refusal as refusal:
            return HTMLResponse(_users(store, frame, name, 1, fault_of(refusal)), refusal.status)
        return RedirectResponse(f"/admin/user?{query(name=named)}", HTTPStatus.SEE_OTHER)

    # a form's target in the address bar is a person who pressed Enter there
    @router.get("/admin/user/{action}")
    def back(action: str) -> RedirectResponse:  # noqa: ARG001 - part of the path
        return RedirectResponse("/admin", HTTPStatus.SEE_OTHER)

    return router


def _users(store: Store, frame: Frame, q: str, page: int, fault: str = "") -> str:
    pattern = q.strip().lower()
    with store.transaction() as db:
        wanted = pattern if "*" in pattern else f"{pattern}*"
        total, rows = list_users(db, wanted, offset=(page - 1) * _PAGE, limit=_PAGE)
        listed = [
            (
                frame.link(f"/admin/user?{query(name=row['user_id'])}", row["user_id"]),
                _state(locked=is_locked(row), disabled=bool(row["disabled"]), wrong=row["wrong_codes"])[0],
                ", ".join(authenticators(db, row["user_id"])) or "none",
            )
            for row in rows
        ]
    return frame.page(
        "admin_users",
        "Users",
        "/admin",
        count="One user." if total == 1 else f"{total} users.",
        notice=notice(frame.pages, fault, Tone.BAD),
        q=q,
        table=frame.table("Users", ("User", "State", "Tokens"), listed, "No user has such a name."),
        pages=_turning(frame, q, page, total),
    )


def _turning(frame: Frame, q: str, page: int, total: int) -> Html:
    """Links to the neighbouring pages."""
    links = []
    if page > 1:
        links.append(frame.link(f"/admin?{query(q=q, page=str(page - 1))}", "Previous page"))
    if page * _PAGE < total:
        links.append(frame.link(f"/admin?{query(q=q, page=str(page + 1))}", "Next page"))
    return join(links)


def _state(*, locked: bool, disabled: bool, wrong: int) -> tuple[str, Tone]:
    if disabled:
        return "Disabled", Tone.BAD
    if locked:
        return "Locked", Tone.BAD
    left = LOCK_THRESHOLD - wrong
    if wrong:
        return f"{left} of {LOCK_THRESHOLD} tries left", Tone.WAIT
    return "In order", Tone.GOOD


def _user(settings: SandboxSettings, store: Store, frame: Frame, user: str) -> str:
    """Raises Refusal (404)."""
    with store.transaction() as db:
        row = require_user(db, user)
        credentials = census.credentials_of(db, user)
        rules = list_rules(db, user)
        registrations = census.recent_registrations(db, settings.clock.now(), user)
    state, tone = _state(locked=is_locked(row), disabled=bool(row["disabled"]), wrong=row["wrong_codes"])
    tokens = [
        (
            one.serial,
            one.protection.value,
            str(one.counter),
            str(one.digits),
            "given out, no code seen yet" if one.renewing else "none",
            _sensor(one),
        )
        for one in credentials
    ]
    queue = [(str(place), code_words(rule.code), rule.status or "by code") for place, rule in enumerate(rules, 1)]
    return frame.page(
        "admin_user",
        user,
        "/admin",
        user=user,
        query=query(user=user),
        notice=NOTHING,
        tone=tone.value,
        state=state,
        actions=_actions(frame, user, wrong=row["wrong_codes"], disabled=bool(row["disabled"])),
        tokens=frame.table(
            "Tokens and counters",
            ("Serial", "Protection", "Expected ATC", "Digits", "New key", "Sensor"),
            tokens,
            "No device has been activated.",
        ),
        queue=frame.table("Next answers", ("Place", "Risk code", "Status"), queue, "Nothing is scripted."),
        registrations=registrations_table(frame, registrations),
    )


def _sensor(credential: census.CredentialRecord) -> str:
    if credential.protection is not ProtectionType.BIOMETRIC:
        return "none"
    if credential.binding is None:
        return "the device has not said"
    system = credential.system or "a sensor without a name"
    return f"{system}, key in hardware" if credential.binding == "HARDWARE" else f"{system}, only asked for"


def _actions(frame: Frame, user: str, *, wrong: int, disabled: bool) -> Html:
    buttons = []
    if wrong:
        buttons.append(frame.button("/admin/user/unlock", "Unlock", f"Unlock {user}", user=user))
    word = "Enable" if disabled else "Disable"
    buttons.append(frame.button(f"/admin/user/{word.lower()}", word, f"{word} {user}", user=user))
    return join(buttons)


def registrations_table(frame: Frame, records: list[census.RegistrationRecord]) -> Html:
    """Without the user's name in a link where the page is about that user would be no gain: one form for both pages."""
    rows = [
        (
            one.registration_id,
            frame.link(f"/admin/user?{query(name=one.user)}", one.user),
            one.kind,
            one.state,
            f"{one.left} s" if one.left and one.state.startswith("waits") else "over",
            str(one.wrong),
        )
        for one in records
    ]
    heads = ("Registration", "User", "Kind", "State", "Left", "Wrong tries")
    return frame.table("Registrations", heads, rows, "Nobody has registered.")
