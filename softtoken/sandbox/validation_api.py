"""From HTTP to a validation: login, events, transactions, and how their requests stand (iaa-api sections 6, 7)."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from softtoken.sandbox import models, risk
from softtoken.sandbox import transaction_models as transactions
from softtoken.sandbox.attempts import (
    Answer,
    Attempt,
    Channel,
    ChannelProof,
    OtpProof,
    PasswordProof,
    Proof,
    SignatureProof,
)
from softtoken.sandbox.cddc import check_cddc
from softtoken.sandbox.login import Logins
from softtoken.sandbox.parameters import RequestPath, UserPath
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.rules import Circumstances
from softtoken.sandbox.sessions import LONGEST_CLIENT_IP, Kind, Sessions, Shown
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user
from softtoken.sandbox.waiting import Waiting

LOGIN_EVENT = "LoginAttempt"
"""The event that is a login: the risk engine's acceptance alone proves nobody."""


def validation_router(
    settings: SandboxSettings, store: Store, logins: Logins, sessions: Sessions, waiting: Waiting
) -> APIRouter:
    """users/{user}/login, events/validate and transactions/validate; events and transactions; sessions/{requestID}."""
    router = APIRouter(prefix="/v1")
    domain = settings.domain

    @router.post("/users/{user:path}/login", response_model_exclude_none=True, responses=refusals(400, 404, 409))
    async def login(user: UserPath, body: models.LoginBody) -> models.LoginOutput:
        return await validate(_login(read_user(user, domain), body), body)

    @router.post(
        "/users/{user:path}/events/validate", response_model_exclude_none=True, responses=refusals(400, 404, 409)
    )
    async def validate_event(user: UserPath, body: transactions.AdaptiveEventValidationInput) -> models.LoginOutput:
        return await validate(_event(read_user(user, domain), body), body)

    @router.post(
        "/users/{user:path}/transactions/validate",
        response_model_exclude_none=True,
        responses=refusals(400, 404, 409),
    )
    async def validate_transaction(user: UserPath, body: transactions.TransactionBody) -> models.LoginOutput:
        return await validate(_transaction(read_user(user, domain), body), body)

    @router.post("/events", responses=refusals(400))
    def assess_event(body: transactions.AdaptiveEventInput) -> transactions.RiskOutput:
        said = Circumstances("events", body.clientIP, event_type=body.eventType)
        return assess(body, said)

    @router.post("/transactions", responses=refusals(400))
    def assess_transaction(body: transactions.TransactionAttributes) -> transactions.RiskOutput:
        said = Circumstances("transactions", body.clientIP, body.amount, body.transactionType)
        return assess(body, said)

    @router.get("/sessions/{request_id:path}", responses=refusals(400, 404))
    def check_session(request_id: RequestPath) -> models.SessionOutput:
        return models.SessionOutput.model_validate({"sessionStatus": session_status(request_id)})

    def assess(
        body: transactions.AdaptiveEventInput | transactions.TransactionAttributes, said: Circumstances
    ) -> transactions.RiskOutput:
        """Nobody is named there but by relationshipRef, which is the user id unless the caller has its own."""
        check_cddc(settings, body.cddc)
        with store.transaction() as db:
            return transactions.RiskOutput(riskResponseCode=risk.decide(db, body.relationshipRef.lower(), said).code)

    async def validate(attempt: Attempt, body: models.Validated) -> models.LoginOutput:
        if isinstance(body, models.AdaptiveFields):
            check_cddc(settings, body.cddc)
        answer = await run_in_threadpool(logins.login, attempt)
        if answer.waits_for_device and body.timeout > 0:
            return await hold(answer, body.timeout)
        return _output(answer)

    async def hold(answer: Answer, seconds: int) -> models.LoginOutput:
        status = await waiting.until(
            lambda seen: seen != "pending", lambda: session_status(answer.request_id or ""), seconds
        )
        code = answer.risk_response_code
        if status == "accepted" and code is not None:
            code = risk.ACCEPT
        return _output(Answer(code, "timeout" if status == "pending" else status))

    def session_status(request_id: str) -> str:
        with store.transaction() as db:
            return sessions.status(db, request_id)

    return router


