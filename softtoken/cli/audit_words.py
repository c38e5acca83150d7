"""An entry of the audit trail on a line of a terminal, and what is wrong with the trail."""

from datetime import datetime

from softtoken.formats.shown_text import shown_text
from softtoken.services.audit_lines import told_time
from softtoken.vault.audit import AuditEntry, FoundFault, TrailFault

_NAMES = ("issuer", "name")
_FAULTS = {
    TrailFault.MISSING: "missing",
    TrailFault.UNREADABLE: "cannot be read",
    TrailFault.REPLACED: "not what was written there last",
    TrailFault.ADDED: "does not belong to the trail",
    TrailFault.RESTARTED: "what came before may not be all",
    TrailFault.HEAD_LOST: "nothing says how far the trail goes",
}


def entry_line(entry: AuditEntry, moved: int | None) -> str:
    """Number, local time, kind, whose, and the facts. moved: seconds that the clock was set before it."""
    note = entry.note
    who = ":".join(str(note.facts[name]) for name in _NAMES if note.facts.get(name))
    facts = [f"{name}={_told(fact)}" for name, fact in note.facts.items() if name not in _NAMES]
    marks = ["written down later"] if note.late else []
    if moved is not None:
        marks.append(f"clock set by {moved:+d} s before")
    parts = (
        f"{entry.number:6}",
        _local(note.time),
        note.kind,
        shown_text(who),
        *facts,
        *(f"[{mark}]" for mark in marks),
    )
    return "  ".join(part for part in parts if part)


def fault_line(found: FoundFault) -> str:
    if found.fault is TrailFault.HEAD_LOST:
        return _FAULTS[found.fault].capitalize() + "."
    which = f"Entry {found.first}" if found.first == found.last else f"Entries {found.first} to {found.last}"
    return f"{which}: {_FAULTS[found.fault]}."


def _told(fact: object) -> str:
    text = shown_text(str(fact))
    return f'"{text}"' if " " in text or not text else text


def _local(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return told_time(seconds)
