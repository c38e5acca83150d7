"""mc_config.json: the SDK's configuration file, read and validated (mc-sdk: keys and types)."""

import logging
from pathlib import Path
from typing import Any, Literal

import msgspec

from softtoken.errors import SoftTokenError
from softtoken.iaa.fingerprint import CddcExtent, CddcForm
from softtoken.services.network_config import Network, network_fault, precise_place, unknown_network_keys

_LOG = logging.getLogger(__name__)


class ConfigBroken(SoftTokenError):  # noqa: N818 - named after what happened
    """A configuration file cannot be used. `place` is a JSON path such as `$.ssms`, or a position in the text."""

    def __init__(self, path: Path, place: str, reason: str) -> None:
        super().__init__(f"{path}: {place}: {reason}")
        self.path = path
        self.place = place
        self.reason = reason


class Ssms(msgspec.Struct, frozen=True):
    """The backend that has offline functions. Absent allowOfflinePinVerification: they are off."""

    allowOfflinePinVerification: bool | None = None  # noqa: N815 - the file's own name


class Iam(msgspec.Struct, frozen=True):
    """Token login of other products; checked, not used here."""

    clientId: str | None = None  # noqa: N815
    serverUrl: str | None = None  # noqa: N815
    redirectUri: str | None = None  # noqa: N815
    trustedSslServerCerts: tuple[str, ...] = ()  # noqa: N815


SecurityPolicy = Literal[
    "ALLOW_VIRTUAL_SMART_CARD",
    "ENFORCE_HARDWARE",
    "ENFORCE_STRONG_HARDWARE",
    "enforceSE",
    "preferSE",
    "ignoreSE",
    "low",
]
"""The words of today, and those that older files still have."""


class Maverick(msgspec.Struct, frozen=True):
    """The other backend; checked, not used here."""

    mTLS: bool = False  # noqa: N815
    mKex: bool = False  # noqa: N815
    useSEKeyForSigningTransactions: bool = False  # noqa: N815
    jwtSignKeySecurityPolicy: SecurityPolicy | None = None  # noqa: N815
    minimumKeyProtection: SecurityPolicy | None = None  # noqa: N815


class Scp(msgspec.Struct, frozen=True):
    """Chat; checked, not used here. The names are inferred from error codes, so none is required."""

    tokenIssuerUrl: str | None = None  # noqa: N815
    tokenIssuerServiceUrl: str | None = None  # noqa: N815
    addressBookServerUrl: str | None = None  # noqa: N815
    messageRouterUrl: str | None = None  # noqa: N815


class Softtoken(msgspec.Struct, frozen=True):
    """What is ours and not the SDK's.

    resynchroniseBeforeLogin, cddc: decide the setting for everybody; absent: a person does. cddcForm: which of the two
    forms carries what a login tells of this computer. network: how servers are reached, by their addresses.
    auditToSystemLog: tell the system's log of each entry of the audit trail; absent: a person decides.
    screenCapture: windows stay out of pictures of the screen, whatever a person says; absent: a person does.
    """

    resynchroniseBeforeLogin: bool | None = None  # noqa: N815
    cddc: CddcExtent | None = None
    cddcForm: CddcForm = CddcForm.BROWSER  # noqa: N815
    network: dict[str, Network] = {}
    auditToSystemLog: bool | None = None  # noqa: N815
    screenCapture: Literal["blocked"] | None = None  # noqa: N815


class McConfig(msgspec.Struct, frozen=True):
    """The keys of the reference, each checked for its type."""

    useScp: bool = False  # noqa: N815
    useTokenBasedLogin: bool = False  # noqa: N815
    useSmartScreen: bool = False  # noqa: N815
    astServerBackend: Literal["ssms", "maverick"] = "ssms"  # noqa: N815
    ssms: Ssms = Ssms()
    iam: Iam | None = None
    maverick: Maverick | None = None
    scp: Scp | None = None
    softtoken: Softtoken = Softtoken()

    @property
    def offline_supported(self) -> bool:
        """Only the ssms backend has offline functions."""
        return self.astServerBackend == "ssms"

    @property
    def allow_offline_pin_verification(self) -> bool | None:
        return self.ssms.allowOfflinePinVerification


_PARTS: dict[str, type[msgspec.Struct]] = {
    "ssms": Ssms,
    "iam": Iam,
    "maverick": Maverick,
    "scp": Scp,
    "softtoken": Softtoken,
}


def load_config(packaged: Path, own: Path) -> McConfig:
    """The file in the data folder if there is one, else the packaged one. Raises ConfigBroken.

    Unknown keys are warned of in the log and ignored.
    """
    path = own
    try:
        path = own if own.is_file() else packaged
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigBroken(path, "file", error.strerror or "unreadable") from error
    document: Any = None
    try:
        document = msgspec.json.decode(raw)
        config = msgspec.json.decode(raw, type=McConfig)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason, _, place = str(error).partition(" - at ")
        raise ConfigBroken(path, precise_place(place.strip("`"), document) or "text", reason) from error
    if fault := network_fault(config.softtoken.network):
        raise ConfigBroken(path, *fault)
    for name in _unknown_keys(document):
        _LOG.warning("%s: unknown key %s is ignored", path, name)
    return config


def tighten(*choices: bool | None) -> bool | None:
    """The strictest of several allowOfflinePinVerification values: off (None), then False, then True."""
    if any(choice is None for choice in choices):
        return None
    return all(choices)


def _unknown_keys(document: dict[str, Any]) -> list[str]:
    unknown = [name for name in document if name not in McConfig.__struct_fields__]
    for part, kind in _PARTS.items():
        inside = document.get(part) or {}
        unknown += [f"{part}.{name}" for name in inside if name not in kind.__struct_fields__]
    return unknown + list(unknown_network_keys((document.get("softtoken") or {}).get("network") or {}))
