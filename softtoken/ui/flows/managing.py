"""Adding by link, removing, logging out, resetting, and the facts about the product."""

from dataclasses import replace

from softtoken.services.events import (
    AddToken,
    AddTokenResult,
    DeleteUser,
    DeleteUserResult,
    Event,
    GetInformation,
    Information,
    RemoveToken,
    Reset,
    Restart,
    StartResult,
    Status,
    StatusResult,
)
from softtoken.ui.flows.codes import Codes
from softtoken.ui.flows.keeping import Keeping, Next
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    About,
    AddLink,
    ConfirmRemove,
    ConfirmRemoveUnreadable,
    ConfirmReset,
    Done,
    Problem,
    Refusal,
    Task,
    Working,
)

_Confirmation = ConfirmRemove | ConfirmRemoveUnreadable


class Managing:
    """restart: what follows a reset."""

    def __init__(self, stage: Stage, keeping: Keeping, codes: Codes, restart: Next) -> None:
        self._stage = stage
        self._keeping = keeping
        self._codes = codes
        self._restart = restart

    def begin_add(self, link: str = "") -> None:
        """A link from outside is filled in and waits for the person."""
        self._stage.go(AddLink(link))

    def add(self, link: str) -> None:
        back = AddLink(link.strip())

        def done(result: AddTokenResult) -> None:
            token = result.token
            if result.status is not Status.OK or token is None:
                refused(Refusal(Task.ADD, result.status, fault=result.fault))
                return
            self._stage.tell(Done.ADDED)
            self._stage.refresh(lambda: self._keeping.show_recovery(lambda: self._codes.open(token.id)))

        def refused(problem: Problem) -> None:
            self._stage.go(replace(back, problem=problem))

        def post() -> None:
            self._stage.go(Working(Task.ADD))
            self._stage.on_token(AddToken(back.link), Task.ADD, done, refused, wherever=True)

        self._keeping.ensure_vault(post, lambda: self._stage.go(back))

    def cancel_add(self) -> None:
        self._keeping.show_recovery(self._stage.home)

    def ask_remove(self, token_id: str) -> None:
        session = self._stage.session
        token = session.token(token_id)
        if token is None:
            self._stage.home()
            return
        self._stage.go(ConfirmRemove(token, must_log_out=session.is_logged_in(token)))

    def ask_remove_unreadable(self, token_id: str) -> None:
        """Of a token that has nothing but its id."""
        self._stage.go(ConfirmRemoveUnreadable(token_id))

    def remove(self) -> None:
        """Remove the token of the confirmation page, logging its user out first if need be."""
        state = self._stage.state
        if not isinstance(state, ConfirmRemove | ConfirmRemoveUnreadable) or state.busy:
            return
        self._stage.update(replace(state, busy=True, problem=None))
        if isinstance(state, ConfirmRemoveUnreadable):
            self._delete(state, RemoveToken(state.token_id))
        elif state.must_log_out:
            self._stage.on_token(
                Restart(),
                Task.REMOVE,
                lambda _: self._delete(state, _removal(state)),
                lambda f: self._not_removed(state, f),
            )
        else:
            self._delete(state, _removal(state))

    def keep(self) -> None:
        """Leave the confirmation page."""
        state = self._stage.state
        if isinstance(state, ConfirmRemove):
            self._codes.open(state.token.id)
        elif isinstance(state, ConfirmRemoveUnreadable):
            self._stage.home()

    def log_out(self) -> None:
        def done(_: StartResult) -> None:
            self._codes.pins.forget()
            self._stage.refresh()
            self._stage.tell(Done.LOGGED_OUT)

        self._stage.on_token(Restart(), Task.LOG_OUT, done, self._stage.home, wherever=True)

    def acknowledge_restored(self) -> None:
        """The person read that the stored data is older than this computer has seen."""
        self._stage.session = replace(self._stage.session, restored=False)
        self._stage.home()

    def ask_reset(self) -> None:
        self._stage.go(ConfirmReset())

    def reset(self) -> None:
        state = self._stage.state
        if not isinstance(state, ConfirmReset) or state.busy:
            return
        self._stage.update(ConfirmReset(busy=True))

        def done(result: StatusResult) -> None:
            if result.status is not Status.OK:
                self._stage.update(ConfirmReset(problem=Refusal(Task.RESET, result.status)))
                return
            self._stage.locked = None
            self._keeping.forget()
            self._codes.pins.forget()
            self._stage.tell(Done.RESET)
            self._restart()

        self._stage.on_token(
            Reset(), Task.RESET, done, lambda f: self._stage.update(ConfirmReset(problem=f)), wherever=True
        )

    def about(self) -> None:
        self._stage.go(About())

        def done(information: Information) -> None:
            self._stage.update(About(information))

        self._stage.on_token(
            GetInformation(), Task.ABOUT, done, lambda failure: self._stage.update(About(problem=failure))
        )

    def _delete(self, state: _Confirmation, event: Event[DeleteUserResult]) -> None:
        def done(result: DeleteUserResult) -> None:
            if result.status in {Status.OK, Status.INVALID_USER_ID}:  # the second: someone else removed it
                self._codes.pins.forget()
                session = self._stage.session
                damaged = tuple(one for one in session.damaged if event != RemoveToken(one))
                self._stage.session = replace(session, tokens=result.tokens, counters=(), damaged=damaged)
                self._stage.home()
                self._stage.tell(Done.REMOVED)
                self._stage.refresh()
            else:
                self._not_removed(state, Refusal(Task.REMOVE, result.status))

        self._stage.on_token(event, Task.REMOVE, done, lambda f: self._not_removed(state, f), wherever=True)

    def _not_removed(self, state: _Confirmation, problem: Problem) -> None:
        if isinstance(state, ConfirmRemove):
            logged_in = isinstance(problem, Refusal) and problem.status is Status.INVALID_STATE
            state = replace(state, must_log_out=logged_in)
        self._stage.update(replace(state, problem=problem))


def _removal(state: ConfirmRemove) -> Event[DeleteUserResult]:
    account = state.token.account
    return RemoveToken(state.token.id) if account is None else DeleteUser(account.identifier)
