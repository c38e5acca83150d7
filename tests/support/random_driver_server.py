"""The sandbox in this process, and what its own file says of counters and keys."""

import asyncio
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from support.flows import DIGEST, ManualClock
from support.random_driver_model import DIGITS

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.app import create_app
from softtoken.sandbox.settings import SandboxSettings

ORIGIN = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Held:
    """A credential at the server. pending: the key that a renewal gave out."""

    serial: str
    protection: ProtectionType
    counter: int
    key: bytes = field(repr=False)
    pending: bytes | None = field(repr=False)

    def expects(self, key: bytes | None) -> int | None:
        """The counter that is next under this key; None if no code of it is taken."""
        if key == self.key:
            return self.counter
        return 0 if key is not None and key == self.pending else None


class Server:
    """The sandbox's application without a socket, and its file."""

    def __init__(self, folder: Path, clock: ManualClock, *, verify_offline: bool) -> None:
        settings = SandboxSettings(
            data_folder=folder,
            app_digests=(DIGEST,),
            clock=clock,
            digits=DIGITS,
            allow_offline_pin_verification=verify_offline,
            port=8080,
        )
        self._loop = asyncio.new_event_loop()
        self._transport = httpx.ASGITransport(create_app(settings), raise_app_exceptions=True)
        self._db = sqlite3.connect(folder / "sandbox.sqlite3", isolation_level=None)

    def close(self) -> None:
        self._db.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer it here and now."""

        async def answered() -> httpx.Response:
            inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            response = await self._transport.handle_async_request(inner)
            return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())

        return self._loop.run_until_complete(answered())

    def held(self, user: str) -> list[Held]:
        """The credentials of the user's activated authenticators."""
        rows = self._read(
            "SELECT serial, protection, counter, c.key, r.key FROM authenticators JOIN credentials c USING (serial)"
            " LEFT JOIN renewals r USING (serial, instance) WHERE user_id = ? ORDER BY serial, instance",
            user,
        )
        return [Held(serial, ProtectionType(name), counter, *keys) for serial, name, counter, *keys in rows]

    def wrong_codes(self, user: str) -> int:
        rows = self._read("SELECT wrong_codes FROM users WHERE user_id = ?", user)
        return int(rows[0][0]) if rows else 0

    def _read(self, sql: str, user: str) -> list[Any]:
        return self._db.execute(sql, (user,)).fetchall()
