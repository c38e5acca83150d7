"""How a server is reached: values that an administrator or a program sets once, and nothing that loosens TLS.

There is no field that switches verification off, lowers the TLS version or replaces the system's trust roots.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class ProxyUse(StrEnum):
    """SYSTEM: what the environment or the desktop's settings name for the server. NONE: straight to it."""

    SYSTEM = "SYSTEM"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class ProxyServer:
    """A proxy for everything but loopback. url: http or https; one with user or password in it is a ValueError.

    user: for Basic authentication; its password is in a file of its own, or in `password` for a program that
    keeps it elsewhere. ValueError as well for a text with half a character (a lone surrogate).
    """

    url: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None

    def __post_init__(self) -> None:
        if "@" in self.url:  # it would be shown wherever the address is
            raise ValueError("a proxy's user and password are fields of their own")
        for text in (self.url, self.user or "", self.password or ""):
            if any("\ud800" <= char <= "\udfff" for char in text):
                raise ValueError("half a character")


@dataclass(frozen=True, slots=True)
class PemCertificate:
    """A device certificate as PEM. key_file: None where `file` holds the key as well.

    passphrase_file: its first line opens an encrypted key.
    """

    file: Path
    key_file: Path | None = None
    passphrase_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Pkcs12Certificate:
    """A device certificate, its key and the certificates above it in one PKCS#12 file (.p12, .pfx)."""

    file: Path
    passphrase_file: Path | None = None


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """The way to one server.

    timeout_seconds: for a whole call (IaaClient takes it). ca_file: PEM authorities that are trusted besides
    the system's. certificate: shown to a server that asks for one, never to a proxy.
    """

    proxy: ProxyUse | ProxyServer = ProxyUse.SYSTEM
    timeout_seconds: float = 10.0
    ca_file: Path | None = None
    certificate: PemCertificate | Pkcs12Certificate | None = None
