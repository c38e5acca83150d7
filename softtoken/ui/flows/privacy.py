"""Whether the window may be captured and codes are hidden: read when the vault opens, changed in the settings."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from softtoken.services.events import GetScreenPrivacy, ScreenPrivacy, SetScreenPrivacy, Status, StatusResult
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    Activated,
    Failure,
    Home,
    ManagedPage,
    OathPage,
    Problem,
    Refusal,
    Settings,
    State,
    Task,
)

_BEFORE_CODES = (Home, Activated, ManagedPage, OathPage)


class Privacy(QObject):
    """Signals: changed(ScreenPrivacy): what holds from now on."""

    changed = Signal(object)

    def __init__(self, stage: Stage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stage = stage
        self._known = False
        stage.changed.connect(self._moved)

    def set_block(self, block: bool) -> None:  # noqa: FBT001  a check box's slot
        self._set(SetScreenPrivacy(block_capture=block))

    def set_hide(self, hide: bool) -> None:  # noqa: FBT001  a check box's slot
        self._set(SetScreenPrivacy(hide_codes=hide))

    def _moved(self, state: State) -> None:
        if not self._stage.session.vault_open:
            self._known = False
        elif (isinstance(state, _BEFORE_CODES) and not self._known) or (
            isinstance(state, Settings) and state.privacy is None
        ):
            self._known = True
            self._read()

    def _set(self, event: SetScreenPrivacy) -> None:
        state = self._stage.state
        if not isinstance(state, Settings) or state.busy:
            return
        self._stage.update(replace(state, busy=True, saved=False, problem=None))

        def done(result: StatusResult) -> None:
            problem = None if result.status is Status.OK else Refusal(Task.SETTING, result.status)
            self._change(lambda page: replace(page, busy=False, problem=problem))
            self._read()

        def failed(failure: Failure) -> None:
            self._change(lambda page: replace(page, busy=False, problem=failure))

        self._stage.on_token(event, Task.SETTING, done, failed)

    def _read(self) -> None:
        def known(privacy: ScreenPrivacy) -> None:
            if privacy.status is not Status.OK:
                self._known = False
                return
            self._change(lambda page: replace(page, privacy=privacy))
            self.changed.emit(privacy)

        def unknown(_: Problem) -> None:
            """Blocked, as it is from the start; whatever is wrong is said when somebody does something."""

        self._stage.on_token(GetScreenPrivacy(), Task.SETTING, known, unknown, wherever=True)

    def _change(self, transition: Callable[[Settings], Settings]) -> None:
        state = self._stage.state
        if isinstance(state, Settings):
            self._stage.update(transition(state))
