"""Forgot PIN: a new activation code and a new PIN for a token that is here."""

from dataclasses import dataclass, field, replace

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import ActivationResult, BiometricProblem, Reactivate, Status
from softtoken.ui.biometric_words import BEYOND_TRYING
from softtoken.ui.flows.activation import refused_activation
from softtoken.ui.flows.asking import Asking
from softtoken.ui.flows.pins import pin_rules
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.states import (
    Activated,
    ActivationFailed,
    ActivationNews,
    Failure,
    ForgotPin,
    Problem,
    Refusal,
    SetPin,
    Task,
    Waiting,
)


@dataclass(frozen=True, slots=True)
class _Draft:
    token: Token
    code: str = field(default="", repr=False)
    pin: str | None = field(default=None, repr=False)
    without_sensor: bool = False

    @property
    def protections(self) -> frozenset[ProtectionType] | None:
        """None keeps what the token has."""
        return frozenset(self.token.protections) - {ProtectionType.BIOMETRIC} if self.without_sensor else None


class Reactivation:
    """The draft lives here until it is used or given up; the pages only show it."""

    def __init__(self, stage: Stage, asking: Asking) -> None:
        self._stage = stage
        self._asking = asking
        self._draft: _Draft | None = None

    def begin(self, token_id: str) -> None:
        token = self._stage.session.token(token_id)
        running = self._stage.awaited(Task.REACTIVATE)
        if running is not None:
            self._stage.go(running)
        elif token is None or token.account is None:
            self._stage.home()
        else:
            self._show_form(_Draft(token))

    def submit_code(self, code: str) -> None:
        if self._draft is None:
            return
        self._draft = replace(self._draft, code=code.strip())
        if ProtectionType.PIN in self._draft.token.protections:
            self._show_pin(self._draft)
        else:
            self.run()

    def set_pin(self, pin: str) -> None:
        if self._draft is not None:
            self._draft = replace(self._draft, pin=pin)
            self.run()

    def back(self) -> None:
        """One step back; from the form, out."""
        if self._draft is not None:
            self._show_form(replace(self._draft, pin=None))

    def forget(self) -> None:
        """The person left."""
        self._draft = None

    def run(self) -> None:
        """Activate again with the draft as it stands; also the second try after a failure of the environment."""
        draft = self._draft
        if draft is None or draft.token.account is None:
            return
        token = draft.token
        user = draft.token.account.identifier

        def done(answer: Answer[ActivationResult]) -> None:
            result, here = answer.outcome, answer.here
            if result.status is Status.OK and result.token is not None:
                self._activated(Activated(result.token, result.login, again=True), here=here)
                return
            refusal = refused_activation(Task.REACTIVATE, result)
            if not here:
                self._left(user.user_id, refusal)
            elif result.biometric is not None:
                self._without_yes(draft, result.biometric, refusal)
            elif result.status in {Status.INVALID_NEW_PIN_FORMAT, Status.INVALID_PIN}:
                self._show_pin(replace(draft, pin=None), refusal)
            else:
                self._show_form(replace(draft, pin=None), refusal)

        def failed(answer: Answer[Failure]) -> None:
            failure, here = answer.outcome, answer.here
            if here:
                self._stage.go(ActivationFailed(user.user_id, failure, token))
            else:
                self._left(user.user_id, failure)

        event = Reactivate(user, draft.code, draft.pin, draft.protections)
        self._stage.wait(event, Waiting(Task.REACTIVATE, user.user_id), done, failed)

    def _without_yes(self, draft: _Draft, problem: BiometricProblem, refusal: Refusal) -> None:
        """The reader brought nothing, and nothing was sent. One that is not there is not asked for again."""
        if self._stage.reader.take_pin_wanted():
            self._draft = replace(draft, without_sensor=True)
            self.run()
        else:
            self._show_form(replace(draft, pin=None, without_sensor=problem in BEYOND_TRYING), refusal)

    def _activated(self, page: Activated, *, here: bool) -> None:
        self._draft = None
        self._asking.pins.forget()
        self._stage.refresh((lambda: self._stage.go(page)) if here else None)
        if not here and page.token.account is not None:
            self._stage.tell(ActivationNews(page.token.account.user_id))

    def _left(self, who: str, problem: Problem) -> None:
        self._draft = None
        self._stage.tell(ActivationNews(who, problem))

    def _show_form(self, draft: _Draft, problem: Problem | None = None) -> None:
        self._draft = draft
        self._stage.go(ForgotPin(draft.token, draft.code, problem))

    def _show_pin(self, draft: _Draft, problem: Problem | None = None) -> None:
        self._draft = draft
        user = draft.token.account.user_id if draft.token.account is not None else ""
        self._stage.go(SetPin(user, pin_rules(draft.token), problem, draft.token))
