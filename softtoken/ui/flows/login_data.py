"""What a login tells of this computer: shown as it is sent, and reduced."""

from dataclasses import replace

from softtoken.iaa.fingerprint import CddcExtent
from softtoken.services.events import GetLoginData, LoginData, SetLoginData, Status, StatusResult
from softtoken.ui.stage import Stage
from softtoken.ui.states import Failure, LoginDataPage, Problem, Refusal, Task


class LoginDataFlow:
    """Each choice is stored at once; what is shown is what was read back."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def begin(self) -> None:
        self._stage.go(LoginDataPage())
        self._read()

    def choose(self, extent: CddcExtent) -> None:
        state = self._stage.state
        if not isinstance(state, LoginDataPage) or state.busy or state.data is None or state.data.extent is extent:
            return
        self._stage.update(replace(state, busy=True, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is not Status.OK:
                self._tell(Refusal(Task.SETTING, result.status))
            self._read()

        self._stage.on_token(SetLoginData(extent), Task.SETTING, done, self._tell)

    def _read(self) -> None:
        def known(data: LoginData) -> None:
            state = self._stage.state
            if isinstance(state, LoginDataPage):
                self._stage.update(replace(state, data=data, busy=False))

        self._stage.on_token(GetLoginData(), Task.SETTING, known, self._tell)

    def _tell(self, problem: Problem | Failure) -> None:
        state = self._stage.state
        if isinstance(state, LoginDataPage):
            self._stage.update(replace(state, busy=False, problem=problem))
