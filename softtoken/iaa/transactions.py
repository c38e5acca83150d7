"""Validating a transaction: what is signed, by what, and what the risk engine is told of it (iaa-api 7)."""

from dataclasses import dataclass, field

from softtoken.iaa.checks import MAX_DEVICE_TEXT, InvalidRequest, check_hold, check_text, require
from softtoken.iaa.messages import RiskFacts
from softtoken.iaa.words import Delivery, FidoProtocol, TransactionType

MAX_FIELDS = 8
"""Data fields of a signature: what the vendor's tokens take (iaa-api 10)."""


@dataclass(frozen=True, slots=True)
class StandardData:
    """Offline signing: the signature of a token over these texts in their order. The form that Soft Token can sign."""

    data_fields: tuple[str, ...] = field(repr=False)
    signature: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_fields(self.data_fields)
        check_text("signature", self.signature, 1, MAX_DEVICE_TEXT)


@dataclass(frozen=True, slots=True)
class SecureChannelData:
    """The signature of a device that got the transaction as an encrypted message, and that request's id."""

    request_id: str
    signature: str = field(repr=False)

    def __post_init__(self) -> None:
        check_text("request_id", self.request_id, 1, 255)
        check_text("signature", self.signature, 1, MAX_DEVICE_TEXT)


@dataclass(frozen=True, slots=True)
class TransactionMessage:
    """A device is to show these pairs of key and value and to approve them. Nothing is signed yet."""

    pairs: tuple[tuple[str, str], ...] = field(repr=False)

    def __post_init__(self) -> None:
        _check_fields(tuple(text for pair in self.pairs for text in pair), most=2 * _MAX_PAIRS)


@dataclass(frozen=True, slots=True)
class FidoData:
    """The answer of a FIDO authenticator, made elsewhere: this product has none."""

    protocol: FidoProtocol
    authentication_response: str = field(repr=False)
    request_id: str | None = None

    def __post_init__(self) -> None:
        check_text("authentication_response", self.authentication_response, 1, MAX_DEVICE_TEXT)
        check_text("request_id", self.request_id, 1, 255)


TransactionData = StandardData | SecureChannelData | TransactionMessage | FidoData


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRequest(RiskFacts):
    """POST /v1/users/{user}/transactions/validate.

    The adaptive form needs relationship_ref, session_id, account_ref, amount (a text such as "66.66"), currency and
    transaction_type (a tenant's word such as "ExternalTransfer"). timeout: as of a login.
    """

    data: TransactionData
    account_ref: str | None = field(default=None, repr=False)
    amount: str | None = field(default=None, repr=False)
    currency: str | None = None
    transaction_type: str | None = None
    creditor_bank: str | None = field(default=None, repr=False)
    creditor_iban: str | None = field(default=None, repr=False)
    creditor_name: str | None = field(default=None, repr=False)
    debtor_iban: str | None = field(default=None, repr=False)
    orchestration_delivery: tuple[Delivery, ...] = ()
    timeout: int | None = None
    object_type: TransactionType = TransactionType.ADAPTIVE

    def __post_init__(self) -> None:
        if self.object_type is TransactionType.ADAPTIVE:
            require(
                relationship_ref=self.relationship_ref,
                session_id=self.session_id,
                account_ref=self.account_ref,
                amount=self.amount,
                currency=self.currency,
                transaction_type=self.transaction_type,
            )
        RiskFacts.__post_init__(self)
        for name in _TEXTS:
            check_text(name, getattr(self, name), 1, 255)
        check_hold(self.timeout)


_TEXTS = (
    "account_ref", "amount", "currency", "transaction_type", "creditor_bank", "creditor_iban", "creditor_name",
    "debtor_iban",
)  # fmt: skip
_MAX_PAIRS = 100
"""Pairs of a message: a bound of ours."""


def _check_fields(texts: tuple[str, ...], most: int = MAX_FIELDS) -> None:
    if not 1 <= len(texts) <= most:
        raise InvalidRequest("data_fields")
    for text in texts:
        check_text("data_fields", text, 0, 1000)
