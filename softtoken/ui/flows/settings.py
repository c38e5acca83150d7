"""What holds for this computer, and what tokens are called on it."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.services.events import (
    ClockInformation,
    DeviceInformation,
    EnableAtcResynchronizationDuringNextLogin,
    GetClockCorrection,
    GetDeviceInformation,
    GetLockAfter,
    GetLookForApprovals,
    GetState,
    LockAfterResult,
    LookForApprovalsResult,
    RenameToken,
    SetAtcResynchronizationBeforeEveryLogin,
    SetDeviceName,
    SetLockAfter,
    SetLookForApprovals,
    StateResult,
    Status,
    StatusResult,
)
from softtoken.ui.flows.codes import Codes
from softtoken.ui.flows.lookout import Lookout
from softtoken.ui.stage import Stage
from softtoken.ui.states import Done, Failure, Problem, Refusal, Rename, Settings, Task


class Preferences:
    """Each change is stored at once; what is shown is what was read back."""

    def __init__(self, stage: Stage, codes: Codes, lookout: Lookout) -> None:
        self._stage = stage
        self._codes = codes
        self._lookout = lookout

    def begin(self) -> None:
        if self._stage.locked is not None:
            self._stage.go(Settings(locked=True))
            return
        self._stage.go(Settings())
        self._read()

    def set_name(self, name: str) -> None:
        state = self._stage.state
        if not isinstance(state, Settings) or state.busy:
            return
        self._stage.update(replace(state, busy=True, saved=False, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is Status.OK:
                self._change(lambda page: replace(page, device_name=name.strip(), busy=False, saved=True))
            else:
                self._refused(Refusal(Task.DEVICE_NAME, result.status))

        self._stage.on_token(SetDeviceName(name.strip()), Task.DEVICE_NAME, done, self._refused)

    def set_every_login(self, enabled: bool) -> None:  # noqa: FBT001  a check box's slot
        state = self._stage.state
        if not isinstance(state, Settings) or state.busy or state.every_login is enabled:
            return
        self._stage.update(replace(state, busy=True, saved=False, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is Status.ACCESS_DENIED:
                self._change(lambda page: replace(page, fixed=True))
            elif result.status is not Status.OK:
                self._refused(Refusal(Task.SETTING, result.status))
            self._read()

        event = SetAtcResynchronizationBeforeEveryLogin(enabled)
        self._stage.on_token(event, Task.SETTING, done, self._refused)

    def resynchronise_next_login(self) -> None:
        """Once, whatever the setting says."""

        def done(_: StatusResult) -> None:
            self._read()

        self._stage.on_token(EnableAtcResynchronizationDuringNextLogin(), Task.SETTING, done, self._refused)

    def set_look(self, enabled: bool) -> None:  # noqa: FBT001  a check box's slot
        """Ask unasked for logins to approve, or not."""
        state = self._stage.state
        if not isinstance(state, Settings) or state.busy or state.look is enabled:
            return
        self._stage.update(replace(state, busy=True, saved=False, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is Status.OK:
                self._lookout.enable(enabled)
            else:
                self._refused(Refusal(Task.SETTING, result.status))
            self._read()

        self._stage.on_token(SetLookForApprovals(enabled), Task.SETTING, done, self._refused)

    def set_lock_after(self, seconds: int) -> None:
        """After how many seconds without use the window locks; 0: never."""
        state = self._stage.state
        if not isinstance(state, Settings) or state.busy or state.lock_after == seconds:
            return
        self._stage.update(replace(state, busy=True, saved=False, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is Status.OK:
                self._stage.lock_after = seconds
            else:
                self._refused(Refusal(Task.SETTING, result.status))
            self._read()

        self._stage.on_token(SetLockAfter(seconds), Task.SETTING, done, self._refused)

    def begin_rename(self, token_id: str) -> None:
        token = self._stage.session.token(token_id)
        if token is None:
            self._stage.home()
        else:
            self._stage.go(Rename(token))

    def rename(self, issuer: str, name: str) -> None:
        state = self._stage.state
        if not isinstance(state, Rename) or state.busy:
            return
        token = state.token
        self._stage.update(replace(state, busy=True, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is not Status.OK:
                self._stage.update(replace(state, problem=Refusal(Task.RENAME, result.status)))
                return

            def show() -> None:
                self._codes.open(token.id)
                self._stage.tell(Done.RENAMED)

            self._stage.refresh(show)

        def failed(failure: Failure) -> None:
            self._stage.update(replace(state, problem=failure))

        self._stage.on_token(RenameToken(token.id, issuer.strip(), name.strip()), Task.RENAME, done, failed)

    def _read(self) -> None:
        def state_known(result: StateResult) -> None:
            every, once = result.resynchronise_every_login, result.resynchronise_next_login
            fixed = result.resynchronisation_decided
            self._change(lambda page: replace(page, fixed=page.fixed or fixed))
            self._change(lambda page: replace(page, every_login=every, next_login=once, known=True, busy=False))

        def device_known(result: DeviceInformation) -> None:
            self._change(lambda page: replace(page, device_id=result.device_id, device_name=result.device_name))

        def look_known(result: LookForApprovalsResult) -> None:
            self._change(lambda page: replace(page, look=result.enabled))

        def time_known(result: LockAfterResult) -> None:
            self._change(lambda page: replace(page, lock_after=result.seconds))

        self._stage.on_token(GetLockAfter(), Task.SETTING, time_known, self._refused)
        self._stage.on_token(GetLookForApprovals(), Task.SETTING, look_known, self._refused)
        self._stage.on_token(GetDeviceInformation(), Task.DEVICE_NAME, device_known, self._refused)

        def clock_known(result: ClockInformation) -> None:
            self._change(lambda page: replace(page, clock=result.correction))

        self._stage.on_token(GetState(), Task.SETTING, state_known, self._refused)
        self._stage.on_token(GetClockCorrection(), Task.SETTING, clock_known, self._refused)

    def _refused(self, problem: Problem) -> None:
        self._change(lambda page: replace(page, busy=False, problem=problem))

    def _change(self, transition: Callable[[Settings], Settings]) -> None:
        state = self._stage.state
        if isinstance(state, Settings):
            self._stage.update(transition(state))
