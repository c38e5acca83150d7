"""The bodies that script the risk engine, under /softtoken/v1 (docs/sandbox.md); none of them is the vendor's."""

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from softtoken.sandbox.fields import Integer, Received, UserId
from softtoken.sandbox.models import SessionStatus
from softtoken.sandbox.rules import AmountTest, Comparison, Conditions, Endpoint, Rule, TableRule
from softtoken.sandbox.sessions import Kind, SessionRecord


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be an IP address or a network such as 10.0.0.0/8") from None
    return value


class RuleInput(Received):
    """What the risk engine says to one call.

    Code 0 lets a right code in, 1 declines. A higher one asks for a challenge; 4 and 5 are satisfied by an OTP
    that comes with the first call (5: by one made with PIN or biometric). With a sessionStatus the answer is
    exactly these two, whatever the call carried; `accepted` is not among them, because only a right code is.
    """

    riskResponseCode: Integer
    sessionStatus: Literal["pending", "refused", "timeout", "failed", "unknown"] | None = None

    def rule(self) -> Rule:
        """For the services."""
        return Rule(self.riskResponseCode, self.sessionStatus)


class Queue(Received):
    """What the risk engine says to the user's next calls, in this order; afterwards the table decides again."""

    rules: Annotated[list[RuleInput], Field(max_length=100)]

    @staticmethod
    def of(rules: list[Rule]) -> "Queue":
        # the statuses in the store came through the model
        return Queue.model_validate(
            {"rules": [{"riskResponseCode": rule.code, "sessionStatus": rule.status} for rule in rules]}
        )


_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
Network = Annotated[
    str,
    Field(max_length=64),
    AfterValidator(_network),
    WithJsonSchema(
        {
            "type": "string",
            "description": "an address or a network; of IPv6 the short forms are taken too",
            "anyOf": [
                {"format": "ipv4"},
                {"format": "ipv6"},
                {"pattern": rf"^({_OCTET}\.){{3}}{_OCTET}/(3[0-2]|[12]?[0-9])$"},
                {"pattern": "^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$"},
            ],
        }
    ),
]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Short = Annotated[str, Field(min_length=1, max_length=255)]


class AmountInput(Received):
    """The transaction's amount `is` less than (lt), at most (le), equal to (eq), at least (ge), more than (gt) it."""

    comparison: Comparison
    value: Annotated[str, Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,6})?$")]


class TableRuleInput(RuleInput):
    """One line of the table: what it asks for, all of it together, and what is said then."""

    userID: UserId | None = None
    clientIP: Network | None = None
    country: Country | None = None
    amount: AmountInput | None = None
    transactionType: Short | None = None
    eventType: Short | None = None
    endpoint: Endpoint | None = None

    @staticmethod
    def of(line: TableRule) -> "TableRuleInput":
        asked, amount = line.conditions, line.conditions.amount
        return TableRuleInput.model_validate(
            {
                "userID": asked.user,
                "clientIP": asked.client_ip,
                "country": asked.country,
                "amount": None if amount is None else {"comparison": amount.comparison, "value": amount.value},
                "transactionType": asked.transaction_type,
                "eventType": asked.event_type,
                "endpoint": asked.endpoint,
                "riskResponseCode": line.rule.code,
                "sessionStatus": line.rule.status,
            }
        )

    def line(self, user: str | None) -> TableRule:
        """For the services. user: the user id that was read from userID."""
        amount = AmountTest(self.amount.comparison, self.amount.value) if self.amount is not None else None
        conditions = Conditions(
            user, self.clientIP, self.country, amount, self.transactionType, self.eventType, self.endpoint
        )
        return TableRule(conditions, self.rule())


_LONGEST_TABLE = 100


class CountryInput(Received):
    """Where the addresses of a network are; of two that hold an address the smaller one counts."""

    network: Network
    country: Country


class Table(Received):
    """The first rule that fits a call decides, unless the user's queue does; without one: 0."""

    rules: Annotated[list[TableRuleInput], Field(max_length=_LONGEST_TABLE)]
    countries: Annotated[list[CountryInput], Field(max_length=_LONGEST_TABLE)] = Field(default_factory=list)


class Decision(Received):
    """What the person did on the trusted device with a pending request."""

    sessionStatus: Literal["accepted", "refused", "failed"]


class ListedSession(BaseModel):
    """A request. virtualOTP: what SMS, e-mail or a voice call would have brought (codes 3, 8, 13)."""

    requestID: str
    userID: str
    kind: Kind
    riskResponseCode: int | None
    sessionStatus: SessionStatus
    expires: int
    virtualOTP: str | None

    @staticmethod
    def of(record: SessionRecord) -> "ListedSession":
        return ListedSession.model_validate(
            {
                "requestID": record.request_id,
                "userID": record.user,
                "kind": record.kind,
                "riskResponseCode": record.risk_response_code,
                "sessionStatus": record.status,
                "expires": record.expires,
                "virtualOTP": record.virtual_otp,
            }
        )


class ListedSessions(BaseModel):
    """Latest first."""

    sessions: list[ListedSession]
