"""Every call of the client and of the administration, with planted secrets where a request has any."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from softtoken.iaa import (
    AuthenticatorQuery,
    EventRequest,
    FidoData,
    FidoProtocol,
    IaaAdministration,
    IaaClient,
    LoginRequest,
    RegisterRequest,
    SecureChannelData,
    StandardData,
    TransactionMessage,
    TransactionRequest,
    TransactionType,
    UnregisterRequest,
    UserChanges,
)

OTP = "90417263"
PASSWORD = 'Planted "pass\\word" äöü 1'
DEVICE_CODE = "PlantedDeviceCode"
PROOF = "PlantedProof"
SIGNATURE = "58231947"


def forms(*secrets: str) -> list[str]:
    """How a secret might be spelt in what is shown."""
    spelt = (
        (
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            quote(secret, safe=""),
            repr(secret)[1:-1],
        )
        for secret in secrets
    )
    return [form for one in spelt for form in dict.fromkeys(one)]


FORMS = forms(OTP, PASSWORD, DEVICE_CODE, PROOF, SIGNATURE)


@dataclass(frozen=True)
class Call:
    """One call. secrets: the texts of its request that must not be shown, and not be sent twice."""

    kind: type[IaaClient] | type[IaaAdministration]
    method: str
    make: Callable[[Any], object]
    secrets: tuple[str, ...] = ()

    def __call__(self, server: "Servers") -> object:
        return self.make(server.client if self.kind is IaaClient else server.administration)

    def __repr__(self) -> str:
        return f"{self.kind.__name__}.{self.method}"


class Servers:
    """Both ways to speak to one server."""

    def __init__(self, origin: str = "https://acme.example", **settings: Any) -> None:
        self.client = IaaClient(origin, **settings)
        self.administration = IaaAdministration(origin, **settings)


_BASE: dict[str, Any] = {"relationship_ref": "a", "session_id": "00"}
LOGIN = LoginRequest(otp=OTP, static_password=PASSWORD, **_BASE)
PASS_KEY = LoginRequest(pass_key=PASSWORD, **_BASE)
FIDO = LoginRequest(fido_response=PASSWORD, **_BASE)
EVENT = EventRequest(otp=OTP, event_type="LoginAttempt", **_BASE)
REGISTER = RegisterRequest(user_id="alice", static_password=PASSWORD, device_code=DEVICE_CODE)
UNREGISTER = UnregisterRequest(static_password=PASSWORD)
CHANGES = UserChanges(static_password=PASSWORD, email_address="alice@example.org", enabled=True)


def _transaction(data: Any) -> TransactionRequest:
    return TransactionRequest(data=data, object_type=TransactionType.PLAIN)


SIGNED = [
    _transaction(StandardData(("one", "two"), SIGNATURE)),
    _transaction(SecureChannelData("r", SIGNATURE)),
    _transaction(FidoData(FidoProtocol.FIDO2, PASSWORD)),
]
REQUESTS: list[object] = [LOGIN, PASS_KEY, FIDO, EVENT, REGISTER, UNREGISTER, CHANGES, *SIGNED]


def _login(request: LoginRequest, *secrets: str) -> Call:
    return Call(IaaClient, "login", lambda client: client.login("a@b", request), secrets)


def _validation(request: TransactionRequest, *secrets: str) -> Call:
    return Call(IaaClient, "validate_transaction", lambda client: client.validate_transaction("a@b", request), secrets)


CALLS = [
    Call(IaaClient, "register", lambda client: client.register(REGISTER), (PASSWORD, DEVICE_CODE)),
    Call(IaaClient, "unregister", lambda client: client.unregister("a@b", UNREGISTER), (PASSWORD,)),
    Call(IaaClient, "check_status", lambda client: client.check_status("alice")),
    Call(IaaClient, "add_device", lambda client: client.add_device("r", DEVICE_CODE), (DEVICE_CODE,)),
    Call(IaaClient, "activate", lambda client: client.activate("r", OTP), (OTP,)),
    _login(LOGIN, OTP, PASSWORD),
    _login(PASS_KEY, PASSWORD),
    _login(FIDO, PASSWORD),
    Call(IaaClient, "validate_event", lambda client: client.validate_event("a@b", EVENT), (OTP,)),
    _validation(SIGNED[0], SIGNATURE),
    _validation(SIGNED[1], SIGNATURE),
    _validation(SIGNED[2], PASSWORD),
    _validation(_transaction(TransactionMessage((("amount", "1"),)))),
    Call(IaaClient, "session", lambda client: client.session("r")),
    Call(IaaClient, "await_session", lambda client: client.await_session("r", deadline=4)),
    Call(IaaClient, "generate_challenge", lambda client: client.generate_challenge("a@b")),
    Call(
        IaaClient,
        "sync_authenticator",
        lambda client: client.sync_authenticator("a@b", OTP, SIGNATURE),
        (OTP, SIGNATURE),
    ),
    Call(IaaClient, "render", lambda client: client.render("00ff")),
    Call(IaaClient, "renew_key", lambda client: client.renew_key("a@b", {"proof": PROOF}), (PROOF,)),
    Call(IaaAdministration, "user", lambda administration: administration.user("a@b")),
    Call(IaaAdministration, "users", lambda administration: administration.users()),
    Call(IaaAdministration, "create_user", lambda it: it.create_user("a@b", CHANGES), (PASSWORD,)),
    Call(IaaAdministration, "change_user", lambda it: it.change_user("a@b", CHANGES), (PASSWORD,)),
    Call(IaaAdministration, "delete_user", lambda administration: administration.delete_user("a@b")),
    Call(IaaAdministration, "unlock", lambda administration: administration.unlock("a@b")),
    Call(IaaAdministration, "authenticators", lambda it: it.authenticators(AuthenticatorQuery())),
    Call(IaaAdministration, "assign", lambda administration: administration.assign("VDS1000000-1", "a", "b")),
    Call(IaaAdministration, "unassign", lambda administration: administration.unassign("VDS1000000")),
]
SECRET = [call for call in CALLS if call.secrets]
SHORT = [call for call in CALLS if call.method != "await_session"]
"""Those that end with the client's own time limit."""


def left_out() -> set[str]:
    """Public methods that no call above makes. A test holds this empty."""
    ours = {(call.kind, call.method) for call in CALLS}
    return {
        f"{kind.__name__}.{name}"
        for kind in (IaaClient, IaaAdministration)
        for name, _ in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and name not in _CORE and (kind, name) not in ours
    }


# a connection test's raw answer has its own tests; the others are the core that the calls are made of
_CORE = {"probe", "probe_call", "call", "close", "held"}


def refused() -> httpx.ConnectError:
    """What a transport raises when nobody listens."""
    error = httpx.ConnectError("")
    error.__cause__ = ConnectionRefusedError()
    return error
