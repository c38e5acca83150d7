"""Our own endpoints, for relying parties, help desks, renewals and whoever releases the app (docs/sandbox.md)."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from softtoken.sandbox import own_models as models
from softtoken.sandbox.app_versions import delete_version, list_versions, put_version
from softtoken.sandbox.models import Done
from softtoken.sandbox.origin import request_origin
from softtoken.sandbox.parameters import UserPath
from softtoken.sandbox.relying import Verifications
from softtoken.sandbox.renewal import RenewalRequest, Renewals
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.settings import DIGEST_LENGTH, SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user

Digest = Annotated[
    str,
    Path(pattern=f"^[0-9a-fA-F]{{{2 * DIGEST_LENGTH}}}$", description=f"{2 * DIGEST_LENGTH} hexadecimal digits"),
]


def own_router(
    settings: SandboxSettings,
    store: Store,
    verifications: Verifications,
    resynchronisations: Resynchronisations,
    renewals: Renewals,
) -> APIRouter:
    """users/{user}/verify, resynchronise and renew-key; app-versions."""
    router = APIRouter(prefix="/softtoken/v1")
    domain = settings.domain

    @router.post("/users/{user:path}/verify", responses=refusals(400, 404, 409))
    def verify(user: UserPath, body: models.VerifyInput) -> models.VerifyOutput:
        return models.VerifyOutput.of(verifications.verify(read_user(user, domain), body.claim()))

    @router.post("/users/{user:path}/resynchronise", responses=refusals(400, 404, 409))
    def resynchronise(user: UserPath, body: models.ResynchroniseInput) -> models.VerifyOutput:
        code = body.code.replace(" ", "")
        verified = resynchronisations.by_phone(read_user(user, domain), code, body.atc, body.serialNumber)
        return models.VerifyOutput.of(verified)

    @router.post("/users/{user:path}/renew-key", responses=refusals(400, 404, 409))
    def renew_key(user: UserPath, body: models.RenewKeyInput, request: Request) -> models.RenewKeyOutput:
        wish = RenewalRequest(body.serialNumber, body.protection, body.counter, body.publicKey, body.proof)
        message = renewals.renew(read_user(user, domain), wish, request_origin(request.scope))
        return models.RenewKeyOutput(message=message)

    @router.get("/app-versions", responses=refusals())
    def get_app_versions() -> models.AppVersions:
        with store.transaction() as db:
            return models.AppVersions(versions=[models.AppVersionOutput.of(record) for record in list_versions(db)])

    @router.put("/app-versions/{digest}", responses=refusals(400, 404))
    def put_app_version(digest: Digest, body: models.AppVersionInput) -> models.AppVersionOutput:
        with store.transaction() as db:
            record = put_version(db, bytes.fromhex(digest), body.name, body.version, digest_check=body.digestCheck)
        return models.AppVersionOutput.of(record)

    @router.delete("/app-versions/{digest}", responses=refusals(400, 404))
    def delete_app_version(digest: Digest) -> Done:
        with store.transaction() as db:
            delete_version(db, bytes.fromhex(digest))
        return Done()

    return router