def _output(answer: Answer) -> models.LoginOutput:
    # the statuses in the table came through a model
    return models.LoginOutput.model_validate(
        {
            "riskResponseCode": answer.risk_response_code,
            "sessionStatus": answer.session_status,
            "requestID": answer.request_id,
            "requestMessage": answer.request_message,
            "challenge": answer.challenge,
        }
    )


def _login(user: str, body: models.AdaptiveLoginInput | models.LoginInput) -> Attempt:
    adaptive = isinstance(body, models.AdaptiveLoginInput)
    client_ip = body.clientIP if isinstance(body, models.AdaptiveLoginInput) else None
    return Attempt(
        user,
        adaptive,
        body.sessionID.lower() if isinstance(body, models.AdaptiveLoginInput) else None,
        body.requestID,
        _proof(body.credentials),
        shown=_shown(body.loginMessage, client_ip),
        circumstances=Circumstances("login", client_ip),
        wants_message=_wants_message(body.orchestrationDelivery),
    )


def _event(user: str, body: transactions.AdaptiveEventValidationInput) -> Attempt:
    return Attempt(
        user,
        adaptive=True,
        session_id=body.sessionID.lower(),
        request_id=body.requestID,
        proof=_proof(body.credentials),
        kind=Kind.EVENT,
        shown=_shown(body.loginMessage, body.clientIP),
        circumstances=Circumstances("events/validate", body.clientIP, event_type=body.eventType),
        wants_message=_wants_message(body.orchestrationDelivery),
        free=body.eventType != LOGIN_EVENT,
    )


def _transaction(
    user: str, body: transactions.AdaptiveTransactionValidationInput | transactions.TransactionValidationInput
) -> Attempt:
    session_id, said = None, Circumstances("transactions/validate")
    if isinstance(body, transactions.AdaptiveTransactionValidationInput):
        session_id = body.sessionID.lower()
        said = Circumstances("transactions/validate", body.clientIP, body.amount, body.transactionType)
    values, lines, proof = _signed(body.data)
    return Attempt(
        user,
        session_id is not None,
        session_id,
        proof=proof,
        kind=Kind.TRANSACTION,
        values=values,
        shown=Shown(challenge="\n".join(lines), client_ip=_address(said.client_ip)),
        circumstances=said,
        wants_message=_wants_message(body.orchestrationDelivery),
    )


def _signed(data: transactions.TransactionData) -> tuple[tuple[str, ...], tuple[str, ...], Proof | None]:
    """What is to be signed, how it reads line by line, and the signature if there is one."""
    if data.transactionMessage is not None:
        pairs = [(line.key.text, line.value.text) for line in data.transactionMessage.dataFields]
        return tuple(value for _, value in pairs), tuple(f"{key}: {value}" for key, value in pairs), None
    if data.standard is not None:
        values = tuple(data.standard.dataFields)
        return values, values, SignatureProof(data.standard.signature)
    return (), (), ChannelProof(Channel.FIDO if data.fido is not None else Channel.SECURE_CHANNEL)


def _proof(credentials: models.Credentials | None) -> Proof | None:
    if credentials is None:
        return None
    if credentials.authenticator is not None:
        return OtpProof(credentials.authenticator.OTP, credentials.authenticator.challenge)
    if credentials.passKey is not None:
        return PasswordProof(credentials.passKey)
    return ChannelProof(Channel.FIDO)


def _shown(message: models.LoginMessage | None, client_ip: str | None) -> Shown:
    if message is None:
        return Shown(client_ip=_address(client_ip))
    title = message.title.text if message.title is not None else ""
    return Shown(title, message.subject or "", message.challenge or "", _address(client_ip))


def _address(client_ip: str | None) -> str:
    return (client_ip or "")[:LONGEST_CLIENT_IP]


def _wants_message(delivery: Sequence[str] | None) -> bool:
    return delivery is not None and "requestMessage" in delivery
