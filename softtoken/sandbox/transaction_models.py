"""The bodies of events and transactions, stated once more from the reference alone (iaa-api section 7)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from softtoken.sandbox.fields import Number, Received, RelationshipRef, SessionId, Text, demands_one
from softtoken.sandbox.models import AdaptiveFields, LoginFields


def _read_amount(value: Any) -> Any:
    """A decimal text, as the vendor's samples send it; a JSON number is taken too."""
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Short = Annotated[str, Field(min_length=1, max_length=255)]
Amount = Annotated[
    str,
    BeforeValidator(_read_amount),
    Field(min_length=1, max_length=64),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1, "maxLength": 64}, {"type": "number"}]}),
]


class EventFields(Received):
    """What an event is. eventType: the vendor's list is closed; a custom event's number comes as a text."""

    eventType: Short


class AdaptiveEventValidationInput(LoginFields, AdaptiveFields, EventFields):
    """users/{user}/events/validate: a login's body, where objectType may be left out, and the event's type."""

    objectType: Literal["AdaptiveEventValidationInput"] = "AdaptiveEventValidationInput"
    relationshipRef: RelationshipRef
    sessionID: SessionId


class AdaptiveEventInput(AdaptiveFields, EventFields):
    """events: risk only."""

    relationshipRef: RelationshipRef
    sessionID: SessionId


class StandardData(Received):
    """Offline signing: the fields in their order, and the token's signature over them."""

    dataFields: Annotated[list[Text], Field(min_length=1, max_length=100)]
    signature: Annotated[str, Field(min_length=1, max_length=64)]


class SecureChannelData(Received):
    """A signature through the vendor's secure channel."""

    requestID: Short
    signature: Short


class Said(Received):
    """A key or a value, as it is shown: within one line, or a value could look like a line of its own."""

    text: Annotated[str, Field(max_length=240, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")]


class MessageField(Received):
    """One line of what the trusted device shows."""

    key: Said
    value: Said


class TransactionMessage(Received):
    """What the trusted device shows and approves; eight lines, as a token signs no more fields (iaa-api section 10)."""

    dataFields: Annotated[list[MessageField], Field(min_length=1, max_length=8)]


class FidoData(Received):
    """A FIDO answer; the sandbox has no FIDO registrations."""

    fidoProtocol: Literal["UAF11", "FIDO2"]
    authenticationResponse: Text
    requestID: Short | None = None


class TransactionData(Received):
    """Exactly one of the four."""

    model_config = ConfigDict(json_schema_extra=demands_one("standard", "secureChannel", "transactionMessage", "fido"))

    standard: StandardData | None = None
    secureChannel: SecureChannelData | None = None
    transactionMessage: TransactionMessage | None = None
    fido: FidoData | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "TransactionData":
        parts = (self.standard, self.secureChannel, self.transactionMessage, self.fido)
        if sum(part is not None for part in parts) != 1:
            raise ValueError("must have exactly one of standard, secureChannel, transactionMessage, fido")
        return self


class TransactionFields(Received):
    """What both forms of transactions/validate have in common."""

    data: TransactionData
    orchestrationDelivery: list[Literal["pushNotification", "requestMessage"]] | None = None
    timeout: Number = 0


class TransactionAttributes(AdaptiveFields):
    """What the risk engine is told of a transaction; four of it always."""

    accountRef: Short
    amount: Amount
    currency: Short
    transactionType: Short
    creditorBank: Text | None = None
    creditorIBAN: Text | None = None
    creditorName: Text | None = None
    debtorIBAN: Text | None = None
    relationshipRef: RelationshipRef
    sessionID: SessionId


class AdaptiveTransactionValidationInput(TransactionFields, TransactionAttributes):
    """users/{user}/transactions/validate of Intelligent Adaptive Authentication."""

    objectType: Literal["AdaptiveTransactionValidationInput"]


class TransactionValidationInput(TransactionFields):
    """users/{user}/transactions/validate of Cloud Authentication: no risk engine."""

    objectType: Literal["TransactionValidationInput"]


TransactionBody = Annotated[
    AdaptiveTransactionValidationInput | TransactionValidationInput, Field(discriminator="objectType")
]


class RiskOutput(BaseModel):
    """What the risk engine says; nothing but 0 and 1 is an end."""

    riskResponseCode: int | None = None
