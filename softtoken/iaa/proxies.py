"""Which proxy leads to a server: the settings' own, or what the environment and the desktop name.

No PAC scripts, no SOCKS, no authentication but Basic.
"""

import ipaddress
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from softtoken.iaa.own_files import FileRole, read_line
from softtoken.iaa.settings import ProxyServer, ProxyUse

SystemProxy = Callable[[str, int], str | None]
"""The URL of the proxy for https to a host and port, None for none. May take as long as it likes."""


class BadProxy(ValueError):  # noqa: N818 - named after what is wrong
    """No address of a proxy that is spoken here. It may hold a password, so it is not repeated."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that CONNECT is sent to, over TLS if `tls`. credentials: user and password for Basic."""

    host: str
    port: int
    tls: bool
    credentials: tuple[str, str] | None = field(default=None, repr=False)


def proxy_for(host: str, port: int, chosen: ProxyUse | ProxyServer, system: SystemProxy) -> Proxy | None:
    """The proxy for https to a server that is not this machine. Raises BadProxy, OwnFileUnusable."""
    match chosen:
        case ProxyUse.NONE:
            return None
        case ProxyUse.SYSTEM:
            named = system(host, port)
            return parse_proxy(named) if named else None
        case ProxyServer():
            proxy = parse_proxy(chosen.url)
            if chosen.user is None:
                return proxy
            password = chosen.password or ""
            if chosen.password_file is not None:
                password = read_line(FileRole.PROXY_PASSWORD, chosen.password_file)
            return Proxy(proxy.host, proxy.port, proxy.tls, (chosen.user, password))


def parse_proxy(text: str) -> Proxy:
    """A proxy's address as people and environments write it: `[http[s]://][user:password@]host[:port]`."""
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
        host = url.raw_host.decode("ascii")
        usable = url.scheme in _PORTS and bool(host)
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise BadProxy
    credentials = (url.username, url.password) if url.username else None
    return Proxy(host, url.port or _PORTS[url.scheme], url.scheme == "https", credentials)


def system_proxy(host: str, port: int) -> str | None:
    """What https_proxy or all_proxy and no_proxy name; without them the desktop's settings on Windows and macOS.

    May ask a name server on Windows.
    """
    named = urllib.request.getproxies_environment()
    if proxy := named.get("https") or named.get("all"):
        return None if excepted(named.get("no", ""), host, port) else proxy
    if urllib.request.proxy_bypass(host):
        return None
    desktop = urllib.request.getproxies()
    return desktop.get("https") or desktop.get("all")


def excepted(no_proxy: str, host: str, port: int) -> bool:
    """Does this no_proxy list name the server?

    `*` names all; a name names itself and what is below it, with or without a dot or `*.` before it; `:port`
    behind narrows it; an address or a network (10.0.0.0/8) names servers that are given as addresses. Nothing
    is looked up.
    """
    return any(_names(entry.lower(), host.lower(), port) for entry in re.split(r"[\s,]+", no_proxy) if entry)


_PORTS = {"http": 80, "https": 443}
_WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*):(?P<port>[0-9]+)")


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if narrowed := _WITH_PORT.fullmatch(entry):
        if int(narrowed["port"]) != port:
            return False
        entry = narrowed["host"]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        entry = entry.removeprefix("*").removeprefix(".")
        return bool(entry) and (host == entry or host.endswith(f".{entry}"))
    try:
        return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
