"""A server that is one answer, and what was sent to it, byte for byte."""

from typing import Any

import httpx
import msgspec

from softtoken.iaa import IaaAdministration, IaaClient

ORIGIN = "https://acme.sdb.tid.onespan.cloud"


class Wire:
    """Answers as told, with a log-correlation-id, and keeps what was sent. answer: JSON, or bytes as they are."""

    def __init__(self, answer: object = None, status: int = 200) -> None:
        self.answer, self.status = answer, status
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        content = self.answer if isinstance(self.answer, bytes) else msgspec.json.encode(self.answer)
        return httpx.Response(self.status, content=content, headers={"log-correlation-id": "c-1"})

    def client(self) -> IaaClient:
        return IaaClient(ORIGIN, transport=httpx.MockTransport(self), sleep=lambda _: None)

    def administration(self) -> IaaAdministration:
        return IaaAdministration(ORIGIN, transport=httpx.MockTransport(self), sleep=lambda _: None)

    @property
    def body(self) -> bytes:
        return self.sent[0].content

    def sent_exactly(
        self, method: str, path: str, body: dict[str, Any] | None, accept: str = "application/json"
    ) -> bool:
        """Was the first request this one? path: with its query. JSON objects have no order."""
        request = self.sent[0]
        assert (request.method, request.url.raw_path.decode()) == (method, path)
        assert request.headers["accept"] == accept
        if body is None:
            assert request.content == b""
            return "content-type" not in request.headers
        assert request.headers["content-type"] == "application/json"
        # both sides in one order, then the bytes: 0 is not "0"
        canonical = msgspec.json.encode(msgspec.json.decode(request.content), order="deterministic")
        return canonical == msgspec.json.encode(body, order="deterministic")
