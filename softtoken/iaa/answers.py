"""Answers of the calls around one user, as values.

Words and numbers are as they came; `extra` has the fields that nobody documented. Source: iaa-api 4, 5, 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from softtoken.iaa.outcomes import NextStep, Outcome, next_step, outcome_of
from softtoken.iaa.shown import Shown
from softtoken.iaa.words import SessionStatus


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisterAnswer(Shown):
    """registration_id: offlineMDL only. serial_number may differ from the authenticator's later one."""

    activation_password: str | None = field(repr=False)
    serial_number: str | None
    risk_response_code: int | None
    registration_id: str | None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddDeviceAnswer(Shown):
    """activation_message_2 goes to DeviceEnrolment.open."""

    activation_message_2: str = field(repr=False)
    activation_type: str | None
    device_status: str | None
    device_type: str | None
    domain: str | None
    registration_id: str | None
    serial_number: str | None
    user_id: str | None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LoginAnswer(Shown):
    """Of login, events/validate and transactions/validate. A 200 can be a failure: `outcome` tells.

    session_status and risk_response_code: SessionStatus and RiskCode have the known ones. risk_response_code is None
    for OCA tenants.
    """

    session_status: str | None
    risk_response_code: int | None
    request_id: str | None
    request_message: str | None = field(repr=False)
    challenge: str | None = field(repr=False)
    event_id: int | None
    fido_authentication_request: str | None = field(repr=False)
    uaf_status_code: int | None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def outcome(self) -> Outcome:
        """What became of it. WAITING has a request_id."""
        return outcome_of(self.session_status, self.risk_response_code, request_id=self.request_id)

    @property
    def next_step(self) -> NextStep:
        """What is asked for while it is pending; NONE otherwise, and where no risk code says."""
        if self.session_status != SessionStatus.PENDING or self.risk_response_code is None:
            return NextStep.NONE
        return next_step(self.risk_response_code)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SessionAnswer(Shown):
    """Where a pending request stands."""

    session_status: str
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def outcome(self) -> Outcome:
        """WAITING while it is pending."""
        return outcome_of(self.session_status, None, request_id="it was asked for by its id")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UnregisterAnswer(Shown):
    """A success status can still ask for a challenge before the user is deleted."""

    risk_response_code: int | None
    session_status: str | None = None
    request_id: str | None = None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def outcome(self) -> Outcome:
        """ACCEPTED: deleted. Without a session status the risk code alone decides; without either, the success."""
        if self.session_status is None and not self.risk_response_code:
            return Outcome.ACCEPTED
        status = self.session_status or SessionStatus.PENDING
        return outcome_of(status, self.risk_response_code, request_id=self.request_id)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChallengeAnswer(Shown):
    """A challenge for a code over it, and the request that waits for that code."""

    challenge: str = field(repr=False)
    request_id: str | None
    log_correlation_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
