"""What a caller asks to have validated, and what is answered: the values of logins, events and transactions."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.sandbox.rules import Circumstances
from softtoken.sandbox.sessions import NOTHING, Kind, Shown


@dataclass(frozen=True, slots=True)
class OtpProof:
    """challenge: what the caller says the code was made over (one-step challenge/response)."""

    otp: str = field(repr=False)
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """A passKey: the static password or the keyword of an out-of-band method."""

    pass_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignatureProof:
    """A signature over the transaction's values (Attempt.values), in their order."""

    signature: str = field(repr=False)


class Channel(StrEnum):
    """Ways that only the vendor's own SDK can go."""

    FIDO = "FIDO"
    SECURE_CHANNEL = "secure channel"


@dataclass(frozen=True, slots=True)
class ChannelProof:
    """Something that came through such a channel."""

    channel: Channel


_A_LOGIN = Circumstances("login")
Proof = OtpProof | PasswordProof | SignatureProof | ChannelProof


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call.

    user: a user id as users.read_user gives it. adaptive: with a risk engine (IAA), else without (OCA).
    values: of a transaction, in the order in which they are signed. shown: what a trusted device shows.
    wants_message: the answer of a call that waits for the device is to carry a requestMessage.
    free: an event that the risk engine may accept without any proof.
    """

    user: str
    adaptive: bool
    session_id: str | None = None
    request_id: str | None = None
    proof: Proof | None = None
    kind: Kind = Kind.LOGIN
    values: tuple[str, ...] = ()
    shown: Shown = NOTHING
    circumstances: Circumstances = _A_LOGIN
    wants_message: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. waits_for_device: pending until the trusted device, not a second call, answers."""

    risk_response_code: int | None
    session_status: str
    request_id: str | None = None
    challenge: str | None = None
    waits_for_device: bool = False
    request_message: str | None = None
