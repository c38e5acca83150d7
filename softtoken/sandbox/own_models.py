"""The bodies of our own endpoints, under /softtoken/v1 (docs/sandbox.md); none of them is the vendor's."""

import base64
import binascii
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from softtoken.engine.atc import ATC_END
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.app_versions import AppVersion
from softtoken.sandbox.fields import LikeJson, Received, Serial, Text
from softtoken.sandbox.relying import Claim, OtpClaim, Result, SequenceClaim, SignatureClaim, Verified
from softtoken.sandbox.sealing import PUBLIC_KEY_LENGTH, read_base64url


def _read_base64url(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 - pydantic turns ValueError alone into a fault
    return read_base64url(value)


def _read_base64(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError("must be base64") from None


Base64 = Annotated[
    bytes,
    BeforeValidator(_read_base64),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            "format": "base64",
        }
    ),
]


def _base64url(length: int) -> dict[str, str]:
    """The JSON schema of so many bytes: the last character holds what is left over of them."""
    whole, rest = divmod(length * 8, 6)
    last = {0: "", 2: "[AQgw]", 4: "[AEIMQUYcgkosw048]"}[rest]
    return {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{{whole}}}{last}$", "format": "base64url"}


Proof = Annotated[
    bytes, BeforeValidator(_read_base64url), Field(min_length=32, max_length=32), WithJsonSchema(_base64url(32))
]
Sequence = Annotated[
    bytes, BeforeValidator(_read_base64url), Field(min_length=35, max_length=35), WithJsonSchema(_base64url(35))
]
PublicKey = Annotated[
    bytes,
    BeforeValidator(_read_base64url),
    Field(min_length=PUBLIC_KEY_LENGTH, max_length=PUBLIC_KEY_LENGTH),
    WithJsonSchema(_base64url(PUBLIC_KEY_LENGTH)),
]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


class RenewKeyInput(Received):
    """users/{user}/renew-key."""

    serialNumber: Serial
    protection: ProtectionType
    counter: Annotated[int, Field(strict=True, ge=0, lt=ATC_END), LikeJson]
    publicKey: PublicKey
    proof: Proof


class RenewKeyOutput(BaseModel):
    """base64url of the sealed new key."""

    message: str


def _claim(*named: str, nothing: tuple[str, ...]) -> dict[str, Any]:
    kinds: dict[str, Any] = {name: {"not": {"type": "null"}} for name in named}
    return {"required": list(named), "properties": kinds | {name: {"type": "null"} for name in nothing}}


class VerifyInput(Received):
    """users/{user}/verify: exactly one of OTP, secureSequence and signature."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                _claim("OTP", nothing=("secureSequence", "signature", "dataFields")),
                _claim("secureSequence", nothing=("OTP", "signature", "dataFields")),
                _claim("signature", "dataFields", nothing=("OTP", "secureSequence", "optionalData")),
            ]
        }
    )

    OTP: Code | None = None
    secureSequence: Sequence | None = None
    signature: Code | None = None
    optionalData: Base64 | None = None
    dataFields: Annotated[list[Text], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> "VerifyInput":
        if sum(part is not None for part in (self.OTP, self.secureSequence, self.signature)) != 1:
            raise ValueError("must have exactly one of OTP, secureSequence, signature")
        if (self.signature is None) != (self.dataFields is None):
            raise ValueError("must have dataFields with a signature, and with nothing else")
        if self.signature is not None and self.optionalData is not None:
            raise ValueError("must have no optionalData with a signature")
        return self

    def claim(self) -> Claim:
        """What is to be verified."""
        if self.OTP is not None:
            return OtpClaim(self.OTP, self.optionalData)
        if self.secureSequence is not None:
            return SequenceClaim(self.secureSequence, self.optionalData)
        return SignatureClaim(self.signature or "", tuple(self.dataFields or ()))


class VerifyOutput(BaseModel):
    """remainingTries: before the user is locked. atc, protection: what it was made with, if that was found."""

    result: Result
    remainingTries: int
    atc: int | None
    protection: ProtectionType | None

    @staticmethod
    def of(verified: Verified) -> "VerifyOutput":
        return VerifyOutput(
            result=verified.result,
            remainingTries=verified.remaining_tries,
            atc=verified.atc,
            protection=verified.protection,
        )


class ResynchroniseInput(Received):
    """users/{user}/resynchronise. code: eight digits, with spaces as they are read out."""

    code: Annotated[str, Field(pattern="^ *([0-9] *){8}$", max_length=64)]
    atc: Annotated[int, Field(strict=True, ge=0, le=ATC_END), LikeJson]
    serialNumber: Serial | None = None


class AppVersionInput(Received):
    """app-versions/{digest}."""

    name: Name
    version: Name
    digestCheck: Annotated[bool, Field(strict=True)] = True


class AppVersionOutput(BaseModel):
    """latest: among the newest three whose check is on, so codes of this version are accepted."""

    name: str
    version: str
    digest: str
    digestCheck: bool
    latest: bool

    @staticmethod
    def of(record: AppVersion) -> "AppVersionOutput":
        return AppVersionOutput(
            name=record.name,
            version=record.version,
            digest=record.digest.hex(),
            digestCheck=record.digest_check,
            latest=record.latest,
        )


class AppVersions(BaseModel):
    """Newest first."""

    versions: list[AppVersionOutput]
