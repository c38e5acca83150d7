"""Our own endpoints that script what the risk engine says and what a trusted device does."""

from fastapi import APIRouter

from softtoken.sandbox import own_models as models
from softtoken.sandbox.api import REFUSALS
from softtoken.sandbox.models import SessionOutput
from softtoken.sandbox.risk import Rule, list_rules, set_rules
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user


def rules_router(settings: SandboxSettings, store: Store, sessions: Sessions) -> APIRouter:
    """GET, PUT and DELETE rules/{user}; PUT sessions/{requestID}."""
    router = APIRouter(prefix="/softtoken/v1", responses=REFUSALS)
    domain = settings.domain

    @router.get("/rules/{user:path}", response_model_exclude_none=True)
    def get_rules(user: str) -> models.Rules:
        with store.transaction() as db:
            rules = list_rules(db, read_user(user, domain))
        # the statuses in the table came through the model
        return models.Rules.model_validate(
            {"rules": [{"riskResponseCode": rule.code, "sessionStatus": rule.status} for rule in rules]}
        )

    @router.put("/rules/{user:path}", response_model_exclude_none=True)
    def put_rules(user: str, body: models.Rules) -> models.Rules:
        rules = [Rule(rule.riskResponseCode, rule.sessionStatus) for rule in body.rules]
        with store.transaction() as db:
            set_rules(db, read_user(user, domain), rules)
        return body

    @router.delete("/rules/{user:path}")
    def delete_rules(user: str) -> models.Rules:
        with store.transaction() as db:
            set_rules(db, read_user(user, domain), [])
        return models.Rules(rules=[])

    @router.put("/sessions/{request_id}")
    def decide(request_id: str, body: models.Decision) -> SessionOutput:
        with store.transaction() as db:
            sessions.decide(db, request_id, body.sessionStatus)
        return SessionOutput(sessionStatus=body.sessionStatus)

    return router
