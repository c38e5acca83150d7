"""The calls of a device, or of the server that a user logs in to: typed values in, typed values or an IaaError out.

What an organisation's administrator does is in administration.py.
"""

from collections.abc import Callable
from typing import Any

from softtoken.iaa.address import path_segment, user_path
from softtoken.iaa.answers import (
    AddDeviceAnswer,
    ChallengeAnswer,
    LoginAnswer,
    RegisterAnswer,
    SessionAnswer,
    UnregisterAnswer,
)
from softtoken.iaa.calls import Repeat, ServerCalls
from softtoken.iaa.checks import MAX_DEVICE_TEXT, InvalidRequest, check_text
from softtoken.iaa.exchange import RawAnswer
from softtoken.iaa.messages import EventRequest, LoginRequest, RegisterRequest, UnregisterRequest
from softtoken.iaa.network import Watch
from softtoken.iaa.polling import DEADLINE, INTERVAL, Waited, wait_for
from softtoken.iaa.readers import (
    check_done,
    read_add_device,
    read_challenge,
    read_login,
    read_picture,
    read_register,
    read_renewal,
    read_session,
    read_status,
    read_unregister,
)
from softtoken.iaa.transactions import TransactionRequest
from softtoken.iaa.wire import (
    challenge_body,
    check_status_body,
    event_body,
    login_body,
    proving_secrets,
    register_body,
    register_secrets,
    sync_body,
    transaction_body,
    transaction_secrets,
    unregister_body,
)
from softtoken.iaa.words import VisualCode


