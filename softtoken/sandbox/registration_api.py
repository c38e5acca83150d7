"""From HTTP to a registration: register, check-status, add-device, activate (iaa-api section 5)."""

from fastapi import APIRouter, Request

from softtoken.sandbox import models
from softtoken.sandbox.cddc import check_cddc
from softtoken.sandbox.origin import request_origin
from softtoken.sandbox.parameters import RequestPath
from softtoken.sandbox.refusal import invalid
from softtoken.sandbox.registration import OFFLINE, Registrations
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import Profile, put_user, read_user
from softtoken.sandbox.waiting import Waiting


def registration_router(
    settings: SandboxSettings, store: Store, registrations: Registrations, waiting: Waiting
) -> APIRouter:
    """users/register and everything under registrations."""
    router = APIRouter(prefix="/v1")
    domain = settings.domain

    @router.post("/users/register", response_model_exclude_none=True, responses=refusals(400, 409))
    def register(body: models.RegisterInput) -> models.RegisterOutput:
        check_cddc(settings, body.cddc)
        user = read_user(body.userID, domain)
        if body.domain is not None and body.domain.lower() != domain:
            raise invalid("domain: must be the tenant's own")
        made = registrations.register(user, body.activationType, body.staticPassword)
        with store.transaction() as db:
            put_user(db, user, Profile(email=body.emailAddress, phone=body.mobilePhoneNumber))
        return models.RegisterOutput(
            activationPassword=made.password,
            serialNumber=made.serial,
            riskResponseCode=0 if isinstance(body, models.AdaptiveRegisterUserInput) else None,
            registrationID=made.registration_id,
        )

    @router.post("/registrations/check-status", responses=refusals(400))
    async def check_status(body: models.CheckStatusInput) -> models.CheckStatusOutput:
        user = read_user(body.login or body.userID or "", domain)
        status = await waiting.until(
            lambda seen: seen != "pending", lambda: registrations.status(user), body.timeoutSeconds
        )
        if status == "pending" and body.timeoutSeconds > 0:
            status = "timeout"
        return models.CheckStatusOutput(activationStatus=status)

    @router.post("/registrations/{registration_id}/add-device", responses=refusals(400, 404, 409))
    def add_device(
        registration_id: RequestPath, body: models.AddDeviceInput, request: Request
    ) -> models.AddDeviceOutput:
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

    @router.post("/registrations/{registration_id}/activate", responses=refusals(400, 404, 409))
    def activate(registration_id: RequestPath, body: models.ActivateInput) -> models.Done:
        registrations.activate(registration_id, body.signature)
        return models.Done()

    return router
