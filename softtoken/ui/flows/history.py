"""What happened here: shown, written to a file, told to the system's log."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from softtoken.services.events import (
    ExportHistory,
    GetHistory,
    GetSystemLog,
    HistoryExport,
    HistoryResult,
    SetSystemLog,
    Status,
    StatusResult,
    SystemLogResult,
)
from softtoken.ui.stage import Stage
from softtoken.ui.states import Done, Failure, HistoryPage, Problem, Refusal, Task
from softtoken.vault.errors import FileFailed
from softtoken.vault.ownfile import write_whole


class History:
    """What is shown is what was read back."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def begin(self) -> None:
        self._stage.go(HistoryPage())
        self._read()

    def export(self, path: Path) -> None:
        """Write all of it to a file that the person picked."""
        state = self._stage.state
        if not isinstance(state, HistoryPage) or state.busy:
            return
        self._stage.update(replace(state, busy=True, problem=None))

        def done(result: HistoryExport) -> None:
            if result.status is not Status.OK:
                self._tell(Refusal(Task.HISTORY, result.status))
                return
            try:
                write_whole(path, "".join(f"{line}\n" for line in result.lines).encode(), replace=True)
            except FileFailed as error:
                self._tell(Failure(Task.SAVE_FILE, error))
            else:
                self._stage.tell(Done.SAVED)
                self._read()

        self._stage.on_token(ExportHistory(), Task.HISTORY, done, self._tell)

    def set_log(self, enabled: bool) -> None:  # noqa: FBT001  a check box's slot
        state = self._stage.state
        if not isinstance(state, HistoryPage) or state.busy or state.log is None or state.log.enabled is enabled:
            return
        self._stage.update(replace(state, busy=True, problem=None))

        def done(result: StatusResult) -> None:
            if result.status not in {Status.OK, Status.ACCESS_DENIED}:
                self._tell(Refusal(Task.SETTING, result.status))
            self._read()

        self._stage.on_token(SetSystemLog(enabled), Task.SETTING, done, self._tell)

    def _read(self) -> None:
        def known(result: HistoryResult) -> None:
            if result.status is Status.OK:
                entries, faults = result.entries, result.faults
                self._change(lambda page: replace(page, entries=entries, faults=faults, known=True, busy=False))
            else:
                self._tell(Refusal(Task.HISTORY, result.status))

        def log_known(result: SystemLogResult) -> None:
            self._change(lambda page: replace(page, log=result))

        self._stage.on_token(GetHistory(), Task.HISTORY, known, self._tell)
        self._stage.on_token(GetSystemLog(), Task.SETTING, log_known, self._tell)

    def _tell(self, problem: Problem) -> None:
        self._change(lambda page: replace(page, busy=False, problem=problem))

    def _change(self, transition: Callable[[HistoryPage], HistoryPage]) -> None:
        state = self._stage.state
        if isinstance(state, HistoryPage):
            self._stage.update(transition(state))
