"""The values of the audit trail: what is remembered of an event, and what is found when the trail is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

KEPT = 5000
"""Entries that a vault keeps; the oldest goes when a new one would be more."""

Fact: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class AuditNote:
    """What is to be remembered of one event. Never a secret.

    kind: one word in capitals (docs/audit.md). time: epoch seconds of a clock that anybody may have set; uptime:
    seconds since the machine started; run: 8 hexadecimal digits, anew for each start of the program. token: the id of
    the one concerned, or empty. late: it could not be stored when it happened.
    """

    kind: str
    time: int
    uptime: int
    run: str
    token: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    late: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One that was stored. number: rises by one with each entry of the vault.

    restarted: what the vault knew of the entries before it was lost, so that nothing tells whether some are missing.
    """

    number: int
    note: AuditNote
    restarted: bool = False


class TrailFault(StrEnum):
    """What is wrong with the trail at an entry's number. Each is damage or an edit; nothing tells which.

    MISSING: there was one. UNREADABLE: it is not as it was written. REPLACED: it is one of another time. ADDED: it does
    not belong to the trail. RESTARTED: what was before it is only what was found. HEAD_LOST: nothing says how far the
    trail goes; number 0.
    """

    MISSING = "MISSING"
    UNREADABLE = "UNREADABLE"
    REPLACED = "REPLACED"
    ADDED = "ADDED"
    RESTARTED = "RESTARTED"
    HEAD_LOST = "HEAD_LOST"


@dataclass(frozen=True, slots=True)
class FoundFault:
    """fault: of the entries from number `first` to `last`."""

    fault: TrailFault
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """entries: all that can be read, oldest first. faults: by number; empty means that the trail is whole."""

    entries: tuple[AuditEntry, ...]
    faults: tuple[FoundFault, ...]
