"""From HTTP to the tenant's users (iaa-api section 4)."""

from http import HTTPStatus

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.convertors import register_url_convertor

from softtoken.sandbox import risk
from softtoken.sandbox import user_models as models
from softtoken.sandbox.cddc import check_cddc
from softtoken.sandbox.challenges import make_challenge
from softtoken.sandbox.models import Done, SyncAuthenticatorInput
from softtoken.sandbox.parameters import Limit, Offset, Switch, UserConvertor, UserPath, Wildcard
from softtoken.sandbox.passwords import hash_password
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.rules import Circumstances
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.transaction_models import RiskOutput
from softtoken.sandbox.users import (
    Profile,
    authenticators,
    barred,
    delete_user,
    list_users,
    put_user,
    read_user,
    require_user,
    unlock,
)


def users_router(settings: SandboxSettings, store: Store, resynchronisations: Resynchronisations) -> APIRouter:
    """users, users/{user} and what else is done with one."""
    register_url_convertor("user", UserConvertor())
    router = APIRouter(prefix="/v1")
    domain = settings.domain

    @router.get("/users", responses=refusals(400))
    def query_users(
        user: Wildcard = "*",
        domain_of: str | None = Query(None, alias="domain", max_length=255),
        locked: Switch = None,
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> models.UsersOutput:
        if domain_of is not None and domain_of.lower() != domain:
            return models.UsersOutput(total=0, users=[])
        with store.transaction() as db:
            total, rows = list_users(db, user, locked=locked, offset=offset, limit=limit)
            listed = [
                models.ListedUser(
                    userID=row["user_id"], domain=domain, authenticators=authenticators(db, row["user_id"])
                )
                for row in rows
            ]
        return models.UsersOutput(total=total, users=listed)

    @router.post("/users/{user:path}/unlock", responses=refusals(400, 404))
    def unlock_user(user: UserPath) -> Done:
        with store.transaction() as db:
            unlock(db, read_user(user, domain))
        return Done()

    @router.post("/users/{user:path}/sync-authenticator", responses=refusals(400, 404, 409))
    def sync_authenticator(user: UserPath, body: SyncAuthenticatorInput) -> Done:
        resynchronisations.by_two_codes(read_user(user, domain), body.response1, body.response2, body.serialNumber)
        return Done()

    @router.post("/users/{user:path}/generate-challenge", responses=refusals(400, 404))
    def generate_challenge(user: UserPath, body: models.ChallengeInput) -> models.ChallengeOutput:
        with store.transaction() as db:
            made = make_challenge(db, read_user(user, domain), body.length, settings.clock.now())
        return models.ChallengeOutput(challenge=made.digits, requestID=made.request_id)

    @router.post("/users/{user:path}/unregister", response_model_exclude_none=True, responses=refusals(400, 404, 409))
    def unregister(user: UserPath, body: models.UnregisterBody) -> RiskOutput:
        name, adaptive = read_user(user, domain), isinstance(body, models.AdaptiveUnregisterUserInput)
        said = Circumstances("unregister")
        if isinstance(body, models.AdaptiveUnregisterUserInput):
            check_cddc(settings, body.cddc)
            said = Circumstances("unregister", body.clientIP)
        with store.transaction() as db:
            bar = barred(require_user(db, name))
            if bar is not None:
                raise bar
            code = risk.decide(db, name, said).code if adaptive else risk.ACCEPT
            if code == risk.ACCEPT:
                delete_user(db, name)
        return RiskOutput(riskResponseCode=code if adaptive else None)

    @router.get("/users/{user:user}", responses=refusals(400, 404))
    def get_user(user: UserPath) -> models.UserOutput:
        with store.transaction() as db:
            row = require_user(db, read_user(user, domain))
            return models.UserOutput(authenticators=authenticators(db, row["user_id"]))

    @router.put("/users/{user:user}", responses=refusals(400, 404))
    def create_user(user: UserPath, body: models.UserInput) -> Done:
        profile = _profile(body)
        with store.transaction() as db:
            put_user(db, read_user(user, domain), profile)
        return Done()

    @router.patch("/users/{user:user}", responses=refusals(400, 404))
    def update_user(user: UserPath, body: models.UserInput) -> Done:
        name, profile = read_user(user, domain), _profile(body)
        with store.transaction() as db:
            require_user(db, name)
            put_user(db, name, profile)
        return Done()

    @router.delete(
        "/users/{user:user}",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        responses=refusals(400, 404),
    )
    def remove_user(user: UserPath) -> None:
        with store.transaction() as db:
            delete_user(db, read_user(user, domain))

    return router


def _profile(body: models.UserInput) -> Profile:
    """Slow with a password, so never inside a transaction."""
    password = hash_password(body.staticPassword) if body.staticPassword is not None else None
    return Profile(password, body.emailAddress, body.mobilePhoneNumber, body.vdpDeliveryMethod)
