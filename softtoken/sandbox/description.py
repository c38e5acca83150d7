"""What the server says about itself: its OpenAPI document and the methods of a path, both as it really behaves."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import Scope


def describe(app: FastAPI, domain: str) -> None:
    """Serve a document with the tenant's own domain, and without FastAPI's 422, which is a 400 here."""
    make = app.openapi

    def described() -> dict[str, Any]:
        document = make()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        schemas = document["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for registering in ("AdaptiveRegisterUserInput", "RegisterUserInputEx"):
            schemas[registering]["properties"]["domain"] = {"enum": [domain, None]}
        return document

    app.openapi = described  # type: ignore[method-assign]


def allowed_methods(app: FastAPI, scope: Scope) -> str:
    """For the header Allow: those of all routes of this path; Starlette names those of the first alone."""
    fitting = [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]
    return ", ".join(fitting)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
