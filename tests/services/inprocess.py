"""Real sandbox tenants in this process: the client's requests reach the application without a socket between them."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
from support.flows import DIGEST

from softtoken.clock import Clock
from softtoken.engine.activation_code import format_activation_code
from softtoken.iaa.client import IaaClient
from softtoken.sandbox.app import create_app
from softtoken.sandbox.settings import SandboxSettings


class Network:
    """Tenants by their origin, and what goes wrong on the way to them.

    faults: (path pattern, fault) pairs, each used once, by the first request that it fits. `down`: nothing was sent.
    `lost`: the server did it, and its answer never came. A number: the status that somebody else answered with.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock
        self._runner = asyncio.Runner()
        self._tenants: dict[str, httpx.ASGITransport] = {}
        self._names: dict[str, str] = {}
        self.faults: list[tuple[str, str]] = []
        self.requests: list[str] = []

    def add(self, tenant: str, **settings: Any) -> str:
        """Start a tenant; its origin. Its codes have 8 digits, so that a wrong one is not right by chance."""
        origin = f"http://127.0.0.1:{9001 + len(self._tenants)}"
        chosen = {"app_digests": (DIGEST,), "clock": self._clock, "digits": 8, **settings}
        app = create_app(SandboxSettings(data_folder=self.folder / tenant, tenant=tenant, **chosen))
        self._names[origin] = tenant
        self._tenants[origin] = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 1))
        return origin

    def tenant(self, origin: str) -> str:
        """Its name, which is its users' domain as well."""
        return self._names[origin]

    def client(self, origin: str) -> IaaClient:
        return IaaClient(origin, transport=_Way(self))

    def send(self, method: str, url: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """As somebody else's client would: an administrator, or a relying party."""
        return self.carry(httpx.Request(method, url, json=body))

    def register(self, origin: str, user: str) -> str:
        """A new activation code for a user."""
        body = {
            "objectType": "AdaptiveRegisterUserInput",
            "userID": user,
            "relationshipRef": user,
            "sessionID": "4ed23ea44f23",
            "activationType": "offlineMDL",
        }
        answer = self.send("POST", f"{origin}/v1/users/register", body)
        assert answer.is_success, answer.text
        fields = answer.json()
        return format_activation_code(fields["registrationID"], fields["activationPassword"])

    def unlock(self, origin: str, user: str) -> None:
        assert self.send("POST", f"{origin}/v1/users/{user}@{self._names[origin]}/unlock").is_success

    def verify(self, origin: str, user: str, **claim: Any) -> str:
        """The result's name (POST verify)."""
        answer = self.send("POST", f"{origin}/softtoken/v1/users/{user}@{self._names[origin]}/verify", claim)
        assert answer.is_success, answer.text
        result: str = answer.json()["result"]
        return result

    def by_phone(self, origin: str, user: str, code: str | None, atc: int | None) -> str:
        """What a help desk does with data that were read out."""
        url = f"{origin}/softtoken/v1/users/{user}@{self._names[origin]}/resynchronise"
        answer = self.send("POST", url, {"code": code, "atc": atc})
        assert answer.is_success, answer.text
        result: str = answer.json()["result"]
        return result

    def carry(self, request: httpx.Request) -> httpx.Response:
        """What the tenant answers."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        transport = self._tenants[origin]

        async def exchange() -> httpx.Response:
            answer = await transport.handle_async_request(request)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        answer = self._runner.run(exchange())
        answer.request = request
        return answer

    def keep(self, folder: Path) -> None:
        """Copy what all tenants hold."""
        shutil.copytree(self.folder, folder)

    def bring_back(self, folder: Path) -> None:
        """Give them what was kept."""
        for path in folder.rglob("*"):
            if path.is_file():
                shutil.copyfile(path, self.folder / path.relative_to(folder))

    def close(self) -> None:
        self._runner.close()


class _Way(httpx.BaseTransport):
    def __init__(self, network: Network) -> None:
        self._network = network

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        network, path = self._network, request.url.path
        network.requests.append(path)
        for index, (pattern, fault) in enumerate(network.faults):
            if re.search(pattern, path):
                del network.faults[index]
                return self._fail(request, fault)
        return network.carry(request)

    def _fail(self, request: httpx.Request, fault: str) -> httpx.Response:
        if fault == "down":
            raise httpx.ConnectError("refused", request=request)
        if fault == "lost":
            self._network.carry(request)
            raise httpx.ReadError("lost", request=request)
        return httpx.Response(int(fault), json={"error": "x", "message": ""}, request=request)
