"""The tenant's expected refusals, and the one shape in which every error leaves the server."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi.responses import JSONResponse

from softtoken.errors import SoftTokenError


class Refusal(SoftTokenError):  # noqa: N818 - named after what happened
    """The request is understood and refused: an HTTP status and the vendor's sentence (iaa-api section 8)."""

    def __init__(self, status: HTTPStatus, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.faults = tuple(faults)


def conflict(message: str) -> Refusal:
    """409: what the vendor answers to everything that fails to authenticate."""
    return Refusal(HTTPStatus.CONFLICT, message)


def not_found(message: str) -> Refusal:
    """404."""
    return Refusal(HTTPStatus.NOT_FOUND, message)


def unknown_key() -> Refusal:
    """401: the approval key is missing, malformed or no activated device's."""
    return Refusal(HTTPStatus.UNAUTHORIZED, "Unknown approval key")


def invalid(*faults: str) -> Refusal:
    """400, with one sentence per fault. Never put a submitted value into one: it may be a secret."""
    return Refusal(HTTPStatus.BAD_REQUEST, "Input data validation failed.", faults)


def error_answer(status: HTTPStatus, message: str, faults: Sequence[str] = ()) -> JSONResponse:
    """`{"error", "message"[, "validationErrors": [{"message"}]]}` (iaa-api section 8.1)."""
    body: dict[str, object] = {"error": status.phrase, "message": message}
    if faults:
        body["validationErrors"] = [{"message": fault} for fault in faults]
    # HTTP wants it beside 401; where another way of proving oneself is asked for, that one's answer replaces it
    headers = {"WWW-Authenticate": "SoftToken"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status, headers)
