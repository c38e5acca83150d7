"""The bodies about users and their authenticators, stated once more from the reference alone (iaa-api section 4)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from softtoken.sandbox.fields import Email, Number, Phone, Received, RelationshipRef, SessionId, StaticPassword, UserId
from softtoken.sandbox.models import AdaptiveFields


class UserInput(Received):
    """PUT and PATCH users/{user}: what is left out stays. Enabling and disabling has a field that nobody published."""

    staticPassword: StaticPassword | None = None
    emailAddress: Email | None = None
    mobilePhoneNumber: Phone | None = None
    vdpDeliveryMethod: Literal["Default", "SMS", "Email", "Voice"] | None = None


class UserOutput(BaseModel):
    """users/{user}: the serials of activated authenticators."""

    authenticators: list[str]


class ListedUser(UserOutput):
    """One line of GET users."""

    userID: str
    domain: str


class UsersOutput(BaseModel):
    """GET users, in the form of GET authenticators; the vendor's own is not public. total: without the paging."""

    total: int
    users: list[ListedUser]


class AdaptiveUnregisterUserInput(AdaptiveFields):
    """users/{user}/unregister of Intelligent Adaptive Authentication."""

    objectType: Literal["AdaptiveUnregisterUserInput"]
    relationshipRef: RelationshipRef | None = None
    sessionID: SessionId | None = None


class UnregisterUserInputEx(Received):
    """users/{user}/unregister of Cloud Authentication: no risk engine."""

    objectType: Literal["UnregisterUserInputEx"]


UnregisterBody = Annotated[AdaptiveUnregisterUserInput | UnregisterUserInputEx, Field(discriminator="objectType")]


def _no_check_digit(value: Any) -> bool:
    if value is False or value == "false":
        return False
    raise ValueError("must be false: this tenant makes no check digits")


class ChallengeInput(Received):
    """users/{user}/generate-challenge. Texts are taken for the number and for false, as FR sends them."""

    length: Annotated[
        Number,
        Field(ge=1, le=16),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": 16},
                    {"type": "string", "pattern": "^0{0,7}([1-9]|1[0-6])$"},
                ]
            }
        ),
    ] = 6
    checkDigit: Annotated[bool, BeforeValidator(_no_check_digit), WithJsonSchema({"enum": [False, "false"]})] = False


class ChallengeOutput(BaseModel):
    """What the code must cover, and the requestID by which the login names it."""

    challenge: str
    requestID: str


class AssignInput(Received):
    """authenticators/{serialNumber}/assign."""

    userID: UserId
    domain: Annotated[str, Field(max_length=255)] | None = None


class Application(BaseModel):
    """A credential of the authenticator: RO, response only."""

    name: str
    type: Literal["RO"] = "RO"


class ListedAuthenticator(BaseModel):
    """One line of GET authenticators."""

    serialNumber: str
    authenticatorType: str
    applications: list[Application]


class AuthenticatorsOutput(BaseModel):
    """GET authenticators. total: without the paging."""

    total: int
    authenticators: list[ListedAuthenticator]
