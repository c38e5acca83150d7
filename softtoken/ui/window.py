"""The window: shows the page for the flow's state, and news above it."""

from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QEvent, QSize, QStandardPaths, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from softtoken.clock import Clock
from softtoken.services.events import ScreenPrivacy
from softtoken.ui import states as st
from softtoken.ui.approval_watch import ApprovalWatch
from softtoken.ui.capture_guard import CaptureGuard
from softtoken.ui.clipboard import SecretClipboard
from softtoken.ui.desktop.backup_files import BackupFiles
from softtoken.ui.desktop.recovery_sheet import RecoverySheet
from softtoken.ui.desktop.screen_capture import shield_for
from softtoken.ui.flow import Flow
from softtoken.ui.pages import Pages
from softtoken.ui.sentences import Sentences
from softtoken.ui.views.lock_card import LOCK_KEYS
from softtoken.ui.views.login_waiting import LoginWaitingView
from softtoken.ui.views.starting import StartingView
from softtoken.ui.views.working import WorkingView
from softtoken.ui.widgets.activity import ActivityLine
from softtoken.ui.widgets.approval_strip import ApprovalStrip
from softtoken.ui.widgets.banner import Banner
from softtoken.ui.widgets.capture_badge import CaptureBadge
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.reader_strip import ReaderStrip
from softtoken.vault.errors import FileFailed

SMALLEST = (420, 560)
"""Pixels at 100 %."""
FRAME = QSize(16, 40)
"""Room for what a desktop puts around a window; how much that is shows only afterwards."""


