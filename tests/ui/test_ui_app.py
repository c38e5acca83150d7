"""The composition root: first frame first, orderly end, links, faults of the program."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui.conftest import User
from ui.fake_controller import SECRET_LINK, FakeClock, FakeController

from softtoken import app as product
from softtoken.engine.activation_code import parse_activation_code
from softtoken.services import events as ev
from softtoken.ui import states as st
from softtoken.ui.crash import CrashReporter
from softtoken.ui.window import Window


def close_when(window_is: type[st.Welcome | st.AddLink | st.ActivationForm], seen: list[st.State]) -> QTimer:
    """Close the window once it shows this state."""
    timer = QTimer()

    def look() -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, Window) and isinstance(widget._flow.state, window_is):
                seen.append(widget._flow.state)
                timer.stop()
                widget.clipboard.copy_secret("482915")
                widget.close()

    timer.timeout.connect(look)
    timer.start(10)
    return timer


def test_a_run_from_the_first_frame_to_the_last_thread(qapp: QApplication) -> None:
    controller = FakeController(FakeClock())
    homes: list[str | None] = []
    seen: list[st.State] = []
    timer = close_when(st.Welcome, seen)

    def factory(home: str | None) -> FakeController:
        homes.append(home)
        assert threading.current_thread() is not threading.main_thread(), "the first frame must not wait for this"
        return controller

    before = sys.excepthook
    assert product.run([], factory, home="/somewhere", clock=controller.clock) == 0
    assert seen
    assert homes == ["/somewhere"]
    assert controller.closed
    assert sys.excepthook is before
    assert QGuiApplication.clipboard().text() == ""
    assert not [t.name for t in threading.enumerate() if t.name.startswith(("token", "login"))]
    timer.deleteLater()
    qapp.setStyleSheet("")


def test_a_link_is_opened_after_the_start(qapp: QApplication) -> None:
    controller = FakeController(FakeClock())
    seen: list[st.State] = []
    timer = close_when(st.AddLink, seen)
    assert product.run([SECRET_LINK], lambda _: controller, clock=controller.clock) == 0
    assert seen == [st.AddLink(SECRET_LINK)]
    assert [type(event) for event in controller.posted] == [ev.Start]
    timer.deleteLater()
    qapp.setStyleSheet("")


def test_the_demo_comes_with_a_server_and_an_activation(
    qapp: QApplication, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("uvicorn", reason="the sandbox is not installed")
    seen: list[st.State] = []
    timer = close_when(st.ActivationForm, seen)
    assert product.run_demo() == 0
    (form,) = seen
    assert isinstance(form, st.ActivationForm)
    assert form.user == "demo"
    assert parse_activation_code(form.code).registration_id
    assert form.server in capsys.readouterr().out, "the bank page has to be found"
    assert not list(own_home.iterdir()), "the demo has a home of its own"
    timer.deleteLater()
    qapp.setStyleSheet("")


@pytest.mark.parametrize("arguments", [["--nonsense"], ["https://example.org"], [SECRET_LINK, SECRET_LINK], ["--home"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert product.run(arguments, lambda _: FakeController(FakeClock())) == product.WRONG_USAGE
    err = capsys.readouterr().err
    assert "usage" in err
    assert "secret" not in err


def test_importing_the_window_loads_nothing_that_is_needed_later() -> None:
    heavy = ("httpx", "keyring", "segno", "zxingcpp", "click", "cryptography", "sqlite3", "fastapi")
    code = f"import sys, softtoken.app; print([m for m in {heavy!r} if m in sys.modules])"
    root = Path(product.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_a_fault_is_told_without_its_message(user: User, qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = CrashReporter()
    reporter.crashed.connect(user.flow.tell)
    try:
        try:
            int("the PIN is 274951")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        qtbot.waitUntil(user.window.banner.isVisible)
    finally:
        reporter.remove()
    err = capsys.readouterr().err
    assert "ValueError" in user.window.banner.text
    assert "test_ui_app.py" in user.window.banner.text
    assert "ValueError" in err
    assert "274951" not in user.window.banner.text + err


def test_a_fault_in_a_thread_is_told_in_the_window(
    user: User, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    reporter = CrashReporter()
    reporter.crashed.connect(user.flow.tell)

    def work() -> None:
        raise OSError("the PIN is 274951")

    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        qtbot.waitUntil(user.window.banner.isVisible)
    finally:
        reporter.remove()
    assert "OSError" in user.window.banner.text
    assert "274951" not in user.window.banner.text + capsys.readouterr().err


def test_the_recovery_code_is_saved_for_this_user_alone(user: User, tmp_path: Path) -> None:
    path = tmp_path / "recovery.txt"
    path.write_text("older")
    path.chmod(0o644)
    user.window.save_recovery("0004-1061", path)
    assert "0004-1061" in path.read_text("utf-8")
    assert user.window.banner.text.startswith("Saved.")
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_recovery_code_that_cannot_be_saved_is_told(user: User, tmp_path: Path) -> None:
    user.window.save_recovery("0004-1061", tmp_path / "no" / "such" / "folder.txt")
    assert "no such file or folder" in user.window.banner.text
    assert "Nothing was changed." in user.window.banner.text


def test_a_keyring_that_never_answers_does_not_hold_the_exit() -> None:
    code = """
import threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from softtoken import app

class Silent:
    def post(self, event):
        QTimer.singleShot(0, QApplication.instance(), QApplication.closeAllWindows)
        threading.Event().wait(60)
    def close(self):
        print("closed", flush=True)

raise SystemExit(app.run([], lambda home: Silent(), patience=0.1))
"""
    root = Path(product.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=30)
    assert (done.returncode, done.stdout) == (0, "closed\n"), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to send on Windows")
def test_a_request_to_end_is_an_orderly_end() -> None:
    code = """
import os, signal
from softtoken import app

class Asked:
    def post(self, event):
        os.kill(os.getpid(), signal.SIGTERM)
        raise OSError("nothing here")
    def close(self):
        print("closed", flush=True)

raise SystemExit(app.run([], lambda home: Asked()))
"""
    root = Path(product.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=30)
    assert (done.returncode, done.stdout) == (0, "closed\n"), done.stderr
