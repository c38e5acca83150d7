"""The risk engine's stand-in: what each risk code asks for, and what is said: a user's queue, then a table of rules."""

import sqlite3
from collections.abc import Sequence

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.rules import Circumstances, Rule, find_rule

ACCEPT = 0
DECLINE = 1
CHALLENGE_PASSWORD = 2
CHALLENGE_DEVICE_2FA = 5
CHALLENGE_RESPONSE = 10
CHALLENGE_PIN = 22
ANY_PROTECTION = tuple(ProtectionType)
KEYWORD_CODES = {"Fingerprint": 23, "PIN": 22, "Face": 24, "votp": 3}
"""Risk codes of the out-of-band methods that a passKey may name instead of being a password (iaa-api 6.1)."""
VIRTUAL_OTP = frozenset({3, 8, 13})
"""A one-time password by SMS, e-mail or voice call: made by the server, and typed into the second call."""


def allowed_protections(code: int) -> tuple[ProtectionType, ...]:
    """Whose OTPs answer this challenge (iaa-api section 6.4); nobody's if it needs another channel."""
    if code == CHALLENGE_DEVICE_2FA:
        return (ProtectionType.PIN, ProtectionType.BIOMETRIC)
    return ANY_PROTECTION if code in _ANY_OTP else ()


def waits_for_device(code: int | None) -> bool:
    """Does the trusted device answer, rather than a second login? None: Cloud Authentication's push."""
    return code is None or code in _DEVICE


def decide(db: sqlite3.Connection, user: str, said: Circumstances) -> Rule:
    """What is said to this call: the user's next scripted rule, which is thereby used up; else the table's first
    that fits; else accept.
    """
    row = db.execute("SELECT * FROM rules WHERE user_id = ? ORDER BY number LIMIT 1", (user,)).fetchone()
    if row is None:
        return find_rule(db, user, said) or Rule(ACCEPT)
    db.execute("DELETE FROM rules WHERE number = ?", (row["number"],))
    return Rule(row["risk_response_code"], row["session_status"])


def set_rules(db: sqlite3.Connection, user: str, rules: Sequence[Rule]) -> None:
    """Replace the user's queue. The user need not be known yet."""
    db.execute("DELETE FROM rules WHERE user_id = ?", (user,))
    db.executemany(
        "INSERT INTO rules (user_id, risk_response_code, session_status) VALUES (?, ?, ?)",
        [(user, rule.code, rule.status) for rule in rules],
    )


def list_rules(db: sqlite3.Connection, user: str) -> list[Rule]:
    """What is left of the queue, next first."""
    rows = db.execute("SELECT * FROM rules WHERE user_id = ? ORDER BY number", (user,))
    return [Rule(row["risk_response_code"], row["session_status"]) for row in rows]


_ANY_OTP = frozenset({ACCEPT, 4, CHALLENGE_RESPONSE})
_DEVICE = frozenset({6, 7, 11, 21, 22, 23, 24})
