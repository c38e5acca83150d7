"""The documented endpoints: from HTTP to the tenant's services and back (iaa-api sections 4 to 6)."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from softtoken.sandbox import models
from softtoken.sandbox.login import Answer, Attempt, FidoProof, Logins, OtpProof, PasswordProof
from softtoken.sandbox.origin import request_origin
from softtoken.sandbox.refusal import invalid
from softtoken.sandbox.registration import OFFLINE, Registrations
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.risk import ACCEPT
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import authenticators, read_user, require_user, unlock
from softtoken.sandbox.waiting import Waiting

REFUSALS: dict[int | str, dict[str, Any]] = {
    "default": {"model": models.ErrorOutput, "description": "A refusal; the header log-correlation-id names it"}
}


def api_router(
    settings: SandboxSettings,
    store: Store,
    registrations: Registrations,
    logins: Logins,
    resynchronisations: Resynchronisations,
    sessions: Sessions,
    waiting: Waiting,
) -> APIRouter:
    """Everything under /v1, and nothing there that the vendor has not."""
    router = APIRouter(prefix="/v1", responses=REFUSALS)
    domain = settings.domain

    @router.post("/users/register", response_model_exclude_none=True)
    def register(body: models.RegisterInput) -> models.RegisterOutput:
        _check_cddc(settings, body.cddc)
        user = read_user(body.userID, domain)
        if body.domain is not None and body.domain.lower() != domain:
            raise invalid("domain: must be the tenant's own")
        if body.activationType == "fido":
            raise invalid("activationType: this tenant has no FIDO")
        made = registrations.register(user, body.activationType, body.staticPassword)
        return models.RegisterOutput(
            activationPassword=made.password,
            serialNumber=made.serial,
            riskResponseCode=0 if isinstance(body, models.AdaptiveRegisterUserInput) else None,
            registrationID=made.registration_id,
        )

    @router.post("/registrations/check-status")
    async def check_status(body: models.CheckStatusInput) -> models.CheckStatusOutput:
        user = read_user(body.login or body.userID or "", domain)
        status = await waiting.until(_is_over, lambda: registrations.status(user), body.timeoutSeconds)
        if status == "pending" and body.timeoutSeconds > 0:
            status = "timeout"
        return models.CheckStatusOutput(activationStatus=status)

    @router.post("/registrations/{registration_id}/add-device")
    def add_device(registration_id: str, body: models.AddDeviceInput, request: Request) -> models.AddDeviceOutput:
        added = registrations.add_device(registration_id, body.deviceCode, request_origin(request.scope))
        return models.AddDeviceOutput(
            activationMessage2=added.message,
            activationType=OFFLINE,
            deviceStatus="pending",
            deviceType="desktop",
            domain=domain,
            registrationID=added.registration_id,
            serialNumber=added.serial,
            userID=added.user,
        )

    @router.post("/registrations/{registration_id}/activate")
    def activate(registration_id: str, body: models.ActivateInput) -> models.Done:
        registrations.activate(registration_id, body.signature)
        return models.Done()

    @router.post("/users/{user:path}/login", response_model_exclude_none=True)
    async def login(user: str, body: models.LoginBody) -> models.LoginOutput:
        attempt = _attempt(settings, read_user(user, domain), body)
        answer = await run_in_threadpool(logins.login, attempt)
        if answer.waits_for_device and body.timeout > 0:
            return await _hold(answer, body.timeout)
        return models.LoginOutput(
            riskResponseCode=answer.risk_response_code,
            sessionStatus=answer.session_status,
            requestID=answer.request_id,
            challenge=answer.challenge,
        )

    async def _hold(answer: Answer, seconds: int) -> models.LoginOutput:
        status = await waiting.until(_is_over, lambda: session_status(answer.request_id or ""), seconds)
        code = answer.risk_response_code
        if status == "accepted" and code is not None:
            code = ACCEPT
        return models.LoginOutput(riskResponseCode=code, sessionStatus="timeout" if status == "pending" else status)

    def session_status(request_id: str) -> str:
        with store.transaction() as db:
            return sessions.status(db, request_id)

    @router.get("/sessions/{request_id}")
    def check_session(request_id: str) -> models.SessionOutput:
        return models.SessionOutput(sessionStatus=session_status(request_id))

    @router.post("/users/{user:path}/unlock")
    def unlock_user(user: str) -> models.Done:
        with store.transaction() as db:
            unlock(db, read_user(user, domain))
        return models.Done()

    @router.post("/users/{user:path}/sync-authenticator")
    def sync_authenticator(user: str, body: models.SyncAuthenticatorInput) -> models.Done:
        resynchronisations.by_two_codes(read_user(user, domain), body.response1, body.response2, body.serialNumber)
        return models.Done()

    @router.get("/users/{user:path}")
    def get_user(user: str) -> models.UserOutput:
        with store.transaction() as db:
            row = require_user(db, read_user(user, domain))
            return models.UserOutput(authenticators=authenticators(db, row["user_id"]))

    return router


def _is_over(status: str) -> bool:
    return status != "pending"


def _attempt(settings: SandboxSettings, user: str, body: models.AdaptiveLoginInput | models.LoginInput) -> Attempt:
    session_id = None
    if isinstance(body, models.AdaptiveLoginInput):
        _check_cddc(settings, body.cddc)
        session_id = body.sessionID.lower()
    return Attempt(user, session_id is not None, session_id, body.requestID, _proof(body.credentials))


def _proof(credentials: models.Credentials | None) -> OtpProof | PasswordProof | FidoProof | None:
    if credentials is None:
        return None
    if credentials.authenticator is not None:
        return OtpProof(credentials.authenticator.OTP, credentials.authenticator.challenge)
    if credentials.passKey is not None:
        return PasswordProof(credentials.passKey)
    return FidoProof()


def _check_cddc(settings: SandboxSettings, cddc: models.Cddc | None) -> None:
    """The live service takes a wrong hash (iaa-api section 11), so only a strict sandbox refuses it."""
    browser = cddc.browserCDDC if cddc is not None else None
    if settings.strict_fingerprint and browser is not None and not browser.is_consistent():
        raise invalid("cddc.browserCDDC.fingerprintHash: must be the SHA-256 of fingerprintRaw")
