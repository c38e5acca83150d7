"""The scripted controller's history: what a test puts there, and a switch for the system's log."""

from collections.abc import Callable, Mapping
from typing import Any

from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.vault.audit import AuditEntry, AuditNote, Fact, FoundFault


def entry(
    number: int, kind: ev.AuditKind | str, time: int, facts: Mapping[str, Fact], uptime: int = 5000, late: bool = False
) -> AuditEntry:
    """One that was stored."""
    return AuditEntry(number, AuditNote(str(kind), time, uptime, "0a1b2c3d", "", facts, late))


class FakeHistory:
    """entries and faults: as GetHistory tells them."""

    entries: tuple[AuditEntry, ...] = ()
    faults: tuple[FoundFault, ...] = ()
    system_log: bool = False
    log_decided: bool = False

    def history_handlers(self) -> dict[type[ev.Event[Any]], Callable[[Any], Any]]:
        return {
            ev.GetHistory: lambda _: ev.HistoryResult(Status.OK, self.entries, self.faults),
            ev.ExportHistory: lambda _: ev.HistoryExport(Status.OK, ('{"format": "made up"}', '{"number": 1}')),
            ev.GetSystemLog: lambda _: ev.SystemLogResult(Status.OK, self.system_log, self.log_decided),
            ev.SetSystemLog: self._set_log,
        }

    def _set_log(self, event: ev.SetSystemLog) -> ev.StatusResult:
        self.system_log = event.enabled
        return ev.StatusResult(Status.OK)
