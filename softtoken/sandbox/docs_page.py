"""The interactive API page at /docs, whole without a network: Swagger UI's files come from an installed package.

Its Content-Security-Policy is the guard's with one thing more: the pictures inside Swagger UI's style sheet are data.
"""

from http import HTTPStatus
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from fastapi_swagger import resources as swagger_ui  # type: ignore[import-untyped]

from softtoken.resources import resource_path
from softtoken.sandbox.guard import SECURITY_HEADERS
from softtoken.sandbox.pages import Pages


def docs_router() -> APIRouter:
    """`/docs` and its files under `/docs/`. It shows /openapi.json."""
    router = APIRouter(include_in_schema=False)
    folder = resource_path("web")
    page = Pages(folder).fragment("docs").text
    bundle = files(swagger_ui)
    assets = {name: (bundle / name).read_bytes() for name in _MEDIA_TYPES if name != _START}
    assets[_START] = (folder / _START).read_bytes()

    @router.get("/docs")
    def docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"content-security-policy": _POLICY})

    @router.get("/docs/{name}")
    def asset(name: str) -> Response:
        if name not in assets:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(assets[name], media_type=_MEDIA_TYPES[name], headers={"cache-control": "no-cache"})

    return router


_START = "docs.js"
_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    _START: "text/javascript",
}
_POLICY = SECURITY_HEADERS["content-security-policy"].replace("img-src 'self'", "img-src 'self' data:")
