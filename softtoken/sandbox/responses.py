"""The answers that an operation documents: its real statuses, each with the shape of a refusal."""

from http import HTTPStatus
from typing import Any

from softtoken.sandbox.models import ErrorOutput

Responses = dict[int | str, dict[str, Any]]

_HEADER = {
    "log-correlation-id": {"description": "Names this answer; also in the server's log", "schema": {"type": "string"}}
}
_EVERYWHERE = (HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_WHEN = {
    HTTPStatus.BAD_REQUEST: "The input is not as documented; validationErrors says where",
    HTTPStatus.UNAUTHORIZED: "The key that a device proves itself with is missing or no device's",
    HTTPStatus.FORBIDDEN: "Another host was addressed, or another site's page asks",
    HTTPStatus.NOT_FOUND: "Nobody and nothing of this name",
    HTTPStatus.CONFLICT: "Understood and refused; message has the reason",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too long",
}


def refusals(*statuses: int) -> Responses:
    """For `responses=` of one operation: these statuses, beside those that any request may get."""
    return {
        int(status): {"model": ErrorOutput, "description": _WHEN[HTTPStatus(status)], "headers": _HEADER}
        for status in (*statuses, *_EVERYWHERE)
    }
