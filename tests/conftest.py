"""What holds for every test: a home of its own, loopback only, nothing left behind, no skip unnoticed."""

import gc
import ipaddress
import itertools
import logging
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")
_KINDS = ("CACHE", "CONFIG", "DATA", "STATE")
# a thread that was told to stop may need this long; one that was not never ends
_THREAD_GRACE = 5.0
# starlette's workers outlive a request and end with their event loop, whose own thread is looked at
_THREADS_OF_A_LOOP = ("AnyIO worker thread",)

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure(config: pytest.Config) -> None:
    text = "expects_log(*loggers): records at WARNING and above are allowed, of these loggers or of all"
    config.addinivalue_line("markers", text)
    config.pluginmanager.register(Isolation(), "softtoken-isolation")
    config.pluginmanager.register(LoopbackOnly(), "softtoken-loopback")
    if os.environ.get("CI"):
        config.pluginmanager.register(SkipPolicy(ALLOWED_SKIPS), "softtoken-skips")


class Isolation:
    """A home for the whole run, so that no test meets a user's vault, keyring, settings or session bus."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="softtoken-tests-", ignore_cleanup_errors=True)
        self._before = dict(os.environ)
        home = Path(self._folder.name)
        runtime = home / "run"
        runtime.mkdir(mode=0o700)
        for name in ("DBUS_SESSION_BUS_ADDRESS", *(f"XDG_{kind}_HOME" for kind in _KINDS)):
            os.environ.pop(name, None)
        os.environ.update(
            HOME=str(home),
            XDG_RUNTIME_DIR=str(runtime),
            SOFTTOKEN_HOME=str(home / "softtoken"),
            PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
        )
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

    def pytest_unconfigure(self) -> None:
        os.environ.clear()
        os.environ.update(self._before)
        self._folder.cleanup()


class LoopbackOnly:
    """Sockets reach loopback and Unix sockets alone; what was tried beyond is kept for the test's end."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._patch = pytest.MonkeyPatch()
        for name in ("connect", "connect_ex"):
            self._patch.setattr(socket.socket, name, self._guarded(getattr(socket.socket, name)))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            self._patch.setattr(socket, name, self._guarded_lookup(getattr(socket, name)))

    def pytest_unconfigure(self) -> None:
        self._patch.undo()

    def _guarded(self, connect: Any) -> Any:
        def guarded(sock: socket.socket, address: Any) -> Any:
            if sock.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
                self.refused.append(f"connection to {address[0]}")
                raise ConnectionRefusedError(f"tests reach loopback only, not {address[0]}")
            return connect(sock, address)

        return guarded

    def _guarded_lookup(self, lookup: Any) -> Any:
        def guarded(host: Any, *arguments: Any, **options: Any) -> Any:
            if host not in {None, "", b""} and not _is_loopback(host) and not _address(host):
                self.refused.append(f"look-up of {host}")
                raise socket.gaierror(socket.EAI_NONAME, f"tests look up loopback only, not {host}")
            return lookup(host, *arguments, **options)

        return guarded


class SkipPolicy:
    """Under CI a skip that nobody agreed to fails the run: CI has everything, so a skip is a lost check.

    The file has a line for each agreed skip: a node id or the beginning of one, a tab or two spaces, why.
    """

    def __init__(self, allowed: Path) -> None:
        self._allowed = _allowed_prefixes(allowed.read_text("utf-8") if allowed.exists() else "")
        self._unexpected: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report.nodeid, report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._note(report.nodeid, report.longrepr)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        good = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        if self._unexpected and session.exitstatus in good:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._unexpected:
            terminalreporter.section("skips that tests/allowed_skips.txt does not list", red=True)
            for node, reason in self._unexpected:
                terminalreporter.line(f"{node}  {reason}")

    def _note(self, node: str, reason: object) -> None:
        if not any(node.startswith(prefix) for prefix in self._allowed):
            self._unexpected.append((node, str(reason[2]) if isinstance(reason, tuple) else str(reason)))


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # numbered here: tmp_path_factory.mktemp() lists the whole folder for each name
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty SOFTTOKEN_HOME of the test's own, and a keyring that refuses."""
    home = next(_homes)
    home.mkdir(mode=0o700)
    monkeypatch.setenv("SOFTTOKEN_HOME", str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return home


@pytest.fixture(autouse=True)
def _widgets_end_on_the_gui_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the program (ui/collector.py): a test's widgets are not left to whichever thread collects next."""
    if "qapp" in request.fixturenames:
        from softtoken.ui.collector import collect_due

        gc.disable()  # until a test without widgets comes
        yield
        collect_due()
        return
    if not gc.isenabled():
        gc.collect()
        gc.enable()
    yield


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread, tried to leave this machine, or logged a warning nobody expected."""
    guard = request.config.pluginmanager.get_plugin("softtoken-loopback")
    assert isinstance(guard, LoopbackOnly)
    guard.refused.clear()
    before = set(threading.enumerate())
    log = _Recorder(logging.WARNING)
    logging.getLogger().addHandler(log)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(log)
    faults = [f"a socket off loopback: {what}" for what in guard.refused]
    faults += [f"a live thread: {thread.name}" for thread in _still_alive(before)]
    marker = request.node.get_closest_marker("expects_log")
    faults += [f"a log record: {line}" for line in log.unexpected(marker)]
    if faults:
        pytest.fail("the test left behind\n" + "\n".join(faults), pytrace=False)


class _Recorder(logging.Handler):
    """Keeps what was logged, as text, so that no record keeps a test's objects alive."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append((record.name, f"{record.levelname} {record.name}: {record.getMessage()}"))

    def unexpected(self, marker: pytest.Mark | None) -> list[str]:
        if marker is not None and not marker.args:
            return []
        allowed = tuple(f"{logger}." for logger in marker.args) if marker else ()
        return [line for name, line in self._lines if not f"{name}.".startswith(allowed)]


def _still_alive(before: set[threading.Thread]) -> list[threading.Thread]:
    started = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    started = [thread for thread in started if thread.name not in _THREADS_OF_A_LOOP]
    for thread in started:
        thread.join(_THREAD_GRACE)
    return [thread for thread in started if thread.is_alive()]


def _is_loopback(host: Any) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    address = _address(name)
    return address.is_loopback if address else name == "localhost" or name.endswith(".localhost")


def _address(host: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return None


def _allowed_prefixes(text: str) -> list[str]:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [line.replace("\t", "  ").split("  ")[0] for line in lines]
