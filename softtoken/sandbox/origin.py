"""Which addresses are the server's own, and where a request says it comes from."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import Scope

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


def is_own_host(scope: Scope, names: Iterable[str]) -> bool:
    """Is the Host one of this server's? Any other is DNS rebinding or a mistake.

    names: further ones, `name` (with the server's port or none) or `name:port`.
    """
    host = Headers(scope=scope).get("host", "").lower()
    server = scope.get("server")
    port = f":{server[1]}" if server else ""
    own = {f"{name}{port}" for name in _LOOPBACK}
    if port == _DEFAULT_PORTS.get(scope["scheme"]):
        own |= _LOOPBACK
    for name in names:
        own |= {name.lower(), f"{name.lower()}{port}"}
    return host in own


def is_foreign_change(scope: Scope) -> bool:
    """Would another site's page change something here? Callers that are no browsers send neither header."""
    if scope["method"] in _READING:
        return False
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "none") not in _OWN_SITE:
        return True
    origin = headers.get("origin")
    return origin is not None and origin.lower() != request_origin(scope)


def request_origin(scope: Scope) -> str:
    """`scheme://host[:port]` as the request was addressed: lower case, a default port left out."""
    scheme = scope["scheme"]
    host = Headers(scope=scope).get("host", "").lower()
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS.get(scheme, ''))}"


_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
