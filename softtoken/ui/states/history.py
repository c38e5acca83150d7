"""The page of what happened."""

from dataclasses import dataclass

from softtoken.services.events import SystemLogResult
from softtoken.ui.states.problems import Problem
from softtoken.vault.audit import AuditEntry, FoundFault


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """entries: oldest first. known: they were read. log: what is known of the system's log, None until it is."""

    entries: tuple[AuditEntry, ...] = ()
    faults: tuple[FoundFault, ...] = ()
    known: bool = False
    log: SystemLogResult | None = None
    busy: bool = False
    problem: Problem | None = None
