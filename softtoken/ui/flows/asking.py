"""Making something with a credential: its PIN where that is needed, and what a refusal means for the page."""

from dataclasses import replace
from typing import Protocol, TypeVar

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import BiometricProblem, CredentialInformation, GetCredentialInformation, Status
from softtoken.ui.flows.pin_memory import PinMemory
from softtoken.ui.stage import Stage
from softtoken.ui.states import Ask, Failure, ManagedPage, Purpose, Refusal, SignPage, Task

A = TypeVar("A", Ask, SignPage, ManagedPage)

MAY_TRY_AGAIN = {Status.INVALID_PIN, Status.TEMPORARY_LOCKED}
"""What leaves the PIN wanted."""


class Outcome(Protocol):
    """What the results of all these events share."""

    @property
    def status(self) -> Status: ...
    @property
    def retry_counter(self) -> int | None: ...
    @property
    def retry_delay(self) -> int | None: ...
    @property
    def biometric(self) -> BiometricProblem | None: ...


class Asking:
    """The same on every page that can ask for a PIN."""

    def __init__(self, stage: Stage, pins: PinMemory) -> None:
        self._stage = stage
        self.pins = pins

    def wants_pin(self, token: Token, protection: ProtectionType | None) -> bool:
        return protection is ProtectionType.PIN and not self.pins.known(token)

    def choose(self, protection: ProtectionType) -> None:
        """Another protection type on a page that asks."""
        state = self._stage.state
        if isinstance(state, SignPage):
            state = replace(state, signature=None, login_soon=False)
        if isinstance(state, Ask | SignPage) and not state.making:
            ask = self.wants_pin(state.token, protection)
            self._stage.update(_unless_blocked(replace(state, protection=protection, ask_pin=ask, problem=None)))

    def made(self, token: Token, pin: str | None, result: Outcome) -> None:
        """It worked."""
        self.pins.addressed(token)
        if pin is not None:
            self.pins.given(token, right=True, counted=result.retry_counter is not None)

    def refused(self, page: A, pin: str | None, result: Outcome, task: Task) -> A:
        """The page after a refusal, asking for the PIN again where that can help."""
        token, with_pin = page.token, page.protection is ProtectionType.PIN
        sensor = page.protection is ProtectionType.BIOMETRIC
        self.pins.addressed(token)
        if result.biometric is not None and self._stage.reader.take_pin_wanted():
            ask = self.wants_pin(token, ProtectionType.PIN)
            return replace(page, making=False, protection=ProtectionType.PIN, ask_pin=ask, problem=None)
        if with_pin and pin is None and result.status is Status.INVALID_STATE:
            self.pins.forget()  # it may not be remembered, or was forgotten meanwhile
            return replace(page, making=False, ask_pin=True)
        if result.status is Status.INVALID_PIN:
            self.pins.given(token, right=False, counted=True)
        return replace(
            page,
            making=False,
            ask_pin=with_pin and result.status in MAY_TRY_AGAIN,
            delay_until=self.until(result.retry_delay) if with_pin else None,
            tries_left=result.retry_counter if with_pin else page.tries_left,
            problem=Refusal(
                task,
                result.status,
                tries_left=result.retry_counter,
                sensor=sensor,
                biometric=result.biometric,
                wait=result.retry_delay,
            ),
        )

    def until(self, seconds: int | None) -> int | None:
        """The uptime at which a delay ends."""
        return self._stage.clock.uptime() + seconds if seconds else None

    def look(self, page: Ask | SignPage) -> None:
        """How many tries are left and how long the next one has to wait, before anybody types."""
        account = page.token.account
        if account is None or ProtectionType.PIN not in page.token.protections:
            return

        def seen(information: CredentialInformation) -> None:
            state = self._stage.state
            if isinstance(state, Ask | SignPage) and information.status is Status.OK:
                until = self.until(information.retry_delay)
                known = replace(state, tries_left=information.retry_counter, delay_until=until)
                self._stage.update(known if known.making else _unless_blocked(known))

        def unseen(_: Failure) -> None:
            """What is wrong is said when something is made."""

        event = GetCredentialInformation(account.identifier, ProtectionType.PIN)
        self._stage.on_token(event, Task.MAKE_CODE, seen, unseen)


_TASKS = {
    Purpose.LOGIN: Task.MAKE_CODE,
    Purpose.STEP_UP: Task.MAKE_CODE,
    Purpose.RESYNCHRONISE: Task.RESYNCHRONISE,
    Purpose.SUPPORT: Task.SUPPORT_CODE,
}


def _unless_blocked(page: Ask | SignPage) -> Ask | SignPage:
    """A PIN that is blocked is not asked for."""
    if page.protection is not ProtectionType.PIN or page.tries_left != 0:
        return page
    task = Task.SIGN if isinstance(page, SignPage) else _TASKS[page.purpose]
    return replace(page, ask_pin=False, problem=Refusal(task, Status.PIN_BLOCKED, tries_left=0))
