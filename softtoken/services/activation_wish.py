"""An activation that is wished for: what is wrong with it is said before anything is sent."""

from dataclasses import dataclass, field

from softtoken.engine.activation_code import ActivationCode, MalformedActivationCode, parse_activation_code
from softtoken.engine.pin import PinRules, judge_new_pin
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.iaa.address import BadAddress, parse_origin, parse_user, usual_domain
from softtoken.services.events import Activate, ActivationResult, Status

LONGEST_PIN = 64
"""What any server's policy may allow; its own rules are known only once it has answered."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An Activate or Reactivate whose every part is well-formed. replaced: the token that makes way once it worked."""

    origin: str
    user_id: str
    domain: str
    code: ActivationCode = field(repr=False)
    protections: frozenset[ProtectionType]
    pin: str | None = field(repr=False)
    auto_login: bool = True
    replaced: Token | None = None

    @property
    def user(self) -> str:
        return f"{self.user_id}@{self.domain}"

    def is_of(self, token: Token) -> bool:
        """Is it the token's user, at the token's server?"""
        account = token.account
        if account is None:
            return False
        return (account.origin, account.user_id, account.domain) == (self.origin, self.user_id, self.domain)


def well_formed(event: Activate) -> Wanted | ActivationResult:
    """The wish, or the result that refuses it."""
    try:
        code = parse_activation_code(event.activation_code)
    except MalformedActivationCode as error:
        return ActivationResult(Status.INVALID_ACTIVATION_CODE, detail=error.reason.value)
    try:
        origin = parse_origin(event.server)
        user_id, domain = parse_user(event.user, usual_domain(origin))
    except BadAddress as error:
        return ActivationResult(Status.INVALID_PARAMETER, detail=error.reason.value)
    protections = frozenset(event.protections)
    wants_pin = ProtectionType.PIN in protections
    no_way_on = ProtectionType.BIOMETRIC in protections and not wants_pin  # when the sensor fails
    if not protections or no_way_on or wants_pin != (event.pin is not None):
        return ActivationResult(Status.INVALID_PARAMETER)
    if event.pin is not None and (fault := judge_new_pin(event.pin, PinRules(max_length=LONGEST_PIN), user_id)):
        return ActivationResult(Status.INVALID_NEW_PIN_FORMAT, detail=fault.value)
    return Wanted(origin, user_id, domain, code, protections, event.pin, event.auto_login)
