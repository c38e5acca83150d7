"""Changing a PIN: here where it is verified here, else with the server's help."""

from dataclasses import replace

from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    ChangePin,
    ChangePinResult,
    CredentialInformation,
    GetCredentialInformation,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.flows.codes import Codes
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.states import ChangePinPage, Done, Failure, PinNews, Problem, Refusal, Task, Waiting


class Pins:
    """The old PIN holds until the result says that the new one does."""

    def __init__(self, stage: Stage, codes: Codes, asking: Asking) -> None:
        self._stage = stage
        self._codes = codes
        self._asking = asking

    def begin(self, token_id: str) -> None:
        token = self._stage.session.token(token_id)
        running = self._stage.awaited(Task.CHANGE_PIN)
        if running is not None:
            self._stage.go(running)
        elif token is None or token.account is None:
            self._stage.home()
        else:
            self._stage.go(ChangePinPage(token, pin_rules(token)))
            self._look()

    def change(self, current: str, new: str) -> None:
        state = self._stage.state
        if not isinstance(state, ChangePinPage) or state.busy or state.token.account is None:
            return
        token, page = state.token, replace(state, problem=None)
        user = state.token.account.identifier

        def done(answer: Answer[ChangePinResult]) -> None:
            result, here = answer.outcome, answer.here
            if result.status is Status.OK:
                self._asking.pins.forget()
                self._changed(token, here=here)
                return
            counted = result.retry_counter
            refusal = Refusal(
                Task.CHANGE_PIN, result.status, result.detail, result.log_correlation_id, result.fault, counted
            )
            until = self._asking.until(result.retry_delay)
            if result.status is Status.INVALID_PIN:
                self._asking.pins.given(token, right=False, counted=True)
            tries = page.tries_left if counted is None else counted
            self._unchanged(replace(page, problem=refusal, tries_left=tries, delay_until=until), refusal, here=here)

        def failed(answer: Answer[Failure]) -> None:
            failure, here = answer.outcome, answer.here
            self._unchanged(replace(page, problem=failure), failure, here=here)

        waiting = Waiting(Task.CHANGE_PIN, user.user_id)
        self._stage.wait(ChangePin(user, current, new), waiting, done, failed, replace(page, busy=True))

    def _changed(self, token: Token, *, here: bool) -> None:
        if here:
            self._codes.open(token.id)
            self._stage.tell(Done.PIN_CHANGED)
        else:
            self._stage.tell(PinNews(_who(token)))

    def _unchanged(self, page: ChangePinPage, problem: Problem, *, here: bool) -> None:
        if here:
            self._stage.update(page)
        else:
            self._stage.tell(PinNews(_who(page.token), problem))

    def _look(self) -> None:
        state = self._stage.state
        if not isinstance(state, ChangePinPage) or state.token.account is None:
            return

        def seen(information: CredentialInformation) -> None:
            now = self._stage.state
            # while it is being changed the page is what the change waits for
            if isinstance(now, ChangePinPage) and not now.busy and information.status is Status.OK:
                until = self._asking.until(information.retry_delay)
                tries = information.retry_counter
                known = replace(now, verified_here=information.verified_here, tries_left=tries, delay_until=until)
                blocked = Refusal(Task.CHANGE_PIN, Status.PIN_BLOCKED, tries_left=0) if tries == 0 else now.problem
                self._stage.update(replace(known, problem=blocked))

        def unseen(failure: Failure) -> None:
            now = self._stage.state
            if isinstance(now, ChangePinPage) and not now.busy:
                self._stage.update(replace(now, problem=failure))

        event = GetCredentialInformation(state.token.account.identifier, ProtectionType.PIN)
        self._stage.on_token(event, Task.CHANGE_PIN, seen, unseen)


def pin_rules(token: Token) -> PinRules:
    """What the token's server asks of a PIN."""
    return token.policy.pin if token.policy is not None else PinRules()


def _who(token: Token) -> str:
    return token.account.user_id if token.account is not None else token.name
