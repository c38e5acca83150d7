"""A private D-Bus session, with or without a real gnome-keyring, and the product's OsKeystore in it."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import Evidence, parse_evidence

_AGENT = Path(__file__).with_name("keystore_agent.py")
_ROOT = Path(__file__).parents[2]
_UNLOCK = (
    "printf '%s' \"$KEYRING_PASSWORD\""
    " | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1;"
    ' unset KEYRING_PASSWORD; exec "$@"'
)
_BARE_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


class SessionKeystore:
    """A Keystore whose calls are made by the agent in its session."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def provider(self) -> str | None:
        answer: str | None = self.ask("provider")
        return answer

    def read(self, vault_id: str) -> bytes | None:
        answer: str | None = self.ask("read", vault_id)
        return None if answer is None else bytes.fromhex(answer)

    def write(self, vault_id: str, device_key: bytes) -> None:
        self.ask("write", vault_id, device_key.hex())

    def read_evidence(self, vault_id: str) -> Evidence | None:
        return parse_evidence(self.ask("read_evidence", vault_id))

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        self.ask("write_evidence", vault_id, evidence.line())

    def read_biometric(self, vault_id: str) -> bytes | None:
        answer: str | None = self.ask("read_biometric", vault_id)
        return None if answer is None else bytes.fromhex(answer)

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        self.ask("write_biometric", vault_id, secret.hex())

    def delete(self, vault_id: str) -> None:
        self.ask("delete", vault_id)

    def ask(self, *order: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        # a bus that answers nothing must not hold up the tests
        ready, _, _ = select.select([self._process.stdout], [], [], 30)
        assert ready, "no answer"
        line = self._process.stdout.readline()
        assert line, "the agent ended"
        answer = json.loads(line)
        if "problem" in answer:
            raise KeystoreError(KeystoreProblem(answer["problem"]))
        return answer["value"]


@contextmanager
def session(home: Path, *, bus: str = "keyring", password: str = "testpw", **extra: str) -> Iterator[SessionKeystore]:
    """The agent in a session without a display.

    bus: `keyring` for a bus with gnome-keyring, unlocked with the password (another than at first leaves it
    locked); `bare` for one with no services; `none` for no bus. extra: more environment variables.
    """
    needed = {"keyring": ("dbus-run-session", "gnome-keyring-daemon"), "bare": ("dbus-run-session",), "none": ()}
    if missing := [name for name in needed[bus] if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    run = home / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    agent = [sys.executable, "-W", "ignore", str(_AGENT)]
    commands = {
        "keyring": ["dbus-run-session", "--", "sh", "-c", _UNLOCK, "sh", *agent],
        "bare": ["dbus-run-session", "--config-file", str(home / "bus.conf"), "--", *agent],
        "none": agent,
    }
    (home / "bus.conf").write_text(_BARE_BUS.format(folder=tempfile.gettempdir()))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(_ROOT),
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(run),
        "KEYRING_PASSWORD": password,
        **extra,
    }
    process = subprocess.Popen(
        commands[bus],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield SessionKeystore(process)
    finally:
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
