"""Approving or declining a login that waits: only when somebody asks for it, on a lane that nothing else uses."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    ApprovalResult,
    ApproveLogin,
    BiometricProblem,
    CredentialInformation,
    DeclineLogin,
    GetCredentialInformation,
    PendingApproval,
    Status,
)
from softtoken.ui.flows.asking import MAY_TRY_AGAIN, Asking
from softtoken.ui.flows.lookout import Ended, Lookout
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    About,
    Activated,
    ApprovalDone,
    ApprovalNews,
    ApprovalPage,
    Ask,
    Decision,
    Failure,
    Gone,
    Home,
    LoginDone,
    LoginWait,
    Looked,
    ManagedPage,
    OathPage,
    Refusal,
    ResyncDone,
    Settings,
    SignPage,
    StepPage,
    SupportCode,
    Task,
    TypedLogin,
    Waiting,
)

_CALM = (
    Home,
    ManagedPage,
    OathPage,
    Activated,
    StepPage,
    LoginWait,
    LoginDone,
    ResyncDone,
    TypedLogin,
    Waiting,
    SupportCode,
    Settings,
    About,
    ApprovalDone,
)
_ENDED_BY_SERVER = {Status.OK, Status.USER_CONFIRMATION_TIMEOUT, Status.LOCKED_USER}


class Approvals:
    """lookout: what waits. show_wait: back to a login of this window that waits for the approval; False without one."""

    def __init__(self, stage: Stage, asking: Asking, show_wait: Callable[[], bool]) -> None:
        self._stage = stage
        self._asking = asking
        self._show_wait = show_wait
        self._from_wait = False
        self.lookout = Lookout(stage)
        self.lookout.ended.connect(self._ended)

    @property
    def may_open(self) -> bool:
        """May the page that is shown be left for a request? Not one where something is typed or shown once, and never
        a request that somebody reads: a click on its way to one would decide the other.
        """
        match self._stage.state:
            case Ask(making=making) | SignPage(making=making):
                return not making
            case ApprovalPage(gone=gone):
                return gone is not None
            case state:
                return isinstance(state, _CALM)

    def can(self, token: Token) -> bool:
        """May this computer approve logins of the token's user?"""
        return self.lookout.offers(token)

    def look(self) -> None:
        """Somebody asks for what waits: go there, or say that nothing does."""

        def looked(offered: bool, failure: Failure | None) -> None:  # noqa: FBT001  as the lookout calls it
            waiting = self.lookout.waiting
            if waiting:
                self.open(waiting[0].request_id)
            else:
                self._stage.tell(failure or Looked(unsupported=not offered))

        self._look_from_here(looked)

    def approve_request(self, _token_id: str, request_id: str) -> None:
        """Go to a request that may not have been seen yet."""
        if self._find(request_id) is not None:
            self.open(request_id)
            return

        def looked(_offered: bool, failure: Failure | None) -> None:  # noqa: FBT001  as the lookout calls it
            if self._find(request_id) is not None:
                self.open(request_id)
            else:
                self._stage.tell(failure or Looked())

        self._look_from_here(looked)

    def open(self, request_id: str) -> None:
        """Show a login that waits. Nothing is preselected, and nothing is asked yet."""
        if not self.may_open:
            return
        approval = self._find(request_id)
        token = None if approval is None else self.lookout.token_of(approval)
        if approval is None or token is None:
            return
        self._from_wait = isinstance(self._stage.state, LoginWait)
        self._stage.go(ApprovalPage(token, approval, next(iter(approval.protections), None)))

    def approve(self) -> None:
        """The person approves: the PIN where it is demanded, else at once."""
        state = self._stage.state
        if not isinstance(state, ApprovalPage) or state.deciding or state.gone or state.protection is None:
            return
        if state.protection is ProtectionType.PIN:
            self._stage.update(replace(state, ask_pin=True, problem=None))
            self._look_at_pin(state)
        else:
            self._decide(state, ApproveLogin(state.approval, None, state.protection), Decision.APPROVE)

    def use_pin(self) -> None:
        """The PIN in place of a finger or a face, where the server takes it."""
        state = self._stage.state
        if isinstance(state, ApprovalPage) and not state.deciding and not state.gone:
            self._by_pin(state)

    def submit(self, pin: str) -> None:
        """The PIN for an approval."""
        state = self._stage.state
        if isinstance(state, ApprovalPage) and state.ask_pin and not state.deciding and not state.gone:
            self._decide(state, ApproveLogin(state.approval, pin, state.protection), Decision.APPROVE)

    def decline(self) -> None:
        """The person declines. Needs no PIN."""
        state = self._stage.state
        if isinstance(state, ApprovalPage) and not state.deciding and not state.gone:
            self._decide(state, DeclineLogin(state.approval), Decision.DECLINE)

    def expire(self) -> None:
        """The time of the request on the page is over."""
        self._close(Gone.EXPIRED)

    def back(self) -> None:
        """From the page, or from what became of it. What is under way goes on."""
        if not self._goes_back():
            self._stage.home()

    def stop(self) -> None:
        self.lookout.stop()

    def _look_from_here(self, looked: Callable[[bool, Failure | None], None]) -> None:
        """Look; who has left the page by the time of the answer is asked for nothing any more."""
        visit = self._stage.visit

        def answered(offered: bool, failure: Failure | None) -> None:  # noqa: FBT001  as the lookout calls it
            if self._stage.visit == visit:
                looked(offered, failure)

        self.lookout.look(answered)

    def _decide(self, page: ApprovalPage, event: ApproveLogin | DeclineLogin, decision: Decision) -> None:
        shown = replace(page, deciding=decision, problem=None)
        self._stage.update(shown)

        def here() -> ApprovalPage | None:
            state = self._stage.state
            same = isinstance(state, ApprovalPage) and state.approval == page.approval
            return state if same and isinstance(state, ApprovalPage) and state.deciding else None

        def done(result: ApprovalResult) -> None:
            ended = result.status in _ENDED_BY_SERVER and result.biometric is None
            if ended or result.outdated is not None:
                self.lookout.decided(page.approval)
                self._over(page, decision, result, here=here() is not None)
            elif (now := here()) is not None:
                self._after_refusal(now, decision, result)
            elif result.biometric is not BiometricProblem.CANCELLED:  # who left stopped it
                self._stage.tell(ApprovalNews(_who(page.approval), decision, result))
            self._stage.refresh()

        def failed(failure: Failure) -> None:
            now = here()
            if now is not None:
                self._stage.update(replace(now, deciding=None, ask_pin=False, problem=failure))
            else:
                self._stage.tell(ApprovalNews(_who(page.approval), decision, None, failure))

        task = Task.APPROVE if decision is Decision.APPROVE else Task.DECLINE
        self._stage.on_approval(event, task, done, failed)

    def _over(self, page: ApprovalPage, decision: Decision, result: ApprovalResult, *, here: bool) -> None:
        """The login that waits on the page before this one tells how it ended itself."""
        if here and not (result.status is Status.OK and self._goes_back()):
            self._stage.go(ApprovalDone(page.token, page.approval, decision, result))
        elif not here:
            self._stage.tell(ApprovalNews(_who(page.approval), decision, result))

    def _goes_back(self) -> bool:
        """To the login that waits, if one came from there."""
        return self._from_wait and self._show_wait()

    def _after_refusal(self, page: ApprovalPage, decision: Decision, result: ApprovalResult) -> None:
        refused = self._refused(page, decision, result)
        if result.biometric is not None and self._stage.reader.take_pin_wanted() and refused.pin_instead:
            self._by_pin(replace(refused, problem=None))
        else:
            self._stage.update(refused)

    def _by_pin(self, page: ApprovalPage) -> None:
        if page.pin_instead:
            by_pin = replace(page, protection=ProtectionType.PIN, ask_pin=True, problem=None)
            self._stage.update(by_pin)
            self._look_at_pin(by_pin)

    def _refused(self, page: ApprovalPage, decision: Decision, result: ApprovalResult) -> ApprovalPage:
        """What leaves the request waiting."""
        if result.status is Status.INVALID_PIN:
            self._asking.pins.given(page.token, right=False, counted=True)
        task = Task.APPROVE if decision is Decision.APPROVE else Task.DECLINE
        again = MAY_TRY_AGAIN | {Status.WRONG_CREDENTIALS}
        return replace(
            page,
            deciding=None,
            ask_pin=page.ask_pin and result.status in again,
            delay_until=self._asking.until(result.retry_delay),
            tries_left=result.retry_counter,
            problem=Refusal(
                task,
                result.status,
                result.detail,
                result.log_correlation_id,
                tries_left=result.retry_counter,
                sensor=page.protection is ProtectionType.BIOMETRIC and decision is Decision.APPROVE,
                biometric=result.biometric,
                wait=result.retry_delay,
            ),
        )

    def _look_at_pin(self, page: ApprovalPage) -> None:
        """How many tries are left and how long the next one has to wait, before anybody types."""

        def seen(information: CredentialInformation) -> None:
            state = self._stage.state
            if not isinstance(state, ApprovalPage) or state.deciding or information.status is not Status.OK:
                return
            known = replace(
                state,
                tries_left=information.retry_counter,
                delay_until=self._asking.until(information.retry_delay),
            )
            if known.tries_left == 0:
                known = replace(known, ask_pin=False, problem=Refusal(Task.APPROVE, Status.PIN_BLOCKED, tries_left=0))
            self._stage.update(known)

        def unseen(_: Failure) -> None:
            """What is wrong is said when something is made."""

        event = GetCredentialInformation(page.approval.user_identifier, ProtectionType.PIN)
        self._stage.on_token(event, Task.APPROVE, seen, unseen)

    def _ended(self, ended: Ended) -> None:
        state = self._stage.state
        if isinstance(state, ApprovalPage) and state.approval.request_id == ended.approval.request_id:
            self._close(ended.gone)

    def _close(self, gone: Gone) -> None:
        state = self._stage.state
        # what is being told the server has its own end
        if isinstance(state, ApprovalPage) and not state.deciding and state.gone is None:
            self._stage.update(replace(state, gone=gone, ask_pin=False, problem=None))

    def _find(self, request_id: str) -> PendingApproval | None:
        return next((one for one in self.lookout.waiting if one.request_id == request_id), None)


def _who(approval: PendingApproval) -> str:
    return approval.user_identifier.user_id
