"""The sandbox's pages as a browser without JavaScript uses them: forms, links and texts."""

from html.parser import HTMLParser

import httpx
from sandbox.tenant import Tenant

VOID = frozenset({"meta", "link", "input", "img", "br", "path"})


class Page(HTMLParser):
    """What the tests want to know of a page. Fails on markup that does not nest."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        self.status = answer.status_code
        self.text: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str]] = {}
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []
        self.labels: set[str] = set()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(answer.text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        self.tags.append((tag, fields))
        identity = fields.get("id", "")
        if identity:
            assert identity not in self.attributes, f"two elements {identity}"
            self.attributes[identity] = fields
            self.text[identity] = ""
        if tag == "form":
            assert fields["method"] in {"get", "post"}
            self.forms.append((fields["action"], {}))
        if tag in {"input", "select"}:
            self.forms[-1][1][fields["name"]] = fields.get("value", "")
        if tag == "a":
            self.links.append(fields["href"])
        if tag == "label":
            self.labels.add(fields["for"])
        if tag not in VOID:
            self._open.append((tag, identity))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, identity in self._open:
            if identity:
                self.text[identity] += data

    def fields(self, action: str) -> dict[str, str]:
        return next(dict(fields) for target, fields in self.forms if target == action)


def get(tenant: Tenant, path: str) -> Page:
    return Page(tenant.http.get(path))


def submit(tenant: Tenant, page: Page, action: str, **typed: str) -> Page:
    """Fill in and send one of the page's forms, as a browser sends it."""
    fields = page.fields(action) | typed
    return Page(tenant.http.post(action, data=fields, headers={"Origin": tenant.url, "Sec-Fetch-Site": "same-origin"}))
