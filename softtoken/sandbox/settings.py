"""What a sandbox is started with, and what it refuses to be started with."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from softtoken.clock import Clock
from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.resync import LOOK_AHEAD, RESYNCHRONISATION_WINDOW
from softtoken.errors import SoftTokenError
from softtoken.sandbox.tls import Tls

WrongOtpMode = Literal["http409", "status_failed"]
DIGEST_LENGTH = 64


class NeedsTls(SoftTokenError):  # noqa: N818 - named after what happened
    """Plain HTTP is for loopback alone. host: what was asked for."""

    def __init__(self, host: str) -> None:
        super().__init__("a sandbox beyond loopback needs TLS")
        self.host = host


class NeedsPassword(SoftTokenError):  # noqa: N818 - named after what happened
    """Beyond loopback not everybody may administer. host: what was asked for."""

    def __init__(self, host: str) -> None:
        super().__init__("a sandbox beyond loopback needs an administration password")
        self.host = host


class NeedsNames(SoftTokenError):  # noqa: N818 - named after what happened
    """A server on all addresses has to be told by which names it is called, or it could refuse no other one."""

    def __init__(self, host: str) -> None:
        super().__init__("a sandbox on all addresses needs the names that it is called by")
        self.host = host


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """One sandbox tenant.

    data_folder: holds the server's one file; made if absent.
    app_digests: 64 bytes each, oldest release first. They are registered as versions of Soft Token, beside those of
    earlier starts; the latest three of all whose check is on count (app_versions.py).
    port: 0 picks a free one. hosts: further names, `name` or `name:port`, that a request may be addressed to.
    digits: of the codes of tokens activated from now on, 6 or 8.
    allow_offline_pin_verification: handed to devices at activation; None: the server has no opinion.
    retry, atc, pin: what devices activated from now on are told. atc.limit also widens the look-ahead of all codes.
    wrong_otp_mode: a wrong code is 409 "Authentication failed", or 200 with the status `failed`.
    digest_check: False makes every verification fail, as the documented server does without this check.
    strict_fingerprint: refuse a fingerprintHash that is not the hash of fingerprintRaw.
    activations_per_user: so many activations, then 409 "License activation limit reached."; None: no limit.
    tls: the certificate to serve HTTPS with; None: plain HTTP.
    admin_password_hash: of passwords.hash_password(); with it, whatever is not for everybody asks for the password.
    Raises NeedsTls, NeedsPassword, NeedsNames for a host beyond loopback without these, ValueError for other values out
    of range.
    """

    data_folder: Path
    app_digests: tuple[bytes, ...]
    clock: Clock
    host: str = "127.0.0.1"
    port: int = 0
    hosts: tuple[str, ...] = ()
    tenant: str = "sandbox"
    digits: int = 6
    allow_offline_pin_verification: bool | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    atc: AtcPolicy = field(default_factory=AtcPolicy)
    pin: PinRules = field(default_factory=PinRules)
    wrong_otp_mode: WrongOtpMode = "http409"
    digest_check: bool = True
    strict_fingerprint: bool = False
    activations_per_user: int | None = None
    tls: Tls | None = None
    admin_password_hash: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            self._check_exposed()
        if any(len(digest) != DIGEST_LENGTH for digest in self.app_digests):
            raise ValueError(f"an app digest has {DIGEST_LENGTH} bytes")
        if self.digits not in {6, 8}:
            raise ValueError("a managed code has 6 or 8 digits")
        if self.wrong_otp_mode not in get_args(WrongOtpMode):
            raise ValueError("a wrong code is http409 or status_failed")
        if self.activations_per_user is not None and self.activations_per_user < 0:
            raise ValueError("a number of activations is not negative")
        if not 0 <= self.port <= 0xFFFF:
            raise ValueError("a port has 16 bits")
        if not self.tenant or self.tenant != self.tenant.lower() or "@" in self.tenant:
            raise ValueError("a tenant is named in lower case, without @")
        _check_policy(self.retry, self.atc, self.pin)

    def _check_exposed(self) -> None:
        if self.tls is None:
            raise NeedsTls(self.host)
        if self.admin_password_hash is None:
            raise NeedsPassword(self.host)
        if is_everywhere(self.host) and not self.hosts:
            raise NeedsNames(self.host)

    @property
    def names(self) -> tuple[str, ...]:
        """What a request may be addressed to beside loopback, as it stands in a Host header."""
        own = () if is_loopback(self.host) or is_everywhere(self.host) else (in_url(self.host),)
        return (*own, *self.hosts)

    @property
    def domain(self) -> str:
        """The users' domain. A vendor sandbox names it after its tenant (iaa-api section 3)."""
        return self.tenant

    @property
    def window(self) -> int:
        """Counters tried beyond the expected one: a device makes so many codes without its server."""
        return max(LOOK_AHEAD, self.atc.limit)


def _check_policy(retry: RetryPolicy, atc: AtcPolicy, pin: PinRules) -> None:
    if retry.max_tries < 1 or retry.free_tries < 0:
        raise ValueError("a PIN has at least one try")
    if not 0 <= retry.first_delay <= retry.max_delay:
        raise ValueError("a retry delay grows from the first to the longest")
    if not (0 <= atc.warn <= atc.limit and 1 <= atc.limit <= RESYNCHRONISATION_WINDOW):
        raise ValueError(f"the ATC limit is 1 to {RESYNCHRONISATION_WINDOW}, with the warning before it")
    if not 1 <= pin.min_length <= pin.max_length:
        raise ValueError("the shortest PIN is not longer than the longest")


def is_loopback(host: str) -> bool:
    """Can only this computer reach it?"""
    address = _address(host)
    return address.is_loopback if address is not None else host == "localhost"


def is_everywhere(host: str) -> bool:
    """Does it stand for all of this computer's addresses?"""
    address = _address(host)
    return address.is_unspecified if address is not None else not host


def in_url(host: str) -> str:
    """As it stands in a URL and in a Host header."""
    return f"[{host}]" if ":" in host else host


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
