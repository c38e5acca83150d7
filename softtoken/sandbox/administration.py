"""Who may administer: one password, kept as an Argon2id hash in memory, and the sessions of browsers that showed it."""

import asyncio
import hashlib
import ipaddress
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from softtoken.clock import Clock
from softtoken.sandbox.passwords import is_password

SHORTEST_PASSWORD = 12
FREE_TRIES = 5
"""Wrong passwords in a row of one address, before it has to wait."""
WAIT = 30
"""Seconds between its further tries."""
SESSION_LIFE = 12 * 3600
MOST_SESSIONS = 100
_MOST_ADDRESSES = 1000
_MOST_WAITING = 50


class TooManyTries(Exception):  # noqa: N818 - named after what happened
    """Nothing was looked at. wait: seconds until it will be."""

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Tries:
    """wrong: in a row. last: uptime of the latest."""

    wrong: int = 0
    last: int = 0


class Administration:
    """Part of one running server; what it knows ends with it. Used from the event loop alone."""

    def __init__(self, password_hash: str, clock: Clock) -> None:
        self._password_hash = password_hash
        self._clock = clock
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._sessions: OrderedDict[bytes, int] = OrderedDict()
        # a verification takes 64 MiB and a core; and one that waits its turn meets what the one before it has counted
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def is_password(self, password: str, address: str) -> bool:
        """Raises TooManyTries. address: the caller's."""
        if self._waiting >= _MOST_WAITING:
            raise TooManyTries(1)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._try(password, network_of(address))
        finally:
            self._waiting -= 1

    def open_session(self) -> str:
        """For a browser whose password was right: what its cookie holds."""
        token = secrets.token_urlsafe(32)
        self._sessions[_fingerprint(token)] = self._clock.uptime() + SESSION_LIFE
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return token

    def is_session(self, token: str) -> bool:
        """Was it opened here, and is it neither closed nor over?"""
        end = self._sessions.get(_fingerprint(token))
        return end is not None and self._clock.uptime() < end

    def close_session(self, token: str) -> None:
        """Closing one that is none does nothing."""
        self._sessions.pop(_fingerprint(token), None)

    async def _try(self, password: str, whose: str) -> bool:
        tries, now = self._tries.get(whose, _Tries()), self._clock.uptime()
        if tries.wrong >= FREE_TRIES and now < tries.last + WAIT:
            raise TooManyTries(tries.last + WAIT - now)
        if await run_in_threadpool(is_password, password, self._password_hash):
            self._tries.pop(whose, None)
            return True
        self._tries[whose] = _Tries(tries.wrong + 1, now)
        self._tries.move_to_end(whose)
        while len(self._tries) > _MOST_ADDRESSES:
            self._tries.popitem(last=False)
        return False


def _fingerprint(token: str) -> bytes:
    """What is kept of a token: looking it up tells nothing about how near a guess was."""
    return hashlib.sha256(token.encode()).digest()


def network_of(address: str) -> str:
    """Whom an address belongs to: of IPv6 a household has 2^64, of IPv4 one, also where a server on `::` maps it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
