"""Holding a call until something happens, as `timeout` and `timeoutSeconds` ask for."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")

LONGEST = 60
"""Seconds; longer wishes are cut to this (the vendor's pn_auth_timeout)."""
_INTERVAL = 0.2


@dataclass(frozen=True, slots=True)
class Waiting:
    """closing: the server is about to end, so nobody waits any longer."""

    closing: threading.Event

    async def until(self, is_over: Callable[[T], bool], look: Callable[[], T], seconds: int) -> T:
        """The first thing seen that is over, or the last one when the time is up; 0 seconds look once.

        The limit is real time, whatever the injected clock says: a held call ties up a connection.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(seconds, LONGEST)
        seen = await run_in_threadpool(look)
        while not is_over(seen) and loop.time() < deadline and not self.closing.is_set():
            await asyncio.sleep(_INTERVAL)
            seen = await run_in_threadpool(look)
        return seen
