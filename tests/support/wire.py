"""A real connection whose answers can be lost or replaced."""

import re

import httpx


class Wire(httpx.HTTPTransport):
    """A real connection that can be told to lose or replace answers: (path pattern, what happens), first match."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__()
        self._faults = faults

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for index, (pattern, fault) in enumerate(self._faults):
            if re.search(pattern, request.url.path):
                del self._faults[index]
                return self._fail(request, fault)
        return super().handle_request(request)

    def _fail(self, request: httpx.Request, fault: str) -> httpx.Response:
        if fault == "down":
            raise httpx.ConnectError("refused", request=request)
        if fault == "lost":
            super().handle_request(request).read()  # the server did it; the answer never comes back
            raise httpx.ReadError("lost", request=request)
        if fault == "rubbish":
            return httpx.Response(200, text="<html>It works!</html>", request=request)
        return httpx.Response(int(fault), json={"error": "x", "message": "planned"}, request=request)
