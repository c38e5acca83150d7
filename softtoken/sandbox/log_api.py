"""Our own endpoint that reads the live request log (docs/sandbox.md, "The request log")."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from softtoken.sandbox.models import Done
from softtoken.sandbox.request_log import Entry, RequestLog
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.waiting import Waiting

_LARGEST = 2**53


class EntryOutput(BaseModel):
    """at: epoch seconds. status: null if the connection ended without an answer. request, answer: masked bodies."""

    number: int
    at: int
    method: str
    path: str
    status: int | None
    milliseconds: int
    correlationID: str
    injected: str
    request: str
    answer: str

    @staticmethod
    def of(entry: Entry) -> "EntryOutput":
        fields = asdict(entry)
        return EntryOutput(correlationID=fields.pop("correlation_id"), **fields)


class LogOutput(BaseModel):
    """Oldest first."""

    entries: list[EntryOutput]


def log_router(log: RequestLog, waiting: Waiting) -> APIRouter:
    """GET and DELETE log."""
    router = APIRouter(prefix="/softtoken/v1/log")

    @router.get("", responses=refusals(400))
    async def get_log(
        after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
        timeout_seconds: Annotated[int, Query(ge=0, alias="timeoutSeconds")] = 0,
    ) -> LogOutput:
        """What came behind an entry's number; with timeoutSeconds, held until there is something (at most a minute)."""
        entries = await waiting.until(bool, lambda: log.since(after), timeout_seconds)
        return LogOutput(entries=[EntryOutput.of(entry) for entry in entries])

    @router.delete("", responses=refusals())
    def clear_log() -> Done:
        """Forget what was seen."""
        log.clear()
        return Done()

    return router
