"""A line at the foot of the window: may it be captured now, and for how long?"""

from typing import assert_never

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from softtoken.ui.capture_guard import Capture, CaptureStanding
from softtoken.ui.widgets.actions import button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.words import words


class CaptureBadge(QWidget):
    """Not there where the system can do nothing. Signals: allow_chosen, block_chosen."""

    allow_chosen = Signal()
    block_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Capture | None = None
        # a line of its own: a page that scrolls would run into the words
        self.setProperty("foot", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.what = words("small")
        self.allow = button(self.tr("Allow for 10 minutes"), "quiet")
        self.allow.setAccessibleName(self.tr("Allow screen capture of this window for 10 minutes"))
        self.block = button(self.tr("Block now"), "quiet")
        self.block.setAccessibleName(self.tr("Block screen capture of this window now"))
        self.allow.clicked.connect(self.allow_chosen)
        self.block.clicked.connect(self.block_chosen)
        across = QHBoxLayout(self)
        across.setContentsMargins(14, 4, 14, 6)
        across.addWidget(self.what, 1)
        across.addWidget(self.allow)
        across.addWidget(self.block)
        self.hide()

    def show_standing(self, standing: CaptureStanding) -> None:
        capture = standing.capture
        self.setVisible(capture is not Capture.UNSUPPORTED)
        self.what.setText(self._text(standing))
        self.allow.setVisible(capture is Capture.BLOCKED)
        self.block.setVisible(capture is Capture.ALLOWED_A_WHILE)
        if self._shown not in {None, capture} and self.isVisible():  # not each second of a countdown
            announce(self, self.what.text())
        self._shown = capture

    def _text(self, standing: CaptureStanding) -> str:
        match standing.capture:
            case Capture.UNSUPPORTED:
                return ""
            case Capture.BLOCKED:
                return self.tr("Screen capture blocked")
            case Capture.FORCED:
                return self.tr("Screen capture blocked by your organisation")
            case Capture.ALLOWED:
                return self.tr("Screen capture allowed")
            case Capture.ALLOWED_A_WHILE:
                return self.tr("Screen capture allowed for {0}:{1}").format(
                    standing.left // 60, f"{standing.left % 60:02}"
                )
            case Capture.FAILED:
                return self.tr("This system did not block screen capture: others may see this window.")
            case _ as never:
                assert_never(never)
