"""Requests that wait for something: their life of 60 seconds and how they end (iaa-api sections 6.3, 6.5)."""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.clock import Clock
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.refusal import conflict, not_found

LIFE = 60
"""Seconds; the vendor's pn_auth_timeout."""
LONGEST_CLIENT_IP = 64
"""Characters that are kept of what a caller says; an address of IPv6 has at most 45."""
MOST_WAITING = 20
"""Requests of one user that a device is told of: the latest. Who floods it shall not fill its screen."""
_KEPT = 86_400


class Kind(StrEnum):
    """What a request is for. Only a call of the same kind goes on with it."""

    LOGIN = "login"
    EVENT = "event"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a trusted device shows of a request: the caller's loginMessage, and where it says the user is."""

    title: str = ""
    subject: str = ""
    challenge: str = ""
    client_ip: str = ""


NOTHING = Shown()


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A request as a list of them has it. expires: epoch seconds. status: `timeout` once its life is over.

    virtual_otp: what was sent by SMS, e-mail or voice call, if that is what the request waits for.
    """

    request_id: str
    user: str
    kind: Kind
    risk_response_code: int | None
    status: str
    expires: int
    virtual_otp: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ends a request well.

    allowed: whose codes a second call may bring. challenge: what such a code must cover. demanded: whose codes may
    approve it on a trusted device; nobody's if it does not wait for one. values: what a signature must cover.
    """

    allowed: Sequence[ProtectionType] = ()
    challenge: str | None = None
    demanded: Sequence[ProtectionType] = ()
    values: Sequence[str] = ()
    virtual_otp: str | None = field(default=None, repr=False)


class Sessions:
    """Pending requests of the tenant's users, inside the caller's transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(
        self,
        db: sqlite3.Connection,
        user: str,
        session_id: str | None,
        code: int | None,
        wanted: Wanted,
        *,
        kind: Kind = Kind.LOGIN,
        shown: Shown = NOTHING,
    ) -> str:
        """A new pending request; the answer is its requestID."""
        now = self._clock.now()
        request_id = secrets.token_hex(16)
        db.execute("DELETE FROM sessions WHERE expires < ?", (now - _KEPT,))
        row = {
            "request_id": request_id,
            "user_id": user,
            "session_id": session_id,
            "risk_response_code": code,
            "status": "pending",
            "expires": now + LIFE,
            "kind": kind.value,
            "allowed": ",".join(wanted.allowed),
            "challenge": wanted.challenge,
            "demanded": ",".join(wanted.demanded),
            "fields": json.dumps(list(wanted.values)),
            "virtual_otp": wanted.virtual_otp,
            "title": shown.title,
            "subject": shown.subject,
            "message": shown.challenge,
            "client_ip": shown.client_ip,
        }
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        db.execute(f"INSERT INTO sessions ({columns}) VALUES ({places})", tuple(row.values()))  # noqa: S608 - our names
        return request_id

    def find_pending(
        self,
        db: sqlite3.Connection,
        user: str,
        request_id: str | None,
        session_id: str | None,
        kind: Kind = Kind.LOGIN,
        values: Sequence[str] = (),
    ) -> sqlite3.Row | None:
        """The request that a call goes on with: the one it names, else the latest of its session, kind and values.

        Raises Refusal (409) if it names one that is not pending for this user.
        """
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM sessions WHERE user_id = ? AND status = 'pending' AND expires > ? AND kind = ?"
            " AND fields = ? AND (request_id = ? OR (? IS NULL AND session_id = ?)) ORDER BY rowid DESC LIMIT 1",
            (user, self._clock.now(), kind, json.dumps(list(values)), request_id, request_id, session_id),
        ).fetchone()
        if row is None and request_id is not None:
            raise conflict("Invalid Request ID")
        return row

    def recent(self, db: sqlite3.Connection, limit: int) -> list[SessionRecord]:
        """The latest requests of all users, latest first."""
        rows = db.execute("SELECT * FROM sessions ORDER BY rowid DESC LIMIT ?", (limit,)).fetchall()
        return [
            SessionRecord(
                row["request_id"],
                row["user_id"],
                Kind(row["kind"]),
                row["risk_response_code"],
                self._status(row),
                row["expires"],
                row["virtual_otp"],
            )
            for row in rows
        ]

    def waiting_for_device(self, db: sqlite3.Connection, user: str) -> list[sqlite3.Row]:
        """What the user's trusted device may decide now, latest first."""
        return db.execute(
            "SELECT * FROM sessions WHERE user_id = ? AND status = 'pending' AND expires > ? AND demanded != ''"
            " ORDER BY rowid DESC LIMIT ?",
            (user, self._clock.now(), MOST_WAITING),
        ).fetchall()

    def require_for_device(self, db: sqlite3.Connection, user: str, request_id: str) -> sqlite3.Row:
        """One of these, however many there are. Raises Refusal (409) for every other request, whosever it is."""
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM sessions WHERE request_id = ? AND user_id = ? AND status = 'pending' AND expires > ?"
            " AND demanded != ''",
            (request_id, user, self._clock.now()),
        ).fetchone()
        if row is None:
            raise conflict("Invalid Request ID")
        return row

    def find(self, db: sqlite3.Connection, request_id: str) -> sqlite3.Row | None:
        """A request, whosever it is and however it stands."""
        row: sqlite3.Row | None = db.execute("SELECT * FROM sessions WHERE request_id = ?", (request_id,)).fetchone()
        return row

    def left(self, row: sqlite3.Row) -> int:
        """Seconds before a pending request expires."""
        return max(0, int(row["expires"]) - self._clock.now())

    def finish(self, db: sqlite3.Connection, request_id: str, status: str) -> None:
        """The request has ended with this status."""
        db.execute("UPDATE sessions SET status = ? WHERE request_id = ?", (status, request_id))

    def status(self, db: sqlite3.Connection, request_id: str) -> str:
        """pending, timeout, how it ended, or unknown for a request that nobody made."""
        row = self.find(db, request_id)
        return "unknown" if row is None else self._status(row)

    def decide(self, db: sqlite3.Connection, request_id: str, status: str) -> None:
        """Play the person at the trusted device. Raises Refusal (404, or 409 if it is no longer pending)."""
        match self.status(db, request_id):
            case "pending":
                self.finish(db, request_id, status)
            case "unknown":
                raise not_found("Request not found")
            case _:
                raise conflict("Invalid Request ID")

    def _status(self, row: sqlite3.Row) -> str:
        over = row["status"] == "pending" and self._clock.now() >= row["expires"]
        return "timeout" if over else str(row["status"])
