"""Asking a server for what waits for this device, and answering them (docs/approvals.md).

The endpoints are ours, not the vendor's, whose commands for this are closed.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.address import path_segment
from softtoken.iaa.calls import Called, Repeat, ServerCalls
from softtoken.iaa.checks import check_text
from softtoken.iaa.reading import Code, Number, Word, read

LONGEST_TEXT = 4000
"""Characters of a text that is to be shown; an answer with a longer one is not taken."""
LIFE = 60
"""Seconds that a request lives where its server does not say (the vendor's pn_auth_timeout)."""
LONGEST_LIFE = 3600
"""Seconds; a server that says more is not believed more."""


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request that waits, as the server tells it. kind: `login`, `event`, `transaction` or another word.

    remaining: seconds before it expires. protections: whose codes approve it; those that are not known here are left
    out. The texts are as they came: what a code covers, so never to be changed, and never to be shown before control
    characters were taken out.
    """

    request_id: str
    kind: str
    risk_response_code: int | None
    protections: tuple[ProtectionType, ...]
    title: str = field(repr=False)
    subject: str = field(repr=False)
    challenge: str = field(repr=False)
    client_ip: str = field(repr=False)
    remaining: int


@dataclass(frozen=True, slots=True)
class Decided:
    """session_status: `accepted` or `refused`; any other word as it came."""

    session_status: str
    log_correlation_id: str | None = None


class ApprovalCalls:
    """What a device may call that shows its approval key, on a client of the server. key: that, 32 bytes; in no error.

    Every method raises an IaaError: BadAnswer with http_status 401 for a key that the server does not know (any more),
    NotFound from a server that has no such calls, RequestExpired for a request that is over.
    """

    def __init__(self, calls: ServerCalls, key: bytes) -> None:
        self._calls = calls
        self._credentials = urlsafe_b64encode(key).rstrip(b"=").decode("ascii")

    def waiting(self, now: int) -> tuple[WaitingRequest, ...]:
        """GET approvals, once: whoever asks will ask again. now: epoch seconds, if the server tells no remainder."""
        called = self._call("GET", "approvals", None, (), Repeat.NEVER)
        answer, _ = read(called.raw, called.correlation, _Approvals)
        return tuple(_request(one, now) for one in answer.approvals)

    def approve(self, request_id: str, otp: str) -> Decided:
        """POST approvals/{id} with the code over what was shown, sent at most once: what became of the request."""
        check_text("otp", otp, 1, 64)
        return self._decide(request_id, {"decision": "approve", "OTP": otp}, (otp,), Repeat.NEVER)

    def decline(self, request_id: str) -> Decided:
        """POST approvals/{id}: what became of the request."""
        return self._decide(request_id, {"decision": "decline"}, (), Repeat.IF_REFUSED)

    def tell_biometric(self, binding: str, system: str) -> None:
        """POST device: what the yes of this device's sensor is worth, as the device says (docs/activation.md)."""
        self._call("POST", "device", {"biometricBinding": binding, "biometricSystem": system}, (), Repeat.IF_REFUSED)

    def _decide(self, request_id: str, body: dict[str, str], secrets: tuple[str, ...], repeat: Repeat) -> Decided:
        called = self._call("POST", f"approvals/{path_segment(request_id)}", body, secrets, repeat)
        answer, _ = read(called.raw, called.correlation, _Decided)
        return Decided(answer.session_status, called.correlation)

    def _call(
        self, method: str, path: str, body: dict[str, str] | None, secrets: tuple[str, ...], repeat: Repeat
    ) -> Called:
        return self._calls.call(
            method,
            path,
            body,
            (self._credentials, *secrets),
            repeat=repeat,
            base=_OWN,
            headers={"Authorization": f"{_SCHEME} {self._credentials}"},
        )


_OWN = "softtoken/v1"
_SCHEME = "SoftToken"
_Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_Kind = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{1,32}\Z")]
_RequestId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,255}\Z")]


class _Approval(msgspec.Struct, rename="camel"):
    request_id: _RequestId = msgspec.field(name="requestID")
    kind: _Kind = "login"
    risk_response_code: Code | None = None
    protections: Annotated[list[Word], msgspec.Meta(max_length=100)] = msgspec.field(default_factory=list)
    title: _Text | None = None
    subject: _Text | None = None
    challenge: _Text | None = None
    client_ip: _Text | None = msgspec.field(name="clientIP", default=None)
    expires: Number | None = None
    remaining: Number | None = None


class _Approvals(msgspec.Struct):
    approvals: Annotated[list[_Approval], msgspec.Meta(max_length=1000)]


class _Decided(msgspec.Struct, rename="camel"):
    session_status: Word


def _request(one: _Approval, now: int) -> WaitingRequest:
    left = one.remaining
    if left is None:
        # by two clocks that may differ, so only where the server says no better
        left = LIFE if one.expires is None else one.expires - now
    return WaitingRequest(
        one.request_id,
        one.kind,
        one.risk_response_code,
        tuple(known for known in ProtectionType if known in one.protections),
        one.title or "",
        one.subject or "",
        one.challenge or "",
        one.client_ip or "",
        min(max(0, left), LONGEST_LIFE),
    )
