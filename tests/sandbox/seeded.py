"""A seeded user's right answers: what a valid call of each operation carries, made when it is sent."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.device import BIOMETRIC, DIGEST, NO_PIN, PIN, Device, b64
from sandbox.tenant import Tenant


@dataclass(frozen=True)
class Call:
    """What goes into a request instead of what was generated; None leaves it."""

    path: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


Make = Callable[[], Call]


class Seeded:
    """One user with one device, whom nothing that is sent in between keeps from being right again."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._names = (f"seeded-{number}" for number in itertools.count())
        self._user = ""
        self._device: Device | None = None
        self._made: dict[str, Make] = {
            "POST /v1/registrations/check-status": lambda: Call(body={"login": self._user, "timeoutSeconds": "0"}),
            "POST /v1/registrations/{registration_id}/add-device": self._add_device,
            "POST /v1/registrations/{registration_id}/activate": self._activate,
            "POST /v1/users/{user}/login": lambda: self._validated("AdaptiveLoginInput"),
            "POST /v1/users/{user}/events/validate": lambda: self._validated(None, eventType="LoginAttempt"),
            "POST /v1/users/{user}/transactions/validate": self._transaction,
            "POST /v1/users/{user}/sync-authenticator": self._sync,
            "POST /v1/users/{user}/unlock": self._about_the_user,
            "POST /v1/users/{user}/generate-challenge": self._about_the_user,
            "POST /v1/users/{user}/unregister": self._unregister,
            "GET /v1/users/{user}": self._about_the_user,
            "PATCH /v1/users/{user}": self._about_the_user,
            "DELETE /v1/users/{user}": self._about_another,
            "POST /v1/authenticators/{serial_number}/assign": self._assign,
            "POST /v1/authenticators/{serial_number}/unassign": self._unassign,
            "POST /softtoken/v1/users/{user}/verify": self._verify,
            "POST /softtoken/v1/users/{user}/resynchronise": self._resynchronise,
            "POST /softtoken/v1/users/{user}/renew-key": self._renew,
            "POST /softtoken/v1/users/{user}/disable": self._about_another,
            "POST /softtoken/v1/users/{user}/enable": self._about_the_user,
            "PUT /softtoken/v1/sessions/{request_id}": self._decide,
            "POST /softtoken/v1/approvals/{request_id}": self._approve,
            "DELETE /softtoken/v1/app-versions/{digest}": self._app_version,
        }

    def call(self, operation: str) -> Call | None:
        """None: what is generated for this operation is right by itself."""
        make = self._made.get(operation)
        if make is None:
            return None
        self._be_ready()
        return make()

    def authorization(self) -> str:
        """What the device proves itself with."""
        if self._device is None:
            self._be_ready()
        return f"SoftToken {b64(self._phone.approval_key)}"

    @property
    def _phone(self) -> Device:
        assert self._device is not None
        return self._device

    def _be_ready(self) -> None:
        """The user is there, neither locked nor disabled, has the device, its app is known, no rule is in the way."""
        self._tenant.http.delete(f"/softtoken/v1/app-versions/{DIGEST.hex()}")
        self._tenant.put_version(DIGEST)
        found = self._tenant.http.get(f"/v1/users/{self._user}") if self._user else None
        if found is None or self._device is None or self._device.serial not in found.json().get("authenticators", ()):
            self._user = next(self._names)
            self._device = self._tenant.activated(self._user, NO_PIN | PIN | BIOMETRIC)
        self._own("POST", f"users/{self._user}/enable")
        self._tenant.unlock(self._user)
        self._tenant.rules(self._user)
        self._own("DELETE", "rules")

    def _own(self, method: str, path: str, body: Any = None) -> None:
        answer = self._tenant.http.request(method, f"/softtoken/v1/{path}", json=body)
        assert answer.is_success, answer.text

    def _otp(self) -> str:
        return self._phone.otp(self._tenant.clock.now())

    def _about_the_user(self) -> Call:
        return Call({"user": f"{self._user}@sandbox"})

    def _about_another(self) -> Call:
        name = next(self._names)
        assert self._tenant.http.put(f"/v1/users/{name}", json={}).is_success
        return Call({"user": name})

    def _unregister(self) -> Call:
        return Call(self._about_another().path, {"objectType": "AdaptiveUnregisterUserInput", "clientIP": "192.0.2.7"})

    def _add_device(self) -> Call:
        device = self._tenant.device(next(self._names))
        return Call({"registration_id": device.registration_id}, {"deviceCode": device.device_code})

    def _activate(self) -> Call:
        device = self._tenant.device(next(self._names))
        self._tenant.open(device)
        code = device.otp(self._tenant.clock.now(), "PIN")
        return Call({"registration_id": device.registration_id}, {"signature": code})

    def _validated(self, object_type: str | None, **fields: Any) -> Call:
        body = {"relationshipRef": self._user, "sessionID": "4ED2", "clientIP": "192.0.2.7", **fields}
        body["credentials"] = {"authenticator": {"OTP": self._otp()}}
        return Call({"user": self._user}, body if object_type is None else body | {"objectType": object_type})

    def _transaction(self) -> Call:
        values = ["DE89370400440532013000", "66.66"]
        data = {"standard": {"dataFields": values, "signature": self._phone.signature(values)}}
        return Call({"user": self._user}, {"objectType": "TransactionValidationInput", "timeout": 0, "data": data})

    def _sync(self) -> Call:
        return Call({"user": self._user}, {"response1": self._phone.resync(), "response2": self._phone.resync()})

    def _verify(self) -> Call:
        return Call({"user": self._user}, {"OTP": self._otp()})

    def _resynchronise(self) -> Call:
        counter: int = self._phone.credentials["NO_PIN"]["counter"]
        return Call({"user": self._user}, {"code": self._phone.resync(), "atc": counter})

    def _renew(self) -> Call:
        return Call({"user": self._user}, self._phone.renewal("PIN").body)

    def _assign(self) -> Call:
        return Call({"serial_number": self._phone.serial}, {"userID": self._user, "domain": "sandbox"})

    def _unassign(self) -> Call:
        serial, self._device = self._phone.serial, None
        return Call({"serial_number": serial})

    def _pending(self, code: int) -> dict[str, str]:
        self._tenant.rules(self._user, {"riskResponseCode": code})
        answer = self._tenant.login(self._user, session=f"{next(_SESSIONS):08x}").json()
        return {"request_id": answer["requestID"]}

    def _decide(self) -> Call:
        return Call(self._pending(22), {"sessionStatus": "accepted"})

    def _approve(self) -> Call:
        return Call(self._pending(21), {"decision": "decline"})

    def _app_version(self) -> Call:
        digest = f"{next(_SESSIONS):0128x}"
        self._own("PUT", f"app-versions/{digest}", {"name": "Soft Token", "version": "0", "digestCheck": False})
        return Call({"digest": digest})


_SESSIONS = itertools.count(1)
