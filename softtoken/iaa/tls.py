"""TLS as a stream over any other stream, and what its failures mean.

httpcore's own way of putting TLS into the tunnel of a TLS proxy starts its time limit anew at every read.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import httpcore

from softtoken.iaa.errors import Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hop:
    """What one TLS connection is for.

    proxy: it ends at the proxy itself. behind_proxy: it goes through one. valid: epoch seconds from when and
    until when our own certificate is valid, if we have one.
    """

    proxy: bool = False
    behind_proxy: bool = False
    valid: tuple[int, int] | None = None


class TlsStream(httpcore.NetworkStream):
    """Shakes hands in `start`. Every step waits in the stream below, which knows how long it may.

    failed: hears of a failure before it is raised.
    """

    def __init__(
        self,
        below: httpcore.NetworkStream,
        context: ssl.SSLContext,
        host: str,
        failed: Callable[[ssl.SSLError, ssl.SSLObject], None],
    ) -> None:
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._failed = failed

    def start(self) -> None:
        """The handshake. Raises httpcore.ConnectError, and what the stream below raises."""
        self._step(self._tls.do_handshake, httpcore.ConnectError)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see network
        try:
            return self._step(lambda: self._tls.read(max_bytes), httpcore.ReadError)
        except httpcore.ReadError as error:
            if isinstance(error.__cause__, ssl.SSLEOFError):
                return b""  # many servers hang up without a word; HTTP's own lengths tell whether it was the end
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see network
        left = memoryview(buffer)
        while left:
            left = left[self._step(lambda: self._tls.write(left), httpcore.WriteError) :]  # noqa: B023 - called at once

    def close(self) -> None:
        self._below.close()

    def get_extra_info(self, info: str) -> Any:
        return self._tls if info == "ssl_object" else self._below.get_extra_info(info)

    def _step(self, act: Callable[[], T], kind: type[httpcore.NetworkError]) -> T:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._below.read(_CHUNK):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLEOFError as error:
                raise kind from error
            except ssl.SSLError as error:
                self._failed(error, self._tls)
                with suppress(httpcore.NetworkError, httpcore.TimeoutException):
                    self._flush()  # the other side may log why we left
                raise kind from error
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._below.write(data)


def explain(error: ssl.SSLError, tls: ssl.SSLObject, hop: Hop, now: int) -> Reason:
    """What a failure of TLS means for a person. now: epoch seconds."""
    if hop.proxy:
        return Reason.PROXY_TLS
    if isinstance(error, ssl.SSLCertVerificationError):
        found = _VERIFICATION.get(error.verify_code, Reason.TLS)
        unknown = found in (Reason.UNKNOWN_AUTHORITY, Reason.SELF_SIGNED)
        return Reason.INTERCEPTED if unknown and hop.behind_proxy else found
    alert = error.reason or ""
    if alert in _FIXED:
        return _FIXED[alert]
    # TLS 1.2 has one word for "no cipher in common" and "no certificate of yours"; the cipher is settled first
    if alert in _CERTIFICATE_ALERTS or (alert == _HANDSHAKE and tls.cipher() is not None):
        return _own_certificate(hop.valid, now)
    return Reason.TLS_VERSION if alert == _HANDSHAKE else Reason.TLS


def _own_certificate(valid: tuple[int, int] | None, now: int) -> Reason:
    if valid is None:
        return Reason.CERTIFICATE_REQUIRED
    since, until = valid
    if now > until:
        return Reason.CERTIFICATE_EXPIRED
    return Reason.CERTIFICATE_NOT_YET_VALID if now < since else Reason.CERTIFICATE_REFUSED


_CHUNK = 65536
_VERIFICATION = {
    # X509_V_ERR_... of OpenSSL's x509_vfy.h
    2: Reason.UNKNOWN_AUTHORITY,
    9: Reason.SERVER_NOT_YET_VALID,
    10: Reason.SERVER_EXPIRED,
    18: Reason.SELF_SIGNED,
    19: Reason.UNKNOWN_AUTHORITY,
    20: Reason.UNKNOWN_AUTHORITY,
    21: Reason.UNKNOWN_AUTHORITY,
    62: Reason.WRONG_HOST,
    64: Reason.WRONG_HOST,
}
_HANDSHAKE = "SSLV3_ALERT_HANDSHAKE_FAILURE"
_FIXED = {
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": Reason.CERTIFICATE_EXPIRED,
    "TLSV1_UNRECOGNIZED_NAME": Reason.WRONG_HOST,
    "TLSV1_ALERT_PROTOCOL_VERSION": Reason.TLS_VERSION,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": Reason.TLS_VERSION,
    "UNSUPPORTED_PROTOCOL": Reason.TLS_VERSION,
    "NO_PROTOCOLS_AVAILABLE": Reason.TLS_VERSION,
    "WRONG_SSL_VERSION": Reason.TLS_VERSION,
    "WRONG_VERSION_NUMBER": Reason.NOT_TLS,
    "RECORD_LAYER_FAILURE": Reason.NOT_TLS,
    "UNKNOWN_PROTOCOL": Reason.NOT_TLS,
    "HTTP_REQUEST": Reason.NOT_TLS,
}
_CERTIFICATE_ALERTS = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "SSLV3_ALERT_NO_CERTIFICATE",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_DECRYPT_ERROR",
    }
)
