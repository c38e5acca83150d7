"""An entry of the audit trail as a line of JSON, and which entries somebody asked for."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from softtoken.services.config import McConfig
from softtoken.vault.audit import AuditEntry, AuditTrail, Fact, FoundFault

FORMAT = "softtoken-audit-1"
MOVED = 120
"""Seconds that a clock may gain or lose by itself between two entries."""

CONTAINS = (
    "What happened in this Soft Token and when. In it are the names of users, tokens, servers and this computer, and "
    "counters. No code, PIN, password, passphrase or key is in it."
)


def chosen(trail: AuditTrail, since: int | None, token: str | None) -> tuple[AuditEntry, ...]:
    """since: epoch seconds by the entries' own clock. token: an id."""
    return tuple(
        entry
        for entry in trail.entries
        if (since is None or entry.note.time >= since) and (token is None or entry.note.token == token)
    )


def line(entry: AuditEntry) -> str:
    """ASCII without line feeds, whatever a name has in it."""
    note = entry.note
    document = {
        "number": entry.number,
        "time": told_time(note.time),
        "kind": note.kind,
        "token": note.token or None,
        "facts": dict(note.facts),
        "uptime": note.uptime,
        "run": note.run,
        "late": note.late,
        "restarted": entry.restarted,
    }
    return json.dumps(document)


def export(trail: AuditTrail, entries: Iterable[AuditEntry], device: str, now: int) -> tuple[str, ...]:
    """A header and a line for each entry. The faults are those of the whole trail, whatever was chosen."""
    header = {
        "format": FORMAT,
        "contains": CONTAINS,
        "device": device,
        "exported": told_time(now),
        "whole": not trail.faults,
        "faults": [_fault(fault) for fault in trail.faults],
    }
    return (json.dumps(header), *(line(entry) for entry in entries))


def clock_moves(entries: Sequence[AuditEntry]) -> dict[int, int]:
    """By number of the later entry: seconds that the clock was set between it and the one before (positive: forward).

    Told by the uptime, which nobody sets, within one run of the program.
    """
    moved: dict[int, int] = {}
    last: dict[str, tuple[int, int]] = {}
    for entry in entries:
        note = entry.note
        if note.late:  # stored out of its order
            continue
        if note.run in last:
            time, uptime = last[note.run]
            jump = (note.time - time) - (note.uptime - uptime)
            if abs(jump) >= MOVED:
                moved[entry.number] = jump
        last[note.run] = (note.time, note.uptime)
    return moved


def policy_facts(config: McConfig) -> dict[str, Fact]:
    """The configuration's decisions that matter for security, and a digest of all of it. Null: left to a person."""
    ours, backend = config.softtoken, config.astServerBackend
    return {
        "digest": policy_digest(config),
        "backend": backend,
        "allow_offline_pin_verification": config.allow_offline_pin_verification,
        "resynchronise_before_login": ours.resynchroniseBeforeLogin,
        "login_data": ours.cddc.value if ours.cddc else None,
        "audit_to_system_log": ours.auditToSystemLog,
        "screen_capture": ours.screenCapture,
        "servers_configured": len(ours.network),
    }


def policy_digest(config: McConfig) -> str:
    """SHA-256 of what holds, 64 hexadecimal digits; the same for files that mean the same."""
    ordered = json.dumps(_sorted(msgspec.to_builtins(config)), sort_keys=True)
    return hashlib.sha256(ordered.encode()).hexdigest()


def told_time(seconds: int) -> str:
    """ISO 8601 in UTC; the number itself where no calendar reaches."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return str(seconds)


def _fault(found: FoundFault) -> Mapping[str, Any]:
    return {"fault": found.fault.value, "first": found.first, "last": found.last}


def _sorted(value: Any) -> Any:
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
