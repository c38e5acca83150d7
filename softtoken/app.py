"""The composition root of the window: builds the real parts and joins them; nothing else does."""

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from softtoken import __version__
from softtoken.clock import Clock, SystemClock
from softtoken.errors import SoftTokenError
from softtoken.resources import resource_path
from softtoken.ui.collector import Collector
from softtoken.ui.crash import CrashReporter
from softtoken.ui.desktop.portals import introduce_to_portals
from softtoken.ui.desktop.quit_signals import QuitSignals
from softtoken.ui.desktop.window_display import WindowDisplay
from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.window import Window, fit_to_screen

if TYPE_CHECKING:
    from softtoken.iaa.fingerprint import Display
    from softtoken.services.events import Event, Notification
    from softtoken.ui.desktop.session_watch import SessionWatch
    from softtoken.ui.lock_watch import LockWatch

R = TypeVar("R")

WRONG_USAGE = 2
ENVIRONMENT = 3
SCHEMES = ("softtoken:", "otpauth:", "otpauth-migration:")


class Controller(Protocol):
    """What the window needs of a MasterController."""

    def post(self, event: "Event[R]") -> R: ...

    def subscribe(self, receiver: "Callable[[Notification], None]") -> Callable[[], None]: ...

    def close(self) -> None: ...


DisplaySource = Callable[[], "Display | None"]
ControllerFactory = Callable[[str | None], Controller]


def build_controller(home: str | None, display: DisplaySource = lambda: None) -> Controller:
    """The real controller over a data folder (None: the usual one). Imports late: it costs what a frame costs."""
    from softtoken.services.build import build_controller as build
    from softtoken.services.home import find_home
    from softtoken.ui.biometric_words import BiometricWords

    return build(find_home(home), display, BiometricWords().reason)


def run(
    argv: Sequence[str],
    controller_factory: ControllerFactory | None = None,
    *,
    display: WindowDisplay | None = None,
    home: str | None = None,
    clock: Clock | None = None,
    session: "Callable[[], SessionWatch] | None" = None,
    patience: float = 5.0,
    guard: Callable[[], None] = lambda: None,
) -> int:
    """Show the window until it is closed. Returns the exit status.

    guard: called before anything secret is read, and once the desktop's portals know this process: it may close the
    process to them.

    controller_factory: by default the real one, which is told the sizes of `display` (by default this window's).

    session: what tells of the screen's lock, sleep and other users; by default this system's.

    patience: seconds for which the end waits for a server or the keyring; then the process ends at once.

    argv: the arguments behind the program's name: at most one softtoken:// or otpauth:// link.
    """
    link = _link(argv)
    if link is None and argv:
        if sys.stderr is not None:
            sys.stderr.write("usage: softtoken [LINK]   (softtoken://... or otpauth://...)\n")
        return WRONG_USAGE
    app = _application()
    introduce_to_portals()
    guard()
    collector = Collector(app)
    collector.start()
    theme = Theme(app)
    crashes = CrashReporter(app)
    quits = QuitSignals(app.quit, app)
    used_clock = clock or SystemClock()
    seen = display or WindowDisplay()
    controller = _LateController(
        lambda: controller_factory(home) if controller_factory else build_controller(home, seen.read)
    )
    flow = Flow(controller, used_clock, link)
    window = Window(flow, used_clock)
    crashes.crashed.connect(flow.tell)
    window.first_painted.connect(flow.start, Qt.ConnectionType.SingleShotConnection)
    watches: list[LockWatch] = []
    window.first_painted.connect(
        lambda: watches.append(_watch_for_locks(flow, window, used_clock, session, home)),
        Qt.ConnectionType.SingleShotConnection,
    )
    fit_to_screen(window)
    seen.watch(window)
    window.show()
    quiet = True
    try:
        status = app.exec()
    finally:
        # in this order: no code is left on the clipboard, no thread runs, no result is lost, no key is held
        for watch in watches:
            watch.stop()
        window.hide()
        window.clipboard.clear()
        quiet = flow.stop(patience)
        controller.close()
        crashes.remove()
        quits.remove()
        window.deleteLater()
        theme.deleteLater()
        app.processEvents()
    if quiet:
        collector.stop()
    else:
        # the interpreter would join the lane's thread; whatever it waits for, the vault bears being cut off
        os._exit(status)
    return status


