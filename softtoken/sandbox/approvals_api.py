"""Our own endpoints by which a device asks for what waits for its approval and answers them (docs/approvals.md)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field, model_validator

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.approvals import Approvals, WaitingRequest
from softtoken.sandbox.fields import Received
from softtoken.sandbox.models import SessionOutput
from softtoken.sandbox.refusal import unknown_key
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.sealing import read_base64url
from softtoken.sandbox.sessions import Kind

SCHEME = "SoftToken"


class ApprovalOutput(BaseModel):
    """A request that waits. riskResponseCode: null with Cloud Authentication. expires: epoch seconds by this server's
    clock; remaining: seconds until then. The texts are what the code of an approval covers, so they are sent as
    they are: a device shows them as plain text.
    """

    requestID: str
    kind: Literal["login", "event", "transaction"]
    riskResponseCode: int | None
    protections: list[ProtectionType]
    title: str
    subject: str
    challenge: str
    clientIP: str
    expires: int
    remaining: int

    @staticmethod
    def of(waiting: WaitingRequest) -> "ApprovalOutput":
        shown = waiting.shown
        return ApprovalOutput(
            requestID=waiting.request_id,
            kind=Kind(waiting.kind).value,
            riskResponseCode=waiting.risk_response_code,
            protections=list(waiting.protections),
            title=shown.title,
            subject=shown.subject,
            challenge=shown.challenge,
            clientIP=shown.client_ip,
            expires=waiting.expires,
            remaining=waiting.left,
        )


class ApprovalsOutput(BaseModel):
    """Latest first."""

    approvals: list[ApprovalOutput]


class ApprovalInput(Received):
    """What the person decided. OTP: with `approve`, and only then."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "required": ["OTP"],
                    "properties": {"decision": {"const": "approve"}, "OTP": {"not": {"type": "null"}}},
                },
                {"properties": {"decision": {"const": "decline"}, "OTP": {"type": "null"}}},
            ]
        }
    )

    decision: Literal["approve", "decline"]
    OTP: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @model_validator(mode="after")
    def _code_of_an_approval(self) -> "ApprovalInput":
        if (self.OTP is not None) != (self.decision == "approve"):
            raise ValueError("must have OTP with approve, and not with decline")
        return self


_header = APIKeyHeader(
    name="Authorization",
    scheme_name="approvalKey",
    description=f"`{SCHEME}` and the device's approval key in base64url without padding",
    auto_error=False,
)


def _approval_key(value: Annotated[str | None, Depends(_header)]) -> bytes:
    scheme, _, credentials = (value or "").partition(" ")
    if scheme.lower() == SCHEME.lower():
        try:
            return read_base64url(credentials.strip())
        except ValueError:
            pass
    raise unknown_key()


DeviceKey = Annotated[bytes, Depends(_approval_key)]
"""The key that a device proves itself with."""


def approvals_router(approvals: Approvals) -> APIRouter:
    """GET approvals; POST approvals/{requestID}."""
    router = APIRouter(prefix="/softtoken/v1")

    @router.get("/approvals", responses=refusals(401))
    def list_approvals(approval_key: DeviceKey) -> ApprovalsOutput:
        return ApprovalsOutput(approvals=[ApprovalOutput.of(one) for one in approvals.waiting(approval_key)])

    @router.post("/approvals/{request_id}", responses=refusals(400, 401, 409))
    def decide(request_id: str, body: ApprovalInput, approval_key: DeviceKey) -> SessionOutput:
        if body.OTP is None:
            approvals.decline(approval_key, request_id)
            return SessionOutput(sessionStatus="refused")
        approvals.approve(approval_key, request_id, body.OTP)
        return SessionOutput(sessionStatus="accepted")

    return router
