"""The rules of tests/conftest.py, each tried on a small test suite of its own that breaks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

_CONFTEST = Path(__file__).parents[1] / "conftest.py"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.Pytester]:
    """A folder with our conftest in it."""
    pytester.makeconftest(_CONFTEST.read_text("utf-8"))
    monkeypatch.delenv("CI", raising=False)
    profile = settings.get_current_profile_name()
    yield pytester
    # a suite that ran in this process has chosen its own
    settings.load_profile(profile)


def _run(suite: pytest.Pytester, test: str, *, apart: bool = False) -> pytest.RunResult:
    """Run `test` in a suite of its own; `apart` in another process, where it may leave things behind."""
    suite.makepyfile(test)
    run = suite.runpytest_subprocess if apart else suite.runpytest_inprocess
    return run("-p", "no:pytest-qt", "-W", "error", "--strict-markers")


_SKIPS = """
    import pytest

    def test_good(): pass

    @pytest.mark.skip(reason="no reader")
    def test_skipped(): pass
"""


def test_under_ci_a_skip_that_is_not_listed_fails_the_run(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = _run(suite, _SKIPS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*does not list*", "*::test_skipped  Skipped: no reader"])
    result.assert_outcomes(passed=1, skipped=1)


@pytest.mark.parametrize(
    "test", [_SKIPS, "import pytest\npytest.importorskip('no_such_module')"], ids=["a test", "a module"]
)
def test_under_ci_a_skip_in_one_of_several_processes_fails_the_run(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, test: str
) -> None:
    monkeypatch.setenv("CI", "true")
    suite.makepyfile(test)
    options = ("-p", "no:pytest-qt", "-n", "2", "--dist", "loadfile")
    result = suite.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*does not list*"])
    suite.path.joinpath("allowed_skips.txt").write_text("test_under_ci  agreed\n", "utf-8")
    assert suite.runpytest_subprocess(*options).ret in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}


@pytest.mark.parametrize("between", ["  ", "\t"])
def test_under_ci_a_listed_skip_is_fine(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, between: str) -> None:
    monkeypatch.setenv("CI", "true")
    listed = f"# comment\n\nother.py{between}why\ntest_listed.py::test_sk{between}needs hardware\n"
    suite.path.joinpath("allowed_skips.txt").write_text(listed, "utf-8")
    suite.makepyfile(test_listed=_SKIPS)
    result = suite.runpytest_inprocess("-p", "no:pytest-qt")
    assert result.ret == pytest.ExitCode.OK


def test_under_ci_a_skipped_module_fails_the_run_too(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = _run(suite, "import pytest\npytest.importorskip('no_such_module')")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*could not import 'no_such_module'*"])


def test_under_ci_an_expected_failure_is_no_skip(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = _run(suite, "import pytest\n@pytest.mark.xfail\ndef test_x(): assert False")
    assert result.ret == pytest.ExitCode.OK


def test_at_a_desk_a_skip_is_a_skip(suite: pytest.Pytester) -> None:
    assert _run(suite, _SKIPS).ret == pytest.ExitCode.OK


def test_left_behind(suite: pytest.Pytester) -> None:
    """One run for all that a test may leave behind: starting pytest is what costs time."""
    result = _run(
        suite,
        """
        import logging, socket, threading
        import pytest

        def _swallowing(action):
            try:
                action()
            except OSError:
                pass

        def test_bad_connect():
            with socket.socket() as sock:
                _swallowing(lambda: sock.connect(("192.0.2.1", 80)))

        def test_bad_lookup():
            _swallowing(lambda: socket.getaddrinfo("softtoken.example", 443))

        def test_bad_log():
            logging.getLogger("softtoken.vault").warning("disk is %s", "full")

        def test_bad_log_of_another():
            logging.getLogger("other").error("no")
        test_bad_log_of_another = pytest.mark.expects_log("softtoken")(test_bad_log_of_another)

        def test_good_loopback():
            with socket.create_server(("127.0.0.1", 0)) as server:
                with socket.create_connection(("localhost", server.getsockname()[1])):
                    pass

        def test_good_unix(tmp_path):
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind(str(tmp_path / "s"))
                server.listen()
                client.connect(str(tmp_path / "s"))

        @pytest.mark.expects_log("softtoken")
        def test_good_log():
            logging.getLogger("softtoken.vault").warning("disk is full")
            logging.getLogger("softtoken").error("disk is full")

        @pytest.mark.expects_log
        def test_good_any_log():
            logging.getLogger("anything").critical("no")

        def test_good_info():
            logging.getLogger("softtoken").info("nothing")

        @pytest.fixture(scope="module")
        def worker():
            end = threading.Event()
            thread = threading.Thread(target=end.wait)
            thread.start()
            yield thread
            end.set()
            thread.join()

        def test_good_shared_thread(worker):
            assert worker.is_alive()
        """,
        apart=True,
    )
    result.assert_outcomes(passed=10, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "a socket off loopback: connection to 192.0.2.1",
            "a socket off loopback: look-up of softtoken.example",
            "a log record: WARNING softtoken.vault: disk is full",
            "a log record: ERROR other: no",
        ]
    )
    result.stdout.no_fnmatch_line("ERROR *test_good*")


def test_a_live_thread_fails_the_test(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\n")
    conftest = suite.path / "conftest.py"
    conftest.write_text(conftest.read_text("utf-8").replace("_THREAD_GRACE = 5.0", "_THREAD_GRACE = 0.1"), "utf-8")
    result = _run(
        suite,
        """
        import threading

        END = threading.Event()

        def test_bad():
            threading.Thread(target=END.wait, name="lane").start()

        def test_last():
            END.set()
        """,
        apart=True,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["a live thread: lane"])


def test_every_test_has_a_home_and_no_keyring(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTTOKEN_HOME", "/precious")
    monkeypatch.setenv("XDG_DATA_HOME", "/precious")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/precious")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    result = _run(
        suite,
        """
        import os
        from pathlib import Path
        import keyring
        import pytest

        AT_IMPORT = dict(os.environ)
        SEEN = set()

        @pytest.mark.parametrize("number", range(3))
        def test_home(number):
            home = Path(os.environ["SOFTTOKEN_HOME"])
            assert home.is_dir() and not list(home.iterdir()) and home not in SEEN
            SEEN.add(home)

        def test_nothing_of_the_user():
            assert not any("/precious" in value for value in [*os.environ.values(), *AT_IMPORT.values()])
            assert os.environ["QT_QPA_PLATFORM"] == "offscreen"

        def test_keyring():
            with pytest.raises(keyring.errors.KeyringError):
                keyring.get_password("softtoken", "vault")
        """,
        apart=True,
    )
    result.assert_outcomes(passed=5)


def test_under_ci_hypothesis_repeats_itself(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = _run(
        suite,
        """
        from hypothesis import settings

        def test_profile():
            assert settings.default.derandomize
            assert settings.default.deadline is None
        """,
    )
    result.assert_outcomes(passed=1)
