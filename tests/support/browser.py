"""A real headless Chromium, driven through its WebDriver with plain HTTP."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The W3C's key of an element reference."""
ENTER = "\ue007"
WAIT = 60
"""Seconds for which a page is watched."""
_PAUSE = 0.1

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")


class Browser:
    """One tab."""

    def __init__(self, session: str, client: httpx.Client) -> None:
        self._session = session
        self._client = client

    def go(self, url: str) -> None:
        self._post("url", {"url": url})

    def url(self) -> str:
        return str(self._get("url"))

    def type(self, selector: str, text: str) -> None:
        self._post(f"element/{self._find(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        self._post(f"element/{self._find(selector)}/click", {})

    def submit(self, selector: str) -> None:
        """Click a form's button, and wait until the page that it stood on is gone."""
        page = self._find("html")
        self.click(selector)
        end = time.monotonic() + WAIT
        while self._client.get(f"/session/{self._session}/element/{page}/name").is_success:
            assert time.monotonic() < end, f"{selector} led nowhere"
            time.sleep(_PAUSE)

    def text(self, selector: str) -> str:
        """The visible text of an element; waits for it up to the session's limit."""
        return str(self._get(f"element/{self._find(selector)}/text"))

    def until_text(self, selector: str, text: str) -> None:
        """Wait until the element says this; the page may be loaded anew meanwhile."""
        end, seen = time.monotonic() + WAIT, ""
        while seen != text:
            assert time.monotonic() < end, f"{selector} says {seen!r}"
            time.sleep(_PAUSE)
            seen = self._text_now(selector)

    def attribute(self, selector: str, name: str) -> str:
        return str(self._get(f"element/{self._find(selector)}/attribute/{name}"))

    def console(self) -> list[str]:
        """What the page's console has said since the last time."""
        return [str(entry["message"]) for entry in self._post("se/log", {"type": "browser"})]

    def _text_now(self, selector: str) -> str:
        """Empty while there is no such element, or while it is being replaced."""
        script = "const found = document.querySelector(arguments[0]); return found ? found.innerText : '';"
        return str(self._post("execute/sync", {"script": script, "args": [selector]}))

    def _find(self, selector: str) -> str:
        return str(self._post("element", {"using": "css selector", "value": selector})[ELEMENT])

    def _post(self, command: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(f"/session/{self._session}/{command}", json=body)
        assert answer.is_success, answer.text
        return answer.json()["value"]

    def _get(self, command: str) -> Any:
        answer = self._client.get(f"/session/{self._session}/{command}")
        assert answer.is_success, answer.text
        return answer.json()["value"]


@contextmanager
def headless_chromium(profile: Path) -> Iterator[Browser]:
    """A browser that speaks to loopback only."""
    assert CHROMEDRIVER is not None
    with subprocess.Popen(
        [CHROMEDRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as driver:
        try:
            port = _port(driver)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                yield from _session(client, profile)
        finally:
            driver.terminate()
            driver.communicate(timeout=20)


def _port(driver: subprocess.Popen[str]) -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if "started successfully on port" in line:
            return int(line.rsplit(maxsplit=1)[-1].rstrip("."))
    raise AssertionError("chromedriver did not start")


def _session(client: httpx.Client, profile: Path) -> Iterator[Browser]:
    arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={profile}",
    ]
    capabilities = {
        "alwaysMatch": {
            "goog:chromeOptions": {"binary": CHROMIUM, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": 10_000, "pageLoad": 30_000},
        }
    }
    answer = client.post("/session", json={"capabilities": capabilities})
    assert answer.is_success, answer.text
    session = answer.json()["value"]["sessionId"]
    try:
        yield Browser(session, client)
    finally:
        client.delete(f"/session/{session}")
