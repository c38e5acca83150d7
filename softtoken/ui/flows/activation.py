"""Activating this device with a code from an organisation, step by step."""

from dataclasses import dataclass, field, replace

from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import ProtectionType
from softtoken.formats.activation_link import BadLink, parse_activation_link
from softtoken.services.events import (
    Activate,
    ActivationResult,
    Binding,
    BiometricInformation,
    BiometricProblem,
    GetBiometricInformation,
    Status,
)
from softtoken.ui.flows.keeping import Keeping
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.states import (
    Activated,
    ActivationFailed,
    ActivationForm,
    ActivationNews,
    ChooseProtection,
    Done,
    Failure,
    Problem,
    Refusal,
    SetPin,
    Task,
    Waiting,
)


@dataclass(frozen=True, slots=True)
class _Draft:
    server: str = ""
    user: str = ""
    code: str = field(default="", repr=False)
    protections: frozenset[ProtectionType] = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
    pin: str | None = field(default=None, repr=False)


class Activation:
    """The draft lives here until it is used or given up; the pages only show it."""

    def __init__(self, stage: Stage, keeping: Keeping) -> None:
        self._stage = stage
        self._keeping = keeping
        self._draft = _Draft()

    def begin(self) -> None:
        running = self._stage.awaited(Task.ACTIVATE)
        if running is not None:
            self._stage.go(running)
            return
        self._draft = _Draft()
        self._stage.go(ActivationForm())

    def begin_with_link(self, link: str) -> None:
        """From a softtoken:// link; the person still has to confirm what it filled in."""
        try:
            parts = parse_activation_link(link)
        except BadLink:
            self.begin()
            self._stage.tell(Done.BAD_LINK)
            return
        if self._stage.awaited(Task.ACTIVATE) is not None:
            self.begin()
        else:
            self._draft = _Draft(parts.server, parts.user, parts.code)
            self._show_form()

    def submit_form(self, server: str, user: str, code: str) -> None:
        self._draft = replace(self._draft, server=server.strip(), user=user.strip(), code=code.strip())
        self._show_protection()

    def choose(self, protections: frozenset[ProtectionType]) -> None:
        self._draft = replace(self._draft, protections=protections)
        if ProtectionType.PIN not in protections:
            self._draft = replace(self._draft, pin=None)
        # after a reader that failed it is here already
        if ProtectionType.PIN in protections and self._draft.pin is None:
            self._show_pin()
        else:
            self.run()

    def set_pin(self, pin: str) -> None:
        self._draft = replace(self._draft, pin=pin)
        self.run()

    def back(self) -> None:
        """One step back; from the first one, out."""
        match self._stage.state:
            case SetPin():
                self._draft = replace(self._draft, pin=None)
                self._show_protection()
            case ChooseProtection() | ActivationFailed():
                self._draft = replace(self._draft, pin=None)
                self._show_form()
            case _:
                self._draft = _Draft()
                self._keeping.show_recovery(self._stage.home)

    def run(self) -> None:
        """Activate with the draft as it stands; also the second try after a failure of the environment."""
        self._keeping.ensure_vault(self._post, self._show_form)

    def finish(self) -> None:
        """The result was read."""
        self._stage.home()

    def _post(self) -> None:
        draft = self._draft
        event = Activate(draft.server, draft.user, draft.code, draft.protections, draft.pin)
        self._stage.wait(event, Waiting(Task.ACTIVATE, draft.user), self._done, self._failed)

    def _done(self, answer: Answer[ActivationResult]) -> None:
        result, here = answer.outcome, answer.here
        user = self._draft.user
        if result.status is Status.OK and result.token is not None:
            self._activated(user, Activated(result.token, result.login), here=here)
            return
        problem = refused_activation(Task.ACTIVATE, result)
        if not here:
            self._left(problem)
        elif result.biometric is not None:
            self._without_yes(problem)
        elif result.status in {Status.INVALID_NEW_PIN_FORMAT, Status.INVALID_PIN}:
            self._draft = replace(self._draft, pin=None)
            self._show_pin(problem)
        else:
            self._draft = replace(self._draft, pin=None)
            self._show_form(problem)

    def _without_yes(self, problem: Refusal) -> None:
        """The reader brought nothing, and nothing was sent: only the PIN, or another choice."""
        if self._stage.reader.take_pin_wanted():
            self._draft = replace(self._draft, protections=self._draft.protections - {ProtectionType.BIOMETRIC})
            self.run()
        else:
            self._show_protection(problem)

    def _failed(self, answer: Answer[Failure]) -> None:
        failure, here = answer.outcome, answer.here
        if here:
            self._stage.go(ActivationFailed(self._draft.user, failure))
        else:
            self._left(failure)

    def _activated(self, user: str, page: Activated, *, here: bool) -> None:
        self._draft = _Draft()

        def show() -> None:
            self._keeping.show_recovery(lambda: self._stage.go(page))

        self._stage.refresh(show if here else None)
        if not here:
            self._stage.tell(ActivationNews(user))

    def _left(self, problem: Problem) -> None:
        user, self._draft = self._draft.user, _Draft()
        self._stage.tell(ActivationNews(user, problem))

    def _show_form(self, problem: Problem | None = None) -> None:
        draft = self._draft
        self._stage.go(ActivationForm(draft.server, draft.user, draft.code, problem))

    def _show_protection(self, problem: Problem | None = None) -> None:
        self._stage.go(ChooseProtection(self._draft.user, self._draft.protections, problem=problem))

        def known(information: BiometricInformation) -> None:
            state = self._stage.state
            if isinstance(state, ChooseProtection):
                self._stage.update(replace(state, biometric=information))

        def unknown(_: Failure) -> None:
            known(BiometricInformation(Status.OK, "", Binding.PROMPT, BiometricProblem.READER_FAILED))

        self._stage.on_token(GetBiometricInformation(), Task.ACTIVATE, known, unknown)

    def _show_pin(self, problem: Problem | None = None) -> None:
        self._stage.go(SetPin(self._draft.user, PinRules(), problem))


def refused_activation(task: Task, result: ActivationResult) -> Refusal:
    """What a refused PIN's detail holds is no sentence of the server but a PinFault."""
    if result.status is Status.INVALID_NEW_PIN_FORMAT:
        return Refusal(task, result.status, fault=result.detail)
    return Refusal(
        task,
        result.status,
        result.detail,
        result.log_correlation_id,
        sensor=result.biometric is not None,
        biometric=result.biometric,
    )
