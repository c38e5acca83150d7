"""Asking a server what became of a pending login until it has ended (iaa-api 6.5)."""

from softtoken.clock import Clock
from softtoken.iaa.errors import BadAnswer, IaaError, ServerFault, Unreachable
from softtoken.iaa.messages import risk_name
from softtoken.services.connections import Connect
from softtoken.services.events import AwaitLogin, LoginResult, PendingLogin, Status
from softtoken.services.verdicts import refused, status_of

INTERVAL = 1.0
"""Seconds between two questions, as the vendor's own client leaves."""


def await_session(connect: Connect, clock: Clock, event: AwaitLogin) -> LoginResult:
    """How the request ended, or why it is waited for no longer. Each question is a connection of its own, so that
    whoever listens hears at once that the server is gone, and that it is back.

    Raises what the last question raised if the time is over, and at once what waiting does not mend.
    """
    pending, request_id = event.pending, event.pending.request_id
    if request_id is None:
        return LoginResult(Status.INVALID_PARAMETER)
    while True:
        over = pending.left(clock.uptime()) == 0  # read first: what is asked after the end is the last question
        fault: IaaError | None = None
        result = _told(pending, Status.NEGATIVE, None)
        try:
            with connect(pending.origin) as client:
                answer = client.session(request_id)
        except (Unreachable, ServerFault, BadAnswer) as error:
            if isinstance(error, Unreachable) and not error.reason.passing:
                raise
            fault = error
        except IaaError as error:
            refusal = refused(error)
            if refusal is None:
                raise
            # the request is unknown, not the user
            return _FORGOTTEN if refusal.status is Status.INVALID_USER_ID else refusal
        else:
            status = status_of(answer.session_status)
            result = _told(pending, status, answer.session_status, answer.log_correlation_id)
            if status is not Status.NEGATIVE:
                return result
        if over:
            if fault is not None:
                raise fault
            return _told(pending, Status.USER_CONFIRMATION_TIMEOUT, result.session_status)
        if event.cancellation.wait(INTERVAL):
            return _told(pending, Status.USER_CANCEL, result.session_status)


def _told(
    pending: PendingLogin, status: Status, session_status: str | None, correlation_id: str | None = None
) -> LoginResult:
    code = pending.risk_response_code
    return LoginResult(
        status,
        risk_response_code=code,
        risk=None if code is None else risk_name(code),
        session_status=session_status,
        request_id=pending.request_id,
        log_correlation_id=correlation_id,
        resynchronised=pending.resynchronised,
        pending=pending if status is Status.USER_CANCEL else None,
    )


_FORGOTTEN = LoginResult(Status.FAILED, session_status="unknown")
