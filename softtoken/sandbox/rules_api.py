"""Our own endpoints that script what the risk engine says, and what a trusted device or an operator does."""

from fastapi import APIRouter

from softtoken.sandbox import rule_models as models
from softtoken.sandbox.models import Done, SessionOutput
from softtoken.sandbox.parameters import Limit, RequestPath, UserPath
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.risk import list_rules, set_rules
from softtoken.sandbox.rules import list_countries, list_table, set_countries, set_table
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user, set_disabled


def rules_router(settings: SandboxSettings, store: Store, sessions: Sessions) -> APIRouter:
    """rules, rules/{user}, sessions, sessions/{requestID}; users/{user}/disable and enable."""
    router = APIRouter(prefix="/softtoken/v1")
    domain = settings.domain

    def table() -> models.Table:
        with store.transaction() as db:
            lines, countries = list_table(db), list_countries(db)
        listed = [models.CountryInput(network=network, country=country) for network, country in countries.items()]
        return models.Table(rules=[models.TableRuleInput.of(line) for line in lines], countries=listed)

    @router.get("/rules", response_model_exclude_none=True, responses=refusals())
    def get_table() -> models.Table:
        return table()

    @router.put("/rules", response_model_exclude_none=True, responses=refusals(400))
    def put_table(body: models.Table) -> models.Table:
        lines = [line.line(None if line.userID is None else read_user(line.userID, domain)) for line in body.rules]
        with store.transaction() as db:
            set_table(db, lines)
            set_countries(db, {entry.network: entry.country for entry in body.countries})
        return table()

    @router.delete("/rules", responses=refusals())
    def delete_table() -> models.Table:
        with store.transaction() as db:
            set_table(db, [])
            set_countries(db, {})
        return models.Table(rules=[])

    @router.get("/rules/{user:path}", response_model_exclude_none=True, responses=refusals(400, 404))
    def get_rules(user: UserPath) -> models.Queue:
        with store.transaction() as db:
            return models.Queue.of(list_rules(db, read_user(user, domain)))

    @router.put("/rules/{user:path}", response_model_exclude_none=True, responses=refusals(400, 404))
    def put_rules(user: UserPath, body: models.Queue) -> models.Queue:
        with store.transaction() as db:
            set_rules(db, read_user(user, domain), [rule.rule() for rule in body.rules])
        return body

    @router.delete("/rules/{user:path}", responses=refusals(400, 404))
    def delete_rules(user: UserPath) -> models.Queue:
        with store.transaction() as db:
            set_rules(db, read_user(user, domain), [])
        return models.Queue(rules=[])

    @router.get("/sessions", responses=refusals(400))
    def list_sessions(limit: Limit = 20) -> models.ListedSessions:
        with store.transaction() as db:
            records = sessions.recent(db, limit)
        return models.ListedSessions(sessions=[models.ListedSession.of(record) for record in records])

    @router.put("/sessions/{request_id:path}", responses=refusals(400, 404, 409))
    def decide(request_id: RequestPath, body: models.Decision) -> SessionOutput:
        with store.transaction() as db:
            sessions.decide(db, request_id, body.sessionStatus)
        return SessionOutput(sessionStatus=body.sessionStatus)

    @router.post("/users/{user:path}/disable", responses=refusals(400, 404))
    def disable(user: UserPath) -> Done:
        with store.transaction() as db:
            set_disabled(db, read_user(user, domain), disabled=True)
        return Done()

    @router.post("/users/{user:path}/enable", responses=refusals(400, 404))
    def enable(user: UserPath) -> Done:
        with store.transaction() as db:
            set_disabled(db, read_user(user, domain), disabled=False)
        return Done()

    return router
