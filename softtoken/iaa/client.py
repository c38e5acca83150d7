"""The IAA calls that this product makes: typed values in, typed values or an IaaError out."""

import time
from collections.abc import Callable
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from softtoken import __version__
from softtoken.iaa.address import parse_origin, path_segment, user_path
from softtoken.iaa.deadline import Deadline
from softtoken.iaa.errors import IaaError, Reason, ServerFault, Unreachable
from softtoken.iaa.exchange import RawAnswer, exchange
from softtoken.iaa.messages import (
    MAX_DEVICE_TEXT,
    AddDeviceAnswer,
    LoginAnswer,
    LoginRequest,
    RegisterAnswer,
    RegisterRequest,
    SessionAnswer,
    check_text,
)
from softtoken.iaa.refusals import correlation_id, refusal
from softtoken.iaa.transport import DEADLINE, DeadlineTransport
from softtoken.iaa.wire import (
    check_done,
    check_status_body,
    login_body,
    login_secrets,
    read_add_device,
    read_login,
    read_register,
    read_renewal,
    read_session,
    read_status,
    register_body,
    register_secrets,
    sync_body,
)


class IaaClient:
    """Speaks to one server. A context manager; may be used from several threads.

    origin: as parse_origin takes it (raises BadAddress). transport: the test seam; by default the network,
    with TLS always verified. timeout_seconds: for a whole call, from the look-up of the name to the last
    byte, repetitions included.

    Every method raises an IaaError, and InvalidRequest or BadAddress before anything is sent. The session
    query is tried three times; the others again only if the connection was refused, so nothing was sent; a
    login never.
    """

    def __init__(
        self,
        origin: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout_seconds: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.origin = parse_origin(origin)
        self._transport = transport or DeadlineTransport()
        self._timeout = timeout_seconds
        self._sleep = sleep
        self._monotonic = monotonic

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the transport."""
        self._transport.close()

    def register(self, request: RegisterRequest) -> RegisterAnswer:
        """POST /v1/users/register."""
        secrets = register_secrets(request)
        raw = self._call("POST", "users/register", register_body(request), secrets)
        return read_register(raw, correlation_id(raw, secrets))

    def check_status(self, login: str) -> str:
        """POST /v1/registrations/check-status: `pending`, `activated`, `timeout` or `unknown`, at once."""
        check_text("login", login, 1, 255)
        raw = self._call("POST", "registrations/check-status", check_status_body(login))
        return read_status(raw, correlation_id(raw, ()))

    def add_device(self, registration_id: str, device_code: str) -> AddDeviceAnswer:
        """POST /v1/registrations/{id}/add-device. May be repeated with the same code if Unreachable."""
        check_text("device_code", device_code, 1, MAX_DEVICE_TEXT)
        path = f"registrations/{path_segment(registration_id)}/add-device"
        raw = self._call("POST", path, {"deviceCode": device_code}, (device_code,))
        return read_add_device(raw, correlation_id(raw, (device_code,)))

    def activate(self, registration_id: str, signature: str) -> None:
        """POST /v1/registrations/{id}/activate. May be repeated with the same signature if Unreachable."""
        check_text("signature", signature, 1, MAX_DEVICE_TEXT)
        path = f"registrations/{path_segment(registration_id)}/activate"
        raw = self._call("POST", path, {"signature": signature}, (signature,))
        check_done(raw, correlation_id(raw, (signature,)))

    def login(self, user: str, request: LoginRequest) -> LoginAnswer:
        """POST /v1/users/{user}/login, sent at most once. user: `user@domain`.

        After Unreachable with `sent` the code is spent: the server may have accepted it. A `timeout` in the
        request is added to this client's.
        """
        secrets = login_secrets(request)
        raw = self._call(
            "POST",
            f"users/{user_path(user)}/login",
            login_body(request),
            secrets,
            repeat=_Repeat.NEVER,
            hold=request.timeout or 0,
        )
        return read_login(raw, correlation_id(raw, secrets))

    def sync_authenticator(self, user: str, first: str, second: str, serial_number: str | None = None) -> None:
        """POST /v1/users/{user}/sync-authenticator: two consecutive codes, sent at most once (iaa-api section 4).

        The endpoint is documented, its field names are not: `response1` and `response2` are after the vendor's
        on-premises command, which takes two consecutive authenticator responses.
        """
        check_text("first", first, 1, 255)
        check_text("second", second, 1, 255)
        secrets = (first, second)
        body = sync_body(first, second, serial_number)
        raw = self._call("POST", f"users/{user_path(user)}/sync-authenticator", body, secrets, repeat=_Repeat.NEVER)
        check_done(raw, correlation_id(raw, secrets))

    def unlock(self, user: str) -> None:
        """POST /v1/users/{user}/unlock, for an administrator's tool."""
        raw = self._call("POST", f"users/{user_path(user)}/unlock", {})
        check_done(raw, correlation_id(raw, ()))

    def renew_key(self, user: str, body: dict[str, Any]) -> str:
        """POST /softtoken/v1/users/{user}/renew-key: the sealed answer to KeyRenewal.body.

        Ours, not the vendor's: a server without it answers NotFound. May be repeated with the same body if Unreachable.
        """
        secrets = (body["proof"],)
        raw = self._call("POST", f"users/{user_path(user)}/renew-key", body, secrets, base=_OWN)
        return read_renewal(raw, correlation_id(raw, secrets))

    def session(self, request_id: str) -> SessionAnswer:
        """GET /v1/sessions/{id}: where a pending request stands now."""
        raw = self._call("GET", f"sessions/{path_segment(request_id)}", repeat=_Repeat.ALWAYS)
        return read_session(raw, correlation_id(raw, ()))

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        secrets: tuple[str, ...] = (),
        *,
        repeat: "_Repeat | None" = None,
        hold: int = 0,
        base: str = "v1",
    ) -> RawAnswer:
        deadline = Deadline(self._timeout + hold, self._monotonic)
        pauses = iter(_PAUSES)
        while True:
            request = self._request(method, f"{base}/{path}", body, deadline)
            try:
                raw = exchange(self._transport, request, deadline)
                if raw.success:
                    return raw
                raise refusal(raw, secrets)
            except (Unreachable, ServerFault) as error:
                pause = next(pauses, None) if _repeatable(error, repeat or _Repeat.IF_REFUSED) else None
                if pause is None or not deadline.allows(pause):
                    raise
            self._sleep(pause)

    def _request(self, method: str, path: str, body: dict[str, Any] | None, deadline: Deadline) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": f"SoftToken/{__version__}",
        }
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = msgspec.json.encode(body)
        url = f"{self.origin}/{path}"
        return httpx.Request(method, url, headers=headers, content=content, extensions={DEADLINE: deadline})


class _Repeat(Enum):
    NEVER = auto()
    IF_REFUSED = auto()
    ALWAYS = auto()


_OWN = "softtoken/v1"
_PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try."""


def _repeatable(error: IaaError, repeat: _Repeat) -> bool:
    match repeat:
        case _Repeat.NEVER:
            return False
        case _Repeat.IF_REFUSED:
            return isinstance(error, Unreachable) and error.reason is Reason.REFUSED and not error.sent
        case _Repeat.ALWAYS:
            # a certificate does not get better within a second
            return not (isinstance(error, Unreachable) and error.reason is Reason.TLS)
