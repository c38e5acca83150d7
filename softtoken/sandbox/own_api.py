"""Our own endpoints, for relying parties, help desks, renewals and whoever releases the app (docs/sandbox.md)."""

import re

from fastapi import APIRouter, Request

from softtoken.sandbox import own_models as models
from softtoken.sandbox.api import REFUSALS
from softtoken.sandbox.app_versions import delete_version, list_versions, put_version
from softtoken.sandbox.models import Done
from softtoken.sandbox.origin import request_origin
from softtoken.sandbox.refusal import invalid
from softtoken.sandbox.relying import Verifications
from softtoken.sandbox.renewal import RenewalRequest, Renewals
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.settings import DIGEST_LENGTH, SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user


def own_router(
    settings: SandboxSettings,
    store: Store,
    verifications: Verifications,
    resynchronisations: Resynchronisations,
    renewals: Renewals,
) -> APIRouter:
    """users/{user}/verify, resynchronise and renew-key; app-versions."""
    router = APIRouter(prefix="/softtoken/v1", responses=REFUSALS)
    domain = settings.domain

    @router.post("/users/{user:path}/verify")
    def verify(user: str, body: models.VerifyInput) -> models.VerifyOutput:
        return models.VerifyOutput.of(verifications.verify(read_user(user, domain), body.claim()))

    @router.post("/users/{user:path}/resynchronise")
    def resynchronise(user: str, body: models.ResynchroniseInput) -> models.VerifyOutput:
        code = body.code.replace(" ", "")
        verified = resynchronisations.by_phone(read_user(user, domain), code, body.atc, body.serialNumber)
        return models.VerifyOutput.of(verified)

    @router.post("/users/{user:path}/renew-key")
    def renew_key(user: str, body: models.RenewKeyInput, request: Request) -> models.RenewKeyOutput:
        wish = RenewalRequest(body.serialNumber, body.protection, body.counter, body.publicKey, body.proof)
        message = renewals.renew(read_user(user, domain), wish, request_origin(request.scope))
        return models.RenewKeyOutput(message=message)

    @router.get("/app-versions")
    def get_app_versions() -> models.AppVersions:
        with store.transaction() as db:
            return models.AppVersions(versions=[models.AppVersionOutput.of(record) for record in list_versions(db)])

    @router.put("/app-versions/{digest}")
    def put_app_version(digest: str, body: models.AppVersionInput) -> models.AppVersionOutput:
        with store.transaction() as db:
            record = put_version(db, _digest(digest), body.name, body.version, digest_check=body.digestCheck)
        return models.AppVersionOutput.of(record)

    @router.delete("/app-versions/{digest}")
    def delete_app_version(digest: str) -> Done:
        with store.transaction() as db:
            delete_version(db, _digest(digest))
        return Done()

    return router


def _digest(text: str) -> bytes:
    if re.fullmatch(f"[0-9a-fA-F]{{{2 * DIGEST_LENGTH}}}", text) is None:
        raise invalid(f"digest: must have {2 * DIGEST_LENGTH} hexadecimal digits")
    return bytes.fromhex(text)
