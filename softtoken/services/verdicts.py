"""What a server's word on a login means: the status, what a pending one waits for, what a refusal was about."""

from dataclasses import replace

from softtoken.engine.tokens import ProtectionType
from softtoken.formats.shown_text import shows_all
from softtoken.iaa.address import BadAddress, path_segment
from softtoken.iaa.errors import (
    AuthenticationFailed,
    Conflict,
    DeliveryFailed,
    IaaError,
    NotFound,
    Refused,
    RequestExpired,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.iaa.messages import LoginAnswer, RiskCode, SessionStatus, risk_name
from softtoken.services.events import LoginReason, LoginResult, LoginStep, PendingLogin, Status


def judge(answer: LoginAnswer, login: PendingLogin, until: int) -> LoginResult:
    """A 200 can be a failure, too (iaa-api 6.3, 8.1): the session status decides, unless the risk code declines.

    login: as it stood when it was sent. until: uptime at which a request that begins now is over.
    """
    status = status_of(answer.session_status)
    code = answer.risk_response_code
    if code == RiskCode.DECLINE:  # whatever else the answer says: nobody is let in against it
        status = Status.ACCESS_DENIED
    return LoginResult(
        status,
        risk_response_code=code,
        risk=None if code is None else risk_name(code),
        session_status=answer.session_status,
        request_id=usable_id(answer.request_id),
        log_correlation_id=answer.log_correlation_id,
        pending=_pending(answer, login, until) if status is Status.NEGATIVE else None,
    )


def usable_id(request_id: str | None) -> str | None:
    """None for one that no address and no line of text can have in it: the server cannot be asked about it."""
    if request_id is None or not shows_all(request_id):
        return None
    try:
        path_segment(request_id)
    except BadAddress:
        return None
    return request_id


def status_of(session_status: str | None) -> Status:
    """Of a session, in a login's answer or when it was asked for; FAILED for none, and for an unlisted word."""
    return _BY_SESSION.get(session_status or "", Status.FAILED)  # type: ignore[call-overload, no-any-return]


def refused(error: IaaError) -> LoginResult | None:
    """The result for a refusal that is the server's verdict on the login; None for what has to be raised."""
    status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
    if status is None or is_no_tenant(error):
        return None
    return LoginResult(status, log_correlation_id=error.log_correlation_id, detail=error.message, reason=_reason(error))


def is_no_tenant(error: IaaError) -> bool:
    """A 404 without the API's own sentence comes from some other web server: the address is wrong, not the user."""
    return isinstance(error, NotFound) and not error.message


def _pending(answer: LoginAnswer, login: PendingLogin, until: int) -> PendingLogin:
    code = answer.risk_response_code
    request_id = usable_id(answer.request_id) or login.request_id
    step, protections = _STEPS.get(code, (LoginStep.UNSUPPORTED, ()))
    if step is LoginStep.APPROVAL and request_id is None:  # there is nothing to ask the server about
        step, protections = LoginStep.UNSUPPORTED, ()
    same = request_id is not None and request_id == login.request_id
    return replace(
        login,
        request_id=request_id,
        risk_response_code=code,
        step=step,
        protections=protections,
        challenge=answer.challenge or None,
        until=login.until if same else until,
    )


_NO_PIN, _PIN, _BIOMETRIC = ProtectionType.NO_PIN, ProtectionType.PIN, ProtectionType.BIOMETRIC
_TWO_FACTORS = (_PIN, _BIOMETRIC)

# 0: accepted as far as the risk goes, and still pending: whoever has to confirm it is not named
_STEPS: dict[int | None, tuple[LoginStep, tuple[ProtectionType, ...]]] = {
    None: (LoginStep.APPROVAL, (_NO_PIN, *_TWO_FACTORS)),
    RiskCode.ACCEPT: (LoginStep.APPROVAL, ()),
    RiskCode.CHALLENGE: (LoginStep.PASSWORD, ()),
    RiskCode.CHALLENGE_SMS: (LoginStep.SENT_CODE, ()),
    RiskCode.CHALLENGE_EMAIL: (LoginStep.SENT_CODE, ()),
    RiskCode.CHALLENGE_VOICE: (LoginStep.SENT_CODE, ()),
    RiskCode.CHALLENGE_DEVICE: (LoginStep.TOKEN_CODE, (_NO_PIN, *_TWO_FACTORS)),
    RiskCode.CHALLENGE_DEVICE_2FA: (LoginStep.TOKEN_CODE, _TWO_FACTORS),
    RiskCode.CHALLENGE_CR_DEVICE_2FA: (LoginStep.TOKEN_CODE, (*_TWO_FACTORS, _NO_PIN)),
    RiskCode.CHALLENGE_PUSH: (LoginStep.APPROVAL, ()),
    RiskCode.CHALLENGE_PUSH_2FA: (LoginStep.APPROVAL, ()),
    RiskCode.CHALLENGE_CRONTO: (LoginStep.APPROVAL, ()),
    RiskCode.CHALLENGE_NO_PIN: (LoginStep.APPROVAL, (_NO_PIN,)),
    RiskCode.CHALLENGE_PIN: (LoginStep.APPROVAL, (_PIN,)),
    # the PIN stands in where there is no sensor, or it fails (docs/approvals.md)
    RiskCode.CHALLENGE_FINGERPRINT: (LoginStep.APPROVAL, (_BIOMETRIC, _PIN)),
    RiskCode.CHALLENGE_FACE: (LoginStep.APPROVAL, (_BIOMETRIC, _PIN)),
}

_BY_SESSION = {
    SessionStatus.ACCEPTED: Status.OK,
    SessionStatus.PENDING: Status.NEGATIVE,
    SessionStatus.REFUSED: Status.ACCESS_DENIED,
    SessionStatus.TIMEOUT: Status.USER_CONFIRMATION_TIMEOUT,
    SessionStatus.FAILED: Status.WRONG_CREDENTIALS,
    SessionStatus.FAILURE: Status.WRONG_CREDENTIALS,
}

_REFUSALS: tuple[tuple[type[IaaError], Status], ...] = (
    (AuthenticationFailed, Status.WRONG_CREDENTIALS),
    (UserLocked, Status.LOCKED_USER),
    (UserDisabled, Status.LOCKED_USER),
    (NotFound, Status.INVALID_USER_ID),
    (Refused, Status.ACCESS_DENIED),
    (RequestExpired, Status.USER_CONFIRMATION_TIMEOUT),
    (ValidationFailed, Status.INVALID_PARAMETER),
    (DeliveryFailed, Status.FAILED),
    (Conflict, Status.FAILED),
)

# looked for anywhere in the sentence: "error handling is highly dynamic" (iaa-api 8.2)
_SAID = (
    ("invalid_destination", LoginReason.BAD_DESTINATION),
    ("push notification", LoginReason.NO_DEVICE),
    ("registration ceremony", LoginReason.SECURITY_KEY),
    ("uaf", LoginReason.SECURITY_KEY),
    ("timed out", LoginReason.TIMED_OUT),
)


def _reason(error: IaaError) -> LoginReason | None:
    said = error.message.casefold()
    if isinstance(error, DeliveryFailed | Conflict | RequestExpired):
        found = next((reason for phrase, reason in _SAID if phrase in said), None)
        if found is not None:
            return found
    match error:
        case UserLocked():
            return LoginReason.LOCKED
        case UserDisabled():
            return LoginReason.DISABLED
        case Refused():
            return LoginReason.DECLINED_BY_USER
        case RequestExpired():
            return LoginReason.REQUEST_OVER
        case DeliveryFailed():
            return LoginReason.NO_MESSAGE
        case Conflict():
            return LoginReason.CONFLICT
        case _:
            return None
