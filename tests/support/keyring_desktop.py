"""A desktop session with a real gnome-keyring on a session bus of its own, in which the program is run by a shell."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.flows import PIN
from support.program import PASSPHRASE

needs_keyring = pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="gnome-keyring and dbus-run-session are not installed",
)

_SESSION = """
set -e
printf '%s\\n' "$KEYRING_PW" | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
unset KEYRING_PW
"""


class Desktop:
    """One user's home with a keyring of its own; each run is a new login to the desktop.

    program: what Python runs where a script says `softtoken`.
    """

    def __init__(self, folder: Path, program: Sequence[str] = ("-m", "softtoken")) -> None:
        self.home = folder
        self._program = " ".join(f'"{word}"' for word in (sys.executable, *program))
        run = folder / "run"
        run.mkdir(parents=True, mode=0o700)
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(run),
            "SOFTTOKEN_HOME": str(folder / "softtoken"),
            "PYTHONPATH": os.pathsep.join(str(Path(__file__).parents[up]) for up in (2, 1)),
            "QT_QPA_PLATFORM": "offscreen",
            "LANG": "C.UTF-8",
            "PIN": PIN,
            "PASSPHRASE": PASSPHRASE,
        }

    def run(
        self, script: str, *, keyring_password: str | None = "desktop", unlocked: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell script; `softtoken` in it is the program. Without a password there is no keyring.

        unlocked: gnome-keyring is started by its password; else the script starts what it likes.
        """
        command, environment = self._session(script, keyring_password, unlocked=unlocked)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
        )

    @contextmanager
    def running(self, script: str) -> Iterator["subprocess.Popen[str]"]:
        """The same beside the test, with an unlocked keyring; killed at the block's end if it still runs."""
        command, environment = self._session(script, "desktop", unlocked=True)
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def _session(
        self, script: str, keyring_password: str | None, *, unlocked: bool
    ) -> tuple[list[str], dict[str, str]]:
        shell = f'softtoken() {{ {self._program} "$@"; }}\n'
        command = ["bash", "-c", shell + (_SESSION if keyring_password and unlocked else "set -e\n") + script]
        environment = dict(self._environment)
        if keyring_password is not None:
            command = ["dbus-run-session", "--", *command]
            environment["KEYRING_PW"] = keyring_password
        return command, environment
