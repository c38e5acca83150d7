"""Tells the demo's steps one by one, each with what the server itself answered."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from softtoken.cli.answers import Answer
from softtoken.iaa.client import IaaClient


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


class Teller:
    """What is told of one mode. Good as long as every step was."""

    def __init__(self, answer: Answer, url: str) -> None:
        self._answer = answer
        self._url = url
        self._listener: _Listener | None = None
        self.good = True

    def begin(self, mode: bool) -> None:  # noqa: FBT001 - the value of allowOfflinePinVerification
        word = "true" if mode else "false"
        self._answer.say(
            {"step": "mode", "allowOfflinePinVerification": mode, "url": self._url},
            f"\n== allowOfflinePinVerification: {word} (sandbox at {self._url})",
        )

    def step(self, name: str, text: str, *, good: bool = True, server: bool = True, **fields: Any) -> bool:
        """Tell a step; its `good` comes back. server: the last answer belongs to it."""
        exchange = self._listener.last if server and self._listener else None
        document: dict[str, Any] = {"step": name, "result": text, "good": good, **fields}
        line = f"{'ok  ' if good else 'BAD '} {name:<11} {text}"
        if exchange is not None:
            document["server"] = {"http_status": exchange.status, "body": _parsed(exchange.body)}
            line += f"\n     server      {exchange.status} {exchange.body[:200]}"
        self._answer.say(document, line)
        self.good &= good
        return good

    def client(self, origin: str) -> IaaClient:
        """For the controller: real HTTP that is listened to."""
        return IaaClient(origin, transport=self._listen())

    def ask_sandbox(self, path: str, body: dict[str, Any]) -> str:
        """Post to one of the sandbox's own endpoints, as a help desk or a relying party does; its `result`."""
        with httpx.Client(transport=self._listen(), timeout=10) as client:
            answer = _parsed(client.post(f"{self._url}/softtoken/v1/{path}", json=body).text)
        result = answer.get("result") if isinstance(answer, dict) else None
        return result if isinstance(result, str) else "no result"

    def _listen(self) -> _Listener:
        self._listener = _Listener()
        return self._listener


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
