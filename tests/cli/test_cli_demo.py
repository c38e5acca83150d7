"""The programs that need no vault of yours: the sandbox alone, and the demo's headless story."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx


def test_sandbox_prints_its_url_and_serves(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "softtoken", "sandbox", "--port", "0", "--data", str(tmp_path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        assert httpx.get(url, timeout=10).status_code == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0


def test_demo_headless(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "softtoken", "demo", "--headless", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    names = [step["step"] for step in steps]
    one_mode = ["mode", "register", "activate", "code", "login", "wrong PIN", "replay"]
    one_mode += ["drift", "resync", "in step", "resync data", "sequence", "forged", "signature"]
    one_mode += ["change PIN", "new PIN", "old PIN"]
    assert names == one_mode * 2 + ["verdict"]
    assert all(step.get("good", True) for step in steps)
    replays = [step for step in steps if step["step"] == "replay"]
    assert [step["server"]["http_status"] for step in replays] == [409, 409]
    logins = [step["server"]["body"] for step in steps if step["step"] == "login"]
    assert logins == [{"riskResponseCode": 0, "sessionStatus": "accepted"}] * 2
    told = {step["step"]: step["server"]["body"]["result"] for step in steps if "result" in _body(step)}
    assert told == {"resync data": "OK", "sequence": "OK", "forged": "WRONG_OTP", "signature": "OK"}
    # in the first mode the device itself tells a wrong PIN, in the second the server does
    old = [step for step in steps if step["step"] == "old PIN"]
    assert [step.get("server", {}).get("http_status") for step in old] == [None, 409]


def _body(step: dict[str, Any]) -> Any:
    return step.get("server", {}).get("body", {})


def test_a_sandbox_file_that_is_none_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    file.write_bytes(b"this is not a database at all" * 100)
    before = file.read_bytes()
    command = [sys.executable, "-m", "softtoken", "sandbox", "--port", "0", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert str(file) in done.stderr
    assert file.read_bytes() == before
