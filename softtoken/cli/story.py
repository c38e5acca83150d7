"""The demo's story in text: one PIN mode against a real sandbox, with the server's own answers."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from softtoken.cli.answers import Answer
from softtoken.clock import SystemClock
from softtoken.demo import DEMO_USER, register_demo_user
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.client import IaaClient
from softtoken.services.controller import MasterController
from softtoken.services.events import Activate, CreateVault, GenerateOtp, Login, Status
from softtoken.services.home import Home
from softtoken.vault.keystore import OsKeystore


@dataclass(frozen=True, slots=True)
class _Exchange:
    """The server's own answer to the last request."""

    status: int
    body: str


class _Listener(httpx.HTTPTransport):
    """A real transport that keeps the last answer, so that the story can show it."""

    def __init__(self) -> None:
        super().__init__()
        self.last: _Exchange | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        body = response.read()
        response.close()
        self.last = _Exchange(response.status_code, body.decode("utf-8", "replace"))
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)


class Story:
    """One PIN mode, from nothing to a refused replay."""

    def __init__(self, answer: Answer, url: str, place: Path, *, verify_offline: bool) -> None:
        self._answer = answer
        self._url = url
        self._mode = verify_offline
        self._listener: _Listener | None = None
        home = Home(place / "home")
        home.folder.mkdir(parents=True)
        config = {"astServerBackend": "ssms", "ssms": {"allowOfflinePinVerification": verify_offline}}
        home.config.write_text(json.dumps(config), "utf-8")
        self._controller = MasterController(home, OsKeystore(), SystemClock(), self._client)

    def tell(self) -> bool:
        word = "true" if self._mode else "false"
        self._answer.say(
            {"step": "mode", "allowOfflinePinVerification": self._mode, "url": self._url},
            f"\n== allowOfflinePinVerification: {word} (sandbox at {self._url})",
        )
        try:
            return self._run()
        finally:
            self._controller.close()

    def _run(self) -> bool:
        pin, wrong_pin = "284917", "284918"
        post = self._controller.post
        post(CreateVault(passphrase=secrets.token_urlsafe(24)))
        with self._client(self._url) as client:
            code = register_demo_user(client)
        self._step("register", f"activation code {code}", activation_code=code)

        both = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
        activated = post(Activate(self._url, DEMO_USER, code, both, pin))
        good = activated.status is Status.OK and activated.login is not None
        good = good and activated.login is not None and activated.login.status is Status.OK
        self._step("activate", f"{activated.status.value}, first login included", good=good)
        if activated.token is None or activated.token.account is None:
            return False
        user = activated.token.account.identifier

        made = post(GenerateOtp(None, pin, user, ProtectionType.PIN))
        if made.otp is None:
            return self._step("code", made.status.value, good=False, server=False)
        shown = made.otp.code
        self._step("code", f"{shown}, valid for 30 seconds", server=False, code=shown)
        accepted = post(Login(user, shown))
        good &= self._step("login", accepted.status.value, good=accepted.status is Status.OK)
        good &= self._wrong_pin(user, wrong_pin)
        replayed = post(Login(user, shown))
        good &= self._step("replay", replayed.status.value, good=replayed.status is Status.WRONG_CREDENTIALS)
        return good

    def _wrong_pin(self, user: UserIdentifier, wrong_pin: str) -> bool:
        made = self._controller.post(GenerateOtp(None, wrong_pin, user, ProtectionType.PIN))
        if self._mode:
            good = made.status is Status.INVALID_PIN and made.otp is None
            text = f"{made.status.value}, seen here; tries left {made.retry_counter}"
            return self._step("wrong PIN", text, good=good, server=False)
        if made.otp is None:
            return self._step("wrong PIN", made.status.value, good=False, server=False)
        refused = self._controller.post(Login(user, made.otp.code))
        text = f"a code that the server refuses: {refused.status.value}"
        return self._step("wrong PIN", text, good=refused.status is Status.WRONG_CREDENTIALS)

    def _step(self, name: str, text: str, *, good: bool = True, server: bool = True, **fields: Any) -> bool:
        exchange = self._listener.last if server and self._listener else None
        document: dict[str, Any] = {"step": name, "result": text, "good": good, **fields}
        line = f"{'ok  ' if good else 'BAD '} {name:<10} {text}"
        if exchange is not None:
            document["server"] = {"http_status": exchange.status, "body": _parsed(exchange.body)}
            line += f"\n     server     {exchange.status} {exchange.body[:200]}"
        self._answer.say(document, line)
        return good

    def _client(self, origin: str) -> IaaClient:
        self._listener = _Listener()
        return IaaClient(origin, transport=self._listener)


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
