"""Trying a server, from wherever its address is at hand, and correcting codes by what its clock says."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.iaa.address import BadAddress, parse_origin
from softtoken.services.events import (
    Cancellation,
    CheckServer,
    CorrectClock,
    RemoveClockCorrection,
    ServerReport,
    Status,
    StatusResult,
)
from softtoken.ui.flows.codes import Codes
from softtoken.ui.stage import Stage
from softtoken.ui.states import ActivationForm, Failure, Refusal, ServerCheck, Settings, Task, TypedLogin


class Servers:
    """One check at a time; leaving its page cancels it. What was typed elsewhere is there again afterwards."""

    def __init__(self, stage: Stage, codes: Codes) -> None:
        self._stage = stage
        self._codes = codes
        self._cancellation = Cancellation()
        self._event = CheckServer()
        self._back: Callable[[], None] = stage.home
        stage.notices.server_checking.connect(self._progress)

    def check_form(self, server: str, user: str, code: str) -> None:
        """From the form of an activation."""
        form = ActivationForm(server, user, code)
        self._begin(server, CheckServer(server), lambda: self._stage.go(form))

    def check_typed(self, server: str, user: str) -> None:
        """From the form of a login with a typed code."""
        form = TypedLogin(server, user)
        self._begin(server, CheckServer(server), lambda: self._stage.go(form))

    def check_token(self, token_id: str) -> None:
        """A managed token's own server."""
        token = self._stage.session.token(token_id)
        if token is None or token.account is None:
            self._stage.home()
            return
        event = CheckServer(user_identifier=token.account.identifier)
        self._begin(token.account.origin, event, lambda: self._codes.open(token_id))

    def again(self) -> None:
        """The same once more."""
        state = self._stage.state
        if isinstance(state, ServerCheck) and not state.running:
            self._begin(state.server, replace(self._event, cancellation=Cancellation()), self._back)

    def leave(self) -> None:
        """Back to where it was asked for; a check that goes on is cancelled."""
        self._cancellation.cancel()
        back, self._back = self._back, self._stage.home  # what was typed is not kept here any longer
        back()

    def stop(self) -> None:
        """The window is closed."""
        self._cancellation.cancel()

    def correct(self) -> None:
        """Take the correction that the page offers."""
        state = self._stage.state
        if not isinstance(state, ServerCheck) or state.report is None or state.storing:
            return
        report, offered = state.report, state.report.offered
        if offered is None:
            return
        self._stage.update(replace(state, storing=True, problem=None))

        def done(result: StatusResult) -> None:
            now = self._stage.state
            if not isinstance(now, ServerCheck):
                return
            if result.status is Status.OK:
                corrected = report.corrected_by(offered.seconds)
                self._stage.update(replace(now, storing=False, report=corrected, corrected=offered.seconds))
            else:
                self._stage.update(replace(now, storing=False, problem=Refusal(Task.SETTING, result.status)))

        def failed(failure: Failure) -> None:
            now = self._stage.state
            if isinstance(now, ServerCheck):
                self._stage.update(replace(now, storing=False, problem=failure))

        self._stage.on_token(CorrectClock(report.origin, offered), Task.SETTING, done, failed)

    def remove_correction(self) -> None:
        """On the page of the settings."""
        state = self._stage.state
        if not isinstance(state, Settings) or state.busy:
            return
        self._stage.update(replace(state, busy=True, saved=False, problem=None))

        def done(result: StatusResult) -> None:
            now = self._stage.state
            if not isinstance(now, Settings):
                return
            gone = result.status is Status.OK
            problem = None if gone else Refusal(Task.SETTING, result.status)
            self._stage.update(replace(now, busy=False, clock=None if gone else now.clock, problem=problem))

        def failed(failure: Failure) -> None:
            now = self._stage.state
            if isinstance(now, Settings):
                self._stage.update(replace(now, busy=False, problem=failure))

        self._stage.on_token(RemoveClockCorrection(), Task.SETTING, done, failed)

    def _begin(self, server: str, event: CheckServer, back: Callable[[], None]) -> None:
        self._cancellation.cancel()
        self._cancellation, self._event, self._back = event.cancellation, event, back
        self._stage.go(ServerCheck(server, kept=self._stage.session.vault_open))

        def done(report: ServerReport) -> None:
            state = self._stage.state
            if isinstance(state, ServerCheck) and event is self._event and not event.cancellation.cancelled:
                self._stage.update(replace(state, report=report, running=False))

        def failed(failure: Failure) -> None:
            state = self._stage.state
            if isinstance(state, ServerCheck) and event is self._event and not event.cancellation.cancelled:
                self._stage.update(replace(state, running=False, problem=failure))

        self._stage.ask_server(event, Task.CHECK_SERVER, done, failed)

    def _progress(self, report: ServerReport) -> None:
        state = self._stage.state
        if isinstance(state, ServerCheck) and state.running and _is_about(state.server, report):
            self._stage.update(replace(state, report=report))


def _is_about(server: str, report: ServerReport) -> bool:
    """What a check before this one said last may arrive on this one's page."""
    try:
        return parse_origin(server) == report.origin
    except BadAddress:
        return False
