"""dev.py as a person types it: help, wrong words, an old Python; and how its words are read."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from devtools import checks, commands
from devtools.commands import Request
from devtools.console import run, run_quietly
from devtools.project import DevError, this_project

_DEV = this_project().packaging / "dev.py"


def _dev(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(_DEV), *arguments], cwd=cwd, capture_output=True, encoding="utf-8", check=False
    )


def test_help_from_any_folder_sets_nothing_up(tmp_path: Path) -> None:
    done = _dev("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("demo", "test", "lint", "lock", "build"):
        assert f"\n  {word} " in done.stdout


@pytest.mark.parametrize("arguments", [[], ["dance"], ["lint", "--fast"], ["lock", "--up"]])
def test_wrong_words_end_with_2_and_say_which(arguments: list[str], tmp_path: Path) -> None:
    done = _dev(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage: python3 packaging/dev.py" in done.stderr
    assert not arguments or arguments[-1] in done.stderr


def test_the_door_itself_parses_on_an_old_python() -> None:
    ast.parse(_DEV.read_text("utf-8"), feature_version=(3, 6))


def test_an_old_python_gets_a_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    space: dict[str, object] = {"__name__": "dev", "__file__": str(_DEV)}
    exec(compile(_DEV.read_text("utf-8"), str(_DEV), "exec"), space)  # noqa: S102 - the file under test
    main = space["main"]
    assert callable(main)
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert main() == 2
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_words_behind_the_command_belong_to_the_program_behind_it() -> None:
    assert commands.parse(["demo", "--headless", "--json"]) == Request("demo", ("--headless", "--json"))
    assert commands.parse(["test", "tests/engine", "-k", "ocra"]) == Request("test", ("tests/engine", "-k", "ocra"))
    assert commands.parse(["test", "--full", "-x"]) == Request("test", ("-x",), full=True)
    assert commands.parse(["lock", "--upgrade"]) == Request("lock", upgrade=True)


def test_tests_draw_nowhere_unless_somebody_said_where() -> None:
    if sys.platform.startswith("linux"):
        assert checks.test_environment({})["QT_QPA_PLATFORM"] == "offscreen"
    assert "QT_QPA_PLATFORM" not in checks.test_environment({"QT_QPA_PLATFORM": "xcb"})


def test_the_whole_suite_runs_on_every_core_and_a_part_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert checks.pytest_options([])[:2] == ["-n", "auto"]
    assert checks.pytest_options(["-k", "ocra"]) == []
    monkeypatch.setenv("CI", "true")
    assert checks.pytest_options(["-x"]) == ["-o", "faulthandler_timeout=300"]


def test_a_failed_command_ends_with_its_own_status() -> None:
    with pytest.raises(DevError) as caught:
        run([sys.executable, "-c", "raise SystemExit(7)"], what="The thing")
    assert (caught.value.status, caught.value.sentence) == (7, "The thing failed.")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_command_that_a_signal_ended_says_which() -> None:
    with pytest.raises(DevError, match="SIGKILL") as caught:
        run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    assert caught.value.status == 128 + 9


def test_a_quiet_command_shows_its_last_lines_only_if_it_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    run_quietly([sys.executable, "-c", "print('fine')"], what="The thing", log=log)
    assert capsys.readouterr().out == ""
    assert log.read_text("utf-8") == "fine\n"
    with pytest.raises(DevError):
        run_quietly([sys.executable, "-c", "print('broken'); raise SystemExit(1)"], what="The thing")
    assert "broken" in capsys.readouterr().out


def test_a_missing_program_is_a_sentence() -> None:
    with pytest.raises(DevError, match="could not be started"):
        run(["no-such-program-at-all"])
    with pytest.raises(DevError, match="could not be started"):
        run_quietly(["no-such-program-at-all"], what="The thing")
