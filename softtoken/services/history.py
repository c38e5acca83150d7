"""Reading the audit trail, handing it on, and the switch for the system's log."""

from collections.abc import Callable

from softtoken.clock import Clock
from softtoken.services.audit_lines import chosen, export, line
from softtoken.services.auditing import Auditor
from softtoken.services.config import McConfig
from softtoken.services.events import (
    ExportHistory,
    HistoryExport,
    HistoryResult,
    SendHistory,
    SendHistoryResult,
    SetSystemLog,
    Status,
    StatusResult,
    SystemLogResult,
)
from softtoken.services.system_log import MakeSystemLog, SystemLogRefused
from softtoken.vault.store import Vault


class HistoryService:
    """What the trail says, damaged or not. Raises VaultError only if the vault as a whole cannot be read."""

    def __init__(
        self, auditor: Auditor, config: Callable[[], McConfig], clock: Clock, system_log: MakeSystemLog
    ) -> None:
        self._auditor = auditor
        self._config = config
        self._clock = clock
        self._system_log = system_log

    def read(self, vault: Vault) -> HistoryResult:
        trail = vault.audit_trail()
        return HistoryResult(Status.OK, trail.entries, trail.faults)

    def export(self, vault: Vault, event: ExportHistory) -> HistoryExport:
        trail = vault.audit_trail()
        entries = chosen(trail, event.since, event.token)
        return HistoryExport(Status.OK, export(trail, entries, vault.vault_id, self._clock.now()), trail.faults)

    def send(self, vault: Vault, event: SendHistory) -> SendHistoryResult:
        """Oldest first; ends where the log takes no more."""
        log = self._system_log()
        entries = chosen(vault.audit_trail(), event.since, event.token)
        for sent, entry in enumerate(entries):
            try:
                log.write(line(entry))
            except SystemLogRefused as error:
                return SendHistoryResult(Status.FAILED, sent, error.reason)
        return SendHistoryResult(Status.OK, len(entries))

    def forwarding(self, vault: Vault) -> SystemLogResult:
        decided = self._config().softtoken.auditToSystemLog
        enabled = vault.system_log if decided is None else decided
        return SystemLogResult(Status.OK, enabled, decided is not None, self._auditor.problem)

    def set_forwarding(self, vault: Vault, event: SetSystemLog) -> StatusResult:
        """A person's choice, where the configuration leaves it to them."""
        if self._config().softtoken.auditToSystemLog is not None:
            return StatusResult(Status.ACCESS_DENIED)
        vault.set_system_log(event.enabled)
        return StatusResult(Status.OK)
