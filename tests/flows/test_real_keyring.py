"""The program with a real gnome-keyring on a private session bus: unlocked, locked, prompting, another one, none."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.flows import Tenant
from support.keyring_desktop import Desktop, needs_keyring

from softtoken.manifest import app_digest
from softtoken.vault.store import read_header

pytestmark = needs_keyring


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
    vault_id = read_header(desktop.home / "softtoken" / "vault.sqlite").vault_id
    held = desktop.run(find + vault_id)
    assert held.stdout.startswith("st1:"), (held.stdout, held.stderr)
    assert "\n" not in held.stdout.strip()
    gone = desktop.run(f"softtoken reset --yes && {find} {vault_id}")
    assert gone.stdout.strip().endswith("None"), (gone.stdout, gone.stderr)


def test_a_deleted_item_costs_the_recovery_code_and_no_token(
    make_tenant: Callable[..., Tenant], tmp_path: Path
) -> None:
    tenant = make_tenant(app_digests=(app_digest(),))
    desktop = Desktop(tmp_path / "user")
    answer = _activate(desktop, tenant, "erik")
    vault_id = read_header(desktop.home / "softtoken" / "vault.sqlite").vault_id
    forget = f'"{sys.executable}" -c \'import keyring; keyring.delete_password("softtoken", "{vault_id}")\''
    refused = desktop.run(f"{forget} && softtoken code erik --json --pin-fd 3 3<<<$PIN")
    assert refused.returncode == 1, refused.stderr
    assert "no longer holds" in json.loads(refused.stdout)["message"]

    recovered = desktop.run(f"softtoken recover --json --recovery-fd 3 3<<<{answer['recovery_code']}")
    assert recovered.returncode == 0, recovered.stderr
    told = json.loads(recovered.stdout)
    assert told["tokens"] == 1
    assert told["recovery_code"] != answer["recovery_code"]

    again = desktop.run("softtoken code erik --json --pin-fd 3 3<<<$PIN")
    assert again.returncode == 0, again.stdout
    assert tenant.login("erik", json.loads(again.stdout)["code"]).is_success
    old = desktop.run(
        f"{forget} && softtoken recover --json --recovery-fd 3 3<<<{answer['recovery_code']} || true\n"
        f"softtoken recover --json --recovery-fd 3 3<<<{told['recovery_code']}"
    )
    refused_line, accepted_line = old.stdout.splitlines()
    assert json.loads(refused_line)["status"] == "WRONG_CREDENTIALS"
    assert json.loads(accepted_line)["tokens"] == 1


def test_another_keyring_than_the_one_with_the_key_is_named(tmp_path: Path) -> None:
    """Two programs that answer as the Secret Service, each with items of its own."""
    desktop = Desktop(tmp_path / "user")
    link = "otpauth://totp/Example:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    made = desktop.run(f"echo '{link}' | softtoken add - --json")
    assert made.returncode == 0, made.stderr
    other = tmp_path / "kwalletd6"
    daemon = shutil.which("gnome-keyring-daemon")
    assert daemon is not None
    shutil.copy(daemon, other)
    elsewhere = (
        f"printf x | XDG_DATA_HOME={tmp_path}/other {other} --unlock --components=secrets --daemonize >/dev/null 2>&1\n"
    )
    told = desktop.run(f"{elsewhere}softtoken list --json", unlocked=False)
    assert told.returncode == 1, told.stderr
    message = json.loads(told.stdout)["message"]
    assert "Secret Service (GNOME Keyring)" in message
    assert "Secret Service (KWallet)" in message
    at_home = desktop.run("softtoken list --json")
    assert len(json.loads(at_home.stdout)) == 1


def test_a_prompt_that_nobody_answers_blocks_neither_window_nor_exit(tmp_path: Path) -> None:
    desktop = Desktop(tmp_path / "user")
    link = "otpauth://totp/Example:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    made = desktop.run(f"echo '{link}' | softtoken add - --json")
    assert made.returncode == 0, made.stderr
    asked = tmp_path / "asked"
    prompted = desktop.run(
        f'"{sys.executable}" -m support.silent_prompter > "{asked}" &\n'
        "prompter=$!\n"
        f'until grep -q ready "{asked}"; do sleep 0.05; done\n'
        f'"{sys.executable}" -W ignore -m support.prompted_window "{asked}"\n'
        f'"{sys.executable}" -c "import time; print(\'ended\', time.monotonic())"\n'
        "kill $prompter\n",
        keyring_password="not the password",
    )
    lines = prompted.stdout.splitlines()
    assert lines[0] == "StartingView", (prompted.stdout, prompted.stderr)
    closed, ended = (float(line.split()[1]) for line in lines[1:])
    assert ended - closed < 20  # the keyring would have been waited for thirty seconds, and the prompt for ever


def _activate(desktop: Desktop, tenant: Tenant, user: str) -> Any:
    code = tenant.register(user)
    done = desktop.run(
        f"softtoken activate --server {tenant.url} --user {user} --code {code} --json --pin-fd 3 3<<<$PIN"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
