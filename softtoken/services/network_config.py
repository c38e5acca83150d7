"""The part of mc_config.json that says how servers are reached: its keys, their checks, what comes of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from softtoken.iaa.address import BadAddress, parse_origin
from softtoken.iaa.settings import (
    NetworkSettings,
    PemCertificate,
    Pkcs12Certificate,
    ProxyServer,
    ProxyUse,
)

EVERY_SERVER = "*"
"""The entry whose keys hold for each server whose own entry does not have them."""


class ClientCertificate(msgspec.Struct, frozen=True, omit_defaults=True):
    """This device's certificate for a gateway: a PEM `file`, with its `keyFile` if that is another, or a `pkcs12File`.

    passphraseFile: its first line opens the key. There is no key for a passphrase itself.
    """

    file: str | None = None
    keyFile: str | None = None  # noqa: N815 - the file's own name
    pkcs12File: str | None = None  # noqa: N815
    passphraseFile: str | None = None  # noqa: N815


class Network(msgspec.Struct, frozen=True, omit_defaults=True):
    """The way to one server. proxy: `system`, `none` or a URL. Files: relative to the data folder."""

    proxy: str | None = None
    proxyUser: str | None = None  # noqa: N815
    proxyPasswordFile: str | None = None  # noqa: N815
    timeoutSeconds: Annotated[float, msgspec.Meta(ge=1, le=120)] | None = None  # noqa: N815
    caFile: str | None = None  # noqa: N815
    clientCertificate: ClientCertificate | None = None  # noqa: N815


def network_settings(network: Mapping[str, Network], origin: str, folder: Path) -> NetworkSettings:
    """What holds for a server. origin: as parse_origin writes it. network: without a fault."""
    own = next((entry for name, entry in network.items() if _normal(name) == origin), Network())
    every = network.get(EVERY_SERVER, Network())
    # user and password belong to their proxy: they are never taken from one entry for the other's
    proxied = own if own.proxy is not None else every
    timeout = own.timeoutSeconds or every.timeoutSeconds or NetworkSettings().timeout_seconds
    ca_file = own.caFile or every.caFile
    return NetworkSettings(
        proxy=_proxy(proxied, folder),
        timeout_seconds=timeout,
        ca_file=folder / ca_file if ca_file else None,
        certificate=_certificate(own.clientCertificate, folder) if own.clientCertificate else None,
    )


def network_fault(network: Mapping[str, Network]) -> tuple[str, str] | None:
    """The first thing that types do not tell, as its place and what is wrong; None if nothing is."""
    seen: set[str] = set()
    for name, entry in network.items():
        origin = _normal(name)
        if origin is None:
            return _place(name), "Expected a server's address or `*`"
        if origin in seen:
            return _place(name), "The same server twice"
        seen.add(origin)
        for key, reason in _faults(origin, entry):
            return f"{_place(name)}{key}", reason
    return None


def precise_place(place: str, document: Any) -> str:
    """A place of msgspec's, which says `[...]` for a server, with the server's name. document: the decoded file."""
    stem = "$.softtoken.network"
    if not place.startswith(f"{stem}[...]"):
        return place
    for name, entry in document["softtoken"]["network"].items():
        try:
            msgspec.convert(entry, Network)
        except msgspec.ValidationError as error:
            _, _, inside = str(error).partition(" - at `$")
            return f"{_place(name)}{inside.strip('`')}"
    return place


def unknown_network_keys(document: Any) -> Iterator[str]:
    """The names of keys that are not known, below softtoken.network. document: a decoded file without a fault."""
    for name, entry in document.items():
        place = _place(name).removeprefix("$.")
        yield from (f"{place}.{key}" for key in entry if key not in Network.__struct_fields__)
        inside = entry.get("clientCertificate") or {}
        yield from (
            f"{place}.clientCertificate.{key}" for key in inside if key not in ClientCertificate.__struct_fields__
        )


def _place(name: str) -> str:
    return f'$.softtoken.network["{name}"]'


def _normal(name: str) -> str | None:
    if name == EVERY_SERVER:
        return name
    try:
        return parse_origin(name)
    except BadAddress:
        return None


def _faults(origin: str, entry: Network) -> Iterator[tuple[str, str]]:
    certificate = entry.clientCertificate
    if entry.proxy is not None and entry.proxy not in _WORDS and not _is_proxy(entry.proxy):
        # not repeated: it may hold a password
        yield ".proxy", "Expected `system`, `none` or a URL of http or https without user and password"
    if (entry.proxyUser is None) != (entry.proxyPasswordFile is None):
        yield ".proxyUser", "proxyUser and proxyPasswordFile belong together"
    if entry.proxyUser is not None and entry.proxy in (None, *_WORDS):
        yield ".proxyUser", "Expected a proxy with a URL beside it"
    if certificate is not None:
        if origin == EVERY_SERVER:
            yield ".clientCertificate", "A certificate is for one server"
        if (certificate.file is None) == (certificate.pkcs12File is None):
            yield ".clientCertificate", "Expected one of file and pkcs12File"
        if certificate.keyFile is not None and certificate.file is None:
            yield ".clientCertificate.keyFile", "Expected file beside it"
    if origin.startswith("http://") and (certificate or entry.caFile or entry.proxy):
        yield "", "Without https there is no proxy, no caFile and no clientCertificate"


def _is_proxy(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    bare = not (parts.query or parts.fragment or "@" in parts.netloc) and parts.path in ("", "/")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare and port_fits


_WORDS = {"system": ProxyUse.SYSTEM, "none": ProxyUse.NONE}


def _proxy(entry: Network, folder: Path) -> ProxyUse | ProxyServer:
    if entry.proxy is None:
        return ProxyUse.SYSTEM
    if entry.proxy in _WORDS:
        return _WORDS[entry.proxy]
    password_file = folder / entry.proxyPasswordFile if entry.proxyPasswordFile else None
    return ProxyServer(entry.proxy, entry.proxyUser, password_file=password_file)


def _certificate(named: ClientCertificate, folder: Path) -> PemCertificate | Pkcs12Certificate:
    passphrase_file = folder / named.passphraseFile if named.passphraseFile else None
    if named.pkcs12File is not None:
        return Pkcs12Certificate(folder / named.pkcs12File, passphrase_file)
    key_file = folder / named.keyFile if named.keyFile else None
    return PemCertificate(folder / (named.file or ""), key_file, passphrase_file)