class IaaClient(ServerCalls):
    """Every method raises an IaaError, and InvalidRequest or BadAddress before anything is sent. user: `user@domain`.

    What carries a one-time password, a signature of a transaction or a pass key is handed to the network once.
    Questions (GET) are asked up to three times; the other calls again only if the connection was refused, so nothing
    was sent.
    """

    def register(self, request: RegisterRequest) -> RegisterAnswer:
        """POST /v1/users/register."""
        called = self.call("POST", "users/register", register_body(request), register_secrets(request))
        return called.read(read_register)

    def unregister(self, user: str, request: UnregisterRequest) -> UnregisterAnswer:
        """POST /v1/users/{user}/unregister. Deleted if the outcome is ACCEPTED; a challenge may come first."""
        path = f"users/{user_path(user)}/unregister"
        return self.call("POST", path, unregister_body(user, request), register_secrets(request)).read(read_unregister)

    def check_status(self, login: str) -> str:
        """POST /v1/registrations/check-status: `pending`, `activated`, `timeout` or `unknown`, at once."""
        check_text("login", login, 1, 255)
        return self.call("POST", "registrations/check-status", check_status_body(login)).read(read_status)

    def probe(self, login: str, watch: Watch | None = None) -> RawAnswer:
        """check-status once, for a connection test: the answer as it came, of any status. watch: hears of each step.

        It tells the server a name and nothing else, and counts no try. Raises Unreachable, BadAnswer.
        """
        check_text("login", login, 1, 255)
        return self.probe_call("POST", "registrations/check-status", check_status_body(login), watch=watch)

    def add_device(self, registration_id: str, device_code: str) -> AddDeviceAnswer:
        """POST /v1/registrations/{id}/add-device. May be repeated with the same code if Unreachable."""
        check_text("device_code", device_code, 1, MAX_DEVICE_TEXT)
        path = f"registrations/{path_segment(registration_id)}/add-device"
        return self.call("POST", path, {"deviceCode": device_code}, (device_code,)).read(read_add_device)

    def activate(self, registration_id: str, signature: str) -> None:
        """POST /v1/registrations/{id}/activate. May be repeated with the same signature if Unreachable."""
        check_text("signature", signature, 1, MAX_DEVICE_TEXT)
        path = f"registrations/{path_segment(registration_id)}/activate"
        self.call("POST", path, {"signature": signature}, (signature,)).read(check_done)

    def login(self, user: str, request: LoginRequest) -> LoginAnswer:
        """POST /v1/users/{user}/login, sent at most once.

        After Unreachable with `sent` the code is spent: the server may have accepted it. A `timeout` in the
        request is added to this client's. The second step is `request.with_proof(answer, ...)`.
        """
        return self._prove(user, "login", login_body(request), proving_secrets(request), request.timeout)

    def validate_event(self, user: str, request: EventRequest) -> LoginAnswer:
        """POST /v1/users/{user}/events/validate, sent at most once: as a login."""
        return self._prove(user, "events/validate", event_body(request), proving_secrets(request), request.timeout)

    def validate_transaction(self, user: str, request: TransactionRequest) -> LoginAnswer:
        """POST /v1/users/{user}/transactions/validate, sent at most once: as a login."""
        body, secrets = transaction_body(request), transaction_secrets(request)
        return self._prove(user, "transactions/validate", body, secrets, request.timeout)

    def session(self, request_id: str) -> SessionAnswer:
        """GET /v1/sessions/{id}: where a pending request stands now."""
        return self._session(request_id, None)

    def await_session(
        self,
        request_id: str,
        *,
        interval: float = INTERVAL,
        deadline: float = DEADLINE,
        cancelled: Callable[[], bool] = lambda: False,
        told: Callable[[SessionAnswer], None] = lambda _: None,
    ) -> Waited:
        """Ask for the session until it is over, cancelled, or `deadline` seconds have passed.

        cancelled: for example the is_set of a threading.Event; looked at ten times a second, and between two questions
        of up to five seconds. told: is given each answer. Raises what `session` raises, but for a server that is out of
        reach for a while.
        """
        return wait_for(
            lambda seconds: self._session(request_id, seconds),
            interval=interval,
            deadline=deadline,
            cancelled=cancelled,
            told=told,
            sleep=self._sleep,
            monotonic=self._monotonic,
        )

    def generate_challenge(self, user: str, *, length: int = 6, check_digit: bool = False) -> ChallengeAnswer:
        """POST /v1/users/{user}/generate-challenge: digits for a code over them. length: 1 to 16."""
        if not 1 <= length <= 16:
            raise InvalidRequest("length")
        body = challenge_body(length, check_digit=check_digit)
        return self.call("POST", f"users/{user_path(user)}/generate-challenge", body).read(read_challenge)

    def sync_authenticator(self, user: str, first: str, second: str, serial_number: str | None = None) -> None:
        """POST /v1/users/{user}/sync-authenticator: two consecutive codes, sent at most once (iaa-api section 4).

        The endpoint is documented, its field names are not: `response1` and `response2` are after the vendor's
        on-premises command, which takes two consecutive authenticator responses.
        """
        check_text("first", first, 1, 255)
        check_text("second", second, 1, 255)
        body = sync_body(first, second, serial_number)
        path = f"users/{user_path(user)}/sync-authenticator"
        self.call("POST", path, body, (first, second), repeat=Repeat.NEVER).read(check_done)

    def render(self, message: str, form: VisualCode = VisualCode.CRONTO) -> bytes:
        """GET /v1/visualcodes/render: a PNG of the message, which is hexadecimal, for a device's camera."""
        if not message or len(message) > _MAX_MESSAGE or not set(message) <= _HEXADECIMAL:
            raise InvalidRequest("message")
        path = f"visualcodes/render?format={form.value}&message={message}"
        called = self.call("GET", path, repeat=Repeat.ALWAYS, headers={"Accept": "image/png"})
        return called.read(read_picture)

    def renew_key(self, user: str, body: dict[str, Any]) -> str:
        """POST /softtoken/v1/users/{user}/renew-key: the sealed answer to KeyRenewal.body.

        Ours, not the vendor's: a server without it answers NotFound. May be repeated with the same body if Unreachable.
        """
        path = f"users/{user_path(user)}/renew-key"
        return self.call("POST", path, body, (body["proof"],), base=OWN).read(read_renewal)

    def _prove(
        self, user: str, endpoint: str, body: dict[str, Any], secrets: tuple[str, ...], hold: int | None
    ) -> LoginAnswer:
        path, seconds = f"users/{user_path(user)}/{endpoint}", self.held(hold)
        return self.call("POST", path, body, secrets, repeat=Repeat.NEVER, seconds=seconds).read(read_login)

    def _session(self, request_id: str, seconds: float | None) -> SessionAnswer:
        path = f"sessions/{path_segment(request_id)}"
        return self.call("GET", path, repeat=Repeat.ALWAYS, seconds=seconds).read(read_session)


OWN = "softtoken/v1"
"""Where the calls are that the vendor does not have."""

_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_MAX_MESSAGE = 4096
"""Digits of a visual code's message: a bound of ours; a large code holds some hundred bytes."""