def _watch_for_locks(
    flow: Flow, window: Window, clock: Clock, session: "Callable[[], SessionWatch] | None", home: str | None
) -> "LockWatch":
    """Everything that locks by itself. Imports late: none of it is wanted before the first frame."""
    from softtoken.services.home import find_home
    from softtoken.ui.desktop.session_watch import current_session_watch
    from softtoken.ui.lock_watch import LockWatch

    watch = LockWatch(flow, clock, (session or current_session_watch)(), lambda: find_home(home))
    watch.start(int(window.winId()))
    return watch


def run_demo(*, guard: Callable[[], None] = lambda: None) -> int:
    """Sandbox, demo user and window in one, over a home that is deleted at the end. Returns the exit status.

    guard: as in `run`.
    """
    from softtoken.demo import DEMO_USER, demo_tenant, register_demo_user
    from softtoken.formats.activation_link import ActivationLink, format_activation_link
    from softtoken.iaa.client import IaaClient

    with tempfile.TemporaryDirectory(prefix="softtoken-demo-", ignore_cleanup_errors=True) as folder:
        try:
            with demo_tenant(Path(folder, "sandbox")) as url:
                with IaaClient(url) as client:
                    code = register_demo_user(client)
                if sys.stdout is not None:
                    sys.stdout.write(f"Sandbox bank page: {url}\nDemo user: {DEMO_USER}, activation code {code}\n")
                    sys.stdout.flush()
                link = format_activation_link(ActivationLink(url, DEMO_USER, code))
                seen, own = WindowDisplay(), str(Path(folder, "home"))
                return run(
                    [link],
                    lambda home: _Forgetful(build_controller(home, seen.read)),
                    home=own,
                    display=seen,
                    guard=guard,
                )
        except SoftTokenError as error:
            if sys.stderr is not None:
                sys.stderr.write(f"softtoken: the demo cannot start: {error}\n")
            return ENVIRONMENT


class _Forgetful:
    """A controller that leaves nothing behind: the demo's vault and its keyring item go at the end."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def post(self, event: "Event[R]") -> R:
        return self._controller.post(event)

    def subscribe(self, receiver: "Callable[[Notification], None]") -> Callable[[], None]:
        return self._controller.subscribe(receiver)

    def close(self) -> None:
        from softtoken.services.events import Reset

        with suppress(SoftTokenError):
            self._controller.post(Reset())
        self._controller.close()


class _LateController:
    """Builds the controller on the lane that posts first, so that the first frame does not wait for it."""

    def __init__(self, build: Callable[[], Controller]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: Controller | None = None
        self._receivers: list[Callable[[Notification], None]] = []

    def post(self, event: "Event[R]") -> R:
        with self._lock:
            if self._built is None:
                self._built = self._build()
                self._built.subscribe(self._pass_on)
            controller = self._built
        return controller.post(event)

    def subscribe(self, receiver: "Callable[[Notification], None]") -> Callable[[], None]:
        """Works before there is anything to hear of."""
        self._receivers.append(receiver)
        return lambda: self._receivers.remove(receiver)

    def close(self) -> None:
        if self._built is not None:
            self._built.close()

    def _pass_on(self, notification: "Notification") -> None:
        for receiver in tuple(self._receivers):
            receiver(notification)


def _link(argv: Sequence[str]) -> str | None:
    if len(argv) == 1 and argv[0].strip().lower().startswith(SCHEMES):
        return argv[0].strip()
    return None


def _application() -> QApplication:
    # the link, which may hold a secret, is not for Qt; -style and the like are not for us
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication([Path(sys.argv[0]).name])
    app.setApplicationName("softtoken")
    app.setApplicationDisplayName("Soft Token")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("io.github.softtoken.SoftToken")
    picture = resource_path("icons", "softtoken.svg")
    if picture.is_file():
        app.setWindowIcon(QIcon(os.fspath(picture)))
    _translate(app)
    return app


def _translate(app: QApplication) -> None:
    """Our texts and Qt's own in the system's language, where there are translations."""
    for name, folder in (
        ("softtoken", resource_path("i18n")),
        ("qtbase", Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))),
    ):
        translator = QTranslator(app)
        if translator.load(QLocale(), name, "_", os.fspath(folder)):
            app.installTranslator(translator)
