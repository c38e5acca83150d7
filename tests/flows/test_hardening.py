"""The real program, as window and as command, and another program of the same user that tries to read it."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from softtoken.hardening import DEBUGGABLE

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc and prctl are Linux's")

ROOT = Path(__file__).parents[2]
ONLOOKER = Path(__file__).parents[1] / "support" / "onlooker.py"
# an ordinary user, who may read the checkout and write the test's folder wherever they are; root may trace anybody
AS_USER = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_read_search,+dac_override",
    "--ambient-caps=+dac_read_search,+dac_override",
) if os.geteuid() == 0 else ()  # fmt: skip

WINDOW = """
import sys, threading
from PySide6.QtCore import QTimer
from softtoken import app
from softtoken.__main__ import main
before = app.Window.__init__
def ready(self, *args, **kwargs):
    before(self, *args, **kwargs)
    self.first_painted.connect(lambda: print("ready", flush=True))
app.Window.__init__ = ready
sys.exit(main([]))
"""
COMMAND = [sys.executable, "-m", "softtoken", "sandbox", "--port", "0", "--json", "--data"]


@contextmanager
def running(command: Sequence[str], home: Path, **environment: str) -> Iterator[int]:
    """The process id of a program that has said its first line."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "SOFTTOKEN_HOME": str(home / "st"), **environment}
    with subprocess.Popen([*AS_USER, *command], env=env, stdout=subprocess.PIPE, text=True, cwd=home) as program:
        assert program.stdout is not None
        try:
            assert select.select([program.stdout], [], [], 60)[0], "nothing was said in a minute"
            assert program.stdout.readline()
            yield program.pid
        finally:
            program.terminate()


def seen(pid: int) -> dict[str, bool]:
    """What the onlooker manages."""
    done = subprocess.run(
        [*AS_USER, sys.executable, str(ONLOOKER), str(pid)], capture_output=True, text=True, timeout=60, check=True
    )
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("how", ["window", "command"])
def test_another_program_of_the_user_reads_nothing(tmp_path: Path, how: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-c", WINDOW] if how == "window" else [*COMMAND, str(home / "sandbox")]
    with running(command, home) as pid:
        assert seen(pid) == {"environ": False, "memory": False, "attach": False}
    with running(command, home, **{DEBUGGABLE: "1"}) as pid:  # the control, and what a developer asks for
        assert seen(pid) == {"environ": True, "memory": True, "attach": True}


@pytest.mark.parametrize("before", [(), ("--",), ("--home", "st")])
def test_no_other_user_reads_a_link_among_the_arguments(tmp_path: Path, before: tuple[str, ...]) -> None:
    """It holds a key or an activation code, and /proc/PID/cmdline is everybody's for as long as the window is open."""
    home = tmp_path / "home"
    home.mkdir()
    link = "otpauth://totp/Gringotts:hermione?secret=JBSWY3DPEHPK3PXP"
    window = WINDOW.replace("main([])", "main()")
    with running([sys.executable, "-c", window, *before, link], home) as pid:
        shown = Path(f"/proc/{pid}/cmdline").read_bytes()
    assert b"JBSWY3DP" not in shown
    assert shown.split(b"\0")[-2] == b"*" * len(link)
    assert shown.split(b"\0")[0].endswith(Path(sys.executable).name.encode())


@pytest.mark.parametrize("given", [["--code", "0004-1061-8270"], ["--code=0004-1061-8270"]])
def test_no_other_user_reads_an_activation_code_among_the_arguments(tmp_path: Path, given: list[str]) -> None:
    """Whoever is faster activates in the person's place."""
    script = "import time; from softtoken.__main__ import main; main(); print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", script, "activate", "--server", "http://127.0.0.1:9", *given, "--user", "alice"]
    with running(command, tmp_path) as pid:  # it has refused the code, which is none
        shown = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert b"0004" not in b" ".join(shown)
    assert shown[-3:] == [b"--user", b"alice", b""]


def test_the_command_tells_what_is_on(tmp_path: Path) -> None:
    def told(**environment: str) -> dict[str, str]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-m", "softtoken", "device", "hardening", "--json"]
        return dict(json.loads(subprocess.run(command, env=env, capture_output=True, check=True, timeout=60).stdout))

    on = {"status": "OK", "private_files": "ON", "no_core_dumps": "ON", "no_tracing": "ON"}
    assert told() == on
    assert told(**{DEBUGGABLE: "1"}) == {**on, "no_core_dumps": "LEFT_OUT", "no_tracing": "LEFT_OUT"}


def test_what_the_program_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    """Whatever the umask of the shell that started it."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    command = f'umask 000; exec {sys.executable} -m softtoken sandbox --port 0 --json --data "{home}/sandbox"'
    with running(["sh", "-c", command], home) as pid:
        assert "Umask:\t0077\n" in Path(f"/proc/{pid}/status").read_text()
        made = [*(home / "sandbox").rglob("*"), home / "sandbox"]
        assert len(made) > 1
        assert {path.name: oct(path.stat().st_mode & 0o077) for path in made if path.stat().st_mode & 0o077} == {}
