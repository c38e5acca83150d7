"""The program with a real gnome-keyring on a private session bus: unlocked, locked, and none at all."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.flows import PIN, Tenant
from support.program import PASSPHRASE

from softtoken.manifest import app_digest

pytestmark = pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="gnome-keyring and dbus-run-session are not installed",
)

SESSION = """
set -e
printf '%s\\n' "$KEYRING_PW" | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
unset KEYRING_PW
"""


class Desktop:
    """One user's home with a keyring of its own; each run is a new login to the desktop."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        run = folder / "run"
        run.mkdir(parents=True, mode=0o700)
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(run),
            "SOFTTOKEN_HOME": str(folder / "softtoken"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "LANG": "C.UTF-8",
            "PIN": PIN,
            "PASSPHRASE": PASSPHRASE,
        }

    def run(self, script: str, *, keyring_password: str | None = "desktop") -> subprocess.CompletedProcess[str]:
        """Run a shell script; `softtoken` in it is the program. Without a password there is no keyring."""
        shell = f'softtoken() {{ "{sys.executable}" -m softtoken "$@"; }}\n'
        command = ["bash", "-c", shell + (SESSION if keyring_password else "set -e\n") + script]
        environment = dict(self._environment)
        if keyring_password is not None:
            command = ["dbus-run-session", "--", *command]
            environment["KEYRING_PW"] = keyring_password
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
        )


def test_unlocked_locked_and_missing(make_tenant: Callable[..., Tenant], tmp_path: Path) -> None:
    tenant = make_tenant(app_digests=(app_digest(),))
    desktop = Desktop(tmp_path / "user")
    code = tenant.register("dora")
    activated = desktop.run(
        f"softtoken activate --server {tenant.url} --user dora --code {code} --json --pin-fd 3 3<<<$PIN"
    )
    assert activated.returncode == 0, activated.stderr
    answer = json.loads(activated.stdout)
    assert answer["login"] == "OK"

    again = desktop.run("softtoken code dora --json --pin-fd 3 3<<<$PIN")
    assert again.returncode == 0, again.stderr
    assert tenant.login("dora", json.loads(again.stdout)["code"]).is_success

    locked = desktop.run("softtoken code dora --json --pin-fd 3 3<<<$PIN", keyring_password="not the password")
    assert locked.returncode == 1, locked.stderr
    refusal = json.loads(locked.stdout)
    assert refusal["status"] == "INVALID_STATE"
    assert "locked" in refusal["message"]

    missing = desktop.run("softtoken code dora --json --pin-fd 3 3<<<$PIN", keyring_password=None)
    assert missing.returncode == 1, missing.stderr
    assert "no keyring" in json.loads(missing.stdout)["message"]

    recovered = desktop.run(
        f'softtoken recover --json --recovery-fd 3 3<<<{answer["recovery_code"]} --passphrase-fd 4 4<<<"$PASSPHRASE"',
        keyring_password=None,
    )
    assert recovered.returncode == 0, recovered.stderr
    assert json.loads(recovered.stdout)["tokens"] == 1
    listed = desktop.run('softtoken list --json --passphrase-fd 3 3<<<"$PASSPHRASE"', keyring_password=None)
    assert [row["user"] for row in json.loads(listed.stdout)] == ["dora"]


def test_reset_takes_the_keyring_item_away(tmp_path: Path) -> None:
    desktop = Desktop(tmp_path / "user")
    link = "otpauth://totp/Example:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    find = (
        f'"{sys.executable}" -c \'import keyring; from pathlib import Path; import sqlite3, sys; '
        'print(keyring.get_password("softtoken", sys.argv[1]))\' '
    )
    made = desktop.run(f"echo '{link}' | softtoken add - --json")
    assert made.returncode == 0, made.stderr
    from softtoken.vault.store import read_header

    vault_id = read_header(desktop.home / "softtoken" / "vault.sqlite").vault_id
    held = desktop.run(find + vault_id)
    assert held.stdout.startswith("st1:"), (held.stdout, held.stderr)
    assert "\n" not in held.stdout.strip()
    gone = desktop.run(f"softtoken reset --yes && {find} {vault_id}")
    assert gone.stdout.strip().endswith("None"), (gone.stdout, gone.stderr)
