"""One thread for slow work; its results come back on the GUI thread, in order."""

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Expected:
    """Who waits for a piece of work. Kept on the GUI thread alone: the last reference may be a widget's last."""

    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of it. result counts unless there is an error."""

    result: Any
    error: Exception | None = None


class Lane(QObject):
    """Runs one piece of work at a time, in the order in which it came.

    Results and exceptions are delivered by the event loop of the thread that made the lane. `drop` makes every
    result of work that was handed in before vanish. Signals: busy_changed(bool).
    """

    busy_changed = Signal(bool)
    _landed = Signal(int, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._futures: list[Future[None]] = []
        self._tickets = itertools.count()
        self._expected: dict[int, _Expected] = {}
        self._waiting = 0
        self._stopped = False
        self._landed.connect(self._land, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Is there work whose result was not delivered yet?"""
        return self._waiting > 0

    def run(self, work: Callable[[], R], done: Callable[[R], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` on the lane, then call `done` or `failed` on the GUI thread. Ignored once stopped."""
        if self._stopped:
            return
        self._waiting += 1
        if self._waiting == 1:
            self.busy_changed.emit(True)
        self._futures = [future for future in self._futures if not future.done()]
        ticket = next(self._tickets)
        self._expected[ticket] = _Expected(done, failed)
        self._futures.append(self._executor.submit(self._work, ticket, work))

    def drop(self) -> None:
        """Results of what was handed in until now are not wanted any more."""
        self._expected.clear()

    def settle(self, patience: float) -> None:
        """Wait so many seconds at most for what is under way; its results are still delivered by the event loop."""
        wait(self._futures, patience)

    def stop(self, patience: float) -> bool:
        """Forget what has not begun, wait for the work that is under way, deliver what is ready.

        Waits so many seconds at most. False: the work goes on, and its result will be dropped.
        """
        self._stopped = True
        self._executor.shutdown(wait=False, cancel_futures=True)
        begun = [future for future in self._futures if not future.cancelled()]
        _, unfinished = wait(begun, patience)
        if not unfinished:
            self._executor.shutdown(wait=True)
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall)
        self.drop()
        return not unfinished

    def _work(self, ticket: int, work: Callable[[], Any]) -> None:
        try:
            outcome = _Outcome(work())
        except Exception as error:  # noqa: BLE001  whatever it was, the GUI thread must hear of it
            outcome = _Outcome(None, error)
        self._landed.emit(ticket, outcome)

    def _land(self, ticket: int, outcome: _Outcome) -> None:
        self._waiting -= 1
        if self._waiting == 0:
            self.busy_changed.emit(False)
        expected = self._expected.pop(ticket, None)
        if expected is None:
            return
        if outcome.error is None:
            expected.done(outcome.result)
        else:
            expected.failed(outcome.error)
