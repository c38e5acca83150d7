"""Looking for logins that wait for this computer: now and then while the window is in use, and when somebody asks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from softtoken.engine.tokens import Token
from softtoken.services.events import (
    GetLookForApprovals,
    ListApprovals,
    ListApprovalsResult,
    LookForApprovalsResult,
    PendingApproval,
    Status,
)
from softtoken.ui.stage import Stage
from softtoken.ui.states import Failure, Gone, Task

INTERVAL = 5
"""Seconds between two questions to one server that answers."""
LONGEST_PAUSE = 300
"""Seconds between two questions to one that does not: each time twice as many, up to this."""
_WAKE_MS = 1000


@dataclass(frozen=True, slots=True)
class Ended:
    """A request that waited, and why it does no longer."""

    approval: PendingApproval
    gone: Gone


@dataclass(frozen=True, slots=True)
class _Pace:
    """When a token's server is asked next. offered: it has approvals, as far as is known."""

    due: int = 0
    pause: int = INTERVAL
    asking: bool = False
    offered: bool = True


class Lookout(QObject):
    """Signals: changed (`waiting`), ended(Ended): what was seen waiting is over, and nobody decided it here."""

    changed = Signal()
    ended = Signal(object)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._stage = stage
        self._paces: dict[str, _Pace] = {}
        self._waiting: dict[str, tuple[PendingApproval, ...]] = {}
        self._decided: set[str] = set()
        self._wanted: bool | None = None
        self._watching = False
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._wake)

    @property
    def waiting(self) -> tuple[PendingApproval, ...]:
        """Of all tokens, those with the most time left first."""
        found = [one for approvals in self._waiting.values() for one in approvals]
        return tuple(sorted(found, key=lambda one: -one.until))

    def token_of(self, approval: PendingApproval) -> Token | None:
        """The token that may decide it."""
        return next((one for one in self._tokens() if _identifies(one, approval)), None)

    def offers(self, token: Token) -> bool:
        """Has its server said that it has approvals?"""
        return token.id in self._waiting

    def watch(self, watching: bool) -> None:  # noqa: FBT001  a slot
        """The window is in use, or is not any more."""
        if watching == self._watching:
            return
        self._watching = watching
        if watching:
            self._timer.start()
            # whoever comes back to the window may come because a login waits
            for token_id, pace in self._paces.items():
                self._paces[token_id] = replace(pace, due=min(pace.due, self._now() + INTERVAL))
            self._wake()
        else:
            self._timer.stop()

    def enable(self, wanted: bool) -> None:  # noqa: FBT001  a check box's slot
        """The setting was changed. What is seen already stays until it is over."""
        self._wanted = wanted
        self._wake()

    def look(self, done: Callable[[bool, Failure | None], None]) -> None:
        """Ask every server now, whatever the setting and the pace.

        done: is there one that has approvals? And what went wrong with the last one that did not answer.
        """
        tokens = self._tokens()
        left, failures = len(tokens), list[Failure]()
        if not tokens:
            done(False, None)

        def asked(failure: Failure | None) -> None:
            nonlocal left
            left -= 1
            if failure is not None:
                failures.append(failure)
            if not left:
                done(any(self.offers(token) for token in tokens), failures[-1] if failures else None)

        for token in tokens:
            self._ask(token, asked)

    def look_at(self, token: Token) -> None:
        """Ask this token's server now, whatever the setting and the pace; `changed` tells of what waits there."""
        self._ask(token, lambda _: None)

    def decided(self, approval: PendingApproval) -> None:
        """It was decided here: an answer that is still on its way may show it once more."""
        self._decided.add(approval.request_id)
        self._keep(lambda one: one.request_id != approval.request_id)

    def stop(self) -> None:
        """Ask nobody any more."""
        self._timer.stop()
        self._watching = False

    def _wake(self) -> None:
        tokens, now, uptime = self._tokens(), self._now(), self._stage.clock.uptime()
        known = {token.id for token in tokens}
        for gone in set(self._paces) - known:
            del self._paces[gone]
        if set(self._waiting) - known:
            self._waiting = {key: value for key, value in self._waiting.items() if key in known}
            self.changed.emit()
        for over in [one for one in self.waiting if not one.left(uptime)]:
            self._end(over, Gone.EXPIRED)
        if not self._watching or not tokens:
            return
        if self._wanted is None:
            self._read_setting()
        elif self._wanted:
            for token in tokens:
                pace = self._paces.get(token.id, _Pace())
                if pace.offered and not pace.asking and pace.due <= now:
                    self._ask(token, lambda _: None)

    def _read_setting(self) -> None:
        def known(result: LookForApprovalsResult) -> None:
            if self._wanted is None and result.status is Status.OK:
                self.enable(result.enabled)

        def unknown(_: Failure) -> None:
            """The next time, perhaps; whatever is wrong is said when somebody does something."""

        self._stage.on_token(GetLookForApprovals(), Task.SETTING, known, unknown, wherever=True)

    def _ask(self, token: Token, done: Callable[[Failure | None], None]) -> None:
        if token.account is None:
            return
        self._pace(token, lambda pace: replace(pace, asking=True))

        def answered(result: ListApprovalsResult) -> None:
            offered = result.status is Status.OK
            self._pace(token, lambda _: _Pace(self._now() + INTERVAL, offered=offered))
            if offered:
                self._take(token, result.approvals)
            else:
                self._forget(token)
            done(None)

        def failed(failure: Failure) -> None:
            def slower(pace: _Pace) -> _Pace:
                return replace(
                    pace, asking=False, due=self._now() + pace.pause, pause=min(2 * pace.pause, LONGEST_PAUSE)
                )

            self._pace(token, slower)
            done(failure)

        self._stage.on_approval(ListApprovals(token.account.identifier), Task.LOOK, answered, failed)

    def _pace(self, token: Token, change: Callable[[_Pace], _Pace]) -> None:
        self._paces[token.id] = change(self._paces.get(token.id, _Pace()))

    def _take(self, token: Token, listed: tuple[PendingApproval, ...]) -> None:
        fresh = tuple(one for one in listed if one.request_id not in self._decided)
        before = self._waiting.get(token.id, ())
        kept = {one.request_id for one in fresh}
        ended = [one for one in before if one.request_id not in kept]
        # the server's answer is some moments old: a time that is known already is not told anew
        times = {one.request_id: one.until for one in before}
        fresh = tuple(replace(one, until=min(one.until, times.get(one.request_id, one.until))) for one in fresh)
        self._waiting[token.id] = fresh
        if fresh != before:
            self.changed.emit()
        for one in ended:
            self.ended.emit(Ended(one, Gone.ELSEWHERE if one.left(self._stage.clock.uptime()) else Gone.EXPIRED))

    def _forget(self, token: Token) -> None:
        if self._waiting.pop(token.id, ()):
            self.changed.emit()

    def _end(self, approval: PendingApproval, gone: Gone) -> None:
        self._keep(lambda one: one is not approval)
        self.ended.emit(Ended(approval, gone))

    def _keep(self, wanted: Callable[[PendingApproval], bool]) -> None:
        kept = {key: tuple(one for one in value if wanted(one)) for key, value in self._waiting.items()}
        if kept != self._waiting:
            self._waiting = kept
            self.changed.emit()

    def _tokens(self) -> tuple[Token, ...]:
        session = self._stage.session
        return tuple(token for token in session.tokens if token.account is not None) if session.vault_open else ()

    def _now(self) -> int:
        return self._stage.clock.uptime()


def _identifies(token: Token, approval: PendingApproval) -> bool:
    return token.account is not None and token.account.identifier == approval.user_identifier
