"""Going on with a login that its first answer did not finish: the page that it needs, waiting, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    AwaitLogin,
    Cancellation,
    CodeAnswer,
    ContinueLogin,
    CredentialInformation,
    GetCredentialInformation,
    LoginResult,
    LoginStep,
    PasswordAnswer,
    Resynchronised,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.stage import Answer, Stage
from softtoken.ui.standing import drifted
from softtoken.ui.states import (
    Ask,
    Done,
    Failure,
    LoginDone,
    LoginNews,
    LoginWait,
    News,
    OpenLogin,
    Problem,
    Purpose,
    Refusal,
    StepPage,
    Task,
    Waiting,
)

CanApprove = Callable[[Token], bool]
"""May this computer approve logins of the token's user?"""

Approve = Callable[[str, str], None]
"""Go to where a request is approved: the token's id, the request's."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a login. token: None for a typed code. protection: of the code that was sent, if it was made here."""

    who: str
    token: Token | None
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class _Wait:
    login: OpenLogin
    cancellation: Cancellation


class LoginSteps:
    """At most one login is open, and it is forgotten when another one begins."""

    def __init__(self, stage: Stage, asking: Asking) -> None:
        self._stage = stage
        self._asking = asking
        self._open: OpenLogin | None = None
        self._wait: _Wait | None = None
        self._can_approve: CanApprove = lambda _: False
        self._approve: Approve = lambda _token, _request: None
        self._look_at: Callable[[Token], None] = lambda _: None
        stage.notices.connection_told.connect(self._connection_told)
        stage.noticed.connect(self._heard)

    def when_approving(self, can: CanApprove, approve: Approve, look_at: Callable[[Token], None]) -> None:
        """Who offers to approve a request on this computer. look_at: find out whether the token's server offers it."""
        self._can_approve, self._approve, self._look_at = can, approve, look_at

    def resume(self, token_id: str | None) -> bool:
        """Go on where a login was left. token_id: None for a typed code. False: there is none, so begin anew."""
        if self.show_wait():
            return True
        login = self._alive()
        if login is None or (login.token.id if login.token else None) != token_id:
            self._open = None
            return False
        self._show(login)
        return True

    def landed(self, attempt: Attempt, result: LoginResult, *, here: bool) -> None:
        """The server answered a call of a login. here: the person still waits for it."""
        login = None if result.pending is None else OpenLogin(attempt.who, attempt.token, result.pending)
        if login is not None and login.pending.step is LoginStep.UNSUPPORTED:
            login = None
        self._open = login
        if login is None:
            self._finish(attempt, LoginDone(attempt.who, attempt.token, result), here=here)
        elif login.pending.step is LoginStep.APPROVAL:
            self._begin_waiting(login, here=here)
        elif _lacks(login) and result.status is Status.NEGATIVE:
            self._finish(attempt, LoginDone(attempt.who, attempt.token, result, lacking=True), here=here)
        elif here:
            self._show(login, _refusal(login, result))
        else:
            self._stage.tell(LoginNews(attempt.who, result))

    def lost(self, attempt: Attempt, failure: Failure, *, here: bool) -> None:
        """A call failed."""
        resumable = self._alive() is not None
        self._finish(attempt, LoginDone(attempt.who, attempt.token, None, failure, resumable=resumable), here=here)

    def answer(self, text: str) -> None:
        """What was typed on a step's page: a password or a code."""
        state = self._stage.state
        if isinstance(state, StepPage) and self._stage.under_way is None:
            by_password = state.login.pending.step is LoginStep.PASSWORD
            self.post(state.login, PasswordAnswer(text) if by_password else CodeAnswer(text), None)

    def post(self, login: OpenLogin, answer: CodeAnswer | PasswordAnswer, protection: ProtectionType | None) -> None:
        """The next call."""
        attempt = Attempt(login.who, login.token, protection)

        def done(answered: Answer[LoginResult]) -> None:
            self.landed(attempt, answered.outcome, here=answered.here)

        def failed(answered: Answer[Failure]) -> None:
            self.lost(attempt, answered.outcome, here=answered.here)

        self._stage.wait(ContinueLogin(login.pending, answer), Waiting(Task.STEP_UP, login.who), done, failed)

    def type_instead(self) -> None:
        """Another device's code for a login that this token cannot finish."""
        login = self._alive()
        if login is not None and isinstance(self._stage.state, LoginDone):
            self._stage.go(StepPage(login))

    def expire(self) -> None:
        """The time of the login that is asked about on the page is over."""
        match self._stage.state:
            case Ask(login=OpenLogin() as login, making=False) | StepPage(login=login):
                self._open = None
                over = LoginResult(Status.USER_CONFIRMATION_TIMEOUT)
                self._stage.go(LoginDone(login.who, login.token, over))
            case _:
                pass

    def stop_waiting(self) -> None:
        """Ask no longer. The request itself goes on."""
        wait = self._wait
        if wait is None:
            return
        self.forget()
        code = wait.login.pending.risk_response_code
        stopped = LoginResult(Status.USER_CANCEL, code, request_id=wait.login.pending.request_id)
        if isinstance(self._stage.state, LoginWait):
            self._stage.go(LoginDone(wait.login.who, wait.login.token, stopped))

    def show_wait(self) -> bool:
        """Show what is waited for. False: nothing is."""
        if self._wait is None:
            return False
        login = self._wait.login
        reachable = self._stage.notices.reachable(login.pending.origin)
        self._stage.go(LoginWait(login, offer_approval=self._offers(login), unreachable=reachable is False))
        return True

    def look_again(self) -> None:
        """It may be known only now whether this computer may approve what is waited for."""
        state = self._stage.state
        if isinstance(state, LoginWait) and state.offer_approval != (offer := self._offers(state.login)):
            self._stage.update(replace(state, offer_approval=offer))

    def approve_here(self) -> None:
        """Approve on this computer what is waited for."""
        state = self._stage.state
        if isinstance(state, LoginWait) and state.offer_approval and state.login.token is not None:
            self._approve(state.login.token.id, state.login.pending.request_id or "")

    def forget(self) -> None:
        """Nothing is open any more, and nothing is waited for."""
        if self._wait is not None:
            self._wait.cancellation.cancel()
        self._wait = self._open = None

    def _alive(self) -> OpenLogin | None:
        login = self._open
        return login if login is not None and login.pending.left(self._stage.clock.uptime()) else None

    def _show(self, login: OpenLogin, problem: Problem | None = None) -> None:
        if login.pending.step is LoginStep.TOKEN_CODE and login.token is not None and login.usable:
            protection = login.usable[0]
            ask = self._asking.wants_pin(login.token, protection)
            page = Ask(login.token, protection, Purpose.STEP_UP, ask, problem=problem, login=login)
            self._stage.go(page)
            self._asking.look(page)
        else:
            self._stage.go(StepPage(login, problem))

    def _offers(self, login: OpenLogin) -> bool:
        """Not where a device is wanted that can do more than this computer."""
        token = login.token
        return token is not None and bool(login.usable) and self._can_approve(token)

    def _begin_waiting(self, login: OpenLogin, *, here: bool) -> None:
        wait = _Wait(login, Cancellation())
        self._open, self._wait = login, wait
        attempt = Attempt(login.who, login.token)

        def done(result: LoginResult) -> None:
            if self._wait is wait:
                ended(LoginDone(login.who, login.token, result))

        def failed(failure: Failure) -> None:
            if self._wait is wait:
                ended(LoginDone(login.who, login.token, None, failure))

        def ended(page: LoginDone) -> None:
            state = self._stage.state
            self._open = self._wait = None
            self._finish(attempt, page, here=isinstance(state, LoginWait) and state.login is login)

        if here:
            self.show_wait()
        else:
            self._stage.tell(LoginNews(login.who, LoginResult(Status.NEGATIVE, pending=login.pending)))
        if login.token is not None and login.usable:
            self._look_at(login.token)
        self._stage.watch(AwaitLogin(login.pending, wait.cancellation), Task.AWAIT_LOGIN, done, failed)

    def _finish(self, attempt: Attempt, page: LoginDone, *, here: bool) -> None:
        if here:
            self._stage.go(page)
        else:
            self._stage.tell(LoginNews(page.who, page.result, page.problem))
        if page.token is not None:
            self._stage.refresh()
        result = page.result
        wrong = result is not None and result.status is Status.WRONG_CREDENTIALS
        if here and wrong and result is not None and result.resynchronised is not Resynchronised.REFUSED:
            self._look_for_drift(page, attempt)

    def _look_for_drift(self, page: LoginDone, attempt: Attempt) -> None:
        """A refused code may be a wrong PIN, or a counter too far ahead: then a resynchronisation is offered."""
        account = page.token.account if page.token else None
        if account is None or attempt.protection is None:
            return

        def seen(information: CredentialInformation) -> None:
            if information.status is Status.OK and drifted(information) and self._stage.state is page:
                self._stage.update(replace(page, drifted=True))

        def unseen(_: Problem) -> None:
            """The verdict stands by itself."""

        event = GetCredentialInformation(account.identifier, attempt.protection)
        self._stage.on_token(event, Task.LOGIN, seen, unseen)

    def _connection_told(self, origin: str) -> None:
        state = self._stage.state
        if isinstance(state, LoginWait) and state.login.pending.origin == origin:
            unreachable = self._stage.notices.reachable(origin) is False
            if unreachable != state.unreachable:
                self._stage.update(replace(state, unreachable=unreachable))

    def _heard(self, news: News) -> None:
        if news in {Done.LOGGED_OUT, Done.RESET}:  # whoever was to be logged in is not any more
            self.forget()


def _lacks(login: OpenLogin) -> bool:
    """Does it want a code that this very token cannot make?"""
    return login.pending.step is LoginStep.TOKEN_CODE and login.token is not None and not login.usable


def _refusal(login: OpenLogin, result: LoginResult) -> Problem | None:
    """What to say above a step that is asked for again; None for one that is asked for the first time."""
    if result.status is Status.NEGATIVE:
        return None
    unsent = result.resynchronised is Resynchronised.REFUSED
    fault = result.resynchronised.value if unsent else login.pending.step.value
    return Refusal(Task.STEP_UP, result.status, result.detail, result.log_correlation_id, fault)