class Window(QWidget):
    """Signals: first_painted (once, after the first frame is on the screen)."""

    first_painted = Signal()

    def __init__(self, flow: Flow, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = flow
        self._painted = self._busy = False
        self._page: Page | None = None
        self._sentences = Sentences(self)
        self._sheet = RecoverySheet(self)
        self.clipboard = SecretClipboard(QGuiApplication.clipboard(), clock, self)
        self._clock = clock
        self._stack = QStackedWidget()
        self.banner, self.activity, self.approvals = Banner(), ActivityLine(), ApprovalStrip()
        self.reader = ReaderStrip()
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.activity)
        down.addWidget(self.banner)
        down.addWidget(self.approvals)
        down.addWidget(self.reader)
        down.addWidget(self._stack, 1)
        self.setWindowTitle(self.tr("Soft Token"))
        self.setMinimumSize(*SMALLEST)
        self.resize(first_size(self.fontMetrics()))
        lock = QShortcut(QKeySequence(LOCK_KEYS), self)
        lock.activated.connect(lambda: flow.lock())
        flow.emptied.connect(self._empty)
        flow.changed.connect(self._show)
        flow.noticed.connect(self._tell)
        flow.reader.asked.connect(self.reader.show_prompt)
        self.reader.cancelled.connect(flow.reader.cancel)
        self.reader.pin_chosen.connect(flow.reader.use_pin)
        flow.notices.busy_changed.connect(self._show_busy)
        self.badge = CaptureBadge()
        down.addWidget(self.badge)
        self.capture = CaptureGuard(self, shield_for(), clock)
        self.capture.changed.connect(self.badge.show_standing)
        self.badge.allow_chosen.connect(self.capture.allow_for_a_while)
        self.badge.block_chosen.connect(self.capture.block_again)
        self.badge.show_standing(self.capture.standing)
        self._furnish()
        self._show(flow.state)

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        return self._page

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # queued: what follows the first frame must not come before it
            QGuiApplication.postEvent(self, QEvent(QEvent.Type.User))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            self.first_painted.emit()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on a button above or below the page; what it does on a page is the page's to say."""
        focused = self.focusWidget()
        entered = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if entered and isinstance(focused, QPushButton) and not self._stack.isAncestorOf(focused):
            focused.click()
        else:
            super().keyPressEvent(event)

    def _furnish(self) -> None:
        self.pages = Pages(self._flow, self._clock, self.clipboard, self)
        self.pages.making.made.connect(self._stack.addWidget)
        self.pages.save_wanted.connect(self._save_recovery)
        self.pages.print_wanted.connect(self._print_recovery)
        self.pages.export_wanted.connect(self._export_history)
        self._backup_files = BackupFiles(self, self._flow)
        self.pages.place_wanted.connect(self._backup_files.ask_place)
        self.pages.file_wanted.connect(self._backup_files.ask_file)
        self._flow.privacy.changed.connect(self._keep_private)
        self._watch = ApprovalWatch(self, self.approvals, self._flow, self._clock)

    def _empty(self) -> None:
        """Locked: whatever shows or holds something goes, the clipboard forgets, and nobody may capture for a while."""
        self.clipboard.clear()
        self.capture.block_again()
        close_what_is_above()
        self.banner.forget()
        self._watch.retire()
        self._backup_files.retire()
        for page in self.pages.making.pages():
            page.forget()
            self._stack.removeWidget(page)
            page.deleteLater()
        self.pages.deleteLater()
        self._page = None
        self._furnish()

    def _show(self, state: st.State) -> None:
        page = self._page_for(state)
        if page is self._page:
            return
        left, self._page = self._page, page
        # what a screen reader says first when the page changes
        self.setWindowTitle(self.tr("{0} – Soft Token").format(page.accessibleName()))
        self._stack.setCurrentWidget(page)
        if left is not None:
            left.forget()
        page.enter()
        self._show_activity()

    def _page_for(self, state: st.State) -> Page:
        pages = self.pages
        page: Page
        match state:
            case st.Starting():
                (page := pages.starting()).show_state(state)
            case st.Working() | st.Waiting():
                (page := pages.working()).show_state(state)
            case st.Locked():
                (page := pages.unlock()).show_state(state)
            case st.Unusable():
                (page := pages.unusable()).show_state(state)
            case st.Welcome():
                (page := pages.welcome()).show_state(state)
            case st.ChoosePassphrase():
                (page := pages.passphrase()).show_state(state)
            case st.ActivationForm():
                (page := pages.activation_form()).show_state(state)
            case st.ChooseProtection():
                (page := pages.protection()).show_state(state)
            case st.ForgotPin():
                (page := pages.forgot_pin()).show_state(state)
            case st.SetPin():
                (page := pages.set_pin()).show_state(state)
            case st.ActivationFailed():
                (page := pages.activation_failed()).show_state(state)
            case st.ShowRecoveryCode():
                (page := pages.recovery()).show_state(state)
            case st.Activated():
                (page := pages.activated()).show_state(state)
            case st.AddLink():
                (page := pages.add_link()).show_state(state)
            case st.Home():
                (page := pages.home()).show_state(state)
            case st.ManagedPage():
                (page := pages.tokens.managed()).show_state(state)
            case st.OathPage():
                (page := pages.tokens.oath()).show_state(state)
            case st.Ask():
                (page := pages.tokens.ask()).show_state(state)
            case st.ResyncDone():
                (page := pages.tokens.resync_result()).show_state(state)
            case st.SignPage():
                (page := pages.tokens.sign()).show_state(state)
            case st.SupportCode():
                (page := pages.tokens.support_code()).show_state(state)
            case st.ChangePinPage():
                (page := pages.tokens.change_pin()).show_state(state)
            case st.Rename():
                (page := pages.tokens.rename()).show_state(state)
            case st.StepPage():
                (page := pages.tokens.login_step()).show_state(state)
            case st.LoginWait():
                (page := pages.tokens.login_waiting()).show_state(state)
            case st.LoginDone():
                (page := pages.tokens.login_result()).show_state(state)
            case st.ApprovalPage():
                (page := pages.tokens.approval()).show_state(state)
            case st.ApprovalDone():
                (page := pages.tokens.approval_done()).show_state(state)
            case st.TypedLogin():
                (page := pages.typed_login()).show_state(state)
            case st.ConfirmRemove() | st.ConfirmRemoveUnreadable():
                (page := pages.tokens.remove()).show_state(state)
            case st.ConfirmReset():
                (page := pages.reset()).show_state(state)
            case st.ConfirmNewRecovery():
                (page := pages.new_recovery()).show_state(state)
            case st.Settings():
                (page := pages.settings()).show_state(state)
            case st.BackupForm():
                (page := pages.backup()).show_state(state)
            case st.RestoreForm():
                (page := pages.restore()).show_state(state)
            case st.BackupMade() | st.BackupRestored():
                (page := pages.backup_result()).show_state(state)
            case st.ServerCheck():
                (page := pages.server_check()).show_state(state)
            case st.LoginDataPage():
                (page := pages.login_data()).show_state(state)
            case st.HistoryPage():
                (page := pages.history()).show_state(state)
            case st.About():
                (page := pages.about()).show_state(state)
            case _ as never:
                assert_never(never)
        return page

    def _keep_private(self, privacy: ScreenPrivacy) -> None:
        self.capture.use(block=privacy.block_capture, forced=privacy.forced)
        self.pages.tokens.hide_codes(privacy.hide_codes)

    def _show_busy(self, busy: bool) -> None:  # noqa: FBT001  a slot
        self._busy = busy
        self._show_activity()

    def _show_activity(self) -> None:
        """Not where a page turns its own spinner."""
        self.activity.show_activity(
            self._busy and not isinstance(self._page, WorkingView | StartingView | LoginWaitingView)
        )

    def _tell(self, news: st.News) -> None:
        self.banner.show_news(self._sentences.news(news))

    def _save_recovery(self, code: str) -> None:
        pages, folder = self.pages, QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the recovery code"), str(Path(folder) / "softtoken-recovery.txt")
        )
        if name and pages is self.pages:  # not locked while the dialog was open
            self.save_recovery(code, Path(name))

    def save_recovery(self, code: str, path: Path) -> None:
        """Write the recovery code to a file that the person picked, and say how it went."""
        try:
            self._sheet.save(code, path)
        except FileFailed as error:
            self._flow.tell(st.Failure(st.Task.SAVE_FILE, error))
        else:
            self._flow.tell(st.Done.SAVED)

    def _export_history(self) -> None:
        pages, folder = self.pages, QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the history"), str(Path(folder) / "softtoken-history.jsonl")
        )
        if name and pages is self.pages:
            self._flow.history.export(Path(name))

    def _print_recovery(self, code: str) -> None:
        pages = self.pages
        self._sheet.print_out(code, self, lambda: pages is self.pages)


def close_what_is_above() -> None:
    """Menus and dialogs of this program; one of the system's own stays, and what it is answered with is not used."""
    while (menu := QApplication.activePopupWidget()) is not None:
        menu.close()
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            widget.reject()


def first_size(text: QFontMetrics) -> QSize:
    """As large as the window opens where there is room: large text gets longer lines and more of them."""
    return QSize(460, 700).expandedTo(QSize(text.averageCharWidth() * 50, text.height() * 36))


def fit_to_screen(window: QWidget) -> None:
    """Never larger, with its frame, than the screen that it opens on (large scale factors on small screens)."""
    room = window.screen().availableGeometry().size() - FRAME
    window.setMinimumSize(window.minimumSize().boundedTo(room))
    window.resize(window.size().boundedTo(room))
