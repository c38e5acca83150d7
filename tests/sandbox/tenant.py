"""A caller of the API, as somebody with the reference document alone would write it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from sandbox.device import NO_PIN, PIN, Device, origin_of

if TYPE_CHECKING:
    from softtoken.sandbox.server import SandboxServer

SESSION = "4ED23EA44F23"
ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.wall = 1_800_000_015

    def now(self) -> int:
        return self.wall

    def uptime(self) -> int:
        return self.wall

    def move(self, seconds: int) -> None:
        self.wall += seconds


class Tenant:
    """A running sandbox and one HTTP client for it. options: of the client, such as verify and auth."""

    def __init__(self, url: str, clock: ManualClock, **options: Any) -> None:
        self.url = url
        self.clock = clock
        self.http = httpx.Client(base_url=url, timeout=30, **options)
        self.server: SandboxServer | None = None
        self.folder = Path()

    def register(self, user: str, **fields: Any) -> dict[str, Any]:
        body = {"objectType": "AdaptiveRegisterUserInput", "userID": user, "activationType": "offlineMDL", **fields}
        answer = self.http.post("/v1/users/register", json=body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def device(self, user: str, wanted: int = NO_PIN | PIN, password: str | None = None) -> Device:
        """Registered, not yet added."""
        made = self.register(user)
        secret = made["activationPassword"] if password is None else password
        return Device(origin_of(self.url), f"{user.lower()}@sandbox", made["registrationID"], secret, wanted)

    def add_device(self, registration_id: str, device_code: str) -> httpx.Response:
        return self.http.post(f"/v1/registrations/{registration_id}/add-device", json={"deviceCode": device_code})

    def activate(self, registration_id: str, signature: str) -> httpx.Response:
        return self.http.post(f"/v1/registrations/{registration_id}/activate", json={"signature": signature})

    def activated(self, user: str, wanted: int = NO_PIN | PIN) -> Device:
        """A device with its keys, proved."""
        device = self.device(user, wanted)
        self.open(device)
        first = "PIN" if "PIN" in device.credentials else next(iter(device.credentials))
        answer = self.activate(device.registration_id, device.otp(self.clock.now(), first))
        assert answer.status_code == 200, answer.text
        return device

    def open(self, device: Device) -> dict[str, Any]:
        answer = self.add_device(device.registration_id, device.device_code)
        assert answer.status_code == 200, answer.text
        return device.open(answer.json()["activationMessage2"])

    def login(self, user: str, otp: str | None = None, session: str = SESSION, **fields: Any) -> httpx.Response:
        body: dict[str, Any] = {
            "objectType": "AdaptiveLoginInput",
            "relationshipRef": user,
            "sessionID": session,
            "clientIP": "192.168.0.1",
        }
        if otp is not None:
            body["credentials"] = {"authenticator": {"OTP": otp}}
        return self.post_login(user, body | fields)

    def post_login(self, user: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(f"/v1/users/{quote(user, safe='')}@sandbox/login", json=body)

    def sync(self, user: str, first: str, second: str, **fields: Any) -> httpx.Response:
        body = {"response1": first, "response2": second, **fields}
        return self.http.post(f"/v1/users/{quote(user, safe='')}@sandbox/sync-authenticator", json=body)

    def own(self, user: str, action: str, **body: Any) -> httpx.Response:
        """One of our own endpoints: verify, resynchronise, renew-key."""
        return self.http.post(f"/softtoken/v1/users/{quote(user, safe='')}@sandbox/{action}", json=body)

    def renewed(self, user: str, device: Device, protection: str = "NO_PIN") -> dict[str, Any]:
        """A new key for the credential, which the device does not use yet."""
        renewal = device.renewal(protection)
        answer = self.own(user, "renew-key", **renewal.body)
        assert answer.status_code == 200, answer.text
        return renewal.open(answer.json()["message"])

    def put_version(self, digest: bytes, version: str = "1.0", **fields: Any) -> dict[str, Any]:
        body = {"name": "Soft Token", "version": version, **fields}
        answer = self.http.put(f"/softtoken/v1/app-versions/{digest.hex()}", json=body)
        assert answer.status_code == 200, answer.text
        record: dict[str, Any] = answer.json()
        return record

    def versions(self) -> list[dict[str, Any]]:
        answer = self.http.get("/softtoken/v1/app-versions")
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()["versions"]
        return records

    def unlock(self, user: str) -> None:
        answer = self.http.post(f"/v1/users/{quote(user, safe='')}@sandbox/unlock")
        assert answer.is_success, answer.text

    def rules(self, user: str, *rules: dict[str, Any]) -> None:
        answer = self.http.put(f"/softtoken/v1/rules/{quote(user, safe='')}", json={"rules": list(rules)})
        assert answer.status_code == 200, answer.text

    def session_status(self, request_id: str) -> str:
        answer = self.http.get(f"/v1/sessions/{request_id}")
        assert answer.status_code == 200
        status: str = answer.json()["sessionStatus"]
        return status

    def is_refused(self, answer: httpx.Response, message: str = "Authentication failed") -> bool:
        """409 in the documented shape."""
        return answer.status_code == 409 and answer.json() == {"error": "Conflict", "message": message}


def wrong(otp: str) -> str:
    """As long as the code, and never it."""
    return str((int(otp) + 1) % 10 ** len(otp)).zfill(len(otp))
