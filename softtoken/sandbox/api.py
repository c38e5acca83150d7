"""Everything under /v1, and nothing there that the vendor has not (iaa-api section 4)."""

from fastapi import APIRouter

from softtoken.sandbox.authenticators_api import authenticators_router
from softtoken.sandbox.login import Logins
from softtoken.sandbox.registration import Registrations
from softtoken.sandbox.registration_api import registration_router
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users_api import users_router
from softtoken.sandbox.validation_api import validation_router
from softtoken.sandbox.waiting import Waiting


def api_router(
    settings: SandboxSettings,
    store: Store,
    registrations: Registrations,
    logins: Logins,
    resynchronisations: Resynchronisations,
    sessions: Sessions,
    waiting: Waiting,
) -> APIRouter:
    """The documented endpoints."""
    router = APIRouter()  # each part has the prefix itself: the log names a route by its whole path
    router.include_router(registration_router(settings, store, registrations, waiting))
    router.include_router(validation_router(settings, store, logins, sessions, waiting))
    router.include_router(authenticators_router(settings, store))
    # last: a user id may hold slashes, so its routes would fit others' paths
    router.include_router(users_router(settings, store, resynchronisations))
    return router
