"""From HTTP to the tenant's authenticators, and pictures of codes (iaa-api section 4)."""

import io
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Query
from fastapi.responses import Response

from softtoken.sandbox import user_models as models
from softtoken.sandbox.authenticators import AUTHENTICATOR_TYPE, assign, list_authenticators, unassign
from softtoken.sandbox.models import Done
from softtoken.sandbox.parameters import Limit, Offset, SerialPath, Switch, Wildcard
from softtoken.sandbox.refusal import not_found
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user

_LONGEST_MESSAGE = 1000
_Message = Annotated[
    str, Query(pattern="^([0-9a-fA-F]{2})+$", max_length=2 * _LONGEST_MESSAGE, description="hexadecimal bytes")
]


def authenticators_router(settings: SandboxSettings, store: Store) -> APIRouter:
    """authenticators, their assign and unassign; visualcodes/render."""
    router = APIRouter(prefix="/v1")
    domain = settings.domain

    @router.get("/authenticators", responses=refusals(400))
    def query_authenticators(
        serial_number: Annotated[Wildcard, Query(alias="serialNumber")] = "*",
        domain_of: str | None = Query(None, alias="domain", max_length=255),
        kind: str | None = Query(None, alias="type", max_length=64),
        assigned: Switch = None,
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> models.AuthenticatorsOutput:
        foreign = domain_of is not None and domain_of.lower() != domain
        if foreign or kind not in {None, AUTHENTICATOR_TYPE}:
            return models.AuthenticatorsOutput(total=0, authenticators=[])
        with store.transaction() as db:
            total, records = list_authenticators(db, serial_number, assigned=assigned, offset=offset, limit=limit)
        listed = [
            models.ListedAuthenticator(
                serialNumber=record.serial,
                authenticatorType=AUTHENTICATOR_TYPE,
                applications=[models.Application(name=name) for name in record.protections],
            )
            for record in records
        ]
        return models.AuthenticatorsOutput(total=total, authenticators=listed)

    @router.post("/authenticators/{serial_number}/assign", responses=refusals(400, 404, 409))
    def assign_authenticator(serial_number: SerialPath, body: models.AssignInput) -> Done:
        if body.domain is not None and body.domain.lower() != domain:
            raise not_found("User not found")
        with store.transaction() as db:
            assign(db, serial_number, read_user(body.userID, domain))
        return Done()

    @router.post("/authenticators/{serial_number}/unassign", responses=refusals(400, 404))
    def unassign_authenticator(serial_number: SerialPath) -> Done:
        with store.transaction() as db:
            unassign(db, serial_number)
        return Done()

    @router.get(
        "/visualcodes/render",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}, "description": "A picture"}, **refusals(400)},
    )
    def render(message: _Message, _format: Annotated[Literal["QR"], Query(alias="format")]) -> Response:
        """CRONTO is the vendor's own format; a QR code here has the message's bytes."""
        made = io.BytesIO()
        segno.make(bytes.fromhex(message), error="m", micro=False).save(made, kind="png", scale=4, border=4)
        return Response(made.getvalue(), media_type="image/png")

    return router
