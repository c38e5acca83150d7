"""Runs the program as a stranger would: a process of its own, secrets through file descriptors."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PASSPHRASE = "correct horse battery"


class Program:
    """`python -m softtoken` over one home, with a passphrase in place of a keyring."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None, *, keyring: bool = False) -> None:
        self.home = home
        self.recovery_code = ""
        self._keyring = keyring
        self._environment = {**os.environ, **(environment or {})}

    def run(
        self,
        *arguments: str,
        pin: str | None = None,
        passphrase: str | None = PASSPHRASE,
        extra: Mapping[str, str] | None = None,
        stdin: str = "",
        wrapper: Sequence[str] = (),
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command. extra: more options that name a file descriptor, by their secret."""
        secrets = dict(extra or {})
        if pin is not None:
            secrets["--pin-fd"] = pin
        if passphrase is not None and not self._keyring:
            secrets["--passphrase-fd"] = passphrase
        readers, options = [], []
        for option, secret in secrets.items():
            reader, writer = os.pipe()
            os.write(writer, secret.encode() + b"\n")
            os.close(writer)
            readers.append(reader)
            options += [option, str(reader)]
        try:
            return subprocess.run(
                [*wrapper, sys.executable, "-m", "softtoken", "--home", str(self.home), *arguments, *options],
                input=stdin,
                capture_output=True,
                text=True,
                pass_fds=readers,
                env=self._environment,
                timeout=timeout,
                check=False,
            )
        finally:
            for reader in readers:
                os.close(reader)

    def json(self, *arguments: str, expect: int = 0, **options: Any) -> Any:
        """Run with --json; the exit status must be as expected. Returns the one object."""
        done = self.run(*arguments, "--json", **options)
        assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
        (line,) = done.stdout.splitlines()
        return json.loads(line)

    def activate(self, url: str, user: str, code: str, pin: str) -> Any:
        answer = self.json("activate", "--server", url, "--user", user, "--code", "-", pin=pin, stdin=code + "\n")
        assert answer["login"] == "OK", answer
        self.recovery_code = answer.get("recovery_code", "")
        return answer
