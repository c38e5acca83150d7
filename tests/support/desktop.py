"""The desktop program as a process beside the test: its real window, real vault and real clock, driven from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WAIT = 60
"""Seconds for which something is looked for; a busy machine needs some of them, a broken program all."""
_PAUSE = 0.05


class Desktop:
    """Clicks and types by the names that a screen reader would say; waits for what is not there yet."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def click(self, name: str) -> None:
        self._until({"do": "click", "name": name})

    def type(self, name: str, text: str) -> None:
        self._until({"do": "type", "name": name, "text": text})

    def focus(self, name: str) -> None:
        self._until({"do": "focus", "name": name})

    def pass_seconds(self, seconds: int) -> None:
        """Put the program's clock for delays forward."""
        self._ask({"do": "pass", "seconds": seconds})

    def keeps_clipboard(self) -> bool:
        """Will the program still clear the clipboard?"""
        return bool(self._ask({"do": "keeps"}))

    def sees(self, text: str) -> None:
        """Wait until this is painted somewhere."""
        self._wait(lambda: any(text in shown for shown in self.look()["texts"]), f"the text {text!r}")

    def copy(self, before: str = "") -> str:
        """Press Copy until there is something new to copy, and take it from the clipboard. before: what is not new."""
        seen = before

        def copied() -> bool:
            nonlocal seen
            pressed = self._ask({"do": "click", "name": "Copy"})
            seen = str(self._ask({"do": "clipboard"})) if pressed else before
            return seen not in {"", before}

        self._wait(copied, "something new to copy")
        return seen

    def look(self) -> dict[str, list[str]]:
        """texts: what is painted; names: of everything that can be clicked or typed into."""
        seen: dict[str, list[str]] = self._ask({"do": "look"})
        return seen

    def end(self) -> int:
        """Close the window; the program's exit status."""
        self._ask({"do": "end"})
        return self._process.wait(WAIT)

    def send(self, number: int) -> int:
        """A signal that ends it; the program's exit status."""
        self._process.send_signal(number)
        return self._process.wait(WAIT)

    def _until(self, order: dict[str, str]) -> None:
        self._wait(lambda: bool(self._ask(order)), f"{order['name']!r} to {order['do']}")

    def _wait(self, condition: Any, what: str) -> None:
        end = time.monotonic() + WAIT
        while not condition():
            # the tests' secrets are not real
            assert time.monotonic() < end, f"no {what}; the window shows {self.look()}"
            time.sleep(_PAUSE)

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the program has ended"
        return json.loads(answer)


@contextmanager
def running_desktop(home: Path, *arguments: str) -> Iterator[Desktop]:
    """`softtoken` with these arguments, as the operating system starts it: a link that was clicked is one of them."""
    driver = Path(__file__).with_name("window_driver.py")
    # the driver's own folder would be the first place to look for modules
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, str(driver), "--home", str(home), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as process:
        try:
            yield Desktop(process)
        finally:
            process.kill()
