"""Resynchronising: two codes from the token lane, then the server on the login lane; waiting can be left."""

from dataclasses import replace

from softtoken.engine.tokens import ProtectionType, Token, UserIdentifier
from softtoken.services.events import (
    PrepareResynchronization,
    PrepareResynchronizationResult,
    Resynchronize,
    ResynchronizeResult,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.standing import situation
from softtoken.ui.states import (
    Ask,
    Failure,
    ManagedPage,
    Problem,
    Purpose,
    Refusal,
    ResyncDone,
    ResyncNews,
    Task,
    Waiting,
    Working,
)


class Resyncs:
    """One press where no PIN has to be asked for."""

    def __init__(self, stage: Stage, asking: Asking) -> None:
        self._stage = stage
        self._asking = asking

    def begin(self, token_id: str) -> None:
        token = self._stage.session.token(token_id)
        running = self._stage.awaited(Task.RESYNCHRONISE)
        if running is not None:
            self._stage.go(running)
        elif token is None or token.account is None:
            self._stage.home()
        else:
            protection = self._meant(token)
            page = Ask(token, protection, Purpose.RESYNCHRONISE, self._asking.wants_pin(token, protection))
            if page.ask_pin:
                self._stage.go(page)
                self._asking.look(page)
            else:
                self._stage.go(Working(Task.RESYNCHRONISE))
                self._prepare(page, token.account.identifier, None)

    def submit(self, pin: str | None) -> None:
        """Make the two codes and send them."""
        state = self._stage.state
        if isinstance(state, Ask) and not state.making and state.token.account is not None:
            self._stage.update(replace(state, making=True, problem=None))
            self._prepare(state, state.token.account.identifier, pin if state.ask_pin else None)

    def again(self) -> None:
        """After a failure."""
        state = self._stage.state
        if isinstance(state, ResyncDone):
            self.begin(state.token.id)

    def _meant(self, token: Token) -> ProtectionType:
        """The one chosen on the token's page, else the one that needs it most, else the usual one."""
        state = self._stage.state
        if isinstance(state, ManagedPage):
            if state.protection is not None:
                return state.protection
            worst = max(state.standings, key=situation, default=None)
            if worst is not None and worst.protection is not None and situation(worst):
                return worst.protection
        return token.usual_protection

    def _prepare(self, page: Ask, user: UserIdentifier, pin: str | None) -> None:
        def done(result: PrepareResynchronizationResult) -> None:
            if result.codes is None:
                self._stage.update(self._asking.refused(page, pin, result, Task.RESYNCHRONISE))
                return
            self._asking.made(page.token, pin, result)
            self._post(page.token, Resynchronize(user, result.codes))

        def failed(failure: Failure) -> None:
            self._stage.update(replace(page, problem=failure))

        event = PrepareResynchronization(user, pin, page.protection)
        self._stage.on_token(event, Task.RESYNCHRONISE, done, failed)

    def _post(self, token: Token, event: Resynchronize) -> None:
        who = event.user_identifier.user_id

        def ended(problem: Problem | None, *, here: bool) -> None:
            if here:
                self._stage.go(ResyncDone(token, problem))
            else:
                self._stage.tell(ResyncNews(who, problem))
            self._stage.refresh()

        def done(answer: Answer[ResynchronizeResult]) -> None:
            result, here = answer.outcome, answer.here
            ok = result.status is Status.OK
            refusal = Refusal(Task.RESYNCHRONISE, result.status, result.detail, result.log_correlation_id)
            ended(None if ok else refusal, here=here)

        def failed(answer: Answer[Failure]) -> None:
            failure, here = answer.outcome, answer.here
            ended(failure, here=here)

        self._stage.wait(event, Waiting(Task.RESYNCHRONISE, who), done, failed)
