"""Joins the lookout to the window: when it looks, and what the strip above the page says."""

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.services.events import PendingApproval
from softtoken.ui.approval_words import ApprovalWords
from softtoken.ui.flow import Flow
from softtoken.ui.flows.lookout import Ended
from softtoken.ui.states import ApprovalPage, LoginWait
from softtoken.ui.widgets.approval_strip import ApprovalStrip

_WAKE_MS = 1000


class ApprovalWatch(QObject):
    """Servers are asked while the window is visible and active; a button asks at any other time."""

    def __init__(self, window: QWidget, strip: ApprovalStrip, flow: Flow, clock: Clock) -> None:
        super().__init__(window)
        self._window, self._strip, self._flow, self._clock = window, strip, flow, clock
        self._words = ApprovalWords(self)
        self._seen: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._show)
        window.installEventFilter(self)
        lookout = flow.approvals.lookout
        lookout.changed.connect(self._show)
        lookout.ended.connect(self._tell)
        flow.changed.connect(self._show)
        strip.look_chosen.connect(self._look)
        self._heed()
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() in _ACTIVITY:
            self._heed()
        return super().eventFilter(watched, event)

    def _heed(self) -> None:
        shown = self._window.isVisible() and not self._window.isMinimized()
        self._flow.approvals.lookout.watch(shown and self._window.isActiveWindow())

    def retire(self) -> None:
        """The window was locked: another one takes over, with a lookout of its own."""
        self._timer.stop()
        self._window.removeEventFilter(self)
        self._flow.changed.disconnect(self._show)
        self._strip.look_chosen.disconnect(self._look)
        self._strip.forget()
        self.deleteLater()

    def _offered(self) -> tuple[PendingApproval, ...]:
        """What the strip tells of: not what the page itself is about."""
        state = self._flow.state
        if isinstance(state, ApprovalPage):
            return ()
        own = state.login.pending.request_id if isinstance(state, LoginWait) and state.offer_approval else None
        return tuple(one for one in self._flow.approvals.lookout.waiting if one.request_id != own)

    def _show(self) -> None:
        offered = self._offered()
        if not offered:
            self._timer.stop()
            self._strip.clear()
            return
        first, more = offered[0], len(offered) - 1
        what = (
            self.tr("{0} requests wait for your approval.").format(more + 1) if more else self._words.waits(first.kind)
        )
        rest = f"{self._words.summary(first)} · {self._words.left(first.left(self._clock.uptime()))}"
        fresh = first.request_id not in self._seen
        self._seen.update(one.request_id for one in offered)
        self._strip.show_waiting(what, rest, may_look=self._flow.approvals.may_open, fresh=fresh)
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        offered = self._offered()
        if offered:
            self._flow.approvals.open(offered[0].request_id)

    def _tell(self, ended: Ended) -> None:
        """A word on what was seen in the strip and is over; a page about it says so itself."""
        if ended.approval.request_id in self._seen and not isinstance(self._flow.state, ApprovalPage):
            told = self._words.gone(ended.gone)
            if not self._offered():
                self._strip.show_word(f"{ended.approval.user_identifier.user_id}: {told.what}", told.advice)


_ACTIVITY = frozenset(
    {
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.WindowActivate,
        QEvent.Type.WindowDeactivate,
        QEvent.Type.WindowStateChange,
    }
)
