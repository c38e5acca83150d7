"""What the parts of the flow share: the state, the session, the clock and the two lanes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from softtoken.clock import Clock
from softtoken.engine.tokens import Token, UserIdentifier
from softtoken.errors import SoftTokenError
from softtoken.services.events import USUAL_LOCK_AFTER, Event, KeyringProblem, ListTokens, ListTokensResult, Status
from softtoken.ui.lane import Lane
from softtoken.ui.notices import Notices
from softtoken.ui.poster import Poster
from softtoken.ui.reader import Reader
from softtoken.ui.states import (
    About,
    ConfirmReset,
    Failure,
    Home,
    Locked,
    LoginDataPage,
    News,
    Problem,
    Settings,
    ShowRecoveryCode,
    Starting,
    State,
    Task,
    Unusable,
    Waiting,
    Welcome,
)
from softtoken.vault.errors import VaultDamaged

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Session:
    """What is known while the vault is open. counters: per token, in the same order. damaged: ids of tokens that cannot
    be read. restored: not yet acknowledged.

    keyring: why the keyring that opened it takes nothing new, unless that was put off.
    """

    vault_open: bool = False
    tokens: tuple[Token, ...] = ()
    counters: tuple[int | None, ...] = ()
    damaged: tuple[str, ...] = ()
    recovery_pending: bool = False
    logged_in: UserIdentifier | None = None
    restored: bool = False
    keyring: KeyringProblem = KeyringProblem.NONE
    login_required: tuple[str, ...] = ()

    def token(self, token_id: str) -> Token | None:
        return next((token for token in self.tokens if token.id == token_id), None)

    def counter(self, token_id: str) -> int | None:
        pairs = zip(self.tokens, self.counters, strict=False)
        return next((counter for token, counter in pairs if token.id == token_id), None)

    def is_logged_in(self, token: Token) -> bool:
        return token.account is not None and token.account.identifier == self.logged_in


@dataclass(frozen=True, slots=True)
class Answer(Generic[R]):
    """What came of something that was waited for. here: the person still waits for it."""

    outcome: R
    here: bool


class Stage(QObject):
    """Signals: changed(State), noticed(News)."""

    changed = Signal(object)
    noticed = Signal(object)

    def __init__(self, poster: Poster, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clock = clock
        self.session = Session()
        self.token_lane = Lane("token", self)
        self.login_lane = Lane("login", self)
        self.waiting_lane = Lane("waiting", self)
        self.approval_lane = Lane("approval", self)
        self.lock_lane = Lane("lock", self)
        self.locked: Locked | None = None
        self.lock_after = USUAL_LOCK_AFTER
        self.notices = Notices(poster, self)
        self.reader = Reader(poster, self.notices, self)
        self._poster = poster
        self._state: State = Starting()
        self._visit = 0
        self._line: list[Waiting] = []
        self._broke: Callable[[Failure], None] = self.tell

    @property
    def state(self) -> State:
        return self._state

    @property
    def visit(self) -> int:
        """Another number for each page that was turned to; the same while it shows other content."""
        return self._visit

    def go(self, state: State) -> None:
        """Turn to another page: what was still being made for the last one will be dropped."""
        self._visit += 1
        self.reader.left()
        self.update(state)

    def update(self, state: State) -> None:
        """The same page, with other content. While locked, only pages that need no vault are shown."""
        if self.locked is not None and not isinstance(state, _WHILE_LOCKED):
            state = self.locked
        self._state = state
        self.changed.emit(state)

    def lock(self, page: Locked) -> None:
        """From now on this page is where everything comes back to; nothing that was begun has an outcome."""
        for lane in (self.token_lane, self.login_lane, self.waiting_lane, self.approval_lane):
            lane.drop()
        self._line = []
        self.session = Session()
        self.locked = page
        self.go(page)

    def when_broken(self, broke: Callable[[Failure], None]) -> None:
        """Called when the open vault's whole file turns out to be unreadable, after what asked was told."""
        self._broke = broke

    def forsake(self) -> None:
        """Nobody who listened hears of anything any more: the parts of the flow are about to be replaced."""
        for signal in (self.noticed, self.notices.connection_told, self.notices.server_checking):
            signal.disconnect()

    def tell(self, news: News) -> None:
        self.noticed.emit(news)

    def home(self, problem: Problem | None = None) -> None:
        """The page that everything comes back to."""
        session = self.session
        if self.locked is not None:
            self.go(self.locked)
            return
        if not session.vault_open:
            self.go(Welcome(problem))
            return
        self.go(
            Home(
                session.tokens,
                session.recovery_pending,
                session.damaged,
                session.logged_in,
                session.restored,
                problem,
                session.keyring,
                session.login_required,
            )
        )

    def on_token(
        self,
        event: Event[R],
        task: Task,
        done: Callable[[R], None],
        failed: Callable[[Failure], None],
        *,
        wherever: bool = False,
    ) -> None:
        """Post on the token lane. The outcome is dropped if the page was left, unless it matters wherever one is."""
        self._run(self.token_lane, event, task, done, failed, wherever=wherever)

    @property
    def under_way(self) -> Waiting | None:
        """What is being asked of a server now."""
        return self._line[0] if self._line else None

    def awaited(self, task: Task) -> Waiting | None:
        """A task of this kind that is being asked of a server, or will be after what is under way."""
        return next((one for one in self._line if one.task is task), None)

    def wait(
        self,
        event: Event[R],
        waiting: Waiting,
        done: Callable[[Answer[R]], None],
        failed: Callable[[Answer[Failure]], None],
        page: State | None = None,
    ) -> None:
        """Post on the lane for what waits for a network, and show that: with `waiting` itself, or with `page`.

        The outcome always arrives.
        """
        shown = waiting if page is None else page
        self._line.append(waiting)
        if page is None:
            self.go(waiting)
        else:
            self.update(page)

        def landed() -> bool:
            self._line = [one for one in self._line if one is not waiting]
            return self._state is shown

        self._run(
            self.login_lane,
            event,
            waiting.task,
            lambda result: done(Answer(result, landed())),
            lambda failure: failed(Answer(failure, landed())),
            wherever=True,
        )

    def watch(self, event: Event[R], task: Task, done: Callable[[R], None], failed: Callable[[Failure], None]) -> None:
        """Post on the lane for what waits for a person elsewhere, up to a minute. The outcome always arrives."""
        self._run(self.waiting_lane, event, task, done, failed, wherever=True)

    def on_approval(
        self, event: Event[R], task: Task, done: Callable[[R], None], failed: Callable[[Failure], None]
    ) -> None:
        """Post on the lane for logins to approve: neither a login that waits for one, nor a code, is held up.

        The outcome always arrives.
        """
        self._run(self.approval_lane, event, task, done, failed, wherever=True)

    def on_lock(
        self, event: Event[R], task: Task, done: Callable[[R], None], failed: Callable[[Failure], None]
    ) -> None:
        """Post on a lane of its own: a lock waits for nothing. The outcome always arrives."""
        self._run(self.lock_lane, event, task, done, failed, wherever=True)

    def ask_server(
        self, event: Event[R], task: Task, done: Callable[[R], None], failed: Callable[[Failure], None]
    ) -> None:
        """Post on the lane for what waits for a network, for a page that is not Waiting. The outcome always arrives."""
        self._run(self.login_lane, event, task, done, failed, wherever=True)

    def refresh(self, then: Callable[[], None] | None = None) -> None:
        """Read the tokens again, then go on; a list that cannot be read leaves the old one standing."""

        def listed(result: ListTokensResult) -> None:
            if result.status is Status.OK:
                self.session = replace(
                    self.session,
                    tokens=result.tokens,
                    counters=result.counters,
                    damaged=result.damaged_ids,
                    logged_in=result.logged_in,
                    login_required=result.login_required,
                )
                self._show_list()
            if then is not None:
                then()

        def failed(failure: Failure) -> None:
            if not self._breaks(failure):
                self.tell(failure)
            if then is not None:
                then()

        self.on_token(ListTokens(), Task.START, listed, failed, wherever=True)

    def stop(self, patience: float) -> bool:
        """Stop the lanes: first what makes codes, then what waits for a server. False: one of them goes on."""
        self._visit += 1
        self.reader.cancel()
        self.notices.stop()
        ended = time.monotonic() + patience
        lanes = (self.token_lane, self.login_lane, self.waiting_lane, self.approval_lane, self.lock_lane)
        quiet = [lane.stop(max(0.0, ended - time.monotonic())) for lane in lanes]
        return all(quiet)

    def _breaks(self, failure: Failure) -> bool:
        """Is nothing to be done any more with what is open? A recovery code that is being shown stays all the same."""
        error = failure.error
        broken = isinstance(error, VaultDamaged) and error.row_id is None
        return broken and self.session.vault_open and not isinstance(self._state, Unusable | ShowRecoveryCode)

    def _show_list(self) -> None:
        if isinstance(self._state, Home):
            session = self.session
            self.update(
                replace(
                    self._state,
                    tokens=session.tokens,
                    damaged=session.damaged,
                    logged_in=session.logged_in,
                    login_required=session.login_required,
                )
            )

    def _run(
        self,
        lane: Lane,
        event: Event[R],
        task: Task,
        done: Callable[[R], None],
        failed: Callable[[Failure], None],
        *,
        wherever: bool,
    ) -> None:
        visit = self._visit

        def deliver(result: R) -> None:
            if wherever or visit == self._visit:
                done(result)

        def deliver_failure(error: Exception) -> None:
            failure = Failure(task, error, _where(error))
            # frames hold the events, and with them PINs, for as long as the state holds the error
            error.__traceback__ = error.__context__ = error.__cause__ = None
            if wherever or visit == self._visit:
                failed(failure)
            if lane is self.token_lane and self._breaks(failure):
                self._broke(failure)

        lane.run(lambda: self._poster.post(event), deliver, deliver_failure)


_WHILE_LOCKED = (Locked, About, Settings, LoginDataPage, ConfirmReset, Unusable)


def _where(error: Exception) -> str:
    if isinstance(error, SoftTokenError):
        return ""
    frames = extract_tb(error.__traceback__)
    place = f" {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
