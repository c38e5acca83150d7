"""The interactive API page: its files, its policy, and a real browser that tries the API out without a network."""

from pathlib import Path

import pytest
from sandbox.tenant import Tenant
from support.browser import CHROMEDRIVER, CHROMIUM, headless_chromium

NAMES = ("docs.js", "swagger-ui-bundle.js", "swagger-ui.css")


def test_everything_comes_from_here(tenant: Tenant) -> None:
    page = tenant.http.get("/docs")
    assert page.status_code == 200
    assert page.text.count("://") == 0
    for name in NAMES:
        assert f"/docs/{name}" in page.text
        asset = tenant.http.get(f"/docs/{name}")
        assert asset.is_success
        assert asset.headers["content-type"].startswith(("text/javascript", "text/css"))
    assert "://" not in tenant.http.get("/docs/docs.js").text
    for name in ("nothing", "..%2fpyproject.toml", "main.py", "favicon-32x32.png"):
        assert tenant.http.get(f"/docs/{name}").status_code == 404


def test_the_policy_is_the_guards_and_one_thing_more(tenant: Tenant) -> None:
    strict = tenant.http.get("/").headers["content-security-policy"]
    ours = tenant.http.get("/docs").headers["content-security-policy"]
    assert "unsafe" not in ours
    assert set(ours.split("; ")) - set(strict.split("; ")) == {"img-src 'self' data:"}
    assert set(strict.split("; ")) - set(ours.split("; ")) == {"img-src 'self'"}
    assert tenant.http.get("/docs", headers={"Host": "evil.test"}).status_code == 403


def test_redoc_is_not_served(tenant: Tenant) -> None:
    assert tenant.http.get("/redoc").status_code == 404
    assert tenant.http.get("/docs/oauth2-redirect").status_code == 404


@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="Chromium and its driver are not installed")
def test_trying_it_out_in_a_browser(tenant: Tenant, user: str, tmp_path: Path) -> None:
    operation = "[id^='operations-'][id*='check_session']"
    change = "[id^='operations-'][id*='unlock_user']"
    tenant.register(user)
    for _ in range(3):
        tenant.login(user, "1")
    with headless_chromium(tmp_path / "profile") as browser:
        browser.go(f"{tenant.url}/docs")
        browser.click(f"{operation} .opblock-summary-control")
        browser.click(f"{operation} .try-out__btn")
        browser.type(f"{operation} .parameters input", "0123abcd")
        browser.click(f"{operation} .execute")
        assert browser.text(f"{operation} .live-responses-table tbody .response-col_status").startswith("200")
        assert '"sessionStatus": "unknown"' in browser.text(f"{operation} .live-responses-table tbody .highlight-code")
        browser.click(f"{change} .opblock-summary-control")
        browser.click(f"{change} .try-out__btn")
        browser.type(f"{change} .parameters input", f"{user}@sandbox")
        browser.click(f"{change} .execute")
        assert browser.text(f"{change} .live-responses-table tbody .response-col_status").startswith("200")
        refused = [line for line in browser.console() if "Content Security Policy" in line or "ERR_" in line]
    assert refused == []
    assert not tenant.is_refused(tenant.login(user, "1"), "User is locked")
